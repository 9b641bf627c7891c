"""Noise: in pauses and beside tones, by known amounts, at known places."""

import numpy as np
import pytest
from scipy import signal
from struck import RATE, STARTS_S, struck

from estilo.analysis.noise_floor import EDGES_HZ, noise_floor
from estilo.analysis.sound import Sound
from estilo.metrics.faults import faults


def _of_kind(kind: str, output: np.ndarray, content: np.ndarray, style: np.ndarray | None = None):
    sounds = [None if each is None else Sound(each, RATE) for each in (output, content, style)]
    assert sounds[0] is not None
    return [each for each in faults(*sounds) if each.kind == kind]


def _gate(n_samples: int) -> np.ndarray:
    """1 in the pauses, 50 ms away from the notes."""
    time_s = np.arange(n_samples) / RATE
    gate = np.ones(n_samples)
    for start_s in STARTS_S:
        gate[(time_s > start_s - 0.05) & (time_s < start_s + 0.55)] = 0.0
    return gate


def test_white_noise_has_its_power_in_every_band(rng: np.random.Generator) -> None:
    for rate in (44_100, 48_000):
        found = noise_floor(Sound(rng.standard_normal(4 * rate), rate))
        ratio_db = 10 * np.log10(found.noise.mean(axis=0) / found.level.mean(axis=0))
        assert np.abs(ratio_db).max() < 0.7
        # A-weighting is 0 dB at 1 kHz: the bands around it hold their share of the power.
        band = EDGES_HZ.index(1000.0)
        share = found.level.mean(axis=0)[band] / (400.0 / (rate / 2.0))
        assert 10 * np.log10(share) == pytest.approx(0.5, abs=0.6)  # A(1.2 kHz) is 0.6 dB


@pytest.mark.parametrize("more_db", [15.0, 26.0])
def test_noise_in_pauses_is_named_with_its_strength(
    more_db: float, rng: np.random.Generator
) -> None:
    content = struck(rng, floor=4e-4)
    noise = rng.standard_normal(len(content)) * 4e-4 * np.sqrt(10.0 ** (more_db / 10.0) - 1.0)
    found = _of_kind("noise in pauses", content + noise * _gate(len(content)), content)
    assert len(found) == 6  # before, between and after the notes
    assert all(each.severity >= 0.3 for each in found)
    for each in found:
        assert float(each.words.split()[-2]) == pytest.approx(more_db, abs=2.5)
        assert all(each.end_s < s + 0.1 or each.start_s > s + 0.4 for s in STARTS_S)


def test_a_band_of_noise_is_found_in_its_band(rng: np.random.Generator) -> None:
    content = struck(rng)
    sos = signal.butter(6, (5_400, 8_000), "bandpass", output="sos", fs=RATE)
    noise = signal.sosfilt(sos, rng.standard_normal(len(content)))
    found = _of_kind("noise in pauses", content + 0.005 * noise, content)
    assert found
    for each in found:
        assert 4_000 <= each.low_hz <= 5_400
        assert 8_000 <= each.high_hz <= 10_000


def test_hiss_beside_the_notes_is_found_there_alone(rng: np.random.Generator) -> None:
    content = struck(rng)
    time_s = np.arange(len(content)) / RATE
    during = np.zeros(len(content))
    for start_s in STARTS_S:
        during[(time_s > start_s) & (time_s < start_s + 0.5)] = 1.0
    hissing = content + 0.01 * rng.standard_normal(len(content)) * during
    assert _of_kind("noise in pauses", hissing, content) == []
    found = _of_kind("noise between partials", hissing, content)
    assert {round(each.start_s - 0.2, 0) for each in found} <= {0.0, 1.0, 2.0, 3.0}
    assert max(each.severity for each in found) > 0.5


def test_a_noisy_style_and_ringing_strings_are_no_noise(rng: np.random.Generator) -> None:
    content = struck(rng)
    bed = 0.005 * rng.standard_normal(len(content))
    assert _of_kind("noise in pauses", content + bed, content)
    assert _of_kind("noise in pauses", content + bed, content, 10.0 * bed) == []
    tone = np.sin(2 * np.pi * 262.0 * np.arange(len(content)) / RATE)
    assert _of_kind("noise in pauses", content + bed, content, tone)
    assert _of_kind("noise in pauses", content + 0.05 * tone, content) == []
