"""A fault of an output, as it is found, reported and said. Imports nothing."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """Something that went wrong in an output, and where.

    Args:
        kind: name of a kind of fault.
        severity: 0, inaudible, to 1, ruinous.
        start_s: where it begins, in seconds.
        end_s: where it ends, in seconds.
        low_hz: lower end of its frequencies, in Hz.
        high_hz: upper end of its frequencies, in Hz.
        channel: channel that has it, counted from 0; None where all have.
        words: what it is, in a few words.
    """

    kind: str
    severity: float
    start_s: float
    end_s: float
    low_hz: float
    high_hz: float
    channel: int | None
    words: str
