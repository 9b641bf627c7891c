"""Distance of an output's timbre from the one that it should have, as the judge hears it.

Metrics: `timbre_judge`.
"""

import numpy as np

from estilo.analysis.sound import Sound
from estilo.metrics.base import Metric, are_audible, nothing_to_measure
from estilo.metrics.judge.network import timbre_direction

VERSION = 1
"""Version of the judge. Figures of different versions do not compare; no engine is trained on it,
or calls it to choose."""


def timbre_judge(output: Sound, reference: Sound) -> float:
    r"""Cosine distance between the directions in which the judge hears two recordings.

    .. math:: 1 - \langle u, v \rangle, \quad \|u\| = \|v\| = 1

    Pitch, level, length, hiss and room count for little: the judge has learnt that they do not make
    an instrument (docs/judge.md has the figures).

    Args:
        output: any length, rate and channels.
        reference: any length, rate and channels, not necessarily the output's.

    Returns:
        0 for equal timbre, about 1 for unrelated ones, 2 at most; NaN after a warning where one is
        silent.

    Raises:
        InputError: one of them is not a `Sound`.

    Example:
        >>> noise = np.random.default_rng(0).normal(size=44100)
        >>> tone = np.sin(0.05 * np.arange(44100))
        >>> timbre_judge(Sound(tone, 44100), Sound(noise, 44100)) > 0.5
        True
    """
    if not are_audible("timbre_judge", output, reference):
        return nothing_to_measure("timbre_judge")
    ours, theirs = (each.once(timbre_direction) for each in (output, reference))
    if not ours.any() or not theirs.any():
        return nothing_to_measure("timbre_judge", "nothing sounds between 40 Hz and 16 kHz")
    return max(1.0 - float(np.dot(ours.astype(np.float64), theirs)), 0.0)


TIMBRE_JUDGE = Metric("timbre_judge", "timbre (judge)", "lower", 0.0, "timbre", timbre_judge)
