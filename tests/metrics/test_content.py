"""What an output kept of its content: known harmonies, known onsets, known levels."""

import mir_eval
import numpy as np
import pytest

from estilo.analysis.sound import Sound
from estilo.metrics.content import chroma_similarity, loudness_correlation, onset_f1

RATE = 16_000
TUNE = (60, 64, 67, 65, 62, 71, 69)
OTHER = (61, 63, 66, 68, 70, 66, 61)


def _play(notes: tuple[int, ...], *, slope: float, note_s: float = 0.4) -> np.ndarray:
    """Decaying notes with twelve partials; **shape** ``(time,)``."""
    time_s = np.arange(round(note_s * RATE)) / RATE
    played = []
    for note in notes:
        partials = np.arange(1, 13)[:, None]
        pitch_hz = 440.0 * 2.0 ** ((note - 69) / 12)
        waves = partials**-slope * np.sin(2 * np.pi * pitch_hz * partials * time_s)
        played.append(waves.sum(0) * np.exp(-5 * time_s) * np.minimum(time_s / 0.01, 1))
    return np.concatenate(played)


def test_chroma_hears_harmony_not_timbre_or_octave() -> None:
    content = Sound(_play(TUNE, slope=1.0), RATE)
    bright = Sound(_play(TUNE, slope=0.3), RATE)
    octave = Sound(_play(tuple(note + 12 for note in TUNE), slope=1.5), RATE)
    other = Sound(_play(OTHER, slope=1.0), RATE)
    assert chroma_similarity(bright, content) > 0.95
    assert chroma_similarity(octave, content) > 0.9
    assert chroma_similarity(other, content) < 0.35


def test_chroma_counts_frames_in_which_the_content_sounds() -> None:
    tune = _play(TUNE, slope=1.0)
    content = Sound(np.concatenate([tune, np.zeros_like(tune)]), RATE)
    chatter = Sound(np.concatenate([tune, _play(OTHER, slope=1.0)]), RATE)
    assert chroma_similarity(chatter, content) > 0.95
    half = Sound(np.concatenate([tune[: len(tune) // 2], np.zeros_like(tune)]), RATE)
    assert chroma_similarity(half, content) == pytest.approx(0.5, abs=0.06)


def test_chroma_worsens_with_noise(rng: np.random.Generator) -> None:
    tune = _play(TUNE, slope=1.0)
    noise = rng.standard_normal(len(tune))
    content = Sound(tune, RATE)
    values = [chroma_similarity(Sound(tune + g * noise, RATE), content) for g in (0, 0.1, 1, 10)]
    assert values[0] == pytest.approx(1.0)
    assert values == sorted(values, reverse=True)


def test_onset_f1_is_mir_evals_on_known_clicks(rng: np.random.Generator) -> None:
    def clicks(times_s: np.ndarray) -> Sound:
        waveform = 1e-4 * rng.standard_normal(3 * RATE)
        waveform[np.round(times_s * RATE).astype(int)] = 1.0
        return Sound(waveform, RATE)

    truth_s = np.array([0.2, 0.6, 1.0, 1.4, 1.8, 2.2, 2.6])
    for moved_s in ([0, 0, 0, 0, 0, 0, 0], [0.02, 0.1, 0, -0.02, 0.15, 0, 0]):
        output_s = truth_s + np.array(moved_s)
        expected = mir_eval.onset.f_measure(truth_s, output_s)[0]
        assert onset_f1(clicks(output_s), clicks(truth_s)) == pytest.approx(expected)
    extra_s = np.sort(np.concatenate([truth_s[1:], truth_s + 0.2]))
    expected = mir_eval.onset.f_measure(truth_s, extra_s)[0]
    assert onset_f1(clicks(extra_s), clicks(truth_s)) == pytest.approx(expected)


def test_onsets_survive_another_timbre_and_not_a_drone() -> None:
    content = Sound(_play(TUNE, slope=1.0), RATE)
    assert onset_f1(Sound(_play(TUNE, slope=0.3), RATE), content) == 1.0
    drone = Sound(np.sin(0.1 * np.arange(content.mono.size)), RATE)
    assert onset_f1(drone, content) <= 0.25 + 1e-9


def test_loudness_follows_the_course_alone(rng: np.random.Generator) -> None:
    noise, tone = rng.standard_normal(4 * RATE), np.sin(0.3 * np.arange(4 * RATE))
    course = np.repeat(10.0 ** (rng.uniform(-30, 0, 40) / 20), 1600)
    content = Sound(tone * course, RATE)
    assert loudness_correlation(Sound(0.01 * noise * course, RATE), content) > 0.99
    assert loudness_correlation(Sound(noise / course, RATE), content) < -0.99
    assert abs(loudness_correlation(Sound(noise * rng.permutation(course), RATE), content)) < 0.4
    steps_db = np.clip(20 * np.log10(course[::1600]), -60, None)
    mixed_db = steps_db + rng.normal(0, 10, 40)
    mixed = Sound(tone * np.repeat(10 ** (mixed_db / 20), 1600), RATE)
    expected = np.corrcoef(steps_db, mixed_db)[0, 1]
    assert loudness_correlation(mixed, content) == pytest.approx(expected, abs=0.01)


def test_depth_of_silence_does_not_decide(rng: np.random.Generator) -> None:
    course = np.repeat(10.0 ** (rng.uniform(-30, 0, 40) / 20), 1600)
    course[: 8 * 1600] = 0.0
    noise = rng.standard_normal(len(course))
    digital, hissing = Sound(noise * course, RATE), Sound(noise * (course + 1e-5), RATE)
    assert loudness_correlation(hissing, digital) > 0.999


def test_nothing_to_follow_warns_and_a_steady_output_reads_zero() -> None:
    steady = Sound(np.sin(2 * np.pi * 100 * np.arange(16_000) / RATE), RATE)
    moving = Sound(steady.mono * np.linspace(0, 1, 16_000), RATE)
    assert loudness_correlation(steady, moving) == 0.0
    with pytest.warns(UserWarning, match="level never moves"):
        assert np.isnan(loudness_correlation(moving, steady))


def test_content_without_onsets_or_harmony_warns() -> None:
    time_s = np.arange(2 * RATE) / RATE
    risen = Sound(np.sin(2 * np.pi * 300 * time_s) * 10.0 ** (1.5 * (time_s - 2.0)), RATE)
    with pytest.warns(UserWarning, match="content has no onset"):
        assert np.isnan(onset_f1(risen, risen))
    faint = Sound(1e-30 * risen.mono, RATE)
    with pytest.warns(UserWarning, match="nothing between 65 Hz"):
        assert np.isnan(chroma_similarity(risen, faint))
