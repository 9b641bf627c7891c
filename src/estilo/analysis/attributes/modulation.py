"""Vibrato and tremolo: how far pitch and level swing, together in all bands."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.attributes.bands import ENVELOPE_HZ, FRAME_HZ, N_SLOW, Bands, bands, to_db
from estilo.analysis.attributes.notes import windows
from estilo.analysis.sound import Sound

RATES_HZ = np.arange(3.0, 9.01, 0.5)
"""Rates of vibrato and tremolo, in Hz."""
WINDOW_FRAMES, WINDOW_HOP = 50, 10
"""Length and distance of the windows in which a swing is measured, in frames of 10 ms."""

_LEAST_WINDOWS = 4
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

    Bands swing together: their mean counts, of those at the peaks of the spectrum most, in cents of
    those in which one partial sounds, so that the noise of single bands cancels. Depths are medians
    over windows of half a second, in which a straight line was taken away.

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
    # A partial swings from band to band, and what it has in all of three stays the same.
    near = heard.frame_power.copy()
    near[1:] += heard.frame_power[:-1]
    near[:-1] += heard.frame_power[1:]
    share = heard.frame_power[:, frames].mean(2) / np.maximum(near[:, frames].mean(2), 1e-30)
    weights = heard.audible[:, frames].all(2) * np.square(share)
    tremolo = _depth(_mean(to_db(near)[:, frames], weights))
    cents, purity = _cents(heard, frames)
    weights = weights[:N_SLOW] * purity
    is_clear = weights.sum(0) > _LEAST_WEIGHT
    if np.count_nonzero(is_clear) < _LEAST_WINDOWS:
        return Swings(tremolo_db=2.0 * tremolo[0], tremolo_hz=tremolo[1])
    vibrato = _depth(_mean(cents[:, is_clear], weights[:, is_clear]))
    return Swings(vibrato[0], vibrato[1], 2.0 * tremolo[0], tremolo[1])


def _mean(curves: NDArray, weights: NDArray) -> NDArray[np.float64]:
    """Mean over bands; **shape** ``(bands, windows, frames)`` to ``(windows, frames)``."""
    total = np.maximum(weights.sum(0), 1e-30)
    return np.einsum("bwt,bw->wt", curves, weights / total)


def _cents(heard: Bands, frames: NDArray[np.int64]) -> tuple[NDArray, NDArray]:
    """Distance of each slow band's frequency from its mean, and how surely it is one partial's.

    **Shape**: ``(bands, windows, frames)`` in cents, and ``(bands, windows)``.
    """
    turn = heard.turn[:, frames]
    offset_hz = np.angle(turn) * (ENVELOPE_HZ / (2.0 * np.pi))
    frequency_hz = np.maximum(heard.centres_hz[:N_SLOW, None, None] + offset_hz, 1.0)
    cents = 1200.0 * np.log2(frequency_hz / frequency_hz.mean(2, keepdims=True))
    power = np.maximum(heard.frame_power[:N_SLOW][:, frames], 1e-30)
    purity = np.minimum(np.abs(turn) / power, 1.0).min(2)
    return cents, (np.ptp(cents, axis=2) < _WIDEST_CENTS) * purity**_PURITY_POWER


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
