import csv
import io
import json
from dataclasses import dataclass, replace

import numpy as np
import pytest
from tiny_set import QUICK, Slow, TinyPairs, TinyTextures

from estilo.errors import EstiloError, InputError, SettingsError
from estilo.evaluation import scoreboard
from estilo.evaluation.entries import Entry
from estilo.evaluation.kept import FOLDER, KeptOutput, Made, safe_name
from estilo.evaluation.kept_index import INDEX, read_index
from estilo.evaluation.makers import Copy
from estilo.evaluation.measuring import Bench
from estilo.evaluation.scoreboard import LEDGER, pairs_csv, plan, run
from estilo.io import load, probe

ROWS = (QUICK[0], QUICK[2])


@pytest.fixture
def board(monkeypatch, tmp_path):
    """A scoreboard of two items in this process; tells how many outputs were measured."""

    def inline(tasks, *, test_set, n_jobs):
        bench = Bench(test_set)
        yield from ((place, bench.measure(*task)) for place, task in enumerate(tasks))

    monkeypatch.setattr(scoreboard, "measure_all", inline)

    def board(
        *, items=("a-0", "b-1"), entries=ROWS, keep=True, columns=None, set_=TinyPairs, again=()
    ):
        test_set = set_() if set_ is TinyTextures else set_(items)
        options = {"engines": [], "test_set": test_set, "keep_outputs": keep, "again": again}
        made = plan("real", folder=tmp_path, **options)
        made = replace(made, entries=tuple(entries))
        made = made if columns is None else replace(made, columns=made.columns[:columns])
        steps = []
        return run(made, on_result=steps.append), len(steps)

    return board


def test_outputs_are_kept_with_the_items_recordings(board, tmp_path):
    found, _ = board(items=("a-0", "bad", "b-1"))
    index = read_index(tmp_path)
    assert index.set_name == "real"
    assert [(each.name, each.group) for each in index.items] == [("a-0", "a"), ("b-1", "b")]
    assert len(index.outputs) == 4
    for item in index.items:
        expected = TinyPairs().load(item.name)
        for role in ("content", "style", "target"):
            kept = load(tmp_path / getattr(item, role))
            np.testing.assert_allclose(kept.samples, getattr(expected, role).samples, atol=2**-23)
    for output, entry in zip(index.outputs, ROWS * 2, strict=True):
        assert (output.entry, output.series) == (entry.name, entry.series)
        assert (output.strength, output.is_control) == (entry.strength, entry.is_control)
        path = tmp_path / output.file
        made = entry.maker.make(TinyPairs().load(output.item)).samples
        np.testing.assert_allclose(load(path).samples, made, atol=2**-23)
        assert probe(path).bit_depth == "24"
        said = json.loads(path.with_suffix(".json").read_text())
        assert (said["item"], said["recipe"]) == (output.item, entry.maker.recipe())
        assert said["processor_s"] == found.results[output.entry, output.item].measured.processor_s


def test_who_measured_without_outputs_gets_those_that_are_missing(board, tmp_path):
    assert board(keep=False)[1] == 4
    assert not (tmp_path / INDEX).exists()
    assert board()[1] == 4
    assert board()[1] == 0
    output = tmp_path / read_index(tmp_path).outputs[1].file
    before = output.read_bytes()
    output.unlink()
    assert board()[1] == 1
    assert output.read_bytes() == before


def test_outputs_are_made_once_however_often_they_are_scored(board, tmp_path):
    said = tmp_path / "said.txt"
    slow = (Entry("slow", "slow", Slow(0.05, str(said))),)
    few, _ = board(entries=slow, columns=5)
    first, n_measured = board(entries=slow)
    assert n_measured == 2
    for key, result in few.results.items():
        assert result.measured.scores.keys() < first.results[key].measured.scores.keys()
    (tmp_path / LEDGER).unlink()
    again, n_measured = board(entries=slow)
    assert n_measured == 2
    # A row of another name, and a ledger that was removed so that all is scored anew.
    (tmp_path / LEDGER).unlink()
    _, n_measured = board(entries=(replace(slow[0], name="the same"),))
    assert n_measured == 2
    assert said.read_text().count("\n") == 2
    for key, result in first.results.items():
        assert again.results[key].measured.processor_s == result.measured.processor_s
        assert again.results[key].measured.wall_s >= 0.05
        # The values of what was kept, the first time too.
        for name, value in again.results[key].measured.scores.items():
            assert value == pytest.approx(result.measured.scores[name], rel=1e-12, nan_ok=True)


def test_a_stopped_run_has_an_index_too(board, tmp_path, monkeypatch):
    def interrupted(tasks, *, test_set, n_jobs):
        yield 0, Bench(test_set).measure(*tasks[0])
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(scoreboard, "measure_all", interrupted)
        with pytest.raises(KeyboardInterrupt):
            board()
    assert len(read_index(tmp_path).outputs) == 1
    assert board()[1] == 3
    assert len(read_index(tmp_path).outputs) == 4


def test_textures_have_no_content(board, tmp_path):
    board(entries=(Entry("second half", "target", Copy("target")),), set_=TinyTextures)
    first, _ = read_index(tmp_path).items
    assert first.content is None
    assert (tmp_path / str(first.style)).is_file()


