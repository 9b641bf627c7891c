"""The kind of sound that a recording is: pitched, voiced, percussive or textural."""

from dataclasses import dataclass
from typing import Literal

import torch

from estilo.analysis.harmonicity import Harmonicity, harmonicity
from estilo.analysis.sound import RATE_HZ, Sound
from estilo.analysis.spectral_shape import spectrum_of
from estilo.analysis.voices import Movement, movement
from estilo.dsp.hpss import harmonic_percussive

Kind = Literal["pitched", "voiced", "percussive", "textural"]


@dataclass(frozen=True)
class Character:
    """A recording's kind, and the measures that decide it.

    Args:
        kind: pitched (instruments, singing that holds its notes), voiced (speech), percussive
            (drums, anything made of hits) or textural (rain, wind, crowds).
        salience: clarity of the pitch, 0 to 1.
        n_partials: number of partials that sound at once.
        percussive: share of the energy in hits rather than in sustained sound, 0 to 1.
        voiced: share of the amplitude with a clear pitch, 0 to 1.
        gliding: share of the pitched moments in which the pitch slides, 0 to 1.
        level_spread_db: standard deviation of the level over time, in dB.
        onset_strength_db: mean rise of the bands' levels in 30 ms, in dB.
    """

    kind: Kind
    salience: float
    n_partials: float
    percussive: float
    voiced: float
    gliding: float
    level_spread_db: float
    onset_strength_db: float


def character(sound: Sound) -> Character | None:
    """Decide the kind of sound that a recording is; None where there is nothing to hear.

    A few thresholds on what is measured, set on 105 clips: melodies and chords of MuseScore_General
    and TimGM6mb, real instruments, drum loops, recorded and generated textures, real and
    synthesised speech. Fire and bubbles pass for percussive: they are made of hits.

    Args:
        sound: recording of any length; all of it is analysed, at 16 kHz.

    Example:
        >>> import numpy as np
        >>> tone = np.sin(0.2 * np.arange(16_000)) + 0.5 * np.sin(0.4 * np.arange(16_000))
        >>> found = character(Sound(tone, 16_000))
        >>> found and found.kind
        'pitched'
    """
    if sound.is_empty:
        return None
    mono = sound.mono
    of_all = harmonicity(spectrum_of(mono, RATE_HZ))
    split = harmonic_percussive(torch.from_numpy(mono), sample_rate=RATE_HZ)
    hits = float(split.percussive.square().sum())
    percussive = hits / (hits + float(split.harmonic.square().sum()))
    moves = movement(sound)
    return Character(
        kind=_kind(moves, of_all, percussive=percussive),
        salience=of_all.salience,
        n_partials=of_all.n_partials,
        percussive=percussive,
        voiced=moves.voiced,
        gliding=moves.gliding,
        level_spread_db=moves.level_spread_db,
        onset_strength_db=moves.onset_strength_db,
    )


def _kind(moves: Movement, of_all: Harmonicity, *, percussive: float) -> Kind:
    if moves.is_of_speech and percussive > 0.12:
        return "voiced"
    holds_notes = moves.voiced > 0.8 and moves.gliding < 0.25
    if holds_notes or (of_all.n_partials > 5.0 and of_all.salience > 0.9):
        return "pitched"
    if percussive < 0.45 and of_all.n_partials > 8.0:  # chords, whose common pitch is not clear
        return "pitched"
    is_uneven = moves.level_spread_db + 4.0 * moves.onset_strength_db > 10.5
    return "percussive" if is_uneven else "textural"
