"""Recordings into files: rounded well, clipped only here, whole or not at all."""

from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import BinaryIO

import numpy as np

from estilo.audio import Audio
from estilo.errors import OutputError
from estilo.io.aac import decoded_aac, write_aac
from estilo.io.atomic import replacing
from estilo.io.beside import Beside, beside
from estilo.io.formats import CONTAINERS
from estilo.io.libsndfile import decoded_by_libsndfile, write_by_libsndfile
from estilo.io.plan import OutputFormat, plan_output
from estilo.io.probe import AudioInfo
from estilo.io.tags import fitting_tags
from estilo.surroundings import own_surroundings

_BLOCK_LENGTH = 2**16
_DITHER_SEED = 0xD17E


@dataclass(frozen=True)
class SavedInfo:
    """What was written.

    Args:
        path: the file.
        encoding: how it is stored.
        n_clipped: values beyond full scale that were clipped.
        is_dithered: whether the values were dithered to 16 bits.
    """

    path: Path
    encoding: OutputFormat
    n_clipped: int
    is_dithered: bool


def save(
    audio: Audio,
    path: str | PathLike[str],
    *,
    bit_depth: str | int | None = None,
    bitrate_kbps: float | None = None,
    force: bool = False,
    tags: Mapping[str, str] | None = None,
    like: AudioInfo | None = None,
) -> SavedInfo:
    """Write a recording in the format that the extension names.

    Args:
        audio: what to write.
        path: wav, flac, ogg, mp3, opus, aiff, caf, or m4a with the extra ``formats``.
        bit_depth: "16", "24", "32" or "float". When None, that of ``like``, or 16.
        bitrate_kbps: bitrate of mp3, m4a, opus or ogg, in kbit/s; a high one that varies when None.
        force: replace a file that is already there.
        tags: title, artist, album, date, comment, genre, tracknumber, copyright, license; those of
            ``like`` when None.
        like: recording, from `estilo.probe`, whose tags are taken over, the places of its channels,
            and its markers and other metadata where length, rate and kind of file are the same.

    Returns:
        What was written, with the number of clipped values.

    Raises:
        OutputError: the format cannot hold it, or the path cannot be written.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "tone.flac"
        >>> save(Audio(np.full(100, 0.5), 8000), path).n_clipped
        0
    """
    encoding = plan_output(
        path,
        sample_rate=audio.sample_rate,
        n_channels=audio.n_channels,
        n_samples=audio.n_samples,
        bit_depth=bit_depth,
        bitrate_kbps=bitrate_kbps,
        like=like,
        force=force,
    )
    if tags is None and like is not None:
        tags = like.tags
    return write_audio(audio, path, encoding=encoding, tags=tags, like=like, force=force)


@own_surroundings()
def write_audio(
    audio: Audio,
    path: str | PathLike[str],
    *,
    encoding: OutputFormat,
    tags: Mapping[str, str] | None = None,
    like: AudioInfo | None = None,
    force: bool = False,
    part: Path | None = None,
) -> SavedInfo:
    """Write a recording as planned by `plan_output`, as `encode` does.

    Args:
        audio: what to write; may be a mapped array, it is read in blocks.
        path: where the file is wanted.
        encoding: what `plan_output` returned.
        tags: tags; those that the format holds are kept.
        like: recording whose channels' places and metadata are taken over, as in `save`.
        force: replace a file that is already there.
        part: hidden file that is written in the place of ``path``, see `estilo.io.atomic.together`.

    Raises:
        OutputError: as in `encode`, or the path cannot be written.
    """
    path = Path(path)
    with (
        replacing(path, force=force) if part is None else nullcontext(part) as temporary,
        temporary.open("r+b") as stream,
    ):
        return encode(audio, stream, path, encoding=encoding, tags=tags, like=like)


