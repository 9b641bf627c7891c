import json
import signal
import urllib.request

import pytest
from heard_folder import ITEMS, ROWS, make_heard
from running import start

from estilo.listening.answers import Answer, AnswerBook
from estilo.listening.design import read_design

PROGRAM = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from estilo.cli import main
raise SystemExit(main(["listen", sys.argv[1], "--no-browser"]))
"""
OPINION = {
    **dict(zip(ROWS, (30.0, 60.0, 80.0), strict=True)),
    "hidden reference": 100.0,
    "content copied": 20.0,
    "low-pass 3.5 kHz": 10.0,
}


@pytest.fixture
def heard(tmp_path):
    return make_heard(tmp_path / "heard")


def answers(design, listener="Ada", **opinions):
    opinion = OPINION | opinions
    return [
        Answer(page.name, listener, {x.name: opinion[x.label] for x in page.stimuli}, True)
        for page in design.pages
    ]


def write_scores(heard):
    """A scoreboard with one score that ranks the rows as the listeners do."""
    lines = ["set,entry,item,nearness"]
    lines += [f"x,{row},{item},{place}" for item in ITEMS for place, row in enumerate(ROWS)]
    (heard / "pairs.csv").write_text("\n".join(lines) + "\n")


def test_one_file_holds_all_and_its_answers_are_counted(run, heard, tmp_path):
    page = tmp_path / "page.html"
    said = run("listen", heard, "--single-file", page, "--n", 2)
    assert (said.code, said.out) == (0, f"{page}\n")
    assert "2 pages about eq 0.5, sines 1, mosaic 1 on 2 items, seed 0, kept in" in said.err
    design = read_design(heard / "listening" / "mushra")
    assert all(each.name in page.read_text() for x in design.pages for each in x.sounds)
    file = tmp_path / "answers-Ada.json"
    given = [vars(each) for each in answers(design)]
    file.write_text(json.dumps({"listener": "Ada", "answers": given}))
    said = run("listen", heard, file, "--results")
    assert said.code == 0
    assert "mushra, 1 listener, 2 pages" in said.out
    rows = [" ".join(line.split()) for line in said.out.splitlines()]
    assert "mosaic 1 80.0 [80.0, 80.0] 80 2" in rows
    assert rows.index("mosaic 1 80.0 [80.0, 80.0] 80 2") < rows.index(
        "sines 1 60.0 [60.0, 60.0] 60 2"
    )
    assert "there is no" in said.out
    assert run("listen", heard, "--single-file", page, "--n", 2).err.endswith("(--force)\n")


def test_items_that_lack_a_row_are_told(run, heard, tmp_path):
    index = json.loads((heard / "outputs.json").read_text())
    index["outputs"] = [
        each for each in index["outputs"] if (each["item"], each["entry"]) != (ITEMS[0], ROWS[1])
    ]
    (heard / "outputs.json").write_text(json.dumps(index))
    said = run("listen", heard, "--single-file", tmp_path / "page.html")
    assert said.code == 0
    assert f"{ITEMS[0]} is left out, as it has no output of {ROWS[1]}" in said.err
    assert ITEMS[0] not in read_design(heard / "listening" / "mushra").items


def test_results_leave_out_who_missed_the_reference_and_rank_scores(run, heard, tmp_path):
    run("listen", heard, "--single-file", tmp_path / "page.html", "-o", tmp_path / "test")
    design = read_design(tmp_path / "test")
    book = AnswerBook(tmp_path / "test", design)
    said = run("listen", heard, "--results", "-o", tmp_path / "test")
    assert "there are no finished pages to count yet" in said.out
    write_scores(heard)
    for answer in [*answers(design), *answers(design, "Bo", **{"hidden reference": 50.0})]:
        book.add(answer)
    said = run("listen", heard, "--results", "-o", tmp_path / "test")
    assert "left out: Bo (rated the hidden reference below 90" in said.out
    assert "nearness 1.00 [1.00, 1.00] 1.00 1.00" in " ".join(said.out.split())


def test_trials_have_a_p_value_when_all_are_done(run, heard, tmp_path):
    options = ("--kind", "abx", "--rows", "sines 1,target", "--trials", 5)
    run("listen", heard, *options, "--single-file", tmp_path / "page.html")
    folder = heard / "listening" / "abx"
    design = read_design(folder)
    book = AnswerBook(folder, design)
    for page in design.pages[:4]:
        book.add(Answer(page.name, "Ada", {"X": page.answer}, True))
    assert "Ada 4 of 4 not done" in " ".join(run("listen", heard, "--results").out.split())
    book.add(Answer(design.pages[4].name, "Ada", {"X": design.pages[4].answer}, True))
    assert "Ada 5 of 5 0.0312" in " ".join(run("listen", heard, "--results").out.split())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--rows", "sine"], "there is no row 'sine'"),
        (["--kind", "abx"], "A/B/X compares two rows"),
        (["answers.json"], "answers.json is read with --results only"),
        (["--results"], "there is no listening test in"),
        (["--results", "--single-file", "page.html"], "--results reads answers; give one"),
        (["--kind", "both"], "mushra"),
        (["--n", "0"], "the number of items must be 1 or more, got 0"),
        (["--trials", "5"], "trials are those of A/B/X, and this test is mushra"),
        (["--kind", "ratings", "--trials", "5"], "this test is ratings, with a page per item"),
        (["--results", "--n", "3"], "--n makes a test, and --results reads the answers"),
        (["--results", "--seed", "0"], "--seed makes a test, and --results reads the answers"),
        (["--single-file", "p.html", "--port", "8000"], "--port is about the page that is served"),
        (["--force"], "--force replaces the file of --single-file"),
        (["--seed", "-1"], "the seed must be 0 or more, got -1"),
    ],
)
def test_bad_input(run, heard, options, message):
    said = run("listen", heard, "--no-browser", *options)
    assert (said.code, said.out) == (2, "")
    assert message in said.err
    assert said.err.count("\n") == 1
    assert not (heard / "listening").exists()


def test_files_of_answers_belong_to_one_test(run, heard, tmp_path):
    for options in ((), ("--kind", "abx", "--rows", "sines 1,target")):
        page = tmp_path / f"{len(options)}.html"
        assert run("listen", heard, *options, "--n", 1, "--single-file", page).code == 0
    said = run("listen", heard, "--results", "a.json")
    assert said.code == 2
    assert "there are abx, mushra; name it with --kind" in said.err


def test_another_test_in_the_same_folder_is_refused(run, heard, tmp_path):
    page = tmp_path / "page.html"
    assert run("listen", heard, "--single-file", page).code == 0
    said = run("listen", heard, "--seed", 1, "--single-file", page)
    assert said.code == 2
    assert "name another folder with -o" in said.err


def test_long_sounds_are_warned_of(run, heard, tmp_path, monkeypatch):
    monkeypatch.setattr("estilo.listening.sounds.LONGEST_S", 0.4)
    said = run("listen", heard, "--n", 1, "--single-file", tmp_path / "page.html")
    assert "are hard to compare by memory" in said.err


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_answers_outlive_the_server(heard, number):
    with start(PROGRAM, heard) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        folder = heard / "listening" / "mushra"
        design = read_design(folder)
        with urllib.request.urlopen(url, timeout=20) as answer:
            assert design.pages[0].name in answer.read().decode()
        with urllib.request.urlopen(url + "sounds/" + design.pages[0].opens[0].name) as answer:
            assert answer.read().startswith(b"fLaC")
        said = json.dumps(vars(answers(design)[0])).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(url + "answers", said, headers)
        with urllib.request.urlopen(request, timeout=20):
            process.send_signal(number)
        _, err = process.communicate(timeout=30)
    if number == signal.SIGINT:
        assert process.returncode == 0, err
        assert "Ada: page 1 of 3" in err
        assert "Traceback" not in err
    assert AnswerBook(folder, design).read() == answers(design)[:1]
