"""The kind of sound that a recording is: pitched, voiced, percussive or textural."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch

from estilo.analysis.harmonicity import harmonicity, pitch_track
from estilo.analysis.onsets import onset_strength
from estilo.analysis.sound import RATE_HZ, Sound
from estilo.analysis.spectral_shape import spectrum_of
from estilo.dsp.hpss import harmonic_percussive

Kind = Literal["pitched", "voiced", "percussive", "textural"]

_FINE_FRAME_S = 0.064
_CLEAR = 0.7  # salience of a frame with a pitch
_AUDIBLE = 1e-3  # share of the loudest frame's power
_GLIDE, _LEAP = 0.25, 2.5  # semitones in 32 ms: less is vibrato or nothing, more another note
_LEVEL_S = 0.01
_RANGE_DB = 40.0


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
    voiced, gliding = _voice(mono)
    measured = {
        "salience": of_all.salience,
        "n_partials": of_all.n_partials,
        "percussive": hits / (hits + float(split.harmonic.square().sum())),
        "voiced": voiced,
        "gliding": gliding,
        "level_spread_db": _level_spread_db(mono),
        "onset_strength_db": float(sound.once(onset_strength).mean()),
    }
    return Character(_kind(**measured), **measured)


def _kind(
    *,
    salience: float,
    n_partials: float,
    percussive: float,
    voiced: float,
    gliding: float,
    level_spread_db: float,
    onset_strength_db: float,
) -> Kind:
    is_voice = voiced > 0.75 and gliding > 0.25 and percussive > 0.12
    if is_voice and level_spread_db > 8.0 and onset_strength_db > 0.85:
        return "voiced"
    holds_notes = voiced > 0.8 and gliding < 0.25
    if holds_notes or (n_partials > 5.0 and salience > 0.9):
        return "pitched"
    if percussive < 0.45 and n_partials > 8.0:  # chords, whose common pitch is not clear
        return "pitched"
    return "percussive" if level_spread_db + 4.0 * onset_strength_db > 10.5 else "textural"


def _voice(mono: np.ndarray) -> tuple[float, float]:
    """Share of the amplitude with a clear pitch, and share of its steps that slide."""
    spectrum = spectrum_of(mono, RATE_HZ, frame_s=_FINE_FRAME_S)
    salience, pitch_hz = pitch_track(spectrum)
    power = spectrum.power.sum(1, dtype=np.float64)
    is_clear = (salience > _CLEAR) & (power > _AUDIBLE * power.max())
    steps = np.abs(np.diff(12.0 * np.log2(pitch_hz)))[is_clear[1:] & is_clear[:-1]]
    is_sliding = (steps > _GLIDE) & (steps < _LEAP)
    voiced = float(np.average(is_clear, weights=np.sqrt(power)))
    return voiced, float(is_sliding.mean()) if len(steps) else 0.0


def _level_spread_db(mono: np.ndarray) -> float:
    size = round(_LEVEL_S * RATE_HZ)
    whole = np.pad(mono, (0, -len(mono) % size)).reshape(-1, size)
    power = np.square(whole, dtype=np.float64).mean(1)
    level_db = 10.0 * np.log10(np.maximum(power / power.max(), 10.0 ** (-_RANGE_DB / 10.0)))
    return float(level_db.std())
