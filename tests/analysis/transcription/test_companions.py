import pytest

from estilo.analysis.transcription.companions import without_companions
from estilo.analysis.transcription.heard import HeardNote

TUNE = [
    HeardNote(float(k), k + 0.8, 60.0 + pitch, -20.0) for k, pitch in enumerate((0, 2, 4, 7, 5))
]


def with_tune(*others: HeardNote) -> list[HeardNote]:
    return sorted([*TUNE, *others], key=lambda note: note.start_s)


@pytest.mark.parametrize("interval", [-12.0, 7.0, 18.3])
@pytest.mark.parametrize("late_s", [-0.05, 0.0, 0.08])
def test_what_begins_most_notes_at_one_interval_is_no_note(interval: float, late_s: float) -> None:
    chiffs = [
        HeardNote(
            max(note.start_s + late_s, 0.0),
            note.start_s + late_s + 0.1,
            note.pitch + interval,
            -30.0,
        )
        for note in TUNE[1:]
    ]
    assert without_companions(with_tune(*chiffs)) == TUNE


def test_chords_and_arpeggios_stay() -> None:
    held = [HeardNote(n.start_s, n.end_s, n.pitch - 12.0, -28.0) for n in TUNE]
    loud = [HeardNote(n.start_s, n.start_s + 0.1, n.pitch + 12.0, -18.0) for n in TUNE]
    later = [HeardNote(n.start_s + 0.4, n.start_s + 0.5, n.pitch + 7.0, -30.0) for n in TUNE]
    harmony = (4.0, 3.0, 3.0, 5.0, 6.0)
    others = [
        HeardNote(n.start_s, n.start_s + 0.1, n.pitch + above, -28.0)
        for n, above in zip(TUNE, harmony, strict=True)
    ]
    for part in (held, loud, later, others):
        notes = with_tune(*part)
        assert without_companions(notes) == notes


def test_a_few_short_notes_stay() -> None:
    short = [HeardNote(n.start_s, n.start_s + 0.1, n.pitch + 12.0, -30.0) for n in TUNE[:3]]
    notes = with_tune(*short)
    assert without_companions(notes) == notes
    assert without_companions([]) == []
