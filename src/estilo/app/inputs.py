"""The inputs of a job: opened once, and checked by their headers before anything is decoded."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from estilo.app.standard import check_read_once, is_standard_input, open_standard_input
from estilo.audio import Audio
from estilo.engines.style_files import style_format_of
from estilo.errors import AudioFileError, InputError
from estilo.io import AudioInfo, RecordingFile
from estilo.io.recording import check_span
from estilo.pipeline.clips import Clip
from estilo.pipeline.sources import check_whole, open_recording


def open_clip(clip: Clip, stack: ExitStack) -> Clip:
    """A clip whose file is open, after a look at whether the part that was asked for is there.

    Args:
        clip: recording to open; the path - is standard input.
        stack: closes the file.

    Raises:
        AudioFileError: the file cannot be used, or ends before the part begins.
        InputError: it is a style file.
        SettingsError: offset or duration is not a time.
    """
    check_span(clip.offset_s, clip.duration_s)
    if is_standard_input(clip):
        file = stack.enter_context(open_standard_input(clip))
    else:
        file = stack.enter_context(open_recording(clip))
    if part_length(clip, file.info) <= 0:
        raise AudioFileError(
            f"{file.path} is {file.info.duration_s:.3f} s long, and the offset of "
            f"{clip.offset_s} s lies beyond its end; give a smaller offset"
        )
    return replace(clip, source=file)


def open_style(clip: Clip, stack: ExitStack) -> Clip:
    """A style whose recording is open; a style file is read as a whole, so that it is checked only.

    Args:
        clip: recording or style file to open.
        stack: closes the file.

    Raises:
        AudioFileError: as in `open_clip`.
        SettingsError: as in `open_clip`, or a part of a style file is asked for.
        TensorFileError: it is a style file that is not sound.
    """
    try:
        return open_clip(clip, stack)
    except InputError:
        path = Path(str(clip.source))
        if is_standard_input(clip):
            raise
        style_format = style_format_of(path)
        if style_format is None:
            raise
    check_whole(clip)
    style_format.check(path)
    return clip


def part_length(clip: Clip, info: AudioInfo) -> int:
    """Number of samples in the part that was asked for, as far as the header tells.

    Args:
        clip: the part.
        info: description of its file.
    """
    n_left = info.n_samples - round(clip.offset_s * info.sample_rate)
    if clip.duration_s is None:
        return n_left
    return min(n_left, max(round(clip.duration_s * info.sample_rate), 1))


def header_of(clip: Clip) -> AudioInfo:
    """Header of an open clip."""
    assert isinstance(clip.source, RecordingFile)  # noqa: S101 - from `open_clip`
    return clip.source.info


@contextmanager
def opened(clips: Sequence[Clip]) -> Iterator[list[Clip]]:
    """Clips of recordings, open for the time of the context; see `open_clip`.

    Args:
        clips: recordings to open; standard input can be one of them.
    """
    check_read_once(clips)
    with ExitStack() as stack:
        yield [open_clip(clip, stack) for clip in clips]


def decode(clip: Clip) -> Audio:
    """The samples of an open clip."""
    assert isinstance(clip.source, RecordingFile)  # noqa: S101 - from `open_clip`
    return clip.source.read(offset_s=clip.offset_s, duration_s=clip.duration_s)


def tell_errors(errors: Sequence[InputError], *, n_files: int, deed: str) -> None:
    """Raise what went wrong with some of several files, after the others were done.

    Args:
        errors: one for each file that failed.
        n_files: number of all files.
        deed: what was to be done with them ("described").

    Raises:
        InputError: there are errors; of a single file, its own.
    """
    if n_files == 1 and errors:
        raise errors[0]
    if errors:
        which = "; ".join(str(each) for each in errors)
        raise InputError(f"{len(errors)} of {n_files} files cannot be {deed}: {which}")
