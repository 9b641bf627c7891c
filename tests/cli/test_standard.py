"""Standard input and standard output in the place of files."""

import io
import json
import os
import subprocess
import sys

import numpy as np
import pytest

import estilo

FAST = ("--engine", "eq", "--no-scores")
PROGRAM = [sys.executable, "-m", "estilo"]


@pytest.fixture
def piped(run, monkeypatch):
    """Run a command with bytes in standard input."""

    def piped(data, *arguments):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        return run(*arguments)

    return piped


def program(*arguments, folder, **streams):
    return subprocess.run(
        [*PROGRAM, *arguments], cwd=folder, stderr=subprocess.PIPE, check=False, **streams
    )


@pytest.mark.parametrize("place", ["content", "style"])
@pytest.mark.parametrize("extension", ["wav", "flac", "mp3", "ogg"])
def test_what_is_piped_is_the_file(piped, run, folder, place, extension):
    """By its content, whatever kind it is: the output is that of the file."""
    given = folder / f"given.{extension}"
    estilo.save(estilo.load(folder / f"{place}.wav"), given)
    places = {"content": folder / "content.wav", "style": folder / "style.wav"}
    named = run("transfer", *{**places, place: given}.values(), "-o", folder / "named.wav", *FAST)
    assert named.code == 0, named.err
    options = ["-o", folder / "out.wav", *FAST]
    said = piped(given.read_bytes(), "transfer", *{**places, place: "-"}.values(), *options)
    assert said.code == 0, said.err
    assert "standard input" in said.err
    assert "warning" not in said.err
    assert (folder / "out.wav").read_bytes() == (folder / "named.wav").read_bytes()


@pytest.mark.parametrize("command", ["transfer", "texture", "rerun"])
def test_standard_output_is_the_file(run, folder, monkeypatch, command):
    arguments = {
        "transfer": ["content.wav", "style.wav", *FAST],
        "texture": ["style.wav", "--seconds", "0.5", "--set", "n_steps=2", "--no-scores"],
        "rerun": ["first.wav.json"],
    }[command]
    monkeypatch.chdir(folder)
    assert run("transfer", "content.wav", "style.wav", "-o", "first.wav", *FAST).code == 0
    made = run(command, *arguments, "-o", "out.wav")
    assert made.code == 0, made.err
    before = sorted(path.name for path in folder.iterdir())
    said = run(command, *arguments, "-o", "-")
    assert said.code == 0, said.err
    assert os.fsencode(said.out) == (folder / "out.wav").read_bytes()
    assert "no recipe" in said.err
    assert sorted(path.name for path in folder.iterdir()) == before


def test_a_pipe_of_two(run, folder, monkeypatch):
    first = program("transfer", "content.wav", "style.wav", "-o", "-", *FAST, folder=folder,
                    stdout=subprocess.PIPE)  # fmt: skip
    second = program("transfer", "-", "other.wav", "-o", "-", "-q", *FAST, folder=folder,
                     input=first.stdout, stdout=subprocess.PIPE)  # fmt: skip
    assert (first.returncode, second.returncode, second.stderr) == (0, 0, b"")
    monkeypatch.chdir(folder)
    run("transfer", "content.wav", "style.wav", "-o", "a.wav", *FAST)
    run("transfer", "a.wav", "other.wav", "-o", "b.wav", *FAST)
    assert second.stdout == (folder / "b.wav").read_bytes()


