"""A job does what the command line does, and whatever happens to it is said in words."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from web_server import file_of, noise, running, send, tone, until_ended, wait_until, whole

import estilo
from estilo.cli import main
from estilo.dsp.loudness import apply_gain, integrated_loudness
from estilo.web.forecast import Forecast


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recordings")
    for name, audio in (("melody.wav", tone(440)), ("rain.wav", noise(1.5))):
        file_of(audio, folder, name)
    return folder


@pytest.fixture(scope="module")
def clips(browser, recordings):
    names = ("melody.wav", "rain.wav")
    return [send(browser, (recordings / name).read_bytes(), name).json() for name in names]


@pytest.fixture(scope="module")
def asked(clips):
    return {
        "content": whole(clips[0]),
        "styles": [{"clip": clips[1]["id"], "start_s": 0.5, "end_s": 1.5}],
        "engine": "eq",
        "strength": 0.5,
        "settings": {"limit_db": 24.0},
    }


@pytest.fixture(scope="module")
def done(browser, asked):
    """A job that is done, and all that was told of it."""
    job = browser.post("/api/jobs", json=asked)
    assert job.status_code == 202
    told = []
    with browser.stream("GET", f"/api/jobs/{job.json()['id']}/events") as events:
        assert events.headers["content-type"].startswith("text/event-stream")
        told = [json.loads(line[6:]) for line in events.iter_lines() if line.startswith("data: ")]
    assert told[-1]["state"] == "done", told[-1]
    return told


def test_events_tell_how_a_job_goes_on(done):
    assert {each["state"] for each in done} <= {"waiting", "running", "done"}
    fractions = [each["fraction"] for each in done]
    assert fractions == sorted(fractions)
    assert all(each["seconds_left"] is not None for each in done)
    assert done[-1]["result"]["sentence"].startswith("content kept")


def test_the_output_is_that_of_the_command_line_and_of_python(
    done, browser, recordings, monkeypatch
):
    """What the page says is the same there is the same there."""
    job = done[-1]
    answer = browser.get(f"/api/jobs/{job['id']}/files/wav")
    kept = recordings / "kept.wav"
    kept.write_bytes(answer.content)
    monkeypatch.chdir(recordings)
    commands = job["result"]["commands"]
    assert commands["terminal"].startswith("estilo transfer melody.wav rain.wav ")
    words = commands["terminal"].split()[1:]
    assert main([*words, "--quiet", "--no-scores"]) == 0
    here = estilo.load(recordings / "out.wav").samples
    np.testing.assert_array_equal(estilo.load(kept).samples, here)
    (recordings / "out.wav").unlink()
    exec(commands["python"], {})
    np.testing.assert_allclose(estilo.load("out.wav").samples, here, atol=2**-14)


def test_gains_make_all_three_equally_loud(done, browser, recordings):
    result = done[-1]["result"]
    audios = {
        "content": estilo.load(recordings / "melody.wav"),
        "style": estilo.load(recordings / "rain.wav", offset_s=0.5, duration_s=1.0),
    }
    path = recordings / "output.wav"
    path.write_bytes(browser.get(f"/api/clips/{result['output']['id']}/audio").content)
    audios["output"] = estilo.load(path)
    gains_db = result["gains_db"]
    assert max(gains_db.values()) <= 0.0
    loudness = [
        integrated_loudness(apply_gain(audio.samples, gains_db[name]), audio.sample_rate)
        for name, audio in audios.items()
    ]
    assert max(loudness) - min(loudness) < 0.1


def test_the_files_of_a_result_can_be_kept(done, browser, recordings):
    job = done[-1]["id"]
    recipe = browser.get(f"/api/jobs/{job}/files/json")
    assert "attachment" in recipe.headers["content-disposition"]
    written = recipe.json()
    assert written["content"]["path"] == "melody.wav"
    assert "/tmp" not in recipe.text
    output = estilo.load(recordings / "output.wav")
    flac = recordings / "kept.flac"
    flac.write_bytes(browser.get(f"/api/jobs/{job}/files/flac").content)
    np.testing.assert_allclose(estilo.load(flac).samples, output.samples, atol=2**-14)
    assert browser.get(f"/api/jobs/{job}/files/exe").status_code == 422
    files = browser.get(f"/api/jobs/{job}").json()["result"]["files"]
    sizes = {each["kind"]: each["size"] for each in files}
    assert sizes["flac"] == flac.stat().st_size
    assert sizes["png"] is None


def test_the_output_of_a_job_is_no_file_to_remove_by_itself(done, browser):
    answer = browser.delete(f"/api/clips/{done[-1]['id']}")
    assert answer.status_code == 409
    assert "remove the job instead" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"strength": 1.5}, "strength"),
        ({"engine": "nothing"}, "nothing"),
        ({"preset": "/etc/passwd.toml", "engine": None}, "unknown preset"),
        ({"preset": "notes"}, "name one of the two"),
        ({"settings": {"limit_db": "x" * 100}}, "limit_db"),
        ({"settings": {"limit_db": 1e6}}, "limit_db must"),
        ({"settings": {"nothing": 1}}, "unknown setting 'nothing'"),
        ({"engine": "neural", "settings": {"weights": "/etc/passwd"}}, "names a file"),
        ({"settings": {"mask": "/etc/passwd"}}, "mask"),
        ({"settings": {"\ud800": 1}}, "unicode"),
        ({"settings": []}, "settings"),
        ({"mask": "/etc/passwd"}, "mask"),
        ({"styles": []}, "styles"),
    ],
)
def test_what_the_models_refuse_is_refused_in_words(browser, asked, changes, words):
    answer = browser.post("/api/jobs", content=json.dumps({**asked, **changes}),
                          headers={"content-type": "application/json"})  # fmt: skip
    assert answer.status_code == 422, answer.text
    assert words in answer.json()["error"]["message"]


def test_parts_are_in_their_recordings(browser, asked, clips):
    for start_s, end_s in ((1.0, None), (2.0, 3.0), (0.5, 0.5), (-1.0, None)):
        part = {"clip": clips[0]["id"], "start_s": start_s, "end_s": end_s}
        assert browser.post("/api/jobs", json={**asked, "content": part}).status_code == 422


def slow(server, monkeypatch, seconds=60.0):
    """Have the jobs of a server sleep."""
    perform = server.house.crew.perform

    async def asleep(task, **options):
        kept = {name: options[name] for name in ("on_start", "on_told")}
        del task
        kept["on_told"] = lambda told: None
        return await perform("web_tasks:sleep", seconds=seconds, **kept)

    monkeypatch.setattr(server.house.crew, "perform", asleep)
    monkeypatch.setattr(server.house.crew._players, "_preload", ())


@pytest.fixture
def sleepy(tmp_path, monkeypatch, recordings):
    """A server whose jobs sleep, a browser, and what it asks for."""
    with running(tmp_path, n_waiting_jobs=2) as server, server.browser() as browser:
        slow(server, monkeypatch)
        data = [(recordings / name).read_bytes() for name in ("melody.wav", "rain.wav")]
        content, style = (send(browser, each).json() for each in data)
        yield server, browser, {"content": whole(content), "styles": [whole(style)], "engine": "eq"}


def test_the_queue_is_bounded_and_jobs_can_be_cancelled(sleepy):
    server, browser, asked = sleepy
    jobs = []
    for _ in range(3):
        answer = browser.post("/api/jobs", json=asked)
        assert answer.status_code == 202
        jobs.append(answer.json()["id"])
        wait_until(lambda: browser.get(f"/api/jobs/{jobs[0]}").json()["state"] == "running")
    full = browser.post("/api/jobs", json=asked)
    assert full.status_code == 503
    assert int(full.headers["retry-after"]) == full.json()["seconds"] > 0
    assert "2 jobs wait already" in full.json()["error"]["message"]
    shown = browser.get("/api/jobs").json()
    assert [each["place"] for each in shown] == [None, 1, 2]
    assert all(each["seconds_left"] > 0 for each in shown)
    # What a job needs stays.
    assert browser.delete(f"/api/clips/{asked['content']['clip']}").status_code == 409
    with server.browser() as other:
        for method, path in (
            ("GET", ""),
            ("DELETE", ""),
            ("GET", "/events"),
            ("GET", "/files/wav"),
        ):
            assert other.request(method, f"/api/jobs/{jobs[0]}{path}").status_code == 404
    for job in reversed(jobs):
        assert browser.delete(f"/api/jobs/{job}").status_code == 204
        assert browser.get(f"/api/jobs/{job}").json()["state"] == "cancelled"
    folder = next(iter(server.folder.iterdir()))
    wait_until(lambda: not list(folder.glob("job-*")))
    assert browser.get(f"/api/jobs/{jobs[0]}/files/wav").status_code == 409
    assert browser.delete(f"/api/jobs/{jobs[0]}").status_code == 204
    assert browser.get(f"/api/jobs/{jobs[0]}").status_code == 404


def test_a_worker_that_is_killed_is_one_failed_job(sleepy):
    server, browser, asked = sleepy
    first, second = (browser.post("/api/jobs", json=asked).json()["id"] for _ in range(2))
    board = server.house.board
    wait_until(lambda: board._jobs[first].worker is not None)
    os.kill(board._jobs[first].worker.pid, signal.SIGKILL)
    failed = until_ended(browser, first)
    assert failed["state"] == "failed"
    assert "was ended from outside" in failed["error"]["message"]
    assert failed["result"] is None
    wait_until(lambda: browser.get(f"/api/jobs/{second}").json()["state"] == "running")


def test_a_server_that_is_killed_leaves_nothing_to_the_next(tmp_path, monkeypatch):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "estilo", "web", "--no-browser", "--port", "0"]

    def start():
        return subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    with start() as first:
        assert first.stdout.readline().startswith("http://127.0.0.1:")
        (folder,) = tmp_path.glob("estilo-web-*")
        assert folder.stat().st_mode & 0o077 == 0
        assert (folder / "open.html").stat().st_mode & 0o077 == 0
        (folder / "half").write_bytes(b"half-written")
        first.kill()
    assert folder.exists()
    with start() as second:
        assert second.stdout.readline().startswith("http://127.0.0.1:")
        assert not folder.exists()
        second.send_signal(signal.SIGINT)
        assert second.wait(60) == 0
    assert not list(tmp_path.glob("estilo-web-*"))


def test_the_forecast_follows_what_jobs_took():
    forecast = Forecast()
    for _ in range(20):
        forecast.learn("eq", 10.0, 43.0)
    assert forecast.seconds("eq", 5.0) == pytest.approx(23.0, abs=0.1)
