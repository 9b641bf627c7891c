"""Recordings through the encoders of libsndfile, and back to their end."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile as sf

from estilo.errors import OutputError
from estilo.interrupts import interrupts_wait
from estilo.io.beside import Beside
from estilo.io.bitrates import encoder_settings
from estilo.io.plan import OutputFormat
from estilo.io.tags import id3_tag, write_tags
from estilo.io.tail import Tail

_BLOCK_LENGTH = 2**16


def write_by_libsndfile(
    stream: BinaryIO,
    path: Path,
    blocks: Iterable[np.ndarray],
    *,
    encoding: OutputFormat,
    tags: Mapping[str, str],
    extra: Beside,
) -> None:
    """Encode a recording into an empty file.

    Args:
        stream: file that is open for reading and writing in binary mode.
        path: what it is called.
        blocks: samples of shape ``(time, channels)``, as whole numbers where the encoding has a bit
            depth.
        encoding: encoding, as it was planned.
        tags: tags that the format holds.
        extra: what stands in the file beside its samples.

    Raises:
        OutputError: the encoder refuses.
    """
    is_mp3 = encoding.container == "mp3"
    head = id3_tag(tags, extra.blocks) if is_mp3 else bytes(extra.n_bytes)
    stream.write(head)
    target = Tail(stream, len(head))
    try:
        with (
            interrupts_wait() as signals,
            sf.SoundFile(
                target,  # type: ignore[arg-type]
                "w",
                samplerate=encoding.sample_rate,
                channels=encoding.n_channels,
                format=extra.major,
                subtype=encoding.subtype,
                closefd=False,
                **encoder_settings(
                    encoding.container,
                    encoding.bitrate_kbps,
                    sample_rate=encoding.sample_rate,
                    n_channels=encoding.n_channels,
                ),
            ) as file,
        ):
            if not is_mp3:
                write_tags(file, tags)
            for block in blocks:
                file.write(block if extra.order is None else block[:, extra.order])
                target.raise_error()
                signals.let_through()
    except (sf.SoundFileError, RuntimeError, AssertionError) as error:
        target.raise_error()
        raise OutputError(f"{path} could not be encoded: {error}") from error
    target.raise_error()
    extra.put_in_place(stream)


def decoded_by_libsndfile(stream: BinaryIO, path: Path) -> tuple[int, int]:
    """Decode a file to its end: a header may promise what a short write did not leave behind it.

    Args:
        stream: file that is open for reading in binary mode.
        path: what it is called.

    Returns:
        Samples per channel that its header promises, and those that come back.

    Raises:
        OutputError: it cannot be decoded.
    """
    stream.seek(0)
    n_samples = 0
    source = Tail(stream, 0)
    try:
        with (
            interrupts_wait() as signals,
            sf.SoundFile(source, closefd=False) as file,  # type: ignore[arg-type]
        ):
            n_promised = file.frames
            block = np.empty((_BLOCK_LENGTH, file.channels), dtype=np.float32)
            while n_read := len(file.read(out=block)):
                n_samples += n_read
                signals.let_through()
    except (sf.SoundFileError, RuntimeError) as error:
        source.raise_error()
        raise OutputError(f"{path} could not be written whole: {error}; try again") from error
    source.raise_error()
    return n_promised, n_samples
