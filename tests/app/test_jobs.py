"""Jobs as applications run them: checked, told, cancelled and published as one unit."""

import os
import sys
import threading
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

import estilo
from estilo.app import jobs
from estilo.app.cancelling import CancelToken
from estilo.app.events import Started, Warned, Writing
from estilo.app.jobs import Job, run_job
from estilo.app.outputs import Outputs
from estilo.errors import Cancelled, OutputError
from estilo.pipeline.clips import Clip
from estilo.pipeline.plan import Plan
from estilo.progress import Progress

RATE = 8000


@pytest.fixture
def folder(tmp_path, rng):
    t = np.arange(RATE) / RATE
    tone = 0.3 * np.sin(2 * np.pi * 440 * t)
    estilo.save(estilo.Audio(tone, RATE), tmp_path / "content.wav")
    estilo.save(estilo.Audio(0.1 * rng.standard_normal(RATE), RATE), tmp_path / "style.wav")
    return tmp_path


def job(folder, *, picture=False, **options) -> Job:
    plan = {"n_steps": 2, "scores": False} | options
    return Job(
        plan=Plan.of(**plan),
        content=Clip(folder / "content.wav"),
        styles=(Clip(folder / "style.wav"),),
        outputs=Outputs(folder / "out.wav", has_picture=picture),
    )


def test_what_takes_minutes_says_so_before_it_begins(folder):
    seen, token = [], CancelToken()

    def stop(event):
        seen.append(event)
        token.set()

    for plan, words in (
        (Plan.of(preset="dipani"), ", which takes one core about 1 min 33 s"),
        (Plan.of(preset="dipani", n_steps=2), ""),
    ):
        with pytest.raises(Cancelled):
            run_job(replace(job(folder), plan=plan), on_event=stop, cancel=token)
        assert seen.pop().title == f"content.wav in the style of style.wav{words}"


def test_events_come_in_order_and_progress_can_be_heard(folder):
    seen, heard = [], []

    def look(event):
        seen.append(event)
        if isinstance(event, Progress) and event.preview is not None:
            heard.append(event.preview())

    report = run_job(job(folder), on_event=look)
    assert isinstance(seen[0], Started)
    assert seen[0].title == "content.wav in the style of style.wav"
    assert isinstance(seen[-1], Writing)
    progress = [each for each in seen if isinstance(each, Progress)]
    assert [each.fraction for each in progress][-1] == 1.0
    assert progress[-1].losses
    assert progress[-1].remaining_s == 0.0
    assert all(audio.n_samples == RATE for audio in heard)
    assert len(heard) == len(progress)
    assert report.output.path == str(folder / "out.wav")


def test_each_input_is_opened_once(folder):
    """Header, samples, hash and picture through one handle, whatever asks for them."""
    opened: Counter[str] = Counter()
    inputs = {str(folder / name): name for name in ("content.wav", "style.wav")}
    is_watching = True

    def watch(event, arguments):
        if is_watching and event == "open" and isinstance(arguments[0], str | os.PathLike):
            name = inputs.get(os.fspath(arguments[0]))
            if name is not None:
                opened[name] += 1

    sys.addaudithook(watch)  # hooks stay for good, so this one learns when to stop
    try:
        run_job(job(folder, picture=True, scores=True))
    finally:
        is_watching = False
    assert opened == {"content.wav": 1, "style.wav": 1}


def test_a_token_stops_it_from_another_thread_with_nothing_written(folder):
    token = CancelToken()
    before = sorted(folder.iterdir())

    def stop(event):
        if isinstance(event, Progress):
            thread = threading.Thread(target=token.set)
            thread.start()
            thread.join()

    with pytest.raises(Cancelled):
        run_job(job(folder, n_steps=50), on_event=stop, cancel=token)
    assert sorted(folder.iterdir()) == before


def test_output_recipe_and_picture_are_there_together_or_not_at_all(folder, monkeypatch):
    report = run_job(job(folder, picture=True))
    names = {"content.wav", "style.wav", "out.wav", "out.wav.json", "out.wav.png"}
    assert {each.name for each in folder.iterdir()} == names
    with pytest.raises(OutputError, match="already exists"):
        run_job(job(folder, picture=True))
    for name in ("out.wav", "out.wav.json", "out.wav.png"):
        (folder / name).unlink()

    def fail(*_, **__):
        raise OutputError("the disk is full")

    monkeypatch.setattr("estilo.app.outputs.write_audio", fail)
    with pytest.raises(OutputError, match="the disk is full"):
        run_job(job(folder, picture=True))
    assert {each.name for each in folder.iterdir()} == {"content.wav", "style.wav"}
    assert report.is_complete


def test_warnings_are_events_and_stay_in_the_recipe(folder):
    (folder / "style.flac").write_bytes((folder / "style.wav").read_bytes())
    asked = job(folder)
    seen = []
    report = run_job(
        jobs.replace(asked, styles=(Clip(folder / "style.flac"),)), on_event=seen.append
    )
    warned = [each.text for each in seen if isinstance(each, Warned)]
    assert len(warned) == 1
    assert "holds wav audio, which its name does not say" in warned[0]
    assert report.warnings == warned


@pytest.mark.parametrize("name", ["out.wav", "out.flac"])
def test_metadata_of_the_content_are_kept_or_it_is_said(folder, name):
    path = folder / "content.wav"
    with path.open("ab") as stream:
        stream.write(b"iXML\x04\0\0\0<a/>")
    asked = job(folder, strength=0.0)
    outputs = Outputs(folder / name)
    seen = []
    report = run_job(jobs.replace(asked, outputs=outputs), on_event=seen.append)
    kept = estilo.probe(folder / name).metadata
    warned = [each.text for each in seen if isinstance(each, Warned)]
    if name == "out.wav":
        assert kept == estilo.probe(path).metadata is not None
        assert warned == []
    else:
        assert kept is None
        assert warned == [
            "content.wav has iXML, which the output does not keep: flac has no place for it"
        ]
    assert report.warnings == warned


@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_surround_keeps_its_channels(folder, strength):
    """A tone in each channel: each of them is still where it was, and the places are told."""
    time = np.arange(RATE) / RATE
    pitches = [400, 600, 900, 60, 1300, 1700]
    tones = np.stack([0.1 * np.sin(2 * np.pi * pitch * time) for pitch in pitches])
    like = jobs.replace(estilo.probe(folder / "style.wav"), n_channels=6, channel_mask=0x3F)
    estilo.save(estilo.Audio(tones, RATE), folder / "content.wav", force=True, like=like)
    plan = Plan.of(engine="eq", strength=strength, scores=False)
    run_job(jobs.replace(job(folder), plan=plan))
    heard = estilo.load(folder / "out.wav").samples
    assert list(np.abs(np.fft.rfft(heard, axis=1)).argmax(axis=1)) == pitches
    assert estilo.probe(folder / "out.wav").channel_mask == 0x3F
