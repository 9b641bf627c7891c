"""What a training step tries to lessen, term by term."""

import torch.nn.functional as F
from torch import Tensor

_NEIGHBOURHOOD = 25  # lines, of the average that partials stand out from


def level(output: Tensor, target: Tensor) -> Tensor:
    """Mean absolute difference of levels, one value per example.

    **Shape**: ``(batch, frames, n_bands)`` twice to ``(batch,)``.
    """
    return (output - target).abs().mean((1, 2))


def spectral(output: Tensor, target: Tensor) -> Tensor:
    """Log-spectral distance: root mean square over time, mean over bands; shapes as in `level`."""
    return ((output - target).square().mean(1) + 1e-4).sqrt().mean(1)


def statistics(output: Tensor, reference: Tensor) -> Tensor:
    """Differences of each band's mean and standard deviation over time.

    **Shape**: ``(batch, frames, n_bands)`` and ``(batch, other frames, n_bands)`` to ``(batch,)``.
    """
    mean = (output.mean(1) - reference.mean(1)).abs().mean(1)
    return mean + (_deviation(output) - _deviation(reference)).abs().mean(1)


def structure(output: Tensor, content: Tensor, *, n_lines: int) -> Tensor:
    """Partials that no longer stand out where the content's do, and onsets that no longer rise.

    **Shape**: ``(batch, frames, n_bands)`` twice to ``(batch,)``; 0 to 2.

    Args:
        output: levels of the output.
        content: levels of the content.
        n_lines: bands, from the first, that are narrow enough to show partials.
    """
    partials = _alike(_partials(output[..., :n_lines]), _partials(content[..., :n_lines]))
    rises = _alike(output.mean(2).diff(dim=1).relu(), content.mean(2).diff(dim=1).relu())
    return 2.0 - partials - rises


def _deviation(levels: Tensor) -> Tensor:
    return (levels.var(1, correction=0) + 1e-4).sqrt()


def _partials(lines: Tensor) -> Tensor:
    flat = lines.flatten(0, 1)[:, None]
    around = F.avg_pool1d(
        F.pad(flat, (_NEIGHBOURHOOD // 2,) * 2, mode="reflect"), _NEIGHBOURHOOD, stride=1
    )
    return (flat - around).relu()[:, 0].unflatten(0, lines.shape[:2])


def _alike(a: Tensor, b: Tensor) -> Tensor:
    a, b = a.flatten(1), b.flatten(1)
    return (a * b).sum(1) / (a.square().sum(1) * b.square().sum(1) + 1e-8).sqrt()
