"""Notes of tones whose notes are known, of what has none, and the network against plain loops."""

import hashlib
import json
from importlib.resources import files

import mir_eval
import numpy as np
import pytest

from estilo.analysis import salience as network
from estilo.analysis.multipitch import (
    FRAME_RATE_HZ,
    HIGHEST_MIDI,
    HOP,
    LOWEST_MIDI,
    multipitch,
    notes_per_frame,
)
from estilo.analysis.sound import Sound

RATE = 16_000


def _hz(note: float) -> float:
    return 440.0 * 2.0 ** ((note - 69) / 12)


def _tone(note: float, duration_s: float = 1.0, slope: float = 1.2, rate: int = RATE) -> np.ndarray:
    """A harmonic tone with soft ends; partial *k* has the amplitude k ** -slope."""
    time_s = np.arange(round(duration_s * rate)) / rate
    partials = np.arange(1, min(int(7500 // _hz(note)), 30) + 1)[:, None]
    waves = np.sin(2 * np.pi * partials * _hz(note) * time_s + 0.7 * partials**2)
    ends = np.clip(np.minimum(time_s, time_s[-1] - time_s) / 0.02, 0.0, 1.0)
    return 0.1 * ends * (partials**-slope * waves).sum(0)


def _chords(chords: list[tuple[int, ...]], **tone) -> np.ndarray:
    return np.concatenate([sum(_tone(note, **tone) for note in chord) for chord in chords])


def _middles(sound: Sound, n_chords: int) -> list[set[int]]:
    """Notes that sound in most of the middle half of each of several equal stretches."""
    frames = multipitch(sound)
    per = len(frames) / n_chords
    found = []
    for i in range(n_chords):
        middle = frames[round((i + 0.25) * per) : round((i + 0.75) * per)]
        found.append(set((LOWEST_MIDI + np.flatnonzero(middle.mean(0) > 0.5)).tolist()))
    return found


@pytest.mark.parametrize("slope", [0.8, 1.6])
def test_single_notes_over_the_keyboard(slope: float) -> None:
    notes = [(n,) for n in range(40, 91, 5)]
    sound = Sound(_chords(notes, slope=slope), RATE)
    found = _middles(sound, len(notes))
    assert sum(set(n) == f for n, f in zip(notes, found, strict=True)) >= len(notes) - 1


def test_chords_against_mir_eval() -> None:
    chords = [(48, 55, 64), (50, 57, 65, 69), (52, 59, 67), (45, 52, 60, 64), (55, 62, 71)]
    sound = Sound(_chords(chords), RATE)
    frames = notes_per_frame(multipitch(sound))
    times = np.arange(len(frames)) / FRAME_RATE_HZ
    truth = [np.array([_hz(n) for n in chords[min(int(t), len(chords) - 1)]]) for t in times]
    found = [np.array([_hz(n) for n in notes]) for notes in frames]
    scores = mir_eval.multipitch.evaluate(times, truth, times, found)
    assert scores["Precision"] > 0.85
    assert scores["Recall"] > 0.85


@pytest.mark.parametrize("cents", [-30, 30])
def test_a_note_out_of_tune_is_still_its_note(cents: int) -> None:
    notes = (50, 57, 66)
    sound = Sound(_chords([(n + cents / 100,) for n in notes]), RATE)  # type: ignore[list-item]
    assert _middles(sound, 3) == [{n} for n in notes]


def test_an_octave_up_moves_the_notes_an_octave() -> None:
    notes = [(55,), (60, 64), (62,)]
    low = _middles(Sound(_chords(notes), RATE), 3)
    high = _middles(Sound(_chords([tuple(n + 12 for n in c) for c in notes]), RATE), 3)
    assert [{n + 12 for n in c} for c in low] == high


def test_level_and_rate_do_not_matter() -> None:
    chord = (50, 57, 66)
    reference = _middles(Sound(_chords([chord]), RATE), 1)
    assert reference == [set(chord)]
    assert _middles(Sound(0.003 * _chords([chord]), RATE), 1) == reference
    assert _middles(Sound(_chords([chord], rate=44_100), 44_100), 1) == reference


def test_notes_begin_and_end_when_they_do() -> None:
    sound = Sound(np.concatenate([np.zeros(RATE), _tone(60), np.zeros(RATE)]), RATE)
    sounding = np.flatnonzero(multipitch(sound)[:, 60 - LOWEST_MIDI]) / FRAME_RATE_HZ
    assert sounding[0] == pytest.approx(1.0, abs=0.08)
    assert sounding[-1] == pytest.approx(2.0, abs=0.08)


def test_silence_has_no_notes() -> None:
    assert not multipitch(Sound(np.zeros(RATE), RATE)).any()
    assert multipitch(Sound(np.zeros(0), RATE)).shape == (1, 88)


@pytest.mark.parametrize("colour", [0.0, 1.0, 2.0])
def test_noise_has_hardly_any(rng: np.random.Generator, colour: float) -> None:
    spectrum = np.fft.rfft(rng.standard_normal(5 * RATE))
    spectrum /= np.maximum(np.arange(len(spectrum)), 50) ** (colour / 2)
    noise = np.fft.irfft(spectrum)
    assert multipitch(Sound(0.1 * noise / noise.std(), RATE)).sum(1).mean() < 0.1


def test_drops_of_rain_have_hardly_any(rng: np.random.Generator) -> None:
    clicks = (rng.random(4 * RATE) < 0.003) * rng.standard_normal(4 * RATE)
    drop = rng.standard_normal(80) * np.exp(-np.arange(80) / 15)
    assert multipitch(Sound(np.convolve(clicks, drop), RATE)).sum(1).mean() < 0.2


@pytest.mark.parametrize("length", [1, 511, 512, 513, 9000])
def test_any_length(rng: np.random.Generator, length: int) -> None:
    found = multipitch(Sound(rng.standard_normal(length), RATE))
    assert found.shape == (1 + length // HOP, HIGHEST_MIDI - LOWEST_MIDI + 1)
    assert found.dtype == bool


def test_blocks_do_not_show(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = Sound(_tone(60) + 0.01 * rng.standard_normal(RATE), RATE)
    whole = network.salience(sound)
    monkeypatch.setattr(network, "_BLOCK", 5)
    np.testing.assert_allclose(network.salience(sound), whole, atol=1e-5)


def test_a_sine_lies_in_its_bin() -> None:
    note = 69
    levels = network.log_spectra(np.sin(2 * np.pi * _hz(note) * np.arange(RATE) / RATE))
    assert (levels[:2, 15].argmax(-1) == 1 + network.BINS_PER_SEMITONE * (note - LOWEST_MIDI)).all()


def test_the_network_equals_its_twin_in_torch(rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    from estilo.evaluation.networks.multipitch import Network

    twin = Network()
    levels = rng.random((len(network.WINDOWS), 9, network.N_BINS)).astype(np.float32)
    margin = network.MARGIN
    padded = np.pad(levels, ((0, 0), (margin, margin), (0, 0)))
    with torch.no_grad():
        expected = twin(torch.from_numpy(padded)[None])[0].numpy()
    np.testing.assert_allclose(network.logits(levels, twin.weights()), expected, atol=1e-5)


def test_the_card_belongs_to_the_weights() -> None:
    folder = files("estilo.analysis") / "weights"
    weights = (folder / "multipitch.npz").read_bytes()
    card = json.loads((folder / "multipitch.json").read_text(encoding="utf-8"))
    assert card["sha256"] == hashlib.sha256(weights).hexdigest()
    assert len(weights) < 200_000
    arrays = network.trained_weights()
    n_weights = sum(a.size for name, a in arrays.items() if name != "threshold")
    assert card["n_weights"] == n_weights
    assert card["threshold"] == pytest.approx(float(arrays["threshold"]))
    assert card["validation"]["f1"] > 0.75
