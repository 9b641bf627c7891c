"""Instruments that sound almost like one that is there already.

A note's fingerprint is its level in 32 mel bands, in its first tenth of a second and after it, in
half decibels below the loudest band. Two instruments are near-duplicates where the fingerprints of
the notes that they have in common (same pitch, velocity and length) differ by less than a limit.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.spectra import banded_power, mel_weights

N_BANDS = 32
LIMIT_DB = 2.0
"""Root mean square difference of the fingerprints below which two instruments are the same. Almost
all pairs of soundfonts' programs below it are a program and a bend of it that nobody hears, or two
programs that share their samples; half of all instruments are further than 5 dB from the nearest
other one."""

FEWEST = 3
"""Notes that two instruments have to have in common to be compared."""

_ATTACK_S = 0.1
_N_FFT, _HOP = 1024, 512
_RANGE_DB = 60.0
_UNITS_PER_DB = 2.0


def fingerprint(samples: NDArray, sample_rate: int) -> list[int]:
    """What a note sounds like, roughly; whatever its level.

    Args:
        samples: the note from its start. **Shape** ``(time,)``.
        sample_rate: sample rate in Hz.

    Returns:
        64 numbers from -120 to 0, in half decibels.

    Example:
        >>> noise = np.random.default_rng(0).normal(size=8000)
        >>> one, louder = fingerprint(noise, 16000), fingerprint(2 * noise, 16000)
        >>> len(one), max(one), one == louder
        (64, 0, True)
    """
    bands = mel_weights(n_bands=N_BANDS, n_fft=_N_FFT, sample_rate=sample_rate)
    n_attack = round(_ATTACK_S * sample_rate)
    parts = [samples[:n_attack], samples[n_attack:]]
    power = np.stack(
        [banded_power(part, bands, n_fft=_N_FFT, hop_length=_HOP).mean(1) for part in parts]
    )
    level_db = 10.0 * np.log10(np.maximum(power / max(power.max(), 1e-20), 1e-10))
    return np.rint(_UNITS_PER_DB * np.maximum(level_db, -_RANGE_DB)).astype(int).ravel().tolist()


def near_duplicates(
    fingerprints: Mapping[str, Mapping[str, Sequence[int]]], *, limit_db: float = LIMIT_DB
) -> dict[str, str]:
    """Instruments to leave out, and the one that each of them is almost like.

    In the order given, an instrument stays unless one that stayed before it is as good as equal.

    Args:
        fingerprints: fingerprints by instrument and name of the note.
        limit_db: largest distance of two that are the same, in dB.

    Example:
        >>> notes = {"060": [0] * 64, "064": [-8] * 64, "068": [-20] * 64}
        >>> other = {name: [value[0] - 10] * 64 for name, value in notes.items()}
        >>> near_duplicates({"a": notes, "b": other, "c": notes})
        {'c': 'a'}
    """
    names = list(fingerprints)
    distance_db = distances(fingerprints)
    stayed: list[int] = []
    found: dict[str, str] = {}
    for place, name in enumerate(names):
        to_others_db = distance_db[place, stayed]
        if to_others_db.min(initial=np.inf) < limit_db:
            found[name] = names[stayed[int(to_others_db.argmin())]]
        else:
            stayed.append(place)
    return found


def distances(fingerprints: Mapping[str, Mapping[str, Sequence[int]]]) -> NDArray[np.float32]:
    """Root mean square differences of all instruments' fingerprints.

    **Shape**: ``(n, n)``, in dB; infinite where two have fewer than `FEWEST` notes in common.

    Args:
        fingerprints: fingerprints by instrument and name of the note.
    """
    n = len(fingerprints)
    squares, counts = np.zeros((n, n)), np.zeros((n, n))
    keys = sorted({key for notes in fingerprints.values() for key in notes})
    for key in keys:
        here = np.array([i for i, notes in enumerate(fingerprints.values()) if key in notes])
        rows = np.array([notes[key] for notes in fingerprints.values() if key in notes], float)
        rows /= _UNITS_PER_DB
        norms = np.square(rows).sum(1)
        squared = norms[:, None] + norms - 2.0 * rows @ rows.T
        squares[np.ix_(here, here)] += np.maximum(squared, 0.0) / rows.shape[1]
        counts[np.ix_(here, here)] += 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        distance_db = np.sqrt(squares / counts)
    return np.where(counts >= FEWEST, distance_db, np.inf).astype(np.float32)
