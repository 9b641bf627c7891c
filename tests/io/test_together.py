"""Units of files: killed between any two steps of the system, then found by a later run."""

import errno
import json
import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest

from estilo.errors import OutputError
from estilo.io import hidden, write_atomic
from estilo.io.atomic import together
from estilo.io.hidden import sweep

NAMES = ("out.wav", "out.wav.json", "out.wav.png")
# One process tries all points: a child for each is killed at its n-th change of the folder, and
# the folder's files are told before and after a later run, until a child comes to its end.
PROGRAM = """
import itertools, json, os, signal, sys
from pathlib import Path
from estilo.errors import OutputError
from estilo.io.atomic import together
from estilo.io.hidden import sweep

names, force, is_there, number = json.loads(sys.argv[2])

def files(folder):
    return {each.name: each.read_text() for each in folder.iterdir()}

def child(folder, point):
    n = 0
    def watch(event, arguments):
        nonlocal n
        if event in ("os.rename", "os.link", "os.remove") or (event == "open" and arguments[2] & 1):
            n += 1
            if n == point:
                os.kill(os.getpid(), number)
    sys.addaudithook(watch)
    try:
        with together([folder / name for name in names], force=force) as parts:
            for name, part in zip(names, parts):
                part.write_text("new " + name)
    except KeyboardInterrupt:
        os._exit(130)
    os._exit(0)

said = []
for point in itertools.count(1):
    folder = Path(sys.argv[1]) / str(point)
    folder.mkdir()
    if is_there:
        for name in names:
            (folder / name).write_text("old " + name)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    pid = os.fork()
    if pid == 0:
        child(folder, point)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    amid = {name: text for name, text in files(folder).items() if not name.startswith(".")}
    left = files(folder)
    sweep(folder)
    said.append({"code": code, "amid": amid, "left": left, "after": files(folder)})
    if code == 0:
        break
print(json.dumps(said))
"""


def all_points(folder, *, names=NAMES, force=True, is_there=True, number=signal.SIGKILL):
    given = json.dumps([names, force, is_there, int(number)])
    command = [sys.executable, "-c", PROGRAM, folder, given]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def unit(age: str, names=NAMES) -> dict[str, str]:
    return {name: f"{age} {name}" for name in names}


@pytest.mark.parametrize("names", [NAMES, NAMES[:1]])
@pytest.mark.parametrize(("force", "is_there"), [(True, True), (True, False), (False, False)])
def test_killed_at_any_step_it_is_the_old_unit_or_the_new_one(tmp_path, names, force, is_there):
    old = unit("old", names) if is_there else {}
    said = all_points(tmp_path, names=names, force=force, is_there=is_there)
    assert len(said) > 5
    assert said[-1]["code"] == 0
    assert {each["code"] for each in said[:-1]} == {-signal.SIGKILL}
    for each in said:
        amid, main = each["amid"], each["amid"].get("out.wav")
        # The first file is never away where there was one, and nothing of another age is beside it.
        assert main in (old.get("out.wav"), "new out.wav")
        ages = {text.split()[0] for text in amid.values()}
        assert len(ages) <= 1
        assert each["after"] == (unit("new", names) if main == "new out.wav" else old)
    assert any(each["after"] == old for each in said)
    assert any(each["after"] == unit("new", names) for each in said[:-1])
    assert any(len(each["left"]) > len(each["after"]) for each in said)


@pytest.mark.parametrize("is_there", [True, False])
def test_a_signal_at_any_step_leaves_nothing_over(tmp_path, is_there):
    """Once files take their places it waits, so there is no unit in the middle."""
    old = unit("old") if is_there else {}
    said = all_points(tmp_path, is_there=is_there, number=signal.SIGTERM)
    assert said[-1]["code"] == 0
    for each in said[:-1]:
        assert each["code"] == 130
        assert each["left"] in (old, unit("new"))
    assert any(each["left"] == unit("new") for each in said[:-1])


def refuse(monkeypatch, name, is_refused):
    before = getattr(os, name)

    def call(source, target, *others, **options):
        if is_refused(str(source), str(target)):
            raise OSError(errno.ENOSPC, "No space left on device")
        return before(source, target, *others, **options)

    monkeypatch.setattr(os, name, call)


def write_all(folder, *, force=True):
    with together([folder / name for name in NAMES], force=force) as parts:
        for name, part in zip(NAMES, parts, strict=True):
            part.write_text(f"new {name}")


def files(folder) -> dict[str, str]:
    return {each.name: each.read_text() for each in folder.iterdir()}


