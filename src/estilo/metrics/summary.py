"""A few numbers that a musician can read: what was kept, what was taken, what went wrong.

Conventions: shares from 0 to 1; movement in per cent, 0 the content's value and 100 the style's.
NaN where there is nothing to say.

`content_kept` is made of metrics that were measured already, the others measure. What was taken
of the style is for `estilo.metrics.judge.scale` to say.
"""

import math
import statistics
from collections.abc import Mapping, Sequence

from estilo.analysis.sound import Sound
from estilo.metrics.attributes import moved_attributes
from estilo.metrics.fault import Fault

# What unrelated recordings score, and identical ones: medians over the 110 ordered pairs of eleven
# recordings of instruments, voices and rain, the second in place of the output; of the image, over
# the 12 ordered pairs of four recordings in stereo; of note levels, where notes are heard in both.
_HARMONY = {"harmony_kept": (0.24, 1.0), "notes_kept": (0.02, 1.0), "note_levels_db": (7.0, 0.0)}
_RHYTHM = {
    "onsets_kept": (0.26, 1.0),
    "pauses_db": (43.0, 0.0),
    "loudness_correlation": (0.16, 1.0),
}
_WORDS = {"words_kept": (0.0, 1.0)}
_IMAGE = {"image_db": (10.7, 0.0)}
# Powers of losses. Small ones cost little, as another instrument makes them by right; of the course
# of loudness, which it changes most as its notes decay, only what is lost for good.
_POWER, _POWERS = 1.5, {"loudness_correlation": 3.0}


def content_kept(values: Mapping[str, float]) -> float:
    r"""Share of the content that is left: its harmony, its rhythm, its words and its stereo image.

    .. math:: \max\left(\overline{\overline{1 - \min(l^p, 2)}}, 0\right), \quad
              l = \max\left(\frac{x_1 - x}{x_1 - x_0}, 0\right)

    Harmony is the mean of harmony and notes where notes begin and of the levels of the notes
    against each other, rhythm that of onsets, pauses and the course of loudness. Each loss *l* is
    first scaled from :math:`x_1`, what identical recordings score, to :math:`x_0`, what unrelated
    ones do. It counts by its power *p* of 3/2, as the same notes on another instrument never sound
    the same, and of 3 for the course of loudness, as how a note decays is style. Words count where
    a voice speaks, the image where content or output has a side, pauses where there are some: the
    mean is over what there is. Where the style is noise, which fills pauses by right, ``pauses_db``
    should not be given. The same notes on another instrument give about 0.9. Noise is harmonically
    like all other noise.

    Args:
        values: scores by their names, as far as they were measured.

    Returns:
        0, as if unrelated, to 1, the content itself; NaN where none of these is there.

    Example:
        >>> content_kept({"harmony_kept": 1.0, "onsets_kept": 1.0 - 0.25 * 0.74})
        0.9375
    """
    sides = []
    for ranges in (_HARMONY, _RHYTHM, _WORDS, _IMAGE):
        parts = [
            1.0 - min(_loss(values[name], *ends) ** _POWERS.get(name, _POWER), 2.0)
            for name, ends in ranges.items()
            if name in values
        ]
        if parts:
            sides.append(statistics.fmean(parts))
    return max(statistics.fmean(sides), 0.0) if sides else math.nan


def _loss(value: float, unrelated: float, same: float) -> float:
    return max((same - value) / (same - unrelated), 0.0)


def artifacts(found: Sequence[Fault]) -> float:
    """Severity of the worst fault of an output.

    Args:
        found: faults, as from `estilo.metrics.faults.faults`.

    Returns:
        0, none, to 1.

    Example:
        >>> import numpy as np
        >>> from estilo.metrics.faults import faults
        >>> wave = 0.5 * np.sin(0.05 * np.arange(44100))
        >>> torn = wave + 0.6 * (np.arange(44100) == 22050)
        >>> clean = Sound(wave, 44100)
        >>> artifacts(faults(clean, clean)), artifacts(faults(Sound(torn, 44100), clean))
        (0.0, 0.5)
    """
    return max((fault.severity for fault in found), default=0.0)


def movement(content: Sound, style: Sound, output: Sound) -> dict[str, float]:
    """How far each attribute moved from content to style, in per cent.

    Args:
        content: any length and rate.
        style: any length and rate.
        output: any length and rate.

    Returns:
        ``moved_<attribute>_percent`` as `estilo.metrics.attributes.moved_attributes` says, where
        content and style differ; and ``moved_percent``, the median over the attributes.

    Example:
        >>> import numpy as np
        >>> noise = np.random.default_rng(0).normal(size=16000)
        >>> dull, bright = Sound(np.cumsum(noise), 16000), Sound(np.diff(noise), 16000)
        >>> moved = movement(dull, bright, bright)
        >>> moved["moved_percent"], moved["moved_spectrum_percent"]
        (100.0, 100.0)
    """
    attributes = moved_attributes(content, style, output)
    moved = {moved_name(name): share for name, share in attributes.items()}
    if attributes:
        moved["moved_percent"] = statistics.median(attributes.values())
    return moved


def moved_name(attribute: str) -> str:
    """Name of the movement of an attribute.

    Args:
        attribute: name such as ``"attack"``.

    Example:
        >>> moved_name("attack")
        'moved_attack_percent'
    """
    return f"moved_{attribute}_percent"
