import time

import numpy as np
import pytest
import torch
from players import PLAYER, noise, player, style_code

from estilo.engines.neural import runtimes
from estilo.engines.neural.controls import Controls
from estilo.engines.neural.runtimes import OnnxRuntime, TorchRuntime, _is_better, make_session
from estilo.engines.neural.stream import NeuralStream
from estilo.engines.neural.streaming_step import StreamingStep
from estilo.errors import OutputError, SettingsError
from estilo.export import onnx as module
from estilo.export.onnx import OnnxExporter, export_onnx, material, verify

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")


@pytest.fixture(scope="module")
def network():
    return player()


@pytest.fixture(scope="module")
def exported(network, tmp_path_factory):
    """In stereo, verified on a minute."""
    path = tmp_path_factory.mktemp("export") / "step.onnx"
    return OnnxExporter().export(network, path, channels=2)


@pytest.fixture(scope="module")
def in_onnx(network, exported):
    runtime = OnnxRuntime(str(exported.path), StreamingStep(network, channels=2).initial_state())
    return NeuralStream(network, channels=2, runtime=runtime)


def test_a_minute_differs_from_torch_by_next_to_nothing(exported):
    assert exported.path.stat().st_size == exported.n_bytes
    assert 0.0 < exported.error < 2e-5


def test_the_file_says_what_a_host_must_know(exported):
    model = onnx.load(exported.path)
    facts = {each.key: each.value for each in model.metadata_props}
    assert facts["sample_rate"] == "48000"
    assert facts["block_size"] == "512"
    assert facts["latency"] == "512"
    assert facts["channels"] == "2"
    assert facts["controls"] == "strength,wet,timbre,eq,dynamics,noise,fit"
    assert facts["estilo_version"]
    (opset,) = (each.version for each in model.opset_import if each.domain in ("", "ai.onnx"))
    assert opset >= 17
    inputs, outputs = (
        [each.name for each in side] for side in (model.graph.input, model.graph.output)
    )
    states = {name.removeprefix("in.") for name in inputs if name.startswith("in.")}
    assert states == {name.removeprefix("out.") for name in outputs if name.startswith("out.")}
    assert {"encoder.cell", "input.past", "eq.sum", "fit.counts", "level.gain"} <= states


def test_latency_of_the_file_is_as_it_says(exported):
    """All by hand, as a host would: zeros, -1 for the controls, an impulse in the first block."""
    session = onnxruntime.InferenceSession(exported.path, providers=["CPUExecutionProvider"])
    types = {"tensor(float)": "float32", "tensor(int64)": "int64"}
    feed = {}
    for each in session.get_inputs():
        shape = [side if isinstance(side, int) else 5 for side in each.shape]
        feed[each.name] = torch.zeros(shape).numpy().astype(types[each.type])
    feed["in.controls"] -= 1.0
    feed["controls"] += 1.0
    feed["controls"][0, 0] = 0.0
    feed["samples"][0, 1, 300] = 1.0
    names = [each.name for each in session.get_outputs()]
    first = dict(zip(names, session.run(None, feed), strict=True))
    feed |= {name.replace("out.", "in."): each for name, each in first.items() if "." in name}
    feed["samples"] = feed["samples"] * 0
    second = dict(zip(names, session.run(None, feed), strict=True))
    played = torch.cat([torch.from_numpy(each["output"]) for each in (first, second)], -1)
    expected = torch.zeros_like(played)
    expected[0, 1, 300 + 512] = 1.0
    assert (played - expected).abs().max() < 1e-6


def test_a_stream_in_onnxruntime_is_the_stream_in_torch(network, in_onnx):
    in_torch = NeuralStream(network, channels=2, runtime="torch")
    code = style_code(network)
    other, waveform = style_code(network, seed=9, n_frames=200), noise(2, 20000)
    outs = []
    for stream in (in_torch, in_onnx):
        state, out = stream.start(code), []
        for number, block in enumerate(waveform.split(700, 1)):
            state = stream.change_style(state, other) if number == 9 else state
            controls = Controls(timbre=0.3, wet=0.8) if number > 15 else Controls()
            played, state = stream.process(block, state, controls)
            out.append(played)
        outs.append(torch.cat(out, 1))
    assert (outs[0] - waveform).abs().max() > 0.1
    assert (outs[0] - outs[1]).abs().max() < 1e-4
    assert in_onnx.runtime.name == "onnx"


def test_torch_is_chosen_where_no_graph_can_be_made_or_it_is_not_better(network, monkeypatch):
    monkeypatch.setattr(runtimes, "can_build", lambda: False)
    assert NeuralStream(network).runtime.name == "torch"
    monkeypatch.undo()
    monkeypatch.setattr(runtimes, "_is_better", lambda *_: False)
    monkeypatch.setattr(runtimes, "build_graph", lambda *_, **__: None)
    monkeypatch.setattr(runtimes, "OnnxRuntime", lambda *_: None)
    assert NeuralStream(network).runtime.name == "torch"


@pytest.mark.parametrize(("offset", "chosen"), [(0.0, "onnx"), (0.01, "torch")])
def test_onnxruntime_is_chosen_where_it_is_faster_and_right(
    network, exported, monkeypatch, offset, chosen
):
    """Torch is made late in both cases, and the graph wrong in one."""
    monkeypatch.setattr(runtimes, "build_graph", lambda *_, **__: exported.path.read_bytes())
    monkeypatch.setattr(
        runtimes, "TorchRuntime", lambda step: Doctored(TorchRuntime(step), sleep_s=0.05)
    )
    monkeypatch.setattr(
        runtimes, "OnnxRuntime", lambda *given: Doctored(OnnxRuntime(*given), offset=offset)
    )
    assert NeuralStream(network, channels=2).runtime.runtime.name == chosen


