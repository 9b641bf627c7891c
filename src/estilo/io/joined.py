"""The recordings of one file as one: most often a single one, or several of one shape, joined."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from estilo.errors import AudioFileError
from estilo.io.decode import UNKNOWN_LENGTH, Decoder, open_part
from estilo.io.formats import NEEDS_PYAV
from estilo.io.headers import Part
from estilo.io.layouts import mask_of
from estilo.io.probe import AudioInfo, check_ranges, cut_off, warn_of

_BIT_DEPTHS = {"pcm_24": "24", "pcm_32": "32", "float": "float", "double": "float"}
# Of these the header promises a number of samples that the decoder must know as well; an mp3 may
# lose the padding of its encoder, which is written in its header with twelve bits each.
_MAY_LACK = {"flac": 0, "ogg": 0, "mp3": 2 * 4096 + 1152}
PADDING = {"mp3": 2304, "m4a": 4096, "aac": 4096, "webm": 4096}
"""Padding, in samples, that a decoder may drop without a file being called cut off."""


class JoinedRecordings:
    """The recordings of an open file, one after another, their channels in WAVE's order.

    Args:
        stream: file that is open for reading in binary mode.
        path: path of the file.
        kind: what it is, from `headers.sniff`.
        parts: the recordings, from `headers.read_parts`.
        accept_truncated: take what is there of a file that was cut off.

    Attributes:
        info: what the file is.
        is_estimate: whether the decoder may give more samples than it says.

    Raises:
        AudioFileError: it cannot be decoded, is cut off or empty, or its recordings have several
            sample rates or numbers of channels.
    """

    def __init__(
        self,
        stream: BinaryIO,
        path: Path,
        kind: str,
        parts: list[Part],
        *,
        accept_truncated: bool,
    ) -> None:
        self._stream, self._path, self._kind, self._parts = stream, path, kind, parts
        self._accept_truncated = accept_truncated
        self._lengths: list[int] = []
        self._orders: list[list[int] | None] = []
        infos = []
        for part in parts:
            with open_part(stream, path, kind, part) as source:
                infos.append(self._describe(source, part))
            self._lengths.append(infos[-1].n_samples)
            self._check_shape(infos)
        n_samples = sum(self._lengths)
        if n_samples <= 0:
            raise AudioFileError(f"{path} is 0 samples long; give a file with audio")
        self.is_estimate = any(map(self._is_estimate, parts))
        metadata = parts[0].metadata if len(parts) == 1 else None
        self.info = replace(infos[0], n_samples=n_samples, metadata=metadata)

    def blocks(self, start: int, stop: int) -> Iterator[np.ndarray]:
        """Decode a stretch in blocks; see `decode.Decoder`.

        Args:
            start: first sample to decode, from 0.
            stop: sample before which to stop; beyond the end for what the last one may have more.
        """
        begin = 0
        for number, (part, length) in enumerate(zip(self._parts, self._lengths, strict=True)):
            is_last = number == len(self._parts) - 1
            first, last = max(start - begin, 0), stop - begin if is_last else length
            last = min(last, stop - begin)
            begin += length
            if last <= first or (first >= length and not is_last):
                continue
            n_decoded = 0
            with open_part(self._stream, self._path, self._kind, part) as source:
                for block in source.blocks(first, last):
                    n_decoded += len(block)
                    order = self._orders[number]
                    yield block if order is None else block[:, order]
            padding = PADDING.get(self._kind, 0)
            if n_decoded < last - first - padding and not is_last and not self._accept_truncated:
                rate = self.info.sample_rate
                raise cut_off(self._path, last, first + n_decoded, rate, "can be decoded up to")

    def _describe(self, source: Decoder, part: Part) -> AudioInfo:
        check_ranges(self._path, source.sample_rate, source.n_channels)
        if source.n_streams > 1:
            text = f"holds {source.n_streams} streams of sound side by side; the first is read"
            warn_of(self._path, text)
        self._orders.append(_order(source.speakers))
        mask = None if source.speakers is None else mask_of(source.speakers)
        return AudioInfo(
            path=self._path,
            format=self._kind,
            encoding=source.encoding,
            sample_rate=source.sample_rate,
            n_channels=source.n_channels,
            n_samples=self._length(source, part),
            bit_depth=_BIT_DEPTHS.get(source.encoding, source.bit_depth),
            tags=source.tags,
            channel_mask=mask,
        )

    def _length(self, source: Decoder, part: Part) -> int:
        n_samples = source.n_samples
        if n_samples >= UNKNOWN_LENGTH:
            n_samples = part.n_promised or sum(
                len(block) for block in source.blocks(0, UNKNOWN_LENGTH)
            )
        if part.n_possible is not None and n_samples > part.n_possible:
            # The frames of an mp3 were counted; without a Xing frame libsndfile guesses.
            if not self._accept_truncated and not source.encoding.startswith("mpeg"):
                raise self._cut_off(n_samples, part.n_possible, source, "has room for")
            return part.n_possible
        if len(self._parts) > 1 and self._is_estimate(part):  # of these the header only estimates
            n_promised = n_samples
            n_samples = sum(len(block) for block in source.blocks(0, UNKNOWN_LENGTH))
            if n_samples < n_promised - PADDING[self._kind] and not self._accept_truncated:
                raise self._cut_off(n_promised, n_samples, source, "can be decoded up to")
        slack = _MAY_LACK.get(self._kind)
        if (
            slack is not None
            and part.n_promised is not None
            and n_samples < part.n_promised - slack
            and not self._accept_truncated
        ):
            raise self._cut_off(part.n_promised, n_samples, source, "can be decoded up to")
        return n_samples

    def _is_estimate(self, part: Part) -> bool:
        return self._kind in NEEDS_PYAV and part.span_s is None

    def _cut_off(self, n_promised: int, n_there: int, source: Decoder, verb: str) -> AudioFileError:
        return cut_off(self._path, n_promised, n_there, source.sample_rate, verb)

    def _check_shape(self, infos: list[AudioInfo]) -> None:
        first, last = infos[0], infos[-1]
        if (first.sample_rate, first.n_channels) == (last.sample_rate, last.n_channels):
            return
        begin_s = sum(info.duration_s for info in infos[:-1])

        def shape(info: AudioInfo) -> str:
            plural = "s" if info.n_channels > 1 else ""
            return f"{info.sample_rate} Hz and {info.n_channels} channel{plural}"

        raise AudioFileError(
            f"{self._path} is made of several recordings, of {shape(first)} at first and of "
            f"{shape(last)} from {begin_s:.3f} s on; cut it apart and give one of them, or join "
            "them at one rate"
        )


def _order(speakers: tuple[int, ...] | None) -> list[int] | None:
    """Which channel of the file comes at each place; None where they stand in WAVE's order."""
    if not speakers or list(speakers) == sorted(speakers):
        return None
    return sorted(range(len(speakers)), key=lambda channel: speakers[channel])
