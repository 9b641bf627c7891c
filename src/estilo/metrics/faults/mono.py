"""What is heard in stereo and vanishes in mono, where the content does not."""

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.noise_floor import EDGES_HZ, HOP_S
from estilo.analysis.sound import Sound
from estilo.analysis.stereo_image import stereo_image
from estilo.metrics.fault import Fault
from estilo.metrics.faults.base import AUDIBLE, Compared, decibels, ramp, stretches

_LOSS_DB = (3.0, 15.0)
_REACH = 12  # frames to each side over which powers are summed
_LEAST_S = 0.2
_RANGE_DB = 50.0


def mono_collapse(of: Compared) -> list[Fault]:
    """Bands that lose more level in the downmix than those of content and target.

    Severity is the mean over the bands, by their power: 0 up to 3 dB more, which channels that know
    nothing of each other lose against equal ones, and 1 from 15 dB.

    Args:
        of: output, and what it is held against.
    """
    if of.output.audio.n_channels == 1 or not of.same_time or not np.any(of.output.audio.samples):
        return []
    own_db, power = _loss_db(of.aligned)
    usual_db = np.zeros_like(own_db)
    for reference in of.same_time:
        theirs_db, _ = _loss_db(reference)
        n = min(len(usual_db), len(theirs_db))
        usual_db[:n] = np.maximum(usual_db[:n], theirs_db[:n])
    loss_db = np.maximum(own_db - usual_db, 0.0)
    total = power.sum(axis=1)
    weights = power / np.maximum(total, 1e-20)[:, None]
    is_heard = total > total.max() * 10.0 ** (-_RANGE_DB / 10.0)
    severity = (weights * ramp(loss_db, *_LOSS_DB)).sum(axis=1) * is_heard
    found = []
    for part in stretches(severity >= AUDIBLE, HOP_S, join_s=0.5, least_s=_LEAST_S):
        mean_db = np.average(loss_db[part], axis=0, weights=total[part])
        bands = np.flatnonzero(mean_db >= max(mean_db.max() / 2.0, _LOSS_DB[0]))
        low, high = (int(bands[0]), int(bands[-1])) if len(bands) else (0, len(EDGES_HZ) - 2)
        words = f"vanishes in mono, by up to {loss_db[part][:, low : high + 1].max():.0f} dB"
        ends_s = part.start * HOP_S, part.stop * HOP_S
        edges_hz = EDGES_HZ[low], EDGES_HZ[high + 1]
        strength = float(severity[part].mean())
        found.append(Fault("mono collapse", strength, *ends_s, *edges_hz, None, words))
    return found


def _loss_db(sound: Sound) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """By how much the downmix is weaker than the channels, and their power."""
    image = sound.once(stereo_image)
    mid, side = _summed(image.mid), _summed(image.side)
    return np.minimum(decibels(mid + side) - decibels(mid), 60.0), mid + side


def _summed(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum over half a second. **Shape** that of the power."""
    sums = np.cumsum(np.pad(power, ((_REACH + 1, _REACH), (0, 0))), axis=0)
    return np.maximum(sums[2 * _REACH + 1 :] - sums[: -2 * _REACH - 1], 0.0)
