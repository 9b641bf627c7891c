"""Whatever a task does, the server goes on and says it in words."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from estilo.web.workers import (
    Bench,
    TaskRefusedError,
    TookTooLongError,
    Worker,
    WorkerDiedError,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits are those of POSIX systems")


def run(task, *, most_s=60.0, **options):
    on_told = options.pop("on_told", None)
    most_bytes = options.pop("most_bytes", None)
    return Worker().run(
        f"web_tasks:{task}", options, most_s=most_s, most_bytes=most_bytes, on_told=on_told
    )


def test_a_task_tells_and_returns():
    told = []
    assert run("say", words=["to", "be"], on_told=told.append) == "to be"
    assert told == ["to", "be"]


@pytest.mark.parametrize(
    ("task", "options", "error", "match"),
    [
        ("refuse", {}, TaskRefusedError, "a number was expected, got a word"),
        ("crash", {}, TaskRefusedError, "internal error: ZeroDivisionError: by zero"),
        ("die", {}, WorkerDiedError, "was ended from outside"),
        ("sleep", {"seconds": 60, "most_s": 2.0}, TookTooLongError, "took longer than the 2 s"),
        (
            "fill_memory",
            {"n_bytes": 2**31, "most_bytes": 2**29},
            TaskRefusedError,
            "needs more memory than it may take",
        ),
    ],
)
def test_what_goes_wrong_is_said_in_words(task, options, error, match):
    with pytest.raises(error, match=match):
        run(task, **options)


def test_a_worker_can_be_ended_at_any_moment():
    worker, asleep = Worker(), threading.Event()
    failed = []

    def work():
        try:
            told = lambda _: asleep.set()  # noqa: E731
            worker.run("web_tasks:sleep", {"seconds": 60}, most_s=60, on_told=told)
        except WorkerDiedError as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    assert asleep.wait(60)
    worker.kill()
    thread.join(10)
    assert not thread.is_alive()
    assert failed


def test_a_bench_keeps_one_that_waits_and_ends_it():
    bench = Bench(["json"])
    bench.keep_warm()
    first = bench.take()
    second = bench.take()
    assert first.pid != second.pid
    for worker in (first, second):
        assert worker.run("web_tasks:say", {"words": ["here"]}, most_s=60) == "here"
    spare = bench._spare
    assert spare is not None
    bench.close()
    assert not spare.is_alive


def test_workers_end_with_a_server_that_is_killed(tmp_path):
    code = f"""
import sys
sys.path[:0] = {sys.path!r}
from estilo.web.workers import Worker
def told(pid):
    print(pid, flush=True)
if __name__ == "__main__":
    path = {str(tmp_path / "half")!r}
    Worker().run("web_tasks:write", {{"path": path}}, most_s=60, on_told=told)
"""
    script = tmp_path / "server.py"
    script.write_text(code, encoding="utf-8")
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as server:
        pid = int(json.loads(server.stdout.readline()))
        server.kill()
    end_s = time.monotonic() + 30
    while is_there(pid):
        assert time.monotonic() < end_s
        time.sleep(0.05)


def is_there(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