def test_the_index_is_of_the_rows_of_the_table(board, tmp_path):
    board(entries=ROWS)
    made, _ = board(entries=ROWS[:1])
    rows = list(csv.DictReader(io.StringIO(pairs_csv(made))))
    listed = [(each.entry, each.item) for each in read_index(tmp_path).outputs]
    assert listed == [(row["entry"], row["item"]) for row in rows]


def test_names_are_safe_and_tell_apart_what_only_looks_alike(tmp_path):
    names = ["../a b", "..\\a-b", "ä", "a" * 300, "", "con/aux", "."]
    places = [
        KeptOutput.of(tmp_path, set_name="x", item=name, entry=name, recipe={}) for name in names
    ]
    assert len({place.folder for place in places}) == len(names)
    for place in places:
        assert place.folder.parent == tmp_path / FOLDER
        assert len(place.folder.name) < 100
        assert set(safe_name(place.name)) <= set(map(chr, range(45, 123)))
    other = replace(places[0], recipe={"strength": 1.0})
    assert other.folder == places[0].folder
    item = TinyPairs().load("a-0")
    for place in (places[0], other):
        place.once(item, lambda: Made(item.style, 0.0, 0.0))
    assert places[0].found != other.found


def test_damaged_files_are_told(board, tmp_path):
    with pytest.raises(InputError, match="estilo scoreboard --keep-outputs"):
        read_index(tmp_path)
    board(columns=3)
    output = tmp_path / read_index(tmp_path).outputs[0].file
    output.with_suffix(".json").write_text("{}")
    found, _ = board()
    (failure,) = found.failures
    assert "remove it, and the output is made again" in failure.measured.error
    (tmp_path / INDEX).write_text('{"set": "real", "items": [{"nome": "a"}], "outputs": []}')
    with pytest.raises(InputError, match="is no index of kept outputs"):
        read_index(tmp_path)


def forget(ledger, *names):
    """Take scores out of a ledger, as if there had been no such columns."""
    lines = []
    for line in ledger.read_text().splitlines():
        result = json.loads(line)
        for name in names:
            del result["measured"]["scores"][name]
        lines.append(json.dumps(result))
    ledger.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize(
    "name", ["lsd", "chroma", "timbre_mfcc", "timbre_mfcc_eq", "timbre_mfcc_style", "style_taken"]
)
def test_a_new_column_is_added_to_what_was_measured(board, tmp_path, monkeypatch, name):
    whole, _ = board()
    forget(tmp_path / LEDGER, name)
    asked = []
    measure = Bench.measure
    monkeypatch.setattr(
        Bench, "measure", lambda self, *task: asked.append(task[3]) or measure(self, *task)
    )
    monkeypatch.setattr("estilo.evaluation.measuring._made", None)  # no engine is asked
    found, n_measured = board()
    assert n_measured == 4
    assert asked == [(name,)] * 4
    for key, result in whole.results.items():
        np.testing.assert_equal(found.results[key].measured.scores, result.measured.scores)
    assert board()[1] == 0


def test_a_metric_is_measured_alone(board, tmp_path, monkeypatch):
    board()
    forget(tmp_path / LEDGER, "lsd")
    monkeypatch.setattr("estilo.evaluation.measuring.measured", None)  # which measures all
    monkeypatch.setattr("estilo.evaluation.measuring._equalised", None)
    assert not board()[0].failures


def test_a_score_is_measured_again_where_that_is_asked_for(board, tmp_path):
    whole, _ = board()
    text = (tmp_path / LEDGER).read_text().replace('"lsd": ', '"lsd": 1')
    (tmp_path / LEDGER).write_text(text)
    assert board()[0].results != whole.results
    found, n_measured = board(again=["lsd"])
    assert n_measured == 4
    for key, result in whole.results.items():
        np.testing.assert_equal(found.results[key].measured.scores, result.measured.scores)
    with pytest.raises(SettingsError, match="unknown score 'lst'; did you mean 'lsd'"):
        board(again=["lst"])


@dataclass(frozen=True)
class Broken(Slow):
    def make(self, item):
        raise EstiloError("no output")


def test_what_fails_leaves_no_file(board, tmp_path):
    found, _ = board(entries=(Entry("broken", "broken", Broken(0.0)),))
    assert len(found.failures) == 2
    assert not list(tmp_path.rglob("*.flac"))
    assert read_index(tmp_path).outputs == ()


def test_an_output_and_its_recipe_are_one_unit(tmp_path, monkeypatch):
    item = TinyPairs().load("a-0")
    place = KeptOutput.of(tmp_path, set_name="real", item=item.name, entry="row", recipe={"a": 1})
    first = place.once(item, lambda: Made(item.content, 1.0, 1.0))
    before = {path.name: path.read_bytes() for path in place.folder.iterdir()}

    def full(*_):
        raise OSError(28, "No space left on device")

    place.found.with_suffix(".json").unlink()  # so that it is made again
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.write_bytes", full)
        with pytest.raises(EstiloError, match="the disk is full"):
            place.once(item, lambda: Made(item.style, 2.0, 2.0))
    left = {path.name: path.read_bytes() for path in place.folder.iterdir()}
    assert left == {name: each for name, each in before.items() if not name.endswith(".json")}
    np.testing.assert_array_equal(
        place.once(item, lambda: Made(item.content, 1.0, 1.0)).audio.samples, first.audio.samples
    )
