"""Pieces whose notes are known, for the transcriber to learn from.

A note starts where it reaches 30 dB below its loudest, and ends when its key is released, when it
has faded by 30 dB from its loudest, or when its pitch is struck again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.salience import LOWEST_MIDI, N_NOTES
from estilo.analysis.sound import RATE_HZ
from estilo.analysis.transcription.spectra import (
    ABOVE_DB,
    FRAME_RATE_HZ,
    HOP,
    RANGE_DB,
    log_levels,
    mean_power,
)
from estilo.evaluation.networks.note_scores import draw_score
from estilo.evaluation.networks.note_sounds import Bank, Player, Samples, levelled
from estilo.evaluation.networks.pitch_examples import coloured, reverberated
from estilo.synthesis.drums import DrumPatch
from estilo.synthesis.notes import Note
from estilo.synthesis.textures import TEXTURES

PIECE_S = 10.0
N_SAMPLES = round(PIECE_S * RATE_HZ)
N_FRAMES = 1 + N_SAMPLES // HOP
FADED_DB = 30.0
LEVEL_STEPS, TRUTH_STEPS = 200.0, 200.0
"""Steps in which levels and truths are kept, per unit."""

_ONSET_FRAMES = 0.8
_BLOCK = 64


@dataclass(frozen=True)
class Truth:
    """What there is to hear in a piece.

    Args:
        notes: notes as they are heard; velocities do not count.
        hits: starts of hits without a pitch, in seconds.
        onset: how near the start of a note is, 1 at it. **Shape** ``(N_FRAMES, 88)``, uint8 in
            steps of `TRUTH_STEPS`.
        level: levels of the notes that are held, 0 where none is, on the scale of `log_levels` in
            steps of `TRUTH_STEPS`. **Shape** ``(N_FRAMES, 88)``, uint8.
        hit: how near the start of a hit is. **Shape** ``(N_FRAMES,)``, uint8.
    """

    notes: tuple[Note, ...]
    hits: tuple[float, ...]
    onset: NDArray[np.uint8]
    level: NDArray[np.uint8]
    hit: NDArray[np.uint8]


def pieces(
    bank: Bank, *, n_pieces: int, rng: np.random.Generator
) -> Iterator[tuple[Samples, Truth]]:
    """Pieces of one or two players, of drums, of textures, and of both; disturbed.

    Args:
        bank: players to draw from.
        n_pieces: number of pieces.
        rng: source of all draws.

    Yields:
        Samples at 16 kHz, **shape** ``(N_SAMPLES,)``, and what there is to hear in them.
    """
    for _ in range(n_pieces):
        kind = rng.choice(5, p=(0.66, 0.16, 0.05, 0.07, 0.06))
        piece = _Piece(rng)
        if kind in (0, 1, 3):
            for _ in range(1 + (rng.random() < 0.25)):
                piece.add_player(bank.draw(rng))
        if kind in (1, 2):
            piece.add_drums()
        if kind in (3, 4):
            piece.add_texture()
        yield piece.finished()


class _Piece:
    """A piece in the making."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._mix = np.zeros(N_SAMPLES, np.float32)
        self._notes: list[tuple[Note, float, NDArray]] = []
        self._hits: list[tuple[float, float]] = []

    def add_player(self, player: Player) -> None:
        """A score on one player, in tune with itself."""
        rng = self._rng
        low, high = player.low, player.high
        if high - low > 30:
            low = int(rng.integers(low, high - 26))
            high = min(low + int(rng.integers(20, 40)), high)
        if high - low < 13:
            high = low + 13
        score = draw_score(rng, duration_s=PIECE_S - 0.5, low=low, high=high)
        detune = rng.uniform(-0.3, 0.3) if rng.random() < 0.5 else 0.0
        gain = 10.0 ** (-rng.uniform(0.0, 12.0) / 20.0)
        for note in score:
            asked = replace(note, pitch=note.pitch + detune, velocity=note.velocity * gain)
            samples, held_s = player.play(asked, rng)
            if np.any(samples):
                self._add(note, samples, held_s)

    def add_drums(self) -> None:
        """Hits of a kit at random times of a grid."""
        rng = self._rng
        kit = DrumPatch.draw(rng)
        while kit.is_pitched:
            kit = DrumPatch.draw(rng)
        step_s, share = rng.uniform(0.1, 0.3), rng.uniform(0.2, 0.7)
        loudest = 10.0 ** (-rng.uniform(-6.0, 12.0) / 20.0)
        for start_s in np.arange(rng.uniform(0.0, 0.3), PIECE_S - 0.2, step_s):
            if rng.random() > share:
                continue
            note = Note(start_s, 0.1, float(rng.integers(30, 80)), rng.uniform(0.3, 1.0))
            sound = kit.play(note, sample_rate=RATE_HZ, rng=rng)
            amplitude = loudest * note.velocity
            self._put(levelled(np.asarray(sound, np.float32), amplitude), start_s)
            self._hits.append((start_s, amplitude))

    def add_texture(self) -> None:
        """Water, wind, a crowd or plain noise under everything else."""
        rng = self._rng
        names = [*TEXTURES, "noise", "noise"]
        name = names[int(rng.integers(len(names)))]
        if name == "noise":
            texture = coloured(rng.standard_normal(N_SAMPLES), rng=rng, range_db=25.0)
        else:
            texture = TEXTURES[name](PIECE_S, RATE_HZ, rng)
        power = mean_power(self._mix) or 1e-2
        gain = np.sqrt(power / max(mean_power(texture), 1e-12))
        self._mix += texture * np.float32(gain * 10.0 ** (-rng.uniform(0.0, 30.0) / 20.0))

    def finished(self) -> tuple[Samples, Truth]:
        """The piece through an equaliser, in a room, with noise, each by chance."""
        rng = self._rng
        samples = self._mix
        if rng.random() < 0.4:
            samples = coloured(samples, rng=rng, range_db=rng.uniform(3.0, 12.0))
        if rng.random() < 0.3:
            samples = reverberated(samples, rng=rng)
        if rng.random() < 0.1:
            samples = np.tanh(rng.uniform(1.0, 6.0) / max(np.abs(samples).max(), 1e-6) * samples)
        power = mean_power(samples) or 1e-4
        if rng.random() < 0.5:
            noise = coloured(rng.standard_normal(N_SAMPLES), rng=rng, range_db=20.0)
            gain = np.sqrt(power / mean_power(noise)) * 10.0 ** (-rng.uniform(20.0, 70.0) / 20.0)
            samples = samples + np.float32(gain) * noise
        return np.asarray(samples, np.float32), self._truth()

    def _truth(self) -> Truth:
        onset = np.zeros((N_FRAMES, N_NOTES), np.float32)
        level = np.zeros((N_FRAMES, N_NOTES), np.uint8)
        hit = np.zeros(N_FRAMES, np.float32)
        mean_db = 10.0 * np.log10(mean_power(self._mix) + 1e-12)
        loudest_db = max((powers_db.max() for *_, powers_db in self._notes), default=0.0)
        kept = []
        for note, end_s, powers_db in self._notes:
            if powers_db.max() < loudest_db - 45.0:
                continue
            kept.append(replace(note, duration_s=end_s - note.start_s))
            column = round(note.pitch) - LOWEST_MIDI
            np.maximum(onset[:, column], _nearness(note.start_s), out=onset[:, column])
            first = int(np.ceil(note.start_s * FRAME_RATE_HZ))
            n = max(min(int(np.ceil(end_s * FRAME_RATE_HZ)), N_FRAMES) - first, 0)
            scaled = 1.0 + (powers_db[:n] - mean_db - ABOVE_DB) / RANGE_DB
            level[first : first + n, column] = np.clip(np.round(scaled * TRUTH_STEPS), 1, 255)
        strongest = max((amplitude for _, amplitude in self._hits), default=0.0)
        hits = tuple(start_s for start_s, amplitude in self._hits if amplitude > 0.05 * strongest)
        for start_s in hits:
            np.maximum(hit, _nearness(start_s), out=hit)
        steps = (np.round(each * TRUTH_STEPS).astype(np.uint8) for each in (onset, hit))
        onset, hit = steps
        return Truth(tuple(kept), hits, onset, level, hit)

    def _add(self, note: Note, samples: Samples, held_s: float) -> None:
        """A note, and when it is heard."""
        self._put(samples, note.start_s)
        blocks = np.pad(samples, (0, -len(samples) % _BLOCK)).reshape(-1, _BLOCK)
        power = np.square(blocks).mean(1)
        heard = np.flatnonzero(power > power.max() * 10.0 ** (-FADED_DB / 10.0))
        start_s = note.start_s + heard[0] * _BLOCK / RATE_HZ
        end_s = note.start_s + min(held_s, (heard[-1] + 1) * _BLOCK / RATE_HZ)
        if end_s - start_s < 0.02 or start_s > PIECE_S - 0.1:
            return
        first = int(np.ceil(start_s * FRAME_RATE_HZ))
        n = int(np.ceil(end_s * FRAME_RATE_HZ)) - first
        centres = round((first / FRAME_RATE_HZ - note.start_s) * RATE_HZ) + HOP * np.arange(n)
        total = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
        ends = np.clip(centres + HOP, 0, len(samples))
        begins = np.clip(centres - HOP, 0, len(samples))
        powers = (total[ends] - total[begins]) / (2 * HOP)
        powers_db = 10.0 * np.log10(np.maximum(powers, 1e-12))
        self._notes.append((replace(note, start_s=start_s), end_s, powers_db))

    def _put(self, samples: Samples, start_s: float) -> None:
        start = round(start_s * RATE_HZ)
        heard = samples[: max(N_SAMPLES - start, 0)]
        self._mix[start : start + len(heard)] += heard


