"""The STFT against torch, scipy and librosa, and its inverse on every length."""

import librosa
import numpy as np
import pytest
import scipy.signal
import torch

from estilo.dsp.stft import WINDOWS, istft, power_of_two_near, stft, window_function
from estilo.errors import InputError, SettingsError


def noise(rng, *shape, dtype=torch.float32):
    return torch.from_numpy(rng.standard_normal(shape)).to(dtype)


@pytest.mark.parametrize("seconds", [0.0002, 0.001, 0.0232, 0.093, 0.186, 1.0])
@pytest.mark.parametrize("least", [16, 64])
def test_sizes_are_the_nearest_powers_of_two(seconds, least):
    size = power_of_two_near(seconds, sample_rate=44_100, least=least)
    assert size & (size - 1) == 0
    assert size == least or abs(np.log2(size / (44_100 * seconds))) <= 0.5


@pytest.mark.parametrize("name", ["hann", "hamming", "blackman"])
@pytest.mark.parametrize("length", [1, 2, 63, 64])
def test_windows_are_scipy_s_periodic_ones(name, length):
    expected = scipy.signal.get_window(name, length, fftbins=True)
    if length == 1:  # scipy calls a single sample 1 whatever the window; ours is never used
        return
    np.testing.assert_allclose(window_function(name, length=length), expected, atol=1e-15)


def test_sqrt_hann_squared_is_hann():
    squared = window_function("sqrt-hann", length=50).square()
    np.testing.assert_allclose(squared, window_function("hann", length=50), atol=1e-15)


@pytest.mark.parametrize(("n_fft", "hop_length", "win_length"), [(256, 64, None), (256, 50, 200)])
def test_equals_torch_and_librosa(rng, n_fft, hop_length, win_length):
    waveform = noise(rng, 3000, dtype=torch.float64)
    ours = stft(waveform, n_fft=n_fft, hop_length=hop_length, win_length=win_length)
    window = torch.hann_window(win_length or n_fft, dtype=torch.float64)
    theirs = torch.stft(
        waveform, n_fft, hop_length, win_length, window, pad_mode="reflect", return_complex=True
    )
    torch.testing.assert_close(ours, theirs)
    other = librosa.stft(
        waveform.numpy(),
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=win_length,
        pad_mode="reflect",
    )
    np.testing.assert_allclose(ours, other, atol=1e-9)


@pytest.mark.parametrize("time", [0, 1, 2, 31, 32, 33, 999, 1000])
@pytest.mark.parametrize("n_fft", [64, 63])
@pytest.mark.parametrize("hop_length", [16, 11])
def test_round_trip_at_any_length(rng, time, n_fft, hop_length):
    waveform = noise(rng, 2, time)
    spectrum = stft(waveform, n_fft=n_fft, hop_length=hop_length)
    assert spectrum.shape == (2, n_fft // 2 + 1, 1 + time // hop_length)
    again = istft(spectrum, length=time, n_fft=n_fft, hop_length=hop_length)
    torch.testing.assert_close(again, waveform, atol=1e-5, rtol=0)


@pytest.mark.parametrize("window", WINDOWS)
def test_round_trip_with_every_window(rng, window):
    waveform = noise(rng, 1234)
    sizes = {"n_fft": 128, "hop_length": 16, "win_length": 100, "window": window}
    again = istft(stft(waveform, **sizes), length=1234, **sizes)
    torch.testing.assert_close(again, waveform, atol=1e-5, rtol=0)


def test_round_trip_at_half_overlap_but_for_the_last_samples(rng):
    waveform = noise(rng, 1024 + 500)
    sizes = {"n_fft": 1024, "hop_length": 512}
    again = istft(stft(waveform, **sizes), length=1524, **sizes)
    torch.testing.assert_close(again[:1400], waveform[:1400], atol=1e-5, rtol=0)
    assert again.abs().max() < 1.1 * waveform.abs().max()


def test_gaps_between_windows_are_silent_not_nan(rng):
    waveform = noise(rng, 1000)
    again = istft(stft(waveform, n_fft=64, hop_length=200), length=1000, n_fft=64, hop_length=200)
    assert again.isfinite().all()
    assert again[100] == 0.0


def test_inverse_is_the_least_squares_one(rng):
    """No waveform's frames are nearer to a spectrum that belongs to none (normal equations)."""
    sizes = {"n_fft": 32, "hop_length": 8}
    real, imag = noise(rng, 2, 17, 9, dtype=torch.float64)
    spectrum = torch.complex(real, imag)
    spectrum[[0, -1]] = spectrum[[0, -1]].real + 0j
    taps = window_function("hann", length=32)

    def distance(waveform):
        # Whole frames, weighted as a two-sided spectrum; the padding is free to be anything.
        frames = waveform.unfold(0, 32, 8) * taps
        return (torch.fft.irfft(spectrum.mT, n=32) - frames).square().sum()

    padded = torch.zeros(96, dtype=torch.float64)
    padded[16:80] = istft(spectrum, length=64, **sizes)
    padded.requires_grad_()
    (gradient,) = torch.autograd.grad(distance(padded), padded)
    torch.testing.assert_close(
        gradient[16:80], torch.zeros(64, dtype=torch.float64), atol=1e-9, rtol=0
    )


def test_gradients_are_right_and_finite_in_silence(rng):
    sizes = {"n_fft": 16, "hop_length": 5}
    waveform = noise(rng, 1, 40, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: stft(x, **sizes), waveform)
    spectrum = stft(waveform, **sizes).detach().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: istft(x, length=40, **sizes), spectrum)
    silence = torch.zeros(1, 40, requires_grad=True)
    stft(silence, **sizes).abs().sum().backward()
    assert silence.grad is not None
    assert silence.grad.isfinite().all()


def test_usable_in_training_after_inference(rng):
    waveform = noise(rng, 300)
    with torch.inference_mode():
        stft(waveform, n_fft=48, hop_length=12)
    waveform.requires_grad_()
    stft(waveform, n_fft=48, hop_length=12).abs().sum().backward()


def test_bad_input_is_refused():
    with pytest.raises(InputError, match=r"real samples .* got torch.int64"):
        stft(torch.zeros(10, dtype=torch.int64), n_fft=4, hop_length=1)
    with pytest.raises(InputError, match=r"complex \(\.\.\., 5, frames\), got torch.float32"):
        istft(torch.zeros(5, 2), length=4, n_fft=8, hop_length=2)
    with pytest.raises(SettingsError, match="unknown window 'hamn'"):
        stft(torch.zeros(10), n_fft=4, hop_length=1, window="hamn")
    with pytest.raises(SettingsError, match="hop_length ≥ 1"):
        stft(torch.zeros(10), n_fft=4, hop_length=0)
    with pytest.raises(SettingsError, match="win_length=9"):
        stft(torch.zeros(10), n_fft=8, hop_length=2, win_length=9)
    with pytest.raises(SettingsError, match="at least 1 sample"):
        window_function("hann", length=0)
