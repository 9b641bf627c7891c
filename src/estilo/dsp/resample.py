"""Change of sample rate, to the sample.

Reference: the SoX resampler library of R. Sykes, https://sourceforge.net/p/soxr, at its very high
quality: images and aliases 175 dB down, flat to 0.91 of the lower Nyquist frequency.
"""

import numpy as np
import soxr

from estilo.errors import InputError

_CHUNK = 2**17


def resample(
    samples: np.ndarray,
    from_rate: int,
    to_rate: int,
    *,
    n_samples: int | None = None,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """Samples at another rate, channel by channel, in blocks.

    Args:
        samples: samples, **Shape** ``(channels, time)``; computed as float32.
        from_rate: sample rate of the samples, in Hz.
        to_rate: sample rate of the result, in Hz.
        n_samples: exact length of the result, cut or filled with zeros; when None
            ``round(time * to_rate / from_rate)``.
        out: array to write to, **Shape** ``(channels, n_samples)``, for instance a mapped one; a
            new array when None.

    Returns:
        **Shape** ``(channels, n_samples)``, float32; never ``samples`` itself.

    Raises:
        InputError: a rate is not positive, or ``out`` has another shape.

    Example:
        >>> resample(np.ones((2, 441)), 44_100, 48_000).shape
        (2, 480)
    """
    if from_rate <= 0 or to_rate <= 0:
        raise InputError(f"sample rates must be positive, got {from_rate} and {to_rate} Hz")
    if n_samples is None:
        n_samples = round(samples.shape[1] * to_rate / from_rate)
    shape = (samples.shape[0], n_samples)
    if out is None:
        out = np.empty(shape, dtype=np.float32)
    elif out.shape != shape:
        raise InputError(f"out must have the shape {shape}, got {out.shape}")
    n_done = 0
    for block in _stream(samples, from_rate, to_rate):
        n_new = min(len(block), n_samples - n_done)
        out[:, n_done : n_done + n_new] = block[:n_new].T
        n_done += n_new
    out[:, n_done:] = 0.0
    return out


def _stream(samples: np.ndarray, from_rate: int, to_rate: int):
    """Blocks at the new rate, **Shape** ``(time, channels)``; the filter runs on across them."""
    n_channels, n_samples = samples.shape
    starts = range(0, n_samples, _CHUNK)
    stream = None
    if from_rate != to_rate:
        stream = soxr.ResampleStream(from_rate, to_rate, n_channels, dtype="float32", quality="VHQ")
    for start in starts:
        block = np.ascontiguousarray(samples[:, start : start + _CHUNK].T, dtype=np.float32)
        if stream is None:
            yield block
        else:
            yield stream.resample_chunk(block, last=start + _CHUNK >= n_samples)
