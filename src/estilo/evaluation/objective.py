"""The one number that a search for settings makes small."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

LSD_RATIO, TIMBRE_RATIO, PITCH_LOSS = 0.86, 0.55, 0.10
"""What is aimed at, against the content copied: ratios, and a difference."""
SURPLUS = 0.1
"""Share that counts of what is beyond an aim."""

ABOUT_TARGET = (
    "Where the target is known: the sum of how far three aims are missed, each in units of "
    "the way from the content copied to the aim (0: reached, 1: as far as the content copied). "
    f"Aims: LSD {LSD_RATIO:g} of the content's, timbre {TIMBRE_RATIO:g} of it (mean over all "
    f"metrics of timbre, equalised ones too), pitch {PITCH_LOSS:g} above it, in units of "
    f"{PITCH_LOSS:g}. What is beyond an aim counts {SURPLUS:g}. The content copied has "
    f"{2 - SURPLUS:g}, all aims just reached 0; lower is better."
)
ABOUT_PAIRS = (
    "Where the target is not known: the timbre's ratio to the content copied (mean over all "
    "metrics of timbre, equalised ones too) + the pitch metric above the content's + what the "
    "onset F1 lacks to the content's. The content copied has 1; lower is better. To do less "
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
        + h\left(\frac{d_\mathrm{pitch} - 0.10}{0.10}\right)

    so that each aim counts the same: 1 is the way from the content copied to the aim. A plain sum
    of values over aims would not do: the content copied, whose pitch is perfect, would be better
    than all three aims reached. Elsewhere:

    .. math:: \bar r_\mathrm{timbre} + d_\mathrm{pitch} + d_\mathrm{1 - onset F1}

    Items for which a metric says nothing of the content itself are left out of that metric, and so
    are metrics that were not measured; NaN where it says nothing of an output only.

    **Shape**: values ``(..., n_items)``; result ``(...)``.

    Args:
        scores: scores of the outputs.
        content: scores of the content copied, for the same items.

    Example:
        >>> content = {"lsd": [10.0, 20.0], "timbre_mfcc": [0.4, 0.4], "pitch": [0.5, 0.5]}
        >>> scores = {"lsd": [8.6, 17.2], "timbre_mfcc": [0.2, 0.24], "pitch": [0.6, 0.7]}
        >>> round(float(objective(scores, content)), 6)
        0.5
    """
    ours = {name: np.asarray(each, dtype=np.float64) for name, each in scores.items()}
    theirs = {name: np.asarray(each, dtype=np.float64) for name, each in content.items()}
    timbre = _timbre(ours, theirs)
    if "lsd" not in theirs:
        return timbre + _loss("pitch", ours, theirs) - _loss("onset_f1", ours, theirs)
    lsd = _ratio("lsd", ours, theirs)
    pitch = _loss("pitch", ours, theirs)
    return (
        _missed((lsd - LSD_RATIO) / (1.0 - LSD_RATIO))
        + _missed((timbre - TIMBRE_RATIO) / (1.0 - TIMBRE_RATIO))
        + _missed((pitch - PITCH_LOSS) / PITCH_LOSS)
    )


def objective_names(names: list[str]) -> list[str]:
    """Those of the metrics that the objective looks at.

    Example:
        >>> objective_names(["lsd", "chroma", "timbre_mfcc", "onset_f1"])
        ['lsd', 'timbre_mfcc']
    """
    wanted = ("lsd", "pitch") if "lsd" in names else ("pitch", "onset_f1")
    return [name for name in names if name in wanted or name.startswith("timbre")]


def _missed(distance: NDArray) -> NDArray:
    return np.where(distance <= 0.0, SURPLUS * distance, distance)


def _timbre(ours: Mapping[str, NDArray], theirs: Mapping[str, NDArray]) -> NDArray:
    names = [name for name in theirs if name.startswith("timbre")]
    ratios = [_ratio(name, ours, theirs) for name in names]
    return np.mean(ratios, axis=0) if ratios else np.ones(())


def _ratio(name: str, ours: Mapping[str, NDArray], theirs: Mapping[str, NDArray]) -> NDArray:
    """Ratio of means over the items that the content has a value for; 1 if there are none."""
    known = np.isfinite(theirs[name])
    base = np.where(known, theirs[name], 0.0).sum(-1)
    total = np.where(known, ours[name], 0.0).sum(-1)
    return np.where(base == 0.0, 1.0, total / np.where(base == 0.0, 1.0, base))


def _loss(name: str, ours: Mapping[str, NDArray], theirs: Mapping[str, NDArray]) -> NDArray:
    """Mean difference over the items that the content has a value for; 0 if there are none."""
    if name not in theirs:
        return np.zeros(())
    known = np.isfinite(theirs[name])
    difference = np.where(known, ours[name] - theirs[name], 0.0).sum(-1)
    return difference / np.maximum(known.sum(-1), 1)
