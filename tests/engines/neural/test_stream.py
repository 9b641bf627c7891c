import math
from pathlib import Path

import numpy as np
import pytest
import torch
from players import noise, streamed, style_code
from torch.nn.functional import pad

from estilo.engines.neural.controls import NAMES, Controls
from estilo.engines.neural.offline import transfer_waveform
from estilo.engines.neural.stream import NeuralStream
from estilo.engines.neural.streaming_step import StreamingStep
from estilo.errors import InputError, SettingsError

BLOCKS = [1, 7, 64, 256, 441, 1000, 4096]
RATES = [8000, 22050, 44100, 96000, 192000]
TURNED = Controls(strength=0.8, wet=0.7, timbre=0.5, eq=0.9, dynamics=0.2, noise=0.6)


def make(network, **arguments):
    return NeuralStream(network, runtime="torch", **arguments)


def whole_file(network, waveform, code):
    """The network run over everything at once, by its own functions."""
    hop, n_past = network.framing.hop_length, network.framing.n_past
    missing = -waveform.shape[1] % hop + hop
    table = StreamingStep(network).noise
    n_hops = (waveform.shape[1] + missing) // hop
    drawn = torch.cat((table[-n_past // hop :], table[:n_hops])).flatten()
    with torch.no_grad():
        padded = pad(waveform, (n_past, missing))[None]
        levels = network.hear_levels(padded)
        levels, _ = network(levels, code, network.generator.initial_state(1))
        tail = torch.zeros(1, waveform.shape[0], hop)
        played, _ = network.play(network.hear_carrier(padded, drawn), levels, tail)
    return played[0, :, hop : hop + waveform.shape[1]]


@pytest.mark.parametrize(
    "lengths", [*([n] for n in BLOCKS), [1, 511, 3, 513, 1024, 2, 777]], ids=str
)
def test_stream_is_the_network_run_on_the_whole_file(network, code, lengths):
    waveform = noise(1, 5000)
    expected = whole_file(network, waveform, code)
    assert (expected - waveform).abs().max() > 0.1
    stream = make(network)
    state = stream.start(code)
    state["step.level.held"] += 1.0
    out = streamed(stream, waveform, state, lengths, Controls(level_matching=0.0))
    assert (out[:, stream.latency :] - expected).abs().max() < 1e-5


@pytest.mark.parametrize("controls", [Controls(), TURNED], ids=["all", "turned"])
def test_offline_is_the_stream_and_its_chunks_do_not_show(network, code, controls, monkeypatch):
    waveform = noise(2, 9001)
    stream = make(network, channels=2)
    out = streamed(stream, waveform, code, [333], controls)[:, stream.latency :]
    whole = transfer_waveform(network, waveform, code, controls)
    monkeypatch.setattr("estilo.engines.neural.offline.CHUNK_HOPS", 3)
    done = []
    chunks = transfer_waveform(network, waveform.clone(), code, controls, on_chunk=done.append)
    assert (whole - out).abs().max() < 1e-5
    assert (chunks - whole).abs().max() < 1e-5
    assert done[-1] == 9001
    in_place = waveform.clone()
    assert transfer_waveform(network, in_place, code, controls, out=in_place) is in_place
    assert (in_place - whole).abs().max() < 1e-5


@pytest.mark.parametrize("lengths", [[1], [441], [700, 3, 2049]], ids=str)
def test_fit_and_level_are_learnt_alike_in_any_blocks(network, code, lengths):
    waveform = 0.2 * noise(1, 12000)
    controls, stream = Controls(level_matching=1.0), make(network)
    whole = transfer_waveform(network, waveform, code, controls, level_db=-25.0)
    state = stream.start(code, level_db=-25.0)
    out = streamed(stream, waveform, state, lengths, controls)[:, stream.latency :]
    assert (out - whole).abs().max() < 1e-5
    for other in (
        transfer_waveform(network, waveform, code, Controls(level_matching=0.0), level_db=-25.0),
        transfer_waveform(network, waveform, code, controls, level_db=-45.0),
    ):
        assert (other - whole)[:, -6000:].abs().max() > 0.01


@pytest.mark.parametrize("n_samples", [1, 511, 512, 513])
def test_offline_keeps_every_length(network, code, n_samples):
    waveform = noise(1, n_samples)
    out = transfer_waveform(network, waveform, code, Controls(strength=0.0))
    assert (out - waveform).abs().max() < 1e-6


def test_nothing_of_the_future_is_heard(network, code):
    step = StreamingStep(network, channels=2)
    hop = step.hop_length
    samples = noise(1, 2, 8 * hop).requires_grad_()
    out, _ = step(samples, torch.full((1, len(NAMES)), 0.9), code, step.initial_state())
    (gradient,) = torch.autograd.grad(out[..., 4 * hop : 5 * hop].square().sum(), samples)
    assert (gradient[..., 5 * hop :] == 0).all()
    assert (gradient[..., 4 * hop : 5 * hop] != 0).any()
    assert (gradient[..., : 2 * hop] != 0).any()


@pytest.mark.parametrize("sample_rate", [48000, 44100])
def test_the_future_does_not_change_what_was_played(network, code, sample_rate):
    stream = make(network, sample_rate=sample_rate)
    first = noise(1, 4000)
    second = first.clone()
    second[:, 2777:] = 0.9
    outs = [streamed(stream, each, code, [256]) for each in (first, second)]
    assert torch.equal(outs[0][:, :2560], outs[1][:, :2560])
    assert not torch.equal(outs[0][:, 2777:], outs[1][:, 2777:])


@pytest.mark.parametrize("place", [0, 511, 512, 1300])
@pytest.mark.parametrize("length", [1, 256, 2048])
def test_an_impulse_comes_out_after_the_latency(network, code, place, length):
    stream = make(network)
    waveform = torch.zeros(1, 3000)
    waveform[0, place] = 1.0
    out = streamed(stream, waveform, code, [length], Controls(strength=0.0))
    expected = torch.zeros_like(out)
    expected[0, place + stream.latency] = 1.0
    assert (out - expected).abs().max() < 1e-6
    assert stream.latency == 1023
    assert stream.latency / 48000 <= 0.030


def lag(late: torch.Tensor, early: torch.Tensor) -> int:
    """Samples between them, by their cross-correlation."""
    n_fft = 2 * late.shape[-1]
    spectrum = torch.fft.rfft(late, n_fft) * torch.fft.rfft(early, n_fft).conj()
    return int(torch.fft.irfft(spectrum).argmax())


@pytest.mark.parametrize("sample_rate", [*RATES, 48000])
def test_latency_is_as_reported_at_any_rate_in_style_too(network, code, sample_rate):
    stream = make(network, sample_rate=sample_rate)
    waveform = noise(1, 16000)
    out = streamed(stream, waveform, code, [500])
    assert lag(out, pad(waveform, (0, stream.latency))) == stream.latency
    if sample_rate >= 22050:
        assert stream.latency / sample_rate < 0.030


@pytest.mark.parametrize("sample_rate", [*RATES, 44101])
def test_any_rate_and_any_blocks(network, code, sample_rate):
    stream = make(network, sample_rate=sample_rate)
    spectrum = torch.fft.rfft(noise(1, 8000, rms=0.2))
    frequencies_hz = torch.fft.rfftfreq(8000, 1.0 / sample_rate)
    spectrum[:, frequencies_hz > 0.42 * min(sample_rate, 48000)] = 0.0
    waveform = torch.fft.irfft(spectrum)
    kept = streamed(stream, waveform, code, [256], Controls(strength=0.0))
    error = (kept[:, stream.latency :] - waveform)[:, 500:-500].abs().max()
    assert error < 2e-5  # to a fraction of a sample
    whole = streamed(stream, waveform, code, [10**6])
    for lengths in ([1, 2, 3, 900, 1], [441]):
        assert (streamed(stream, waveform, code, lengths) - whole).abs().max() < 1e-5


@pytest.mark.parametrize("sample_rate", [48000, 44100])
def test_all_dry_is_the_content_bit_for_bit(network, code, sample_rate):
    stream = make(network, sample_rate=sample_rate, channels=2)
    waveform = noise(2, 3000)
    out = streamed(stream, waveform, code, [100], Controls(wet=0.0))
    assert torch.equal(out[:, stream.latency :], waveform)
    assert (out[:, : stream.latency] == 0).all()


def test_eq_and_dynamics_alone_bring_in_nothing_new(network, code):
    """A sine stays a sine: new partials come with timbre and noise only."""
    sine = 0.3 * torch.sin(2.0 * math.pi * 0.0625 * torch.arange(48000.0))[None]
    out = transfer_waveform(network, sine, code, Controls(timbre=0.0, noise=0.0))
    spectrum = torch.fft.rfft(out[0, -16384:] * torch.hann_window(16384)).abs()
    peak = int(spectrum.argmax())
    spectrum[peak - 60 : peak + 61] = 0.0
    wild = transfer_waveform(network, sine, code)
    wild = torch.fft.rfft(wild[0, -16384:] * torch.hann_window(16384)).abs()
    assert peak == 1024
    assert spectrum.max() < 0.1 * wild[1100:].max()


def test_a_change_of_style_arrives(network, code):
    other = style_code(network, seed=9, n_frames=96)
    stream, waveform = make(network), noise(1, 4096)
    state = stream.change_style(stream.start(code), other)
    for _ in range(2):
        _, state = stream.process(waveform, state)
    reached = stream.start(other)
    for name in reached:
        if name.startswith("style."):
            torch.testing.assert_close(state[name], reached[name])


def test_a_change_of_style_forgets_what_was_learnt(network, code):
    stream, waveform = make(network), noise(1, 48000)
    _, state = stream.process(waveform, stream.start(code))
    changed = stream.change_style(state, style_code(network, seed=9))
    assert state["step.fit.counts"].sum() > 1.0
    assert (changed["step.fit.counts"] == 0.0).all()
    kept = stream.weigh_styles(state, [1.0])
    assert torch.equal(kept["step.fit.counts"], state["step.fit.counts"])


def test_a_changing_style_is_the_same_in_any_blocks(network, code):
    other = style_code(network, seed=9, n_frames=96)
    stream, waveform = make(network), noise(1, 8000)
    outs = []
    for length in (2000, 10):
        state, out = stream.start([code, other], [3.0, 1.0]), []
        for start in range(0, 8000, length):
            if start == 2000:
                state = stream.weigh_styles(state, [0.0, 1.0])
            if start == 4000:
                state = stream.change_style(state, code)
            block, state = stream.process(waveform[:, start : start + length], state)
            out.append(block)
        outs.append(torch.cat(out, 1))
    assert (outs[0] - outs[1]).abs().max() < 1e-5


@pytest.mark.parametrize("sample_rate", [48000, 44100])
def test_silence_stays_silent(network, code, sample_rate):
    stream = make(network, sample_rate=sample_rate)
    out = streamed(stream, torch.zeros(1, 6000), code, [256])
    assert out.abs().max() < 10.0 ** (-70.0 / 20.0)
    # This network plays loudly whatever it hears; what it lets ring ends within half a second.
    ended = pad(noise(1, 4000), (0, 30000))
    out = streamed(stream, ended, code, [256])
    assert out[:, 28000 + stream.latency :].abs().max() < 10.0 ** (-70.0 / 20.0)


HOSTILE = {
    "full scale": torch.ones(1, 3000).bernoulli(generator=torch.Generator().manual_seed(1)) * 2 - 1,
    "noise": noise(1, 3000, rms=1.0),
    "constant": torch.full((1, 3000), 1.0),
    "clicks": torch.zeros(1, 3000).index_fill(1, torch.arange(0, 3000, 700), 1.0),
    "tiny": torch.full((1, 3000), 1e-38),
    "nan": noise(1, 3000).index_fill(1, torch.tensor([100, 1700]), math.nan),
    "infinite": noise(1, 3000).index_fill(1, torch.tensor([0, 1234]), -math.inf),
    "huge": noise(1, 3000).index_fill(1, torch.tensor([999]), 1e30),
}


@pytest.mark.parametrize("length", [1, 256])
@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_breaks_it(network, code, name, length):
    # Sample by sample as far as the last of the faults.
    stream, waveform = make(network), HOSTILE[name][:, : 1800 if length == 1 else 3000]
    state = stream.start(code)
    for start in range(0, waveform.shape[1], length):
        block = waveform[:, start : start + length]
        out, state = stream.process(block, state)
        assert out.shape == block.shape
        assert out.isfinite().all()
        if not (block.abs() < 1e4).all():
            assert (out == 0).all()
    assert all(each.isfinite().all() for each in state.values() if each.is_floating_point())
    out, _ = stream.flush(state)
    assert out.shape == (1, stream.latency)
    assert out.isfinite().all()


def test_a_muted_block_is_heard_as_silence(network, code):
    stream, waveform = make(network), noise(1, 6000)
    faulty, silent = waveform.clone(), waveform.clone()
    faulty[:, 2000:2010], silent[:, 2000:2010] = math.nan, 0.0
    outs = [streamed(stream, each, code, [250]) for each in (faulty, silent)]
    assert torch.equal(outs[0][:, 2250:], outs[1][:, 2250:])
    assert (outs[0][:, 2000:2250] == 0).all()


def test_flush_gives_the_rest(network, code):
    stream, waveform = make(network), noise(1, 3001)
    state = stream.start(code)
    out, state = stream.process(waveform, state)
    rest, _ = stream.flush(state)
    assert (torch.cat((out, rest), 1) - streamed(stream, waveform, code, [512])).abs().max() < 1e-5


@pytest.mark.parametrize("sample_rate", [48000, 44100])
def test_reset_is_a_fresh_start(network, code, sample_rate):
    stream, waveform = make(network, sample_rate=sample_rate), noise(1, 3001)
    other = style_code(network, seed=5)
    fresh, _ = stream.process(waveform, stream.start(other))
    _, state = stream.process(waveform, stream.start(code))
    changed = stream.change_style(state, other)
    again, _ = stream.process(waveform, stream.reset(changed))
    torch.testing.assert_close(again, fresh, atol=1e-6, rtol=0.0)
    known = (stream.start(other, level_db=-33.0), stream.reset(changed, level_db=-33.0))
    levels = [{name: each for name, each in one.items() if ".level." in name} for one in known]
    torch.testing.assert_close(levels[0], levels[1])
    assert float(levels[0]["step.level.gain"]) == pytest.approx(13.0 / 20.0)


def test_states_are_flat_batch_first_and_left_alone(network, code):
    stream, waveform = make(network, sample_rate=44100), noise(1, 700)
    state = stream.start(code)
    copies = {name: each.clone() for name, each in state.items()}
    block = waveform.clone()
    first, after = stream.process(block, state)
    assert all(torch.equal(state[name], copies[name]) for name in copies)
    assert torch.equal(block, waveform)
    assert torch.equal(stream.process(block, state)[0], first)
    assert {each.shape[0] for each in after.values()} == {1}
    assert state.keys() == after.keys()


def test_states_do_not_grow(network, code):
    stream, block = make(network, sample_rate=44100), noise(1, 300)
    state, sizes = stream.start(code), []
    for _ in range(150):
        _, state = stream.process(block, state)
        sizes.append(sum(each.numel() for each in state.values()))
    assert max(sizes[75:]) <= max(sizes[:75])


def test_all_channels_are_changed_alike(network, code):
    stream = make(network, channels=2)
    mono = noise(1, 4000)
    out = streamed(stream, torch.cat((mono, 0.5 * mono)), code, [300])
    torch.testing.assert_close(out[1], 0.5 * out[0], atol=1e-6, rtol=0.0)


@pytest.mark.parametrize("shape", [(2, 64), (1, 0), (64,), (1, 1, 64)])
def test_blocks_of_other_shapes_are_refused(network, code, shape):
    stream = make(network)
    with pytest.raises(InputError, match="expected a block of 1 channels"):
        stream.process(torch.zeros(shape), stream.start(code))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sample_rate": 4000}, "8000 to 192000"),
        ({"channels": 0}, "at least 1 channel"),
        ({"runtime": "fast"}, "auto, onnx or torch"),
    ],
)
def test_what_cannot_be_is_refused(network, arguments, message):
    with pytest.raises(SettingsError, match=message):
        NeuralStream(network, **arguments)


def test_resampling_does_not_touch_what_is_below_half_the_rate(network, code):
    """Levels of a sweep through both resamplers, tone by tone."""
    stream = make(network, sample_rate=44100)
    for frequency_hz in (50.0, 1000.0, 15000.0, 19000.0):
        tone = torch.from_numpy(np.sin(2 * np.pi * frequency_hz / 44100 * np.arange(6000))).float()
        out = streamed(stream, tone[None], code, [256], Controls(strength=0.0))
        settled = out[0, stream.latency + 500 : -stream.latency - 500]
        gain_db = 20.0 * math.log10(float(settled.square().mean().sqrt()) * math.sqrt(2.0))
        assert abs(gain_db) < 0.1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numpy_blocks_are_taken_as_tensors_are(network, code, dtype, rng):
    stream = make(network, channels=2)
    block = (0.1 * rng.standard_normal((2, 1700))).astype(dtype)
    block.flags.writeable = False
    state = stream.start(code)
    made, _ = stream.process(block, state)
    expected, _ = stream.process(torch.tensor(block), state)
    assert torch.equal(made, expected)
    with pytest.raises(InputError, match=r"expected a block of floats .* got torch\.int16"):
        stream.process((1000 * block).astype(np.int16), state)


@pytest.mark.parametrize(("sample_rate", "said_ms"), [(48_000, "21.3"), (44_100, "24.2")])
def test_the_documents_say_the_latency(network, sample_rate, said_ms):
    latency = make(network, sample_rate=sample_rate).latency
    assert f"{1000 * latency / sample_rate:.1f}" == said_ms
    text = (Path(__file__).parents[3] / "docs" / "streaming.md").read_text()
    assert f"{said_ms} ms" in text
    assert str(latency) in text
