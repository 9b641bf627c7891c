"""Compression of magnitudes to levels and back, which decides how much quiet sounds count.

Every pair has finite gradients at zero and inverts exactly; levels that no magnitude has (below
that of silence) give silence, never a negative magnitude.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import log, log10

import torch
from torch import Tensor

from estilo.errors import SettingsError

_POWER_KNEE = 1e-7  # keeps the slope of m**exponent finite at zero


@dataclass(frozen=True)
class Compression:
    """A monotonous map of magnitudes and its inverse.

    **Shape**: both functions keep the shape.

    Args:
        compress: magnitude to level.
        decompress: level to magnitude, at least 0.
    """

    compress: Callable[[Tensor], Tensor]
    decompress: Callable[[Tensor], Tensor]


def compression(name: str, *, exponent: float = 0.5, floor_db: float = -80.0) -> Compression:
    """The compression of a name, one of `COMPRESSIONS`.

    - ``log1p``: ``log(1 + m)``, the original methods' choice.
    - ``db``: ``20 log10(m + floor)``, in dB relative to a magnitude of 1.
    - ``power``: ``m ** exponent``.
    - ``linear``: ``m``.

    Args:
        name: name of the compression.
        exponent: exponent of ``power``, above 0 and at most 2.
        floor_db: level of silence of ``db``, in dB.

    Raises:
        SettingsError: the name is unknown or the exponent out of its bounds.

    Example:
        >>> pair = compression("db", floor_db=-60.0)
        >>> [round(level) for level in pair.compress(torch.tensor([0.0, 10.0])).tolist()]
        [-60, 20]
    """
    if name not in _MAKERS:
        raise SettingsError(
            f"unknown compression {name!r}; choose one of {', '.join(COMPRESSIONS)}"
        )
    if not 0.0 < exponent <= 2.0:
        raise SettingsError(f"expected 0 < exponent ≤ 2, got {exponent:g}; 0.5 is usual")
    return _MAKERS[name](exponent, floor_db)


def _log1p(_exponent: float, _floor_db: float) -> Compression:
    return Compression(torch.log1p, lambda level: torch.expm1(level.clamp_min(0.0)))


def _db(_exponent: float, floor_db: float) -> Compression:
    floor = 10.0 ** (floor_db / 20.0)
    # Silence's level as it is computed, so that it gives zero and not a rounding error.
    lowest = 20.0 * log10(floor)
    return Compression(
        lambda magnitude: 20.0 * torch.log10(magnitude + floor),
        lambda level: floor * torch.expm1((level - lowest).clamp_min(0.0) * (log(10.0) / 20.0)),
    )


def _power(exponent: float, _floor_db: float) -> Compression:
    lowest = _POWER_KNEE**exponent
    return Compression(
        lambda magnitude: (magnitude + _POWER_KNEE) ** exponent - lowest,
        lambda level: ((level.clamp_min(0.0) + lowest) ** (1.0 / exponent) - _POWER_KNEE).clamp_min(
            0.0
        ),
    )


def _linear(_exponent: float, _floor_db: float) -> Compression:
    return Compression(lambda magnitude: magnitude, lambda level: level.clamp_min(0.0))


_MAKERS = {"db": _db, "linear": _linear, "log1p": _log1p, "power": _power}
COMPRESSIONS = tuple(_MAKERS)
