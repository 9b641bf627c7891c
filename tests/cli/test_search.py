import signal
import sys
import time
from pathlib import Path

import pytest
from running import start

from estilo.evaluation.measuring import Bench
from estilo.evaluation.sets import TEST_SETS
from estilo.presets import load_preset

pytest.importorskip("optuna")

# Ctrl-C raises, whatever the tests were started with; some trials never end.
PROGRAM = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
from estilo.cli import main
from estilo.evaluation import search
from estilo.evaluation.measuring import Bench
from estilo.evaluation.sets import TEST_SETS
TEST_SETS._paths["real"] = "tiny_set:TinyPairs"
def inline(tasks, *, test_set, n_jobs):
    bench = Bench(test_set)
    for place, (item, maker) in enumerate(tasks):
        if "strength" in maker.options:
            time.sleep(60)
        yield place, bench.measure(item, maker)
search.measure_all = inline
raise SystemExit(main(["search", "crossfade", "--over", "strength=.1:.4", "--test-set", "real",
                       "--n", "4", "--trials", "2", "-o", sys.argv[1]]))
"""


@pytest.fixture
def search(run, monkeypatch, tmp_path):
    """`estilo search` of the crossfade on a tiny set, measured in this process."""
    from estilo.evaluation import search

    known = {}

    def inline(tasks, *, test_set, n_jobs):
        bench = Bench(test_set)
        for place, (item, maker) in enumerate(tasks):
            key = item, repr(maker)
            if key not in known:
                known[key] = bench.measure(item, maker)
            yield place, known[key]

    def init(self, soundfont=""):
        self._names = ("a-0", "b-1", "a-2", "b-3")

    monkeypatch.setattr(search, "measure_all", inline)
    monkeypatch.setattr("tiny_set.TinyPairs.__init__", init)
    monkeypatch.setitem(TEST_SETS._paths, "synthetic", "tiny_set:TinyPairs")
    monkeypatch.setitem(TEST_SETS._paths, "real", "tiny_set:TinyPairs")

    def search(*options, preset="crossfade", over="strength=0:.2", output=tmp_path / "found"):
        options = {"--over": over, "--n": 4, "--trials": 2, "-o": output} | dict(
            zip(options[::2], options[1::2], strict=True)
        )
        return run("search", preset, *(each for pair in options.items() for each in pair))

    return search


def test_names_of_files_go_to_stdout_and_the_rest_to_stderr(search, tmp_path):
    said = search()
    assert said.code == 0, said.err
    files = [Path(line) for line in said.out.splitlines()]
    assert [path.name for path in files] == ["search.md", "best.toml", "trials.csv"]
    assert all(path.parent == tmp_path / "found" for path in files)
    assert "2 trials on 2 items of the synthetic (MuseScore_General) set, 2 held out" in said.err
    assert "trial 1 of 2: " in said.err
    assert "; strength 0.5; about " in said.err
    assert "trial 2 of 2: " in said.err
    assert "on the 2 held-out items:" in said.err
    assert "objective" in said.err
    # Nothing that Optuna says of itself.
    assert "study" not in said.err
    assert load_preset(str(files[1])).engine == "crossfade"
    # Again, nothing is tried anew; with more trials only those.
    again = search()
    assert again.code == 0
    assert "trial " not in again.err
    more = search("--trials", 3)
    assert "2 trials were there already" in more.err
    assert "trial 3 of 3" in more.err
    assert "trial 2 of 3" not in more.err


def test_the_found_preset_transfers(search, run, folder, tmp_path):
    search()
    files = [folder / "content.wav", folder / "style.wav", "-o", folder / "out.wav"]
    said = run("transfer", *files, "--preset", tmp_path / "found" / "best.toml")
    assert said.code == 0, said.err
    assert (folder / "out.wav").is_file()


def test_quiet_says_nothing(search, run, tmp_path):
    search()
    said = run(
        *("search", "crossfade", "--over", "strength=0:.2", "--n", 4, "--trials", 2, "-q"),
        *("-o", tmp_path / "found"),
    )
    assert (said.code, said.out, said.err) == (0, "", "")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"over": "strenght=0:1"}, "unknown setting 'strenght'; did you mean 'strength'?"),
        ({"over": "strength=0:2"}, "less than or equal to 1"),
        ({"over": "strength"}, "'strength' is no range of a setting; give FIELD=LOW:HIGH"),
        ({"preset": "crosfade"}, "'crosfade' is neither an engine"),
        ({"preset": "none.toml"}, "preset none.toml does not exist"),
        ({"--jobs": 0}, "--jobs must be 1 or more, got 0"),
        ({"--n": 2}, "n must be 4 or more, got 2"),
        ({"--trials": 1}, "2 trials or more are needed"),
        ({"--test-set": "textures"}, "synthetic"),
        ({"--test-set": "real", "--soundfont": "x.sf2"}, "only the synthetic set has a soundfont"),
    ],
)
def test_bad_input(search, tmp_path, options, message):
    named = {key: value for key, value in options.items() if not key.startswith("--")}
    typed = [
        each for key, value in options.items() if key.startswith("--") for each in (key, value)
    ]
    said = search(*typed, **named)
    assert said.code == 2
    assert said.out == ""
    assert message in said.err
    assert said.err.count("\n") == 1
    assert not (tmp_path / "found").exists()


def test_something_to_search_over_is_needed(run):
    said = run("search", "eq")
    assert said.code == 2
    assert "--over requires an argument" in said.err


def test_optuna_is_missing(search, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    said = search()
    assert said.code == 2
    assert "pip install 'estilo[eval]'" in said.err


@pytest.mark.slow
def test_a_stopped_search_keeps_what_it_has_and_goes_on(search, tmp_path):
    folder = tmp_path / "found"
    ledger = folder / "results.jsonl"
    with start(PROGRAM, folder) as process:
        while not ledger.exists() or ledger.read_bytes().count(b"\n") < 2:
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert "cancelled; what was measured is kept in" in err
    assert "Traceback" not in err
    kept = ledger.read_bytes()
    said = search("--test-set", "real", over="strength=.1:.4", output=folder)
    assert said.code == 0, said.err
    assert said.out.splitlines()[0] == str(folder / "search.md")
    assert ledger.read_bytes().startswith(kept)
