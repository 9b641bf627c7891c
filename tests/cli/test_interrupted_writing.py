"""Real signals while `estilo transfer` writes: exit code 130, and the old files or the new ones."""

import os
import pty
import signal
import subprocess
import sys

import numpy as np
import pytest

import estilo
from estilo.io import load, probe
from estilo.pipeline.report import read_report

# A signal at the second write of the encoder, or amid the files' taking their places.
PROGRAM = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may ignore it
from pathlib import Path
place, number = sys.argv.pop(1), int(sys.argv.pop(1))
if place == "terminal":
    import fcntl, termios
    fcntl.ioctl(2, termios.TIOCSCTTY, 0)
from estilo.cli import main
from estilo.io import hidden
from estilo.io.tail import Tail
owner, name = {
    "encoder": (Tail, "write"),
    "terminal": (Tail, "write"),
    "places": (hidden.Unit, "publish"),
}[place]
before, n = getattr(owner, name), 0

def call(*arguments, **options):
    global n
    n += 1
    if place == "terminal" and n == 2:
        print("here", flush=True)
        sys.stdin.read()  # until the terminal is closed
    elif place == "encoder" and n == 2 or place == "places":
        os.kill(os.getpid(), number)
    return before(*arguments, **options)

setattr(owner, name, call)
raise SystemExit(main())
"""


def command(folder, place, number, output):
    files = [folder / "content.wav", folder / "style.wav", "-o", folder / output]
    options = ["--engine", "eq", "--no-scores", "--force"]
    return [sys.executable, "-c", PROGRAM, place, str(int(number)), "transfer", *files, *options]


@pytest.mark.parametrize(
    ("number", "output"),
    [(signal.SIGTERM, "out.mp3"), (signal.SIGINT, "out.ogg"), (signal.SIGHUP, "out.flac")],
)
def test_a_signal_in_the_encoder_keeps_the_old_files(folder, listing, number, output):
    (folder / output).write_bytes(b"precious")
    (folder / f"{output}.json").write_bytes(b"its recipe")
    before = listing()
    done = subprocess.run(
        command(folder, "encoder", number, output), capture_output=True, text=True, check=False
    )
    assert done.returncode == 130, done.stderr
    assert done.stdout == ""
    assert "cancelled; nothing was written" in done.stderr
    assert "Traceback" not in done.stderr
    assert listing() == before


def test_a_signal_that_comes_too_late_names_what_is_whole(folder):
    output = folder / "out.opus"
    estilo.save(estilo.Audio(np.zeros(100), 8_000), output)
    done = subprocess.run(
        command(folder, "places", signal.SIGTERM, output.name),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 130, done.stderr
    assert done.stdout.splitlines() == [str(output), f"{output}.json"]
    assert "nothing was written" not in done.stderr
    assert load(output).n_samples == probe(folder / "content.wav").n_samples
    assert read_report(folder / "out.opus.json").output.path == str(output)
    assert not [each for each in folder.iterdir() if each.name.startswith(".")]


def test_a_closed_terminal_keeps_the_old_files(folder, listing):
    (folder / "out.mp3").write_bytes(b"precious")
    before = listing()
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*command(folder, "terminal", 0, "out.mp3"), "--quiet"],  # nobody reads a bar here
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == b"here\n"
        os.close(ours)  # the system sends the signal
        process.stdin.close()
        assert process.wait(timeout=60) == 130
    assert listing() == before


@pytest.mark.parametrize("is_drawn", [False, True])
def test_a_failing_picture_costs_no_audio(transfer, folder, monkeypatch, is_drawn):
    """Whether it cannot be drawn or cannot be written; an old picture is not left beside it."""
    from estilo.app import jobs, outputs

    def fail(*_):
        raise OSError(28, "No space left on device")

    (folder / "out.wav.png").write_bytes(b"of another output")
    if is_drawn:
        monkeypatch.setattr(outputs.Path, "write_bytes", fail)
    else:
        monkeypatch.setattr(jobs, "draw", fail)
    said = transfer("--plot", "--force")
    assert said.code == 0, said.err
    assert f"the picture could not be {'written' if is_drawn else 'drawn'}" in said.err
    assert said.out.splitlines() == [str(folder / "out.wav"), str(folder / "out.wav.json")]
    assert load(folder / "out.wav").n_samples == 8_000
    assert not (folder / "out.wav.png").exists()
