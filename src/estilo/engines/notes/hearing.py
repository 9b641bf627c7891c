"""Notes of recordings of any length, heard a minute at a time."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from torch import Tensor

from estilo.analysis.transcription import HeardNote, Transcription
from estilo.analysis.transcription.heard import STEP_S
from estilo.analysis.transcription.network import trained_weights
from estilo.analysis.transcription.recent import RECENT
from estilo.audio import Audio

STRETCH_S = 60.0
_CONTEXT_S = 4.0
_SAME_PITCH = 0.5


@dataclass(frozen=True)
class Stretch:
    """A part of a recording, and what else is listened to around it.

    Args:
        start: first sample of the part.
        stop: sample after its last.
        first: first sample that is listened to.
        last: sample after the last one that is.
    """

    start: int
    stop: int
    first: int
    last: int


def stretches(n_samples: int, *, sample_rate: int) -> list[Stretch]:
    """Parts of a minute that make up a recording, each heard with 4 s before and after it.

    Args:
        n_samples: length of the recording.
        sample_rate: sample rate in Hz.

    Example:
        >>> [(each.start, each.last) for each in stretches(100, sample_rate=1)]
        [(0, 64), (60, 100)]
    """
    size, context = round(STRETCH_S * sample_rate), round(_CONTEXT_S * sample_rate)
    return [
        Stretch(
            start,
            min(start + size, n_samples),
            max(start - context, 0),
            min(start + size + context, n_samples),
        )
        for start in range(0, n_samples, size)
    ]


def hear(waveform: Tensor, stretch: Stretch, *, sample_rate: int) -> Transcription:
    """What is heard in a stretch of a recording, in seconds of the whole.

    Its context counts for the notes, and has no part in the powers.

    Args:
        waveform: ``(channels, time)``; whatever is sliced like a tensor, as a mapped file.
        stretch: part that is listened to, with its context.
        sample_rate: sample rate in Hz.
    """
    samples = waveform[:, stretch.first : stretch.last].cpu().numpy()
    heard = RECENT.transcribe(Audio(samples, sample_rate))
    later_s = stretch.first / sample_rate
    steps = slice(
        *(_step(each - stretch.first, sample_rate) for each in (stretch.start, stretch.stop))
    )
    return Transcription(
        tuple(
            replace(note, start_s=note.start_s + later_s, end_s=note.end_s + later_s)
            for note in heard.notes
        ),
        tuple(
            replace(hit, start_s=hit.start_s + later_s, end_s=hit.end_s + later_s)
            for hit in heard.hits
        ),
        heard.explained,
        heard.powers[:, steps],
    )


def _step(sample: int, sample_rate: int) -> int:
    return round(sample / sample_rate / STEP_S)


def joined(
    heard: Sequence[Transcription], parts: Sequence[Stretch], *, sample_rate: int
) -> Transcription:
    """The transcription of a whole recording.

    Each stretch lends what begins in it; a note that was still held where its stretch was no longer
    listened to goes on as it was heard in the next one.

    Args:
        heard: what was heard in each stretch.
        parts: stretches, in order.
        sample_rate: sample rate in Hz.
    """
    notes, hits = [], []
    for number, (own, part) in enumerate(zip(heard, parts, strict=True)):
        start_s, stop_s = part.start / sample_rate, part.stop / sample_rate
        for note in own.notes:
            if number and note.start_s < start_s:
                continue
            if note.start_s < stop_s or number == len(parts) - 1:
                notes.append(_continued(note, heard, parts, number, sample_rate))
        hits += [
            hit
            for hit in own.hits
            if (not number or hit.start_s >= start_s)
            and (hit.start_s < stop_s or number == len(parts) - 1)
        ]
    lengths = [part.stop - part.start for part in parts]
    explained = np.average([each.explained for each in heard], weights=lengths) if heard else 0.0
    powers = np.concatenate([Transcription().powers, *(each.powers for each in heard)], axis=1)
    return Transcription(tuple(notes), tuple(hits), float(explained), powers)


def _continued(
    note: HeardNote,
    heard: Sequence[Transcription],
    parts: Sequence[Stretch],
    number: int,
    sample_rate: int,
) -> HeardNote:
    """The note up to its end, however many stretches that takes."""
    for following in range(number + 1, len(parts)):
        last_s = parts[following - 1].last / sample_rate
        if note.end_s < last_s - 0.1:
            break
        begins_s = parts[following].start / sample_rate
        for other in heard[following].notes:
            is_it = other.start_s < begins_s and abs(other.pitch - note.pitch) < _SAME_PITCH
            if is_it and other.end_s > note.end_s:
                note = _followed_by(note, other)
                break
    return note


def _followed_by(note: HeardNote, other: HeardNote) -> HeardNote:
    n_kept = max(round((note.end_s - other.start_s) * len(other.cents) / other.duration_s), 0)
    shift = 100.0 * (other.pitch - note.pitch)
    level_db = other.level_db - note.level_db
    return replace(
        note,
        end_s=other.end_s,
        cents=np.concatenate([note.cents, other.cents[n_kept:] + np.float32(shift)]),
        levels_db=np.concatenate([note.levels_db, other.levels_db[n_kept:] + np.float32(level_db)]),
    )


class Listening:
    """Recordings that are heard stretch by stretch, so that whoever waits can stop in between.

    Args:
        recordings: ``(channels, time)`` each.
        sample_rate: sample rate in Hz.

    Example:
        >>> import torch
        >>> listening = Listening([torch.zeros(1, 8000)], sample_rate=8000)
        >>> listening.step()
        >>> listening.is_done, listening.transcriptions()[0].notes
        (True, ())
    """

    def __init__(self, recordings: Sequence[Tensor], *, sample_rate: int) -> None:
        self._recordings, self._rate = tuple(recordings), sample_rate
        self._parts = [stretches(each.shape[-1], sample_rate=sample_rate) for each in recordings]
        self._waiting = [
            (number, part) for number, parts in enumerate(self._parts) for part in parts
        ]
        self._heard: list[list[Transcription]] = [[] for _ in recordings]
        self.n_steps = len(self._waiting)
        """How many stretches there are."""

    @property
    def n_done(self) -> int:
        """How many stretches were heard."""
        return sum(len(heard) for heard in self._heard)

    @property
    def is_done(self) -> bool:
        """Whether everything was heard."""
        return self.n_done == self.n_steps

    def step(self) -> None:
        """Hear the next stretch."""
        number, part = self._waiting[self.n_done]
        heard = hear(self._recordings[number], part, sample_rate=self._rate)
        self._heard[number].append(heard)

    def transcriptions(self) -> list[Transcription]:
        """What was heard of each recording."""
        pairs = zip(self._heard, self._parts, strict=True)
        return [joined(heard, parts, sample_rate=self._rate) for heard, parts in pairs]


@lru_cache(maxsize=1)
def weights_id() -> str:
    """A short name of the weights that listen."""
    digest = hashlib.sha256()
    for name, array in sorted(trained_weights().items()):
        digest.update(name.encode() + array.astype(np.float16).tobytes())
    return digest.hexdigest()[:16]
