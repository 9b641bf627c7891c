"""What is known of a representation before it is loaded. Imports no torch."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Traits:
    """What an engine has to know of a representation.

    Args:
        settings: the settings of the engine optimise that it is built from, nested ones with a dot
            (``"stft"``, ``"stft.n_bands"``, ``"cqt"``, ``"n_tracks"``, ``"phase"``); any other is
            refused beside this representation, because it would have no effect.
        compared: what loss terms look at: the frames themselves, or the waveform made from them.
        is_waveform: whether the frames are the samples themselves.
        can_average: whether the mean of neighbouring frames is a frame too.
    """

    settings: frozenset[str] = frozenset()
    compared: Literal["frames", "waveform"] = "frames"
    is_waveform: bool = False
    can_average: bool = True
