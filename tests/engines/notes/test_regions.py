"""Contents that are made of notes for a while and of something else for another."""

import re
from itertools import pairwise

import numpy as np
import pytest
import torch
from clips import rain, task
from scipy import signal

from estilo.analysis.transcription import HeardNote, Transcription
from estilo.engines import blocks
from estilo.engines.base import run
from estilo.engines.notes.engine import NotesEngine
from estilo.engines.notes.recordings import Heard
from estilo.engines.notes.regions import Region, regions_of, within
from estilo.engines.notes.settings import NotesSettings

RATE = 16_000


def _heard(*shares, notes=(), level=1.0):
    """A recording of so many seconds of so much explained, each."""
    left = np.concatenate([np.full(round(100 * s), 1.0 - share) for s, share in shares])
    whole = np.broadcast_to(level, left.shape)
    return Transcription(notes, (), 0.5, np.stack([whole, whole * left]).astype(np.float32))


def _cuts(transcription):
    n_samples = transcription.powers.shape[1] * 10
    regions = regions_of(transcription, n_samples, sample_rate=1000)
    assert regions[0].start == 0
    assert regions[-1].stop == n_samples
    for one, other in pairwise(regions):
        assert one.stop == other.start
        assert one.is_played != other.is_played
    return [each.start / 1000 for each in regions[1:]], regions[0].is_played


@pytest.mark.parametrize(
    ("shares", "cuts"),
    [
        (((20, 0.9),), []),
        (((20, 0.05),), []),
        (((10, 0.9), (10, 0.05)), [10]),
        (((10, 0.05), (10, 0.9)), [10]),
        (((10, 0.9), (3, 0.05), (10, 0.9)), []),
        (((10, 0.9), (12, 0.05), (10, 0.9)), [10, 22]),
        (((17, 0.9), (3, 0.05)), []),
        (((10, 0.35), (10, 0.25)), []),
    ],
)
def test_a_recording_is_cut_where_something_else_lasts(shares, cuts):
    found, starts_with_notes = _cuts(_heard(*shares))
    np.testing.assert_allclose(found, cuts, atol=0.15)
    assert not cuts or starts_with_notes == (shares[0][1] > 0.3)


def test_pauses_count_neither_way():
    level = np.concatenate([np.ones(1000), np.full(1200, 1e-6), np.ones(1000)])
    assert _cuts(_heard((10, 0.9), (12, 0.05), (10, 0.9), level=level))[0] == []


def test_a_cut_keeps_clear_of_onsets_and_looks_for_quiet():
    notes = tuple(HeardNote(each, each + 1.0, 60.0, 0.0) for each in (9.95, 10.05, 10.25))
    (cut,) = _cuts(_heard((10, 0.9), (10, 0.05), notes=notes))[0]
    assert min(abs(cut - note.start_s) for note in notes) > 0.05
    assert abs(cut - 10.0) < 0.35
    level = np.ones(2000)
    level[1015:1025] = 0.01
    (cut,) = _cuts(_heard((10, 0.9), (10, 0.05), level=level))[0]
    assert cut == pytest.approx(10.2, abs=0.06)


def test_notes_belong_to_where_most_of_them_lies():
    regions = (Region(0, 1000, True), Region(1000, 2000, False))
    notes = tuple(HeardNote(a, b, 60.0, 0.0) for a, b in ((0.2, 0.5), (0.8, 1.1), (0.9, 1.4)))
    assert within(Transcription(notes), regions, 1000).notes == notes[:2]


def test_excerpts_of_parts_lie_in_them():
    heard = Heard(torch.zeros(1, 1000), Transcription(), True, ((100, 300), (500, 900)))
    found = heard.excerpts(n=4, size=50)
    assert sum(stop - start for start, stop in found) == 4 * 50
    assert all(
        any(first <= start < stop <= last for first, last in heard.spans) for start, stop in found
    )
    assert (found[0][0], found[-1][1]) == (100, 900)


