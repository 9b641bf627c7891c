"""The frequency at which a recording ends, where that is a limit of the file and not of the sound.

A telephone, a low sample rate or an encoder cut off within an ERB what other sounds lose little by
little, and leave nothing above, not even a noise floor. A tone whose partials end somewhere has
gaps between them that hold as little.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from estilo.audio import Audio
from estilo.units import erb_number_to_hz, hz_to_erb_number

LOWEST_HZ = 2500.0
"""Lowest frequency that is taken for the limit of a file; telephones reach 3400 Hz."""

_FRAME_S = 0.093
_BLOCK_FRAMES = 256
_STEP_ERB = 0.25
_EDGE_BANDS = 5  # that a cut may take: 1.25 ERB
_CUT = 1e3  # of power per hertz, between what is below and all that is above: 30 dB
_LEAKS = 1e-11  # of power per hertz: what windows let through between partials
_FULL = 1e2  # of power per hertz, of all that lies within half an octave below the cut


def bandwidth_hz(audio: Audio) -> float | None:
    """The frequency above which nothing is known of a recording; None where all of it is.

    Args:
        audio: recording of any rate, length and number of channels.

    Example:
        >>> noise = 0.1 * np.random.default_rng(0).standard_normal((1, 32_000))
        >>> bandwidth_hz(Audio(noise, 32_000)) is None
        True
        >>> spectrum = np.fft.rfft(noise)
        >>> spectrum[:, 8_000:] = 0.0
        >>> 7_750 < bandwidth_hz(Audio(np.fft.irfft(spectrum), 32_000)) < 8_250
        True
    """
    power = _average_power(audio)
    edges_erb = np.arange(
        float(hz_to_erb_number(LOWEST_HZ)) - _EDGE_BANDS * _STEP_ERB,
        float(hz_to_erb_number(audio.sample_rate / 2.0)),
        _STEP_ERB,
    )
    bins = np.rint(erb_number_to_hz(edges_erb) * 2 * (len(power) - 1) / audio.sample_rate)
    density = np.array([power[a : max(b, a + 1)].mean() for a, b in pairwise(bins.astype(int))])
    if len(density) <= _EDGE_BANDS:
        return None
    # The loudest of all that is above each band, and the faintest within half an octave below.
    above = np.maximum.accumulate(density[::-1])[::-1][_EDGE_BANDS:]
    above = np.maximum(above, _LEAKS * density.max())
    below = density[:-_EDGE_BANDS]
    centres_hz = erb_number_to_hz(edges_erb)
    firsts = np.searchsorted(centres_hz, centres_hz[: len(below)] / 2.0**0.5)
    faintest = np.array([density[a : b + 1].min() for b, a in enumerate(firsts)])
    found = np.flatnonzero((below > _CUT * above) & (faintest > _FULL * above))
    if len(found) == 0:
        return None
    # Where half of the fall in decibels has been passed.
    last = int(found[-1])
    falling = density[last : last + _EDGE_BANDS + 1]
    middle = np.sqrt(falling[0] * max(falling[-1], 1e-12 * falling[0]))
    return float(erb_number_to_hz(edges_erb[last + int(np.argmax(falling < middle))]))


def power_share(audio: Audio, bands_hz: Sequence[tuple[float, float]]) -> float:
    """Share of a recording's power within bands, 0 to 1; 0 of silence.

    Args:
        audio: recording of any rate, length and number of channels.
        bands_hz: bands, each from and to, in Hz; to infinity as well.

    Example:
        >>> tone = Audio(np.sin(0.5 * np.arange(16_000)), 16_000)
        >>> power_share(tone, [(2000.0, np.inf)]) < 1e-3, power_share(tone, [(1e3, 2e3)]) > 0.999
        (True, True)
    """
    power = _average_power(audio)
    hertz = np.linspace(0.0, audio.sample_rate / 2.0, len(power))
    is_inside = np.zeros(len(power), bool)
    for low, high in bands_hz:
        is_inside |= (hertz >= low) & (hertz < high)
    total = float(power.sum())
    return float(power[is_inside].sum()) / total if total > 0.0 else 0.0


def _average_power(audio: Audio) -> NDArray[np.float64]:
    """Mean power spectrum over time and channels; memory stays bounded."""
    n_fft = 1 << max(round(np.log2(_FRAME_S * audio.sample_rate)), 5)
    window, total = np.hanning(n_fft + 1)[:-1], np.zeros(n_fft // 2 + 1)
    for channel in audio.samples:
        if len(channel) < n_fft:
            channel = np.pad(channel, (0, n_fft - len(channel)))
        frames = np.lib.stride_tricks.sliding_window_view(channel, n_fft)[:: n_fft // 2]
        for first in range(0, len(frames), _BLOCK_FRAMES):
            spectra = np.fft.rfft(frames[first : first + _BLOCK_FRAMES] * window)
            total += np.square(np.abs(spectra)).sum(axis=0)
    return total
