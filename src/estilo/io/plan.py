"""What the output will be, and whether it can be: settled before any work is done."""

import errno
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from os import PathLike
from pathlib import Path

from estilo.errors import OutputError
from estilo.io.atomic import check_free, output_error
from estilo.io.bitrates import LOSSY, bounds_kbps, has_bitrates
from estilo.io.formats import CONTAINERS, EXTENSIONS, WRITABLE, Container
from estilo.io.layouts import layout_name, vorbis_order
from estilo.io.probe import AudioInfo

BIT_DEPTHS = ("16", "24", "32", "float")

_BYTES = {"16": 2, "24": 3, "32": 4, "float": 4}
# Of the lossy codecs at their highest settings here, per second and channel.
_LOSSY_BYTES_PER_S = 40_000
_SPARE_BYTES = 2**20


@dataclass(frozen=True)
class OutputFormat:
    """How a recording will be stored.

    Args:
        container: key of `estilo.io.formats.CONTAINERS`.
        bit_depth: "16", "24", "32" or "float"; None for a lossy codec.
        sample_rate: sample rate in Hz.
        n_channels: number of channels.
        n_samples: samples per channel.
        bitrate_kbps: bitrate of a lossy codec, in kbit/s; None for a high one that varies.
    """

    container: str
    bit_depth: str | None
    sample_rate: int
    n_channels: int
    n_samples: int
    bitrate_kbps: float | None = None

    @property
    def subtype(self) -> str:
        """Name of the encoding in libsndfile."""
        return CONTAINERS[self.container].subtypes[self.bit_depth]

    @property
    def is_aac(self) -> bool:
        """Whether PyAV encodes it, as libsndfile has no AAC."""
        return self.container == "m4a"

    @property
    def estimated_bytes(self) -> int:
        """Size of the file, at most, give or take its header."""
        if self.bit_depth is None:
            seconds = self.n_samples / self.sample_rate
            return int(seconds * _LOSSY_BYTES_PER_S) * self.n_channels
        return self.n_samples * self.n_channels * _BYTES[self.bit_depth]


def plan_output(
    path: str | PathLike[str],
    *,
    sample_rate: int,
    n_channels: int,
    n_samples: int,
    bit_depth: str | int | None = None,
    bitrate_kbps: float | None = None,
    like: AudioInfo | None = None,
    inputs: Iterable[str | PathLike[str]] = (),
    force: bool = False,
) -> OutputFormat:
    """Choose the encoding by the extension, and refuse what could not be written in the end.

    Args:
        path: where the result is wanted: wav, flac, ogg, mp3, opus, aiff, caf or m4a.
        sample_rate: sample rate of the result, in Hz.
        n_channels: number of channels of the result.
        n_samples: samples per channel of the result.
        bit_depth: "16", "24", "32" or "float". When None, that of ``like``, or the deepest below it
            that the format holds.
        bitrate_kbps: bitrate of a lossy format, in kbit/s; a high one that varies when None.
        like: recording whose bit depth and channels' places are taken over; without it the depth is
            16 bits.
        inputs: recordings that must not be overwritten, whatever ``force`` says.
        force: replace a file that is already there.

    Raises:
        OutputError: the format cannot hold the result, or the path cannot be written.

    Example:
        >>> plan_output("out.flac", sample_rate=44100, n_channels=2, n_samples=9).bit_depth
        '16'
        >>> plan_output("out.mp3", sample_rate=96000, n_channels=2, n_samples=9)
        Traceback (most recent call last):
        ...
        estilo.errors.OutputError: out.mp3: mp3 holds sample rates of 8000, ... 96000 Hz; ...
    """
    path = Path(path)
    plan = plan_encoding(
        path,
        sample_rate=sample_rate,
        n_channels=n_channels,
        n_samples=n_samples,
        bit_depth=bit_depth,
        bitrate_kbps=bitrate_kbps,
        like=like,
    )
    try:
        _check_place(path, [Path(each) for each in inputs], plan.estimated_bytes, force=force)
    except OSError as error:
        raise output_error(path, error) from error
    return plan


def plan_encoding(
    path: Path,
    *,
    sample_rate: int,
    n_channels: int,
    n_samples: int,
    bit_depth: str | int | None = None,
    bitrate_kbps: float | None = None,
    like: AudioInfo | None = None,
) -> OutputFormat:
    """Choose the encoding by the extension of a name, wherever it is written.

    Args:
        path: name of the result.
        sample_rate: sample rate of the result, in Hz.
        n_channels: number of channels of the result.
        n_samples: samples per channel of the result.
        bit_depth: bit depth, as for `plan_output`.
        bitrate_kbps: bitrate in kbit/s, as for `plan_output`.
        like: recording whose bit depth and channels' places are taken over.

    Raises:
        OutputError: the format cannot hold the result.
    """
    container = container_of(path)
    known = CONTAINERS[container]
    if not known.major and find_spec("av") is None:
        raise OutputError(
            f"{path}: {known.name} is written by PyAV, which is not installed; run pip install "
            "'estilo[formats]', or write mp3, opus or ogg"
        )
    if n_samples <= 0:
        raise OutputError(f"{path}: the result has 0 samples; there is nothing to write")
    _check_shape(path, known, sample_rate, n_channels)
    mask = like.channel_mask if like is not None and like.n_channels == n_channels else None
    _check_places(path, known, n_channels, mask)
    depth = _depth(path, known, bit_depth, like)
    if bitrate_kbps is not None:
        _check_bitrate(path, known, container, bitrate_kbps, sample_rate, n_channels)
    plan = OutputFormat(container, depth, sample_rate, n_channels, n_samples, bitrate_kbps)
    if known.max_bytes is not None and plan.estimated_bytes > known.max_bytes:
        if container != "wav":
            raise OutputError(
                f"{path}: the result takes {plan.estimated_bytes / 2**30:.1f} GiB and {known.name} "
                "holds at most 4 GiB; write wav or flac"
            )
        plan = OutputFormat("rf64", depth, sample_rate, n_channels, n_samples)
    return plan


