"""Zones: the notes of a recording, cut out so that each can be played."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.transcription.heard import STEP_S, Course, HeardNote, Transcription
from estilo.audio import Audio
from estilo.sampler.cutting import LEAD_S, faded, loudest_db, onset_near, part_of
from estilo.sampler.looping import Loop, find_loop
from estilo.sampler.separation import separate, sounding_with
from estilo.sampler.tuning import exact_pitch

_LONGEST_TAIL_S = 2.0
_CONTEXT_S = 0.1
_SLUR_S = 0.03
_LEAST_S = 0.03
_USUAL_S = 0.15


@dataclass(frozen=True, eq=False)
class Zone:
    """A note that an instrument can play.

    Args:
        samples: the note from `cutting.LEAD_S` before its onset until it has rung out. **Shape**
            ``(channels, time)``.
        sample_rate: sample rate in Hz.
        onset: sample at which it begins.
        held: sample at which it is let go.
        pitch: exact pitch, as a MIDI note number.
        level_db: level while it is loudest, over all channels, 0 for a sine of full scale.
        cents: course of its pitch from its onset, in cents above `pitch`. **Shape** ``(steps,)``.
        purity: share of its power in what sounded while it was held, 0 to 1.
        quality: how well it serves, 0 to 1: pure, long, not far below the others.
        is_slurred: whether another note ended just where it began.
        loop: steady part that can be repeated; None where there is none.
        source: number of the recording that it comes from, from 0.
        start_s: time of its onset there, in seconds.
    """

    samples: NDArray[np.float32]
    sample_rate: int
    onset: int
    held: int
    pitch: float
    level_db: float
    cents: Course = field(default_factory=lambda: np.zeros(1, np.float32))
    purity: float = 1.0
    quality: float = 1.0
    is_slurred: bool = False
    loop: Loop | None = None
    source: int = 0
    start_s: float = 0.0

    @property
    def held_s(self) -> float:
        """How long it is held, in seconds."""
        return (self.held - self.onset) / self.sample_rate


def cut_zones(recording: Audio, transcription: Transcription, *, source: int = 0) -> list[Zone]:
    """Zones of all notes of a recording that can be heard out, in the order of their starts.

    Args:
        recording: recording of one instrument.
        transcription: what was heard of it.
        source: number of the recording, for reports.

    Example:
        >>> time_s = np.arange(8000) / 8000
        >>> tone = np.sin(2 * np.pi * 441.3 * time_s) * (time_s < 0.8)
        >>> heard = Transcription(notes=(HeardNote(0.0, 0.8, 69.0, 0.0),))
        >>> (zone,) = cut_zones(Audio(tone, 8000), heard)
        >>> round(zone.pitch, 2), round(zone.level_db)
        (69.05, 0)
    """
    zones = [
        zone
        for note in transcription.notes
        if (zone := _cut(recording, note, transcription, source)) is not None
    ]
    if not zones:
        return []
    usual_db = float(np.median([zone.level_db for zone in zones]))
    return [_judged(zone, usual_db) for zone in zones]


def _cut(
    recording: Audio, note: HeardNote, transcription: Transcription, source: int
) -> Zone | None:
    rate = recording.sample_rate
    onset_s = onset_near(recording, note.start_s)
    end_s = _end(recording, note, transcription)
    if note.end_s - onset_s < _LEAST_S or onset_s >= recording.duration_s:
        return None
    first = round((onset_s - LEAD_S) * rate)
    onset = round(onset_s * rate) - first
    context = round(_CONTEXT_S * rate)
    part = part_of(recording, first - context, round(end_s * rate) + context)
    others = sounding_with(note, transcription.notes, start_s=onset_s, end_s=end_s)
    purity = 1.0
    if others:
        start_s = (first - context) / rate
        alone = separate(part, note, others, sample_rate=rate, start_s=start_s)
        part, purity = alone.samples, alone.purity
    samples = faded(part[:, context:-context], rate)
    held = min(round(note.end_s * rate) - first, samples.shape[1])
    level_db = loudest_db(samples[:, onset:held], sample_rate=rate)
    if not np.isfinite(level_db):
        return None
    steady = samples.mean(0)[onset + (held - onset) // 8 : held]
    pitch = exact_pitch(steady, sample_rate=rate, near=note.pitch)
    return Zone(
        samples,
        rate,
        onset,
        held,
        pitch,
        level_db,
        cents=_moved(note, onset_s),
        purity=purity,
        is_slurred=_is_slurred(note, transcription.notes),
        loop=find_loop(samples, sample_rate=rate, pitch=pitch, onset=onset, held=held),
        source=source,
        start_s=onset_s,
    )


def _judged(zone: Zone, usual_db: float) -> Zone:
    length = 1.0 - np.exp(-zone.held_s / _USUAL_S)
    loudness = 1.0 / (1.0 + 10.0 ** ((usual_db - 24.0 - zone.level_db) / 10.0))
    return replace(zone, quality=float(zone.purity**0.5 * length * loudness))


def _end(recording: Audio, note: HeardNote, transcription: Transcription) -> float:
    """Time until which a note rings: no longer than to the next onset after its end."""
    starts_s = [each.start_s for each in (*transcription.notes, *transcription.hits)]
    following = [each for each in starts_s if each > note.end_s - _SLUR_S and each > note.start_s]
    end_s = max(min(following, default=np.inf) - LEAD_S, note.end_s - _SLUR_S)
    return min(end_s, note.end_s + _LONGEST_TAIL_S, recording.duration_s)


def _moved(note: HeardNote, onset_s: float) -> Course:
    """The course of pitch from the onset that was found."""
    n_steps = max(round((note.end_s - onset_s) / STEP_S), 1)
    steps = (onset_s - note.start_s) / STEP_S + np.arange(n_steps)
    return np.interp(steps, np.arange(len(note.cents)), note.cents).astype(np.float32)


def _is_slurred(note: HeardNote, notes: Sequence[HeardNote]) -> bool:
    return any(
        abs(each.end_s - note.start_s) < _SLUR_S and each.start_s < note.start_s for each in notes
    )
