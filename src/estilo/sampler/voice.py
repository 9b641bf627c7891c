"""One note as a zone plays it: at its pitch, for its time, at its level."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.transcription.heard import STEP_S, Course, HeardNote
from estilo.dsp.reading import read_at
from estilo.sampler.continuing import Continued
from estilo.sampler.cutting import LEAD_S
from estilo.sampler.instrument import Instrument
from estilo.sampler.releases import RINGS
from estilo.sampler.zones import Zone

_CONTROL_S = 0.001
_SILENT_DB = 70.0
_LONGEST_RING_S = 12.0
_KEPT_SEMITONES = 5.0
_NATURAL_S, _NATURAL_SHARE = 0.02, 0.05
_ZONE_CENTS = 100.0
_FADE_S = 0.004


@dataclass(frozen=True, eq=False)
class Voice:
    """A note that was played.

    Args:
        samples: sound of it, **Shape** ``(channels, time)``.
        first: sample of the result at which it begins; may be below 0.
    """

    samples: NDArray[np.float32]
    first: int


class Voices:
    """Voices of one instrument; what notes have in common is computed once.

    Args:
        instrument: instrument that plays.
        notes: notes that will be played.
        chosen: number of the zone of each.
        sample_rate: sample rate at which it plays, in Hz.
    """

    def __init__(
        self,
        instrument: Instrument,
        notes: Sequence[HeardNote],
        chosen: Sequence[int],
        *,
        sample_rate: int,
    ) -> None:
        self._instrument, self._rate = instrument, sample_rate
        self._rings = instrument.release_db_s == RINGS
        self._longest_s: dict[int, float] = {}
        self._sources: dict[int, NDArray[np.float32]] = {}
        for note, zone in zip(notes, chosen, strict=True):
            needed_s = _LONGEST_RING_S if self._rings else self._needed_s(note, zone)
            self._longest_s[zone] = max(self._longest_s.get(zone, 0.0), needed_s)

    def voice(
        self,
        note: HeardNote,
        number: int,
        level_db: float,
        *,
        expression: float,
        pitch_expression: float | None = None,
    ) -> Voice:
        """A note on a zone.

        Args:
            note: note that is played.
            number: number of the zone.
            level_db: level of its loudest moment.
            expression: share of the note's own course of pitch in place of the zone's, and of its
                course of level on top of the zone's, 0 to 1.
            pitch_expression: share of its own course of pitch where that is another one.
        """
        glide = expression if pitch_expression is None else pitch_expression
        zone, rate = self._instrument.zones[number], self._rate
        is_natural = self._is_natural(note, zone)
        source = zone.samples if is_natural else self._source(number)
        start = note.start_s * rate
        first = int(np.floor(start - LEAD_S * rate)) + 1
        n_samples = round((LEAD_S + self.lasts_s(note, number)) * rate)
        time_s = (np.arange(n_samples) + first - start) / rate
        places = _places(note, zone, time_s, expression=glide)
        time_s, places = time_s[places < source.shape[1]], places[places < source.shape[1]]
        stride = float(np.diff(places).max(initial=1.0))
        samples = read_at(source, places, stride=stride)
        samples = _with_formants(samples, note.pitch - zone.pitch, rate)
        gain_db = np.full(len(time_s), level_db - zone.level_db)
        if not is_natural:
            gain_db -= self._instrument.release_db_s * np.maximum(time_s - note.duration_s, 0.0)
        if expression:
            gain_db += expression * _at(note.levels_db, np.clip(time_s, 0.0, note.duration_s))
        gain = 10.0 ** (gain_db / 20.0)
        return Voice(_ended(samples * gain.astype(np.float32), rate), first)

    def lasts_s(self, note: HeardNote, number: int) -> float:
        """How long a note is heard from its start on, in seconds.

        Args:
            note: note that is played.
            number: number of the zone.
        """
        zone = self._instrument.zones[number]
        if not self._rings and not self._is_natural(note, zone):
            return note.duration_s + _SILENT_DB / self._instrument.release_db_s
        samples = self._source(number) if self._rings else zone.samples
        ratio = 2.0 ** ((zone.pitch - note.pitch + 1.0) / 12.0)
        return ratio * samples.shape[1] / zone.sample_rate

    def _source(self, number: int) -> NDArray[np.float32]:
        """The zone for as long as any note needs it."""
        if number not in self._sources:
            zone = self._instrument.zones[number]
            n_samples = zone.onset + round(self._longest_s[number] * zone.sample_rate)
            if zone.loop is None:
                self._sources[number] = zone.samples
            else:
                continued = Continued(
                    zone.samples, zone.sample_rate, zone.loop, fades=self._instrument.fades
                )
                self._sources[number] = continued.until(n_samples)
            if self._rings:
                self._sources[number] = _audible(self._sources[number])
        return self._sources[number]

    def _needed_s(self, note: HeardNote, number: int) -> float:
        """How much of a zone's own time a note takes, with room for its course of pitch."""
        zone = self._instrument.zones[number]
        highest = note.pitch - zone.pitch + max(float(note.cents.max(initial=0.0)), 0.0) / 100.0
        ratio = 2.0 ** ((highest + _ZONE_CENTS / 100.0) / 12.0)
        released_s = note.duration_s + _SILENT_DB / self._instrument.release_db_s
        return ratio * (LEAD_S + released_s)

    def _is_natural(self, note: HeardNote, zone: Zone) -> bool:
        """Whether the note is let go where the zone is."""
        held_s = zone.held_s * 2.0 ** ((zone.pitch - note.pitch) / 12.0)
        tolerance_s = max(_NATURAL_S, _NATURAL_SHARE * note.duration_s)
        return not self._rings and abs(held_s - note.duration_s) < tolerance_s


