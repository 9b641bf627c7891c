"""What a header promises of one recording in a file, and where in the file that recording is."""

from dataclasses import dataclass

from estilo.io.bytes_of import Pieces
from estilo.io.metadata import Metadata

MAX_JUNK_BYTES = 2**16
"""So many bytes that are neither sound nor a tag may be passed over in a file."""


class UnreadableError(Exception):
    """What is wrong with a file, to be said behind "PATH cannot be decoded: "."""


@dataclass(frozen=True)
class Part:
    """One recording in a file, which may hold several, joined.

    Args:
        pieces: what a decoder reads of the file.
        sample_rate: sample rate in Hz, or None where only the decoder knows it.
        n_channels: number of channels, or None where only the decoder knows it.
        n_promised: samples per channel that the header promises, or None when it does not say.
        n_possible: the most samples per channel that so many bytes can hold, or None.
        cut: why the recording is known to be cut off although it makes no countable promise.
        speakers: bit in WAVE's channel mask of each channel in the file's order; empty where the
            file says that they have no places, None where it says nothing.
        remarks: what is untidy about it and was mended, in words.
        metadata: blocks of the file that are kept where the output is like it.
    """

    pieces: Pieces
    sample_rate: int | None = None
    n_channels: int | None = None
    n_promised: int | None = None
    n_possible: int | None = None
    cut: str | None = None
    speakers: tuple[int, ...] | None = None
    remarks: tuple[str, ...] = ()
    metadata: Metadata | None = None
