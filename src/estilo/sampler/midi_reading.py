"""MIDI files as notes."""

import io
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from estilo.analysis.transcription.heard import STEP_S, Course, HeardNote, Hit, Transcription
from estilo.errors import InputError
from estilo.files import read_plain
from estilo.sampler.midi_writing import (
    DRUM_CHANNEL,
    LEVEL_TEXT,
    USUAL_LEVEL_DB,
    VELOCITY_DB,
    mido_package,
)

Message = Any
"""A message of mido, whose attributes its type decides."""

_LEVEL_PATTERN = re.compile(LEVEL_TEXT.format(0).replace("0.000", r"(-?\d+\.\d+)"))
_MOST_BYTES = 2**24
_USUAL_RANGE = 2.0
_VOLUME, _EXPRESSION, _PEDAL, _ENDINGS = 7, 11, 64, (120, 123)
_SILENT_DB = -120.0

Place = tuple[int, int]
"""Port and channel."""


def read_midi(
    path: str | PathLike[str],
    *,
    tracks: Collection[int] | None = None,
    channels: Collection[int] | None = None,
) -> Transcription:
    """Notes and hits of a Standard MIDI File.

    Tempo changes, pitch bends in their range, volume and expression are followed; the sustain
    pedal holds notes until it is released or their key is struck again. Notes on channel 10 are
    hits. Levels are told by the file where `midi_writing.write_midi` wrote it; elsewhere velocity
    127 is taken as -10 dB.

    Args:
        path: file of type 0 or 1.
        tracks: numbers of the tracks whose notes are wanted, from 0; all if not given.
        channels: numbers of the channels whose notes are wanted, from 1; all if not given.

    Raises:
        InputError: the package mido is missing, the file cannot be read, its tracks are no one
            piece, its time is not counted in beats, or the tracks and channels have no notes.
    """
    file = _opened(path)
    reader = _Reader()
    time_s, before, tempo_us = 0.0, 0, 500_000
    for tick, track, port, message in _merged(file):
        time_s += (tick - before) * tempo_us * 1e-6 / file.ticks_per_beat
        before = tick
        if message.type == "set_tempo":
            tempo_us = message.tempo
        elif message.type == "text" and (found := _LEVEL_PATTERN.search(message.text)):
            reader.full_db = float(found[1])
        elif message.type in _TAKERS:
            is_wanted = tracks is None or track in tracks
            is_wanted &= channels is None or message.channel + 1 in channels
            reader.take(time_s, port, message, is_wanted=is_wanted)
    reader.end(time_s)
    if not reader.ended and (tracks is not None or channels is not None):
        raise InputError(
            f"{path} has no notes on the tracks and channels that were asked for; it has tracks 0 "
            f"to {len(file.tracks) - 1}, and channels count from 1"
        )
    return reader.transcription()


def _opened(path: str | PathLike[str]) -> Any:
    mido = mido_package()
    stream = io.BytesIO(read_plain(Path(path), most_bytes=_MOST_BYTES))
    try:
        file = mido.MidiFile(file=stream)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read as a MIDI file ({error.strerror or error or 'it ends early'}); "
            "give a Standard MIDI File"
        ) from error
    except (ValueError, KeyError, IndexError, EOFError) as error:
        raise InputError(
            f"{path} is damaged or no MIDI file ({error}); give a Standard MIDI File"
        ) from error
    if file.type == 2:
        raise InputError(f"{path} holds several pieces (type 2); give a file of type 0 or 1")
    if file.ticks_per_beat <= 0:
        raise InputError(f"{path} counts frames of film; give a file whose time is in beats")
    return file


def _merged(file: Any) -> Iterator[tuple[int, int, int, Message]]:
    """Tick, track, port and message of every event in the order in which they come."""
    events = []
    for number, track in enumerate(file.tracks):
        tick = port = 0
        for message in track:
            tick += message.time
            port = message.port if message.type == "midi_port" else port
            events.append((tick, number, port, message))
    yield from sorted(events, key=lambda event: event[0])


class _Down(NamedTuple):
    """A key that is pressed."""

    start_s: float
    velocity: int
    is_wanted: bool


class _Key(NamedTuple):
    """A note as keys and pedals make it."""

    start_s: float
    end_s: float
    key: int
    velocity: int
    place: Place


@dataclass
class _History:
    """A value that changes now and then."""

    first: float
    times_s: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def set(self, time_s: float, value: float) -> None:
        self.times_s.append(time_s)
        self.values.append(value)

    def at(self, time_s: float) -> float:
        place = bisect_right(self.times_s, time_s)
        return self.values[place - 1] if place else self.first


@dataclass
class _Channel:
    """What a channel is set to."""

    bend: _History = field(default_factory=lambda: _History(0.0))
    gain_db: _History = field(default_factory=lambda: _History(0.0))
    controls: dict[int, int] = field(default_factory=dict)
    held: dict[int, list[_Down]] = field(default_factory=dict)
    """Notes whose key is up while the pedal is down."""
    down: dict[int, list[_Down]] = field(default_factory=dict)
    bend_range: float = _USUAL_RANGE


