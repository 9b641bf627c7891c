"""Effects: lengths, levels, what changes nothing, and each effect against what it is called."""

import numpy as np
import pytest

from estilo.synthesis.effects import Effects, Equaliser, Room, apply_effects, random_effects
from estilo.synthesis.filters import Resonance

RATE = 16_000


def _tone(frequency_hz=500.0, n_samples=RATE):
    return (0.2 * np.sin(2.0 * np.pi * frequency_hz * np.arange(n_samples) / RATE)).astype("f4")


@pytest.mark.parametrize("n_samples", [1, 2, 37, 4001])
def test_any_chain_keeps_length_and_level_and_never_clips(n_samples, rng):
    waveform = rng.uniform(-0.5, 0.5, n_samples)
    for _ in range(25):
        out = apply_effects(waveform, random_effects(rng), RATE)

        assert out.shape == waveform.shape
        assert out.dtype == np.float32
        assert np.isfinite(out).all()
        assert np.abs(out).max() < 1.0
        assert np.square(out).mean() <= np.square(waveform).mean() * (1.0 + 1e-4)


def test_an_empty_chain_changes_nothing(rng):
    waveform = rng.standard_normal(1000).astype("f4")

    assert np.array_equal(apply_effects(waveform, Effects(), RATE), waveform)


def test_settings_at_rest_change_nothing():
    """Each effect with nothing to do, though switched on."""
    waveform = _tone()
    for effects in (
        Effects(equaliser=Equaliser()),
        Effects(equaliser=Equaliser(peaks=(Resonance(800.0, 100.0, 0.0),))),
        Effects(room=Room(0.3, -200.0, 0.01, 4, 4000.0, seed=0)),
        Effects(snr_db=160.0),
        Effects(drive=1e-3),
    ):
        assert apply_effects(waveform, effects, RATE) == pytest.approx(waveform, abs=1e-4)


def test_silence_stays_silent(rng):
    silence = np.zeros(500)
    for _ in range(10):
        assert not apply_effects(silence, random_effects(rng), RATE).any()


def test_the_input_is_left_alone(rng):
    waveform = rng.standard_normal(2000)
    before = waveform.copy()
    for _ in range(10):
        apply_effects(waveform, random_effects(rng), RATE)
    assert np.array_equal(waveform, before)


def test_the_same_chain_gives_the_same_bytes(rng):
    waveform = rng.standard_normal(3000)
    for _ in range(5):
        effects = random_effects(rng)
        first, again = (apply_effects(waveform, effects, RATE) for _ in range(2))
        assert first.tobytes() == again.tobytes()


def test_the_same_noise_never_lies_under_two_signals():
    effects = Effects(snr_db=6.0, seed=3)
    first, second = (
        apply_effects(tone, effects, RATE) - tone for tone in (_tone(500.0), _tone(700.0))
    )
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.2


def test_noise_lies_as_far_below_as_asked():
    tone = _tone()
    out = apply_effects(tone, Effects(snr_db=20.0), RATE)
    gain = np.dot(out, tone) / np.dot(tone, tone)
    noise = out - gain * tone

    assert 10.0 * np.log10(np.square(gain * tone).mean() / np.square(noise).mean()) == (
        pytest.approx(20.0, abs=0.5)
    )


def test_shelves_and_peaks_have_their_gains():
    equaliser = Equaliser(300.0, 6.0, 3000.0, -9.0, (Resonance(1000.0, 50.0, 12.0),))
    far = Equaliser(300.0, 6.0, 3000.0, -9.0)
    low, high = np.abs(equaliser.response(np.array([1e-3, 1e7])))
    peak = np.abs(equaliser.response(np.array([1000.0])) / far.response(np.array([1000.0])))[0]

    assert 20.0 * np.log10([low, high, peak]) == pytest.approx([6.0, -9.0, 12.0], abs=1e-3)


def test_a_room_decays_by_60_db_in_its_time():
    """Schroeder 1965: the slope of the backward integral, on the late part of the tail."""
    response = Room(0.8, 0.0, 0.01, 0, 3000.0, seed=1).impulse_response(RATE)
    left_db = 10.0 * np.log10(np.cumsum(np.square(response)[::-1])[::-1])
    time_s = np.arange(len(response)) / RATE
    late = (time_s > 0.25) & (time_s < 0.55)

    assert -60.0 / np.polyfit(time_s[late], left_db[late], 1)[0] == pytest.approx(0.8, rel=0.1)


def test_the_reflections_of_a_room_have_the_energy_asked_for():
    response = Room(0.5, -9.0, 0.01, 6, 3000.0, seed=1).impulse_response(RATE)

    assert 10.0 * np.log10(np.square(response[1:]).sum()) == pytest.approx(-9.0, abs=0.1)


def test_drive_adds_odd_harmonics():
    spectrum = np.abs(np.fft.rfft(apply_effects(_tone(), Effects(drive=3.0), RATE)))

    assert spectrum[1500] > 0.05 * spectrum[500]
    assert spectrum[1000] < 1e-3 * spectrum[500]


def test_tremolo_swells_as_deep_as_asked():
    out = apply_effects(_tone(), Effects(tremolo_db=6.0, tremolo_hz=4.0), RATE)
    levels = np.abs(out[: RATE // 32 * 32].reshape(-1, 32)).max(axis=1)

    assert 20.0 * np.log10(levels.max() / levels.min()) == pytest.approx(6.0, abs=0.3)


def test_chorus_widens_a_line():
    out = apply_effects(_tone(), Effects(chorus=0.8, chorus_hz=3.0, chorus_s=0.003), RATE)
    power = np.abs(np.fft.rfft(out)) ** 2

    assert power[490:499].sum() + power[502:511].sum() > 0.05 * power.sum()
