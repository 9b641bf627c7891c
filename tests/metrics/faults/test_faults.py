"""What holds for all kinds of faults: none where nothing was done, times and bounds."""

import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest
from struck import RATE, struck

from estilo.analysis.sound import Sound
from estilo.evaluation.sets.real import RECORDINGS
from estilo.io import load
from estilo.metrics.faults import KINDS, MOST_OF_A_KIND, faults
from estilo.metrics.summary import artifacts

SECONDS = 4.0


@pytest.mark.parametrize("gain", [1.0, 0.25])
def test_the_content_itself_has_no_fault(gain: float, rng: np.random.Generator) -> None:
    samples = np.stack([struck(rng), 0.5 * struck(rng)])
    content, style = Sound(samples, RATE), Sound(0.1 * rng.standard_normal(2 * RATE), RATE)
    output = Sound(gain * samples, RATE)
    assert faults(output, content, style) == faults(output, content) == []
    assert artifacts([]) == 0.0


def test_what_the_target_has_is_no_fault(rng: np.random.Generator) -> None:
    """Another attack, other notes, hiss and a click, as a perfect transfer would have them."""
    target = struck(rng, pitches_hz=(523.0, 262.0, 659.0, 131.0, 440.0), attack_s=0.1)
    target[40_000:60_000] += 0.03 * rng.standard_normal(20_000)
    target[70_000] += 0.3
    sound, content = Sound(target, RATE), Sound(struck(rng), RATE)
    assert len(faults(sound, content)) > 2
    assert faults(sound, content, None, Sound(target.copy(), RATE)) == []


def test_a_ruin_has_faults_within_bounds(rng: np.random.Generator) -> None:
    samples = 3.0 * np.stack([struck(rng), rng.standard_normal(len(struck(rng)))])
    samples[:, ::7_000] += 3.0
    samples[0, 100] = np.nan
    ruin = Sound(samples, RATE)
    found = faults(ruin, Sound(struck(rng), RATE))
    assert {"clipping", "broken samples"} <= {fault.kind for fault in found} <= set(KINDS)
    assert max(sum(each.kind == kind for each in found) for kind in KINDS) <= MOST_OF_A_KIND
    assert [each.start_s for each in found] == sorted(each.start_s for each in found)
    for fault in found:
        assert 0.1 <= fault.severity <= 1.0
        assert 0.0 <= fault.start_s <= fault.end_s <= ruin.duration_s + 0.3
        assert 0.0 <= fault.low_hz < fault.high_hz <= RATE / 2
        assert fault.channel in (None, 0, 1)
        assert fault.words
        assert all(
            isinstance(value, str | float | int | None) for value in dataclasses.astuple(fault)
        )


def test_any_two_sounds_can_be_compared(rng: np.random.Generator) -> None:
    """Other rates, lengths and channels, silence, and next to nothing."""
    sounds = [
        Sound(struck(rng), RATE),
        Sound(rng.standard_normal((2, 9_000)), 16_000),
        Sound(np.zeros(8_000), 8_000),
        Sound(np.zeros(0), RATE),
        Sound([0.5], 48_000),
    ]
    for output in sounds:
        for content in sounds:
            for style in (None, *sounds):
                assert 0.0 <= artifacts(faults(output, content, style)) <= 1.0


@pytest.mark.needs_recordings
@pytest.mark.parametrize("name", RECORDINGS)
def test_recordings_copied_have_no_fault(name: str) -> None:
    path = Path(os.environ["ESTILO_AUDIO"])
    audio = load(path / name, duration_s=SECONDS)
    style = load(path / RECORDINGS[RECORDINGS.index(name) - 1], duration_s=SECONDS)
    copy = Sound(audio.samples, audio.sample_rate)
    assert faults(copy, Sound.of(audio), Sound.of(style)) == []
    # Nothing at all is known of it: what a recording has of clicks and clipping is not strong.
    assert artifacts(faults(copy)) <= 0.6
