"""Spectra against librosa, and against sounds whose spectrum is known."""

import librosa
import numpy as np
import pytest

from estilo.analysis.sound import Sound
from estilo.analysis.spectra import (
    banded_power,
    chroma,
    mel_weights,
    mfcc,
    power_spectrogram,
    power_to_db,
)
from estilo.errors import InputError

RATE = 16_000


def _music(rng: np.random.Generator, n_samples: int = 24_000) -> np.ndarray:
    time_s = np.arange(n_samples) / RATE
    swell = np.sin(2 * np.pi * 1.5 * time_s) ** 2
    tones = sum(np.sin(2 * np.pi * f * time_s) / f for f in (220.0, 447.0, 1130.0, 5003.0))
    return (60.0 * swell * tones + 1e-3 * rng.standard_normal(n_samples)).astype(np.float32)


@pytest.mark.parametrize(("n_fft", "hop_length"), [(2048, 512), (1023, 100), (64, 64)])
@pytest.mark.parametrize("n_samples", [0, 1, 700, 24_000])
def test_power_equals_librosa(
    n_fft: int, hop_length: int, n_samples: int, rng: np.random.Generator
) -> None:
    waveform = _music(rng, n_samples)
    ours = power_spectrogram(waveform, n_fft=n_fft, hop_length=hop_length)
    assert ours.shape == (n_fft // 2 + 1, 1 + n_samples // hop_length)
    if n_fft % 2 or n_samples < n_fft:  # librosa pads odd frames another way
        return
    theirs = librosa.stft(waveform, n_fft=n_fft, hop_length=hop_length, pad_mode="constant")
    np.testing.assert_allclose(ours, np.abs(theirs) ** 2, rtol=1e-3, atol=1e-6 * ours.max())


def test_mel_spectrogram_and_mfcc_equal_librosa(rng: np.random.Generator) -> None:
    waveform = _music(rng)
    ours = banded_power(waveform, mel_weights(), n_fft=2048, hop_length=512)
    theirs = librosa.feature.melspectrogram(y=waveform, sr=RATE)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-9)
    np.testing.assert_allclose(power_to_db(ours), librosa.power_to_db(theirs), atol=1e-3)
    coefficients = librosa.feature.mfcc(y=waveform, sr=RATE, n_mfcc=13, hop_length=500)
    np.testing.assert_allclose(mfcc(Sound(waveform, RATE)), coefficients, atol=2e-3)


@pytest.mark.parametrize(
    ("sample_rate", "n_fft", "n_bands"), [(16_000, 1024, 80), (44_100, 2048, 128), (1_500, 256, 10)]
)
def test_mel_weights_equal_librosa(sample_rate: int, n_fft: int, n_bands: int) -> None:
    ours = mel_weights(sample_rate=sample_rate, n_fft=n_fft, n_bands=n_bands)
    theirs = librosa.filters.mel(sr=sample_rate, n_fft=n_fft, n_mels=n_bands)
    np.testing.assert_allclose(ours, theirs, atol=1e-7)
    with pytest.raises(ValueError, match="read-only"):
        ours[0, 0] = 1.0


def test_blocks_do_not_show(rng: np.random.Generator) -> None:
    waveform = _music(rng, 20_000)
    weights = mel_weights(n_bands=20, n_fft=256)
    bands = banded_power(waveform, weights, n_fft=256, hop_length=16)  # 1251 frames
    whole = weights @ power_spectrogram(waveform, n_fft=256, hop_length=16)
    np.testing.assert_allclose(bands, whole, rtol=1e-4)


def test_db_of_nothing_and_of_silence() -> None:
    assert power_to_db(np.zeros((3, 0))).shape == (3, 0)
    np.testing.assert_allclose(power_to_db(np.zeros(2)), -100.0, rtol=1e-6)


def test_gain_moves_only_the_first_coefficient(rng: np.random.Generator) -> None:
    waveform = _music(rng)
    loud, soft = mfcc(Sound(waveform, RATE)), mfcc(Sound(0.1 * waveform, RATE))
    np.testing.assert_allclose(loud[1:], soft[1:], atol=2e-3)
    np.testing.assert_allclose(loud[0] - soft[0], 20.0 * np.sqrt(128), rtol=1e-4)


@pytest.mark.parametrize("note", range(50, 86, 5))
def test_a_note_is_its_pitch_class_and_nothing_else(note: int) -> None:
    frequency_hz = 440.0 * 2.0 ** ((note - 69) / 12)
    tone = np.sin(2 * np.pi * frequency_hz * np.arange(RATE) / RATE)
    profile = chroma(Sound(tone, RATE))[:, 3:-3].sum(axis=1)
    assert profile.argmax() == note % 12
    assert profile[note % 12] > 0.6 * profile.sum()


def test_chroma_agrees_with_librosa_on_a_chord() -> None:
    time_s = np.arange(2 * RATE) / RATE
    notes = (57, 61, 64, 69)  # A major
    chord = sum(np.sin(2 * np.pi * librosa.midi_to_hz(note) * time_s) for note in notes)
    ours = chroma(Sound(chord, RATE)).mean(axis=1)
    theirs = librosa.feature.chroma_stft(y=chord, sr=RATE, n_fft=4096, tuning=0.0).mean(axis=1)
    assert set(np.argsort(ours)[-3:]) == set(np.argsort(theirs)[-3:]) == {9, 1, 4}
    cosine = ours @ theirs / (np.linalg.norm(ours) * np.linalg.norm(theirs))
    assert cosine > 0.95


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match="one channel"):
        power_spectrogram(np.zeros((2, 100)), n_fft=64, hop_length=16)
    with pytest.raises(InputError, match="real numbers, got complex"):
        power_spectrogram(np.zeros(100, complex), n_fft=64, hop_length=16)
    with pytest.raises(InputError, match="got 64 and 0"):
        power_spectrogram(np.zeros(100), n_fft=64, hop_length=0)
    with pytest.raises(InputError, match=r"\(bands, 33\) for n_fft=64, got \(2, 32\)"):
        banded_power(np.zeros(100), np.ones((2, 32)), n_fft=64, hop_length=16)
