"""Percussive hits of a recording, cut out, with what tells them apart."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.transcription.heard import Hit, Transcription
from estilo.analysis.transforms import forward
from estilo.audio import Audio
from estilo.sampler.cutting import LEAD_S, faded, loudest_db, onset_near, part_of

_SPECTRUM_S = 0.15
_LOWEST_HZ, _N_BANDS = 50.0, 26  # third octaves up to 16 kHz
_RANGE_DB = 40.0
_LEAST_S, _MOST_S = 0.03, 3.0
_DECAY_DB = 20.0
_FRAME_S = 0.005
_DB_PER_OCTAVE = 6.0  # what a decay twice as long counts for among the levels of the bands


@dataclass(frozen=True, eq=False)
class HitZone:
    """A hit that a kit can play.

    Args:
        samples: the hit from `cutting.LEAD_S` before its onset. **Shape** ``(channels, time)``.
        sample_rate: sample rate in Hz.
        onset: sample at which it begins.
        level_db: level while it is loudest, over all channels, 0 for a sine of full scale.
        bands_db: levels of its third octaves about their mean. **Shape** ``(26,)``.
        brightness: mean of log2 of its frequencies in Hz, weighted by their powers.
        decay_s: time in which it falls by 20 dB, in seconds.
        source: number of the recording that it comes from, from 0.
        start_s: time of its onset there, in seconds.
    """

    samples: NDArray[np.float32]
    sample_rate: int
    onset: int
    level_db: float
    bands_db: NDArray[np.float64]
    brightness: float
    decay_s: float
    source: int = 0
    start_s: float = 0.0

    @property
    def features(self) -> NDArray[np.float64]:
        """Bands and decay, in which a dB counts the same; **shape** ``(52,)``."""
        decay_db = _DB_PER_OCTAVE * np.log2(self.decay_s)
        return np.concatenate([self.bands_db, np.full(_N_BANDS, decay_db)])


def cut_hits(
    recording: Audio, transcription: Transcription, *, source: int = 0
) -> Iterator[HitZone]:
    """The hits of a recording that can be heard, in the order of their starts.

    They come one by one, as those of a long recording are too much to be kept.

    Args:
        recording: recording with percussion.
        transcription: what was heard of it.
        source: number of the recording, for reports.

    Example:
        >>> noise = np.random.default_rng(0).normal(size=4000)
        >>> click = np.append(np.zeros(4000), noise * np.exp(-np.arange(4000) / 80))
        >>> heard = Transcription(hits=(Hit(0.5, 0.6, -10.0),))
        >>> [round(hit.start_s, 2) for hit in cut_hits(Audio(click, 8000), heard)]
        [0.5]
    """
    starts_s = sorted(each.start_s for each in (*transcription.notes, *transcription.hits))
    starts_s.append(np.inf)
    for hit in transcription.hits:
        next_s = starts_s[bisect_right(starts_s, hit.start_s + _LEAST_S)]
        zone = _cut(recording, hit, next_s, source)
        if zone is not None:
            yield zone


def _cut(recording: Audio, hit: Hit, next_s: float, source: int) -> HitZone | None:
    rate = recording.sample_rate
    start_s = onset_near(recording, hit.start_s)
    end_s = min(max(hit.end_s, start_s + _SPECTRUM_S), start_s + _MOST_S, next_s - LEAD_S)
    end_s = min(end_s, recording.duration_s)
    if end_s - start_s < _LEAST_S:
        return None
    first = round((start_s - LEAD_S) * rate)
    samples = faded(part_of(recording, first, round(end_s * rate)), rate)
    onset = round(start_s * rate) - first
    level_db = loudest_db(samples[:, onset:], sample_rate=rate)
    if not np.isfinite(level_db):
        return None
    bands_db, brightness = _spectrum(samples[:, onset:], rate)
    decay_s = _decay_s(samples[:, onset:], rate)
    return HitZone(samples, rate, onset, level_db, bands_db, brightness, decay_s, source, start_s)


def _spectrum(samples: NDArray, rate: int) -> tuple[NDArray[np.float64], float]:
    """Levels of the third octaves about their mean, and the brightness."""
    n_used = min(round(_SPECTRUM_S * rate), samples.shape[1])
    power = np.square(np.abs(forward(samples[:, :n_used], 2 * n_used))).sum(0)
    hz = np.arange(len(power)) * rate / (2 * n_used)
    band = np.floor(3.0 * np.log2(np.maximum(hz, 1e-3) / _LOWEST_HZ) + 0.5)
    band = np.clip(band, 0, _N_BANDS - 1).astype(int)
    levels = np.bincount(band, weights=power, minlength=_N_BANDS)
    levels_db = 10.0 * np.log10(levels + 1e-12)
    levels_db = np.maximum(levels_db, levels_db.max() - _RANGE_DB)
    octaves = np.log2(np.maximum(hz, 20.0))
    return levels_db - levels_db.mean(), float((octaves * power).sum() / (power.sum() + 1e-20))


def _decay_s(samples: NDArray, rate: int) -> float:
    """Time from the loudest frame until all later ones are 20 dB below it."""
    size = max(round(_FRAME_S * rate), 1)
    n_frames = max(samples.shape[1] // size, 1)
    frames = samples[:, : n_frames * size].reshape(samples.shape[0], n_frames, -1)
    level_db = 10.0 * np.log10(np.square(frames, dtype=np.float64).mean((0, 2)) + 1e-12)
    loudest = int(level_db.argmax())
    above = np.flatnonzero(level_db > level_db[loudest] - _DECAY_DB)
    return max(int(above[-1]) - loudest, 1) * _FRAME_S
