"""Whether the notes of an instrument sound at the pitches that they are meant to have.

Two listeners that fail on different sounds are asked: the network of `estilo.analysis.salience`,
which knows no instrument whose partials it never heard, and the period of
`estilo.datasets.instruments.pitch_check`, which knows no bells. A note sounds at a pitch where one
of them hears it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.salience import HIGHEST_MIDI, HOP, LOWEST_MIDI, salience, trained_weights
from estilo.analysis.sound import Sound
from estilo.datasets.instruments.pitch_check import check_pitch

OCTAVES = (0, -12, 12, -24, 24)
"""Transpositions in which an instrument may be written, in semitones, the likeliest first."""

_HEARD_S = 1.0
_LOUD = 0.1  # of the loudest frame's amplitude: -20 dB
_SHARE = 0.5
_MOVED = 1.5


@dataclass(frozen=True, eq=False)
class HeardNote:
    """The first second of a note, and what the network hears in it.

    Args:
        sound: the first second.
        shares: share of the frames within 20 dB of the loudest in which each note from
            `LOWEST_MIDI` sounds. **Shape** ``(88,)``.
    """

    sound: Sound
    shares: NDArray[np.float64]

    def is_at(self, midi_pitch: int) -> bool:
        """Whether the note sounds at a pitch.

        Args:
            midi_pitch: MIDI note number.
        """
        is_on_keyboard = LOWEST_MIDI <= midi_pitch <= HIGHEST_MIDI
        if is_on_keyboard and self.shares[midi_pitch - LOWEST_MIDI] >= _SHARE:
            return True
        return check_pitch(self.sound, midi_pitch).is_right

    def fault(self, midi_pitch: int) -> str:
        """What is wrong with a note that should sound at a pitch; empty where nothing is.

        Args:
            midi_pitch: MIDI note number.
        """
        if self.is_at(midi_pitch):
            return ""
        if any(self.is_at(midi_pitch + octaves) for octaves in OCTAVES):
            return "another octave"
        has_period = check_pitch(self.sound, midi_pitch).other is not None
        return "another pitch" if has_period or self.shares.max() >= _SHARE else "no pitch"


def listen(samples: NDArray, sample_rate: int) -> HeardNote:
    """Listen to one note.

    Args:
        samples: the note from its start, not all of them zero. **Shape** ``(time,)``.
        sample_rate: sample rate in Hz.

    Example:
        >>> tone = np.sin(2 * np.pi * 440 * np.arange(22050) / 22050)
        >>> heard = listen(tone, 22050)
        >>> heard.is_at(69), heard.is_at(57), heard.fault(57)
        (True, False, 'another octave')
    """
    sound = Sound(samples[: round(_HEARD_S * sample_rate)], sample_rate)
    sounding = salience(sound) > trained_weights()["threshold"]
    return HeardNote(sound, sounding[_loud_frames(sound.mono, len(sounding))].mean(0))


def transposition(heard: Sequence[HeardNote], midi_pitches: Sequence[int]) -> int:
    """How many octaves off an instrument sounds throughout, in semitones.

    Args:
        heard: notes of an instrument.
        midi_pitches: pitches that they should have.

    Returns:
        The one of `OCTAVES` at which most notes sound, if they are half as many again as those
        that sound as written; otherwise 0.
    """

    def n_right(octaves: int) -> int:
        return sum(
            each.is_at(pitch + octaves) for each, pitch in zip(heard, midi_pitches, strict=True)
        )

    n_written = n_right(0)
    if _MOVED * n_written > len(heard):
        return 0
    n_most, octaves = max((n_right(octaves), -abs(octaves), octaves) for octaves in OCTAVES)[::2]
    return octaves if n_most >= _MOVED * n_written else 0


def _loud_frames(mono: NDArray, n_frames: int) -> NDArray[np.bool_]:
    """Frames of `salience` within 20 dB of the loudest; **shape** ``(n_frames,)``."""
    padded = np.pad(np.square(mono, dtype=np.float64), (HOP, 2 * HOP))
    ends = np.concatenate([[0.0], np.cumsum(padded)])
    starts = HOP * np.arange(n_frames)
    energy = ends[starts + 2 * HOP] - ends[starts]
    return energy >= _LOUD**2 * energy.max()