def container_of(path: Path) -> str:
    """Key of `estilo.io.formats.CONTAINERS` by the extension of an output.

    Args:
        path: where the output is wanted.

    Raises:
        OutputError: the extension names no format that estilo writes.
    """
    extension = path.suffix.lower().removeprefix(".")
    if extension not in WRITABLE:
        got = f"'.{extension}'" if extension else "no extension"
        if extension in EXTENSIONS:
            got += ", which is read but not written"
        raise OutputError(
            f"{path} must end in one of .{', .'.join(sorted(WRITABLE))}, got {got}; "
            "the extension chooses the format"
        )
    return WRITABLE[extension]


def _check_shape(path: Path, known: Container, sample_rate: int, n_channels: int) -> None:
    if known.sample_rates_hz is not None and sample_rate not in known.sample_rates_hz:
        rates = ", ".join(str(rate) for rate in known.sample_rates_hz)
        raise OutputError(
            f"{path}: {known.name} holds sample rates of {rates} Hz, and the result has "
            f"{sample_rate} Hz; write wav or flac"
        )
    if not 1 <= n_channels <= known.max_channels:
        raise OutputError(
            f"{path}: {known.name} holds 1 to {known.max_channels} channels, and the result has "
            f"{n_channels}; write wav or flac"
        )


def _check_places(path: Path, known: Container, n_channels: int, mask: int | None) -> None:
    """Vorbis and Opus know one layout for each number of channels, and cut the highs of its LFE."""
    if known.major != "OGG" or n_channels <= 2:
        return
    if mask == 0 or vorbis_order(n_channels, mask) is None:
        places = layout_name(mask) if mask else "that belong to no places"
        raise OutputError(
            f"{path}: {known.name} has no such layout of {n_channels} channels, {places}; write "
            "wav, flac, aiff or caf"
        )


def _check_bitrate(
    path: Path,
    known: Container,
    container: str,
    bitrate_kbps: float,
    sample_rate: int,
    n_channels: int,
) -> None:
    if not has_bitrates(container, sample_rate=sample_rate):
        raise OutputError(
            f"{path}: {known.name} at {sample_rate} Hz has no bitrate to choose, got "
            f"{bitrate_kbps:g} kbit/s; leave the bitrate out, or write {', '.join(LOSSY[:2])}"
        )
    low, high = bounds_kbps(container, sample_rate=sample_rate, n_channels=n_channels)
    if not low <= bitrate_kbps <= high:
        raise OutputError(
            f"{path}: {known.name} has bitrates of {low:g} to {high:g} kbit/s at {sample_rate} Hz "
            f"in {n_channels} channels, got {bitrate_kbps:g}; choose one of these"
        )


def _depth(
    path: Path, known: Container, bit_depth: str | int | None, like: AudioInfo | None
) -> str | None:
    held = [depth for depth in known.subtypes if depth is not None]
    if bit_depth is None:
        if known.is_lossy:
            return None
        wanted = like.bit_depth if like is not None else "16"
        return wanted if wanted in held else held[-1]
    wanted = str(bit_depth)
    if wanted not in BIT_DEPTHS:
        raise OutputError(f"bit depth must be one of {', '.join(BIT_DEPTHS)}, got {bit_depth!r}")
    if known.is_lossy:
        raise OutputError(
            f"{path}: {known.name} is lossy and has no bit depth, got {wanted}; leave the depth "
            "out, or write wav or flac"
        )
    if wanted not in held:
        raise OutputError(
            f"{path}: {known.name} holds a bit depth of {' or '.join(held)}, got {wanted}; "
            "choose one of these, or write wav"
        )
    return wanted


def _check_place(path: Path, inputs: list[Path], n_bytes: int, *, force: bool) -> None:
    folder = path.parent
    if not folder.exists():
        raise FileNotFoundError(errno.ENOENT, "no such folder", str(folder))
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "not a folder", str(folder))
    check_free(path, force=force, inputs=inputs)
    # The result is written beside the target, so it is the folder that must be writable.
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, "no permission", str(folder))
    free = shutil.disk_usage(folder).free
    if free < n_bytes + _SPARE_BYTES:
        raise OutputError(
            f"{path} needs about {(n_bytes + _SPARE_BYTES) / 2**20:.0f} MiB and {folder} has "
            f"{free / 2**20:.0f} MiB free; make room or give another folder"
        )
