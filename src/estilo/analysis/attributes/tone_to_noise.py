"""Tone to noise: how far partials stand above what lies between them."""

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.attributes.bands import RANGE_DB
from estilo.analysis.attributes.lines import FRAMES_PER_LINE, lines, regions
from estilo.analysis.attributes.notes import notes
from estilo.analysis.sound import Sound

LEAST_DB, MOST_DB = -10.0, 50.0
"""Noise alone comes near the first; the window hides noise below the second, in dB."""

_LEAST_FRAMES = 5
_QUIET_SHARE = 0.15  # of the frames; in those a swinging pitch stands still
_FRAME_RANGE = 10.0**-3


def tone_to_noise(sound: Sound) -> NDArray[np.float64]:
    """Power of partials over that of what lies between them, in dB, region by region.

    A region is three ERB wide. Between partials is its lowest share of bins, and of all frames in
    which notes are held those count in which least lies there: a vibrato sweeps its partials over
    the gaps, but not while it turns. Lines that are added between partials leave gaps as well.

    Args:
        sound: any length.

    **Shape**: ``(regions,)``; NaN where a region is not heard, or nothing is held.

    Example:
        >>> time_s = np.arange(32_000) / 16_000
        >>> tone = sum(np.sin(2 * np.pi * 300 * k * time_s) for k in range(1, 20))
        >>> noise = np.random.default_rng(0).standard_normal(32_000)
        >>> mixed = (Sound(tone + gain * noise, 16_000) for gain in (0.05, 0.2))
        >>> low_db, high_db = (float(np.nanmean(tone_to_noise(each))) for each in mixed)
        >>> 10.0 < low_db - high_db < 14.0  # of 12
        True
    """
    spectra = sound.once(lines)
    held = sound.once(notes).held
    frames = np.minimum(np.arange(len(spectra.power)) * FRAMES_PER_LINE, len(held) - 1)
    chosen = np.flatnonzero(held[frames])
    ratios_db = np.full(len(regions()), np.nan)
    if len(chosen) < _LEAST_FRAMES:
        return ratios_db
    whole = np.stack([spectra.power[chosen][:, each].sum(1) for each in regions()], axis=1)
    sizes = np.array([len(each) for each in regions()])
    gaps = np.minimum(spectra.gap_power[chosen] * sizes, whole)
    mean = whole.mean(0)
    for region in np.flatnonzero(mean > mean.max() * 10.0 ** (-RANGE_DB / 10.0)).tolist():
        is_heard = whole[:, region] > _FRAME_RANGE * whole[:, region].max()
        share = np.quantile(gaps[is_heard, region] / whole[is_heard, region], _QUIET_SHARE)
        ratio = (1.0 - share) / max(share, 1e-9)
        ratios_db[region] = np.clip(10.0 * np.log10(max(ratio, 1e-9)), LEAST_DB, MOST_DB)
    return ratios_db
