"""Notes as a Standard MIDI File.

Fractions of semitones and courses of pitch become pitch bends, so every note that sounds with
others has a channel of its own; where more than 15 sound at once, the others go to a track with
another port. Velocities are levels as in the guidelines of General MIDI, 40 dB for a
factor of ten; a text in the file tells which level 127 stands for.
"""

import io
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from estilo.analysis.transcription.heard import STEP_S, HeardNote, Transcription
from estilo.errors import InputError
from estilo.io.atomic import write_atomic

if TYPE_CHECKING:
    from mido import Message, MidiTrack

DRUM_CHANNEL = 9
"""MIDI channel, from 0, on which notes are hits."""
HIT_KEY = 38
"""MIDI note that a hit is written as: a snare drum."""
TICKS_PER_BEAT = 960
"""Ticks of a beat in files that are written."""

USUAL_LEVEL_DB = -10.0
"""Level that velocity 127 stands for where a file does not say it, in dB."""
VELOCITY_DB = 40.0
"""Fall of the level where velocity, volume or expression is a tenth, in dB."""
LEVEL_TEXT = "velocity 127 is {:.3f} dB"
"""Text that tells the level of velocity 127."""

_CHANNELS = tuple(c for c in range(16) if c != DRUM_CHANNEL)
_BEND_RANGE = 24  # semitones: 0.3 cents a step


def write_midi(
    transcription: Transcription,
    path: str | PathLike[str],
    *,
    bpm: float = 120.0,
    force: bool = False,
) -> Path:
    """Write notes and hits as a Standard MIDI File.

    `midi_reading.read_midi` gives the same notes again: times within a tick (0.5 ms at 120 beats
    a minute), pitches within a cent, levels within a dB down to 45 dB below the loudest. Courses
    of level are not written: a synthesiser has its own.

    Args:
        transcription: notes and hits; the latter go to channel 10.
        path: file that is to be written.
        bpm: tempo that bars are drawn at, in beats per minute.
        force: whether a file that is there is replaced.

    Returns:
        The path.

    Raises:
        InputError: the package mido is missing, or the tempo is not from 10 to 1000.
        OutputError: the file exists, or cannot be written.

    Example:
        >>> import tempfile
        >>> from estilo.sampler.midi_reading import read_midi
        >>> path = Path(tempfile.mkdtemp()) / "one.mid"
        >>> heard = Transcription(notes=(HeardNote(0.5, 1.0, 60.25, -20.0),))
        >>> round(read_midi(write_midi(heard, path)).notes[0].pitch, 2)
        60.25
    """
    if not 10.0 <= bpm <= 1000.0:
        raise InputError(f"expected a tempo of 10 to 1000 beats per minute, got {bpm}")
    mido = mido_package()
    tempo_us = round(60e6 / bpm)
    events = [*transcription.notes, *transcription.hits]
    full_db = max((each.level_db for each in events), default=USUAL_LEVEL_DB)
    pen = _Pen(ticks_per_s=TICKS_PER_BEAT * 1e6 / tempo_us, full_db=full_db)
    for note, (port, channel) in _with_channels(transcription.notes):
        pen.note(note, port, channel)
    for hit in transcription.hits:
        key = HIT_KEY if hit.key is None else hit.key
        pen.key(hit.start_s, hit.end_s, key, hit.level_db, 0, DRUM_CHANNEL)
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT)
    heading = [
        mido.MetaMessage("set_tempo", tempo=tempo_us),
        mido.MetaMessage("text", text=LEVEL_TEXT.format(full_db)),
    ]
    file.tracks.append(mido.MidiTrack(heading))
    for port in sorted(pen.events):
        file.tracks.append(pen.track(port))
    stream = io.BytesIO()
    file.save(file=stream)
    return write_atomic(path, stream.getvalue(), force=force)


def mido_package() -> Any:
    """The package that knows the format.

    Raises:
        InputError: it is not installed.
    """
    try:
        import mido
    except ImportError as error:
        raise InputError(
            "MIDI files need the package mido; install it: pip install 'estilo[eval]'"
        ) from error
    return mido


def _with_channels(
    notes: Sequence[HeardNote],
) -> Iterator[tuple[HeardNote, tuple[int, int]]]:
    """Each note with a port and a channel on which no other note sounds meanwhile."""
    free_at: dict[tuple[int, int], float] = {}
    for note in sorted(notes, key=lambda each: each.start_s):
        free = [place for place, until_s in free_at.items() if until_s <= note.start_s]
        known = len(free_at)
        if known < len(_CHANNELS) or not free:
            place = known // len(_CHANNELS), _CHANNELS[known % len(_CHANNELS)]
        else:
            # The one that has been silent for longest: its release is over when the bend moves.
            place = min(free, key=lambda each: free_at[each])
        free_at[place] = max(note.end_s, note.start_s)
        yield note, place


@dataclass
class _Pen:
    """Messages by port, in ticks.

    The second number of an event orders what happens in one tick: ends, settings, bends, starts.
    """

    ticks_per_s: float
    full_db: float
    events: dict[int, list[tuple[int, int, "Message"]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    channels: set[tuple[int, int]] = field(default_factory=set)

    def note(self, note: HeardNote, port: int, channel: int) -> None:
        key = min(max(round(note.pitch), 0), 127)
        self._settle(port, channel)
        before = None
        for step, cents in enumerate(note.cents.tolist() or [0.0]):
            semitones = note.pitch - key + cents / 100.0
            bend = min(max(round(8192 * semitones / _BEND_RANGE), -8192), 8191)
            if bend != before:
                tick = self._tick(note.start_s + step * STEP_S)
                self._add(port, tick, 2, "pitchwheel", channel=channel, pitch=bend)
            before = bend
        self.key(note.start_s, note.end_s, key, note.level_db, port, channel)

    def key(
        self, start_s: float, end_s: float, key: int, level_db: float, port: int, channel: int
    ) -> None:
        velocity = round(127 * 10.0 ** ((level_db - self.full_db) / VELOCITY_DB))
        velocity = min(max(velocity, 1), 127)
        start = self._tick(start_s)
        # What ends at its own start would end before it, and never.
        end = max(self._tick(end_s), start + 1)
        self._add(port, start, 3, "note_on", channel=channel, note=key, velocity=velocity)
        self._add(port, end, 0, "note_off", channel=channel, note=key)

    def track(self, port: int) -> "MidiTrack":
        """All events of a port as a track."""
        mido = mido_package()
        track = mido.MidiTrack([mido.MetaMessage("midi_port", port=port)])
        now = 0
        for tick, _, message in sorted(self.events[port], key=lambda event: event[:2]):
            track.append(message.copy(time=tick - now))
            now = tick
        return track

    def _settle(self, port: int, channel: int) -> None:
        """The range of bends, by registered parameter 0."""
        if (port, channel) in self.channels:
            return
        self.channels.add((port, channel))
        for control, value in ((101, 0), (100, 0), (6, _BEND_RANGE), (38, 0)):
            message = {"control": control, "value": value}
            self._add(port, 0, 1, "control_change", channel=channel, **message)

    def _tick(self, time_s: float) -> int:
        return max(round(time_s * self.ticks_per_s), 0)

    def _add(self, port: int, tick: int, order: int, kind: str, **values: int) -> None:
        self.events[port].append((tick, order, mido_package().Message(kind, **values)))
