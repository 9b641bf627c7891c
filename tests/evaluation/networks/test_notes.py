from pathlib import Path

import numpy as np
import pytest
import torch

from estilo.analysis.transcription import network as net
from estilo.analysis.transcription.spectra import log_levels
from estilo.evaluation.networks import note_examples, note_network, notes
from estilo.evaluation.networks.note_scores import draw_score, repeats
from estilo.evaluation.networks.note_sounds import Additive, Singer, levelled
from estilo.synthesis.notes import Note


class Sines:
    """A player of sines that start at once and are let go without a release."""

    low, high = 50, 80

    def play(self, note: Note, rng: np.random.Generator) -> tuple[np.ndarray, float]:
        time_s = np.arange(round(note.duration_s * 16_000)) / 16_000
        wave = np.sin(2 * np.pi * 440 * 2 ** ((note.pitch - 69) / 12) * time_s)
        return levelled(wave.astype(np.float32), note.velocity), note.duration_s


class SinesOnly:
    def draw(self, rng: np.random.Generator) -> Sines:
        return Sines()


def pieces(n_pieces: int, rng: np.random.Generator):
    bank = SinesOnly()
    return note_examples.pieces(bank, n_pieces=n_pieces, rng=rng)  # type: ignore[arg-type]


def test_both_networks_say_the_same_whatever_the_blocks(rng: np.random.Generator) -> None:
    torch.manual_seed(0)
    network = note_network.Network()
    levels = rng.uniform(0, 1, (150, net.N_BINS, len(net.WINDOWS))).astype(np.float32)
    margins = ((net.MARGIN, net.MARGIN), (0, 0), (0, 0))
    padded = torch.from_numpy(np.pad(levels, margins)).movedim(-1, 0)[:, None]
    with torch.no_grad():
        said, hits = (each.numpy() for each in network(padded))
    heard = net.heard(levels, network.weights())
    for own, other in zip(heard, [*said[:, 0], hits[0]], strict=True):
        np.testing.assert_allclose(own, other, atol=1e-4)


def test_a_long_sound_is_heard_as_a_short_one(rng: np.random.Generator) -> None:
    torch.manual_seed(0)
    weights = note_network.Network().weights()
    mono = rng.standard_normal(20 * 16_000).astype(np.float32)
    whole = net.heard(log_levels(mono), weights)
    for own, other in zip(net.heard_in(mono, weights), whole, strict=True):
        np.testing.assert_allclose(own, other, atol=1e-4)


def test_truths_lie_where_the_notes_are(rng: np.random.Generator) -> None:
    for samples, truth in pieces(8, rng):
        for note in truth.notes:
            frame = round(note.start_s * 62.5)
            column = round(note.pitch) - 21
            assert truth.onset[frame, column] > 0.7 * note_examples.TRUTH_STEPS
            last = int((note.start_s + note.duration_s) * 62.5)
            if last < note_examples.N_FRAMES:
                assert truth.level[frame + 1 : last, column].all()
        assert len(samples) == note_examples.N_SAMPLES
        starts = {(round(note.start_s * 62.5), note.pitch) for note in truth.notes}
        assert np.count_nonzero(truth.onset == 200) <= len(starts)


def test_levels_are_those_of_the_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    def one_note(rng: np.random.Generator, **_: object) -> tuple[Note, ...]:
        return (Note(2.0, 4.0, 69.0, 0.5),)

    monkeypatch.setattr(note_examples, "draw_score", one_note)
    for seed in range(30):
        rng = np.random.default_rng(seed)
        ((_, truth),) = pieces(1, rng)
        if len(truth.notes) == 1 and not truth.hits:
            level = truth.level[200, 48] / note_examples.TRUTH_STEPS
            # The note sounds for two fifths of the piece: 4 dB above the mean, if it is alone.
            assert level <= 1.0 + (10 * np.log10(10 / 4) - 5) / 70 + 0.01
            return
    pytest.fail("no piece of one note alone was drawn")


def test_repeats_strike_each_pitch_again(rng: np.random.Generator) -> None:
    struck = [note for _ in range(10) for note in repeats(rng, 8.0, 50, 75)]
    pitches = [note.pitch for note in struck]
    again = [now in pitches[max(place - 2, 0) : place] for place, now in enumerate(pitches)]
    assert np.mean(again) > 0.6
    assert all(50 <= pitch <= 75 for pitch in pitches)


def test_examples_of_other_instruments_are_kept_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ESTILO_CACHE", str(tmp_path / "cache"))
    folders = []
    for name, table in (("one", b"flute"), ("same", b"flute"), ("other", b"oboe")):
        folders.append(tmp_path / name)
        folders[-1].mkdir()
        (folders[-1] / "notes.csv").write_bytes(table)
    one, same, other = (notes.kept_in([folder], seed=1) for folder in folders)
    assert one == same != other
    assert notes.kept_in(folders[:1], seed=2) != one


def test_scores_hold_no_two_notes_of_a_pitch_at_once(rng: np.random.Generator) -> None:
    for _ in range(50):
        last: dict[float, float] = {}
        for note in draw_score(rng, duration_s=8.0, low=50, high=75):
            assert note.start_s >= last.get(note.pitch, 0.0) - 1e-9
            assert note.duration_s > 0.0
            last[note.pitch] = note.start_s + note.duration_s


@pytest.mark.parametrize("kind", [Additive, Singer])
def test_players_play_the_pitch_that_is_written(kind: type, rng: np.random.Generator) -> None:
    for pitch in (57.0, 64.0):
        samples, held_s = kind(rng).play(Note(0.0, 1.0, pitch, 0.3), rng)
        assert held_s == 1.0
        assert np.abs(samples).max() > 0.1
        spectrum = np.abs(np.fft.rfft(samples[4000:16000] * np.hanning(12000), 1 << 17))
        base = 440 * 2 ** ((pitch - 69) / 12) * (1 << 17) / 16000
        near, between = (
            sum(
                spectrum[int(base * k * 0.985) : int(base * k * 1.015)].max()
                for k in np.arange(3) + first
            )
            for first in (1.0, 1.5)
        )
        assert near > 3 * between


def test_training_goes_on_where_it_was_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    monkeypatch.setattr(notes, "_SAVE_EVERY", 2)
    file = tmp_path / "examples.npz"
    made = note_examples.learnable(SinesOnly(), n_pieces=1, seed=(0,))  # type: ignore[arg-type]
    np.savez(file, **made)  # type: ignore[arg-type]
    examples = notes.Examples([file])
    whole = notes.fit(examples, n_steps=4, seed=0, state=tmp_path / "whole.pt")

    class StoppedError(RuntimeError):
        pass

    def stop(rng: np.random.Generator) -> None:
        raise StoppedError

    parts = notes.Examples([file])
    state = tmp_path / "parts.pt"
    crop, calls = parts.crop, []

    def twice(rng: np.random.Generator):
        calls.append(1)
        return crop(rng) if len(calls) < 4 else stop(rng)

    monkeypatch.setattr(parts, "crop", twice)
    with pytest.raises(StoppedError):
        notes.fit(parts, n_steps=4, seed=0, state=state)
    again = notes.fit(examples, n_steps=4, seed=0, state=state)
    for name, weights in whole.weights().items():
        np.testing.assert_allclose(again.weights()[name], weights, atol=1e-6)
