"""The report of a result: what went in, what came out, and how good it is."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from estilo.audio import Audio
from estilo.engines.grains import Grain, strongest
from estilo.pipeline.plan import Plan
from estilo.pipeline.preparing import in_their_styles
from estilo.pipeline.report import (
    MOST_GRAINS,
    InputReport,
    LevelReport,
    OutputReport,
    Report,
    versions,
)
from estilo.pipeline.running import Clock, Outcome, n_threads
from estilo.pipeline.scoring import scores_of_job
from estilo.pipeline.sources import Source, StyleSource, sample_hash


def report_of(
    plan: Plan,
    content: Source | None,
    styles: Sequence[StyleSource],
    audio: Audio,
    outcome: Outcome,
    level: LevelReport | None,
    *,
    seconds: float | None = None,
) -> Report:
    """The report, except for scores and times.

    Args:
        plan: what was asked for, with the engine that ran.
        content: None of a texture.
        styles: styles, as the engine heard them.
        audio: the output.
        outcome: what the engine said of it.
        level: what was done to its level, if anything.
        seconds: length of a texture, in seconds.
    """
    network = plan.feature_network
    return Report(
        job="texture" if content is None else "transfer",
        created=datetime.now().astimezone().isoformat(timespec="seconds"),
        plan=plan.settled(
            threads=n_threads(plan.threads),
            feature_network=None if network is None else type(network).__name__,
        ),
        content=None if content is None else input_report(content),
        styles=[input_report(style, weight=style.weight) for style in styles],
        weights_id=outcome.weights_id,
        seconds=seconds,
        is_complete=outcome.is_complete,
        output=OutputReport(
            sample_rate=audio.sample_rate,
            n_channels=audio.n_channels,
            n_samples=audio.n_samples,
            samples_sha256=sample_hash(audio),
        ),
        level=level,
        grains=_in_their_files(strongest(outcome.grains, most=MOST_GRAINS), styles),
        losses=outcome.losses,
        loss_curve=outcome.loss_curve,
        timings_s={},
        warnings=outcome.remarks,
        is_loop=outcome.is_loop,
        versions=versions(),
    )


def input_report(source: StyleSource, *, weight: float | None = None) -> InputReport:
    """What the report says of a recording or a style file.

    Args:
        source: source, as it was read.
        weight: share of a style; None for the content.
    """
    audio = source.audio if isinstance(source, Source) else None
    return InputReport(
        path=None if source.clip.path is None else str(source.clip.path),
        sha256=source.sha256,
        sample_rate=None if audio is None else audio.sample_rate,
        n_channels=None if audio is None else audio.n_channels,
        n_samples=None if audio is None else audio.n_samples,
        offset_s=source.clip.offset_s,
        duration_s=source.clip.duration_s,
        accept_truncated=source.clip.accept_truncated,
        weight=weight,
        at=source.clip.at,
        match=source.match,
    )


def scored(
    report: Report,
    content: Source | None,
    styles: Sequence[StyleSource],
    audio: Audio,
    clock: Clock,
) -> Report:
    """The report with scores and faults of the output.

    Args:
        report: report of the output.
        content: None of a texture.
        styles: styles, as they were read.
        audio: the output.
        clock: clock that has another lap then.
    """
    scores = scores_of_job(audio, styles, content=content)
    clock.lap("scores")
    warnings = [*report.warnings, *scores.failures]
    found = {"scores": scores.values, "remarks": scores.remarks, "faults": scores.faults}
    return report.model_copy(update={**found, "warnings": warnings})


def _in_their_files(grains: Sequence[Grain], styles: Sequence[StyleSource]) -> list[Grain]:
    """Grains with the seconds of a style counted from where its file starts, at its own speed."""

    def moved(grain: Grain) -> Grain:
        style = styles[grain.style]
        speed = 1.0 if style.match is None else style.match.speed
        return replace(
            grain,
            style_start_s=style.clip.offset_s + grain.style_start_s * speed,
            style_stop_s=style.clip.offset_s + grain.style_stop_s * speed,
        )

    return [moved(grain) for grain in in_their_styles(grains, styles)]
