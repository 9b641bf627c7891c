"""The verdict that estilo gave before it had a judge of timbre, so that tables can be compared."""

import math
import statistics

from estilo.analysis.sound import Sound
from estilo.metrics import METRICS
from estilo.metrics.base import Metric

_TIMBRES = ("timbre_mfcc", "timbre_triplet")
_LEAST_WAY = 0.01


def earlier_style_taken(output: Sound, content: Sound, style: Sound) -> float:
    r"""Share of the way that the statistics of MFCCs and the triplet network went to the style's.

    .. math:: 1 - \frac{d(\text{output}, \text{style})}{d(\text{content}, \text{style})}

    with :math:`d` the metrics `timbre_mfcc` and `timbre_triplet`; their mean, each at least -1. A
    hiss of the style's spectrum buys it (docs/judge.md).

    Args:
        output: any length and rate.
        content: any length and rate.
        style: any length and rate.

    Returns:
        0 for the content's timbre, 1 for the style's, less than 0 for one further away from the
        style; NaN where content and style hardly differ (less than 0.01) or one is silent.

    Example:
        >>> import numpy as np
        >>> noise = np.random.default_rng(0).normal(size=16000)
        >>> dull, bright = Sound(np.cumsum(noise), 16000), Sound(np.diff(noise), 16000)
        >>> earlier_style_taken(dull, dull, bright), earlier_style_taken(bright, dull, bright)
        (0.0, 1.0)
    """
    shares = []
    for name in _TIMBRES:
        metric: Metric = METRICS[name]
        left, whole = metric.measure(output, style), metric.measure(content, style)
        if math.isfinite(left) and whole >= _LEAST_WAY:
            shares.append(max(1.0 - left / whole, -1.0))
    return statistics.fmean(shares) if shares else math.nan
