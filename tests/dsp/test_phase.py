"""Phases: invariants of alternating projections, and PGHI against a plain heap."""

import heapq

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar

from estilo.dsp.phase import (
    _GAMMA,
    alternate_projections,
    griffin_lim,
    pghi,
    phase_of,
    random_phase,
)
from estilo.dsp.stft import WINDOWS, istft, stft, window_function
from estilo.errors import InputError, SettingsError

SIZES = {"n_fft": 256, "hop_length": 32}
LENGTH = 4000


@pytest.fixture
def music(rng):
    """Two gliding partials with decays, and a little noise."""
    t = np.arange(LENGTH) / 8000
    decay = np.exp(-4.0 * (t % 0.2))
    tone = np.sin(2 * np.pi * (400 * t + 300 * t**2)) + 0.5 * np.sin(2 * np.pi * 1500 * t)
    return torch.from_numpy(decay * tone + 0.01 * rng.standard_normal(LENGTH)).float()


def convergence_db(magnitude, phase, sizes=SIZES):
    again = stft(istft(magnitude * phase, length=LENGTH, **sizes), **sizes).abs()
    return 20 * np.log10(float((again - magnitude).norm() / magnitude.norm()))


def test_phase_of_is_one_in_silence_and_unit_elsewhere():
    spectrum = torch.tensor([0j, 3 - 4j, 1e-42j, 1e30 + 0j])
    expected = torch.tensor([1 + 0j, 0.6 - 0.8j, 1 + 0j, 1 + 0j])
    torch.testing.assert_close(phase_of(spectrum), expected)


