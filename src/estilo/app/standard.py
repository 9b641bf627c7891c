"""Standard input as a recording, and standard output as the place of a result."""

import sys
from collections.abc import Sequence
from pathlib import Path
from shutil import copyfileobj
from typing import IO, BinaryIO

from estilo.errors import InputError, OutputError
from estilo.io import RecordingFile
from estilo.io.probe import refuse_strangers
from estilo.io.scratch import spooled
from estilo.pipeline.clips import Clip

STANDARD = Path("-")
"""What standard input and standard output are called where the path of a file is wanted."""

_INPUT = "standard input"


def is_standard_input(clip: Clip) -> bool:
    """Whether a recording is to be read from standard input.

    Args:
        clip: recording, before it is opened.

    Example:
        >>> is_standard_input(Clip(Path("-"))), is_standard_input(Clip(Path("/home/-")))
        (True, False)
    """
    return isinstance(clip.source, str | Path) and Path(clip.source) == STANDARD


def name_of(clip: Clip) -> str:
    """What a recording is called, without its folder.

    Args:
        clip: recording, before it is opened.

    Example:
        >>> name_of(Clip("a/b.wav")), name_of(Clip("-"))
        ('b.wav', 'standard input')
    """
    return _INPUT if is_standard_input(clip) else Path(str(clip.source)).name


def check_read_once(clips: Sequence[Clip]) -> None:
    """Refuse standard input that is to be several recordings.

    Args:
        clips: recordings, before they are opened.

    Raises:
        InputError: more than one of them is.
    """
    n_times = sum(map(is_standard_input, clips))
    if n_times > 1:
        raise InputError(
            f"{_INPUT} can be one recording, and - was given {n_times} times; save it to a file, "
            "and give its path"
        )


def open_standard_input(clip: Clip) -> RecordingFile:
    """The recording in standard input, which is read to its end; to be closed by the caller.

    Args:
        clip: recording that is standard input.

    Raises:
        AudioFileError: it is no audio, empty or cut off.
        InputError: there is nothing to be read from, or more than there is room for.
    """
    name = Path(_INPUT)
    if sys.stdin is None or sys.stdin.closed:
        raise InputError(f"{_INPUT} is closed; pipe a recording into it, or give a path")
    if sys.stdin.isatty():
        raise InputError(
            f"{_INPUT} is a terminal, which gives no recording; pipe one into it "
            "(cat melody.wav | estilo …), or give a path"
        )
    piped = spooled(sys.stdin.buffer, name=_INPUT, look=lambda file: refuse_strangers(name, file))
    return RecordingFile(name, accept_truncated=clip.accept_truncated, piped=piped)


def standard_output() -> BinaryIO:
    """Standard output as bytes.

    Raises:
        OutputError: it is closed or a terminal.
    """
    if sys.stdout is None or sys.stdout.closed:
        raise OutputError("standard output is closed; name a file with -o")
    if sys.stdout.isatty():
        raise OutputError(
            "standard output is a terminal, into which no audio is written; pipe it into a "
            "program (-o - | play -), or name a file with -o"
        )
    sys.stdout.flush()
    return sys.stdout.buffer


def send(file: IO[bytes], stream: BinaryIO) -> None:
    """Send a file into standard output.

    Args:
        file: the file, at its beginning.
        stream: standard output.

    Raises:
        BrokenPipeError: whoever reads it has seen enough.
        OutputError: the system refuses.
    """
    try:
        copyfileobj(file, stream)
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(
            f"standard output cannot be written: {error.strerror or error}; name a file with -o"
        ) from error
