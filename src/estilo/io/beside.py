"""What stands in a file beside samples and tags, which libsndfile does not write by itself.

That is where the channels belong, and blocks of metadata that are taken over from another file.
Room for them is left in front of what libsndfile writes; in the end its header moves to the front,
and they stand behind it.
"""

import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from estilo.io.formats import CONTAINERS
from estilo.io.headers.flac import MASK_KEY
from estilo.io.layouts import apple_layout, mask_of, vorbis_order, wave_default
from estilo.io.metadata import Metadata
from estilo.io.probe import AudioInfo

_FAMILIES = {
    "wav": "wav", "rf64": "wav", "aiff": "aiff", "caf": "caf", "flac": "flac", "mp3": "mp3",
}  # fmt: skip
_COMMENTS, _PADDING = 4, 1  # types of blocks in flac
# Where libsndfile writes the mask of a wav that has one, and where its own header may be divided.
_MASK_PLACE = {"wav": 40, "rf64": 76}
_DIVISION = {"aiff": 12, "caf": 52}


@dataclass(frozen=True)
class Beside:
    """What one file has beside its samples.

    Args:
        container: key of `estilo.io.formats.CONTAINERS`.
        n_channels: number of channels.
        mask: where the channels belong, as WAVE's channel mask; None where it is not known.
        blocks: names and contents of the blocks that are taken over.
    """

    container: str
    n_channels: int
    mask: int | None = None
    blocks: tuple[tuple[bytes, bytes], ...] = ()

    @property
    def major(self) -> str:
        """Name of the container in libsndfile."""
        is_extensible = self.container == "wav" and self.mask is not None
        return "WAVEX" if is_extensible else CONTAINERS[self.container].major

    @property
    def order(self) -> Sequence[int] | None:
        """Number of the channel that stands at each place; None where none changes its place."""
        if self.container not in ("ogg", "opus") or self.n_channels <= 2:
            return None
        return vorbis_order(self.n_channels, self.mask)

    @property
    def n_bytes(self) -> int:
        """Bytes of room that is left in front."""
        # libsndfile cannot pass over odd chunks of rf64; of mp3 they stand in its tag.
        if self.container in ("rf64", "mp3"):
            return 0
        if self.container != "flac":
            return len(self._chunks())
        if not self.blocks and not self._comment():
            return 0
        # The last four are of the padding that takes up what is left.
        return sum(4 + len(content) for _, content in self.blocks) + len(self._comment()) + 4

    def put_in_place(self, stream: BinaryIO) -> None:
        """Complete a file that libsndfile has written behind the room.

        Args:
            stream: file that is open for reading and writing.
        """
        n_room = self.n_bytes
        if self.container == "flac":
            if n_room:
                self._complete_flac(stream, n_room)
            return
        if self.container in _MASK_PLACE and self.mask is not None:
            stream.seek(n_room + _MASK_PLACE[self.container])
            stream.write(struct.pack("<I", self.mask))
        if n_room:
            self._complete_chunks(stream, n_room)
        if self.container == "rf64" and self.blocks:
            self._append_chunks(stream)

    def _chunks(self) -> bytes:
        layout = {"aiff": ">4sI", "caf": ">4sq"}.get(self.container, "<4sI")
        chunks = list(self.blocks)
        is_usual = self.n_channels <= 2 and self.mask == mask_of(wave_default(self.n_channels))
        if self.container in ("aiff", "caf") and self.mask is not None and not is_usual:
            name = b"CHAN" if self.container == "aiff" else b"chan"
            chunks.insert(0, (name, apple_layout(self.mask, self.n_channels)))
        is_padded = self.container != "caf"
        return b"".join(
            struct.pack(layout, name, len(content))
            + content
            + b"\0" * (is_padded and len(content) & 1)
            for name, content in chunks
        )

    def _complete_chunks(self, stream: BinaryIO, n_room: int) -> None:
        stream.seek(n_room)
        head = bytearray(stream.read(128))
        if self.container == "wav":
            head[4:8] = (int.from_bytes(head[4:8], "little") + n_room).to_bytes(4, "little")
            division = 20 + int.from_bytes(head[16:20], "little")  # behind its format
        else:
            division = _DIVISION[self.container]
        if self.container == "aiff":
            head[4:8] = (int.from_bytes(head[4:8], "big") + n_room).to_bytes(4, "big")
        stream.seek(0)
        stream.write(head[:division] + self._chunks())

    def _append_chunks(self, stream: BinaryIO) -> None:
        end = stream.seek(0, os.SEEK_END)
        stream.write(b"\0" * (end & 1) + self._chunks())
        size = stream.tell() - 8
        stream.seek(20)
        stream.write(struct.pack("<Q", size))

    def _comment(self) -> bytes:
        """The comment of flac that tells a layout which is not the usual one."""
        if self.container != "flac" or self.mask is None:
            return b""
        if self.mask == mask_of(wave_default(self.n_channels)):
            return b""
        text = MASK_KEY + f"0x{self.mask:04X}".encode()
        return struct.pack("<I", len(text)) + text

    def _complete_flac(self, stream: BinaryIO, n_room: int) -> None:
        stream.seek(n_room + 4)
        theirs, position, is_last = [], 4, False
        while not is_last:
            (head,) = struct.unpack(">I", stream.read(4))
            is_last, kind, size = bool(head >> 31), head >> 24 & 0x7F, head & 0xFFFFFF
            theirs.append((bytes([kind]), stream.read(size)))
            position += 4 + size
        kept = [(kind, content) for kind, content in theirs if kind[0] != _PADDING]
        blocks = [(kind, self._with_comment(kind, content)) for kind, content in kept]
        blocks += self.blocks
        n_left = n_room + position - 4 - sum(4 + len(content) for _, content in blocks) - 4
        blocks.append((bytes([_PADDING]), bytes(n_left)))
        stream.seek(0)
        stream.write(b"fLaC")
        for number, (kind, content) in enumerate(blocks, start=1):
            mark = 0x80 if number == len(blocks) else 0
            stream.write(bytes([kind[0] | mark]) + len(content).to_bytes(3, "big") + content)

    def _with_comment(self, kind: bytes, content: bytes) -> bytes:
        if kind[0] != _COMMENTS or not self._comment():
            return content
        place = 4 + int.from_bytes(content[:4], "little")  # behind the name of the encoder
        count = int.from_bytes(content[place : place + 4], "little") + 1
        return content[:place] + struct.pack("<I", count) + content[place + 4 :] + self._comment()


