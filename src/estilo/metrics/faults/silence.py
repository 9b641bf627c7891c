"""An output in which nothing is left."""

import numpy as np

from estilo.analysis.sound import Sound
from estilo.metrics.fault import Fault
from estilo.metrics.faults.base import Compared


def silence(of: Compared) -> list[Fault]:
    """Nothing but zeros where content, target or, without these, the style sounds: one fault.

    Args:
        of: output, and what it is held against.
    """
    references = of.same_time or [each for each in (of.style,) if each is not None]
    if _sounds(of.output) or not any(_sounds(each) for each in references):
        return []
    ends_s = 0.0, of.aligned.duration_s
    edges_hz = 0.0, of.output.audio.sample_rate / 2.0
    return [Fault("silence", 1.0, *ends_s, *edges_hz, None, "the output is silent")]


def _sounds(sound: Sound) -> bool:
    return bool(np.any(sound.audio.samples))
