import pytest

from estilo.analysis.transcription.heard import HeardNote, Transcription


def test_a_note_lasts_from_its_start_to_its_end():
    note = HeardNote(1.0, 1.75, 60.25, -20.0)
    assert note.duration_s == 0.75
    assert note.cents.tolist() == note.levels_db.tolist() == [0.0]


def test_nothing_is_explained_where_nothing_is_heard():
    nothing = Transcription()
    assert nothing.notes == nothing.hits == ()
    assert nothing.explained == 0.0
    with pytest.raises(AttributeError):
        nothing.explained = 1.0  # type: ignore[misc]
