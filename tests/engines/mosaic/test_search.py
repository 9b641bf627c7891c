"""Candidates: what resembles a frame, what it lacks, and what can be played on."""

import numpy as np
import pytest
import torch
from clips import melody, task

from estilo.dsp.resample import resample
from estilo.dsp.stft import stft
from estilo.engines.mosaic.index import NONE, GrainIndex, band_sums
from estilo.engines.mosaic.search import continued, missing, nearest

RATE, N_FFT, HOP = 8000, 1024, 512


def bands_and_index(content: np.ndarray, *styles: np.ndarray, transposition: int = 0):
    asked = task(content, *styles, sample_rate=RATE)
    frames = stft(torch.from_numpy(content), n_fft=N_FFT, hop_length=HOP).abs().T
    index = GrainIndex(asked, n_fft=N_FFT, hop_length=HOP, transposition=transposition)
    return frames @ band_sums(N_FFT, asked), index


def test_every_frame_of_the_style_finds_itself() -> None:
    style = melody(3.0, RATE)
    bands, index = bands_and_index(style, style, transposition=3)
    found = nearest(bands, index, reach=1, count=3)
    untransposed = next(strip for strip in index.strips if strip.semitones == 0)
    expected = untransposed.first + torch.arange(len(bands))
    # The same note comes again, and half precision does not tell the two apart.
    assert (found == expected[:, None]).any(1)[1:-1].float().mean() > 0.95


def test_a_transposed_style_is_found_at_its_transposition() -> None:
    style = melody(3.0, RATE)
    content = resample(style[None], RATE, round(RATE * 2.0 ** (-4 / 12)))[0]
    bands, index = bands_and_index(content, style, transposition=6)
    strips = index.strip_of(nearest(bands, index, reach=2, count=1)[2:-2, 0])
    semitones = np.array([index.strips[strip].semitones for strip in strips.tolist()])
    assert np.mean(semitones == 4) > 0.9


def test_what_is_missing_is_the_other_note() -> None:
    time = np.arange(RATE) / RATE
    low, high = (np.sin(2 * np.pi * hz * time).astype(np.float32) for hz in (300.0, 1100.0))
    bands, index = bands_and_index(high + 1.5 * low, np.concatenate([low, high]))
    n_low = RATE // HOP
    for is_there, is_high in ((1.5 * low, True), (high, False)):
        reached = bands_and_index(is_there, low)[0]
        found = missing(bands, reached, index, reach=1, count=1)[2:-2, 0]
        assert ((found > n_low) == is_high).all()


def test_the_sum_over_neighbours_is_that_over_diagonals() -> None:
    """Against the same written as loops."""
    rng = np.random.default_rng(0)
    content, style = (rng.standard_normal(n).astype(np.float32) for n in (4000, 6000))
    bands, index = bands_and_index(content, style)
    reach, logs = 2, index.log_bands[: index.strips[0].count].float()
    best = []
    for frame in range(len(bands)):
        worth = []
        for grain in range(len(logs)):
            pairs = [(frame + d, grain + d) for d in range(-reach, reach + 1)]
            inside = [(f, g) for f, g in pairs if 0 <= f < len(bands) and 0 <= g < len(logs)]
            total = sum(float(bands[f] @ logs[g]) for f, g in inside)
            worth.append(total / sum(float(bands[f].sum()) for f, _ in inside))
        best.append(int(np.argmax(worth)))
    assert nearest(bands, index, reach=reach, count=1)[:, 0].tolist() == best


def test_what_is_played_on_stays_in_its_strip_and_comes_once() -> None:
    style = melody(0.5, RATE)
    bands, index = bands_and_index(melody(0.4, RATE), style, transposition=1)
    second = index.strips[1]
    last = second.first + second.count - 1
    grains = torch.full((len(bands), 2), second.first)
    grains[:, 1] = last
    out = continued(grains, index, reach=2)
    assert out.shape == (len(bands), 10)
    middle = sorted(set(out[len(bands) // 2].tolist()) - {NONE})
    assert middle == [*(second.first + d for d in (0, 1, 2)), last - 2, last - 1, last]
    for row in out.tolist():
        real = [number for number in row if number != NONE]
        assert len(real) == len(set(real))


def test_frames_of_which_fewer_are_taken_at_once_find_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bands, index = bands_and_index(melody(2.0, RATE), melody(3.0, RATE, seed=1), transposition=2)
    found = nearest(bands, index, reach=2, count=3)
    monkeypatch.setattr("estilo.engines.mosaic.search._SCORES_AT_ONCE", 300)
    again = nearest(bands, index, reach=2, count=3)
    assert (again == found).float().mean() > 0.99  # products may differ in their last bit