def _audible(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """What comes before everything is far below the loudest."""
    peaks = np.abs(samples).max(0)
    loud = np.flatnonzero(peaks > 10.0 ** (-_SILENT_DB / 20.0) * peaks.max())
    return samples[:, : int(loud[-1]) + 1] if len(loud) else samples


def _places(
    note: HeardNote, zone: Zone, time_s: NDArray, *, expression: float
) -> NDArray[np.float64]:
    """Place in the zone of every sample: at the onset when the note starts, then at its speed."""
    control_s = np.arange(time_s[0], time_s[-1] + 2.0 * _CONTROL_S, _CONTROL_S)
    wanted = _at(note.cents, control_s)
    own = np.zeros(len(control_s))
    for _ in range(3 if expression else 1):
        cents = 100.0 * (note.pitch - zone.pitch) + expression * (wanted - own)
        speed = 2.0 ** (cents / 1200.0)
        passed_s = np.concatenate([[0.0], np.cumsum(0.5 * (speed[1:] + speed[:-1]))]) * _CONTROL_S
        passed_s -= np.interp(0.0, control_s, passed_s)
        looped_s = _in_loop(zone, passed_s)
        own = np.clip(_at(zone.cents, looped_s), -_ZONE_CENTS, _ZONE_CENTS)
    return zone.onset + np.interp(time_s, control_s, passed_s) * zone.sample_rate


def _in_loop(zone: Zone, passed_s: NDArray) -> NDArray:
    """Times since the onset in the zone as it was, where its loop is repeated."""
    if zone.loop is None:
        return passed_s
    end_s = (zone.loop.end - zone.onset) / zone.sample_rate
    length_s = zone.loop.length / zone.sample_rate
    return np.where(passed_s < end_s, passed_s, end_s - length_s + (passed_s - end_s) % length_s)


def _at(course: Course, time_s: NDArray) -> NDArray[np.float64]:
    return np.interp(time_s / STEP_S, np.arange(len(course)), course)


def _with_formants(samples: NDArray[np.float32], semitones: float, rate: int) -> NDArray:
    """What lies beyond five semitones of transposition leaves the spectral envelope in place."""
    beyond = abs(semitones) - _KEPT_SEMITONES
    if beyond <= 0.0:
        return samples
    import torch

    from estilo.dsp.formants import with_formants

    waveform = torch.from_numpy(np.ascontiguousarray(samples))
    shift = -float(np.sign(semitones)) * beyond
    moved = with_formants(waveform, waveform, sample_rate=rate, shift_semitones=shift)
    return moved.numpy()


def _ended(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """Whatever is still heard at the end fades out in 4 ms."""
    n_fade = min(max(round(_FADE_S * rate), 1), samples.shape[1])
    if n_fade:
        samples[:, -n_fade:] *= np.linspace(1.0, 0.0, n_fade, dtype=np.float32)
    return samples
