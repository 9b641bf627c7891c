"""The files of a result: output, recipe and picture, all of them or none."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryFile, gettempdir
from typing import TYPE_CHECKING, Any, BinaryIO

from estilo.app.cancelling import CancelToken
from estilo.app.standard import send, standard_output
from estilo.app.words import listed
from estilo.errors import OutputError, SettingsError
from estilo.files import absolute
from estilo.io import (
    AudioInfo,
    OutputFormat,
    SavedInfo,
    plan_output,
    why_not_kept,
    write_audio,
)
from estilo.io.atomic import check_free, output_error, together
from estilo.io.hidden import sweep
from estilo.io.plan import container_of, plan_encoding
from estilo.io.save import encode
from estilo.pipeline.travelling import relative_names

if TYPE_CHECKING:
    from estilo.pipeline.report import Report
    from estilo.pipeline.transfer import TransferResult


@dataclass(frozen=True)
class Outputs:
    """Where a result goes.

    Args:
        audio: path of the output; the recipe lies beside it.
        has_picture: whether a picture lies beside it as well.
        bit_depth: bit depth, as for `estilo.io.plan_output`.
        bitrate_kbps: bitrate in kbit/s, as for `estilo.io.plan_output`.
        like: the recording whose bit depth is taken over where none is asked for, and whose
            channels' places and metadata are kept.
        like_bit_depth: taken over in the place of that recording's.
        inputs: paths that are never overwritten, whatever ``force`` says.
        force: replace files that are already there.
        stream: standard output, in the place of all files; ``audio`` is then only a name.
    """

    audio: Path
    has_picture: bool = False
    bit_depth: str | None = None
    bitrate_kbps: float | None = None
    like: AudioInfo | None = None
    like_bit_depth: str | None = None
    inputs: tuple[Path, ...] = ()
    force: bool = False
    stream: BinaryIO | None = None

    @classmethod
    def to_standard_output(cls, **options: Any) -> "Outputs":
        """The place of a result that goes to standard output, as wav.

        Args:
            options: arguments of `Outputs`.

        Raises:
            OutputError: standard output is closed or a terminal.
            SettingsError: a picture was asked for, which would lie beside a file.
        """
        if options.get("has_picture"):
            raise SettingsError(
                "the picture lies beside the output, and standard output has no place for it; "
                "leave --plot out, or name a file with -o"
            )
        return cls(Path("standard output.wav"), stream=standard_output(), **options)

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
        if self.stream is not None:
            return []
        return [self.recipe] if self.picture is None else [self.recipe, self.picture]

    @property
    def files(self) -> list[Path]:
        """All files that are written, the output first."""
        return [] if self.stream is not None else [self.audio, *self.beside]

    def plan(self, *, sample_rate: int, n_channels: int, n_samples: int) -> OutputFormat:
        """Refuse what could not be written in the end, once what a dead run left is settled.

        Args:
            sample_rate: sample rate of the result, in Hz.
            n_channels: number of channels of the result.
            n_samples: number of samples of the result, per channel.

        Raises:
            OutputError: the format cannot hold the result, a file is there already, or is an input.
        """
        like = self.like
        if like is not None and self.like_bit_depth is not None:
            like = replace(like, bit_depth=self.like_bit_depth)
        wanted: dict[str, Any] = {
            "sample_rate": sample_rate,
            "n_channels": n_channels,
            "n_samples": n_samples,
            "bit_depth": self.bit_depth,
            "bitrate_kbps": self.bitrate_kbps,
            "like": like,
        }
        if self.stream is not None:
            return plan_encoding(self.audio, **wanted)
        sweep(self.audio.parent)
        encoding = plan_output(self.audio, **wanted, inputs=self.inputs, force=self.force)
        for path in self.beside:
            check_target(path, force=self.force, inputs=self.inputs)
        return encoding

    def not_kept(self, result: "TransferResult") -> str | None:
        """What of the content's metadata the output will not hold, in words, or None.

        Args:
            result: the result that is to be written.
        """
        like = self._kept(result)
        if like is None or like.metadata is None:
            return None
        audio = result.audio
        shape = (audio.n_samples, audio.sample_rate)
        why = why_not_kept(
            like.metadata,
            container_of(self.audio),
            is_whole=shape == (like.n_samples, like.sample_rate),
        )
        if why is None:
            return None
        names = listed(like.metadata.names)
        return f"{like.path.name} has {names}, which the output does not keep: {why}"

    def _kept(self, result: "TransferResult") -> AudioInfo | None:
        """The header that is taken over; of a style without its metadata."""
        if self.like is None or result.content is not None:
            return self.like
        return replace(self.like, metadata=None)

    def publish(
        self,
        result: "TransferResult",
        *,
        picture: bytes | None,
        cancel: CancelToken,
        warn: Callable[[str], None],
    ) -> "Report":
        """Write all of it, as one unit: no recipe is ever beside an output that it did not make.

        A picture that cannot be written is left out.

        Args:
            result: audio, report and tags.
            picture: a PNG.
            cancel: told that it is not asked for a while, and then that it is too late.
            warn: told of a picture that is left out.

        Returns:
            The report with what is known of the file.

        Raises:
            OutputError: a file cannot be written; none of them is there then.
        """
        audio = result.audio
        encoding = self.plan(
            sample_rate=audio.sample_rate,
            n_channels=audio.n_channels,
            n_samples=audio.n_samples,
        )
        if self.stream is not None:
            return self._send(self.stream, result, encoding, cancel)
        with together(self.files, force=self.force) as (made, recipe, *drawn):
            cancel.in_one_go()
            saved = write_audio(
                audio,
                self.audio,
                encoding=encoding,
                tags=result.tags,
                like=self._kept(result),
                force=self.force,
                part=made,
            )
            with made.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            report = _with_output(
                result.report,
                saved,
                path=str(absolute(self.audio)),
                sha256=digest,
                beside=relative_names(result.report, absolute(self.recipe).parent),
            )
            recipe.write_text(report.to_json(), encoding="utf-8")
            if drawn and picture is not None:
                try:
                    drawn[0].write_bytes(picture)
                except OSError as error:
                    drawn[0].unlink(missing_ok=True)
                    warn(f"the picture could not be written: {error.strerror}")
            cancel.too_late()
        return report

    def _send(
        self,
        stream: BinaryIO,
        result: "TransferResult",
        encoding: OutputFormat,
        cancel: CancelToken,
    ) -> "Report":
        """The output into standard output, once it is whole; no header can be mended there."""
        with TemporaryFile(prefix="estilo-") as made:
            cancel.in_one_go()
            try:
                saved = encode(
                    result.audio,
                    made,
                    self.audio,
                    encoding=encoding,
                    tags=result.tags,
                    like=self._kept(result),
                )
                made.seek(0)
            except OSError as error:
                raise output_error(Path(gettempdir()) / self.audio.name, error) from error
            send(made, stream)
        return _with_output(result.report, saved)


def _with_output(
    report: "Report", saved: SavedInfo, *, beside: dict[str, str] | None = None, **more: str
) -> "Report":
    """A report with what is known of the written output."""
    encoding = saved.encoding
    output = report.output.model_copy(
        update={
            "container": encoding.container,
            "bit_depth": encoding.bit_depth,
            "bitrate_kbps": encoding.bitrate_kbps,
            "n_clipped": saved.n_clipped,
            **more,
        }
    )
    return report.model_copy(update={"output": output, "beside": beside or {}})


def check_target(path: Path, *, force: bool, inputs: Iterable[Path] = ()) -> None:
    """Refuse a file that may not be written.

    Args:
        path: path of the file that is to be written.
        force: replace a file that is already there.
        inputs: paths that are never overwritten.

    Raises:
        OutputError: it is an input, a folder, or there already and ``force`` is not given; or its
            folder is missing.
    """
    check_free(path, force=force, inputs=inputs)
    if not path.parent.is_dir():
        raise OutputError(
            f"{path} cannot be written: the folder {path.parent} does not exist; create it first"
        )


def draw(result: "TransferResult", output: Path) -> bytes:
    """The picture of a result as PNG.

    Args:
        result: result of a transfer or a texture.
        output: path of the output, whose name is its title.
    """
    from estilo.pipeline.drawing import result_panels
    from estilo.plots import plot_transfer, png

    report = result.report
    panels = [*result_panels(result)[:-1], (f"output: {output.name}", result.audio)]
    return png(plot_transfer(panels, loss_curve=report.loss_curve, grains=report.grains))
