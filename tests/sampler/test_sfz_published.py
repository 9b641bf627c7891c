"""SFZ file and samples are one unit: killed at any step, or by several runs at once, they fit."""

import hashlib
import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sampled import instrument

from estilo.analysis.transcription.heard import HeardNote
from estilo.errors import OutputError
from estilo.io.hidden import sweep
from estilo.sampler.sfz import write_sfz

AGES = {"old": (50.0,), "new": (50.0, 57.0)}

# One process tries all points: a child for each is ended at its n-th change of a folder.
PROGRAM = """
import itertools, json, os, shutil, signal, sys
from pathlib import Path
sys.path[:0] = [sys.argv[3], sys.argv[4]]
from test_sfz_published import made, seen
from estilo.io.hidden import sweep
from estilo.sampler.sfz import write_sfz

is_there, number = json.loads(sys.argv[2])
CHANGES = ("os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir")
instruments = {age: made(age) for age in ("old", "new")}

def child(path, point):
    n = 0
    def watch(event, arguments):
        nonlocal n
        if event in CHANGES or (event == "open" and arguments[2] & 1):
            n += 1
            if n == point:
                os.kill(os.getpid(), number)
    sys.addaudithook(watch)
    try:
        write_sfz(instruments["new"], path, force=True)
    except KeyboardInterrupt:
        os._exit(130)
    os._exit(0)

said = []
for point in itertools.count(1):
    path = Path(sys.argv[1]) / str(point) / "bells.sfz"
    path.parent.mkdir()
    if is_there:
        write_sfz(instruments["old"], path)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    pid = os.fork()
    if pid == 0:
        child(path, point)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    amid, left = seen(path), len([*path.parent.iterdir()])
    sweep(path.parent)
    after = sorted(each.name for each in path.parent.iterdir())
    said.append({"code": code, "amid": amid, "left": left, "after": seen(path), "names": after})
    if code == 0:
        break
print(json.dumps(said))
"""


def made(age):
    """A short instrument whose samples nobody else has."""
    pitches = AGES[age]
    notes = [
        HeardNote(0.1 + 0.4 * place, 0.4 + 0.4 * place, pitch, -12.0)
        for place, pitch in enumerate(pitches)
    ]
    return instrument(tuple(notes), 0.2 + 0.4 * len(pitches))


def seen(path):
    """What a sampler finds: the samples that the file names, by their keys; None for no file.

    A sample that is missing, or is no whole file, raises.
    """
    if not path.exists():
        return None
    found = {}
    for line in path.read_text().splitlines()[1:]:
        name = line.partition("sample=")[2]
        found[name.partition("/")[2]] = hashlib.sha256(
            (path.parent / name).read_bytes()
        ).hexdigest()
    return found


def expected(folder, age):
    return seen(write_sfz(made(age), folder / f"{age}.sfz"))


def all_points(folder, *, is_there, number):
    folder.mkdir()
    given = json.dumps([is_there, int(number)])
    here = Path(__file__).parent
    helpers = here.parent / "helpers"
    command = [sys.executable, "-c", PROGRAM, folder, given, here, helpers]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("is_there", [True, False])
def test_killed_at_any_step_the_file_has_its_samples(tmp_path, is_there):
    old, new = (expected(tmp_path, age) for age in AGES)
    assert old != new
    before = old if is_there else None
    said = all_points(tmp_path / "points", is_there=is_there, number=signal.SIGKILL)
    assert len(said) > 20
    assert {each["code"] for each in said[:-1]} == {-signal.SIGKILL}
    for each in said:
        assert each["amid"] in (before, new)
        assert each["after"] == each["amid"]
        # Nothing but the file and the folder that it names is left after a later run.
        assert each["names"][1:] == ([] if each["after"] is None else ["bells.sfz"])
    assert any(each["amid"] == before for each in said)
    assert any(each["amid"] == new for each in said[:-1])
    assert any(each["left"] > len(each["names"]) for each in said)


def test_a_signal_at_any_step_leaves_nothing_over(tmp_path):
    old, new = (expected(tmp_path, age) for age in AGES)
    said = all_points(tmp_path / "points", is_there=True, number=signal.SIGTERM)
    assert {each["code"] for each in said[:-1]} == {130}
    for each in said:
        assert each["amid"] in (old, new)
        assert each["left"] == 2


def test_runs_at_once_leave_one_whole_instrument(tmp_path):
    old, new = (expected(tmp_path, age) for age in AGES)
    folder = tmp_path / "folder"
    folder.mkdir()
    path, came = folder / "bells.sfz", []
    instruments = [made(age) for age in AGES]

    def write(place):
        try:
            write_sfz(instruments[place % 2], path, force=place >= 4)
        except OutputError as error:
            came.append(str(error))

    for first in (0, 4):  # without force one comes first; with it, all come
        threads = [threading.Thread(target=write, args=(first + place,)) for place in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert len(came) == 3
        assert all("already exists" in each for each in came)
        assert seen(path) in (old, new)
        assert len([*folder.iterdir()]) == 2


def test_a_folder_that_the_file_does_not_name_is_in_nobodys_way(tmp_path):
    """As a copy, or an old version that was killed, may leave it."""
    path = write_sfz(made("old"), tmp_path / "bells.sfz")
    (tmp_path / "bells samples 2").mkdir()
    (tmp_path / "bells samples 2" / "000-key-001.wav").write_bytes(b"nobody's")
    new = expected(tmp_path, "new")
    with pytest.raises(OutputError, match="already exists"):
        write_sfz(made("new"), path)
    write_sfz(made("new"), path, force=True)
    assert seen(path) == new
    assert not (tmp_path / "bells samples").exists()


@pytest.mark.parametrize("key", ["with_folder", "replaced"])
def test_a_journal_from_a_stranger_touches_no_folder(tmp_path, key):
    folder = tmp_path / "folder"
    (folder / "mine").mkdir(parents=True)
    (folder / "mine" / "song.wav").write_bytes(b"precious")
    stamp = [1, 2, 3]
    said = {
        "with_folder": ["x.sfz", "x samples"],
        "replaced": "mine",
        "is_forced": True,
        "made": [stamp, stamp],
        "old": stamp,
    }
    if key == "with_folder":
        said |= {"with_folder": ["x.sfz", "mine"], "replaced": None}
    (folder / "x.sfz").write_bytes(b"theirs")
    for made_of in ([stamp, stamp], [None, None], [[*_stamp(folder / "x.sfz")], None]):
        lock = folder / f".estilo-{'0' * 16}.lock"
        lock.write_text(json.dumps(said | {"made": made_of}) + "\n")
        sweep(folder)
        assert not lock.exists()
        assert (folder / "mine" / "song.wav").read_bytes() == b"precious"
        assert (folder / "x.sfz").read_bytes() == b"theirs"


def _stamp(path):
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns
