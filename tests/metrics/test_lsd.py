"""Log-spectral distance: against librosa's numbers and against shifts that are known in dB."""

import librosa
import numpy as np
import pytest

from estilo.analysis.sound import Sound
from estilo.metrics.lsd import lsd, lsd_framewise

RATE = 16_000


def _paper(output: np.ndarray, target: np.ndarray, axis: int) -> float:
    """The definition, in librosa's words."""

    def level_db(waveform: np.ndarray) -> np.ndarray:
        waveform = waveform / np.sqrt(np.mean(waveform**2))
        return librosa.power_to_db(librosa.feature.melspectrogram(y=waveform, sr=RATE))

    squares = (level_db(output) - level_db(target)) ** 2
    return float(np.mean(np.sqrt(np.mean(squares, axis=axis))))


def _pair(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    time_s = np.arange(2 * RATE) / RATE
    noise = rng.standard_normal(len(time_s))
    tone = np.sin(2 * np.pi * 440.0 * time_s) * (time_s < 1.2) + 1e-5 * noise
    return tone.astype(np.float32), np.cumsum(noise * time_s).astype(np.float32)


def test_equal_the_definitions_in_librosa(rng: np.random.Generator) -> None:
    output, target = _pair(rng)
    sounds = Sound(output, RATE), Sound(target, RATE)
    assert lsd(*sounds) == pytest.approx(_paper(output, target, 1), rel=1e-4)
    assert lsd_framewise(*sounds) == pytest.approx(_paper(output, target, 0), rel=1e-4)


def test_shorter_is_filled_and_longer_is_cut(rng: np.random.Generator) -> None:
    output, target = _pair(rng)
    short = np.concatenate([output[:20_000], np.zeros(12_000, np.float32)])
    filled = lsd(Sound(output[:20_000], RATE), Sound(target, RATE))
    assert filled == pytest.approx(_paper(short, target, 1), rel=1e-4)
    long = np.concatenate([output, 10.0 * target])
    cut = lsd(Sound(long, RATE), Sound(target, RATE))
    assert cut == pytest.approx(_paper(output, target, 1), rel=1e-4)


def test_gain_even_an_extreme_one_changes_nothing(rng: np.random.Generator) -> None:
    output, target = _pair(rng)
    plain = lsd(Sound(output, RATE), Sound(target, RATE))
    for gain in (1e-20, 1e-3, 1e10):
        scaled = Sound(output.astype(np.float64) * gain, RATE)
        assert lsd(scaled, Sound(target, RATE)) == pytest.approx(plain, rel=1e-4)


def test_a_filter_of_known_steepness_gives_its_decibels(rng: np.random.Generator) -> None:
    noise = rng.standard_normal(4 * RATE)
    spectrum = np.fft.rfft(noise)
    upper = np.arange(len(spectrum)) > len(spectrum) / 4  # above 2 kHz, 57 of 128 bands
    tilted = np.fft.irfft(spectrum * np.where(upper, 0.1, 1.0))
    share = float((librosa.mel_frequencies(130, fmax=8000)[1:-1] > 2000).mean())
    gain_db = 10.0 * np.log10(np.mean(noise**2) / np.mean(tilted**2))
    expected = share * (20.0 - gain_db) + (1.0 - share) * gain_db
    assert lsd(Sound(tilted, RATE), Sound(noise, RATE)) == pytest.approx(expected, rel=0.05)


def test_other_rates_and_channels_are_brought_to_one(rng: np.random.Generator) -> None:
    time_s = np.arange(44_100) / 44_100
    waveform = np.sin(2 * np.pi * 300 * time_s) + 0.3 * np.sin(2 * np.pi * 1900 * time_s)
    waveform += 0.01 * rng.standard_normal(len(time_s))
    stereo = Sound(np.stack([1.5 * waveform, 0.5 * waveform]), 44_100)
    assert lsd(stereo, Sound(waveform, 44_100)) < 0.01
    assert lsd(stereo, Sound(Sound(waveform, 44_100).mono, RATE)) < 0.01


def test_silent_where_the_target_is_warns() -> None:
    output = Sound(np.concatenate([np.zeros(1000), np.ones(10)]), RATE)
    with pytest.warns(UserWarning, match="silent for as long as its target"):
        assert np.isnan(lsd(output, Sound(np.ones(900), RATE)))
