"""How much louder an output is where its content is silent.

Conventions: all channels at their own rate, A-weighted; pauses by `estilo.analysis.pauses`.

Metrics: `pauses_db`.
"""

import numpy as np

from estilo.analysis.noise_floor import noise_floor
from estilo.analysis.pauses import AUDIBLE_DB, pauses
from estilo.analysis.sound import Sound
from estilo.metrics.base import Metric, aligned_once, are_audible, nothing_to_measure


def pauses_db(output: Sound, content: Sound) -> float:
    """Mean level of the output over the content's own in the content's pauses, in dB.

    Both relative to their loud parts (95 % of the time they are lower), at least 70 dB below which
    nothing is heard. What rings into the pauses counts as noise does; a style that is noise fills
    them by right, and so the number says nothing then.

    Args:
        output: any length and rate.
        content: any length and rate, with a pause.

    Returns:
        dB, 0 where the output is no louder in any pause; NaN after a warning where one is silent or
        the content has no pause.

    Raises:
        InputError: one of them is not a `Sound`.

    Example:
        >>> tone = np.sin(0.1 * np.arange(44100)) * (np.arange(44100) < 22050)
        >>> noise = np.random.default_rng(0).normal(size=44100)
        >>> content = Sound(tone + 1e-3 * noise, 44100)
        >>> round(pauses_db(Sound(tone + 1e-2 * noise, 44100), content))
        20
    """
    if not are_audible("pauses_db", output, content):
        return nothing_to_measure("pauses_db")
    silent = content.once(pauses)
    ours, theirs = (_levels_db(each) for each in (aligned_once(output, content), content))
    n_frames = min(len(silent), len(ours))
    silent = silent[:n_frames]
    if not silent.any():
        return nothing_to_measure("pauses_db", "the content has no pause")
    excess_db = ours[:n_frames][silent] - theirs[:n_frames][silent]
    return float(np.mean(np.maximum(excess_db, 0.0)))


def _levels_db(sound: Sound) -> np.ndarray:
    """Level below the loud parts. **Shape** ``(frames,)``."""
    total = sound.once(noise_floor).total.astype(np.float64)
    loud = max(float(np.percentile(total, 95.0)), 1e-20)
    return 10.0 * np.log10(np.maximum(total / loud, 10.0 ** (AUDIBLE_DB / 10.0)))


PAUSES = Metric("pauses_db", "pauses louder by (dB)", "lower", 0.0, "content", pauses_db)
