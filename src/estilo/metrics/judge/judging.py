"""Distance of an output's timbre from the one that it should have, as the judge hears it.

Metrics: `timbre_judge`.
"""

from estilo.analysis.sound import Sound
from estilo.metrics.base import Metric, nothing_to_measure, require_sounds
from estilo.metrics.judge.impression import distance, impression

VERSION = 1
"""Version of the judge. Figures of different versions do not compare; no engine is trained on it,
or calls it to choose."""


def timbre_judge(output: Sound, reference: Sound) -> float:
    """How far apart the judge hears the timbres of two recordings.

    The distance of `estilo.metrics.judge.impression.distance`. Pitch, level, length, hiss and room
    count for little: the judge has learnt that they do not make an instrument.

    Args:
        output: any length, rate and channels.
        reference: any length, rate and channels, not necessarily the output's.

    Returns:
        0 for equal timbres, about 1 for unrelated ones; NaN after a warning where one is silent.

    Raises:
        InputError: one of them is not a `Sound`.

    Example:
        >>> import numpy as np
        >>> noise = np.random.default_rng(0).normal(size=44100)
        >>> tone = np.sin(0.05 * np.arange(44100))
        >>> timbre_judge(Sound(tone, 44100), Sound(noise, 44100)) > 0.5
        True
    """
    require_sounds("timbre_judge", output, reference)
    ours, theirs = output.once(impression), reference.once(impression)
    if ours is None or theirs is None:
        return nothing_to_measure("timbre_judge", "nothing is heard from 40 Hz to 16 kHz")
    return distance(ours, theirs)


TIMBRE_JUDGE = Metric("timbre_judge", "timbre (judge)", "lower", 0.0, "timbre", timbre_judge)
