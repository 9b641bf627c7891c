"""What a header promises of one recording in a file, and where in the file that recording is."""

from dataclasses import dataclass, field
from fractions import Fraction

from estilo.io.bytes_of import FileBytes, Pieces
from estilo.io.metadata import MAX_METADATA_BYTES, Metadata, block_name

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
        span_s: what of the decoded sound is the recording, from and to in seconds, where padding
            goes before and behind it; None where the header does not tell, or counts samples.
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
    span_s: tuple[Fraction, Fraction] | None = None


@dataclass
class Kept:
    """Blocks of metadata as they are found in a file, as far as there is room for them.

    Args:
        blocks: name and content of each.
        remarks: those that there was no room for, in words.
    """

    blocks: list[tuple[bytes, bytes]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def take(self, data: FileBytes, name: bytes, content: range) -> bytes:
        """Read a block and keep it; empty where it is too large.

        Args:
            data: the file.
            name: name of the block.
            content: where its content is.
        """
        if sum(len(each) for _, each in self.blocks) + len(content) > MAX_METADATA_BYTES:
            self.remarks.append(f"its block {block_name(name)} is too large to be kept")
            return b""
        self.blocks.append((name, data.at(content.start, len(content))))
        return self.blocks[-1][1]

    def metadata(self, family: str) -> Metadata | None:
        """What was kept, or None where that is nothing.

        Args:
            family: kind of file, as in `estilo.io.metadata.Metadata`.
        """
        return Metadata(family, tuple(self.blocks)) if self.blocks else None
