"""A step lies where its network does, and hears nothing twice; `meta` stands for a GPU."""

from unittest.mock import patch

import pytest
import torch
from players import noise, player, style_code

from estilo.engines.neural.controls import NAMES
from estilo.engines.neural.listening import hear_levels
from estilo.engines.neural.offline import transfer_waveform
from estilo.engines.neural.runtimes import make_runtime
from estilo.engines.neural.stream import NeuralStream
from estilo.engines.neural.streaming_step import StreamingStep
from estilo.errors import SettingsError
from estilo.models.framing import Framing

META = torch.device("meta")


@pytest.fixture(scope="module")
def elsewhere():
    return player().to(META)


def devices(tensors):
    return {each.device for each in tensors}


def test_everything_is_on_the_networks_device(elsewhere, code):
    step = StreamingStep(elsewhere, channels=2)
    state = step.initial_state()
    assert devices(step.buffers()) == devices(state.values()) == {META}
    there = type(code)(*(part.to(META) for part in code))
    samples, controls = (torch.zeros(shape, device=META) for shape in ((1, 2, 1024), (1, 7)))
    out, after = step(samples, controls, there, state)
    assert out.shape == samples.shape
    assert devices([out, *after.values()]) == {META}
    assert after.keys() == state.keys()


def test_a_whole_waveform_is_played_on_the_networks_device(elsewhere, code):
    waveform = torch.zeros(2, 3000, device=META)
    assert transfer_waveform(elsewhere, waveform, code).shape == waveform.shape


@pytest.mark.parametrize("sample_rate", [48000, 44100])
def test_a_stream_begins_on_the_networks_device(elsewhere, code, sample_rate):
    stream = NeuralStream(elsewhere, sample_rate=sample_rate, runtime="torch")
    state = stream.start([code, code], [1.0, 2.0])
    changed = stream.change_style(state, code)
    assert devices(state.values()) == devices(changed.values()) == {META}


def test_onnxruntime_is_for_networks_on_the_processor(elsewhere, monkeypatch):
    monkeypatch.setattr("estilo.engines.neural.runtimes.can_build", lambda: True)
    assert make_runtime(elsewhere, name="auto").name == "torch"
    with pytest.raises(SettingsError, match=r"a network on cpu .*, got one on meta; move it, or"):
        make_runtime(elsewhere, name="onnx")


def test_clips_are_heard_on_the_networks_device(elsewhere):
    assert devices(hear_levels(elsewhere, noise(2, 9000))) == {META}


def test_content_and_carrier_are_each_heard_once():
    network = player()
    step = StreamingStep(network)
    with (
        patch.object(Framing, "analyse", autospec=True, side_effect=Framing.analyse) as analyse,
        patch.object(network.bands, "levels", wraps=network.bands.levels) as levels,
    ):
        step(
            noise(1, 1, 2048), torch.ones(1, len(NAMES)), style_code(network), step.initial_state()
        )
    assert (analyse.call_count, levels.call_count) == (2, 2)
