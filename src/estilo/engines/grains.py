"""Stretches of the styles that an engine copied into its output. Imports no torch."""

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Grain:
    """A stretch of the output that is, for the most part, a stretch of a style.

    Args:
        start_s: where it starts in the output, in seconds.
        stop_s: where it ends there, in seconds.
        style: number of the style, from 0.
        style_start_s: where it starts in that style, in seconds.
        style_stop_s: where it ends there, in seconds.
        semitones: transposition in semitones; the stretch was played faster by as much.
        share: share of the stretch's magnitude, 0 to 1; the remainder is that of other grains.
        pitch: pitch of the note that it plays, as a MIDI number; None where it is no note.
    """

    start_s: float
    stop_s: float
    style: int
    style_start_s: float
    style_stop_s: float
    semitones: float
    share: float
    pitch: float | None = None

    @property
    def speed(self) -> float:
        """Seconds of the style per second of the output.

        >>> Grain(1.0, 2.0, 0, 5.0, 7.0, 12.0, 0.5).speed
        2.0
        """
        return (self.style_stop_s - self.style_start_s) / (self.stop_s - self.start_s)


def placed(
    grains: Sequence[Grain], *, later_s: float, first_s: float, last_s: float
) -> list[Grain]:
    """Grains of a window, in the time of the whole, without what lies outside two bounds.

    Args:
        grains: grains of the window.
        later_s: where the window starts, in seconds.
        first_s: lower bound, in seconds of the whole.
        last_s: upper bound, in seconds of the whole.

    >>> (grain,) = placed(
    ...     [Grain(0.0, 2.0, 0, 5.0, 7.0, 0.0, 1.0)], later_s=8.0, first_s=9.0, last_s=9.5
    ... )
    >>> grain.start_s, grain.stop_s, grain.style_start_s, grain.style_stop_s
    (9.0, 9.5, 6.0, 6.5)
    """
    out = []
    for grain in grains:
        start_s, stop_s = grain.start_s + later_s, grain.stop_s + later_s
        cut_s, late_s = max(0.0, first_s - start_s), max(0.0, stop_s - last_s)
        if stop_s - late_s <= start_s + cut_s:
            continue
        moved = replace(
            grain,
            start_s=start_s + cut_s,
            stop_s=stop_s - late_s,
            style_start_s=grain.style_start_s + cut_s * grain.speed,
            style_stop_s=grain.style_stop_s - late_s * grain.speed,
        )
        out.append(moved)
    return out


def strongest(grains: Sequence[Grain], *, most: int) -> list[Grain]:
    """Those that make most of the output, in their order in time.

    Args:
        grains: any number.
        most: how many are kept.

    >>> a, b = Grain(0.0, 1.0, 0, 3.0, 4.0, 0.0, 0.4), Grain(1.0, 1.1, 0, 5.0, 5.1, 0.0, 0.9)
    >>> strongest([b, a], most=1) == [a]
    True
    """
    weighed = sorted(grains, key=lambda grain: grain.share * (grain.start_s - grain.stop_s))
    return sorted(weighed[:most], key=lambda grain: (grain.start_s, -grain.share))
