"""Notes played by an instrument of zones."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.transcription.heard import HeardNote
from estilo.audio import Audio
from estilo.errors import InputError
from estilo.sampler.instrument import Instrument
from estilo.sampler.voice import Voice, Voices

_SLUR_S = 0.03
_AGAIN_S = 1.5
_CHOKE_S = 0.02
_LEVEL_RANGE_DB = 24.0


@dataclass(frozen=True, eq=False)
class Played:
    """What an instrument made of notes.

    Args:
        audio: sound of all notes.
        zones: number of the zone that played each note, in the order of the notes.
    """

    audio: Audio
    zones: tuple[int, ...]


def play(
    notes: Sequence[HeardNote],
    instrument: Instrument,
    *,
    sample_rate: int,
    duration_s: float,
    expression: float = 0.0,
) -> Played:
    """Play notes on an instrument.

    Each note begins at its time to a fraction of a sample, at its pitch to the cent, as far above
    or below the others as it was heard. It lasts as long as it should: a longer zone is let go as
    the instrument's own notes end, a shorter one goes on in its loop.

    Args:
        notes: notes in any order.
        instrument: instrument that plays them.
        sample_rate: sample rate of the result, in Hz.
        duration_s: duration of the result, in seconds; what rings on after it is cut.
        expression: share of the notes' own courses, 0 to 1: of pitch in place of the zones', of
            level on top of theirs.

    Returns:
        As many channels as the instrument's recordings have, and for each note its zone.

    Raises:
        InputError: the duration has no sample, or the expression is not from 0 to 1.

    Example:
        >>> from estilo.analysis.transcription.heard import Transcription
        >>> tone = Audio(np.sin(0.3 * np.arange(8000)), 8000)
        >>> heard = Transcription(notes=(HeardNote(0.1, 0.9, 66.6, 0.0),))
        >>> flute = Instrument.of([tone], [heard])
        >>> tune = [HeardNote(0.0, 0.5, 66.0, -6.0), HeardNote(0.5, 2.0, 68.0, -6.0)]
        >>> played = play(tune, flute, sample_rate=8000, duration_s=2.5)
        >>> played.audio.samples.shape, played.zones
        ((1, 20000), (0, 0))
    """
    n_samples = round(duration_s * sample_rate)
    if n_samples < 1:
        raise InputError(
            f"expected at least one sample, got {duration_s} s at {sample_rate} Hz; ask for more"
        )
    if not 0.0 <= expression <= 1.0:
        raise InputError(f"expression is a share from 0 to 1, got {expression}")
    n_channels = max(zone.samples.shape[0] for zone in instrument.zones)
    out = np.zeros((n_channels, n_samples), np.float64)
    levels_db = played_levels_db(notes, instrument)
    chosen = choose_zones(notes, instrument, levels_db)
    voices = Voices(instrument, notes, chosen, sample_rate=sample_rate)
    again_s = restarts_s(notes)
    for number, note in enumerate(notes):
        voice = voices.voice(note, chosen[number], levels_db[number], expression=expression)
        voice = choked(voice, again_s[number], sample_rate)
        _add(out, voice.samples, voice.first)
    return Played(Audio(out.astype(np.float32), sample_rate), tuple(chosen))


def choose_zones(
    notes: Sequence[HeardNote], instrument: Instrument, levels_db: Sequence[float]
) -> list[int]:
    """Number of the zone of each note; a repeated pitch takes turns where there is a choice.

    Args:
        notes: notes in any order.
        instrument: instrument that plays them.
        levels_db: level at which each is played.
    """
    chosen = [0] * len(notes)
    last: dict[int, tuple[float, int]] = {}
    ends_s = np.array([note.end_s for note in notes])
    for number in sorted(range(len(notes)), key=lambda each: notes[each].start_s):
        note = notes[number]
        key = round(note.pitch)
        before_s, zone = last.get(key, (-np.inf, -1))
        recent = (zone,) if note.start_s - before_s < _AGAIN_S else ()
        is_slurred = bool((np.abs(ends_s - note.start_s) < _SLUR_S).any())
        level_db = levels_db[number]
        chosen[number] = instrument.choose(
            note, level_db=level_db, is_slurred=is_slurred, recent=recent
        )
        last[key] = note.end_s, chosen[number]
    return chosen


class Levelled(Protocol):
    """A note or a hit, of which only the level counts."""

    @property
    def level_db(self) -> float:
        """Level in dB."""
        ...


def usual_level_db(played: Sequence[Levelled]) -> float:
    """Median level of notes or hits, in dB; 0 if there are none.

    Args:
        played: notes or hits in any order.
    """
    return float(np.median([each.level_db for each in played])) if played else 0.0


def played_levels_db(notes: Sequence[HeardNote], instrument: Instrument) -> list[float]:
    """Levels of the notes about their own median, moved to that of the instrument.

    Args:
        notes: notes in any order.
        instrument: instrument that plays them.
    """
    levels_db = np.array([note.level_db for note in notes])
    about_db = np.clip(levels_db - usual_level_db(notes), -_LEVEL_RANGE_DB, _LEVEL_RANGE_DB)
    return (instrument.level_db + about_db).tolist()


def restarts_s(notes: Sequence[HeardNote]) -> list[float]:
    """When the key of each note is struck again, in seconds; infinity where it is not.

    Args:
        notes: notes in any order.

    Example:
        >>> restarts_s([HeardNote(0.0, 1.0, 60.1, 0.0), HeardNote(1.0, 2.0, 59.9, 0.0)])
        [1.0, inf]
    """
    out = [np.inf] * len(notes)
    following: dict[int, int] = {}
    for number in sorted(range(len(notes)), key=lambda each: -notes[each].start_s):
        key = round(notes[number].pitch)
        if key in following:
            later = following[key]
            # Notes that begin together are two players of one pitch, and do not end each other.
            is_later = notes[later].start_s > notes[number].start_s
            out[number] = notes[later].start_s if is_later else out[later]
        following[key] = number
    return out


def choked(voice: Voice, restart_s: float, sample_rate: int) -> Voice:
    """A voice that is silent soon after its key is struck again.

    Args:
        voice: a note that was played.
        restart_s: time at which the key is struck again, in seconds.
        sample_rate: sample rate of the voice, in Hz.
    """
    place = restart_s * sample_rate - voice.first
    if place >= voice.samples.shape[1]:
        return voice
    time = np.arange(voice.samples.shape[1]) - place
    fade = np.cos(0.5 * np.pi * np.clip(time / (_CHOKE_S * sample_rate), 0.0, 1.0)) ** 2
    return Voice(voice.samples * fade.astype(np.float32), voice.first)


def _add(out: NDArray, samples: NDArray, first: int) -> None:
    """Add a voice, cut to what there is room for; one channel goes to all."""
    start, end = max(first, 0), min(first + samples.shape[1], out.shape[1])
    if end > start:
        out[:, start:end] += samples[:, start - first : end - first]
