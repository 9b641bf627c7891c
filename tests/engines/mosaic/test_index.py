"""Grains: where they lie, and what they sound like transposed."""

import numpy as np
import pytest
import torch
from clips import melody, task

from estilo.dsp.resample import resample
from estilo.dsp.stft import stft
from estilo.engines.mosaic.index import GAP, LOG_FLOOR, GrainIndex

RATE, N_FFT, HOP = 8000, 1024, 512


def index_of(*styles: np.ndarray, transposition: int = 0, **more) -> GrainIndex:
    asked = task(styles[0], *styles, sample_rate=RATE, **more)
    return GrainIndex(asked, n_fft=N_FFT, hop_length=HOP, transposition=transposition)


def test_untransposed_grains_are_the_frames_of_the_style() -> None:
    style = melody(2.0, RATE)
    index = index_of(style)
    frames = stft(torch.from_numpy(style), n_fft=N_FFT, hop_length=HOP).T
    grains = torch.arange(1, len(frames) - 1)  # the ends are mirrored there, and silent here
    torch.testing.assert_close(index.spectra(grains), frames[grains], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("semitones", [-6, -1, 0, 5, 12])
def test_a_grain_is_transposed_by_what_its_strip_says(semitones: int) -> None:
    time = np.arange(2 * RATE) / RATE
    tone = np.sin(2 * np.pi * 440.0 * time).astype(np.float32)
    index = index_of(tone, transposition=12)
    strip = next(each for each in index.strips if each.semitones == semitones)
    magnitude = index.spectra(torch.tensor([strip.first + strip.count // 2])).abs()[0]
    around = magnitude.argmax() + torch.arange(-2, 3)
    centre_hz = float((around * magnitude[around]).sum() / magnitude[around].sum()) * RATE / N_FFT
    assert centre_hz == pytest.approx(440.0 * 2.0 ** (semitones / 12.0), rel=2e-3)
    assert float(magnitude.max()) == pytest.approx(N_FFT / 4.0, rel=0.2)  # as loud as before


@pytest.mark.parametrize("semitones", [-5, 4])
def test_it_sounds_as_the_style_resampled(semitones: int) -> None:
    """Another way to the same: soxr first, frames then."""
    style = melody(2.0, RATE)
    index = index_of(style, transposition=6)
    strip = next(each for each in index.strips if each.semitones == semitones)
    rate = round(RATE * 2.0 ** (-semitones / 12.0))
    faster = torch.from_numpy(resample(style[None], RATE, rate)[0])
    frames = stft(faster, n_fft=N_FFT, hop_length=HOP).abs().T
    places = torch.arange(2, min(strip.count, len(frames)) - 2)
    grains = index.spectra(strip.first + places).abs()
    # soxr leaves the last tenth below half the lower rate to its filter.
    n_bins = int(0.8 * N_FFT / 2 * min(1.0, rate / RATE))
    error = (grains - frames[places])[:, :n_bins].norm() / frames[places].norm()
    assert float(error) < 0.02


def test_bands_are_shares_and_next_to_silence_is_no_grain() -> None:
    style = melody(2.0, RATE)
    style[RATE:] *= 1e-5
    index = index_of(style, transposition=1)
    shares = index.log_bands.float().exp().sum(1)
    for strip in index.strips:
        half = strip.count // 2
        inside = shares[strip.first + 1 : strip.first + half - 1]
        torch.testing.assert_close(inside, torch.ones_like(inside), atol=0.02, rtol=0.0)
        quiet = index.log_bands[strip.first + half + 2 : strip.first + strip.count]
        assert (quiet == LOG_FLOOR).all()


def test_strips_do_not_touch() -> None:
    index = index_of(melody(1.0, RATE), melody(0.7, RATE, seed=3), transposition=2)
    assert len(index.strips) == 10
    for strip, following in zip(index.strips, index.strips[1:], strict=False):
        assert following.first - (strip.first + strip.count) == GAP
    numbers = torch.tensor([[strip.first, strip.first + strip.count - 1] for strip in index.strips])
    assert index.strip_of(numbers).tolist() == [[i, i] for i in range(10)]


def test_the_shortest_style_is_one_grain() -> None:
    index = index_of(np.full(1, 0.5, dtype=np.float32))
    assert [strip.count for strip in index.strips] == [1]
    assert torch.isfinite(index.magnitudes(torch.tensor([0]))).all()
