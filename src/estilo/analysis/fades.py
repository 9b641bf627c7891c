"""Where a recording has its own level, between the fades that were made for the file."""

import numpy as np

from estilo.audio import Audio

_FRAME_S = 0.05
_SMOOTHED = 5  # frames: drops and waves within a quarter of a second are no fade
_LOW, _BELOW_DB = 0.1, 1.0
_MOST = 0.3  # of the recording, at each end
_LEAST_S = 2.0
_FLOOR = 1e-12
_BLOCK_FRAMES = 1 << 9


def without_fades(audio: Audio) -> Audio:
    """A recording of something steady, without its fades in and out and the silence before them.

    At each end everything goes that is quieter than the quietest tenth of the inside, by more than
    a decibel, for as long as it is: a wave that begins low is as low elsewhere, and stays.

    Args:
        audio: any recording; one of less than two seconds is given back.

    Example:
        >>> noise = np.random.default_rng(0).standard_normal(80_000)
        >>> faded = Audio(noise * np.minimum(np.arange(80_000) / 8000, 1.0), 8000)
        >>> 8.9 < without_fades(faded).duration_s < 9.5
        True
    """
    size = max(1, round(_FRAME_S * audio.sample_rate))
    n_frames = audio.n_samples // size
    if audio.duration_s < _LEAST_S or n_frames < 4 * _SMOOTHED:
        return audio
    power = np.empty(n_frames)
    for first in range(0, n_frames, _BLOCK_FRAMES):
        part = audio.samples[:, first * size : min(first + _BLOCK_FRAMES, n_frames) * size]
        frames = part.reshape(audio.n_channels, -1, size)
        power[first : first + _BLOCK_FRAMES] = np.square(frames, dtype=np.float64).mean((0, 2))
    padded = np.pad(power, _SMOOTHED // 2, mode="edge")
    level_db = 10.0 * np.log10(np.convolve(padded, np.ones(_SMOOTHED), "valid") + _FLOOR)
    most = int(_MOST * n_frames)
    threshold_db = np.quantile(level_db[most : n_frames - most], _LOW) - _BELOW_DB
    is_low = level_db < threshold_db
    first = int(np.argmin(is_low[: most + 1])) if not is_low[:most].all() else most
    last = int(np.argmin(is_low[::-1][: most + 1])) if not is_low[::-1][:most].all() else most
    return Audio(audio.samples[:, first * size : audio.n_samples - last * size], audio.sample_rate)
