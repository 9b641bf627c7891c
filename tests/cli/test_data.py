import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import soundfile as sf
from optional_programs import pretend
from running import start

from estilo.datasets.manifest import read_manifest

SMALL = [
    *("--n-patches", 4, "--n-programs", 0, "--n-textures", 0, "--n-validation", 2, "--band", 2),
    *("--clips-per-instrument", 2, "--duration-s", 1),
]

# Ctrl-C raises, whatever the tests were started with.
PROGRAM = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from estilo.cli import main
if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
"""


@pytest.fixture
def here(monkeypatch):
    """Clips are rendered in this process, which saves the start of another."""
    from estilo.datasets import synth

    def inline(function, tasks, *, n_jobs):
        yield from ((place, function(task)) for place, task in enumerate(tasks))

    monkeypatch.setattr(synth, "run_all", inline)


@pytest.fixture
def recordings(tmp_path, rng):
    folder = tmp_path / "recordings"
    (folder / "rain").mkdir(parents=True)
    for name in ("a", "b"):
        sf.write(folder / "rain" / f"{name}.wav", 0.1 * rng.standard_normal(3 * 8_000), 8_000)
    (folder / "notes [1].txt").write_text("take two")
    return folder


def test_synth_names_the_manifest_on_stdout_and_the_rest_on_stderr(run, here, tmp_path):
    out = tmp_path / "data"
    said = run("data", "synth", *SMALL, "-o", out, "--jobs", 1)
    assert said.code == 0, said.err
    assert said.out == f"{out / 'manifest.jsonl'}\n"
    assert f"12 clips, 12.0 s, into {out}, 1 process\n" in said.err
    assert re.search(r"6 of 12 clips, about .* left", said.err)
    last = "12 clips of 6 instruments, 8.0 s for training and 4.0 s for validation, 1 MB"
    assert last in said.err.splitlines()[-1]
    assert len(read_manifest(out)) == 12
    again = run("data", "synth", *SMALL, "-o", out)
    assert again.code == 0
    assert " of 12 clips" not in again.err


def test_options_are_the_settings(run, here, tmp_path):
    out = tmp_path / "data"
    assert run("data", "synth", *SMALL, "--seed", 7, "--effects", 0, "-o", out, "-q").err == ""
    text = (out / "synth.json").read_text()
    assert '"seed": 7' in text
    assert '"effects": 0.0' in text
    assert '"polyphonic": 0.5' in text
    said = run("data", "synth", *SMALL, "-o", out)
    assert said.code == 2
    assert "clips of other settings (seed 7, effects 0.0)" in said.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--soundfont", "TimGM6mb"], "is TimGM6mb, on which the scoreboard tests"),
        (["--seed", str(0x7131B2E)], "is reserved"),
        (["--seed", "-1"], "seed must be at least 0, below 4294967296, got -1"),
        (
            ["--band", "1"],
            "a band of 1 has pairs only if every instrument is processed",
        ),
        (["--jobs", "0"], "--jobs must be 1 or more, got 0"),
        (["--n-patches", "0", "--n-programs", "0"], "two instruments or more"),
        (["--n-clips", "3"], "--n-clips"),
    ],
)
def test_bad_settings(run, tmp_path, options, message):
    said = run("data", "synth", *options, "-o", tmp_path / "data")
    assert (said.code, said.out) == (2, "")
    assert message in said.err
    assert said.err.count("\n") == 1
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("present", [(), ("fluidsynth",), ("soundfont",)])
def test_missing_programs_are_said(run, monkeypatch, tmp_path, present):
    pretend(monkeypatch, tmp_path / "programs", "mido", *present)
    said = run("data", "synth", "-o", tmp_path / "data")
    assert (said.code, said.out) == (2, "")
    assert ("apt install fluidsynth" in said.err) == ("fluidsynth" not in present)
    assert ("musescore-general-soundfont" in said.err) == ("soundfont" not in present)
    assert "--n-programs 0" in said.err
    assert not (tmp_path / "data").exists()


def test_add_names_what_was_skipped(run, recordings, tmp_path):
    out = tmp_path / "data"
    command = ("data", "add", recordings, "--licence", "CC-BY-4.0", "--validation", 0, "-o", out)
    said = run(*command)
    assert said.code == 0, said.err
    assert said.out == f"{out / 'manifest.jsonl'}\n"
    assert re.search(r"notes \[1\]\.txt +is not audio that estilo reads but text", said.err)
    assert "added 2 clips, 6.0 s; skipped 1" in said.err
    assert "2 clips of 1 instruments, 6.0 s for training and 0.0 s for validation" in said.err
    assert {(clip.label, clip.licence) for clip in read_manifest(out)} == {("rain", "CC-BY-4.0")}
    again = run(*command)
    assert again.code == 0
    assert "added 0 clips, 0.0 s; skipped 3" in again.err
    assert re.search(r"rain/a\.wav +is in the dataset already, as rain/a\.wav", again.err)
    quiet = run(*command, "-q")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")


def test_a_missing_clip_is_told_and_the_others_count(run, recordings, tmp_path):
    out = tmp_path / "data"
    command = ("data", "add", recordings, "--licence", "own", "--validation", 0, "-o", out)
    run(*command)
    first = out / read_manifest(out)[0].path
    first.unlink()
    again = run(*command)
    assert again.code == 0, again.err
    assert again.out == f"{out / 'manifest.jsonl'}\n"
    said = " ".join(again.err.split())
    assert f"warning: 1 clips of the manifest are not in the folder, {first} among them" in said
    assert "2 clips of 1 instruments" in said


def test_both_into_one_folder(run, here, recordings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run("data", "synth", *SMALL)
    said = run("data", "add", recordings, "--license", "own", "--label", "Rain")
    assert said.out.strip() == "dataset/manifest.jsonl"
    assert "14 clips of 7 instruments" in said.err
    said = run("data", "synth", *SMALL)
    assert "14 clips of 7 instruments" in said.err


def test_odd_files_are_told(run, recordings, tmp_path):
    (recordings / "rain" / "a.wav").rename(recordings / "rain" / "a.mp3")
    said = run("data", "add", recordings, "--licence", "own", "-o", tmp_path / "data")
    assert said.err.count("holds wav audio, which its name does not say") == 1


def test_nothing_to_add_is_an_error(run, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.txt").write_text("take two")
    said = run("data", "add", tmp_path / "in", "--licence", "own", "-o", tmp_path / "data")
    assert (said.code, said.out) == (2, "")
    assert "notes.txt" in said.err
    assert "there is no recording in" in said.err.splitlines()[-1]
    missing = run("data", "add", tmp_path / "nowhere", "--licence", "own")
    assert missing.code == 2
    assert "is not a folder" in missing.err
    assert "--licence requires an argument" in run("data", "add", tmp_path / "in").err


@pytest.mark.parametrize("command", ["synth", "add"])
def test_help(run, command):
    said = run("data", command, "--help")
    assert said.code == 0
    assert f"Usage: estilo data {command}" in said.out
    assert f"  estilo data {command} " in said.out
    assert "Exit codes" in said.out
    assert command in run("data").out


@pytest.mark.parametrize("arguments", [["data", "--help"], ["data", "synth", "--help"]])
def test_help_loads_nothing_heavy(arguments):
    heavy = ("torch", "matplotlib", "scipy", "soundfile")
    code = (
        f"import sys; from estilo.cli import main; main({arguments!r}); "
        f"sys.exit(any(name in sys.modules for name in {heavy!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0


def test_rendering_loads_no_torch(tmp_path):
    arguments = [str(each) for each in ("data", "synth", *SMALL, "-o", tmp_path / "data")]
    code = (
        "import sys; from estilo.cli import main; from estilo.datasets import synth\n"
        "def inline(function, tasks, *, n_jobs):\n"
        "    yield from ((0, function(task)) for task in tasks)\n"
        "synth.run_all = inline\n"
        f"print(main({arguments!r}), 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 False"


# Clips that take a while, to be stopped among them.
LONG = [*SMALL[:-1], 8]


@pytest.fixture(scope="module")
def unstopped(tmp_path_factory):
    """The dataset that nobody has stopped."""
    out = tmp_path_factory.mktemp("unstopped")
    with start(PROGRAM, "data", "synth", *LONG, "--jobs", 1, "-o", out) as process:
        _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_rendering_goes_on_and_ends_as_one_that_was_not(
    run, here, unstopped, tmp_path, number
):
    ours = tmp_path / "ours"
    with start(PROGRAM, "data", "synth", *LONG, "--jobs", 1, "-o", ours) as process:
        deadline = time.monotonic() + 60
        while len(list(ours.rglob("*.wav"))) < 2:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert out == ""
    assert "Traceback" not in err
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert "cancelled; what was rendered is kept in" in err
    assert not (ours / "manifest.jsonl").exists()
    deadline = time.monotonic() + 30
    while list(ours.rglob("*.part")) and time.monotonic() < deadline:
        time.sleep(0.05)
    kept = {path: path.stat().st_mtime_ns for path in ours.rglob("*.wav")}
    assert 2 <= len(kept) < 12
    assert run("data", "synth", *LONG, "-o", ours).code == 0
    assert all(path.stat().st_mtime_ns == time_ns for path, time_ns in kept.items())
    names = [
        sorted(p.relative_to(d) for p in d.rglob("*") if p.is_file()) for d in (ours, unstopped)
    ]
    assert names[0] == names[1]
    assert all((ours / name).read_bytes() == (unstopped / name).read_bytes() for name in names[0])
    assert len(names[0]) == 16


@pytest.mark.slow
def test_stopped_adding_keeps_what_it_has(tmp_path):
    folder, out = tmp_path / "recordings", tmp_path / "data"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(200):
        sf.write(folder / f"{number}.wav", 0.1 * rng.standard_normal(3 * 48_000), 48_000)
    with start(PROGRAM, "data", "add", folder, "--licence", "own", "-o", out) as process:
        while len(list(out.rglob("*.wav"))) < 3:
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "recordings that were done are in" in err
    assert 2 <= len(read_manifest(out)) < 200
    assert not list(out.rglob("*.part"))
