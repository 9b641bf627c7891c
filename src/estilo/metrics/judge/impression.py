"""What the judge keeps of a recording, and how far two recordings are apart.

The network has learnt that an equaliser makes no other instrument of an instrument. Listeners hear
the equaliser all the same, so the distance of the audible spectra counts besides, at a fiftieth per
decibel: an octave's worth of partials that are missing is a tenth of the way to another instrument.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.sound import Sound
from estilo.metrics.judge.hearing import RANGE_DB, Heard, heard
from estilo.metrics.judge.network import direction, trained_weights

PER_DB = 0.02
"""Distance for each decibel between two spectra; chosen on `recorded-dev` (docs/judge.md)."""

# Single partials lie elsewhere for other notes: the bands beside count as well.
_SIDE_BANDS = 3

Array = NDArray[np.float32]


class Impression(NamedTuple):
    """What is kept of a recording.

    Args:
        direction: direction of its timbre, of unit length. **Shape** ``(64,)``.
        spectrum: mean audible level of each band, smoothed, in dB above what is not heard.
            **Shape** ``(N_BANDS,)``.
    """

    direction: Array
    spectrum: Array


def impression(sound: Sound) -> Impression | None:
    """What the judge keeps of a recording; compute it through `Sound.once`.

    Args:
        sound: any length, rate and channels.

    Returns:
        None where nothing is heard.
    """
    of = sound.once(heard)
    return impression_of(of, trained_weights()) if of.weights.any() else None


def impression_of(of: Heard, weights: Mapping[str, Array]) -> Impression:
    """The impression of audible levels.

    Args:
        of: audible levels, not all of them pauses.
        weights: weights of the network.
    """
    share = of.weights / of.weights.sum()
    level_db = RANGE_DB * (of.levels[1] * share).sum(axis=1)
    window = np.bartlett(2 * _SIDE_BANDS + 3)[1:-1]
    padded = np.pad(level_db, _SIDE_BANDS, mode="edge")
    smooth = np.convolve(padded, window / window.sum(), mode="valid")
    return Impression(direction(of, weights), smooth.astype(np.float32))


def distance(one: Impression, other: Impression) -> float:
    r"""How far two timbres are apart.

    .. math:: 1 - \langle u, v \rangle + 0.02 \, \overline{|L_u - L_v|}

    Args:
        one: impression of a recording.
        other: impression of another one.

    Returns:
        0 for equal timbres, about 1 for unrelated ones.
    """
    is_heard = (one.spectrum > 0.0) | (other.spectrum > 0.0)
    apart_db = np.abs(one.spectrum - other.spectrum)[is_heard].mean()
    cosine = float(np.dot(one.direction.astype(np.float64), other.direction))
    return max(1.0 - cosine, 0.0) + PER_DB * float(apart_db)
