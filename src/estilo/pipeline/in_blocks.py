"""Long waveforms changed block by block, in bounded memory."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from estilo.io import scratch_copy
from estilo.pipeline.masks import Mask, mask_reach, masked
from estilo.pipeline.running import allocate

_BLOCK = 1 << 19
_GRID = 1 << 14  # a multiple of all hops, so that blocks have the frames of the whole


def in_blocks(change: Callable[[int, int], Tensor], shape: Sequence[int], *, reach: int) -> Tensor:
    """What is made of stretches that reach further than what is taken of them.

    Args:
        change: makes a stretch, from its first sample and the one after its last;
            ``(channels, time)``.
        shape: ``(channels, time)`` of the whole.
        reach: number of samples to either side that a sample of the result depends on.
    """
    out, reach = allocate(tuple(shape)), -(-reach // _GRID) * _GRID
    for start, stop in spans(0, shape[-1]):
        first = max(0, start - reach)
        made = change(first, min(stop + reach, shape[-1]))
        out[:, start:stop] = made[:, start - first : stop - first]
    return out


def masked_in_blocks(
    waveform: Tensor, mask: Mask, start: int, n_samples: int, sample_rate: int
) -> Tensor:
    """A stretch of a recording times a mask over time and frequency, see `masked`.

    Args:
        waveform: ``(channels, time)``.
        mask: mask over all of the recording.
        start: sample of the recording that the stretch begins with.
        n_samples: number of samples of the whole recording.
        sample_rate: sample rate in Hz.
    """
    return in_blocks(
        lambda first, stop: masked(
            waveform[:, first:stop],
            mask,
            first=start + first,
            n_samples=n_samples,
            sample_rate=sample_rate,
        ),
        waveform.shape,
        reach=2 * mask_reach(sample_rate),
    )


def spans(start: int, stop: int) -> Iterator[tuple[int, int]]:
    """First sample and the one after the last of every block of a stretch.

    Args:
        start: first sample of the stretch.
        stop: sample after its last.
    """
    return ((a, min(a + _BLOCK, stop)) for a in range(start, stop, _BLOCK))


def as_waveform(samples: np.ndarray) -> Tensor:
    """Samples ``(channels, time)`` as a tensor."""
    # Torch warns of arrays that may not be written to.
    return torch.from_numpy(samples if samples.flags.writeable else scratch_copy(samples))
