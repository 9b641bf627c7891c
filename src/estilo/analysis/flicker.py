"""How much the partials of a sound flicker: what phasiness and musical noise have in common.

Conventions: mono, 16 kHz; levels in dB.

Bins of a spectrogram that was edited and given a phase that does not fit (or gaps, after noise was
subtracted) reach the waveform as partials whose level jumps from frame to frame, and as peaks that
stand alone. A finished waveform cannot be asked for the consistency of its spectrogram, which is
perfect; this is what inconsistency leaves behind. On eighteen recordings of instruments, voices,
animals and weather a random phase raised the measure from 0.7 dB to 5 for held tones and from 4 to
5.4 for speech, 5 steps of Griffin & Lim to between, 50 fast ones to within 0.2 dB of the recording.
Gaussian noise has 5.2 dB; what spectral subtraction leaves of it has 6 to 12.
"""

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.sound import Sound
from estilo.analysis.spectra import Array, power_spectrogram

_N_FFT = 512  # 32 ms: shorter than the frames of most engines, so their jumps show
_HOP = 128
_REACH = 2  # frames to each side: half a window, so that neighbours are hardly the same samples
_RANGE_DB = 50.0
_FRAME_RANGE_DB = 40.0
_BLOCK_FRAMES = 2048


def flicker_db(sound: Sound) -> float:
    r"""Median change of slope of the level of partials, in dB.

    .. math:: \operatorname{median} |L_{n-2} - 2 L_n + L_{n+2}|

    over all spectral peaks (``n_fft`` 512, hop 8 ms) within 40 dB of their frame's and 50 dB of the
    recording's loudest bin that have a peak at most a bin away 16 ms before and after. :math:`L`
    is the level at the vertex of a parabola through three bins. Steady and evenly decaying partials
    have 0, Gaussian noise 5.2.

    Args:
        sound: recording of at least 0.05 s.

    Returns:
        dB; NaN where no partial lasts for 32 ms.

    Example:
        >>> time_s = np.arange(16000) / 16000
        >>> tone = np.sin(2 * np.pi * 440 * time_s)
        >>> noise = np.random.default_rng(0).normal(size=16000)
        >>> flicker_db(Sound(tone, 16000)) < 0.1, round(flicker_db(Sound(noise, 16000)))
        (True, 5)
    """
    power = power_spectrogram(sound.mono, n_fft=_N_FFT, hop_length=_HOP)
    loudest = float(power.max())
    if loudest == 0.0:
        return float("nan")
    changes = [
        _changes_db(power[:, max(start - _REACH, 0) : start + _BLOCK_FRAMES + _REACH], loudest)
        for start in range(0, power.shape[1], _BLOCK_FRAMES)
    ]
    together = np.concatenate(changes)
    return float(np.median(together)) if len(together) else float("nan")


def _changes_db(power: Array, loudest: float) -> NDArray[np.float32]:
    """Changes of slope at every partial that goes on for long enough. **Shape** ``(n,)``."""
    if power.shape[1] <= 2 * _REACH:
        return np.zeros(0, np.float32)
    level_db = 10.0 * np.log10(np.maximum(power / np.float32(loudest), np.float32(1e-9)))
    below, middle, above = level_db[:-2], level_db[1:-1], level_db[2:]
    floor_db = np.maximum(-_RANGE_DB, level_db.max(axis=0) - _FRAME_RANGE_DB)
    is_peak = (middle >= below) & (middle > above) & (middle > floor_db)
    bend = np.minimum(below - 2.0 * middle + above, np.float32(-1e-6))
    vertex_db = middle - np.square(above - below) / (8.0 * bend)
    peaks_db = np.pad(np.where(is_peak, vertex_db, -np.inf), ((1, 1), (0, 0)))
    peaks_db[[0, -1]] = -np.inf
    near_db = np.maximum(peaks_db[1:-1], np.maximum(peaks_db[:-2], peaks_db[2:]))
    before_db, after_db = near_db[:, : -2 * _REACH], near_db[:, 2 * _REACH :]
    now_db = peaks_db[1:-1, _REACH:-_REACH]
    lasts = np.isfinite(before_db) & np.isfinite(now_db) & np.isfinite(after_db)
    return np.abs(before_db[lasts] - 2.0 * now_db[lasts] + after_db[lasts])
