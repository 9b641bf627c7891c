"""Pieces through a soundfont together with which of their notes are audible when.

Every note is rendered alone, so that its level is known at any time: a struck string that has died
away before its key is let go is over, and a string pad that rings on after it is not.

The rule: a note is audible in a frame while its level there (over one hop around the frame's
centre) is within `OWN_RANGE_DB` of its own loudest frame and within `PIECE_RANGE_DB` of the loudest
frame of any note of the piece.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from estilo.analysis.salience import HIGHEST_MIDI, HOP, LOWEST_MIDI
from estilo.analysis.sound import RATE_HZ, Sound
from estilo.dsp.resample import resample
from estilo.synthesis.fluidsynth import render
from estilo.synthesis.notes import Note, random_phrase

OWN_RANGE_DB = 30.0
PIECE_RANGE_DB = 40.0

FAMILIES: dict[str, tuple[int, ...]] = {
    "piano": tuple(range(8)),
    "mallets": tuple(range(8, 14)),
    "organ": tuple(range(19, 24)),
    "guitar": tuple(range(24, 31)),
    "bass": tuple(range(32, 40)),
    "strings": (*range(40, 44), 45, 46),
    "ensemble": (44, *range(48, 55)),
    "brass": tuple(range(56, 64)),
    "reed": tuple(range(64, 72)),
    "pipe": tuple(range(72, 80)),
    "lead": (80, 81, 82, 83, 84, 85, 87),
    "pad": tuple(range(88, 96)),
}
"""General MIDI programs, from 0, whose notes have one pitch.

