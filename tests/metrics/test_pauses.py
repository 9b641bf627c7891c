"""Pauses: filled by known amounts."""

import numpy as np
import pytest

from estilo.analysis.noise_floor import noise_share
from estilo.analysis.pauses import pauses
from estilo.analysis.sound import Sound
from estilo.metrics.base import NothingToMeasure
from estilo.metrics.pauses import pauses_db
from estilo.metrics.scores import score

RATE = 44_100


def _notes(rng: np.random.Generator, *, floor: float = 1e-4) -> np.ndarray:
    """Three notes of 0.5 s, with pauses of 0.5 s that have a noise floor."""
    time_s = np.arange(3 * RATE) / RATE
    gate = (time_s % 1.0 < 0.5).astype(float)
    tone = 0.2 * np.sin(2 * np.pi * 440 * time_s) * gate
    return tone + floor * rng.standard_normal(len(time_s))


def test_pauses_are_found_where_they_are(rng: np.random.Generator) -> None:
    found = pauses(Sound(_notes(rng), RATE))
    time_s = 0.02 * np.arange(len(found))
    inside = (time_s % 1.0 > 0.6) & (time_s % 1.0 < 0.9)
    assert found[inside].all()
    assert not found[(time_s % 1.0 < 0.5) & (time_s < 2.9)].any()
    assert not pauses(Sound(np.sin(0.05 * np.arange(RATE)), RATE)).any()
    assert not pauses(Sound(np.zeros(RATE), RATE)).any()


@pytest.mark.parametrize("more_db", [0.0, 6.0, 15.0, 26.0])
def test_noise_in_pauses_is_read_as_it_was_added(more_db: float, rng: np.random.Generator) -> None:
    content = _notes(rng, floor=2e-4)
    floor = 2e-4 * np.sqrt(10.0 ** (more_db / 10.0) - 1.0)
    output = Sound(content + floor * rng.standard_normal(len(content)), RATE)
    assert pauses_db(output, Sound(content, RATE)) == pytest.approx(more_db, abs=0.7)


def test_what_is_softer_or_has_no_pause_is_no_fault(rng: np.random.Generator) -> None:
    content = Sound(_notes(rng), RATE)
    assert pauses_db(Sound(0.5 * _notes(rng, floor=1e-5), RATE), content) < 0.1
    steady = Sound(np.sin(0.05 * np.arange(RATE)), RATE)
    with pytest.warns(NothingToMeasure, match="no pause"):
        assert np.isnan(pauses_db(content, steady))


def test_a_noisy_style_may_fill_pauses_and_a_tone_may_not(rng: np.random.Generator) -> None:
    content = Sound(_notes(rng), RATE)
    noise = 0.02 * rng.standard_normal(3 * RATE)
    rain, organ = Sound(noise, RATE), Sound(0.1 * np.sin(0.03 * np.arange(3 * RATE)), RATE)
    assert noise_share(rain) > 0.8
    assert noise_share(organ) < 0.01
    output = Sound(_notes(rng) + noise, RATE)
    kept = [score(output, content=content, styles=[each])["content_kept"] for each in (rain, organ)]
    assert kept[0] > kept[1] + 0.1
