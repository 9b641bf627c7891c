"""What differs between two recordings while both play the same notes.

The average spectra of two phrases differ by their notes as well as by their sound, so that an
equaliser between the averages makes a balance of other notes. Here moments of one recording are
held against those moments of the other that have their partials in the same places, and only these
are compared.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estilo.dsp.mel import filterbank

LOW_HZ = 30.0
"""Lower end of the bands, in Hz."""

MOST_APART_DB = 7.6
"""Difference at equal notes up to which two recordings are of one instrument, in dB."""

LEAST_EVIDENCE = 0.5
"""Evidence from which that can be said."""

_FRAME_S = 0.093
_MOST_FRAMES = 700  # of a recording, spread over all of it: about 30 s
_LOUD_DB = 30.0  # below the loudest moment
_AUDIBLE_DB = 45.0  # below the loudest band of its moment
_FINE_HZ = (60.0, 5000.0)
_PER_OCTAVE = 36
_SMOOTH = 57  # of these: what is wider belongs to the timbre, and not to the notes
_FINE_RANGE_DB, _DIP_DB, _PEAK_DB = 50.0, -12.0, 25.0
_ALIKE = 0.55  # correlation of fine structures
_BEST = 6
_FEWEST_BANDS = 5
_PRIOR = 2.0  # evidence at which half of what is found is believed


@dataclass(frozen=True, eq=False)
class EqualNotes:
    """Pairs of moments in which a content signal and a style have the same notes.

    Args:
        differences_db: levels of the style's moment less those of the content's, 0 dB in the middle
            of the bands that both have. **Shape** ``(pairs, bands)``.
        weights: how surely a moment has the same notes, squared, in bands that both have, else 0.
            **Shape** ``(pairs, bands)``.
        heard: the same in bands that either has. **Shape** ``(pairs, bands)``.
    """

    differences_db: NDArray[np.float64]
    weights: NDArray[np.float64]
    heard: NDArray[np.float64]

    @property
    def evidence(self) -> float:
        """Sum of the pairs' weights; 0 where no moments have the same notes."""
        return float(self.heard.max(axis=1, initial=0.0).sum())

    @property
    def apart_db(self) -> float:
        """How far the pairs are apart over bands, root mean square, in dB; 0 without pairs."""
        total = max(float(self.heard.sum()), 1e-12)
        return float(np.sqrt((self.heard * np.square(self.differences_db)).sum() / total))

    @property
    def is_one_instrument(self) -> bool:
        """Whether both are so near to each other that one instrument plays them."""
        return self.evidence >= LEAST_EVIDENCE and self.apart_db <= MOST_APART_DB

    def gains_db(self, *, limit_db: float) -> NDArray[np.float64]:
        """Gains of an equaliser that makes of the content's sound the style's.

        The median over the pairs in each band, drawn towards no change where there are few of them.

        Args:
            limit_db: largest gain, up or down, in dB.

        **Shape**: result ``(bands,)``.
        """
        found = self.weights.sum(axis=0)
        gains_db = np.zeros(len(found))
        for band in np.flatnonzero(found):
            order = np.argsort(self.differences_db[:, band])
            sums = np.cumsum(self.weights[order, band])
            middle = order[np.searchsorted(sums, 0.5 * sums[-1])]
            gains_db[band] = self.differences_db[middle, band]
        gains_db = np.clip(gains_db, -limit_db, limit_db) * found / (found + _PRIOR)
        return np.convolve(np.pad(gains_db, 1, mode="edge"), (0.25, 0.5, 0.25), "valid")


