"""Vibrato and tremolo: how far pitch and level swing, together in all bands."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.attributes.bands import ENVELOPE_HZ, FRAME_HZ, N_SLOW, bands
from estilo.analysis.attributes.notes import windows
from estilo.analysis.sound import Sound

RATES_HZ = np.arange(3.0, 9.01, 0.5)
"""Rates of vibrato and tremolo, in Hz."""
WINDOW_FRAMES, WINDOW_HOP = 50, 10
"""Length and distance of the windows in which a swing is measured, in frames of 10 ms."""

_LEAST_WINDOWS = 2
_PURITY_POWER = 64
_LEAST_WEIGHT = 0.1
_WIDEST_CENTS = 500.0


@dataclass(frozen=True)
class Swings:
    """Vibrato and tremolo; None where no note is held for half a second, or has no clear pitch.

    Args:
        vibrato_cents: swing of the pitch to each side, in cents.
        vibrato_hz: its rate, in Hz.
        tremolo_db: difference of level between the extremes, in dB.
        tremolo_hz: its rate, in Hz.
    """

    vibrato_cents: float | None = None
    vibrato_hz: float | None = None
    tremolo_db: float | None = None
    tremolo_hz: float | None = None


def swings(sound: Sound) -> Swings:
    """How far pitch and level swing 3 to 9 times a second; for `Sound.once`.

    Bands swing together: their mean counts, in cents that of the bands in which one partial sounds,
    so that the noise of single bands cancels. Depths are medians over windows of half a second, in
    which a straight line was taken away.

    Args:
        sound: any length.

    Example:
        >>> time_s = np.arange(48_000) / 16_000
        >>> swing = 30 / 1200 * np.log(2) * np.cos(2 * np.pi * 6 * time_s)  # 30 cents
        >>> sung = np.sin(np.cumsum(2 * np.pi * 440 / 16_000 * np.exp(swing)))
        >>> of = swings(Sound(sung, 16_000))
        >>> round(of.vibrato_cents or 0.0), of.vibrato_hz
        (30, 6.0)
    """
    heard = sound.once(bands)
    first = windows(sound, n_frames=WINDOW_FRAMES, hop=WINDOW_HOP)
    if len(first) < _LEAST_WINDOWS:
        return Swings()
    frames = first[:, None] + np.arange(WINDOW_FRAMES)
    is_heard = heard.audible[:, frames].all(2)
    weights = is_heard / np.maximum(is_heard.sum(0), 1)
    tremolo = _depth(np.einsum("bwt,bw->wt", heard.level_db[:, frames], weights))
    cents, weights = _cents(sound, frames)
    total = weights.sum(0)
    is_clear = total > _LEAST_WEIGHT
    if np.count_nonzero(is_clear) < _LEAST_WINDOWS:
        return Swings(tremolo_db=2.0 * tremolo[0], tremolo_hz=tremolo[1])
    mean = np.einsum("bwt,bw->wt", cents, weights)[is_clear] / total[is_clear, None]
    vibrato = _depth(mean)
    return Swings(vibrato[0], vibrato[1], 2.0 * tremolo[0], tremolo[1])


def _cents(sound: Sound, frames: NDArray[np.int64]) -> tuple[NDArray, NDArray]:
    """Distance of each slow band's frequency from its mean, and how surely it is one partial's.

    **Shape**: ``(bands, windows, frames)`` in cents, and ``(bands, windows)``.
    """
    heard = sound.once(bands)
    turn = heard.turn[:, frames]
    offset_hz = np.angle(turn) * (ENVELOPE_HZ / (2.0 * np.pi))
    frequency_hz = np.maximum(heard.centres_hz[:N_SLOW, None, None] + offset_hz, 1.0)
    cents = 1200.0 * np.log2(frequency_hz / frequency_hz.mean(2, keepdims=True))
    power = np.maximum(heard.frame_power[: N_SLOW + 1][:, frames], 1e-30)
    purity = np.minimum(np.abs(turn) / power[:-1], 1.0).min(2)
    # A partial at the edge of a band swings out of it; what it has there is in the next one.
    mean = power.mean(2)
    share = mean[:-1] / (mean[:-1] + mean[1:] + np.pad(mean[:-2], ((1, 0), (0, 0))))
    is_heard = heard.audible[:N_SLOW][:, frames].all(2) & (np.ptp(cents, axis=2) < _WIDEST_CENTS)
    return cents, is_heard * np.square(share) * purity**_PURITY_POWER


def _depth(curves: NDArray) -> tuple[float, float]:
    """Median amplitude of the swing that fits each curve best, and its rate in Hz."""
    bases, projections = _fits()
    explained = np.square(np.einsum("rkt,wt->wrk", bases, curves)).sum(2)
    best = explained.argmax(1)
    waves = np.einsum("wkt,wt->wk", projections[best], curves)
    depths = np.sqrt(np.square(waves).sum(1))
    return float(np.median(depths)), float(np.median(RATES_HZ[best]))


@lru_cache(maxsize=1)
def _fits() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What gives the share of a curve that a swing beside a straight line explains, and the swing.

    Both by weighted least squares, for each rate, and for cosine and sine.
    **Shape**: ``(rates, 2, frames)`` both.
    """
    time_s = (np.arange(WINDOW_FRAMES) - 0.5 * (WINDOW_FRAMES - 1)) / FRAME_HZ
    root = np.sqrt(np.hanning(WINDOW_FRAMES + 2)[1:-1])
    bases, projections = [], []
    for rate_hz in RATES_HZ:
        angle = 2.0 * np.pi * rate_hz * time_s
        columns = np.stack([np.ones_like(time_s), time_s, np.cos(angle), np.sin(angle)], axis=1)
        weighted = columns * root[:, None]
        bases.append(np.linalg.qr(weighted)[0].T[2:] * root)
        projections.append((np.linalg.pinv(weighted) * root)[2:])
    return np.array(bases), np.array(projections)
