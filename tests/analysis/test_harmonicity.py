"""Pitch salience, inharmonicity and partials on signals whose numbers are known."""

import numpy as np
import pytest

from estilo.analysis.harmonicity import harmonicity, parabola
from estilo.analysis.spectral_shape import spectrum_of

RATE = 44_100


def of(waveform, rate=RATE):
    return harmonicity(spectrum_of(waveform, rate))


def tone(frequencies_hz, amplitudes, *, rate=RATE, seconds=1.0):
    time_s = np.arange(round(seconds * rate)) / rate
    phases = 2 * np.pi * np.multiply.outer(frequencies_hz, time_s)
    phases += np.arange(len(frequencies_hz))[:, None] ** 2
    return np.hanning(len(time_s)) * (np.asarray(amplitudes) @ np.sin(phases))


@pytest.mark.parametrize("rate", [8_000, 44_100, 96_000])
@pytest.mark.parametrize("pitch_hz", [70.0, 261.6, 987.8, 2500.0])
def test_one_note_is_clear_and_harmonic(rate, pitch_hz):
    n = np.arange(1, min(8, int(0.45 * rate / pitch_hz)) + 1)
    measured = of(tone(pitch_hz * n, 1.0 / n, rate=rate), rate)
    assert measured.salience > 0.97
    assert measured.inharmonicity == pytest.approx(0.0, abs=0.02)


def test_noise_has_neither_pitch_nor_partials(rng):
    measured = of(rng.standard_normal(2 * RATE))
    assert measured.salience < 0.25
    assert measured.n_partials < 1.0
    assert measured.inharmonicity is None


@pytest.mark.parametrize("noise_share", [0.1, 0.3, 0.5])
def test_salience_is_the_share_of_power_that_repeats(rng, noise_share):
    n = np.arange(1, 21)
    note = tone(200.0 * n, np.ones(20), seconds=3.0)
    noise = rng.standard_normal(len(note))
    spectrum = np.fft.rfft(noise)
    hz = np.fft.rfftfreq(len(noise), 1 / RATE)
    noise = np.fft.irfft(np.where((hz > 50) & (hz < 5000), spectrum, 0)) * np.hanning(len(note))
    note *= np.sqrt((1 - noise_share) / np.mean(note**2))
    noise *= np.sqrt(noise_share / np.mean(noise**2))
    assert of(note + noise).salience == pytest.approx(1 - noise_share, abs=0.06)


def test_a_chord_lies_between_a_note_and_noise(rng):
    note, chord = (
        sum(tone(hz * np.arange(1, 9), 0.7 ** np.arange(8)) for hz in pitches)
        for pitches in ([220.0], [220.0, 233.1, 311.1, 466.2])
    )
    noise = rng.standard_normal(RATE)
    assert of(noise).salience < of(chord).salience - 0.1
    assert of(chord).salience < of(note).salience - 0.1
    assert (of(chord).inharmonicity or 0.0) > 0.1 > 0.02 > (of(note).inharmonicity or 0.0)


@pytest.mark.parametrize("stretch", [1e-4, 5e-4, 1e-3])
def test_inharmonicity_of_a_stiff_string_is_peeters_formula(stretch):
    n = np.arange(1, 9)
    amplitudes = 0.8**n
    partials_hz = 300.0 * n * np.sqrt(1 + stretch * n**2)
    measured = of(tone(partials_hz, amplitudes)).inharmonicity

    def formula(pitch_hz):
        distance = np.abs(partials_hz - n * pitch_hz) / pitch_hz
        return 2 * (distance @ amplitudes**2) / np.sum(amplitudes**2)

    # The pitch that fits the partials best is somewhere in between those they speak for.
    pitches_hz = np.linspace(300.0, partials_hz[-1] / 8, 200)
    assert measured is not None
    assert 0.8 * min(formula(hz) for hz in pitches_hz) <= measured <= formula(300.0) + 0.003


@pytest.mark.parametrize("n_partials", [1, 3, 8, 30])
def test_partials_are_counted(rng, n_partials):
    sound = tone(220.0 * np.arange(1, n_partials + 1), 0.9 ** np.arange(n_partials))
    assert of(sound).n_partials == pytest.approx(n_partials, rel=0.02)
    hiss = 1e-3 * rng.standard_normal(len(sound)) * np.hanning(len(sound))
    assert of(sound + hiss).n_partials == pytest.approx(n_partials, rel=0.1)


def test_gain_does_not_matter():
    sound = tone([200.0, 410.0, 650.0], [1.0, 0.5, 0.2])
    assert of(1e-6 * sound).salience == pytest.approx(of(sound).salience, abs=1e-4)


@pytest.mark.parametrize("size", [1, 3, 500])
def test_tiny_sounds_have_numbers(size):
    measured = of(np.ones(size))
    assert 0.0 <= measured.salience <= 1.0
    assert np.isfinite(measured.n_partials)


def test_parabola_finds_its_top():
    x = np.array([-1.0, 0.0, 1.0])
    place, height = parabola(*(3.0 - 2.0 * (x - 0.3) ** 2))
    assert (float(place), float(height)) == pytest.approx((0.3, 3.0))
    assert float(parabola(np.array(1.0), np.array(1.0), np.array(1.0))[0]) == 0.0
