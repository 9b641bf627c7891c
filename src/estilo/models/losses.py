"""Losses of training, one function per term."""

import torch.nn.functional as F
from torch import Tensor

_MOST = 3.0  # value of a cell
_NEIGHBOURHOOD = 25  # lines, of the average that partials stand out from


def level(output: Tensor, target: Tensor, *, importance: Tensor | float = 1.0) -> Tensor:
    """Mean absolute difference of levels, one value per example.

    Args:
        output: levels of the output, ``(batch, frames, n_bands)``, in units of 20 dB.
        target: levels of the target, likewise.
        importance: what each band counts for, ``(n_bands,)``, 1 on average.

    **Shape**: result ``(batch,)``.
    """
    return ((output - target).abs().mean(1) * importance).mean(1)


def spectral(output: Tensor, target: Tensor, *, importance: Tensor | float = 1.0) -> Tensor:
    """Log-spectral distance: root mean square over time, mean over bands, one value per example.

    Args:
        output: levels of the output, ``(batch, frames, n_bands)``, in units of 20 dB.
        target: levels of the target, likewise.
        importance: what each band counts for, ``(n_bands,)``, 1 on average.

    **Shape**: result ``(batch,)``.
    """
    return (((output - target).square().mean(1) + 1e-4).sqrt() * importance).mean(1)


def statistics(output: Tensor, reference: Tensor, *, importance: Tensor | float = 1.0) -> Tensor:
    """Differences of each band's mean and standard deviation over time, one value per example.

    Args:
        output: levels of the output, ``(batch, frames, n_bands)``, in units of 20 dB.
        reference: levels with the statistics that are wanted, likewise; their number of frames may
            differ.
        importance: what each band counts for, ``(n_bands,)``, 1 on average.

    **Shape**: result ``(batch,)``.
    """
    mean = (output.mean(1) - reference.mean(1)).abs()
    deviation = (_deviation(output) - _deviation(reference)).abs()
    return ((mean + deviation) * importance).mean(1)


def notes(logits: Tensor, played: Tensor) -> Tensor:
    """Cross-entropy of the notes heard with those played, in nats per frame, all notes together.

    Args:
        logits: logit of each note at each frame, ``(batch, frames, n)``.
        played: 1 where a note sounds or begins, 0 elsewhere, likewise.

    **Shape**: result ``(batch,)``.
    """
    entropy = F.binary_cross_entropy_with_logits(logits, played, reduction="none")
    return entropy.sum(2).mean(1)


def memory(cells: Tensor) -> Tensor:
    """What LSTM cells hold beyond +-3, where a sigmoid or tanh of them hardly reacts any more.

    **Shape**: ``(batch, n)`` to ``(batch,)``.
    """
    return (cells.abs() - _MOST).relu().sum(1) / max(cells.shape[1], 1)


def structure(output: Tensor, content: Tensor, *, n_lines: int) -> Tensor:
    """Partials that no longer stand out where the content's do, and onsets that no longer rise.

    Args:
        output: levels of the output, ``(batch, frames, n_bands)``, in units of 20 dB.
        content: levels of the content signal, likewise.
        n_lines: bands, from the first, that are narrow enough to show partials.

    **Shape**: result ``(batch,)``, 0 to 2.
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
