"""What the headers of the inputs say, before anything is decoded or computed."""

from collections.abc import Sequence

from estilo.engines.neural.style_card import read_arrays
from estilo.errors import AudioFileError, InputError, SettingsError
from estilo.io import AudioInfo, probe
from estilo.pipeline.sources import Clip, check_whole, is_coded, refuse_style_file


def check_clip(clip: Clip) -> AudioInfo:
    """Header of a clip's file, after a look at whether the part that was asked for is there.

    Raises:
        AudioFileError: the file cannot be used, or ends before the part begins.
        InputError: it is a style file.
        SettingsError: offset or duration is not a time.
    """
    if not 0 <= clip.offset_s < float("inf"):
        raise SettingsError(f"the offset must be 0 s or more, got {clip.offset_s}; give seconds")
    if clip.duration_s is not None and not 0 < clip.duration_s < float("inf"):
        raise SettingsError(
            f"the duration must be more than 0 s, got {clip.duration_s}; give seconds"
        )
    refuse_style_file(clip)
    info = probe(str(clip.source), accept_truncated=clip.accept_truncated)
    if part_length(clip, info) <= 0:
        raise AudioFileError(
            f"{info.path} is {info.duration_s:.3f} s long, and the offset of {clip.offset_s} s "
            "lies beyond its end; give a smaller offset"
        )
    return info


def check_style(clip: Clip) -> AudioInfo | None:
    """As `check_clip`, of a recording; None of a style file, which is read as a whole.

    Raises:
        AudioFileError: as in `check_clip`.
        SettingsError: as in `check_clip`, or a part of a style file is asked for.
        TensorFileError: it is a style file that is not sound.
    """
    if not is_coded(clip):
        return check_clip(clip)
    check_whole(clip)
    read_arrays(str(clip.source))
    return None


def part_length(clip: Clip, info: AudioInfo) -> int:
    """Samples in the part that was asked for, as far as the header tells."""
    rest = info.n_samples - round(clip.offset_s * info.sample_rate)
    if clip.duration_s is None:
        return rest
    return min(rest, max(round(clip.duration_s * info.sample_rate), 1))


def tell_errors(errors: Sequence[InputError], *, n_files: int, deed: str) -> None:
    """Raise what went wrong with some of several files, after the others were done.

    Args:
        errors: one for each file that failed.
        n_files: how many there were.
        deed: what was to be done with them ("described").

    Raises:
        InputError: there are errors; of a single file, its own.
    """
    if n_files == 1 and errors:
        raise errors[0]
    if errors:
        which = "; ".join(str(each) for each in errors)
        raise InputError(f"{len(errors)} of {n_files} files cannot be {deed}: {which}")
