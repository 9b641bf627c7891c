"""Triplets of an anchor, another example of its source, and an example of another source."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn


def triplet_loss(embeddings: Tensor, *, margin: float) -> Tensor:
    r"""Triplet margin loss over all triplets of a batch that violate the margin.

    .. math:: \operatorname{mean} \max(0, d(a, p) - d(a, n) + m)

    with *d* the cosine distance, and the mean over violations only (A. Hermans, L. Beyer, B. Leibe
    2017, https://arxiv.org/abs/1703.07737, section 2).

    **Shape**: embeddings ``(n_sources, n_segments, d)``; result ``()``.

    Args:
        embeddings: embeddings of at least two segments of at least two sources.
        margin: margin of the formula above.

    Example:
        >>> apart = torch.eye(2)[:, None].expand(2, 2, 2)
        >>> triplet_loss(apart, margin=0.1).item(), triplet_loss(apart, margin=1.5).item()
        (0.0, 0.5)
    """
    n_sources, n_segments, _ = embeddings.shape
    flat = nn.functional.normalize(embeddings.flatten(0, 1), dim=1)
    distances = 1.0 - flat @ flat.T
    source = torch.arange(n_sources).repeat_interleave(n_segments)
    is_same = source[:, None] == source
    positives = distances[is_same & ~torch.eye(len(flat), dtype=torch.bool)]
    negatives = distances[~is_same].reshape(len(flat), 1, -1)
    excess = positives.reshape(len(flat), n_segments - 1, 1) - negatives + margin
    violations = torch.relu(excess)
    return violations.sum() / (violations > 0.0).sum().clamp(min=1)


def triplet_accuracy(embeddings: NDArray) -> float:
    """Share of all triplets in which another segment of the source is nearer than another source.

    **Shape**: ``(n_sources, n_segments, d)``.

    Args:
        embeddings: embeddings of known sources; the distance is the cosine distance.

    Example:
        >>> triplet_accuracy(np.eye(3)[:, None].repeat(2, axis=1))
        1.0
    """
    n_sources, n_segments, _ = embeddings.shape
    flat = embeddings.reshape(n_sources * n_segments, -1).astype(np.float64)
    flat = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-12)
    similarity = (flat @ flat.T).reshape(n_sources, n_segments, n_sources, n_segments)
    shares = []
    for source in range(n_sources):
        others = np.delete(similarity[source], source, axis=1).reshape(n_segments, -1)
        own = similarity[source][:, source]
        is_pair = ~np.eye(n_segments, dtype=bool)
        shares.append((own[is_pair].reshape(n_segments, -1, 1) > others[:, None]).mean())
    return float(np.mean(shares))
