"""Recordings come in as they are, under no name but a label; what is refused leaves nothing."""

import io
import re
import struct
from urllib.parse import quote

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from web_server import file_of, noise, running, send, tone, wait_until

from estilo.audio import Audio
from estilo.dsp.loudness import integrated_loudness
from estilo.web.labels import label

NAMES = (
    "../../etc/passwd", "..\\..\\windows\\win.ini", "/etc/shadow", "C:\\CON", "\\\\host\\share",
    "a\0b", "a\nb", "\u202egnp.wav", "x" * 900, "%2e%2e%2f", "aux", "\ud800",
)  # fmt: skip


@pytest.fixture(scope="module")
def sent(browser, tmp_path_factory):
    """A clip of the module's session: a loud tone, then a quiet one, in two channels."""
    folder = tmp_path_factory.mktemp("sent")
    left = np.concatenate([tone(440).samples[0], 0.1 * tone(440).samples[0]])
    audio = Audio(np.stack([left, -0.5 * left]), 8000)
    answer = send(browser, file_of(audio, folder, "two.flac"), name="two tones.flac")
    assert answer.status_code == 201
    return answer.json(), audio


def test_a_clip_is_described_as_it_is(sent):
    clip, audio = sent
    assert clip["name"] == "two tones.flac"
    assert (clip["duration_s"], clip["sample_rate"], clip["n_channels"]) == (2.0, 8000, 2)
    loudness_lufs = integrated_loudness(audio.samples, audio.sample_rate)
    assert clip["loudness_lufs"] == pytest.approx(loudness_lufs, abs=0.05)
    peaks = np.array(clip["peaks"])
    assert peaks.shape == (1000, 2)
    assert peaks[:, 0].min() == pytest.approx(audio.samples.min(), abs=1e-3)
    assert peaks[:, 1].max() == pytest.approx(audio.samples.max(), abs=1e-3)
    assert peaks[510:, 1].max() == pytest.approx(0.02, abs=2e-3)  # the quiet half
    assert (peaks[:, 0] <= peaks[:, 1]).all()


def test_what_is_heard_in_the_browser_is_what_was_sent(sent, browser):
    clip, audio = sent
    answer = browser.get(f"/api/clips/{clip['id']}/audio")
    samples, rate = soundfile.read(io.BytesIO(answer.content))
    assert rate == 8000
    np.testing.assert_allclose(samples.T, audio.samples, atol=2**-14)


def test_ranges_can_be_asked_for(sent, browser):
    path = f"/api/clips/{sent[0]['id']}/audio"
    all_of_it = browser.get(path).content
    part = browser.get(path, headers={"range": "bytes=100-299"})
    assert part.status_code == 206
    assert part.content == all_of_it[100:300]
    assert browser.get(path, headers={"range": "bytes=99999999-"}).status_code == 416


def test_built_in_clips_are_there(browser):
    clip = browser.post("/api/clips/built-in/drums").json()
    assert clip["duration_s"] == 7.0
    assert clip["id"] in [each["id"] for each in browser.get("/api/clips").json()]
    answer = browser.post("/api/clips/built-in/nothing")
    assert answer.status_code == 404
    assert "melody, rain, bells, drums" in answer.json()["error"]["message"]


def lying_flac():
    """A FLAC whose header promises 64 GiB of samples."""
    head = bytearray(42)
    head[:8] = b"fLaC\x80\x00\x00\x22"
    head[8:12] = struct.pack(">HH", 4096, 4096)
    head[18:26] = struct.pack(">Q", (44_100 << 44) | (15 << 36) | (2**36 - 1))
    return bytes(head)


