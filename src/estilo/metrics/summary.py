"""A few numbers that a musician can read: what was kept, what was taken, what went wrong.

Conventions: shares from 0 to 1; movement in per cent, 0 the content's value and 100 the style's.
NaN where there is nothing to say.

`content_kept` is made of metrics that were measured already, the others measure.
"""

import math
import statistics
from collections.abc import Mapping, Sequence

from estilo.analysis.descriptors import describe_timbre_and_rhythm
from estilo.analysis.movement import how_far
from estilo.analysis.sound import Sound
from estilo.metrics import METRICS
from estilo.metrics.base import Metric

# What unrelated recordings score: medians over the 110 ordered pairs of eleven recordings of
# instruments, voices and rain, the second in place of the output (quartiles of chroma: 0.3 to 0.6).
# Beside them what identical recordings score.
_HARMONY = {"chroma": (0.45, 1.0), "pitch": (0.95, 0.0)}
_RHYTHM = {"onset_f1": (0.2, 1.0), "loudness_correlation": (0.0, 1.0)}
# What counts as entirely broken; musical noise is that of noise in place of tones.
_BROKEN = {
    "clicks_per_s": 1.0,
    "clipping_share": 0.01,
    "n_non_finite": 1.0,
    "musical_noise": 5.0,
}
# By name: a metric of another package must not change what this number means.
_TIMBRES = ("timbre_mfcc", "timbre_triplet")
_LEAST_WAY = 0.01
_UNITS = ("_hz", "_bpm", "_per_s")


def content_kept(values: Mapping[str, float]) -> float:
    r"""Share of the content that is left: its harmony and its rhythm, half and half.

    .. math:: \tfrac12 (\overline{h} + \overline{r}), \quad
              x \mapsto \max\left(\frac{x - x_0}{x_1 - x_0}, 0\right)

    Harmony is the mean of chroma and notes, rhythm that of onsets and the course of loudness, each
    first scaled from :math:`x_0`, what unrelated recordings score, to :math:`x_1`, what identical
    ones do. Without an onset in the content, say, the mean is over the others. The same notes on
    another instrument give about 0.8, as other partials are heard. Noise is harmonically like all
    other noise.

    Args:
        values: scores named ``chroma``, ``pitch``, ``onset_f1`` and ``loudness_correlation``, as
            far as they were measured.

    Returns:
        0, as if unrelated, to 1, the content itself; NaN where none of the four is there.

    Example:
        >>> content_kept({"chroma": 1.0, "pitch": 0.0, "onset_f1": 0.6})
        0.75
    """
    sides = []
    for ranges in (_HARMONY, _RHYTHM):
        parts = [
            min(max((values[name] - chance) / (same - chance), 0.0), 1.0)
            for name, (chance, same) in ranges.items()
            if name in values
        ]
        if parts:
            sides.append(statistics.fmean(parts))
    return statistics.fmean(sides) if sides else math.nan


def style_taken(output: Sound, content: Sound, style: Sound) -> float:
    r"""Share of the way from the content's timbre to the style's that the output went.

    .. math:: 1 - \frac{d(\text{output}, \text{style})}{d(\text{content}, \text{style})}

    with :math:`d` every registered metric whose name begins with ``timbre``; their mean, each at
    least -1. Statistics of timbre only: whether the output says anything with it is for
    `content_kept` to tell, and the two belong together.

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
        >>> style_taken(dull, dull, bright), style_taken(bright, dull, bright)
        (0.0, 1.0)
    """
    shares = []
    for name in _TIMBRES:
        metric: Metric = METRICS[name]
        left, whole = metric.measure(output, style), metric.measure(content, style)
        if math.isfinite(left) and whole >= _LEAST_WAY:
            shares.append(max(1.0 - left / whole, -1.0))
    return statistics.fmean(shares) if shares else math.nan


def artifacts(output: Sound, references: Sequence[Sound] = ()) -> float:
    """Severity of the worst fault that none of the references has.

    Clicks (1 a second), clipping (1 % of the samples), samples that are not finite (any), and
    partials that flicker as those of noise do (5 dB more than in any reference) count 1, less in
    proportion.

    Args:
        output: any length, rate and channels.
        references: content, styles and target: their own clicks and noise do not count as faults of
            the output.

    Returns:
        0, none, to 1; NaN where nothing was to be measured.

    Example:
        >>> import numpy as np
        >>> wave = 0.5 * np.sin(0.05 * np.arange(44100))
        >>> torn = wave + 0.3 * (np.arange(44100) == 22050)
        >>> clean = Sound(wave, 44100)
        >>> artifacts(clean, [clean]), artifacts(Sound(torn, 44100), [clean])
        (0.0, 1.0)
    """
    faults = []
    for name, broken in _BROKEN.items():
        metric: Metric = METRICS[name]
        if metric.against is None:
            usual = max((_or_zero(metric.measure(each)) for each in references), default=0.0)
            excess = metric.measure(output) - usual
        else:
            compared = [metric.measure(output, each) for each in references]
            excess = min((each for each in compared if math.isfinite(each)), default=math.nan)
        if math.isfinite(excess):
            faults.append(min(max(excess / broken, 0.0), 1.0))
    return max(faults, default=math.nan)


def movement(content: Sound, style: Sound, output: Sound) -> dict[str, float]:
    """How far each descriptor, and the middle one, moved from content to style, in per cent.

    Args:
        content: any length and rate.
        style: any length and rate.
        output: any length and rate.

    Returns:
        ``moved_<descriptor>_percent`` as `estilo.analysis.movement.how_far` says, where content and
        style differ, and ``moved_percent``, their median.

    Example:
        >>> import numpy as np
        >>> noise = np.random.default_rng(0).normal(size=16000)
        >>> dull, bright = Sound(np.cumsum(noise), 16000), Sound(np.diff(noise), 16000)
        >>> moved = movement(dull, bright, bright)
        >>> moved["moved_spectral_centroid_percent"], moved["moved_percent"]
        (100.0, 100.0)
    """
    described = (each.once(describe_timbre_and_rhythm) for each in (content, style, output))
    moved = {
        moved_name(name): share for name, share in how_far(*described).items() if share is not None
    }
    if moved:
        moved["moved_percent"] = statistics.median(moved.values())
    return moved


def moved_name(descriptor: str) -> str:
    """Name of the movement of a descriptor.

    Args:
        descriptor: name such as ``"tempo_bpm"``.

    Example:
        >>> moved_name("tempo_bpm")
        'moved_tempo_percent'
    """
    for unit in _UNITS:
        descriptor = descriptor.removesuffix(unit)
    return f"moved_{descriptor}_percent"


def _or_zero(value: float) -> float:
    return value if math.isfinite(value) else 0.0
