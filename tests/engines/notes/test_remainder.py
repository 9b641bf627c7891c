"""What is no note, of recordings whose noise is known."""

import numpy as np
import pytest
import torch
from scipy import signal

from estilo.analysis.transcription import HeardNote, Transcription
from estilo.engines.notes.recordings import Heard
from estilo.engines.notes.remainder import Remainder

RATE = 16_000
SECONDS = 4.0
TONE = 0.5 * 0.2**2 * sum(k**-2.0 for k in range(1, 6))
"""Power of the note."""

HEARD = Transcription((HeardNote(0.2, SECONDS - 0.2, 69.0, -14.0),), (), 0.9)


def _recording(rng, *, noise, smoothing=0.0, seconds=SECONDS):
    """A steady note over noise of a level, darker the more it is smoothed."""
    time_s = np.arange(round(seconds * RATE)) / RATE
    shape = np.clip((time_s - 0.2) / 0.05, 0, 1) * np.clip((SECONDS - 0.2 - time_s) / 0.05, 0, 1)
    tone = 0.2 * shape * sum(np.sin(2 * np.pi * 440.0 * k * time_s) / k for k in range(1, 6))
    hiss = signal.lfilter([1.0], [1.0, -smoothing], rng.standard_normal(len(time_s)))
    hiss *= noise / hiss.std()
    return torch.from_numpy((tone + hiss).astype(np.float32))[None], hiss


def _left(content, style):
    recordings = (Heard.whole(each, HEARD) for each in (content, style))
    made = Remainder(next(recordings), [*recordings], [1.0], sample_rate=RATE)
    return made, made.read(0, content.shape[1]).numpy()[0]


def _db(samples):
    return 10.0 * np.log10(np.mean(np.square(samples)))


@pytest.mark.parametrize("noise", [0.3, 0.03, 0.003, 1.5])
def test_it_is_as_loud_as_in_the_style_but_no_louder_than_it_was(rng, noise):
    content, hiss = _recording(rng, noise=0.3)
    style, _ = _recording(rng, noise=noise)
    # How loud it is against its notes is told by its share of the whole.
    share, own_share = (power / (power + TONE) for power in (noise**2, 0.3**2))
    wanted_db = min(10.0 * np.log10(share / own_share), 0.0)
    assert _db(_left(content, style)[1]) - _db(hiss) == pytest.approx(wanted_db, abs=2.0)


def test_an_instrument_brings_its_own_breath(rng):
    content, hiss = _recording(rng, noise=0.01, seconds=6.0)
    style, _ = _recording(rng, noise=0.01)
    _, left = _left(content, style)
    during, after = slice(RATE, 3 * RATE), slice(5 * RATE, 6 * RATE)
    assert _db(left[during]) < _db(hiss[during]) - 30.0
    assert _db(left[after]) == pytest.approx(_db(hiss[after]), abs=2.0)


def test_its_spectrum_is_the_styles(rng):
    content, _ = _recording(rng, noise=0.3)
    style, dark = _recording(rng, noise=0.3, smoothing=0.9)
    _, left = _left(content, style)
    hz, power = signal.welch(np.stack([dark, left]), RATE, nperseg=1024)
    edges = 200.0 * 2.0 ** np.arange(6)
    bands = np.array([power[:, (hz >= a) & (hz < 2 * a)].sum(1) for a in edges[:5]])
    difference_db = 10.0 * np.log10(bands[:, 1] / bands[:, 0])
    assert np.abs(difference_db).max() < 2.5


def test_parts_are_the_whole(rng):
    content, _ = _recording(rng, noise=0.15)
    style, _ = _recording(rng, noise=0.15, smoothing=0.9)
    made, whole = _left(content, style)
    part = made.read(20_001, 30_011).numpy()[0]
    np.testing.assert_allclose(part, whole[20_001:30_011], atol=1e-5)
