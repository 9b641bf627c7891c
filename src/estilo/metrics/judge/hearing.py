"""What the judge of timbre hears of a recording: the levels of bands that are not masked.

Conventions: 44.1 kHz, the powers of all channels added, so that what cancels in a downmix is heard;
bands on the ERB-rate scale from 40 Hz to 16 kHz, frames of 46 ms every 11.6 ms. Levels count from
a floor, below which nothing is heard: 45 dB below the loudest band within 0.2 s, and 60 dB below
the loudest band of the recording. So neither the level of a recording nor the hiss beneath it
matters, and pauses are not heard at all.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.sound import Sound
from estilo.analysis.spectra import banded_power
from estilo.dsp.resample import resample
from estilo.units import erb_number_to_hz, hz_to_erb_number

RATE_HZ = 44_100
N_FFT = 2048
HOP = 512
FRAME_RATE_HZ = RATE_HZ / HOP
N_BANDS = 80
LOW_HZ, HIGH_HZ = 40.0, 16_000.0
MASKED_DB = 45.0
"""Distance below the loudest band nearby at which a band is no longer heard, in dB."""
RANGE_DB = 60.0
"""Distance below the loudest band of the recording at which nothing is heard, in dB."""
NEARBY_FRAMES = 17
"""Frames to either side that count as nearby: 0.2 s."""
PAUSE_DB = 40.0
"""Distance below the loudest frame nearby at which a frame no longer counts as sounding, in dB."""

_LOWEST_POWER = 1e-20
_SILENT_DB = -140.0  # re full scale; the noise of 24 bits lies above it

Array = NDArray[np.float32]


class Heard(NamedTuple):
    """The audible levels of a recording.

    Args:
        levels: height of each band above the floor of its moment as a share of `MASKED_DB`, and
            above that of the recording as a share of `RANGE_DB`; 0 for what is masked. **Shape**
            ``(2, N_BANDS, frames)``.
        weights: how much each frame counts, 0 for pauses, 1 for the loudest. **Shape**
            ``(frames,)``.
    """

    levels: Array
    weights: Array


def heard(sound: Sound) -> Heard:
    """The audible levels of a recording; compute them through `Sound.once`.

    Args:
        sound: any length, rate and channels.

    Example:
        >>> time_s = np.arange(44100) / 44100
        >>> of = heard(Sound(0.1 * np.sin(2 * np.pi * 440 * time_s), 44100))
        >>> of.levels.shape, float(of.levels.max())
        ((2, 80, 87), 1.0)
    """
    return audible(sound.once(band_powers))


def band_powers(sound: Sound) -> Array:
    """Power in each band and frame, summed over the channels; 1 for a sine of full scale.

    **Shape**: ``(N_BANDS, 1 + time // HOP)`` at `RATE_HZ`, float32.

    Args:
        sound: any length, rate and channels.

    Example:
        >>> tone = Sound(np.sin(2 * np.pi * 440 * np.arange(44100) / 44100), 44100)
        >>> round(float(band_powers(tone).sum(0)[40]), 2)
        1.0
    """
    audio = sound.audio
    samples = audio.samples
    if audio.sample_rate != RATE_HZ:
        samples = resample(samples, audio.sample_rate, RATE_HZ)
    total = np.zeros((N_BANDS, 1 + samples.shape[1] // HOP), np.float32)
    for channel in samples:
        total += banded_power(channel, band_weights(), n_fft=N_FFT, hop_length=HOP)
    return total


@lru_cache(maxsize=1)
def band_weights() -> Array:
    """Triangular bands that share out the power of every bin between `LOW_HZ` and `HIGH_HZ`.

    **Shape**: ``(N_BANDS, N_FFT // 2 + 1)``, scaled so that a sine of full scale gives 1.

    Example:
        >>> band_weights().shape
        (80, 1025)
    """
    numbers = np.linspace(hz_to_erb_number(LOW_HZ), hz_to_erb_number(HIGH_HZ), N_BANDS + 2)
    edges_hz = erb_number_to_hz(numbers)
    bin_hz = RATE_HZ / N_FFT
    bins_hz = np.arange(N_FFT // 2 + 1) * bin_hz
    centre_hz = edges_hz[1:-1, None]
    # Low bands lie closer than the bins of the transform: each sees at least one.
    low_hz = np.minimum(edges_hz[:-2, None], centre_hz - bin_hz)
    high_hz = np.maximum(edges_hz[2:, None], centre_hz + bin_hz)
    rise = (bins_hz - low_hz) / (centre_hz - low_hz)
    fall = (high_hz - bins_hz) / (high_hz - centre_hz)
    weights = np.maximum(np.minimum(rise, fall), 0.0)
    weights /= np.maximum(weights.sum(0, keepdims=True), 1e-9)
    weights[:, (bins_hz < edges_hz[0]) | (bins_hz > edges_hz[-1])] = 0.0
    # A sine's power in the bins of a Hann window adds up to 3/32 of the squared length.
    weights = (weights / (N_FFT**2 * 3.0 / 32.0)).astype(np.float32)
    weights.flags.writeable = False
    return weights


def audible(powers: Array) -> Heard:
    """The levels of bands above the floor below which nothing is heard.

    Args:
        powers: powers of bands and frames; **shape** ``(N_BANDS, frames)``.

    Example:
        >>> of = audible(np.array([[1.0, 1e-3], [1e-5, 1e-3]], np.float32))
        >>> of.levels[0].astype(float).round(2).tolist()  # 50 dB below the other band: masked
        [[1.0, 0.33], [0.0, 0.33]]
    """
    level_db = 10.0 * np.log10(np.maximum(powers, _LOWEST_POWER))
    level_db -= max(float(level_db.max(initial=-np.inf)), _SILENT_DB)
    frame_db = level_db.max(axis=0)
    nearby_db = _highest_nearby(frame_db)
    floor_db = np.maximum(nearby_db - MASKED_DB, -RANGE_DB)
    above = np.maximum((level_db - floor_db) / MASKED_DB, 0.0)
    within = np.where(above > 0.0, (level_db + RANGE_DB) / RANGE_DB, 0.0)
    quiet_db = RANGE_DB - 10.0
    is_sounding = frame_db > np.maximum(nearby_db - PAUSE_DB, -quiet_db)
    weights = np.where(is_sounding, (frame_db + quiet_db) / quiet_db, 0.0)
    return Heard(np.stack([above, within]).astype(np.float32), weights.astype(np.float32))


def _highest_nearby(frame_db: Array) -> Array:
    """The highest level within `NEARBY_FRAMES` of each frame."""
    padded = np.pad(frame_db, NEARBY_FRAMES, constant_values=-np.inf)
    return np.lib.stride_tricks.sliding_window_view(padded, 2 * NEARBY_FRAMES + 1).max(axis=1)