def beside(
    container: str, *, n_channels: int, n_samples: int, sample_rate: int, like: AudioInfo | None
) -> Beside:
    """What a file takes over from the header of another.

    Args:
        container: key of `estilo.io.formats.CONTAINERS`.
        n_channels: number of channels.
        n_samples: samples per channel.
        sample_rate: sample rate in Hz.
        like: the header; None takes over nothing.
    """
    if like is None:
        return Beside(container, n_channels)
    mask = like.channel_mask if like.n_channels == n_channels else None
    metadata = like.metadata
    if metadata is None or why_not_kept(
        metadata, container, is_whole=(n_samples, sample_rate) == (like.n_samples, like.sample_rate)
    ):
        return Beside(container, n_channels, mask)
    return Beside(container, n_channels, mask, metadata.blocks)


def why_not_kept(metadata: Metadata, container: str, *, is_whole: bool) -> str | None:
    """Why blocks of metadata are not taken over, or None if they are.

    Args:
        metadata: blocks of a file.
        container: key of `estilo.io.formats.CONTAINERS` of the new file.
        is_whole: whether the new file has the length and the rate of the old one.
    """
    if _FAMILIES.get(container) != metadata.family:
        return f"{CONTAINERS[container].name} has no place for it"
    if not is_whole:
        return "it holds for the whole recording only"
    return None
