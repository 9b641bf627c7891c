"""Whether a note sounds at the pitch that it is meant to have.

Two listeners that fail on different sounds are asked: the network of `estilo.analysis.salience`,
which knows no instrument whose partials it never heard, and the period of the autocorrelation
(`estilo.analysis.harmonicity`), which knows no strike tone. A note sounds at a pitch where one of
them hears it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.harmonicity import pitch_track
from estilo.analysis.salience import HIGHEST_MIDI, HOP, LOWEST_MIDI, salience, trained_weights
from estilo.analysis.sound import RATE_HZ, Sound
from estilo.analysis.spectral_shape import spectrum_of
from estilo.units import hz_to_midi

OCTAVES = (0, -12, 12, -24, 24)
"""Transpositions in which an instrument may be written, in semitones, the likeliest first."""

_HEARD_S = 1.0
_LOUD = 0.1  # of the loudest frame's amplitude: -20 dB
_SHARE = 0.5
_CLARITY = 0.3
_CENTS = 50.0


@dataclass(frozen=True, eq=False)
class HeardPitch:
    """What is heard in the first second of a note, in the frames within 20 dB of the loudest.

    Args:
        shares: share of frames in which each note from `LOWEST_MIDI` sounds. **Shape** ``(88,)``.
        period: median pitch of the autocorrelation's period, as a MIDI note number with fractions.
        clarity: median height of the autocorrelation there, 0 to 1.
    """

    shares: NDArray[np.float64]
    period: float
    clarity: float

    def is_at(self, midi_pitch: int) -> bool:
        """Whether the note sounds at a pitch.

        Args:
            midi_pitch: MIDI note number.
        """
        is_on_keyboard = LOWEST_MIDI <= midi_pitch <= HIGHEST_MIDI
        if is_on_keyboard and self.shares[midi_pitch - LOWEST_MIDI] >= _SHARE:
            return True
        distance_cents = 100.0 * abs(self.period - midi_pitch)
        return self.clarity >= _CLARITY and distance_cents <= _CENTS

    def in_words(self, midi_pitch: int) -> str:
        """What is wrong with a note that should sound at a pitch; empty where nothing is.

        Args:
            midi_pitch: MIDI note number.
        """
        if self.is_at(midi_pitch):
            return ""
        if any(self.is_at(midi_pitch + octaves) for octaves in OCTAVES):
            return "another octave"
        is_somewhere = self.shares.max() >= _SHARE or self.clarity >= _CLARITY
        return "another pitch" if is_somewhere else "no pitch"


def heard_pitch(samples: NDArray, sample_rate: int) -> HeardPitch:
    """Listen to one note.

    Args:
        samples: the note from its start, not all of them zero. **Shape** ``(time,)``.
        sample_rate: sample rate in Hz.

    Example:
        >>> tone = np.sin(2 * np.pi * 440 * np.arange(22050) / 22050)
        >>> heard = heard_pitch(tone, 22050)
        >>> heard.is_at(69), heard.is_at(57), heard.in_words(57)
        (True, False, 'another octave')
    """
    sound = Sound(samples[: round(_HEARD_S * sample_rate)], sample_rate)
    sounding = salience(sound) > trained_weights()["threshold"]
    is_loud = _loud_frames(sound.mono, len(sounding))
    spectrum = spectrum_of(sound.mono, RATE_HZ)
    clarity, pitch_hz = pitch_track(spectrum)
    energy = spectrum.power.sum(1)
    is_loud_there = energy >= _LOUD**2 * energy.max()
    return HeardPitch(
        shares=sounding[is_loud].mean(0),
        period=float(np.median(hz_to_midi(pitch_hz[is_loud_there]))),
        clarity=float(np.median(clarity[is_loud_there])),
    )


def transposition(heard: Sequence[HeardPitch], midi_pitches: Sequence[int]) -> int:
    """How many octaves off an instrument sounds throughout, in semitones.

    Args:
        heard: what is heard in its notes.
        midi_pitches: what they should be.

    Returns:
        The one of `OCTAVES` at which most notes sound; 0 where as many sound as written.
    """

    def n_right(octaves: int) -> int:
        return sum(
            each.is_at(pitch + octaves) for each, pitch in zip(heard, midi_pitches, strict=True)
        )

    return max(OCTAVES, key=n_right)


def _loud_frames(mono: NDArray, n_frames: int) -> NDArray[np.bool_]:
    """Frames of `salience` within 20 dB of the loudest; **shape** ``(n_frames,)``."""
    padded = np.pad(np.square(mono, dtype=np.float64), (HOP, 2 * HOP))
    ends = np.concatenate([[0.0], np.cumsum(padded)])
    starts = HOP * np.arange(n_frames)
    energy = ends[starts + 2 * HOP] - ends[starts]
    return energy >= _LOUD**2 * energy.max()
