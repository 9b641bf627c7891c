"""What can be turned while a network plays. Imports no torch."""

from typing import Annotated

from pydantic import Field

from estilo.fields import Documented

_Share = Annotated[float, Field(ge=0, le=1)]


class Controls(Documented):
    """How much of the style is heard, as a whole and part by part.

    What the network changes are levels of bands over time, in dB. They are taken apart, each part
    is multiplied by its own factor, and the sum by ``strength``; with every part at 1 nothing of
    the whole is lost.
    """

    strength: _Share = 1.0
    """Factor of all changes in dB. At 0 the content is put back together as it was."""
    wet: _Share = 1.0
    """Share of the output in the mix; the remainder is the content itself, at the same time."""
    timbre: _Share = 1.0
    """Factor of what changes the sounding partials, beyond EQ and dynamics."""
    eq: _Share = 1.0
    """Factor of the change that lasts for seconds and is smooth over bands."""
    dynamics: _Share = 1.0
    """Factor of the change of each moment's loudness."""
    noise: _Share = 1.0
    """Factor of what changes between the partials: breath, bow, air."""
    level_matching: _Share = 0.5
    """How far the levels of every band are brought to those of the style itself."""


NAMES = tuple(Controls.model_fields)
"""Names of the controls, in the order in which they travel as numbers."""

HOST_NAMES = tuple("fit" if name == "level_matching" else name for name in NAMES)
"""What hosts of exported graphs call them, in the same order."""


def numbers(controls: Controls) -> tuple[float, ...]:
    """The controls' values in the order of `NAMES`.

    >>> numbers(Controls(wet=0.5))
    (1.0, 0.5, 1.0, 1.0, 1.0, 1.0, 0.5)
    """
    return tuple(getattr(controls, name) for name in NAMES)
