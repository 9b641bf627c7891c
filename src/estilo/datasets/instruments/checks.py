"""Notes that can be used, and what is wrong with the others."""

from collections import Counter
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from estilo.datasets.instruments.pitches import HeardNote, listen, transposition
from estilo.datasets.instruments.records import Skip
from estilo.datasets.instruments.takes import SAMPLE_RATE, Take, trimmed

FEWEST_NOTES = 6
"""Notes of which an instrument has at least so many, and half of those that it played."""

_SILENT_PEAK = 1e-3  # -60 dB
_FULL_SCALE = 0.9999
_N_CLIPPED = 4  # samples in a row


def checked(name: str, takes: Iterable[Take]) -> tuple[list[Take], list[Skip]]:
    """Notes that can be used, at the pitches at which they sound, and what was left out.

    Args:
        name: name of the instrument.
        takes: all its notes.
    """
    takes = list(takes)
    skipped: list[Skip] = []
    sounding: list[tuple[Take, HeardNote]] = []
    for take in takes:
        fault = _fault(take.samples)
        if fault:
            skipped.append(Skip(name, take.key.name, fault))
        else:
            short = trimmed(take)
            sounding.append((short, listen(short.samples, SAMPLE_RATE)))
    octaves = transposition(
        [heard for _, heard in sounding], [take.key.midi_pitch for take, _ in sounding]
    )
    good: list[Take] = []
    for take, heard in sounding:
        fault = heard.fault(take.key.midi_pitch + octaves)
        if fault:
            skipped.append(Skip(name, take.key.name, fault))
        else:
            good.append(take.transposed(octaves))
    if len(good) < max(FEWEST_NOTES, len(takes) / 2):
        reason = Counter(skip.reason for skip in skipped).most_common(1)
        detail = f"{len(good)} of {len(takes)} notes can be used"
        return [], [Skip(name, "", f"mostly {reason[0][0]}" if reason else "too few notes", detail)]
    return good, skipped


def _fault(samples: NDArray) -> str:
    """Why a note cannot be used, whatever its pitch; empty where it can."""
    if not np.isfinite(samples).all():
        return "not finite"
    size = np.abs(samples)
    if size.max(initial=0.0) < _SILENT_PEAK:
        return "silent"
    # Clipped samples are equal; those around the peak of a loud wave are not.
    is_flat = (size[1:] >= _FULL_SCALE) & (samples[1:] == samples[:-1])
    runs = np.convolve(is_flat, np.ones(_N_CLIPPED - 1), "valid")
    return "clipped" if runs.max(initial=0.0) >= _N_CLIPPED - 1 else ""
