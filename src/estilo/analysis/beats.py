"""Beat tracking: the times at which the beats of a recording fall.

Reference: D. P. W. Ellis (2007), Beat tracking by dynamic programming, J. New Music Research,
doi:10.1080/09298210701653344.
"""

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.onsets import HOP, LEAD, onset_strength
from estilo.analysis.sound import RATE_HZ, Sound
from estilo.analysis.tempo import tempo

_TIGHTNESS = 100.0  # what a beat that comes early or late costs, against onsets of deviation 1
_SHORTEST, _LONGEST = 0.5, 2.0  # distance of two beats, in periods
_BLUR_PERIODS = 1.0 / 32.0
_FAINT = 0.5  # share of the beats' root mean square; fainter beats at either end are dropped


def beat_times(sound: Sound) -> NDArray[np.float64]:
    r"""Beats at the tempo of `estilo.analysis.tempo`, in seconds; none where there is no pulse.

    It finds the row of times that has the most onsets on it and the steadiest steps:

    .. math:: C(t) = o(t) + \max_\tau \{ C(\tau) - \alpha \log^2((t - \tau) / p) \}

    with the onset strength :math:`o`, blurred and scaled to a deviation of 1, the period :math:`p`,
    and α of 100. Beats before the first onset and after the last are left out. A steady error of
    the tempo of a few per cent is corrected; a tempo that changes by a tenth or more is not.

    **Shape**: ``(beats,)``, rising.

    Args:
        sound: recording of any length; all of it is analysed.

    Example:
        >>> clicks = np.zeros(96_000)
        >>> clicks[8_000::8_000] = 1.0
        >>> [round(float(each), 1) for each in beat_times(Sound(clicks, 16_000))][:4]
        [0.5, 1.0, 1.5, 2.0]
    """
    bpm = sound.once(tempo).bpm
    if bpm is None:
        return np.zeros(0)
    period = 60.0 * RATE_HZ / HOP / bpm
    onsets = _blurred(sound.once(onset_strength), period)
    beats = _best_row(onsets, period)
    loud = onsets[beats] >= _FAINT * np.sqrt(np.mean(np.square(onsets[beats])))
    first, last = np.flatnonzero(loud)[[0, -1]]
    return np.maximum(beats[first : last + 1] - LEAD, 0) * (HOP / RATE_HZ)


def _blurred(strength: NDArray[np.float64], period: float) -> NDArray[np.float64]:
    """Onset strength blurred over time, with a deviation of 1, so that near onsets count."""
    reach = max(round(period), 1)
    places = np.arange(-reach, reach + 1)
    blur = np.exp(-0.5 * np.square(places / (_BLUR_PERIODS * period)))
    # The mode is not "same", which swaps the two where the blur is the longer one.
    blurred = np.convolve(strength, blur)[reach:-reach]
    return blurred / max(float(blurred.std()), np.finfo(float).tiny)


def _best_row(onsets: NDArray[np.float64], period: float) -> NDArray[np.int64]:
    """Frames of the best row, by its best end and what came before each."""
    steps = np.arange(round(_SHORTEST * period), round(_LONGEST * period) + 1)
    cost = _TIGHTNESS * np.square(np.log(steps / period))
    total = onsets.copy()
    before = np.full(len(onsets), -1)
    for frame in range(steps[0], len(onsets)):
        n_steps = min(len(steps), frame - steps[0] + 1)
        candidates = total[frame - steps[:n_steps]] - cost[:n_steps]
        best = int(np.argmax(candidates))
        if candidates[best] > 0.0:  # else a row begins here
            total[frame] += candidates[best]
            before[frame] = frame - steps[best]
    row = [_end(total)]
    while before[row[-1]] >= 0:
        row.append(int(before[row[-1]]))
    return np.array(row[::-1])


def _end(total: NDArray[np.float64]) -> int:
    """The last peak that is worth half of what peaks are worth."""
    is_peak = (total[1:-1] >= total[:-2]) & (total[1:-1] > total[2:])
    peaks = 1 + np.flatnonzero(is_peak)
    if len(peaks) == 0:
        return int(np.argmax(total))
    return int(peaks[total[peaks] >= 0.5 * np.median(total[peaks])][-1])
