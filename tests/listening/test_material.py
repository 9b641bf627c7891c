import json

import pytest
from heard_folder import CONTROLS, ITEMS, ROWS, noise

from estilo.errors import InputError
from estilo.evaluation.kept_index import INDEX
from estilo.io import save
from estilo.listening.material import material


def test_what_a_scoreboard_has_kept(heard):
    found = material(heard)
    assert [item.name for item in found.items] == list(ITEMS)
    assert len(found.outputs) == len(ITEMS) * len(ROWS + CONTROLS)


def test_folders_by_their_names(tmp_path):
    for item, files in {
        "melody": (
            "content.wav",
            "style.FLAC",
            "target.flac",
            "mine.wav",
            "theirs.ogg",
            "notes.txt",
        ),
        "texture": ("style.wav", "mine.wav"),
        "no style": ("mine.wav",),
        "nothing made": ("content.wav", "style.wav"),
    }.items():
        (tmp_path / item).mkdir()
        for name in files:
            path = tmp_path / item / name
            path.touch()
            if path.suffix != ".txt":
                save(noise(0), path, force=True)
    (tmp_path / "readme.md").touch()
    found = material(tmp_path)
    assert [(item.name, item.content, item.target) for item in found.items] == [
        ("melody", "melody/content.wav", "melody/target.flac"),
        ("texture", None, None),
    ]
    rows = [(output.item, output.entry) for output in found.outputs]
    assert rows == [("melody", "mine"), ("melody", "theirs"), ("texture", "mine")]


@pytest.mark.parametrize("path", ["../../secret.wav", "/etc/passwd", "outputs/../../x.flac"])
def test_paths_that_lead_out_of_the_folder_are_refused(heard, path):
    index = json.loads((heard / INDEX).read_text())
    index["outputs"][0]["file"] = path
    (heard / INDEX).write_text(json.dumps(index))
    with pytest.raises(InputError, match="lies outside of"):
        material(heard)


def test_what_cannot_be_heard_is_said(heard, tmp_path):
    (heard / "outputs" / "two" / "style.flac").unlink()
    with pytest.raises(InputError, match=r"style\.flac is missing"):
        material(heard)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"there are no outputs in .*--keep-outputs"):
        material(tmp_path / "empty")
    with pytest.raises(InputError, match="there is no folder"):
        material(tmp_path / "nowhere")


def test_hidden_files_are_no_rows_and_names_are_unique(tmp_path):
    (tmp_path / "melody").mkdir()
    for name in ("content.wav", "style.wav", "mine.wav", "._mine.wav"):
        (tmp_path / "melody" / name).touch()
    assert [output.entry for output in material(tmp_path).outputs] == ["mine"]
    (tmp_path / "melody" / "mine.flac").touch()
    with pytest.raises(InputError, match=r"mine\.flac and mine\.wav would be one row"):
        material(tmp_path)
