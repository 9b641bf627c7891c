"""Distances of a set of outputs from a set of recordings, in the space of an embedding.

Conventions: an embedding is one row per clip or window, from one network for both sets; only
figures of one network, one window length and about one number of clips compare with each other.
Sets are judged, not outputs, so these are functions without a `Metric`. The SS VQ-VAE paper has
neither.

Metrics: `frechet_audio_distance`, `kernel_audio_distance` (for less than about 1000 clips).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from estilo.errors import InputError

KAD_SCALE = 100.0
"""Factor by which the authors of the kernel distance multiply it, to be read easily."""

_BLOCK = 1024
_MOST_FOR_MEDIAN = 4096

Rows = NDArray[np.float64]


def frechet_audio_distance(outputs: ArrayLike, reference: ArrayLike) -> float:
    r"""Fréchet distance between the Gaussians of two sets of embeddings.

    .. math:: \|\mu_o - \mu_r\|^2 + \mathrm{tr}(\Sigma_o + \Sigma_r - 2 (\Sigma_o \Sigma_r)^{1/2})

    Warning: it is biased upwards by about the inverse of the number of clips, under 1000 clips
    more than good engines differ: prefer `kernel_audio_distance` there, and never compare figures
    of different numbers of clips.

    Args:
        outputs: embeddings of the outputs, at least two rows. **Shape** ``(n, d)``.
        reference: embeddings of the recordings, at least two rows. **Shape** ``(m, d)``.

    Returns:
        0 for equal means and covariances, else more.

    Raises:
        InputError: a set is not a finite matrix with two rows or more, or the widths differ.

    Source: K. Kilgour et al. 2019, https://arxiv.org/abs/1812.08466

    Example:
        >>> rows = np.random.default_rng(0).normal(size=(50, 3))
        >>> round(frechet_audio_distance(rows + [3, 0, 4], rows), 6)
        25.0
    """
    ours, theirs = _sets(outputs, reference)
    shift = ours.mean(axis=0) - theirs.mean(axis=0)
    ours, theirs = _root_of_covariance(ours), _root_of_covariance(theirs)
    # With Σ = RᵀR the trace of the root of the product is the nuclear norm of R_o R_rᵀ: no root of
    # a matrix, no complex rounding, and sets smaller than their dimension need no care.
    common = np.linalg.svd(ours @ theirs.T, compute_uv=False).sum()
    spread = np.square(ours).sum() + np.square(theirs).sum()
    return max(float(shift @ shift + spread - 2.0 * common), 0.0)


def kernel_audio_distance(
    outputs: ArrayLike, reference: ArrayLike, *, bandwidth: float | None = None
) -> float:
    r"""Squared maximum mean discrepancy of two sets of embeddings, unbiased, times 100.

    .. math:: 100 \Big(\frac{\sum_{i \ne j} k(o_i, o_j)}{n(n-1)}
              + \frac{\sum_{i \ne j} k(r_i, r_j)}{m(m-1)}
              - \frac{2 \sum_{i, j} k(o_i, r_j)}{nm}\Big), \quad
              k(x, y) = e^{-\|x - y\|^2 / 2\sigma^2}

    Args:
        outputs: embeddings of the outputs, at least two rows. **Shape** ``(n, d)``.
        reference: embeddings of the recordings, at least two rows. **Shape** ``(m, d)``.
        bandwidth: σ; by default the median distance between two rows of the reference (of about
            4096 evenly spaced ones, where there are more).

    Returns:
        About 0 for sets of one distribution, and as often below as above; up to 200.

    Raises:
        InputError: for the reasons of `frechet_audio_distance`, or σ is not positive, as when most
            rows of the reference are equal.

    Source: Y. Chung et al. 2025, https://arxiv.org/abs/2502.15602

    Example:
        >>> rng = np.random.default_rng(0)
        >>> reference, same, other = rng.normal(size=(3, 200, 4)) + [[[0]], [[0]], [[1]]]
        >>> abs(kernel_audio_distance(same, reference)) < 1.0 < 10.0
        True
        >>> kernel_audio_distance(other, reference) > 10.0
        True
    """
    ours, theirs = _sets(outputs, reference)
    width = _median_distance(theirs) if bandwidth is None else float(bandwidth)
    if not width > 0.0 or not np.isfinite(width):
        raise InputError(
            f"the bandwidth must be positive and finite, got {width}; give one, or a reference "
            "whose rows differ"
        )
    ours, theirs = ours / width, theirs / width
    n, m = len(ours), len(theirs)
    within = (_kernel_sum(ours, ours) - n) / (n * (n - 1))
    within += (_kernel_sum(theirs, theirs) - m) / (m * (m - 1))
    return KAD_SCALE * float(within - 2.0 * _kernel_sum(ours, theirs) / (n * m))


def _sets(outputs: ArrayLike, reference: ArrayLike) -> tuple[Rows, Rows]:
    ours, theirs = _rows(outputs, "outputs"), _rows(reference, "reference")
    if ours.shape[1] != theirs.shape[1]:
        raise InputError(
            f"embeddings must be equally wide, got {ours.shape[1]} and {theirs.shape[1]} columns; "
            "embed both sets with one network"
        )
    return ours, theirs


def _rows(values: ArrayLike, name: str) -> Rows:
    rows = np.asarray(values)
    if rows.ndim != 2 or rows.shape[0] < 2 or rows.shape[1] < 1 or rows.dtype.kind not in "fiu":
        raise InputError(
            f"{name} must be real numbers of shape (n, d) with n ≥ 2, got {rows.dtype} of shape "
            f"{rows.shape}; give one row per clip"
        )
    rows = rows.astype(np.float64)
    if not np.isfinite(rows).all():
        raise InputError(f"{name} must be finite, got NaN or infinity; leave broken clips out")
    return rows


def _root_of_covariance(rows: Rows) -> Rows:
    """R with RᵀR the covariance, of no more rows than columns. **Shape** ``(min(n, d), d)``."""
    centred = (rows - rows.mean(axis=0)) / np.sqrt(len(rows) - 1)
    return np.asarray(np.linalg.qr(centred, mode="r")) if len(rows) > rows.shape[1] else centred


def _squared_distances(ours: Rows, theirs: Rows) -> Rows:
    squares = np.square(ours).sum(axis=1)[:, None] + np.square(theirs).sum(axis=1)
    return np.maximum(squares - 2.0 * ours @ theirs.T, 0.0)


def _kernel_sum(ours: Rows, theirs: Rows) -> float:
    """Sum of the Gaussian kernel over all pairs, some rows at a time."""
    # Distances lose their digits when both sets are far from zero.
    centre = theirs.mean(axis=0)
    ours, theirs = ours - centre, theirs - centre
    return sum(
        float(np.exp(-0.5 * _squared_distances(ours[start : start + _BLOCK], theirs)).sum())
        for start in range(0, len(ours), _BLOCK)
    )


def _median_distance(rows: Rows) -> float:
    rows = rows[:: -(-len(rows) // _MOST_FOR_MEDIAN)]
    squares = _squared_distances(rows - rows.mean(axis=0), rows - rows.mean(axis=0))
    return float(np.median(np.sqrt(squares[np.triu_indices(len(rows), 1)])))
