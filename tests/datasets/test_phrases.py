import pytest

from estilo.datasets.phrases import PHRASES, read_phrases, write_phrases
from estilo.errors import InputError
from estilo.synthesis.notes import Note


def test_what_was_written_is_read(tmp_path):
    phrases = {
        "train-00001": (Note(0.5, 1.25, 60.0, 0.5), Note(2.0, 0.125, 71.0, 1.0)),
        "train-00002": (),
    }
    write_phrases(tmp_path, phrases)
    assert read_phrases(tmp_path) == phrases


def test_recordings_have_none(tmp_path):
    assert read_phrases(tmp_path) == {}


@pytest.mark.parametrize(
    "text", ["", "[1]", '{"a": 3}', '{"a": [[1, 2]]}', '{"a": [["x", 1, 1, 1]]}']
)
def test_what_is_no_notes_is_refused(tmp_path, text):
    (tmp_path / PHRASES).write_text(text)
    with pytest.raises(InputError, match=r"phrases\.json does not hold notes .*make the"):
        read_phrases(tmp_path)
