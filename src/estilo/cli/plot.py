"""``estilo plot``: draw recordings."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from estilo.cli.options import (
    OUTPUT,
    AcceptTruncated,
    Duration,
    Force,
    Inputs,
    Offset,
    Quiet,
    option,
)
from estilo.errors import InputError, SettingsError

if TYPE_CHECKING:
    from estilo.audio import Audio
    from estilo.pipeline.clips import Clip
    from estilo.pipeline.report import InputReport, Report


def plot(
    files: Annotated[
        tuple[Path, ...], Parameter(help="Recordings, or one recipe (out.wav.json) of a transfer.")
    ],
    /,
    *,
    output: Annotated[
        Path | None,
        option(
            OUTPUT,
            "Name of the picture; if not given, beside the first file (rain.wav.png).",
            alias="-o",
            metavar="PNG",
        ),
    ] = None,
    offset: Offset = 0.0,
    duration: Duration = None,
    inputs: Inputs = None,
    accept_truncated: AcceptTruncated = False,
    force: Force = False,
    quiet: Quiet = False,
) -> int:
    """Draw recordings side by side: spectrograms on a log-frequency axis, and waveforms.

    A recipe gives content, styles, output and the loss curve, as transfer --plot does.

    For example:
      estilo plot melody.wav rain.wav out.wav -o three.png
      estilo plot out.wav.json
    """
    from estilo.app.inputs import decode, opened
    from estilo.app.outputs import check_target
    from estilo.app.standard import STANDARD, name_of
    from estilo.cli.performing import name_files
    from estilo.cli.progress import Reporter
    from estilo.io import write_atomic
    from estilo.pipeline.clips import Clip
    from estilo.pipeline.report import read_report
    from estilo.pipeline.travelling import changed_output, located_recordings

    report = None
    if files[0].suffix == ".json" and len(files) == 1:
        report = located_recordings(read_report(files[0]), files[0], inputs=inputs)
    if report is None:
        clips = [Clip(each, offset, duration, accept_truncated) for each in files]
        clips = [(name_of(clip), clip) for clip in clips]
    else:
        clips = _of_recipe(report, files[0])
    if output is None and files[0] == STANDARD:
        raise SettingsError("standard input has no name for its picture; name the PNG with -o")
    target = output or _beside(files[0])
    if target.suffix.lower() != ".png":
        raise InputError(f"{target} must end in .png, got {target.suffix or 'no extension'!r}")
    reporter = Reporter(is_quiet=quiet)
    with reporter.listening():
        for text in [] if report is None else changed_output(report, files[0]):
            reporter.warn(text)
        with opened([clip for _, clip in clips]) as files_open:
            paths = [*files, *(Path(str(clip.source)) for _, clip in clips)]
            check_target(target, force=force, inputs=paths)
            names = [name for name, _ in clips]
            panels = list(zip(names, map(decode, files_open), strict=True))
        picture = _draw(panels, report)
        write_atomic(target, picture, force=force)
    name_files([target], is_quiet=quiet)
    return 0


def _draw(panels: "list[tuple[str, Audio]]", report: "Report | None") -> bytes:
    from estilo.plots import plot_recordings, plot_transfer, png

    if report is None:
        return png(plot_recordings(panels))
    return png(plot_transfer(panels, loss_curve=report.loss_curve, grains=report.grains))


def _beside(path: Path) -> Path:
    name = path.name.removesuffix(".json") if path.suffix == ".json" else path.name
    return path.with_name(f"{name}.png")


def _of_recipe(report: "Report", recipe: Path) -> "list[tuple[str, Clip]]":
    """Titles and clips of content, styles and output."""
    from estilo.pipeline.clips import Clip

    content = [] if report.content is None else [("content", report.content)]
    several = len(report.styles) > 1
    styles = [(f"style {i + 1}" if several else "style", s) for i, s in enumerate(report.styles)]
    audible = [each for each in [*content, *styles] if each[1].sample_rate is not None]
    clips = [(role, _clip(given, recipe)) for role, given in audible]
    # The output lies beside its recipe, even where the two were moved together.
    output = recipe.with_suffix("")
    return [
        (f"{role}: {Path(str(clip.source)).name}", clip)
        for role, clip in [*clips, ("output", Clip(output))]
    ]


def _clip(given: "InputReport", recipe: Path) -> "Clip":
    from estilo.pipeline.clips import Clip

    if given.path is None:
        raise InputError(
            f"{recipe} is of a recording that came through a pipe or from a program, not from a "
            "file; name the folder that it is saved in (--inputs), or give the files to be drawn"
        )
    return Clip(given.path, given.offset_s, given.duration_s, given.accept_truncated)
