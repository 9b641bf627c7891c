import json
from collections import Counter
from dataclasses import replace

import pytest
from heard_folder import ITEMS, ROWS, make_heard

from estilo.errors import InputError, OutputError, SettingsError
from estilo.evaluation.kept_index import ListedOutput
from estilo.listening.design import DESIGN, keep_design, read_design
from estilo.listening.material import material
from estilo.listening.trials import N_STIMULI, Wish, design


def test_mushra_hides_the_reference_and_two_anchors(designed):
    found = designed()
    assert (found.kind, found.rows) == ("mushra", ROWS)
    assert sorted(found.items) == sorted(ITEMS)
    for page in found.pages:
        (reference,) = page.opens
        parts = {each.label: (each.part, each.file, each.lowpass_hz) for each in page.stimuli}
        folder = f"outputs/{page.item}"
        assert reference.file == f"{folder}/target.flac"
        assert parts.pop("hidden reference") == ("reference", f"{folder}/target.flac", None)
        assert parts.pop("low-pass 3.5 kHz") == ("anchor", f"{folder}/target.flac", 3500.0)
        assert parts.pop("content copied") == ("anchor", f"{folder}/content.flac", None)
        assert set(parts) == set(ROWS)


def test_ratings_ask_each_question_on_a_page_of_its_own(tmp_path):
    heard = make_heard(tmp_path, has_target=False)
    found = design(material(heard), Wish())
    assert found.kind == "ratings"
    asked = Counter((page.item, page.scale) for page in found.pages)
    scales = ("style", "content", "quality")
    assert asked == {(item, scale): 1 for item in ITEMS for scale in scales}
    for page in found.pages:
        assert {each.label for each in page.opens} == {"content", "style"}
        references = [each.label for each in page.stimuli if each.part == "reference"]
        if page.scale == "quality":
            assert references == []
        else:
            assert page.opens[0].label == page.scale
            assert references == [f"{page.scale} copied"]
        assert {each.label for each in page.stimuli if each.part == "output"} == set(ROWS)


def test_textures_are_not_asked_about_content(tmp_path):
    heard = make_heard(tmp_path, has_target=False, has_content=False)
    found = design(material(heard), Wish(rows=("sines",)))
    assert {page.scale for page in found.pages} == {"style", "quality"}
    assert all([each.label for each in page.opens] == ["style"] for page in found.pages)


def test_trials_are_as_many_as_asked_for_and_their_coins_are_fair(designed):
    found = designed(kind="abx", rows=("sines 1", "target"), n_trials=400)
    assert len(found.pages) == 400
    first, answers = 0, Counter()
    for page in found.pages:
        a, b, x = page.opens
        assert [each.label for each in page.opens] == ["A", "B", "X"]
        assert x.file == {"A": a, "B": b}[page.answer].file
        assert a.file != b.file
        first += a.file.endswith("/0.flac")  # the row "target"
        answers[page.answer] += 1
    # Within four standard deviations of half of them.
    assert abs(first - 200) < 40
    assert abs(answers["A"] - 200) < 40
    assert set(found.items) == set(ITEMS)


def test_the_browser_is_told_nothing(designed):
    """No row, item, file or part; the same sound is another on every page; orders vary."""
    for wish in ({}, {"kind": "ratings"}, {"kind": "abx", "rows": ("eq 0.5", "sines 1")}):
        found = designed(**wish)
        text = json.dumps(found.shown())
        for word in (*ITEMS, *ROWS, "flac", "hidden", "anchor", "copied", "low-pass", "answer"):
            assert word not in text
        names = [each.name for page in found.pages for each in page.sounds]
        assert len(set(names)) == len(names)
    orders = {tuple(each.label for each in page.stimuli) for page in designed().pages}
    assert len(orders) > 1


def test_equal_wishes_are_equal_designs_and_seeds_differ(designed):
    assert designed(seed=3) == designed(seed=3)
    names = [
        {each.name for page in designed(seed=seed).pages for each in page.sounds} for seed in (0, 1)
    ]
    assert not names[0] & names[1]


def test_items_are_drawn_and_lack_no_row(heard, designed):
    assert {designed(n_items=1, seed=seed).items for seed in range(20)} == {(x,) for x in ITEMS}
    index = material(heard)
    fewer = [each for each in index.outputs if (each.item, each.entry) != ("two", "sines 1")]
    found = design(replace(index, outputs=tuple(fewer)), Wish())
    assert set(found.items) == {"one", "three"}


def test_rows_by_name_by_engine_and_controls_too(designed):
    assert designed(rows=("sines", "eq 0.5")).rows == ("eq 0.5", "sines 1")
    assert designed(rows=("crossfade", "sines")).rows == ("crossfade 0.5", "sines 1")
    # What is hidden on every page is there once.
    (page, *_) = designed(rows=("target", "content copied", "sines")).pages
    assert len(page.stimuli) == 4


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"rows": ("sine",)}, "there is no row 'sine'; there are .*sines 1"),
        ({"rows": ("target",)}, "room for 1 to 9 rows .* got 0"),
        ({"kind": "abx"}, "A/B/X compares two rows, got none"),
        ({"kind": "abx", "rows": ("sines 1", "sines 1")}, "compares two rows"),
        ({"kind": "abx", "rows": ("sines", "eq 0.5")}, "compares two rows"),
        ({"n_items": 0}, "number of items must be 1 or more, got 0"),
        ({"n_trials": -1}, "number of trials must be 1 or more"),
        ({"seed": -1}, "the seed must be 0 or more, got -1"),
    ],
)
def test_what_makes_no_sense_is_refused(designed, wish, message):
    with pytest.raises(SettingsError, match=message):
        designed(**wish)


def test_pages_have_room_for_twelve(heard):
    index = material(heard)
    more = [ListedOutput("one", f"row {i}", index.outputs[0].file) for i in range(10)]
    index = replace(index, outputs=tuple(more))
    page = design(index, Wish(rows=tuple(f"row {i}" for i in range(9)))).pages[0]
    assert len(page.stimuli) == N_STIMULI
    with pytest.raises(SettingsError, match=r"room for 1 to 9 rows .* got 10; choose with"):
        design(index, Wish())


def test_items_without_a_target_cannot_be_mushra(tmp_path):
    heard = make_heard(tmp_path, has_target=False)
    with pytest.raises(SettingsError, match="no item with content and target"):
        design(material(heard), Wish(kind="mushra"))


def test_designs_are_kept_and_not_replaced(designed, tmp_path):
    folder = tmp_path / "test"
    with pytest.raises(InputError, match="there is no listening test in"):
        read_design(folder)
    for wish in ({}, {"kind": "abx", "rows": ("eq 0.5", "sines 1")}):
        place = folder / str(len(wish))
        path = keep_design(place, designed(**wish))
        assert read_design(place) == designed(**wish)
        before = path.read_bytes()
        keep_design(place, designed(**wish))
        assert path.read_bytes() == before
        with pytest.raises(OutputError, match="another seed; name another folder with -o"):
            keep_design(place, designed(**wish, seed=9))
        assert path.read_bytes() == before
    for damaged in ('{"format": 1, "pages": 3}', '"text"', '{"format": 1, "pages": [3]}'):
        (folder / "0" / DESIGN).write_text(damaged)
        with pytest.raises(InputError, match="is no design of a listening test"):
            read_design(folder / "0")