@pytest.mark.parametrize("name", NAMES)
def test_a_disk_that_fills_up_between_two_steps(tmp_path, monkeypatch, name):
    """Before the first file has its place all is undone; after that the next run finishes."""
    for each in NAMES:
        (tmp_path / each).write_text(f"old {each}")
    with monkeypatch.context() as patch:
        refuse(patch, "replace", lambda _, target: target.endswith(name))
        with pytest.raises(OutputError, match="the disk is full"):
            write_all(tmp_path)
    shown = {each: text for each, text in files(tmp_path).items() if not each.startswith(".")}
    assert len({text.split()[0] for text in shown.values()}) == 1
    sweep(tmp_path)
    assert files(tmp_path) == unit("old" if name == "out.wav" else "new")


def test_what_is_not_made_is_left_out_and_nothing_old_stays_in_its_place(tmp_path):
    for each in NAMES:
        (tmp_path / each).write_text(f"old {each}")
    with together([tmp_path / name for name in NAMES], force=True) as (sound, recipe, _):
        sound.write_text("new out.wav")
        recipe.write_text("new out.wav.json")
    assert files(tmp_path) == unit("new", NAMES[:2])


def test_a_living_run_is_never_swept(tmp_path):
    program = (
        "import sys, time; from pathlib import Path; from estilo.io.atomic import replacing\n"
        "with replacing(Path(sys.argv[1]), force=False) as part:\n"
        "    part.write_text('theirs'); print('there', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, tmp_path / "slow"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "there\n"
        hidden = {each for each in tmp_path.iterdir() if each.name.startswith(".estilo-")}
        assert len(hidden) == 2
        sweep(tmp_path)
        write_atomic(tmp_path / "quick", b"ours")
        assert {*tmp_path.iterdir()} == {*hidden, tmp_path / "quick"}
        process.stdin.close()
        assert process.wait(timeout=60) == 0
    assert files(tmp_path) == {"slow": "theirs", "quick": "ours"}


def test_the_next_write_sweeps(tmp_path):
    program = (
        "import os, sys; from pathlib import Path; from estilo.io.atomic import replacing\n"
        "with replacing(Path(sys.argv[1]), force=False) as part: os.kill(os.getpid(), 9)"
    )
    command = [sys.executable, "-c", program, tmp_path / "never"]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert len([*tmp_path.iterdir()]) == 2
    write_atomic(tmp_path / "quick", b"ours")
    assert files(tmp_path) == {"quick": "ours"}


@pytest.mark.parametrize(
    "journal",
    [
        b"",
        b"{",
        b"[]\n",
        b'{"targets": ["../precious", "/precious"], "is_forced": true, "made": null, '
        b'"before": null}\n',
        b'{"targets": ["out.wav", ".."], "is_forced": true, "made": [1, 2, 3], "before": null}\n',
        b'{"targets": ["out.wav"], "made": null, "before": null}\n',
        b'{"targets": [], "is_forced": true, "made": null, "before": null}\n',
        b'{"targets": ["out.wav", "a\\u0000"], "is_forced": true, "made": null, "before": null}\n',
        b'{"targets": ' + b"[" * 100_000,
    ],
)
def test_a_journal_from_a_stranger_touches_no_file_of_another_name(tmp_path, journal):
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "precious").write_bytes(b"precious")
    (folder / "out.wav").write_bytes(b"old")
    (folder / f".estilo-{'0' * 16}.lock").write_bytes(journal)
    (folder / f".estilo-{'0' * 16}.0.part").write_bytes(b"half")
    (folder / ".estilo-*.lock").write_bytes(journal)  # no name of ours
    os.mkfifo(folder / f".estilo-{'1' * 16}.lock")  # opening it would wait for ever
    sweep(folder)
    assert (tmp_path / "precious").read_bytes() == b"precious"
    assert sorted(each.name for each in folder.iterdir()) == [
        ".estilo-*.lock",
        f".estilo-{'1' * 16}.lock",
        "out.wav",
    ]
    assert (folder / "out.wav").read_bytes() == b"old"


def test_a_large_folder_is_not_swept_at_every_write(tmp_path, monkeypatch):
    """A sweep that took a second is not repeated for a hundred."""
    now_s, n_sweeps = 0.0, 0

    def scan(folder):
        nonlocal now_s, n_sweeps
        now_s, n_sweeps = now_s + 1.0, n_sweeps + 1
        return iter(())

    monkeypatch.setattr(hidden, "time", SimpleNamespace(monotonic=lambda: now_s))
    monkeypatch.setattr(hidden.os, "scandir", scan)
    for _ in range(5):
        write_atomic(tmp_path / "out", b"", force=True)
    assert n_sweeps == 1
    now_s += 102.0
    write_atomic(tmp_path / "out", b"", force=True)
    assert n_sweeps == 2
