"""The files a command writes: the output, its recipe and its picture, all of them or none."""

import os
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from estilo.errors import OutputError
from estilo.io import AudioInfo, OutputFormat, plan_output, write_audio
from estilo.io.atomic import check_free, replacing

if TYPE_CHECKING:
    from estilo.audio import Audio
    from estilo.cli.signals import Stop
    from estilo.pipeline.report import Report
    from estilo.pipeline.transfer import TransferResult


@dataclass(frozen=True)
class Outputs:
    """Where a result goes.

    Args:
        audio: the output; the recipe lies beside it.
        has_picture: whether a picture lies beside it as well.
        bit_depth: as for `estilo.io.plan_output`.
        like: the recording whose bit depth is taken over where none is asked for.
        inputs: never overwritten, whatever ``force`` says.
        force: replace files that are already there.
    """

    audio: Path
    has_picture: bool = False
    bit_depth: str | None = None
    like: AudioInfo | None = None
    inputs: tuple[Path, ...] = ()
    force: bool = False

    @property
    def recipe(self) -> Path:
        """``out.wav`` → ``out.wav.json``."""
        return self.audio.with_name(self.audio.name + ".json")

    @property
    def picture(self) -> Path | None:
        """``out.wav`` → ``out.wav.png``, where one was asked for."""
        return self.audio.with_name(self.audio.name + ".png") if self.has_picture else None

    @property
    def beside(self) -> list[Path]:
        """Recipe and picture."""
        return [self.recipe] if self.picture is None else [self.recipe, self.picture]

    def plan(self, *, sample_rate: int, n_channels: int, n_samples: int) -> OutputFormat:
        """Refuse what could not be written in the end.

        Raises:
            OutputError: the format cannot hold the result, a file is there already, or is an input.
        """
        encoding = plan_output(
            self.audio,
            sample_rate=sample_rate,
            n_channels=n_channels,
            n_samples=n_samples,
            bit_depth=self.bit_depth,
            like=self.like,
            inputs=self.inputs,
            force=self.force,
        )
        for path in self.beside:
            check_target(path, force=self.force, inputs=self.inputs)
        return encoding

    def write(self, result: "TransferResult", *, picture: bytes | None, stop: "Stop") -> "Report":
        """Write all of it: whatever goes wrong, no recipe is there without its output.

        Args:
            result: audio, report and tags.
            picture: a PNG.
            stop: hardened, as it is the writing of a file that an interrupt undoes best.

        Returns:
            The report with what is known of the file.
        """
        audio = result.audio
        encoding = self.plan(
            sample_rate=audio.sample_rate,
            n_channels=audio.n_channels,
            n_samples=audio.n_samples,
        )
        with ExitStack() as stack:  # they take their places in the end, when the output has its own
            recipe = stack.enter_context(replacing(self.recipe, force=self.force))
            if self.picture is not None and picture is not None:
                drawn = stack.enter_context(replacing(self.picture, force=self.force))
                drawn.write_bytes(picture)
            stop.harden()
            saved = write_audio(
                audio, self.audio, encoding=encoding, tags=result.tags, force=self.force
            )
            stop.soften()
            output = result.report.output.model_copy(
                update={
                    "path": str(self.audio.absolute()),
                    "container": encoding.container,
                    "bit_depth": encoding.bit_depth,
                    "n_clipped": saved.n_clipped,
                }
            )
            report = result.report.model_copy(update={"output": output})
            recipe.write_text(report.to_json(), encoding="utf-8")
        return report


def check_target(path: Path, *, force: bool, inputs: Iterable[Path] = ()) -> None:
    """Refuse a file that may not be written.

    Raises:
        OutputError: it is an input, a folder, or there already and ``force`` is not given; or its
            folder is missing.
    """
    for given in inputs:
        if path.exists() and given.exists() and path.samefile(given):
            raise OutputError(
                f"{path} is one of the inputs, which are never overwritten; give another name"
            )
    check_free(path, force=force)
    if not path.parent.is_dir():
        raise OutputError(
            f"{path} cannot be written: the folder {path.parent} does not exist; create it first"
        )


def name_files(paths: Iterable[Path], *, is_quiet: bool = False) -> None:
    """Names of written files, a line each, for the next program; bytes, as names may be any."""
    if is_quiet:
        return
    sys.stderr.flush()
    sys.stdout.flush()
    for path in paths:
        sys.stdout.buffer.write(os.fsencode(path) + os.linesep.encode())
    sys.stdout.flush()


def draw(panels: "list[tuple[str, Audio]]", report: "Report", *, title: str = "") -> bytes:
    """The picture of a transfer as PNG.

    Args:
        panels: titles and recordings, the output last.
        report: of the output.
        title: of the whole.
    """
    from estilo.plots import plot_transfer, png

    curve, grains = report.loss_curve, report.grains
    return png(plot_transfer(panels, loss_curve=curve, grains=grains, title=title))
