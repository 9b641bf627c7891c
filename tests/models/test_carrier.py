import math

import pytest
import torch
from players import noise

from estilo.models.carrier import Carrier
from estilo.models.framing import Framing

RATE, HOP, PAST = 48000, 512, 1536


@pytest.fixture
def carrier():
    return Carrier(Framing(), sample_rate=RATE)


def lent(carrier, waveform, drawn):
    """Of a waveform from its start, without its past."""
    padded = torch.nn.functional.pad(waveform, (PAST, 0))
    state = carrier.initial_state(*waveform.shape[:2], like=waveform)
    return carrier(padded, torch.nn.functional.pad(drawn, (PAST, 0)), state)[0][..., PAST:]


def level_db(samples):
    return 10.0 * math.log10(float(samples.square().mean()))


def test_silence_lends_nothing(carrier):
    out = lent(carrier, torch.zeros(1, 1, 20 * HOP), noise(1, 1, 20 * HOP, rms=1.0))
    assert out.abs().max() < 1e-9


def test_no_noise_leaves_the_content_and_its_absolute_value(carrier):
    waveform = noise(2, 2, 6 * HOP)
    out = lent(carrier, waveform, torch.zeros(6 * HOP))
    torch.testing.assert_close(out, waveform + 0.1 * waveform.abs())


@pytest.mark.parametrize("rest", [1e-3, 0.0], ids=["hardly anything goes on", "silence"])
def test_noise_goes_on_where_the_content_ends_and_fades(carrier, rest):
    """Levels known in advance: 40 dB below, 6 dB less after a second, or 240 where it is silent."""
    drawn = noise(1, 1, 2 * RATE // HOP * HOP, rms=1.0, seed=4)
    waveform = torch.zeros_like(drawn)
    n_loud = 20 * HOP
    waveform[..., :n_loud] = 0.1
    waveform[..., n_loud:] = rest
    ended = lent(carrier, waveform, drawn)[..., n_loud:] - 1.1 * rest
    begins, later = (ended[..., start : start + HOP] for start in (0, RATE // HOP * HOP))
    step = HOP / RATE  # in its first hop it has faded for one
    if rest:
        assert level_db(begins) == pytest.approx(-60.0 - 6.0 * step, abs=0.5)
        assert level_db(later) == pytest.approx(-66.0, abs=0.5)
    else:
        assert level_db(begins) == pytest.approx(-60.0 - 240.0 * step, abs=0.5)
        assert level_db(later) < -200.0


def test_every_channel_lends_by_its_own_loudness(carrier):
    mono, drawn = noise(1, 1, 8 * HOP), noise(1, 1, 8 * HOP, rms=1.0, seed=2)
    out = lent(carrier, torch.cat((mono, 0.25 * mono, 0.0 * mono), 1), drawn)
    torch.testing.assert_close(out[:, 1], 0.25 * out[:, 0])
    assert out[:, 2].abs().max() < 1e-9


@pytest.mark.parametrize("n_hops", [1, 2, 5])
def test_hop_by_hop_is_the_whole(carrier, n_hops):
    waveform = noise(1, 2, 10 * HOP) * torch.linspace(1.0, 0.0, 10 * HOP)
    drawn = noise(1, 1, 10 * HOP, rms=1.0)
    whole = lent(carrier, waveform, drawn)
    padded, drawn = (torch.nn.functional.pad(each, (PAST, 0)) for each in (waveform, drawn))
    state, parts = carrier.initial_state(1, 2, like=waveform), []
    for start in range(0, 10 * HOP, n_hops * HOP):
        part = slice(start, start + PAST + n_hops * HOP)
        out, state = carrier(padded[..., part], drawn[..., part], state)
        parts.append(out[..., PAST:])
    torch.testing.assert_close(torch.cat(parts, -1), whole, atol=1e-7, rtol=0.0)
