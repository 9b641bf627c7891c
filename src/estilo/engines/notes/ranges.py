"""Several styles, each playing the notes of its own range."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from estilo.analysis.transcription.heard import HeardNote
from estilo.sampler.instrument import Instrument


def by_range(
    notes: Sequence[HeardNote], instruments: Mapping[int, Instrument]
) -> dict[int, tuple[int, ...]]:
    """Numbers of the notes that each style plays: the lowest style the lowest notes, and so on.

    Styles are ordered by the median pitch of their zones. One ends and the next begins half way
    between these, whatever the weights of the styles are.

    Args:
        notes: notes in any order.
        instruments: instruments by the numbers of their styles.
    """
    middles = {
        style: float(np.median([zone.pitch for zone in instrument.zones]))
        for style, instrument in instruments.items()
    }
    order = sorted(middles, key=lambda style: middles[style])
    bounds = [0.5 * (middles[low] + middles[high]) for low, high in pairwise(order)]
    place = np.searchsorted(bounds, [note.pitch for note in notes], side="right")
    return {style: tuple(np.flatnonzero(place == at).tolist()) for at, style in enumerate(order)}
