"""The engine as a whole: what it keeps, what it changes, and each strength by itself."""

from typing import Any

import numpy as np
import pytest
from clips import task
from scipy import signal

from estilo.engines.base import run
from estilo.engines.sines.engine import SinesEngine
from estilo.engines.sines.settings import SinesSettings
from estilo.errors import SettingsError
from estilo.presets import build_settings

RATE = 16_000
NOTHING: dict[str, Any] = {"envelope": 0.0, "attack": 0.0, "vibrato": 0.0, "residual": "keep"}


def tone(pitch_hz: float, tilt_db: float, noise: float, *, seconds: float = 1.5) -> np.ndarray:
    """Harmonics, each so much weaker than the one before, in noise."""
    time = np.arange(round(seconds * RATE)) / RATE
    levels = 0.1 * 10.0 ** (-tilt_db * np.arange(12) / 20.0)
    harmonics = [a * np.cos(2 * np.pi * pitch_hz * (k + 1) * time) for k, a in enumerate(levels)]
    rng = np.random.default_rng(0)
    return (np.sum(harmonics, 0) + noise * rng.standard_normal(len(time))).astype(np.float32)


def band_db(samples: np.ndarray, low_hz: float, high_hz: float) -> float:
    """Mean power density between two frequencies, in dB."""
    frequency, power = signal.welch(samples, RATE, nperseg=4096)
    inside = (frequency > low_hz) & (frequency < high_hz)
    return float(10.0 * np.log10(power[inside].mean()))


def changed(content: np.ndarray, style: np.ndarray, **settings: Any) -> np.ndarray:
    engine = SinesEngine(build_settings("sines", settings))
    return run(engine, task(content, style, sample_rate=RATE))[0].numpy()[0]


BRIGHT, DARK, NOISY = tone(220, 1, 1e-3), tone(220, 6, 1e-3), tone(220, 1, 3e-2)
BETWEEN = (940, 1040)  # Hz: between the fourth and the fifth harmonic of 220 Hz


def test_with_nothing_asked_for_the_parts_are_the_content() -> None:
    output = changed(BRIGHT, DARK, strength=1.0, **NOTHING)
    np.testing.assert_allclose(output, BRIGHT, atol=1e-5)


def test_partials_take_the_envelope_of_the_style() -> None:
    output = changed(BRIGHT, DARK, strength=1.0, **NOTHING | {"envelope": 1.0})
    for wanted, made in ((DARK, output), (BRIGHT, BRIGHT)):
        falls = [band_db(wanted, f - 60, f + 60) - band_db(wanted, 160, 280) for f in (880, 1760)]
        found = [band_db(made, f - 60, f + 60) - band_db(made, 160, 280) for f in (880, 1760)]
        np.testing.assert_allclose(found, falls, atol=3.0)


def test_half_the_strength_goes_part_of_the_way() -> None:
    only = NOTHING | {"envelope": 1.0}
    levels = [
        band_db(changed(BRIGHT, DARK, strength=strength, **only), 1700, 1820)
        for strength in (0.2, 0.5, 1.0)
    ]
    assert band_db(BRIGHT, 1700, 1820) > levels[0] > levels[1] > levels[2]


def test_the_residual_is_dropped_kept_or_restyled() -> None:
    alone = {**NOTHING, "strength": 1.0}
    kept = changed(NOISY, BRIGHT, **alone)
    half = changed(NOISY, BRIGHT, **alone | {"residual": "drop", "residual_strength": 0.5})
    dropped = changed(NOISY, BRIGHT, **alone | {"residual": "drop"})
    assert band_db(kept, *BETWEEN) == pytest.approx(band_db(NOISY, *BETWEEN), abs=0.1)
    assert band_db(half, *BETWEEN) < band_db(kept, *BETWEEN) - 2.0
    assert band_db(dropped, *BETWEEN) < band_db(half, *BETWEEN)
    cleaner = changed(NOISY, BRIGHT, **alone | {"residual": "restyle"})
    noisier = changed(BRIGHT, NOISY, **alone | {"residual": "restyle"})
    assert band_db(cleaner, 4000, 7000) < band_db(NOISY, 4000, 7000) - 8.0
    assert band_db(noisier, 4000, 7000) > band_db(BRIGHT, 4000, 7000) + 10.0


def test_frequencies_stay_unless_they_are_asked_to_move() -> None:
    style = tone(330, 6, 1e-3)
    peaks = [
        float(np.abs(np.fft.rfft(changed(BRIGHT, style, strength=1.0, **settings))).argmax()) / 1.5
        for settings in ({}, {"frequencies": 1.0})
    ]
    assert peaks[0] == pytest.approx(220.0, abs=2.0)
    assert abs(peaks[1] - 220.0) > 20.0


def test_the_optimise_engine_can_change_the_sines_instead() -> None:
    optimise = {"n_steps": 4}
    output = changed(NOISY, DARK, residual="keep", n_sines=12, optimise=optimise)
    assert not np.allclose(output, NOISY, atol=1e-3)
    assert band_db(output, 6000, 7500) == pytest.approx(band_db(NOISY, 6000, 7500), abs=1.0)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"attack": 0.5, "optimise": {}}, "attack has an effect only without optimise"),
        ({"residual": "keep", "residual_strength": 0.5}, "only with residual restyle or drop"),
        ({"n_sines": 500}, "n_sines must lie between 8 and 150, got 500"),
        ({"optimise": {"n_step": 3}}, "n_step"),
    ],
)
def test_settings_without_effect_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        build_settings("sines", values)


def test_the_rate_is_that_of_the_optimisation() -> None:
    assert SinesSettings().working_rate_hz is None
    settings = build_settings("sines", {"optimise": {"process_rate_hz": 22_050}})
    assert settings.working_rate_hz == 22_050
