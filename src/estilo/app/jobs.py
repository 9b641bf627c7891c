"""One job from what was asked for to written files: check, work, publish."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from estilo.app.cancelling import CancelToken
from estilo.app.events import OnEvent, Started, Writing, ignore
from estilo.app.inputs import header_of, open_clip, open_style, part_length
from estilo.app.listening import Warnings, listening
from estilo.app.outputs import Outputs, draw
from estilo.app.standard import check_read_once, is_standard_input, name_of
from estilo.app.words import spoken_time
from estilo.errors import Cancelled, SettingsError
from estilo.io import AudioInfo
from estilo.pipeline.clips import Clip, normalised_weights
from estilo.pipeline.plan import Plan
from estilo.pipeline.regions import place_of, segments
from estilo.pipeline.written import is_written, plan_of_notes, read_written
from estilo.presets import build_settings, load_preset
from estilo.units import LONGEST_S

if TYPE_CHECKING:
    from estilo.pipeline.report import Report
    from estilo.pipeline.transfer import TransferResult


@dataclass(frozen=True)
class Job:
    """What is to be made of which files, and where it goes.

    Args:
        plan: all that is asked for.
        content: the content; None for a texture.
        styles: the styles.
        outputs: where the result goes; what the job is made of is added to its inputs.
        style_weights: shares of the styles; equal if not given.
        seconds: length of a texture, in seconds.
        keep_best: whether the best result so far is written when the work was cancelled.
        check: a last look at the open inputs, content first, before the work begins; it may warn.
    """

    plan: Plan
    content: Clip | None
    styles: tuple[Clip, ...]
    outputs: Outputs
    style_weights: Sequence[float] | None = None
    seconds: float | None = None
    keep_best: bool = False
    check: Callable[[Sequence[Clip]], None] | None = None

    @property
    def title(self) -> str:
        """What is being made, in words."""
        styles = ", ".join(map(name_of, self.styles))
        if self.content is None:
            return f"{self.seconds:g} s of the texture of {styles}"
        return f"{name_of(self.content)} in the style of {styles}"


def run_job(job: Job, *, on_event: OnEvent = ignore, cancel: CancelToken | None = None) -> "Report":
    """Check the inputs, do the work, and write output, recipe and picture.

    Args:
        job: what is to be made.
        on_event: told of every step, warning and stage.
        cancel: token that is asked before every step.

    Returns:
        The report as it was written.

    Raises:
        InputError: something that was given cannot be used; nothing was written.
        Cancelled: the work was stopped; nothing was written.
    """
    cancel = cancel or CancelToken()
    with ExitStack() as stack:
        said = stack.enter_context(listening(on_event))
        title = job.title
        job, outputs = _opened(job, stack)
        if job.check is not None:
            job.check(job.styles if job.content is None else (job.content, *job.styles))
        on_event(Started(title + _expected_time(job)))
        result = _result(job, on_event, cancel)
        cancel.in_steps()
        on_event(Writing())
        for text in result.report.warnings:
            said.add(text)
        if (lost := outputs.not_kept(result)) is not None:
            said.add(lost)
        picture = _picture(result, outputs, said) if outputs.has_picture else None
        report = result.report.model_copy(update={"warnings": said.texts})
        result = replace(result, report=report)
        if cancel.is_set() and not job.keep_best:
            raise Cancelled("cancelled; nothing was written")
        return outputs.publish(result, picture=picture, cancel=cancel, warn=said.add)


def _expected_time(job: Job) -> str:
    """How long the work takes, in words; empty where it is short or not known beforehand."""
    if job.plan.preset is None or job.content is None or is_written(job.content):
        return ""
    preset = load_preset(job.plan.preset)
    is_as_it_is = job.plan.settings == build_settings(preset.engine, preset.settings)
    if preset.times_real_time is None or not is_as_it_is:
        return ""
    like = header_of(job.content)
    seconds = part_length(job.content, like) / like.sample_rate
    if job.plan.raw is not None:
        seconds = min(seconds, job.plan.raw.duration_s)
    return f", which takes one core about {spoken_time(preset.times_real_time * seconds)}"


def _picture(result: "TransferResult", outputs: Outputs, said: Warnings) -> bytes | None:
    """The picture of the result; whatever becomes of it, the result is written."""
    try:
        return draw(result, outputs.audio)
    except Exception as error:
        said.add(f"the picture could not be drawn ({type(error).__name__}: {error})")
        return None


def _opened(job: Job, stack: ExitStack) -> tuple[Job, Outputs]:
    """Inputs by their headers, then the plan of the output; nothing is decoded yet."""
    normalised_weights(job.style_weights, len(job.styles))
    check_read_once(job.styles if job.content is None else (job.content, *job.styles))
    if job.content is not None and is_written(job.content):
        return _opened_with_notes(job, job.content, stack)
    first, *others = job.styles if job.content is None else (job.content, *job.styles)
    outputs = _protecting(job, (first, *others))
    first = open_clip(first, stack)
    open_other = open_clip if job.content is None else open_style
    others = [open_other(clip, stack) for clip in others]
    like = header_of(first)
    if job.content is None:
        job = replace(job, styles=(first, *others))
    else:
        job = replace(job, content=first, styles=tuple(others))
        segments(
            [place_of(style.at) for style in job.styles],
            n_samples=part_length(first, like),
            sample_rate=like.sample_rate,
        )
    outputs = replace(outputs, like=outputs.like or like)
    outputs.plan(**_shape(job, first, like))
    return job, outputs


def _opened_with_notes(job: Job, content: Clip, stack: ExitStack) -> tuple[Job, Outputs]:
    """The same where the content is a MIDI file: the output is like the first style."""
    outputs = _protecting(job, (content, *job.styles))
    styles = tuple(open_clip(clip, stack) for clip in job.styles)
    like = header_of(styles[0])
    plan_of_notes(job.plan, content)
    outputs = replace(outputs, like=outputs.like or like)
    n_samples = read_written(content).n_samples(like.sample_rate)
    outputs.plan(sample_rate=like.sample_rate, n_channels=1, n_samples=n_samples)
    return replace(job, styles=styles), outputs


def _protecting(job: Job, clips: Sequence[Clip]) -> Outputs:
    """The outputs, which may replace nothing that the job is made of."""
    paths = [Path(str(clip.source)) for clip in clips if not is_standard_input(clip)]
    return replace(job.outputs, inputs=(*job.outputs.inputs, *paths, *job.plan.files))


def _shape(job: Job, first: Clip, like: AudioInfo) -> dict[str, int]:
    """Rate, channels and length of the result, as far as the first header tells."""
    if job.content is None:
        seconds = job.seconds or 0.0
        if not 0 < seconds <= LONGEST_S:
            raise SettingsError(f"seconds must be more than 0, got {seconds}; give a length")
        return {
            "sample_rate": like.sample_rate,
            "n_channels": like.n_channels,
            "n_samples": round(seconds * like.sample_rate),
        }
    n_samples = part_length(first, like)
    raw = job.plan.raw
    if raw is not None:
        seconds = min(raw.duration_s, n_samples / like.sample_rate)
        n_samples = max(1, round(seconds * raw.sample_rate_hz))
        return {"sample_rate": raw.sample_rate_hz, "n_channels": 1, "n_samples": n_samples}
    return {
        "sample_rate": like.sample_rate,
        "n_channels": like.n_channels,
        "n_samples": n_samples,
    }


def _result(job: Job, on_event: OnEvent, cancel: CancelToken) -> "TransferResult":
    from estilo.pipeline.transfer import Transfer

    def told(progress: Any) -> None:
        cancel.in_steps()
        on_event(progress)

    transfer = Transfer(job.plan)
    options: dict[str, Any] = {
        "style_weights": job.style_weights,
        "on_progress": told,
        "cancel": cancel,
        "keep_best": job.keep_best,
    }
    if job.content is None:
        return transfer.texture(job.styles, seconds=job.seconds or 0.0, **options)
    return transfer(job.content, job.styles, **options)