def test_a_wrong_graph_is_found_and_not_written(network, exported, tmp_path, monkeypatch):
    model = onnx.load(exported.path)
    (bias,) = (each for each in model.graph.initializer if each.name.endswith("exit.bias"))
    wrong = onnx.numpy_helper.to_array(bias) + 0.01
    bias.CopyFrom(onnx.numpy_helper.from_array(wrong, bias.name))
    del model.metadata_props[:]
    graph = model.SerializeToString()
    error = verify(graph, network, channels=2, duration_s=2.0)
    assert error > module.TOLERANCE
    monkeypatch.setattr(module, "build_graph", lambda *_, **__: graph)
    monkeypatch.setattr(module, "_DURATION_S", 2.0)
    with pytest.raises(OutputError, match="was not written: expected the graph to differ"):
        export_onnx(network, tmp_path / "wrong.onnx", channels=2)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(network, exported):
    before = exported.path.read_bytes()
    with pytest.raises(OutputError, match="already exists"):
        export_onnx(network, exported.path)
    assert exported.path.read_bytes() == before


def test_what_cannot_be_is_refused(network, tmp_path, monkeypatch):
    with pytest.raises(SettingsError, match="at least 1 channel and 1 hop, got 0 and 1"):
        export_onnx(network, tmp_path / "a.onnx", channels=0)
    monkeypatch.setattr(module, "can_build", lambda: False)
    with pytest.raises(SettingsError, match=r"install estilo\[onnx\]"):
        export_onnx(network, tmp_path / "a.onnx")


class Doctored:
    """A runtime that is late, or wrong."""

    name = "doctored"
    block_size = 512

    def __init__(self, runtime, *, sleep_s=0.0, offset=0.0):
        self.runtime, self.sleep_s, self.offset = runtime, sleep_s, offset

    def initial_state(self):
        return self.runtime.initial_state()

    def step(self, samples, controls, style, state):
        time.sleep(self.sleep_s)
        out, state = self.runtime.step(samples, controls, style, state)
        return out + self.offset, state


def test_better_is_the_same_in_less_time(network):
    plain = TorchRuntime(StreamingStep(network))
    late = Doctored(plain, sleep_s=0.02)
    assert _is_better(plain, late, network, 1)
    assert not _is_better(late, plain, network, 1)
    assert not _is_better(Doctored(plain, offset=0.01), late, network, 1)


def test_files_for_other_streams_are_refused(network, exported):
    step = StreamingStep(network, channels=2)
    with pytest.raises(
        SettingsError, match=r"'carrier.loudness' of shape \[1, 1, 3\], got \[1, 2,"
    ):
        OnnxRuntime(str(exported.path), StreamingStep(network).initial_state())
    runtime = OnnxRuntime(str(exported.path), step.initial_state())
    runtime.block_size = 1024  # as of a file with two hops in a block
    with pytest.raises(SettingsError, match="2 channels in steps of 512 samples, got one for 2 in"):
        NeuralStream(network, channels=2, runtime=runtime)
    with pytest.raises(
        SettingsError, match="for 1 channels in steps of 512 samples, got one for 2"
    ):
        NeuralStream(network, channels=1, runtime=TorchRuntime(step))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "n_hops"), [({"cross_attention": False}, 2), ({"memory": False}, 3)], ids=str
)
def test_variants_and_longer_blocks_export_too(change, n_hops, tmp_path, monkeypatch):
    # That nothing drifts in a minute, and all layers, are held by the whole network.
    monkeypatch.setattr(module, "_DURATION_S", 10.0)
    network = player(PLAYER.model_copy(update={"dilations": (1,), **change}))
    assert export_onnx(network, tmp_path / "a.onnx", n_hops=n_hops).error < 2e-5


def test_a_stream_makes_its_own_graph(network, exported, monkeypatch):
    """It asks for its own network and channels; `exported` shows that these are what it gets."""
    asked = []

    def build(*arguments, **options):
        asked.append((arguments, options))
        return exported.path.read_bytes()

    monkeypatch.setattr(runtimes, "build_graph", build)
    stream, waveform = NeuralStream(network, channels=2, runtime="onnx"), noise(2, 3000)
    assert asked == [((network,), {"channels": 2})]
    state = stream.start(style_code(network))
    out, _ = stream.process(waveform, state)
    expected, _ = NeuralStream(network, channels=2, runtime="torch").process(waveform, state)
    assert (out - expected).abs().max() < 1e-4


def test_material_has_sound_and_silence():
    waveform = material(2, 48000 * 20)
    assert waveform.shape == (1, 2, 48000 * 20)
    assert 0.3 < float(waveform.abs().max()) < 4.0
    frames = waveform[0, 0].unflatten(0, (-1, 2400)).abs().amax(1)
    assert 0.02 < float((frames == 0).float().mean()) < 0.6


def test_a_session_leaves_the_caller_s_tiny_numbers_alone(exported):
    tiny = np.full(1, 1e-40, np.float32)
    make_session(str(exported.path))
    assert (tiny * np.float32(0.5))[0] > 0.0
