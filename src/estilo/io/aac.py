"""AAC in MP4, by the encoder of FFmpeg, which PyAV brings (the extra ``formats``).

An encoder's delay and the padding of its last frame stand in the file's edit list, whose times are
counted in samples here; by default they are thousandths of a second, and the length would be lost.

Reference: ISO/IEC 14496-12 (2022), 8.6.6.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from estilo.errors import AudioFileError, OutputError
from estilo.interrupts import interrupts_wait
from estilo.io.bitrates import aac_kbps
from estilo.io.joined import JoinedRecordings
from estilo.io.plan import OutputFormat
from estilo.io.probe import examine
from estilo.io.tail import Tail

_LAYOUTS = {1: "mono", 2: "stereo"}
_NAMES = {"tracknumber": "track"}


def write_aac(
    stream: BinaryIO,
    path: Path,
    blocks: Iterable[np.ndarray],
    *,
    encoding: OutputFormat,
    tags: Mapping[str, str],
) -> None:
    """Encode a recording into an empty file.

    Args:
        stream: file that is open for reading and writing in binary mode.
        path: what it is called.
        blocks: samples of shape ``(time, channels)``, within ±1.
        encoding: encoding, as it was planned.
        tags: tags that the format holds.

    Raises:
        OutputError: the encoder refuses.
    """
    import av
    from av.error import FFmpegError

    rate, layout = encoding.sample_rate, _LAYOUTS[encoding.n_channels]
    kbps = aac_kbps(encoding.bitrate_kbps, sample_rate=rate, n_channels=encoding.n_channels)
    target: Any = Tail(stream, 0)
    options = {"movie_timescale": str(rate)}
    try:
        with (
            interrupts_wait() as signals,
            av.open(target, "w", format="ipod", options=options) as container,
        ):
            for key, text in tags.items():
                container.metadata[_NAMES.get(key, key)] = text
            sound: Any = container.add_stream("aac", rate=rate, layout=layout)
            sound.bit_rate = round(1000 * kbps)
            n_samples = 0
            for block in blocks:
                samples = np.ascontiguousarray(block.T, dtype=np.float32)
                frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout=layout)
                frame.sample_rate, frame.pts = rate, n_samples
                n_samples += samples.shape[1]
                container.mux(sound.encode(frame))
                target.raise_error()
                signals.let_through()
            container.mux(sound.encode(None))
    except FFmpegError as error:
        target.raise_error()
        reason = error.strerror or error
        raise OutputError(f"{path} could not be encoded: {reason}; write another format") from error
    target.raise_error()


def decoded_aac(stream: BinaryIO, path: Path) -> tuple[int, int]:
    """Decode a file to its end, as `estilo.io.libsndfile.decoded_by_libsndfile` does.

    Args:
        stream: file that is open for reading in binary mode.
        path: what it is called.

    Returns:
        Samples per channel that its header promises, and those that come back.

    Raises:
        OutputError: it cannot be decoded.
    """
    source: Any = Tail(stream, 0)
    try:
        with interrupts_wait() as signals:
            kind, parts = examine(path, source, accept_truncated=True, is_piped=True)
            file = JoinedRecordings(source, path, kind, parts, accept_truncated=True)
            n_promised, n_there = file.info.n_samples, 0
            for block in file.blocks(0, n_promised):
                n_there += len(block)
                signals.let_through()
    except AudioFileError as error:
        source.raise_error()
        raise OutputError(f"{path} could not be written whole: {error}; try again") from error
    source.raise_error()
    return n_promised, n_there
