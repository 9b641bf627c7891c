"""Textures among the instruments that the judge of timbre learns from.

A style may be rain. Each texture is one take of the own synthesiser, with effects of its own;
pieces of it stand for the notes of an instrument, at pitches that are not heard.
"""

import numpy as np

from estilo.analysis.sound import Sound
from estilo.datasets.instruments.library import InstrumentNote
from estilo.evaluation.networks.note_bank import NOTE_FRAMES, NoteBank, note_levels
from estilo.metrics.judge.hearing import FRAME_RATE_HZ, RATE_HZ
from estilo.metrics.timbre_network import METRIC_SEED
from estilo.synthesis.effects import apply_effects, random_effects
from estilo.synthesis.textures import TEXTURES

PITCHES = (42, 48, 54, 60, 66, 72, 78)
"""Pitches that pieces stand for, so that every batch may draw some."""

_VELOCITIES = (60, 110)
_LIBRARY = "estilo's textures"


def texture_bank(n: int) -> NoteBank:
    """Pieces of textures.

    Args:
        n: number of textures.
    """
    levels, notes = [], []
    piece_s = NOTE_FRAMES / FRAME_RATE_HZ
    size = round(piece_s * RATE_HZ)
    for number in range(n):
        rng = np.random.default_rng([METRIC_SEED, number, *b"judge-textures"])
        name = str(rng.choice(list(TEXTURES)))
        take = TEXTURES[name](piece_s * len(PITCHES), RATE_HZ, rng)
        take = apply_effects(take, random_effects(rng), RATE_HZ)
        for place, pitch in enumerate(PITCHES):
            piece = take[place * size : (place + 1) * size]
            levels.append(note_levels(Sound(piece, RATE_HZ)))
            notes.append(
                InstrumentNote(
                    path=f"{number}-{place}",
                    instrument=f"{name} {number}",
                    midi_pitch=pitch,
                    velocity=_VELOCITIES[place % 2],
                    held_s=piece_s,
                    split="train",
                    licence="CC0-1.0",
                    source=_LIBRARY,
                )
            )
    return NoteBank(
        levels_db=np.stack(levels),
        notes=tuple(notes),
        instrument=np.repeat(np.arange(n), len(PITCHES)),
        library=np.zeros(n, np.int64),
        names=tuple(f"{_LIBRARY}: {each.instrument}" for each in notes[:: len(PITCHES)]),
    )
