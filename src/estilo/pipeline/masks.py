"""Masks: a grey picture, drawn over the spectrogram, that says where the styles apply."""

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from estilo.errors import InputError
from estilo.files import absolute, read_plain
from estilo.units import AXIS_HIGH_HZ, AXIS_LOW_HZ

if TYPE_CHECKING:
    from torch import Tensor

_MOST_PIXELS = 1 << 24
_MOST_BYTES = 1 << 28
_WINDOW_S = 0.093


@dataclass(frozen=True)
class Mask:
    """Where over time and frequency the result is heard: a picture, known by its path and its hash.

    Args:
        path: path of the picture; absolute.
        sha256: hash of the file.
    """

    path: str
    sha256: str

    @cached_property
    def shares(self) -> np.ndarray:
        """Shares of the result, from 0 (the content as it is) to 1.

        From the lowest frequency to the highest, from the content's beginning to its end.
        **Shape** ``(rows, columns)``, float32.

        Raises:
            InputError: the picture cannot be used any more, or has changed.
        """
        mask = read_mask(self.path)
        if mask != self:
            raise InputError(
                f"the mask {self.path} has changed since it was named; bring the old picture back"
            )
        return mask.shares


def read_mask(path: "str | os.PathLike[str]") -> Mask:
    """A mask from a PNG: black is the content, white the result; what is transparent counts black.

    The picture is stretched over all of the content. Its rows are those of estilo's own pictures:
    even steps of the logarithm of frequency from 40 Hz, the bottom, to 20 kHz or half the sample
    rate, the top.

    Args:
        path: path of the file.

    Raises:
        InputError: it cannot be read, is no PNG, or has more than 16 million pixels.
    """
    # Here, as loading it takes a while and most jobs have no mask.
    from estilo.io.png import plain_png
    from estilo.plots.library import pixels_of

    path = Path(path)
    data = read_plain(path, most_bytes=_MOST_BYTES, what="the mask")
    mask = Mask(str(absolute(path)), hashlib.sha256(data).hexdigest())
    try:
        data = plain_png(data, most_pixels=_MOST_PIXELS)
    except ValueError as error:
        raise InputError(
            f"the mask {path} cannot be used: {error}; save the picture as PNG again"
        ) from error
    try:
        pixels = pixels_of(data)
    except Exception as error:  # whatever the decoder makes of a damaged file
        raise InputError(
            f"the mask {path} cannot be decoded ({type(error).__name__}); save it again as PNG"
        ) from error
    if pixels.ndim == 3:
        has_alpha = pixels.shape[-1] in (2, 4)
        alpha = pixels[..., -1] if has_alpha else 1.0
        pixels = pixels[..., : pixels.shape[-1] - has_alpha].mean(-1) * alpha
    # Kept where the property would put it, so that the picture is read only once.
    mask.__dict__["shares"] = np.ascontiguousarray(np.clip(pixels[::-1], 0.0, 1.0))
    return mask


def mask_reach(sample_rate: int) -> int:
    """Samples that one masked sample depends on to either side, at most."""
    from estilo.dsp.stft import power_of_two_near

    return power_of_two_near(_WINDOW_S, sample_rate=sample_rate)


def masked(
    waveform: "Tensor", mask: Mask, *, first: int, n_samples: int, sample_rate: int
) -> "Tensor":
    """A stretch of a recording times a mask over time and frequency.

    Args:
        waveform: ``(..., time)``.
        mask: mask over all of the recording.
        first: sample of the recording that the stretch begins with.
        n_samples: number of samples of the whole recording.
        sample_rate: sample rate in Hz.

    **Shape**: result as the waveform.
    """
    import torch

    from estilo.dsp.stft import istft, stft

    n_fft = mask_reach(sample_rate)
    hop_length = n_fft // 4
    spectrum = stft(waveform, n_fft=n_fft, hop_length=hop_length)
    rows, columns = mask.shares.shape
    samples = first + hop_length * np.arange(spectrum.shape[-1])
    bins_hz = np.maximum(np.arange(n_fft // 2 + 1) * sample_rate / n_fft, AXIS_LOW_HZ)
    octaves = np.log(bins_hz / AXIS_LOW_HZ) / np.log(
        min(AXIS_HIGH_HZ, sample_rate / 2) / AXIS_LOW_HZ
    )
    shares = _between(mask.shares, octaves * rows - 0.5)
    shares = _between(shares.T, samples / n_samples * columns - 0.5).T
    gains = torch.from_numpy(np.ascontiguousarray(shares)).to(waveform)
    length = waveform.shape[-1]
    return istft(gains * spectrum, length=length, n_fft=n_fft, hop_length=hop_length)


def _between(rows: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Rows at fractional places, the outermost going on beyond the ends."""
    places = np.clip(places, 0.0, len(rows) - 1.0)
    below = np.minimum(places.astype(int), max(len(rows) - 2, 0))
    above = np.minimum(below + 1, len(rows) - 1)
    share = (places - below).astype(np.float32)[:, None]
    return (1.0 - share) * rows[below] + share * rows[above]