@own_surroundings()
def encode(
    audio: Audio,
    stream: BinaryIO,
    path: Path,
    *,
    encoding: OutputFormat,
    tags: Mapping[str, str] | None = None,
    like: AudioInfo | None = None,
) -> SavedInfo:
    """Write a recording into an empty file; the decoded length is exact in every format.

    16-bit output is dithered (TPDF of ±1 step), so that fading tails turn into noise rather than
    into distortion. The dither comes from a fixed seed: the same samples give the same file. It is
    left out where it would only do harm: when all samples lie on the 16-bit grid already, which
    makes an unchanged recording come back bit for bit, and in frames of digital silence.

    Args:
        audio: what to write; may be a mapped array, it is read in blocks.
        stream: empty file that is open for reading and writing in binary mode.
        path: what it is called.
        encoding: what `plan_output` returned.
        tags: tags; those that the format holds are kept.
        like: recording whose channels' places and metadata are taken over, as in `save`.

    Raises:
        OutputError: the samples are not finite or not as planned, or cannot be written whole.
    """
    got = (audio.sample_rate, audio.n_channels, audio.n_samples)
    if got != (encoding.sample_rate, encoding.n_channels, encoding.n_samples):
        raise OutputError(
            f"{path} was planned as {encoding}, got (rate, channels, samples) = {got}; plan again"
        )
    needs_dither, n_clipped = _survey(audio.samples, encoding.bit_depth)
    extra = beside(
        encoding.container,
        n_channels=audio.n_channels,
        n_samples=audio.n_samples,
        sample_rate=audio.sample_rate,
        like=like,
    )
    fitting = fitting_tags(tags or {}, CONTAINERS[encoding.container])
    _write(stream, path, audio.samples, encoding, fitting, extra, needs_dither)
    decoded = decoded_aac if encoding.is_aac else decoded_by_libsndfile
    n_promised, n_there = decoded(stream, path)
    if not n_there == n_promised == encoding.n_samples:
        raise OutputError(
            f"{path} could not be written whole: {encoding.n_samples} samples went in and "
            f"{min(n_there, n_promised)} came back; write wav or flac"
        )
    return SavedInfo(path, encoding, n_clipped, needs_dither)


def _blocks(samples: np.ndarray) -> Iterator[np.ndarray]:
    """**Shape** (time, channels), contiguous."""
    for start in range(0, samples.shape[1], _BLOCK_LENGTH):
        yield np.ascontiguousarray(samples[:, start : start + _BLOCK_LENGTH].T)


def _survey(samples: np.ndarray, bit_depth: str | None) -> tuple[bool, int]:
    """(whether dither is needed, number of values that will clip), before a byte is written."""
    is_on_grid, n_clipped, n_before = True, 0, 0
    for block in _blocks(samples):
        is_finite = np.isfinite(block)
        if not is_finite.all():
            sample, channel = (int(index) for index in np.argwhere(~is_finite)[0])
            raise OutputError(
                f"the result is {block[sample, channel]} at sample {n_before + sample} of channel "
                f"{channel + 1}, so it was not written; samples must be finite"
            )
        n_before += len(block)
        if bit_depth != "float":
            n_clipped += int(np.count_nonzero(np.abs(block) > 1.0))
        if bit_depth == "16" and is_on_grid:
            scaled = block * np.float32(2**15)
            is_on_grid = bool(np.array_equal(scaled, np.rint(scaled)))
    return bit_depth == "16" and not is_on_grid, n_clipped


def _write(
    stream: BinaryIO,
    path: Path,
    samples: np.ndarray,
    encoding: OutputFormat,
    tags: dict[str, str],
    extra: Beside,
    needs_dither: bool,
) -> None:
    generator = np.random.default_rng(_DITHER_SEED) if needs_dither else None
    blocks = (_quantise(block, encoding.bit_depth, generator) for block in _blocks(samples))
    if encoding.is_aac:
        write_aac(stream, path, blocks, encoding=encoding, tags=tags)
    else:
        write_by_libsndfile(stream, path, blocks, encoding=encoding, tags=tags, extra=extra)


def _quantise(
    block: np.ndarray, bit_depth: str | None, generator: np.random.Generator | None
) -> np.ndarray:
    """Rounded and clipped by us: libsndfile scales by 32767 and clips silently."""
    if bit_depth == "float":
        return block
    if bit_depth is None:
        return np.clip(block, -1.0, 1.0)
    scale = 2.0 ** (int(bit_depth) - 1)
    scaled = block * np.float64(scale)
    if generator is not None:
        # Drawn sample by sample in time, so the block length does not change the result.
        noise = generator.random((*block.shape, 2), dtype=np.float32)
        is_silent = ~block.any(axis=1, keepdims=True)
        scaled += np.where(is_silent, 0.0, noise[..., 0] - noise[..., 1])
    codes = np.clip(np.rint(scaled), -scale, scale - 1)
    if bit_depth == "16":
        return codes.astype(np.int16)
    return codes.astype(np.int32) << (32 - int(bit_depth))