def test_bit_depth_and_tags_go_along(run, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(folder)
    said = run("transfer", "content.wav", "style.wav", "-o", "-", *FAST)
    (tmp_path / "back.wav").write_bytes(os.fsencode(said.out))
    info = estilo.probe(tmp_path / "back.wav")
    assert (info.bit_depth, info.tags, info.n_samples) == ("24", {"title": "Tone"}, 8000)


def test_a_recipe_of_what_was_piped_finds_it_in_a_folder(piped, run, folder, tmp_path):
    data = (folder / "content.wav").read_bytes()
    files = ["-", folder / "style.wav", "-o", folder / "out.wav"]
    assert piped(data, "transfer", *files, *FAST).code == 0
    recipe = folder / "out.wav.json"
    assert json.loads(recipe.read_text())["content"]["path"] is None
    said = run("rerun", recipe, "-o", folder / "again.wav")
    assert (said.code, "came through a pipe" in said.err) == (2, True)
    assert "--inputs" in said.err
    (tmp_path / "kept").mkdir()
    (folder / "content.wav").rename(tmp_path / "kept" / "any name.wav")
    said = run("rerun", recipe, "-o", folder / "again.wav", "--inputs", tmp_path / "kept")
    assert said.code == 0, said.err
    assert "identical" in said.err
    assert (folder / "again.wav").read_bytes() == (folder / "out.wav").read_bytes()


@pytest.mark.parametrize("command", ["notes", "describe"])
def test_other_commands_read_it(piped, run, folder, command):
    data = (folder / "content.wav").read_bytes()
    named = json.loads(run(command, folder / "content.wav", "--json").out)
    said = piped(data, command, "-", "--json")
    assert said.code == 0, said.err
    found = json.loads(said.out)
    for each in (named, found) if command == "notes" else (named[0], found[0]):
        each.pop("path", None)
    assert found == named


def test_notes_of_standard_input_as_midi(piped, folder):
    data = (folder / "content.wav").read_bytes()
    said = piped(data, "notes", "-", "-o", folder / "notes.mid")
    assert said.code == 0, said.err
    assert (folder / "notes.mid").read_bytes().startswith(b"MThd")


def test_a_file_of_that_name(run, folder, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "content.wav").rename(folder / "-")
    said = run("transfer", "./-", "style.wav", "-o", "out.wav", *FAST)
    assert said.code == 0, said.err
    content = json.loads((folder / "out.wav.json").read_text())["content"]
    assert content["path"] == str(folder / "-")


@pytest.mark.parametrize(
    ("data", "arguments", "message"),
    [
        (b"", ["-", "style.wav", "-o", "out.wav"], "standard input is empty"),
        (b"Dear Sir", ["-", "style.wav", "-o", "out.wav"], "not audio that estilo reads but text"),
        (b"Dear Sir" * 2**20, ["-", "style.wav", "-o", "out.wav"], "but text"),
        (b"MThd", ["-", "style.wav", "-o", "out.wav"], "a MIDI file"),
        (None, ["-", "-", "-o", "out.wav"], "- was given 2 times"),
        (None, ["-", "style.wav", "--style", "-@1s-2s", "-o", "out.wav"], "given 2 times"),
        (None, ["-", "style.wav", "-o", "-", "--plot"], "leave --plot out"),
        (None, ["-", "style.wav", "-o", "-", "--bitrate", "128"], "no bitrate to choose"),
        (None, ["-", "style.wav", "-o", "-", "--duration", "-1"], "duration must be more than 0"),
        (None, ["content.wav", "style.wav", "--mask", "-", "-o", "-"], "standard input is not"),
    ],
)  # fmt: skip
def test_bad_input_writes_nothing(piped, folder, listing, monkeypatch, data, arguments, message):
    monkeypatch.chdir(folder)
    before = listing()
    data = (folder / "content.wav").read_bytes() if data is None else data
    said = piped(data, "transfer", *arguments, *FAST)
    assert (said.code, said.out) == (2, ""), said.err
    assert message in said.err
    assert listing() == before


@pytest.mark.parametrize("arguments", [["rerun", "-"], ["plot", "-"], ["notes", "-", "--plot"]])
def test_what_lies_beside_a_file_needs_one(piped, folder, listing, monkeypatch, arguments):
    monkeypatch.chdir(folder)
    before = listing()
    said = piped((folder / "content.wav").read_bytes(), *arguments)
    assert (said.code, said.out) == (2, "")
    assert "standard input" in said.err
    assert listing() == before


def test_no_more_is_read_than_there_is_room_for(piped, folder, monkeypatch):
    from estilo.io import scratch

    monkeypatch.setattr(scratch.shutil, "disk_usage", lambda _: type("Free", (), {"free": 9000})())
    data = (folder / "content.wav").read_bytes()
    said = piped(data, "describe", "-")
    assert said.code == 2
    assert "half of the room" in said.err


def test_what_is_no_audio_is_refused_before_its_end(folder):
    """An endless pipe is not kept waiting for."""
    text = subprocess.Popen(["yes"], stdout=subprocess.PIPE)
    with text:
        said = program("notes", "-", folder=folder, stdin=text.stdout)
        text.kill()
    assert said.returncode == 2
    assert b"but text" in said.stderr


def test_a_pipe_that_is_slow_and_does_not_wait(folder):
    data = (folder / "content.wav").read_bytes()
    out, into = os.pipe()
    os.set_blocking(out, False)
    command = [*PROGRAM, "describe", "-", "--json"]
    with subprocess.Popen(command, stdin=out, stdout=subprocess.PIPE) as process:
        os.close(out)
        for start in range(0, len(data), 9000):
            os.write(into, data[start : start + 9000])
        os.close(into)
        assert process.stdout is not None
        found = json.loads(process.stdout.read())
    assert process.returncode == 0
    assert found[0]["duration_s"] == 1.0


@pytest.mark.parametrize(
    ("arguments", "stream", "message"),
    [
        (["describe", "-"], "stdin", b"standard input is a terminal"),
        (["transfer", "content.wav", "style.wav", "-o", "-", *FAST], "stdout", b"is a terminal"),
    ],
)
def test_terminals_are_refused(folder, arguments, stream, message):
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    try:
        said = program(*arguments, folder=folder, **{stream: theirs})
    finally:
        os.close(theirs)
        os.close(ours)
    assert said.returncode == 2
    assert message in said.stderr


@pytest.mark.parametrize(
    ("redirection", "arguments", "message"),
    [
        ("<&-", "describe -", "standard input is closed"),
        ("0>none", "describe -", "standard input cannot be read"),
        (">&-", "transfer content.wav style.wav -o -", "standard output is closed"),
        (">/dev/full", "transfer content.wav style.wav --engine eq --no-scores -o -",
         "standard output cannot be written: No space left"),
    ],
)  # fmt: skip
def test_streams_that_are_none(folder, redirection, arguments, message):
    command = f"exec {' '.join(PROGRAM)} {arguments} {redirection}"
    said = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, check=False)
    assert said.returncode == 2, said.stderr
    assert message in said.stderr.decode()


def test_whoever_has_seen_enough_ends_it_quietly(folder):
    longer = estilo.Audio(np.tile(estilo.load(folder / "content.wav").samples, 20), 8000)
    estilo.save(longer, folder / "longer.wav")  # more than a pipe holds
    command = [*PROGRAM, "transfer", "longer.wav", "style.wav", "-o", "-", "-q", *FAST]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(4) == b"RIFF"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.parametrize("stream", ["0<&-", "1>&-", "2>&-"])
def test_work_that_needs_no_stream_goes_on_without_it(folder, stream):
    command = f"exec {' '.join(PROGRAM)} transfer content.wav style.wav -o out.wav {stream}"
    line = f"{command} {' '.join(FAST)}"
    said = subprocess.run(["sh", "-c", line], cwd=folder, capture_output=True, check=False)
    assert said.returncode == 0, said.stderr
    assert (folder / "out.wav.json").is_file()
