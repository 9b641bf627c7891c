"""The constant-Q transform: exact, energy-keeping, and where librosa says the notes are."""

import librosa
import numpy as np
import pytest
import torch

from estilo.dsp.cqt import cqt, cqt_frequencies_hz, cqt_hop_length, cqt_n_frames, icqt
from estilo.errors import InputError, SettingsError


def noise(rng, *shape, dtype=torch.float32):
    return torch.from_numpy(rng.standard_normal(shape)).to(dtype)


@pytest.mark.parametrize("length", [0, 1, 2, 3, 100, 5001, 16000])
@pytest.mark.parametrize(
    "grid",
    [
        {"sample_rate": 8000},
        {"sample_rate": 22050, "bins_per_octave": 36, "low_hz": 55.0, "hop_length": 10},
        {"sample_rate": 8000, "bins_per_octave": 1, "low_hz": 3000.0},
    ],
)
def test_reconstruction_is_perfect(rng, length, grid):
    waveform = noise(rng, 2, length)
    spectrum = cqt(waveform, **grid)
    assert spectrum.shape == (
        2,
        cqt_frequencies_hz(**{k: v for k, v in grid.items() if k != "hop_length"}).size,
        cqt_n_frames(length, **grid),
    )
    torch.testing.assert_close(icqt(spectrum, length=length, **grid), waveform, atol=1e-5, rtol=0)


def test_double_precision_is_kept(rng):
    waveform = noise(rng, 3000, dtype=torch.float64)
    again = icqt(cqt(waveform, sample_rate=8000), length=3000, sample_rate=8000)
    torch.testing.assert_close(again, waveform, atol=1e-12, rtol=0)


def test_centres_are_librosa_s():
    ours = cqt_frequencies_hz(sample_rate=22050, bins_per_octave=12, low_hz=55.0)
    theirs = librosa.cqt_frequencies(n_bins=ours.size - 2, fmin=55.0, bins_per_octave=12)
    np.testing.assert_allclose(ours[1:-1], theirs)
    assert ours[0] == 0.0
    assert ours[-1] == 11025.0


def test_a_sine_has_magnitude_one_in_its_band_and_its_own_phase_advance():
    sample_rate, band = 8000, 60
    grid = {"sample_rate": sample_rate, "bins_per_octave": 12, "low_hz": 55.0}
    frequency_hz = cqt_frequencies_hz(**grid)[band]
    hop = cqt_hop_length(**grid)
    t = torch.arange(16000, dtype=torch.float64) / sample_rate
    spectrum = cqt(torch.cos(2 * torch.pi * frequency_hz * t), **grid)[:, 200:1700]
    assert spectrum[band].abs().mean() == pytest.approx(1.0, abs=2e-3)
    assert spectrum.abs().mean(1).argmax() == band
    assert spectrum[[0, 10, 30, -1]].abs().max() < 1e-3
    advance = (spectrum[band, 1:] * spectrum[band, :-1].conj()).angle()
    expected = np.angle(np.exp(2j * np.pi * frequency_hz * hop / sample_rate))
    torch.testing.assert_close(advance, torch.full_like(advance, expected), atol=1e-2, rtol=0)


def test_notes_appear_where_librosa_sees_them():
    sample_rate = 22050
    t = np.arange(sample_rate) / sample_rate
    chord = sum(np.sin(2 * np.pi * f * t) for f in librosa.midi_to_hz([60, 64, 67]))
    ours = cqt(torch.from_numpy(chord), sample_rate=sample_rate, bins_per_octave=12)
    theirs = np.abs(librosa.cqt(chord, sr=sample_rate, fmin=32.703, bins_per_octave=12))
    loudest = ours[1:85].abs().mean(1).argsort(descending=True)[:3]
    assert set(loudest.tolist()) == set(np.argsort(theirs.mean(1))[-3:].tolist())


def test_energy_is_kept(rng):
    grid = {"sample_rate": 8000, "bins_per_octave": 12, "low_hz": 100.0}
    n = 4000
    waveform = torch.zeros(n, dtype=torch.float64)
    waveform[1500:2500] = noise(rng, 1000, dtype=torch.float64)  # away from the joined ends
    spectrum = cqt(waveform, **grid)
    energy = spectrum.abs().square().sum(1) * cqt_hop_length(**grid) / 2.0
    # The first and last band hold a two-sided spectrum at twice the scale.
    energy[[0, -1]] *= 2.0
    assert float(energy.sum()) == pytest.approx(float(waveform.square().sum()), rel=1e-9)


def test_gradients_are_right_and_finite_in_silence(rng):
    grid = {"sample_rate": 8000, "bins_per_octave": 2, "low_hz": 800.0}
    waveform = noise(rng, 1, 30, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: cqt(x, **grid), waveform)
    spectrum = cqt(waveform, **grid).detach().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: icqt(x, length=30, **grid), spectrum)
    silence = torch.zeros(1, 500, requires_grad=True)
    cqt(silence, **grid).abs().sum().backward()
    assert silence.grad is not None
    assert silence.grad.isfinite().all()


def test_bad_input_is_refused():
    with pytest.raises(SettingsError, match=r"between 1 and \d+ samples .* got 4096"):
        cqt(torch.zeros(100), sample_rate=8000, hop_length=4096)
    with pytest.raises(SettingsError, match="0 < low_hz < 4000"):
        cqt_frequencies_hz(sample_rate=8000, low_hz=5000.0)
    with pytest.raises(InputError, match=r"real samples .* got torch.complex64"):
        cqt(torch.zeros(100, dtype=torch.complex64), sample_rate=8000)
    with pytest.raises(InputError, match=r"for 100 samples, got torch.complex64"):
        icqt(torch.zeros(3, 3, dtype=torch.complex64), length=100, sample_rate=8000)
