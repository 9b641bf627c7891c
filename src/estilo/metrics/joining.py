"""Several styles as one sound, so that metrics need to know of one style only."""

from collections.abc import Sequence

import numpy as np

from estilo.analysis.sound import Sound
from estilo.audio import Audio
from estilo.dsp.resample import resample
from estilo.errors import InputError

BLEND_S = 60.0
"""Longest blend, in seconds."""

_LEVEL = 0.1


def joined(styles: Sequence[Sound]) -> Sound:
    """Join all of every style, one after another; a single one is left as it is.

    What may have been copied from any of them is in it. Several are brought to one channel, to the
    highest of their rates and to the same root mean square.

    Args:
        styles: one or more.

    Raises:
        InputError: there is none.

    Example:
        >>> joined([Sound(np.ones(8), 8000), Sound(np.ones(8), 4000)]).audio.samples.shape
        (1, 24)
    """
    _require_some(styles)
    if len(styles) == 1:
        return styles[0]
    parts, rate = _alike(styles)
    return Sound.of(Audio(np.concatenate(parts), rate))


def blended(styles: Sequence[Sound], weights: Sequence[float] | None = None) -> Sound:
    """Every style for as long as its weight says, so that statistics over time are a weighted mean.

    As in `joined`, but short ones are repeated, and the whole is cut to `BLEND_S`.

    Args:
        styles: one or more.
        weights: shares of the styles; equal if not given.

    Raises:
        InputError: there is none, or another number of weights than styles.

    Example:
        >>> low, high = Sound(np.ones(8), 8000), Sound(-np.ones(8), 8000)
        >>> blend = blended([low, high], [3.0, 1.0]).audio.samples[0]
        >>> len(blend), round(float((blend > 0).mean()), 2)
        (32, 0.75)
    """
    _require_some(styles)
    if len(styles) == 1:
        return styles[0]
    shares = np.ones(len(styles)) if weights is None else np.asarray(weights, np.float64)
    if shares.shape != (len(styles),):
        raise InputError(
            f"{shares.size} style weights for {len(styles)} styles; give one weight per style"
        )
    parts, rate = _alike(styles)
    shares = shares / shares.sum()
    total = max(len(part) / share for part, share in zip(parts, shares, strict=True))
    total = min(total, BLEND_S * rate)
    repeated = [
        np.resize(part, round(share * total)) for part, share in zip(parts, shares, strict=True)
    ]
    return Sound.of(Audio(np.concatenate(repeated), rate))


def _require_some(styles: Sequence[Sound]) -> None:
    if not styles:
        raise InputError("no style was given; name at least one recording")


def _alike(styles: Sequence[Sound]) -> tuple[list[np.ndarray], int]:
    """One channel of each style, at the same rate and level, and the rate."""
    rate = max(style.audio.sample_rate for style in styles)
    parts = []
    for style in styles:
        waveform = style.mono_full_rate
        if style.audio.sample_rate != rate:
            waveform = resample(waveform[None], style.audio.sample_rate, rate)[0]
        level = (
            float(np.sqrt(np.mean(np.square(waveform, dtype=np.float64)))) if len(waveform) else 0
        )
        parts.append(waveform * np.float32(_LEVEL / level) if level > 0.0 else waveform)
    return parts, rate
