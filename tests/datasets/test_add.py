import os
import shutil
import subprocess
import sys
import threading

import numpy as np
import pytest
import soundfile as sf

from estilo.datasets import add as adding
from estilo.datasets.add import add
from estilo.datasets.manifest import read_manifest
from estilo.errors import Cancelled, InputError, OutputError, SettingsError

RATE = 48_000


def tone(seconds, rate, *, hz=440.0, level=0.3):
    return level * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)


@pytest.fixture
def recordings(tmp_path):
    """A folder to put recordings into: ``put(name, samples, rate)``."""
    folder = tmp_path / "recordings"
    folder.mkdir()

    def put(name, samples, rate=RATE, **options):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        sf.write(path, samples, rate, **options)
        return path

    return folder, put


def take(folder, tmp_path, *, licence="CC0-1.0", **options):
    return add(folder, tmp_path / "data", licence=licence, **options)


def test_a_mixed_folder(recordings, tmp_path, rng):
    folder, put = recordings
    put("flute/a.flac", tone(3.0, 44_100), 44_100)
    put("flute/deep/b.ogg", np.stack([tone(4.0, 22_050)] * 2, 1), 22_050)
    put("top.wav", rng.uniform(-0.2, 0.2, (2 * 96_000, 6)), 96_000, subtype="FLOAT")
    copy = put("zither/copy.flac", tone(3.0, 44_100), 44_100)
    copy.write_bytes((folder / "flute/a.flac").read_bytes())
    put("short.wav", tone(1.99, RATE))
    put("silent.wav", 1e-4 * tone(5.0, RATE))
    left = tone(3.0, RATE)
    put("opposed.wav", np.stack([left, -left], 1))
    (folder / "broken.wav").write_bytes((folder / "short.wav").read_bytes()[:30_000])
    (folder / "damaged.flac").write_bytes((folder / "flute/a.flac").read_bytes()[:2_000])
    (folder / "notes.txt").write_text("take two")
    (folder / "cover.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    (folder / "nothing.wav").write_bytes(b"")
    (folder / ".DS_Store").write_bytes(b"\0")
    (folder / ".git").mkdir()
    (folder / ".git" / "x.wav").write_bytes(b"")
    (folder / "link").symlink_to(folder / "flute")
    (folder / "gone.wav").symlink_to(folder / "nowhere.wav")
    added = take(folder, tmp_path)
    assert [each.path for each in added.skipped] == [
        *(".DS_Store", ".git", "broken.wav", "cover.png", "damaged.flac", "gone.wav", "link"),
        *("notes.txt", "nothing.wav", "opposed.wav", "short.wav", "silent.wav"),
        "zither/copy.flac",
    ]
    reasons = {each.path: each.reason for each in added.skipped}
    assert reasons[".DS_Store"] == "is a hidden file"
    assert reasons[".git"] == "is a hidden folder"
    assert reasons["broken.wav"].startswith("is cut off")
    assert "a PNG picture" in reasons["cover.png"]
    assert "does not exist" in reasons["gone.wav"]
    assert "link to a folder" in reasons["link"]
    assert "empty file" in reasons["nothing.wav"]
    assert "but text" in reasons["notes.txt"]
    assert reasons["short.wav"] == "is 1.99 s long; 2 s or more are needed"
    assert reasons["silent.wav"] == reasons["opposed.wav"] == "is silent once it is mixed to mono"
    assert reasons["zither/copy.flac"] == (
        "is in the dataset already, as flute/a.flac with the label flute"
    )
    assert not any(str(tmp_path) in reason for reason in reasons.values())
    assert [(clip.label, clip.n_samples) for clip in added.new] == [
        ("flute", 3 * RATE),
        ("flute/deep", 4 * RATE),
        ("top", 2 * RATE),
    ]
    assert {clip.licence for clip in added.new} == {"CC0-1.0"}
    assert read_manifest(tmp_path / "data") == sorted(added.clips, key=lambda clip: clip.path)


def test_clips_are_the_recording_in_mono_at_48_khz(recordings, tmp_path):
    folder, put = recordings
    samples = np.stack([tone(3.0, 32_000, hz=997.0), tone(3.0, 32_000, hz=3001.0)], 1)
    put("two.wav", samples, 32_000)
    (clip,) = take(folder, tmp_path).new
    path = tmp_path / "data" / clip.path
    heard, rate = sf.read(path)
    info = sf.info(path)
    assert (rate, heard.shape, info.subtype) == (RATE, (3 * RATE,), "PCM_16")
    # Both channels are in it, at their own pitch and as loud as each other.
    expected = tone(3.0, RATE, hz=997.0, level=0.1) + tone(3.0, RATE, hz=3001.0, level=0.1)
    inner = slice(1000, -1000)
    assert np.abs(heard - expected)[inner].max() < 2e-4
    assert np.sqrt(np.mean(heard**2)) == pytest.approx(0.1, abs=1e-4)


def test_long_recordings_become_several_clips_without_the_silent_ones(recordings, tmp_path):
    folder, put = recordings
    parts = [tone(8.0, RATE, hz=300.0), np.zeros(8 * RATE), tone(8.0, RATE, hz=900.0)]
    put("long.wav", np.concatenate([*parts, tone(2.5, RATE, hz=1500.0)]))
    put("rest.wav", np.concatenate([parts[0], tone(1.9, RATE)]))
    new = take(folder, tmp_path).new
    found = []
    for clip in new:
        samples, _ = sf.read(tmp_path / "data" / clip.path)
        peak_hz = np.abs(np.fft.rfft(samples)).argmax() * RATE / len(samples)
        found.append((clip.label, clip.n_samples / RATE, round(peak_hz)))
    assert found == [
        *(("long", 8.0, 300), ("long", 8.0, 900), ("long", 2.5, 1500)),
        ("rest", 8.0, 300),
    ]
    assert len({clip.path for clip in new}) == 4


def test_again_adds_only_what_is_new(recordings, tmp_path, tree):
    folder, put = recordings
    put("a.wav", tone(2.0, RATE))
    take(folder, tmp_path)
    before = tree(tmp_path / "data")
    again = take(folder, tmp_path, label="other", validation=1.0)
    assert (again.new, len(again.clips)) == ((), 1)
    assert again.skipped[0].reason == "is in the dataset already, as a.wav with the label a"
    assert tree(tmp_path / "data") == before
    # A new name is no new recording; new bytes are.
    (folder / "a.wav").rename(folder / "b.wav")
    put("c.wav", tone(2.0, RATE, hz=500.0))
    third = take(folder, tmp_path)
    assert [clip.label for clip in third.new] == ["c"]
    assert len(read_manifest(tmp_path / "data")) == 2


def test_a_recording_is_in_one_split_wherever_it_lies(recordings, tmp_path, rng):
    folder, put = recordings
    for number in range(40):
        put(f"{number}.wav", rng.uniform(-0.5, 0.5, 3 * 8_000), 8_000)
    # Clips of 1 s, so that there are several of each.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adding, "CLIP_S", 1.0)
        patch.setattr(adding, "SHORTEST_S", 0.5)
        first = take(folder, tmp_path, validation=0.25).new
        for path in folder.glob("*.wav"):
            path.rename(folder / f"other-{path.name}")
        second = add(folder, tmp_path / "second", licence="x", validation=0.25).new
    assert len(first) == 120
    splits = {}
    for clip in (*first, *second):
        splits.setdefault(clip.label.removeprefix("other-"), set()).add(clip.split)
    assert {len(each) for each in splits.values()} == {1}
    n_validation = sum(each == {"validation"} for each in splits.values())
    assert 4 <= n_validation <= 17  # binomial of 40 and a quarter, 99 %
    assert all(clip.path.startswith(f"{clip.split}/") for clip in first)


@pytest.mark.parametrize(("share", "split"), [(0.0, "train"), (1.0, "validation")])
def test_all_in_one_split(recordings, tmp_path, rng, share, split):
    folder, put = recordings
    for number in range(4):
        put(f"{number}.wav", rng.uniform(-0.5, 0.5, 2 * RATE))
    assert {clip.split for clip in take(folder, tmp_path, validation=share).new} == {split}


def test_labels_and_names_of_any_kind(recordings, tmp_path):
    folder, put = recordings
    strange = "a b: “c”/" + "long" * 50
    put(f"{strange}/x.wav", tone(2.0, RATE))
    raw = os.fsencode(folder) + b"/\xff.wav"
    shutil.copy(put("y.wav", tone(2.0, RATE, hz=300.0)), os.fsdecode(raw))
    (folder / "y.wav").unlink()
    new = take(folder, tmp_path).new
    assert [clip.label for clip in new] == [strange, "\udcff"]
    assert all(
        (tmp_path / "data" / clip.path).is_file() for clip in read_manifest(tmp_path / "data")
    )
    assert all(len(part) < 100 and ":" not in part for part in new[0].path.split("/"))
    mine = add(folder, tmp_path / "mine", licence="own", label="Ann").new
    assert {clip.label for clip in mine} == {"Ann"}


def test_what_was_done_is_kept_when_it_is_stopped(recordings, tmp_path, tree):
    folder, put = recordings
    for number in range(3):
        put(f"{number}.wav", tone(2.0, RATE, hz=300.0 + 100 * number))

    def stop(step):
        if step.n_done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take(folder, tmp_path, on_file=stop)
    assert sorted(clip.label for clip in read_manifest(tmp_path / "data")) == ["0", "1"]
    steps = []
    take(folder, tmp_path, on_file=steps.append)
    add(folder, tmp_path / "fresh", licence="CC0-1.0")
    assert tree(tmp_path / "data") == tree(tmp_path / "fresh")
    assert [(step.item, step.n_done, step.n_total) for step in steps] == [
        *(("0.wav", 1, 3), ("1.wav", 2, 3), ("2.wav", 3, 3))
    ]


def test_cancelling(recordings, tmp_path):
    folder, put = recordings
    for number in range(3):
        put(f"{number}.wav", tone(2.0, RATE, hz=300.0 + 100 * number))
    token = threading.Event()
    token.set()
    with pytest.raises(Cancelled, match="cancelled after 1 of 3 files"):
        take(folder, tmp_path, cancel=token)
    assert [clip.label for clip in read_manifest(tmp_path / "data")] == ["0"]


def test_a_kill_loses_nothing_but_time(recordings, tmp_path, tree):
    folder, put = recordings
    for number in range(3):
        put(f"{number}.wav", tone(2.0, RATE, hz=300.0 + 100 * number))
    program = (
        "import os, sys; from pathlib import Path; from estilo.datasets.add import add\n"
        "kill = lambda step: step.n_done == 2 and os.kill(os.getpid(), 9)\n"
        "add(Path(sys.argv[1]), Path(sys.argv[2]), licence='CC0-1.0', on_file=kill)"
    )
    done = subprocess.run([sys.executable, "-c", program, folder, tmp_path / "data"], check=False)
    assert done.returncode == -9
    assert len(list((tmp_path / "data").rglob("*.wav"))) == 2
    take(folder, tmp_path)
    add(folder, tmp_path / "fresh", licence="CC0-1.0")
    assert tree(tmp_path / "data") == tree(tmp_path / "fresh")


def test_a_full_disk_ends_it_and_is_no_reason_to_skip(recordings, tmp_path, monkeypatch):
    folder, put = recordings
    put("a.wav", tone(2.0, RATE))
    put("b.wav", tone(2.0, RATE, hz=300.0))
    write = adding.write_clip

    def full(samples, path):
        if list(tmp_path.rglob("data/**/*.wav")):
            raise OutputError(f"{path} cannot be written: the disk is full")
        write(samples, path)

    monkeypatch.setattr(adding, "write_clip", full)
    with pytest.raises(OutputError, match="the disk is full"):
        take(folder, tmp_path)
    assert [clip.label for clip in read_manifest(tmp_path / "data")] == ["a"]


def test_a_dataset_within_the_folder_is_not_added_to_itself(recordings):
    folder, put = recordings
    put("a.wav", tone(2.0, RATE))
    out = folder / "data"
    assert len(add(folder, out, licence="own").new) == 1
    again = add(folder, out, licence="own")
    assert again.new == ()
    assert [(each.path, each.reason) for each in again.skipped] == [
        ("a.wav", "is in the dataset already, as a.wav with the label a"),
        ("data", "is the dataset itself"),
    ]
    with pytest.raises(InputError, match="lies in the dataset"):
        add(out / "train", out, licence="own")


def test_nothing_is_made_for_nothing(recordings, tmp_path):
    folder, _ = recordings
    (folder / "notes.txt").write_text("take two")
    added = take(folder, tmp_path)
    assert (added.new, added.clips, len(added.skipped)) == ((), (), 1)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"licence": " "}, "the licence is empty"),
        ({"label": ""}, "the label is empty"),
        ({"validation": 1.5}, "validation must be a share, 0 to 1, got 1.5"),
        ({"validation": float("nan")}, "validation must be a share"),
    ],
)
def test_bad_settings(recordings, tmp_path, options, message):
    with pytest.raises(SettingsError, match=message):
        take(recordings[0], tmp_path, **options)


def test_no_folder(tmp_path):
    with pytest.raises(InputError, match="is not a folder; give the folder of your recordings"):
        take(tmp_path / "nowhere", tmp_path)
