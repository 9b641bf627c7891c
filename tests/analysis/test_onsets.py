"""Onsets against times that are known, librosa's detector and mir_eval's matching."""

import librosa
import mir_eval
import numpy as np
import pytest

from estilo.analysis.onsets import high_onset_strength, matched_events, onset_strength, onset_times
from estilo.analysis.sound import RATE_HZ, Sound
from estilo.errors import InputError

RATE = 16_000


def _notes(times_s: list[float], *, attack_s: float, partials: int, vibrato: float = 0.0):
    """Notes on a scale, each until the next; **shape** ``(time,)``."""
    time_s = np.arange(round((times_s[-1] + 0.6) * RATE)) / RATE
    out = np.zeros_like(time_s)
    ends = [*times_s[1:], time_s[-1]]
    for number, (start_s, end_s) in enumerate(zip(times_s, ends, strict=True)):
        pitch_hz = 262.0 * 2.0 ** (((2 * number) % 9) / 12)
        after = time_s - start_s
        envelope = np.clip(after / attack_s, 0.0, 1.0) * np.clip((end_s - time_s) / 0.03, 0.0, 1.0)
        phase = 2 * np.pi * pitch_hz * (after + vibrato * np.sin(2 * np.pi * 6.0 * after))
        for partial in range(1, partials + 1):
            out += 0.2 / partial * envelope * np.sin(partial * phase)
    return out


def _f1(found_s: np.ndarray, truth_s: list[float]) -> float:
    return mir_eval.onset.f_measure(np.array(truth_s), found_s, window=0.05)[0]


@pytest.mark.parametrize("length", [1, 40, 400])
def test_clicks_are_found_where_they_are(length: int, rng: np.random.Generator) -> None:
    truth_s = [0.0, 0.31, 0.5, 1.03, 1.5, 2.2]
    waveform = 1e-4 * rng.standard_normal(3 * RATE)
    for start_s in truth_s:
        start = round(start_s * RATE)
        waveform[start : start + length] += rng.choice([-1, 1], length) * np.ones(length)
    found_s = onset_times(Sound(waveform, RATE))
    assert len(found_s) == len(truth_s)
    np.testing.assert_allclose(found_s, truth_s, atol=0.04)


@pytest.mark.parametrize(("attack_s", "partials"), [(0.002, 8), (0.03, 5), (0.05, 12)])
def test_notes_are_found_and_better_than_by_librosa(
    attack_s: float, partials: int, rng: np.random.Generator
) -> None:
    truth_s = [0.0, 0.4, 0.65, 1.1, 1.35, 1.6, 2.2, 2.45, 3.0]
    waveform = _notes(truth_s, attack_s=attack_s, partials=partials)
    waveform += 1e-4 * rng.standard_normal(len(waveform))
    ours = _f1(onset_times(Sound(waveform, RATE)), truth_s)
    theirs = _f1(librosa.onset.onset_detect(y=waveform, sr=RATE, units="time"), truth_s)
    assert ours == 1.0
    assert ours >= theirs


def test_vibrato_and_silence_have_no_onsets(rng: np.random.Generator) -> None:
    held = _notes([0.0, 3.0], attack_s=0.02, partials=6, vibrato=0.0004)[: 3 * RATE - 1000]
    np.testing.assert_allclose(onset_times(Sound(held, RATE)), [0.0], atol=0.03)
    assert len(onset_times(Sound(np.zeros(RATE), RATE))) == 0
    assert len(onset_times(Sound(np.zeros(0), RATE))) == 0


def test_gain_changes_nothing_and_delay_shifts(rng: np.random.Generator) -> None:
    waveform = _notes([0.1, 0.5, 1.0], attack_s=0.01, partials=6)
    waveform += 1e-3 * rng.standard_normal(len(waveform))
    found_s = onset_times(Sound(waveform, RATE))
    np.testing.assert_array_equal(onset_times(Sound(0.02 * waveform, RATE)), found_s)
    later = np.concatenate([np.zeros(1600), waveform])
    np.testing.assert_allclose(onset_times(Sound(later, RATE)), found_s + 0.1, atol=0.011)


def test_strength_has_the_length_it_says() -> None:
    for n_samples in (0, 1, 159, 160, 16_000):
        assert onset_strength(Sound(np.ones(n_samples), RATE)).shape == (9 + n_samples // 160,)


def test_matching_equals_mir_eval(rng: np.random.Generator) -> None:
    for _ in range(300):
        reference_s = np.sort(rng.uniform(0.0, 2.0, rng.integers(1, 30)))
        estimated_s = np.sort(rng.uniform(0.0, 2.0, rng.integers(1, 30)))
        n_matched = matched_events(rng.permutation(reference_s), estimated_s, window_s=0.05)
        ours = 2.0 * n_matched / (len(reference_s) + len(estimated_s))
        assert ours == pytest.approx(_f1(estimated_s, list(reference_s)))
        pairs = mir_eval.util.match_events(reference_s, estimated_s, 0.05)
        assert n_matched == len(pairs)


def test_matching_of_nothing_and_of_nonsense() -> None:
    assert matched_events([], [1.0], window_s=0.05) == 0
    with pytest.raises(InputError, match="vector of finite times"):
        matched_events([np.nan], [1.0], window_s=0.05)
    with pytest.raises(InputError, match="vector of finite times"):
        matched_events([[0.0]], [1.0], window_s=0.05)
    with pytest.raises(InputError, match="0 or more, got -1"):
        matched_events([0.0], [1.0], window_s=-1)


def test_high_onsets_hear_hats_and_not_basses(rng):
    time_s = np.arange(2 * RATE_HZ) / RATE_HZ
    swell = np.exp(-20.0 * (time_s % 0.5)) * np.minimum(time_s % 0.5 / 0.02, 1.0)
    bass = Sound(swell * np.sin(2 * np.pi * 110 * time_s), RATE_HZ)
    hats = Sound(swell * np.diff(rng.standard_normal(len(time_s) + 1)), RATE_HZ)
    assert onset_strength(bass)[50:].max() > 2.0
    assert high_onset_strength(bass)[50:].max() < 0.2
    assert high_onset_strength(hats)[50:].max() > 5.0
