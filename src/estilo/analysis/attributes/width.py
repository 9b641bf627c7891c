"""Width: how much of a recording is at the sides, and how alike its channels are."""

import numpy as np

from estilo.analysis.sound import Sound

NARROWEST_DB = -40.0
"""Width of a recording in one channel, and of whatever is narrower, in dB."""


def width_db(sound: Sound) -> float | None:
    r"""Power of what differs between channels over that of their mean, in dB.

    .. math:: 10 \log_{10} \frac{\overline{(x_c - m)^2}}{\overline{m^2}}, \quad m = \overline{x_c}

    which is side to mid of two channels: 0 dB where they have nothing in common.

    Args:
        sound: any length.

    Returns:
        -40 for one channel, or equal ones, to 40 for opposite ones; None in silence.

    Example:
        >>> left, right = np.random.default_rng(0).standard_normal((2, 44_100))
        >>> round(width_db(Sound([left, right], 44_100))), width_db(Sound([left, left], 44_100))
        (0, -40.0)
    """
    mid = sound.mono_full_rate
    if not sound.audio.samples.any():
        return None
    if sound.audio.n_channels == 1:
        return NARROWEST_DB
    sides = sound.audio.samples - mid
    power = float(np.vdot(sides, sides)) / len(sides), float(np.vdot(mid, mid))
    ratio_db = 10.0 * np.log10(max(power[0], 1e-30) / max(power[1], 1e-30))
    return float(np.clip(ratio_db, NARROWEST_DB, -NARROWEST_DB))


def correlation(sound: Sound) -> float | None:
    """Correlation of the first two channels, -1 to 1.

    Args:
        sound: any length.

    Returns:
        1 for one channel; None where a channel is silent.

    Example:
        >>> wave = np.sin(0.1 * np.arange(8000))
        >>> correlation(Sound([wave, -0.5 * wave], 8000)), correlation(Sound(wave, 8000))
        (-1.0, 1.0)
    """
    left, right = sound.audio.samples[0], sound.audio.samples[min(1, sound.audio.n_channels - 1)]
    norm = np.sqrt(float(np.vdot(left, left)) * float(np.vdot(right, right)))
    return float(round(float(np.vdot(left, right)) / norm, 6)) if norm > 0.0 else None