Left out: drawbar organs (16 to 18), whose longest pipe may sound an octave below what is written,
and lead 86, in fifths by name.
"""

PERCUSSION = (115, 116, 117, 118, 119, 121, 122, 125, 126, 127)
"""Programs without a pitch to find: drums, cymbals, breath, sea, helicopter, applause."""

_RENDER_HZ = 32_000
_PLAY_HZ = 44_100
_TAIL_S = 1.2
_BATCH_S = 900.0
_TINY = 1e-12


@dataclass(frozen=True, eq=False)
class Part:
    """A phrase on one instrument, and the level of each of its notes alone.

    Args:
        samples: sum of the notes at `RATE_HZ`; **shape** ``(time,)``, float32.
        pitches: MIDI note numbers; **shape** ``(n_notes,)``.
        levels_db: levels of each note over one hop around each frame; **shape** ``(n_notes,
            n_frames)``.
    """

    samples: np.ndarray
    pitches: np.ndarray
    levels_db: np.ndarray


def render_parts(
    phrases: Sequence[Sequence[Note]], *, program: int, soundfont: str | Path, duration_s: float
) -> Iterator[Part]:
    """Phrases on one instrument, each note rendered alone.

    Args:
        phrases: their notes.
        program: General MIDI program, from 0.
        soundfont: soundfont, as in `estilo.synthesis.fluidsynth.render`.
        duration_s: duration of each part; what rings on is cut.

    Yields:
        The part of each phrase in turn.
    """
    batch: list[Sequence[Note]] = []
    length_s = 0.0
    for phrase in phrases:
        batch.append(phrase)
        length_s += sum(note.duration_s + _TAIL_S for note in phrase)
        if length_s > _BATCH_S:
            yield from _render_batch(batch, program, soundfont, duration_s)
            batch, length_s = [], 0.0
    if batch:
        yield from _render_batch(batch, program, soundfont, duration_s)


def audible(parts: Sequence[Part], *, gains_db: Sequence[float] | None = None) -> np.ndarray:
    """Which notes of a piece are audible when; see the rule above.

    Args:
        parts: parts of equal duration, heard together.
        gains_db: gains of each part; 0 by default.

    Returns:
        **Shape** ``(n_frames, 88)``, bool, as `estilo.analysis.multipitch.multipitch`.
    """
    gains = [0.0] * len(parts) if gains_db is None else gains_db
    levels = np.concatenate([p.levels_db + g for p, g in zip(parts, gains, strict=True)])
    pitches = np.concatenate([p.pitches for p in parts])
    truth = np.zeros((levels.shape[1], HIGHEST_MIDI - LOWEST_MIDI + 1), dtype=bool)
    floor = np.maximum(
        levels.max(1, keepdims=True, initial=-np.inf) - OWN_RANGE_DB,
        levels.max(initial=-np.inf) - PIECE_RANGE_DB,
    )
    for pitch, sounds in zip(pitches, levels > floor, strict=True):
        if LOWEST_MIDI <= pitch <= HIGHEST_MIDI:
            truth[:, pitch - LOWEST_MIDI] |= sounds
    return truth


def _render_batch(
    phrases: Sequence[Sequence[Note]], program: int, soundfont: str | Path, duration_s: float
) -> Iterator[Part]:
    row: list[Note] = []
    now_s = 0.0
    for note in (note for phrase in phrases for note in phrase):
        row.append(replace(note, start_s=now_s))
        now_s += note.duration_s + _TAIL_S
    sound = render(
        row, program=program, soundfont=soundfont, sample_rate=_RENDER_HZ, duration_s=now_s
    )
    sound = resample(sound[None], _RENDER_HZ, RATE_HZ)[0]
    places = iter(row)
    for phrase in phrases:
        alone = []
        for note in phrase:
            start_s = next(places).start_s
            end_s = start_s + note.duration_s + _TAIL_S
            alone.append(sound[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)])
        yield part_of(phrase, alone, duration_s=duration_s)


def part_of(notes: Sequence[Note], sounds: Sequence[np.ndarray], *, duration_s: float) -> Part:
    """Notes put in their places.

    Args:
        notes: where they start.
        sounds: sound of each note alone, at `RATE_HZ`; **shape** ``(time,)`` each.
        duration_s: duration of the part; what rings on is cut.

    Example:
        >>> part = part_of([Note(1.0, 0.5, 60, 1.0)], [np.ones(8000)], duration_s=2.0)
        >>> np.flatnonzero(part.samples)[[0, -1]].tolist(), part.levels_db.shape
        ([16000, 23999], (1, 63))
    """
    n_frames = 1 + round(duration_s * RATE_HZ) // HOP
    # Half a hop before the start, so that a row of hops is centred on the frames.
    whole = np.zeros((n_frames + 1) * HOP, dtype=np.float32)
    levels_db = np.empty((len(notes), n_frames), dtype=np.float32)
    for i, (note, sound) in enumerate(zip(notes, sounds, strict=True)):
        alone = np.zeros_like(whole)
        start = round(note.start_s * RATE_HZ) + HOP // 2
        cut = sound[: max(len(alone) - start, 0)]
        alone[start : start + len(cut)] = cut
        whole += alone
        power = np.square(alone[: n_frames * HOP]).reshape(n_frames, HOP).mean(1)
        levels_db[i] = 10.0 * np.log10(power + _TINY)
    pitches = np.array([round(note.pitch) for note in notes], dtype=int)
    return Part(whole[HOP // 2 :][: round(duration_s * RATE_HZ)], pitches, levels_db)


def phrases_of(program: int, *, seed: int) -> list[tuple[bool, tuple[Note, ...]]]:
    """What a program plays when an estimator is judged: two polyphonic phrases and a melody, 8 s.

    Basses play from E1 to C4, everyone else from C3 to C6.

    Args:
        program: General MIDI program, from 0.
        seed: random seed of all programs.

    Returns:
        Whether a phrase is polyphonic, and its notes.
    """
    rng = np.random.default_rng((seed, program))
    low, high = (28, 60) if program in FAMILIES["bass"] else (48, 84)
    return [
        (many, random_phrase(rng, duration_s=8.0, is_polyphonic=many, low=low, high=high))
        for many in (True, True, False)
    ]


def known_pieces(
    phrases: Sequence[Sequence[Note]], *, program: int, soundfont: str | Path, duration_s: float
) -> Iterator[tuple[Sound, np.ndarray]]:
    """Phrases as FluidSynth plays them, and what is audible in them.

    Args:
        phrases: their notes.
        program: General MIDI program, from 0.
        soundfont: soundfont, as in `estilo.synthesis.fluidsynth.render`.
        duration_s: duration of each piece; what rings on is cut.

    Yields:
        The sound of each phrase at 44.1 kHz, and its ground truth as from `audible`.
    """
    space_s = duration_s + _TAIL_S
    row = [
        replace(note, start_s=note.start_s + place * space_s)
        for place, phrase in enumerate(phrases)
        for note in phrase
    ]
    whole = render(
        row,
        program=program,
        soundfont=soundfont,
        sample_rate=_PLAY_HZ,
        duration_s=len(phrases) * space_s,
    )
    parts = render_parts(phrases, program=program, soundfont=soundfont, duration_s=duration_s)
    for place, part in enumerate(parts):
        start = round(place * space_s * _PLAY_HZ)
        samples = whole[start : start + round(duration_s * _PLAY_HZ)]
        yield Sound(samples, _PLAY_HZ), audible([part])