def equal_notes(content: NDArray, style: NDArray, *, sample_rate: int, n_bands: int) -> EqualNotes:
    """Find the moments in which a content signal and a style have the same notes.

    Partials are peaks of a spectrum over its course over an octave and a half; two moments are
    alike where these correlate by more than .55. Of each loud moment of the style the six of the
    content that are most alike are taken.

    Args:
        content: ``(time,)``; of a long recording moments spread over all of it are heard.
        style: ``(time,)``, at the same sample rate.
        sample_rate: sample rate in Hz.
        n_bands: number of bands, evenly spaced on the ERB-rate scale from 30 Hz up.

    Example:
        >>> tone = np.mod(220.0 * np.arange(16_000) / 8000, 1.0) - 0.5
        >>> found = equal_notes(tone, 0.1 * tone, sample_rate=8000, n_bands=24)
        >>> found.is_one_instrument, round(found.apart_db, 1)
        (True, 0.0)
    """
    ours, theirs = (_moments(each, sample_rate, n_bands) for each in (content, style))
    weights = np.square(np.maximum(theirs[1] @ ours[1].T - _ALIKE, 0.0))
    best = np.argsort(-weights, axis=1)[:, :_BEST]
    rows = np.repeat(np.arange(len(best)), best.shape[1])
    columns = best.reshape(-1)
    weight = weights[rows, columns]
    (before, _), (after, _) = ours, theirs
    old_db, new_db = before[columns], after[rows]
    n_common = ((old_db > -_AUDIBLE_DB) & (new_db > -_AUDIBLE_DB)).sum(axis=1)
    is_pair = (weight > 0.0) & (n_common >= _FEWEST_BANDS)
    weight, old_db, new_db = weight[is_pair], old_db[is_pair], new_db[is_pair]
    has_old, has_new = old_db > -_AUDIBLE_DB, new_db > -_AUDIBLE_DB
    differences_db = np.maximum(new_db, -_AUDIBLE_DB) - np.maximum(old_db, -_AUDIBLE_DB)
    both = np.where(has_old & has_new, differences_db, np.nan)
    if len(both):
        differences_db = differences_db - np.nanmedian(both, axis=1, keepdims=True)
    return EqualNotes(
        differences_db,
        weight[:, None] * (has_old & has_new),
        weight[:, None] * (has_old | has_new),
    )


def _moments(
    waveform: NDArray, sample_rate: int, n_bands: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Levels of bands below the loudest of each moment, and fine structures of unit length."""
    n_fft = 2 ** round(np.log2(_FRAME_S * sample_rate))
    power = _loud_frames(waveform, n_fft)
    bank = filterbank(
        n_bands=n_bands, n_fft=n_fft, sample_rate=sample_rate, scale="erb", low_hz=LOW_HZ
    )
    level_db = _db(power @ bank.numpy().T)
    return level_db - level_db.max(axis=1, keepdims=True, initial=-np.inf), _fine(
        power, np.fft.rfftfreq(n_fft, 1.0 / sample_rate)
    )


def _loud_frames(waveform: NDArray, n_fft: int) -> NDArray[np.float64]:
    """Power spectra of the loud frames, half over each other as long as there are few."""
    n_samples = max(len(waveform), n_fft)
    starts = np.arange(0, n_samples - n_fft + 1, n_fft // 2)
    if len(starts) > _MOST_FRAMES:
        starts = starts[np.linspace(0, len(starts) - 1, _MOST_FRAMES).astype(int)]
    padded = np.pad(waveform, (0, n_samples - len(waveform)))
    frames = padded[starts[:, None] + np.arange(n_fft)] * np.hanning(n_fft + 1)[:-1]
    power = np.square(np.abs(np.fft.rfft(frames)))
    total = power.sum(axis=1)
    return power[(total > total.max() * 10.0 ** (-_LOUD_DB / 10.0))]


def _fine(power: NDArray, frequency_hz: NDArray) -> NDArray[np.float64]:
    """What spectra have beside their course over an octave and a half, of unit length."""
    low_hz, high_hz = _FINE_HZ
    n_octaves = np.log2(min(high_hz, 0.9 * frequency_hz[-1]) / low_hz)
    at_hz = low_hz * 2.0 ** (np.arange(0.0, n_octaves * _PER_OCTAVE) / _PER_OCTAVE)
    level_db = _db(power)
    if not len(level_db):
        return np.zeros((0, len(at_hz)))
    bins = at_hz / frequency_hz[1]
    left = bins.astype(int)
    part = bins - left
    fine_db = level_db[:, left] * (1.0 - part) + level_db[:, left + 1] * part
    fine_db = np.maximum(fine_db, fine_db.max(axis=1, keepdims=True) - _FINE_RANGE_DB)
    window = np.hanning(_SMOOTH) / np.hanning(_SMOOTH).sum()
    padded = np.pad(fine_db, ((0, 0), (_SMOOTH // 2, _SMOOTH // 2)), mode="edge")
    course_db = np.stack([np.convolve(row, window, "valid") for row in padded])
    fine = np.clip(fine_db - course_db, _DIP_DB, _PEAK_DB)
    fine = fine - fine.mean(axis=1, keepdims=True)
    return fine / np.maximum(np.linalg.norm(fine, axis=1, keepdims=True), 1e-12)


def _db(power: NDArray) -> NDArray[np.float64]:
    return 10.0 * np.log10(power + 1e-9 * max(float(power.max(initial=0.0)), 1e-30))
