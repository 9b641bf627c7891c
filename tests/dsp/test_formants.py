"""Formants of vowels made from numbers: pulses through resonances that are known."""

import numpy as np
import pytest
import torch
from scipy import signal

from estilo.dsp.formants import spectral_envelope, with_formants
from estilo.dsp.stft import stft

RATE = 16_000
FORMANTS_HZ = {"a": (730.0, 1090.0, 2440.0, 3400.0), "i": (270.0, 2290.0, 3010.0, 3700.0)}


def tract(vowel):
    """Resonances of Peterson & Barney's men (1952), as an all-pole filter."""
    denominator = np.ones(1)
    for number, hz in enumerate(FORMANTS_HZ[vowel]):
        radius = np.exp(-np.pi * (60.0 + 30.0 * number) / RATE)
        section = [1.0, -2.0 * radius * np.cos(2.0 * np.pi * hz / RATE), radius**2]
        denominator = np.convolve(denominator, section)
    return denominator


def pulses(f0_hz, *, seconds=1.0):
    """A pulse train whose partials all have the same level."""
    time = np.arange(round(seconds * RATE)) / RATE
    partials = np.arange(1, int(0.5 * RATE / f0_hz))
    return sum(np.cos(2.0 * np.pi * f0_hz * n * time) for n in partials) / len(partials)


def voiced(vowel, f0_hz=110.0):
    samples = signal.lfilter([1.0], tract(vowel), pulses(f0_hz))
    return torch.from_numpy((0.1 * samples / samples.std()).astype(np.float32))[None]


def envelope_db(waveform):
    """Mean envelope over the middle of a recording, by frequency."""
    magnitude = stft(waveform[0], n_fft=1024, hop_length=256).abs()[:, 8:-8]
    envelope = spectral_envelope(magnitude, sample_rate=RATE).mean(-1)
    return (20.0 / np.log(10.0)) * envelope.numpy()


def true_db(vowel, frequencies_hz):
    _, response = signal.freqz([1.0], tract(vowel), worN=frequencies_hz, fs=RATE)
    return 20.0 * np.log10(np.abs(response))


def error_db(found, wanted, heard):
    difference = (found - wanted)[heard]
    return float(np.sqrt(np.mean((difference - difference.mean()) ** 2)))


GRID_HZ = np.fft.rfftfreq(1024, 1.0 / RATE)
HEARD = (GRID_HZ > 150.0) & (GRID_HZ < 4500.0)


def f0_hz(waveform):
    """By the highest peak of the autocorrelation between 60 and 400 Hz."""
    samples = waveform[0].double().numpy()
    correlation = np.fft.irfft(np.abs(np.fft.rfft(samples, 2 * len(samples))) ** 2)
    first = RATE // 400
    return RATE / (first + int(np.argmax(correlation[first : RATE // 60])))


@pytest.mark.parametrize("vowel", ["a", "i"])
@pytest.mark.parametrize("f0", [90.0, 150.0, 220.0])
def test_the_envelope_is_the_vocal_tract_and_not_the_pitch(vowel, f0):
    found = envelope_db(voiced(vowel, f0))
    assert error_db(found, true_db(vowel, GRID_HZ), HEARD) < 4.0


@pytest.mark.parametrize("vowel", ["a", "i"])
def test_kept_formants_are_the_contents(vowel):
    other = voiced({"a": "i", "i": "a"}[vowel])
    wanted = true_db(vowel, GRID_HZ)
    errors = [
        error_db(
            envelope_db(with_formants(other, voiced(vowel), sample_rate=RATE, kept=kept)),
            wanted,
            HEARD,
        )
        for kept in (0.0, 0.5, 1.0)
    ]
    assert errors[0] > 10.0
    assert errors[1] == pytest.approx(0.5 * errors[0], abs=3.0)
    assert errors[2] < 4.5


@pytest.mark.parametrize("semitones", [-4.0, 3.0, 7.0])
def test_formants_move_by_their_ratio_and_the_pitch_stays(semitones):
    before = voiced("a")
    after = with_formants(before, before, sample_rate=RATE, shift_semitones=semitones)
    ratio = 2.0 ** (semitones / 12.0)
    heard = HEARD & (GRID_HZ / ratio < 4500.0) & (GRID_HZ / ratio > 150.0)
    found = envelope_db(after)
    assert error_db(found, true_db("a", GRID_HZ / ratio), heard) < 4.5
    assert error_db(found, true_db("a", GRID_HZ), heard) > 6.0
    assert f0_hz(after) == pytest.approx(f0_hz(before), rel=0.01)


def test_both_together_move_the_contents_formants():
    content, output = voiced("a"), voiced("i")
    after = with_formants(output, content, sample_rate=RATE, kept=1.0, shift_semitones=4.0)
    ratio = 2.0 ** (4.0 / 12.0)
    heard = HEARD & (GRID_HZ / ratio < 4500.0) & (GRID_HZ / ratio > 150.0)
    assert error_db(envelope_db(after), true_db("a", GRID_HZ / ratio), heard) < 4.5


def test_loudness_stays(rng):
    waves = 1.0 + 0.9 * np.sin(np.arange(RATE) * 6.0 / RATE)
    output = torch.from_numpy((0.1 * waves * rng.standard_normal((2, RATE))).astype(np.float32))
    content = voiced("a").expand(2, -1)
    after = with_formants(output, content, sample_rate=RATE, kept=1.0)
    for one, other in zip(after.split(2000, -1), output.split(2000, -1), strict=True):
        assert float(one.std()) == pytest.approx(float(other.std()), rel=0.1)


@pytest.mark.parametrize("n_samples", [1, 50, 3000])
def test_silence_and_short_recordings(n_samples):
    silence, noise = torch.zeros(2, n_samples), torch.ones(2, n_samples)
    for output, content in ((silence, noise), (noise, silence), (silence, silence)):
        after = with_formants(output, content, sample_rate=RATE, kept=1.0, shift_semitones=2.0)
        assert after.shape == output.shape
        assert torch.isfinite(after).all()
        if output is silence:
            assert not after.any()