class _Reader:
    """Notes from messages, in the order of their times."""

    def __init__(self) -> None:
        self.full_db = USUAL_LEVEL_DB
        self.channels: dict[Place, _Channel] = defaultdict(_Channel)
        self.ended: list[_Key] = []

    def take(self, time_s: float, port: int, message: Message, *, is_wanted: bool) -> None:
        place = port, message.channel
        taker = _TAKERS[message.type]
        taker(self, time_s, place, message, is_wanted)

    def end(self, time_s: float) -> None:
        """The end of the file ends all notes."""
        for place in self.channels:
            self._silence(time_s, place)

    def transcription(self) -> Transcription:
        drums = [each for each in self.ended if each.place[1] == DRUM_CHANNEL]
        tones = [each for each in self.ended if each.place[1] != DRUM_CHANNEL]
        notes = sorted(map(self._note, tones), key=lambda note: (note.start_s, note.pitch))
        hits = [
            Hit(each.start_s, each.end_s, self._level(each), each.key) for each in sorted(drums)
        ]
        return Transcription(tuple(notes), tuple(hits), explained=1.0)

    def _note(self, key: _Key) -> HeardNote:
        channel = self.channels[key.place]
        n_steps = max(round((key.end_s - key.start_s) / STEP_S), 1)
        # In the middle of each step, which rounding to ticks does not move into the next.
        times_s = key.start_s + (np.arange(n_steps) + 0.5) * STEP_S
        bend = np.array([channel.bend.at(each) for each in times_s])
        gain_db = np.array([channel.gain_db.at(each) for each in times_s])
        middle = float(np.median(bend))
        return HeardNote(
            key.start_s,
            key.end_s,
            pitch=key.key + middle,
            level_db=self._level(key) + float(gain_db.max()),
            cents=_course(100.0 * (bend - middle)),
            levels_db=_course(gain_db - gain_db.max()),
        )

    def _level(self, key: _Key) -> float:
        return self.full_db + _control_db(key.velocity)

    def _on(self, time_s: float, place: Place, message: Message, is_wanted: bool) -> None:
        if message.velocity == 0:
            self._off(time_s, place, message, is_wanted)
            return
        channel = self.channels[place]
        self._finish(time_s, place, message.note, channel.held.pop(message.note, []))
        new = _Down(time_s, message.velocity, is_wanted)
        channel.down.setdefault(message.note, []).append(new)

    def _off(self, time_s: float, place: Place, message: Message, _is_wanted: bool) -> None:
        channel = self.channels[place]
        pressed = channel.down.get(message.note)
        if not pressed:
            return
        released = pressed.pop(0)
        if channel.controls.get(_PEDAL, 0) >= 64:
            channel.held.setdefault(message.note, []).append(released)
        else:
            self._finish(time_s, place, message.note, [released])

    def _control(self, time_s: float, place: Place, message: Message, _is_wanted: bool) -> None:
        channel = self.channels[place]
        channel.controls[message.control] = message.value
        if message.control in (_VOLUME, _EXPRESSION):
            values = [channel.controls.get(each, 127) for each in (_VOLUME, _EXPRESSION)]
            channel.gain_db.set(time_s, sum(map(_control_db, values)))
        elif message.control == _PEDAL and message.value < 64:
            for key in list(channel.held):
                self._finish(time_s, place, key, channel.held.pop(key))
        elif message.control in _ENDINGS:
            self._silence(time_s, place)
        elif message.control in (6, 38):
            parameter = channel.controls.get(101), channel.controls.get(100)
            if parameter == (0, 0):
                cents = channel.controls.get(38, 0) if message.control == 38 else 0
                channel.bend_range = channel.controls.get(6, 2) + cents / 100.0

    def _bend(self, time_s: float, place: Place, message: Message, _is_wanted: bool) -> None:
        channel = self.channels[place]
        channel.bend.set(time_s, channel.bend_range * message.pitch / 8192.0)

    def _silence(self, time_s: float, place: Place) -> None:
        channel = self.channels[place]
        for pressed in (channel.held, channel.down):
            for key in list(pressed):
                self._finish(time_s, place, key, pressed.pop(key))

    def _finish(self, time_s: float, place: Place, key: int, pressed: list[_Down]) -> None:
        self.ended += [
            _Key(each.start_s, time_s, key, each.velocity, place)
            for each in pressed
            if each.is_wanted and time_s > each.start_s
        ]


_TAKERS = {
    "note_on": _Reader._on,
    "note_off": _Reader._off,
    "control_change": _Reader._control,
    "pitchwheel": _Reader._bend,
}


def _control_db(value: int) -> float:
    return VELOCITY_DB * float(np.log10(value / 127.0)) if value else _SILENT_DB


def _course(values: np.ndarray) -> Course:
    """One value where nothing changes."""
    return (values if np.ptp(values) > 0.0 else values[:1]).astype(np.float32)
