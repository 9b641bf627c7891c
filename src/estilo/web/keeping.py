"""Files of a result that are made when somebody wants to keep them, in a worker."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from estilo.io import load, save, write_atomic
from estilo.web.result_files import OUTPUT, path_of
from estilo.web.workers import Told


def render(
    tell: Told,
    *,
    kind: str,
    folder: str,
    content: dict[str, Any],
    styles: Sequence[dict[str, Any]],
) -> None:
    """Make one of the files beside an output.

    Args:
        tell: function that is not used.
        kind: kind of file that a job has not written itself.
        folder: path of the folder of the output.
        content: the content: path, label, offset_s and duration_s.
        styles: the styles, likewise.

    Raises:
        InputError: a package that it needs is not installed.
        OutputError: the format cannot hold the output.
    """
    del tell
    output = Path(folder) / OUTPUT
    target = path_of(output.parent, kind)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if kind == "png":
            write_atomic(target, _picture(output, content, styles), force=True)
        elif kind == "mid":
            from estilo.analysis.sound import Sound
            from estilo.analysis.transcription import transcribe
            from estilo.sampler.midi_writing import write_midi

            write_midi(transcribe(Sound.of(load(output))), target, force=True)
        else:
            save(load(output), target, force=True)


def _picture(output: Path, content: dict[str, Any], styles: Sequence[dict[str, Any]]) -> bytes:
    from estilo.pipeline.report import read_report
    from estilo.plots import plot_transfer, png

    report = read_report(output.with_name(f"{output.name}.json"))
    panels = [
        (
            f"{'style' if number else 'content'}: {part['label']}",
            load(part["path"], offset_s=part["offset_s"], duration_s=part["duration_s"]),
        )
        for number, part in enumerate((content, *styles))
    ]
    panels.append(("output", load(output)))
    return png(plot_transfer(panels, loss_curve=report.loss_curve, grains=report.grains))
