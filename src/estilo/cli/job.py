"""One job from checked options to written files; transfer, texture, rerun and demo share it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from estilo.audio import Audio
from estilo.cli.inputs import check_clip, check_style, part_length
from estilo.cli.outputs import Outputs, draw, name_files
from estilo.cli.progress import Reporter, spoken_time
from estilo.cli.signals import Stop
from estilo.cli.verdict import copying, verdict
from estilo.errors import Cancelled, SettingsError
from estilo.io import AudioInfo, load
from estilo.pipeline.regions import place_of, segments
from estilo.pipeline.sources import Clip, is_coded
from estilo.pipeline.transfer import Transfer

if TYPE_CHECKING:
    from estilo.pipeline.report import Report
    from estilo.pipeline.transfer import TransferResult


@dataclass(frozen=True)
class Job:
    """What to render, and where to.

    Args:
        content: the content; None for a texture.
        styles: the styles.
        transfer: settings, seed, device and so on.
        outputs: where the result goes; its inputs and bit depth are filled in from the clips.
        style_weights: shares of the styles.
        seconds: length of a texture.
        keep_best: when cancelled, write the best so far.
        is_quiet: say nothing but errors.
        before_work: a last check, after that of the headers.
        amend: changes the report before it is written.
    """

    content: Clip | None
    styles: tuple[Clip, ...]
    transfer: Transfer
    outputs: Outputs
    style_weights: Sequence[float] | None = None
    seconds: float | None = None
    keep_best: bool = False
    is_quiet: bool = False
    before_work: Callable[[Reporter], None] | None = None
    amend: Callable[["Report"], "Report"] = field(default=lambda report: report)


def render(job: Job) -> tuple[int, "Report"]:
    """Check, work, write, and say what was written.

    Returns:
        The exit code, and the report as it was written.

    Raises:
        InputError: something that was given cannot be used; nothing was written.
        Cancelled: the user stopped the work; nothing was written.
    """
    start = time.perf_counter()
    with Stop() as stop:
        reporter = Reporter(is_quiet=job.is_quiet, stop=stop)
        with reporter.listening():
            job = _checked(job)
            if job.before_work is not None:
                job.before_work(reporter)
            with reporter.working(_title(job)):
                result = _result(job, reporter, stop)
                stop.soften()
                reporter.stage("writing")
                picture = _picture(job, result) if job.outputs.has_picture else None
                result = replace(result, report=_with_warnings(job.amend(result.report), reporter))
                if stop.is_set() and not job.keep_best:
                    raise Cancelled("cancelled; nothing was written")
                report = job.outputs.write(result, picture=picture, stop=stop)
        _conclude(reporter, report, time.perf_counter() - start, has_picture=picture is not None)
    written = [job.outputs.audio, *job.outputs.beside]
    name_files(written, is_quiet=job.is_quiet)
    return 0 if report.is_complete else Cancelled.exit_code, report


def transfer_from(
    settings: dict[str, Any],
    *,
    preset: str | None,
    engine: str | None,
    make: Callable[..., Transfer] = Transfer,
    **options: Any,
) -> Transfer:
    """A `Transfer` of what was typed; only what was given is passed on, so that presets hold."""
    return make(preset=preset, engine=engine, **options, **settings)


def _checked(job: Job) -> Job:
    """Inputs by their headers, then the plan of the output; nothing is decoded yet."""
    first, *others = job.styles if job.content is None else (job.content, *job.styles)
    like = check_clip(first)
    for style in others:
        check_clip(style) if job.content is None else check_style(style)
    if job.content is not None:
        n_samples = part_length(job.content, like)
        segments(
            [place_of(style.at) for style in job.styles],
            n_samples=n_samples,
            sample_rate=like.sample_rate,
        )
    weights = job.style_weights
    if weights is not None and len(weights) != len(job.styles):
        raise SettingsError(
            f"{len(weights)} style weights for {len(job.styles)} styles; give one weight per style"
        )
    inputs = tuple(Path(str(clip.source)) for clip in (first, *others))
    outputs = replace(job.outputs, like=job.outputs.like or like, inputs=inputs)
    outputs.plan(**_shape(job, like))
    return replace(job, outputs=outputs)


def _shape(job: Job, like: AudioInfo) -> dict[str, int]:
    """Rate, channels and length of the result, as far as the first header tells."""
    if job.content is None:
        seconds = job.seconds or 0.0
        if not 0 < seconds < float("inf"):
            raise SettingsError(f"seconds must be more than 0, got {seconds}; give a length")
        return {
            "sample_rate": like.sample_rate,
            "n_channels": like.n_channels,
            "n_samples": round(seconds * like.sample_rate),
        }
    n_samples = part_length(job.content, like)
    if job.transfer.raw is not None:
        raw = job.transfer.raw
        seconds = min(raw.duration_s, n_samples / like.sample_rate)
        n_samples = max(1, round(seconds * raw.sample_rate_hz))
        return {"sample_rate": raw.sample_rate_hz, "n_channels": 1, "n_samples": n_samples}
    return {
        "sample_rate": like.sample_rate,
        "n_channels": like.n_channels,
        "n_samples": n_samples,
    }


def _result(job: Job, reporter: Reporter, stop: Stop) -> "TransferResult":
    options: dict[str, Any] = {
        "style_weights": job.style_weights,
        "on_progress": reporter.on_progress,
        "cancel": stop,
        "keep_best": job.keep_best,
    }
    if job.content is None:
        return job.transfer.texture(list(job.styles), seconds=job.seconds or 0.0, **options)
    return job.transfer(job.content, list(job.styles), **options)


def _picture(job: Job, result: "TransferResult") -> bytes:
    clips = [] if job.content is None else [("content", job.content)]
    several = len(job.styles) > 1
    clips += [(f"style {i + 1}" if several else "style", c) for i, c in enumerate(job.styles)]
    panels = [
        (f"{role}: {Path(str(clip.source)).name}", load_clip(clip))
        for role, clip in clips
        if not is_coded(clip)
    ]
    panels.append((f"output: {job.outputs.audio.name}", result.audio))
    return draw(panels, result.report)


def load_clip(clip: Clip) -> Audio:
    """The samples of a clip of a file."""
    return load(
        str(clip.source),
        offset_s=clip.offset_s,
        duration_s=clip.duration_s,
        accept_truncated=clip.accept_truncated,
    )


def _with_warnings(report: "Report", reporter: Reporter) -> "Report":
    """Said, and kept in the recipe: what the pipeline warned of beside what was said already."""
    for text in report.warnings:
        reporter.warn(text)
    return report.model_copy(update={"warnings": list(reporter.warnings)})


def _title(job: Job) -> str:
    styles = ", ".join(Path(str(style.source)).name for style in job.styles)
    if job.content is None:
        return f"{job.seconds:g} s of the texture of {styles}"
    return f"{Path(str(job.content.source)).name} in the style of {styles}"


def _conclude(reporter: Reporter, report: "Report", total_s: float, *, has_picture: bool) -> None:
    """What is worth knowing about the result, then what was written."""
    if report.choice is not None:
        reporter.say(report.choice)
    for style in report.styles:
        if style.match is not None:
            reporter.say(style.match.words)
    level = report.level
    reference = "first style" if report.content is None else "content"
    if level is not None and level.shortfall_lu > 0.05:
        reporter.say(
            f"level: {level.shortfall_lu:.1f} LU quieter than the {reference}, so that its peaks "
            f"stay at {level.true_peak_dbtp or 0.0:.1f} dBTP"
        )
    for text in (verdict(report.scores), copying(report.scores) if report.content is None else ""):
        if text:
            reporter.say(text)
    if report.output.n_clipped:
        reporter.say(f"{report.output.n_clipped} samples beyond full scale were clipped")
    if not report.is_complete:
        reporter.say("stopped early: this is the best so far, not the finished result")
    files = "output, recipe and picture" if has_picture else "output and recipe"
    reporter.say(f"done in {spoken_time(total_s)}; wrote {files}:")
