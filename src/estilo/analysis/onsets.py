"""Onsets: the beginnings of notes.

Conventions: mono, 16 kHz, times in seconds from the first sample. A recording is heard as if
silence came before it, so one that begins with a note has an onset at 0.

The detection function is the rise of a level in dB, so gain changes nothing, with the maximum
filter of SuperFlux against vibrato (S. Böck, G. Widmer 2013, Maximum filter vibrato suppression for
onset detection, DAFx-13). Sizes and thresholds were chosen on phrases for sixteen instruments of
the soundfont MuseScore_General, where the F1 against the score is 0.85 (slow attacks are late);
on TimGM6mb, not chosen on, it is 0.92, and 0.75 for ``librosa.onset`` as it comes.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from estilo.analysis.sound import RATE_HZ, Sound
from estilo.analysis.spectra import banded_power, mel_weights, power_to_db
from estilo.errors import InputError

HOP = 160
"""Distance of two values of the detection function, in samples: 10 ms."""
LEAD = 8
"""Values of the detection function that lie before the first sample."""

_N_FFT = 1024
_N_BANDS = 80
_RANGE_DB = 50.0
_LAG = 3  # frames that a rise is spread over, as the window is longer than the hop
N_BEFORE = LEAD + _LAG
"""Frames of `band_powers` that lie before the first sample."""
_LATENCY = 2  # frames from the beginning of a note to its steepest rise
_PEAK_REACH = 3  # frames to each side that a peak exceeds
_MEAN_BEFORE, _MEAN_AFTER = 10, 7  # frames whose mean the threshold follows
_THRESHOLD_DB = 0.5
_SHORTEST_FRAMES = 5  # distance of two onsets
_TINY = np.finfo(np.float32).tiny


def onset_strength(sound: Sound) -> NDArray[np.float64]:
    r"""How much louder the bands of a recording just became, in dB, every 10 ms.

    .. math:: s_n = \frac1M \sum_m \max(L_{m,n} - \max_{|k| \le 1} L_{m+k,n-3}, 0)

    with :math:`L` the level in 80 mel bands (``n_fft`` 1024), at most 50 dB below their peak; 0 in
    the last 32 ms, where frames look past the end.

    **Shape**: ``(LEAD + 1 + time // HOP,)``; value *n* is at ``(n - LEAD) * 0.01`` seconds.

    Args:
        sound: any length.

    Example:
        >>> strength = onset_strength(Sound(np.eye(1, 16000, 8000)[0], 16000))
        >>> strength.shape, bool(abs(strength.argmax() - LEAD - 50) <= 3)
        ((109,), True)
    """
    return sound.once(_rises_db).mean(axis=0, dtype=np.float64)


def high_onset_strength(sound: Sound) -> NDArray[np.float64]:
    """The onset strength of the upper half of the bands alone, from 1.8 kHz: hats, plucked strings.

    **Shape**: that of `onset_strength`.

    Args:
        sound: any length.
    """
    return sound.once(_rises_db)[_N_BANDS // 2 :].mean(axis=0, dtype=np.float64)


def band_powers(sound: Sound) -> NDArray[np.float32]:
    """Power in 80 mel bands (``n_fft`` 1024) every 10 ms; compute it through `Sound.once`.

    **Shape**: ``(80, N_BEFORE + 1 + time // HOP)``; frame *n* is centred on
    ``(n - N_BEFORE) * 0.01`` seconds, and those before the first sample hear silence.

    Args:
        sound: any length.

    Example:
        >>> band_powers(Sound(np.ones(16000), 16000)).shape
        (80, 112)
    """
    waveform = np.pad(sound.mono, (N_BEFORE * HOP, 0))
    weights = mel_weights(n_bands=_N_BANDS, n_fft=_N_FFT)
    return banded_power(waveform, weights, n_fft=_N_FFT, hop_length=HOP)


def _rises_db(sound: Sound) -> NDArray[np.float32]:
    """How much louder every band became; **shape** ``(bands, frames)``."""
    power = sound.once(band_powers)
    level_db = power_to_db(power / max(power.max(), _TINY), range_db=_RANGE_DB)
    before_db = level_db[:, :-_LAG].copy()
    np.maximum(before_db[1:], level_db[:-1, :-_LAG], out=before_db[1:])
    np.maximum(before_db[:-1], level_db[1:, :-_LAG], out=before_db[:-1])
    rise_db = np.maximum(level_db[:, _LAG:] - before_db, 0.0)
    # A recording that is cut off ends with a click, which is no onset.
    n_whole = LEAD + 1 + (len(sound.mono) - _N_FFT // 2) // HOP
    rise_db[:, max(n_whole, 0) :] = 0.0
    return rise_db


def onset_times(sound: Sound) -> NDArray[np.float64]:
    """Times at which notes begin: peaks of `onset_strength` that stand out.

    A peak is the highest value within 30 ms and at least 0.5 dB above the mean of the 0.18 s around
    it; onsets are at least 50 ms apart.

    **Shape**: ``(onsets,)``, in seconds, rising.

    Args:
        sound: recording of any length; an empty one has no onset.

    Example:
        >>> click = np.eye(1, 16000, 8000)[0]
        >>> bool(abs(onset_times(Sound(click, 16000)) - 0.5).max() < 0.05)
        True
    """
    strength = sound.once(onset_strength)
    around = np.lib.stride_tricks.sliding_window_view
    highest = around(np.pad(strength, _PEAK_REACH), 2 * _PEAK_REACH + 1).max(axis=1)
    sums = np.concatenate([[0.0], np.cumsum(strength)])
    frames = np.arange(len(strength))
    start = np.maximum(frames - _MEAN_BEFORE, 0)
    stop = np.minimum(frames + _MEAN_AFTER + 1, len(strength))
    mean = (sums[stop] - sums[start]) / (stop - start)
    peaks: list[int] = []
    for frame in np.flatnonzero((strength >= highest) & (strength >= mean + _THRESHOLD_DB)):
        if not peaks or frame - peaks[-1] >= _SHORTEST_FRAMES:
            peaks.append(int(frame))
    return np.maximum(np.array(peaks, np.float64) - LEAD - _LATENCY, 0.0) * (HOP / RATE_HZ)


def matched_events(reference_s: ArrayLike, estimated_s: ArrayLike, *, window_s: float) -> int:
    """Largest number of pairs of events within a window of each other, none used twice.

    On a line, giving every event in turn the earliest partner that is left is the largest matching.

    Args:
        reference_s: times in seconds, in any order. **Shape** ``(n,)``.
        estimated_s: times in seconds, in any order. **Shape** ``(m,)``.
        window_s: largest distance of the two times of a pair, in seconds.

    Raises:
        InputError: the times are not vectors of finite numbers, or the window is negative.

    Example:
        >>> matched_events([0.0, 1.0, 1.04], [0.03, 1.02], window_s=0.05)
        2
    """
    ours, theirs = _times(reference_s), _times(estimated_s)
    if not window_s >= 0.0:
        raise InputError(f"window_s must be 0 or more, got {window_s}; give seconds")
    n_matched = i = j = 0
    while i < len(ours) and j < len(theirs):
        if abs(ours[i] - theirs[j]) <= window_s:
            n_matched, i, j = n_matched + 1, i + 1, j + 1
        elif ours[i] < theirs[j]:
            i += 1
        else:
            j += 1
    return n_matched


def _times(events_s: ArrayLike) -> NDArray[np.float64]:
    times = np.asarray(events_s, np.float64)
    if times.ndim != 1 or not np.isfinite(times).all():
        raise InputError(
            f"events must be a vector of finite times in seconds, got shape {times.shape}; "
            "give one time per event"
        )
    return np.sort(times)