def _tune(seconds, *, fades=0.0, n_partials=6):
    """Half a second a note, up and down, with a pause at the end."""
    time_s = np.arange(round(seconds * RATE)) / RATE
    step = np.floor(2.0 * time_s)
    hz = 220.0 * 2.0 ** (np.array([0, 4, 7, 12, 7, 4])[(step % 6).astype(int)] / 12.0)
    age_s = time_s - 0.5 * step
    phase = 2.0 * np.pi * np.cumsum(hz) / RATE
    shape = np.clip(age_s / 0.01, 0, 1) * np.clip((0.45 - age_s) / 0.03, 0, 1)
    shape *= 10.0 ** (-fades * age_s / 20.0)
    tones = sum(np.sin(k * phase) / k for k in range(1, n_partials + 1))
    return (0.1 * shape * tones).astype(np.float32)


def _made(content, style, **settings):
    engine = NotesEngine(NotesSettings(**settings))
    output, state = run(engine, task(content, style, sample_rate=RATE))
    return output.numpy()[0], engine.remarks(state), engine.grains(state)


def _wind(seconds):
    """Noise that falls by 6 dB per octave, without any event."""
    noise = np.random.default_rng(5).standard_normal(round(seconds * RATE))
    low = signal.butter(1, 500.0, fs=RATE, output="sos")
    return (0.1 * signal.sosfilt(low, noise)).astype(np.float32)


def _spectrogram(samples):
    return np.abs(signal.stft(samples, RATE, nperseg=512)[2])


@pytest.mark.parametrize("is_reversed", [False, True])
@pytest.mark.parametrize("style", ["notes", "texture"])
def test_two_contents_in_a_row_are_what_each_alone_is(is_reversed, style):
    halves = [_tune(8.0), _wind(8.0)]
    halves = halves[::-1] if is_reversed else halves
    of = _tune(6.0, fades=30.0, n_partials=10) if style == "notes" else rain(5.0, RATE, seed=3)
    made, remarks, grains = _made(np.concatenate(halves), of)
    alone = [_made(each, of) for each in halves]
    size, near = len(halves[0]), round(0.7 * RATE)
    parts = made[: size - near], made[size + near :]
    wanted = alone[0][0][: size - near], alone[1][0][near:]
    for part, other in zip(parts, wanted, strict=True):
        levels_db = [10.0 * np.log10(np.mean(np.square(each))) for each in (part, other)]
        assert levels_db[0] == pytest.approx(levels_db[1], abs=0.3)
        if style == "notes":  # a texture is drawn at random; notes and filters are the same
            ours, theirs = _spectrogram(part), _spectrogram(other)
            assert np.square(ours - theirs).sum() < 0.01 * np.square(theirs).sum()
    tells = [each for each in remarks if "few notes are heard in the content" in each]
    assert len(tells) == 1
    begin_s, end_s = (float(word) for word in re.findall(r"[\d.]+", tells[0])[:2])
    bounds_s = (0.0, 8.0) if is_reversed else (8.0, 16.0)
    assert (begin_s, end_s) == pytest.approx(bounds_s, abs=0.35)
    if style == "notes":
        first_s, last_s = (8.0, 16.0) if is_reversed else (0.0, 8.0)
        assert grains
        assert min(each.start_s for each in grains) > first_s - 0.4
        assert max(each.stop_s for each in grains) < last_s + 0.4


def test_the_joint_has_no_step():
    """No louder and no softer than what is on either side of it, and no click."""
    content = np.concatenate([_tune(8.0), _wind(8.0)])
    made = _made(content, _tune(6.0, n_partials=10))[0]
    power = np.convolve(np.square(made), np.ones(800) / 800, "same")
    joint = slice(round(7.7 * RATE), round(8.3 * RATE))
    around = power[round(6.5 * RATE) : round(9.5 * RATE)]
    assert power[joint].max() < 1.5 * around.max()
    assert np.abs(np.diff(made[joint])).max() <= np.abs(np.diff(made)).max()


def test_blocks_make_no_difference_at_the_joint(monkeypatch):
    content, style = np.concatenate([_tune(6.0), _wind(6.0)]), _tune(3.0, n_partials=10)
    whole = _made(content, style)[0]
    monkeypatch.setattr(blocks, "BLOCK", 95_500)
    np.testing.assert_allclose(_made(content, style)[0], whole, atol=2e-5)