def _nearness(start_s: float) -> NDArray[np.float32]:
    """A bell over the frames around a time, so that its peak tells it to a part of a frame."""
    far = (np.arange(N_FRAMES) - start_s * FRAME_RATE_HZ) / _ONSET_FRAMES
    bell = np.exp(-0.5 * far**2)
    return np.where(bell > 0.01, bell, 0.0).astype(np.float32)


def learnable(bank: Bank, *, n_pieces: int, seed: tuple[int, ...]) -> dict[str, NDArray[np.uint8]]:
    """Spectra and truths of pieces, in steps.

    Args:
        bank: players to draw from.
        n_pieces: number of pieces.
        seed: random seed of all draws.

    Returns:
        ``levels``, **shape** ``(n_pieces, N_FRAMES, N_BINS, n_layers)`` in steps of `LEVEL_STEPS`;
        ``onset``, ``level`` and ``hit`` as in `Truth`.
    """
    rng = np.random.default_rng(seed)
    rows: dict[str, list[NDArray[np.uint8]]] = {"levels": [], "onset": [], "level": [], "hit": []}
    for samples, truth in pieces(bank, n_pieces=n_pieces, rng=rng):
        steps = np.minimum(np.round(log_levels(samples) * LEVEL_STEPS), 255.0)
        rows["levels"].append(steps.astype(np.uint8))
        rows["onset"].append(truth.onset)
        rows["level"].append(truth.level)
        rows["hit"].append(truth.hit)
    return {name: np.stack(each) for name, each in rows.items()}