@pytest.mark.parametrize(
    ("data", "status", "words"),
    [
        (b"", 422, "is an empty file"),
        (b"%PDF-1.7 and so on", 415, "a PDF document"),
        (b"<!DOCTYPE html><script>alert(1)</script>", 415, "a web page"),
        (b"RIFF\xff\xff\xff\xffWAVEfmt ", 422, ""),
        (lying_flac(), 422, ""),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(server, browser, data, status, words):
    before = sorted(server.folder.rglob("*"))
    answer = send(browser, data, name="mine.wav")
    assert answer.status_code == status
    error = answer.json()["error"]
    assert words in error["message"]
    assert "mine.wav" in error["message"]
    assert str(server.folder) not in answer.text
    assert sorted(server.folder.rglob("*")) == before


@given(st.one_of(st.text(), st.sampled_from(NAMES)))
def test_labels_are_one_line_without_folders(name):
    said = label(name)
    assert 0 < len(said) <= 80
    assert said.isprintable()
    assert not set(said) & set("/\\")
    assert said.strip(". ")
    assert label(said) == said


def test_no_name_reaches_the_file_system(server, browser, tmp_path):
    """Every file lies in the session's folder, under a name that is none of the client's."""
    before = set(server.folder.rglob("*"))
    data = file_of(tone(440, 0.1), tmp_path)
    for name in ("../../etc/passwd", "..\\a\0b\u202e", "x" * 900):
        clip = send(browser, data, name=name).json()
        assert clip["name"] == label(name)
        assert browser.delete(f"/api/clips/{clip['id']}").status_code == 204
        clip = send(browser, data, name=name).json()
    new = {path.name for path in set(server.folder.rglob("*")) - before}
    assert all(re.fullmatch(r"(clip-)?[0-9a-f]{24}(\.wav)?|copy\.wav", name) for name in new), new


@pytest.mark.parametrize("name", NAMES)
def test_no_name_of_a_route_leads_anywhere(browser, name):
    asked = quote(name, safe="", errors="surrogatepass")[:1000]
    for method, path in [
        ("GET", f"/api/clips/{asked}/audio"),
        ("GET", f"/api/clips/{asked}/heard"),
        ("DELETE", f"/api/clips/{asked}"),
        ("POST", f"/api/clips/built-in/{asked}"),
        ("GET", f"/api/jobs/{asked}"),
        ("GET", f"/api/jobs/{asked}/files/wav"),
        ("GET", f"/api/jobs/x/files/{asked}"),
        ("GET", f"/assets/{asked}"),
    ]:
        assert browser.request(method, path).status_code in (404, 405, 422), path


def test_sessions_do_not_see_each_other(server, sent, browser):
    clip = sent[0]["id"]
    part = {"clip": clip, "start_s": None, "end_s": None}
    with server.browser() as other:
        assert other.get("/api/clips").json() == []
        for method, path in [
            ("GET", f"/api/clips/{clip}/audio"),
            ("GET", f"/api/clips/{clip}/heard"),
            ("DELETE", f"/api/clips/{clip}"),
        ]:
            assert other.request(method, path).status_code == 404
        asked = {"content": part, "styles": [part]}
        assert other.post("/api/choice", json=asked).status_code == 404
        assert other.post("/api/jobs", json=asked).status_code == 404
    assert browser.get(f"/api/clips/{clip}/audio").status_code == 200


def test_removing_a_clip_removes_its_files(server, browser, tmp_path):
    before = set(server.folder.rglob("*"))
    clip = send(browser, file_of(noise(0.2), tmp_path)).json()["id"]
    assert browser.delete(f"/api/clips/{clip}").status_code == 204
    assert browser.get(f"/api/clips/{clip}/audio").status_code == 404
    assert set(server.folder.rglob("*")) == before


def test_what_is_too_large_or_too_long_is_refused(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    small = {"upload_bytes": 20_000, "upload_s": 1.0, "session_bytes": 60_000, "n_clips": 2}
    with running(folder, **small) as server, server.browser() as browser:
        large = send(browser, b"RIFF" + bytes(20_001))
        assert large.status_code == 413
        assert "20_000" not in large.text
        unsaid = browser.post("/api/clips", content=(bytes(9000) for _ in range(5)))
        assert unsaid.status_code == 413
        long = send(browser, file_of(tone(440, 1.1), tmp_path))
        assert long.status_code == 413
        assert "min long" in long.json()["error"]["message"]
        for _ in range(2):
            assert send(browser, file_of(tone(440, 0.5), tmp_path)).status_code == 201
        assert send(browser, file_of(tone(440, 0.5), tmp_path)).status_code == 507


def test_the_place_on_the_disk_has_an_end(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    with running(folder, session_bytes=50_000) as server, server.browser() as browser:
        data = file_of(tone(440, 1.0), tmp_path)  # 16 kB, and its copy as much
        answers = [send(browser, data).status_code for _ in range(3)]
        assert answers == [201, 507, 507]
        assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < 50_000


def test_a_session_that_nobody_uses_is_removed_with_its_files(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    with running(folder, session_s=0.0) as server, server.browser() as browser:
        assert len(list(folder.iterdir())) == 1
        server.loop.call_soon_threadsafe(server.house.sessions.expire)
        wait_until(lambda: not list(folder.iterdir()))
        assert browser.get("/api/clips").status_code == 401


def test_there_are_only_so_many_sessions(tmp_path):
    with running(tmp_path, n_sessions=1) as server, server.browser(), server.stranger() as other:
        answer = other.post("/api/session", json={"token": server.house.token.text})
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) == answer.json()["seconds"]
