"""Attributes of tones that were made with them."""

from itertools import pairwise

import numpy as np
import pytest
from known_tones import RATE, harmonics, notes, sound, times

from estilo.analysis.attributes.description import attributes_of
from estilo.analysis.attributes.partials import new_partials_percent
from estilo.analysis.attributes.spectrum import spectral_distance_db, steady_spectrum
from estilo.analysis.attributes.tone_to_noise import tone_to_noise
from estilo.analysis.sound import Sound

SECONDS = 3.0


def led_in(samples):
    return sound(np.concatenate([np.zeros(RATE // 5), samples]))


@pytest.mark.parametrize("attack_s", [0.02, 0.05, 0.1, 0.2])
def test_a_straight_rise_takes_sixty_per_cent_of_its_time(attack_s):
    of = attributes_of(sound(notes(attack_s=attack_s)))
    assert of.attack_ms == pytest.approx(600.0 * attack_s, rel=0.15, abs=3.0)


@pytest.mark.parametrize("db_per_s", [0.0, 5.0, 20.0, 60.0])
def test_decay(db_per_s):
    of = attributes_of(sound(notes(fall_db_per_s=db_per_s, held_s=1.0)))
    assert of.decay_db_per_s == pytest.approx(db_per_s, rel=0.05, abs=0.5)


@pytest.mark.parametrize("release_s", [0.3, 0.6, 0.9])
def test_ring_after_release(release_s):
    of = attributes_of(sound(notes(release_s=release_s, gap_s=0.4, n_notes=4)))
    assert of.ring_s == pytest.approx(release_s, rel=0.15)


@pytest.mark.parametrize(("cents", "hz"), [(10.0, 5.0), (30.0, 6.5), (80.0, 4.0)])
@pytest.mark.parametrize("f0_hz", [110.0, 440.0])
def test_vibrato(cents, hz, f0_hz):
    swing = cents * np.sin(2.0 * np.pi * hz * times(SECONDS))
    of = attributes_of(led_in(harmonics(f0_hz, SECONDS, cents=swing))).swings
    assert of.vibrato_cents == pytest.approx(cents, rel=0.15)
    assert of.vibrato_hz == pytest.approx(hz, abs=0.5)
    assert of.tremolo_db is not None
    assert of.tremolo_db < 1.0


@pytest.mark.parametrize(("db", "hz"), [(1.0, 5.0), (4.0, 3.5), (10.0, 6.0)])
def test_tremolo(db, hz):
    swing = 10.0 ** (db * np.sin(2.0 * np.pi * hz * times(SECONDS)) / 40.0)
    of = attributes_of(led_in(swing * harmonics(220.0, SECONDS))).swings
    assert of.tremolo_db == pytest.approx(db, rel=0.08)
    assert of.tremolo_hz == pytest.approx(hz, abs=0.5)
    assert of.vibrato_cents is not None
    assert of.vibrato_cents < 2.0


def test_roughness_grows_with_the_depth_and_noise_has_none(rng):
    tone = harmonics(440.0, SECONDS)
    swing = np.sin(2.0 * np.pi * 40.0 * times(SECONDS))
    depths = [attributes_of(led_in(tone * (1.0 + m * swing))).roughness_db for m in (0, 0.2, 0.5)]
    assert depths[0] == pytest.approx(0.0, abs=0.1)
    # Of a band two sidebands are a little quieter than the partial between them.
    assert 0.6 * 3.52 < depths[1] < 3.52
    assert 0.6 * 9.54 < depths[2] < 9.54
    assert attributes_of(led_in(0.1 * rng.standard_normal(3 * RATE))).roughness_db < 1.0


def test_tone_to_noise_follows_the_ratio(rng):
    """10 dB more noise is 10 dB less, where neither leakage nor the noise alone decides."""
    tone = harmonics(220.0, SECONDS)
    noise = rng.standard_normal(len(tone))
    noise = np.convolve(noise, np.ones(8) / 8, mode="same")
    found = [tone_to_noise(led_in(tone + gain * noise)) for gain in (0.003, 0.0095, 0.03)]
    for more, less in pairwise(found):
        assert np.nanmedian(more - less) == pytest.approx(10.0, abs=1.0)
    assert attributes_of(led_in(noise)).mean_tone_to_noise_db < 6.0
    assert attributes_of(led_in(tone)).mean_tone_to_noise_db > 40.0


def test_the_spectrum_moves_by_what_an_equaliser_does(rng):
    noise = rng.standard_normal(3 * RATE)
    spectrum = np.fft.rfft(noise)
    hz = np.fft.rfftfreq(len(noise), 1.0 / RATE)
    gain_db = -3.0 * np.log2(np.maximum(hz, 30.0) / 1000.0)
    tilted = np.fft.irfft(spectrum * 10.0 ** (gain_db / 20.0), len(noise))
    before, after = (attributes_of(led_in(each)) for each in (noise, tilted))
    moved = after.tilt_db_per_octave - before.tilt_db_per_octave
    assert moved == pytest.approx(-3.0, abs=0.3)
    assert after.centroid_hz < before.centroid_hz


def test_other_notes_of_one_sound_have_nearly_its_spectrum():
    low, high = (steady_spectrum(led_in(harmonics(hz, SECONDS))) for hz in (220.0, 330.0))
    sine = steady_spectrum(led_in(np.sin(2.0 * np.pi * 220.0 * times(SECONDS))))
    assert spectral_distance_db(low, high) < 0.4 * spectral_distance_db(low, sine)


def test_new_partials_count_by_their_power():
    """One partial of a third of the power of all others, between those of the content."""
    tone = harmonics(220.0, SECONDS)
    power = np.mean(tone**2)
    added = np.sqrt(2.0 * power / 3.0) * np.sin(2.0 * np.pi * 2.5 * 220.0 * times(SECONDS))
    content, output = led_in(tone), led_in(tone + added)
    # Peaks stand for partials, those of the weakest are not heard.
    assert new_partials_percent(output, content) == pytest.approx(25.0, abs=1.5)
    assert new_partials_percent(content, content) == 0.0


def test_neither_equaliser_nor_noise_nor_fades_make_new_partials(rng):
    tone = harmonics(220.0, SECONDS)
    fade = 10.0 ** (-times(SECONDS))
    changed = (
        np.diff(tone, prepend=0.0),
        tone * fade,
        tone + 0.02 * rng.standard_normal(len(tone)),
    )
    for output in changed:
        assert new_partials_percent(led_in(output), led_in(tone)) < 0.5


def test_width_of_known_mixtures(rng):
    mid, side = rng.standard_normal((2, RATE))
    for db in (-20.0, -6.0, 0.0):
        gain = 10.0 ** (db / 20.0)
        stereo = Sound([mid + gain * side, mid - gain * side], RATE)
        assert attributes_of(stereo).width_db == pytest.approx(db, abs=0.3)
    assert attributes_of(Sound([mid, -mid], RATE)).correlation == -1.0


def test_what_cancels_in_the_mean_of_the_channels_is_heard():
    samples = notes(attack_s=0.05, fall_db_per_s=20.0)
    one, both = attributes_of(sound(samples)), attributes_of(Sound([samples, -samples], RATE))
    for name, value in one.numbers.items():
        if name not in ("width_db", "channel_correlation"):
            assert both.numbers[name] == pytest.approx(value, rel=1e-3), name
    assert both.width_db == 40.0


def test_gain_changes_nothing():
    samples = notes(attack_s=0.03, fall_db_per_s=10.0)
    loud, soft = (attributes_of(sound(gain * samples)).numbers for gain in (1.0, 1e-3))
    for name, value in loud.items():
        assert soft[name] == pytest.approx(value, rel=1e-3, abs=1e-3), name


def test_an_equaliser_changes_neither_attack_nor_decay():
    """Whatever the bands' levels: all of them rise and fall alike."""
    samples = notes(attack_s=0.08, fall_db_per_s=20.0)
    before, after = (attributes_of(sound(x)) for x in (samples, np.diff(samples, prepend=0.0)))
    assert after.attack_ms == pytest.approx(before.attack_ms, rel=0.05)
    assert after.decay_db_per_s == pytest.approx(before.decay_db_per_s, rel=0.05)


@pytest.mark.parametrize("n_samples", [0, 1, 40, 2000])
def test_nothing_to_measure_is_none(n_samples):
    numbers = attributes_of(Sound(np.zeros(n_samples), RATE)).numbers
    assert set(numbers.values()) == {None}


@pytest.mark.parametrize("n_samples", [1, 40, 500, 3000])
def test_short_sounds_are_measured_without_a_word(rng, n_samples):
    numbers = attributes_of(Sound(rng.standard_normal(n_samples), RATE)).numbers
    assert all(value is None or np.isfinite(value) for value in numbers.values())


@pytest.mark.parametrize("rate", [8000, 11_025, 48_000, 96_000])
def test_any_rate(rate):
    time_s = np.arange(2 * rate) / rate - 0.2
    cents = 40.0 * np.sin(2.0 * np.pi * 5.0 * time_s)
    phase = 2.0 * np.pi * 330.0 / rate * np.cumsum(2.0 ** (cents / 1200.0))
    tone = sum(np.sin(k * phase) / k for k in range(1, 9)) * (time_s > 0.0)
    of = attributes_of(Sound(tone, rate))
    assert of.swings.vibrato_cents == pytest.approx(40.0, rel=0.1)
    assert of.decay_db_per_s == pytest.approx(0.0, abs=0.5)


def test_long_recordings_are_heard_in_stretches(rng):
    tone = np.tile(notes(fall_db_per_s=20.0), 45)  # more than two minutes
    of = attributes_of(sound(tone))
    assert of.decay_db_per_s == pytest.approx(20.0, rel=0.1)
