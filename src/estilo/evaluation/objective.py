"""The one number that a search for settings makes small.

The judge of timbre and the pitch estimator stay out of it: what is chosen by a judge can no longer
be judged by it.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

LSD_RATIO, TIMBRE_RATIO, CHROMA_LOSS = 0.86, 0.55, 0.10
"""What is aimed at, against the content copied: ratios, and a difference."""
SURPLUS = 0.1
"""Share that counts of what is beyond an aim."""

ABOUT_TARGET = (
    "Where the target is known: the sum of how far three aims are missed, each in units of "
    "the way from the content copied to the aim (0: reached, 1: as far as the content copied). "
    f"Aims: LSD {LSD_RATIO:g} of the content's, timbre {TIMBRE_RATIO:g} of it (mean over all "
    f"metrics of timbre but the judge, equalised ones too), chroma {CHROMA_LOSS:g} below it, in "
    f"units of {CHROMA_LOSS:g}. What is beyond an aim counts {SURPLUS:g}. The content copied has "
    f"{2 - SURPLUS:g}, all aims just reached 0; lower is better."
)
ABOUT_PAIRS = (
    "Where the target is not known: the timbre's ratio to the content copied (mean over all "
    "metrics of timbre but the judge, equalised ones too) + what chroma and the onset F1 lack to "
    "the content's. The content copied has 1; lower is better. To do less "
    "leads to 1 as well, so that a strength is better left out of a search on such pairs."
)

Scores = Mapping[str, ArrayLike]
"""Name of a metric to its values, one per item."""


def objective(scores: Scores, content: Scores) -> NDArray:
    r"""How far outputs are from what is wanted; lower is better.

    Where the target is known (``lsd`` was measured), with the ratios of means to the content
    copied :math:`r`, the difference :math:`d` and :math:`h(x) = x` for positive *x*, else *x* / 10:

    .. math:: h\left(\frac{r_\mathrm{LSD} - 0.86}{1 - 0.86}\right)
        + h\left(\frac{\bar r_\mathrm{timbre} - 0.55}{1 - 0.55}\right)
        + h\left(\frac{d_\mathrm{1 - chroma} - 0.10}{0.10}\right)

    so that each aim counts the same: 1 is the way from the content copied to the aim. A plain sum
    of values over aims would not do: the content copied, whose chroma is perfect, would be better
    than all three aims reached. Elsewhere:

    .. math:: \bar r_\mathrm{timbre} + d_\mathrm{1 - chroma} + d_\mathrm{1 - onset F1}

    Items for which a metric says nothing of the content itself are left out of that metric, and so
    are metrics that were not measured; NaN where it says nothing of an output only.

    **Shape**: values ``(..., n_items)``; result ``(...)``.

    Args:
        scores: scores of the outputs.
        content: scores of the content copied, for the same items.

    Example:
        >>> content = {"lsd": [10.0, 20.0], "timbre_mfcc": [0.4, 0.4], "chroma": [1.0, 1.0]}
        >>> scores = {"lsd": [8.6, 17.2], "timbre_mfcc": [0.2, 0.24], "chroma": [0.9, 0.8]}
        >>> round(float(objective(scores, content)), 6)
        0.5
    """
    ours = {name: np.asarray(each, dtype=np.float64) for name, each in scores.items()}
    theirs = {name: np.asarray(each, dtype=np.float64) for name, each in content.items()}
    timbre = _timbre(ours, theirs)
    if "lsd" not in theirs:
        return timbre + _loss("chroma", ours, theirs) + _loss("onset_f1", ours, theirs)
    lsd = _ratio("lsd", ours, theirs)
    chroma = _loss("chroma", ours, theirs)
    return (
        _missed((lsd - LSD_RATIO) / (1.0 - LSD_RATIO))
        + _missed((timbre - TIMBRE_RATIO) / (1.0 - TIMBRE_RATIO))
        + _missed((chroma - CHROMA_LOSS) / CHROMA_LOSS)
    )


def objective_names(names: list[str]) -> list[str]:
    """Those of the metrics that the objective looks at.

    Example:
        >>> objective_names(["lsd", "chroma", "timbre_mfcc", "timbre_judge", "onset_f1"])
        ['lsd', 'chroma', 'timbre_mfcc']
    """
    wanted = ("lsd", "chroma") if "lsd" in names else ("chroma", "onset_f1")
    return [name for name in names if name in wanted or _is_timbre(name)]


def _is_timbre(name: str) -> bool:
    return name.startswith("timbre") and not name.startswith("timbre_judge")


def _missed(distance: NDArray) -> NDArray:
    return np.where(distance <= 0.0, SURPLUS * distance, distance)


def _timbre(ours: Mapping[str, NDArray], theirs: Mapping[str, NDArray]) -> NDArray:
    names = [name for name in theirs if _is_timbre(name)]
    ratios = [_ratio(name, ours, theirs) for name in names]
    return np.mean(ratios, axis=0) if ratios else np.ones(())


def _ratio(name: str, ours: Mapping[str, NDArray], theirs: Mapping[str, NDArray]) -> NDArray:
    """Ratio of means over the items that the content has a value for; 1 if there are none."""
    known = np.isfinite(theirs[name])
    base = np.where(known, theirs[name], 0.0).sum(-1)
    total = np.where(known, ours[name], 0.0).sum(-1)
    return np.where(base == 0.0, 1.0, total / np.where(base == 0.0, 1.0, base))


def _loss(name: str, ours: Mapping[str, NDArray], theirs: Mapping[str, NDArray]) -> NDArray:
    """Mean of what is lacking, over the items that the content has a value for; 0 if none has."""
    if name not in theirs:
        return np.zeros(())
    known = np.isfinite(theirs[name])
    difference = np.where(known, theirs[name] - ours[name], 0.0).sum(-1)
    return difference / np.maximum(known.sum(-1), 1)
