"""Recordings and results as pictures."""

from typing import TYPE_CHECKING

from estilo.audio import Audio
from estilo.pipeline.clips import Recording, as_clip
from estilo.pipeline.sources import read_source
from estilo.pipeline.transfer import TransferResult
from estilo.surroundings import own_surroundings

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@own_surroundings()
def plot(*recordings: "Recording | TransferResult") -> "Figure":
    """Spectrograms and waveforms side by side; of a result also its content, styles and losses.

    Args:
        recordings: paths, `estilo.Audio`, `estilo.Clip`, or arrays with their sample rates in Hz;
            or one `estilo.TransferResult`.

    Returns:
        A figure of matplotlib; it is not shown, ``figure.savefig("picture.png")`` keeps it.

    Raises:
        InputError: a recording cannot be used, or there is none.
    """
    from estilo.plots import plot_recordings, plot_transfer

    if len(recordings) == 1 and isinstance(recordings[0], TransferResult):
        result = recordings[0]
        report = result.report
        return plot_transfer(
            result_panels(result), loss_curve=report.loss_curve, grains=report.grains
        )
    panels = []
    for number, each in enumerate(recordings, start=1):
        if isinstance(each, TransferResult):
            panels.append((f"output {number}", each.audio))
            continue
        clip = as_clip(each)
        name = f"recording {number}" if clip.path is None else clip.path.name
        panels.append((name, read_source(clip, name=name).audio))
    return plot_recordings(panels)


def result_panels(result: TransferResult) -> list[tuple[str, Audio]]:
    """Titles and recordings of a result: the content, the styles and the output.

    Args:
        result: result of a transfer or a texture.
    """
    report = result.report
    several = len(result.styles) > 1
    given = [("content", result.content, report.content)] if report.content is not None else []
    given += [
        (f"style {number}" if several else "style", audio, style)
        for number, (audio, style) in enumerate(
            zip(result.styles, report.styles, strict=True), start=1
        )
    ]
    panels = [
        (role if of.path is None else f"{role}: {of.path.rpartition('/')[2]}", audio)
        for role, audio, of in given
        if audio is not None
    ]
    name = report.output.path
    return [
        *panels,
        ("output" if name is None else f"output: {name.rpartition('/')[2]}", result.audio),
    ]
