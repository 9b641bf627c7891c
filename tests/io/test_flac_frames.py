"""Marks of frames in what is no frame."""

import io

import numpy as np
import soundfile as sf

from estilo.io.bytes_of import FileBytes
from estilo.io.headers.flac import StreamInfo, last_sample

INFO = StreamInfo(44_100, 2, 0, 4096, 4096)


def test_marks_that_begin_no_frame(rng):
    for codes in range(256):
        other = rng.integers(0, 256, 29, np.uint8).tobytes()
        data = bytes((0xFF, 0xF8, codes, 0x18, codes % 0x80)) + other
        assert last_sample(FileBytes(io.BytesIO(data)), range(len(data)), INFO) is None


def test_whole_files_end_with_their_last_sample(rng):
    """Noise is stored as it is, with many marks in it that are chance."""
    samples = rng.integers(-8, 0, (20_000, 2)).astype(np.int16) * 8191
    stream = io.BytesIO()
    sf.write(stream, samples, 44_100, format="FLAC")
    size = stream.seek(0, io.SEEK_END)
    assert last_sample(FileBytes(stream), range(size), INFO) == 20_000
