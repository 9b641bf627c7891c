r"""Time stretching: another speed at the same pitch, with attacks as they are.

A phase vocoder whose regions around spectral peaks keep their phases among themselves (J. Laroche &
M. Dolson 1999, Improved phase vocoder time-scale modification of audio, IEEE Transactions on Speech
and Audio Processing 7(3), doi:10.1109/89.759041). What is heard at an attack is kept as it is: time
runs at its own pace there and catches up in between, and what sets in keeps its own phases
(A. Röbel 2003, A new approach to transient processing in the phase vocoder, DAFx-03).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from estilo.errors import InputError

_WINDOW_S = 0.06  # a compromise of basses, which want more, and attacks, which want less
_OVERLAP = 4
_PEAK_REACH = 2  # bins to each side that a peak exceeds
_BEFORE, _AFTER = 0.5, 0.6  # windows around an attack that run at its own pace
_ATTACK_SHARE = 0.3  # largest share of the way to the next attack that runs at its own pace
_RISE = 4.0  # rise of the power within a hop from which a sound counts as setting in
_LEAST = 1e-12

Complex = NDArray[np.complex64]


def stretched(
    samples: np.ndarray,
    sample_rate: int,
    *,
    speed: float,
    attacks_s: ArrayLike = (),
    out: np.ndarray | None = None,
) -> np.ndarray:
    r"""A recording at another speed, at its own pitch.

    Output frame *u* is the input's at :math:`t_u`, turned in every region *R* around a peak by the
    angle that fits the input a hop before it to what was played last,

    .. math:: Y_u = X(t_u) \, e^{i\theta_R}, \quad
        \theta_R = \arg \sum_{R} Y_{u-1} \overline{X(t_u - h)}

    the same in all channels, so the stereo image stays. At a speed of 1 nothing is changed.

    Args:
        samples: samples, **Shape** ``(channels, time)``.
        sample_rate: sample rate in Hz.
        speed: factor on the speed, more than 0; meant for 0.5 to 2.
        attacks_s: times at which sounds set in, in seconds, in any order; 20 ms too early does no
            harm. **Shape** ``(n,)``.
        out: array of the result's shape to write to; a new array when None.

    Returns:
        **Shape** ``(channels, round(time / speed))``, float32.

    Raises:
        InputError: the samples are of another shape, or the speed is not positive.

    Example:
        >>> tone = np.sin(0.1 * np.arange(8000))[None]
        >>> slow = stretched(tone, 8000, speed=0.8)
        >>> slow.shape, bool(np.abs(np.fft.rfft(slow[0])).argmax() == round(1000 / 2 / np.pi))
        ((1, 10000), True)
    """
    if samples.ndim != 2 or not 0.0 < speed < np.inf:
        raise InputError(
            f"expected samples (channels, time) and a positive speed, got {samples.shape} and "
            f"{speed}; give one recording"
        )
    hop = _smooth(max(round(_WINDOW_S * sample_rate / _OVERLAP), 4))
    size = _OVERLAP * hop
    n_out = round(samples.shape[1] / speed)
    out = np.zeros((len(samples), n_out), np.float32) if out is None else out
    out[:] = 0.0
    window = (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(size) / size)).astype(np.float32)
    attacks = np.sort(np.asarray(attacks_s, np.float64)) * sample_rate
    ours, theirs, pace = _course(attacks, n_out, speed=speed, size=size)
    last: Complex | None = None
    for centre in range(-hop, n_out + size // 2, hop):
        place = round(float(np.interp(centre, ours, theirs)))
        frame = _spectrum(samples, place - size // 2, window)
        if last is not None:
            before = _spectrum(samples, place - size // 2 - hop, window)
            is_attack = bool(pace[np.searchsorted(ours, centre, side="right") - 1] == 1.0)
            frame = frame * _turns(frame, before, last, keeps_attacks=is_attack)
        last = frame
        _add(out, np.fft.irfft(frame, size) * (window / 1.5), centre - size // 2)
    return out


def _smooth(size: int) -> int:
    """The next size without a large prime in it, of which transforms take several times as long.

    >>> _smooth(661), _smooth(720)
    (675, 720)
    """
    rest = size
    for prime in (2, 3, 5):
        while rest % prime == 0:
            rest //= prime
    return size if rest == 1 else _smooth(size + 1)


def _course(
    attacks: NDArray[np.float64], n_out: int, *, speed: float, size: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The course of time: positions of the output, of the input, and the pace after each of them.

    Around each attack the pace is 1, as long as there is room for the others.
    """
    ours, theirs = [-float(size)], [-size * speed]
    gaps = np.diff(attacks, prepend=-np.inf, append=np.inf) * min(1.0, 1.0 / speed) * _ATTACK_SHARE
    for attack, gap_before, gap_after in zip(attacks, gaps[:-1], gaps[1:], strict=True):
        here = attack / speed
        for shift in (-min(_BEFORE * size, gap_before), min(_AFTER * size, gap_after)):
            if here + shift > ours[-1]:
                ours.append(here + shift)
                theirs.append(attack + shift)
    end = max(n_out, ours[-1]) + 2.0 * size
    ours.append(end)
    theirs.append(end * speed)
    places, times = np.array(ours), np.array(theirs)
    pace = np.round(np.diff(times) / np.diff(places), 9)
    return places, times, np.append(pace, pace[-1])


def _spectrum(samples: np.ndarray, start: int, window: NDArray[np.float32]) -> Complex:
    """Spectrum of one frame, with silence beyond the ends; **shape** ``(channels, bins)``."""
    frame = np.zeros((len(samples), len(window)), np.float32)
    first, stop = max(start, 0), min(start + len(window), samples.shape[1])
    if stop > first:
        frame[:, first - start : stop - start] = samples[:, first:stop]
    return np.fft.rfft(frame * window).astype(np.complex64)


def _turns(frame: Complex, before: Complex, last: Complex, *, keeps_attacks: bool) -> Complex:
    """Rotations of the bins of a frame, as complex numbers; **shape** ``(bins,)``."""
    power = np.square(np.abs(frame)).sum(axis=0)
    starts, regions = _regions(power)
    fit = np.add.reduceat((last * before.conj()).sum(axis=0), starts)
    size = np.abs(fit)
    turns = np.where(size > _LEAST, fit / np.maximum(size, _LEAST), 1.0).astype(np.complex64)
    if keeps_attacks:
        power_before = np.square(np.abs(before)).sum(axis=0)
        rises = np.add.reduceat(power, starts) > _RISE * np.add.reduceat(power_before, starts)
        turns[rises] = 1.0
    return turns[regions]


def _regions(power: NDArray[np.floating]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First bin of the region around every peak, and of every bin the number of its region."""
    padded = np.pad(power, _PEAK_REACH, constant_values=-1.0)
    highest = np.lib.stride_tricks.sliding_window_view(padded, 2 * _PEAK_REACH + 1).max(axis=1)
    peaks = np.flatnonzero(power >= highest)
    middles = (peaks[:-1] + peaks[1:] + 1) // 2
    starts = np.concatenate([[0], middles]).astype(np.int64)
    regions = np.zeros(len(power), np.int64)
    regions[starts[1:]] = 1
    return starts, np.cumsum(regions)


def _add(out: np.ndarray, frame: np.ndarray, start: int) -> None:
    first, stop = max(start, 0), min(start + frame.shape[1], out.shape[1])
    if stop > first:
        out[:, first:stop] += frame[:, first - start : stop - start]