def test_random_phase_repeats_with_its_seed(rng):
    magnitude = torch.ones(3, 4)
    first, again = (
        random_phase(magnitude, generator=torch.Generator().manual_seed(7)) for _ in range(2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, random_phase(magnitude))
    torch.testing.assert_close(first.abs(), magnitude)


def test_griffin_lim_never_gets_worse_and_momentum_helps(music):
    magnitude = stft(music, **SIZES).abs()
    run = {"length": LENGTH, **SIZES}
    plain = [
        convergence_db(magnitude, griffin_lim(magnitude, n_iterations=n, **run))
        for n in (0, 1, 2, 5, 10, 30)
    ]
    assert np.all(np.diff(plain) <= 1e-3)
    fast = griffin_lim(magnitude, n_iterations=30, momentum=0.99, **run)
    assert convergence_db(magnitude, fast) < plain[-1] - 3.0


def test_true_phase_is_a_fixed_point(music):
    spectrum = stft(music, **SIZES)
    phase = griffin_lim(
        spectrum.abs(),
        length=LENGTH,
        n_iterations=20,
        momentum=0.99,
        initial_phase=phase_of(spectrum),
        **SIZES,
    )
    again = istft(spectrum.abs() * phase, length=LENGTH, **SIZES)
    torch.testing.assert_close(again, music, atol=1e-4, rtol=0)


@pytest.mark.parametrize("window", WINDOWS)
def test_gamma_is_that_of_the_nearest_gaussian(window):
    taps = window_function(window, length=2048).numpy()
    t = np.arange(2048) / 2048 - 0.5

    def mismatch(gamma):
        gaussian = np.exp(-np.pi * t**2 / gamma)
        return -taps @ gaussian / np.linalg.norm(gaussian)

    nearest = minimize_scalar(mismatch, bounds=(0.05, 1.0), method="bounded").x
    assert _GAMMA[window] == pytest.approx(nearest, rel=0.05)


@pytest.mark.parametrize("window", WINDOWS)
def test_pghi_is_nearly_consistent_with_every_window(music, window):
    sizes = {**SIZES, "window": window}
    magnitude = stft(music, **sizes).abs()
    assert convergence_db(magnitude, pghi(magnitude, **sizes), sizes) < -15.0


@pytest.mark.parametrize("n_fft", [255, 256])
def test_pghi_on_a_steady_sine_advances_as_the_sine_does(n_fft):
    frequency = 0.3
    tone = torch.sin(torch.arange(LENGTH, dtype=torch.float64) * frequency)
    spectrum = stft(tone, n_fft=n_fft, hop_length=32)[:, 10:-10]
    phase = pghi(spectrum.abs(), n_fft=n_fft, hop_length=32)
    peak = int(spectrum.abs().mean(1).argmax())
    near = slice(peak - 1, peak + 2)
    apart = phase[near] * phase_of(spectrum[near]).conj()  # constant, whatever the constant is
    assert float((apart[:, 1:] * apart[:, :-1].conj()).angle().abs().max()) < 0.02
    assert float((apart[1:] * apart[:-1].conj()).angle().abs().max()) < 0.3


def heap_pghi(magnitude, n_fft, hop_length):
    """The paper's heap, slowly: spread from the loudest bin, loudest border bin first."""
    n_bins, n_frames = magnitude.shape
    s = np.log(np.maximum(magnitude, 1e-12))
    gamma = _GAMMA["hann"] * n_fft**2
    shift = 2 * np.pi * hop_length / n_fft * np.arange(n_bins)[:, None]
    along_time = hop_length * n_fft / gamma * np.gradient(s, axis=0) + shift
    along_frequency = -gamma / (hop_length * n_fft) * np.gradient(s, axis=1) - np.pi
    angle = np.full(magnitude.shape, np.nan)
    while np.isnan(angle).any():
        start = np.unravel_index(np.argmax(np.where(np.isnan(angle), s, -np.inf)), s.shape)
        angle[start] = 0.0
        heap = [(-s[start], *start)]
        while heap:
            _, m, n = heapq.heappop(heap)
            for dm, dn in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                i, j = m + dm, n + dn
                if 0 <= i < n_bins and 0 <= j < n_frames and np.isnan(angle[i, j]):
                    slope = along_frequency if dm else along_time
                    angle[i, j] = angle[m, n] + (dm + dn) * 0.5 * (slope[m, n] + slope[i, j])
                    heapq.heappush(heap, (-s[i, j], i, j))
    return torch.polar(torch.ones(magnitude.shape), torch.from_numpy(angle).float())


def test_tree_is_as_good_as_the_heap(music):
    magnitude = stft(music, **SIZES).abs()
    slow = heap_pghi(magnitude.double().numpy(), **SIZES)
    fast = pghi(magnitude, tolerance=1e-12, **SIZES)
    assert convergence_db(magnitude, fast) < convergence_db(magnitude, slow) + 1.0


@pytest.mark.parametrize("shape", [(1, 129, 1), (2, 129, 2), (129, 5)])
def test_pghi_takes_few_frames_and_silence(shape):
    torch.testing.assert_close(pghi(torch.zeros(shape), **SIZES).abs(), torch.ones(shape))
    torch.testing.assert_close(pghi(torch.ones(shape), **SIZES).abs(), torch.ones(shape))


def test_pghi_integrates_islands_of_sound_separately(music):
    magnitude = stft(music, **SIZES).abs()
    magnitude[:, 40:60] = 0.0
    phase = pghi(magnitude, **SIZES)
    assert phase.isfinite().all()
    alone = pghi(magnitude[:, :40], **SIZES)
    turned = phase[:, :38] * alone[:, :38].conj()
    loud = magnitude[:, :38] > 1e-2 * magnitude.max()
    torch.testing.assert_close(turned[loud].angle(), torch.zeros(int(loud.sum())), atol=0.3, rtol=0)


def test_bad_input_is_refused():
    with pytest.raises(InputError, match=r"\(\.\.\., 129, frames\), got \(128, 3\)"):
        pghi(torch.ones(128, 3), **SIZES)
    with pytest.raises(SettingsError, match="no Gaussian is known for the window 'kaiser'"):
        pghi(torch.ones(129, 3), window="kaiser", **SIZES)
    ones = torch.ones(1)
    with pytest.raises(SettingsError, match="momentum < 1, got 3 and 1"):
        alternate_projections(ones, ones + 0j, project=torch.conj, n_iterations=3, momentum=1.0)
