import json

import pytest

from estilo.errors import InputError
from estilo.listening.answers import AnswerBook, checked


def plain(design, number=0, **changes):
    page = design.pages[number]
    values = {each.name: 50 for each in page.stimuli}
    return {
        "page": page.name,
        "listener": "Ada",
        "values": values,
        "is_done": True,
        "place": 1,
        "order": [each.name for each in page.stimuli],
        "seconds": 12.5,
        "answered": "2026-01-01T00:00:00.000Z",
        **changes,
    }


def test_the_last_answer_about_a_page_counts(designed, tmp_path):
    design = designed()
    book = AnswerBook(tmp_path, design)
    assert book.read() == []
    book.add(checked(plain(design, values={}, is_done=False), design))
    book.add(checked(plain(design, listener="Bö ♫"), design))
    book.add(checked(plain(design), design))
    assert {each.listener: each.is_done for each in book.read()} == {"Ada": True, "Bö ♫": True}
    assert book.of("Ada") == [checked(plain(design), design)]
    assert book.path.read_bytes().count(b"\n") == 3


def test_what_was_cut_off_is_forgotten_and_the_rest_is_not(designed, tmp_path):
    design = designed()
    book = AnswerBook(tmp_path, design)
    book.add(checked(plain(design), design))
    whole = book.path.read_bytes()
    book.path.write_bytes(whole + whole[:50])
    assert len(book.read()) == 1
    book.add(checked(plain(design, 1), design))
    assert len(book.read()) == 2
    assert book.path.read_bytes().startswith(whole)


def test_answers_that_cannot_be_read_are_said(designed, tmp_path):
    book = AnswerBook(tmp_path, designed())
    book.path.mkdir()
    with pytest.raises(InputError, match=r"answers\.jsonl cannot be read \(Is a directory\)"):
        book.read()


def test_answers_in_files_are_read_too(designed, tmp_path):
    design = designed()
    book = AnswerBook(tmp_path, design)
    book.add(checked(plain(design), design))
    file = tmp_path / "answers-Bo.json"
    said = [plain(design, number, listener="Bo") for number in range(3)]
    file.write_text(json.dumps({"listener": "Bo", "answers": said}))
    assert [each.listener for each in book.read([file])] == ["Ada", "Bo", "Bo", "Bo"]
    for text, message in (
        ("{", "is not JSON"),
        ("[1]", "holds no answers"),
        (
            '{"answers": [{"page": "x"}]}',
            "holds an answer to no page of this test; name the folder",
        ),
    ):
        file.write_text(text)
        with pytest.raises(InputError, match=f"answers-Bo.json.*{message}"):
            book.read([file])
    with pytest.raises(InputError, match="does not exist"):
        book.read([tmp_path / "nowhere.json"])


@pytest.mark.parametrize(
    "changes",
    [
        {"page": "other"},
        {"page": []},
        {"listener": " "},
        {"listener": "x" * 81},
        {"listener": 3},
        {"values": [1]},
        {"values": {"other": 3}},
        {"is_done": 1},
        {"place": "1"},
        {"order": ["other"]},
        {"order": "abc"},
        {"order": 3},
        {"seconds": float("nan")},
        {"seconds": 10**400},
        {"seconds": "1"},
        {"answered": None},
        {"more": 1},
    ],
)
def test_what_is_no_answer_is_refused(designed, changes):
    design = designed()
    with pytest.raises(InputError, match="is no answer to a page of this test"):
        checked(plain(design, **changes), design)


@pytest.mark.parametrize("value", [-1, 101, float("nan"), "50", True, None, [50]])
def test_ratings_are_numbers_from_0_to_100(designed, value):
    design = designed()
    name = design.pages[0].stimuli[0].name
    with pytest.raises(InputError):
        checked(plain(design, values={name: value}), design)
    assert checked(plain(design, values={name: 0}), design).values == {name: 0}


@pytest.mark.parametrize("values", [{"X": "C"}, {"X": 1}, {"Y": "A"}])
def test_trials_are_answered_with_a_or_b(designed, values):
    design = designed(kind="abx", rows=("eq 0.5", "sines 1"))
    with pytest.raises(InputError):
        checked(plain(design, values=values), design)
    assert checked(plain(design, values={"X": "B"}), design).values == {"X": "B"}


@pytest.mark.parametrize("thing", [None, [], "text", 3])
def test_other_json_is_refused(designed, thing):
    with pytest.raises(InputError):
        checked(thing, designed())


def test_answers_hold_no_names_of_rows(designed, tmp_path):
    """Whoever looks into the file learns nothing before the key is laid beside it."""
    design = designed()
    book = AnswerBook(tmp_path, design)
    book.add(checked(plain(design), design))
    text = book.path.read_text()
    for word in (*design.rows, *design.items, "hidden", "anchor"):
        assert f'"{word}' not in text
