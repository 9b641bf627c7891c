from dataclasses import replace

import numpy as np
import pytest

from estilo.analysis.transcription.decoding import Thresholds, hit_times, spans
from estilo.analysis.transcription.network import Heard
from estilo.analysis.transcription.spectra import FRAME_RATE_HZ

N_FRAMES = 200
THRESHOLDS = Thresholds(onset=0.4, harmonic=0.4, held=0.5, lone=0.7, hit=0.5)


def heard(
    onsets_s: list[tuple[int, float]],
    holds_s: list[tuple[int, float, float]],
    hits_s: tuple[float, ...] = (),
) -> Heard:
    """What a perfect network would say."""
    times_s = np.arange(N_FRAMES) / FRAME_RATE_HZ
    onset, held = np.full((2, N_FRAMES, 88), 1e-4, np.float32)
    hit = np.full(N_FRAMES, 1e-4, np.float32)
    for column, at_s in onsets_s:
        onset[:, column] += 0.99 * np.exp(-0.5 * ((times_s - at_s) * FRAME_RATE_HZ / 0.8) ** 2)
    for column, start_s, end_s in holds_s:
        held[(times_s >= start_s) & (times_s < end_s), column] = 0.98
    for at_s in hits_s:
        hit += 0.99 * np.exp(-0.5 * ((times_s - at_s) * FRAME_RATE_HZ / 0.8) ** 2)
    odds = (np.log(p / (1 - p)) for p in (onset, held, hit))
    onset, held, hit = odds
    return Heard(onset, held, np.zeros_like(held), hit)


def test_starts_are_told_to_a_part_of_a_frame_and_ends_to_a_frame() -> None:
    (one, other) = spans(
        heard([(40, 1.005), (10, 0.5)], [(40, 1.005, 2.0), (10, 0.5, 1.3)]), THRESHOLDS
    )
    assert (one.column, other.column) == (10, 40)
    assert one.start_s == pytest.approx(0.5, abs=0.002)
    assert other.start_s == pytest.approx(1.005, abs=0.002)
    assert one.end_s == pytest.approx(1.3, abs=0.017)


def test_a_note_that_is_struck_again_is_two() -> None:
    found = spans(heard([(40, 0.5), (40, 0.8)], [(40, 0.5, 1.5)]), THRESHOLDS)
    assert [round(span.start_s, 2) for span in found] == [0.5, 0.8]
    assert found[0].end_s == found[1].start_s


def test_a_long_note_without_a_start_is_one_and_a_start_without_a_note_is_none() -> None:
    assert len(spans(heard([], [(40, 0.5, 1.5)]), THRESHOLDS)) == 1
    assert spans(heard([], [(40, 0.5, 0.55)]), THRESHOLDS) == []
    assert spans(heard([(40, 0.5)], []), THRESHOLDS) == []


def test_more_is_asked_of_a_note_at_the_harmonic_of_one_that_starts_with_it() -> None:
    asked = replace(THRESHOLDS, harmonic=1.0, lone=2.0)
    fifth, octave, late = ([(40, 0.5), other] for other in ((47, 0.5), (52, 0.51), (52, 0.7)))
    for onsets, columns in ((fifth, [40, 47]), (octave, [40]), (late, [40, 52])):
        holds = [(column, start_s, 1.5) for column, start_s in onsets]
        assert sorted(s.column for s in spans(heard(onsets, holds), asked)) == columns


def test_a_gap_of_one_frame_does_not_end_a_note() -> None:
    found = spans(heard([(40, 0.5)], [(40, 0.5, 1.0), (40, 1.016, 1.5)]), THRESHOLDS)
    assert len(found) == 1
    assert found[0].end_s == pytest.approx(1.5, abs=0.017)


@pytest.mark.parametrize(("probability", "end_s"), [(0.35, 1.5), (0.15, 1.0)])
def test_a_note_goes_on_through_what_nearly_holds_it(probability: float, end_s: float) -> None:
    said = heard([(40, 0.5)], [(40, 0.5, 1.0), (40, 1.3, 1.5)])
    within = slice(round(1.0 * FRAME_RATE_HZ), round(1.3 * FRAME_RATE_HZ) + 1)
    said.held[within, 40] = np.maximum(
        said.held[within, 40], np.log(probability / (1.0 - probability))
    )
    found = spans(said, replace(THRESHOLDS, lone=2.0))
    assert len(found) == 1
    assert found[0].end_s == pytest.approx(end_s, abs=0.02)


@pytest.mark.parametrize(
    ("other", "starts_s", "lasts_s", "n_notes"),
    [
        (39, 0.5, 0.06, 1),  # a scoop
        (39, 0.4, 0.06, 2),  # a grace note comes before
        (39, 0.5, 0.6, 2),  # a chord is held
        (36, 0.5, 0.06, 2),  # a chord of which one note is short
    ],
)
def test_a_short_note_a_step_away_is_how_a_long_one_begins(
    other: int, starts_s: float, lasts_s: float, n_notes: int
) -> None:
    of = heard(
        [(40, 0.5), (other, starts_s)], [(40, 0.5, 1.0), (other, starts_s, starts_s + lasts_s)]
    )
    assert len(spans(of, THRESHOLDS)) == n_notes


def test_hits() -> None:
    assert hit_times(heard([], [], (0.33, 1.7)), THRESHOLDS) == pytest.approx(
        [0.33, 1.7], abs=0.002
    )
