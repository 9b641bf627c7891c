import multiprocessing
import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from running import processes, start

from estilo.errors import EstiloError
from estilo.io.atomic import replacing
from estilo.processes import run_all


def square(number):
    return number**2, os.getpid(), os.environ["OMP_NUM_THREADS"]


def fail(number):
    raise ValueError(f"no {number}")


def die(number):
    os._exit(7)


def write_slowly(folder):
    """A file that is never done, beside a program that never ends."""
    with replacing(folder / "out.bin", force=False):
        program = f"import time; time.sleep(600)  # {folder}"
        subprocess.run([sys.executable, "-c", program], check=True)


def programs(folder):
    """Of `write_slowly` into this folder, that run: other tests may run the same."""
    return [each for each in processes() if f"time.sleep(600)  # {folder}" in each.command]


def wait_until(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.slow
def test_every_task_is_done_in_another_process_with_one_thread(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    found = dict(run_all(square, [3, 1, 2], n_jobs=2))
    assert {place: value for place, (value, _, _) in found.items()} == {0: 9, 1: 1, 2: 4}
    assert os.getpid() not in {pid for _, pid, _ in found.values()}
    assert {threads for _, _, threads in found.values()} == {"1"}
    assert os.environ["OMP_NUM_THREADS"] == "3"


def test_no_tasks():
    assert list(run_all(square, [], n_jobs=4)) == []


@pytest.mark.slow
def test_failures_come_through_and_deaths_are_told():
    children = set(multiprocessing.active_children())
    with pytest.raises(ValueError, match="no 5"):
        list(run_all(fail, [5, 6], n_jobs=1))
    with pytest.raises(EstiloError, match=r"memory ran out.*fewer --jobs"):
        list(run_all(die, [1], n_jobs=1))
    assert set(multiprocessing.active_children()) == children


PROGRAM = """
import sys
from pathlib import Path
sys.path.append(sys.argv[2])
import test_processes
from estilo.processes import run_all
if __name__ == "__main__":
    list(run_all(test_processes.write_slowly, [Path(sys.argv[1])], n_jobs=1))
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", ["stop", "kill"])
def test_what_is_stopped_leaves_nothing_behind(tmp_path, how):
    """Neither half a file nor the program that a task had started, whoever is ended."""
    with start(PROGRAM, tmp_path, Path(__file__).parent) as process:
        wait_until(lambda: programs(tmp_path))
        assert sorted(each.suffix for each in tmp_path.iterdir()) == [".lock", ".part"]
        process.send_signal({"stop": 2, "kill": 9}[how])
        process.communicate(timeout=60)
    wait_until(lambda: not programs(tmp_path) and not list(tmp_path.iterdir()))


@pytest.mark.slow
def test_who_stops_listening_stops_the_work(tmp_path):
    children = set(multiprocessing.active_children())
    with closing(run_all(square, list(range(50)), n_jobs=1)) as results:
        next(results)
    assert set(multiprocessing.active_children()) == children
