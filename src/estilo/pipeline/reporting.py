"""The report of a way of working: what went in, what came out, and how good it is."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from estilo.audio import Audio
from estilo.engines.grains import Grain, strongest
from estilo.pipeline.report import MOST_GRAINS, LevelReport, OutputReport, Report, versions
from estilo.pipeline.sources import Source, StyleSource, sample_hash

if TYPE_CHECKING:
    from estilo.pipeline.running import Clock, Outcome
    from estilo.pipeline.transfer import Transfer


def report_of(
    transfer: "Transfer",
    styles: Sequence[StyleSource],
    audio: Audio,
    outcome: "Outcome",
    level: LevelReport | None,
    *,
    content: Source | None,
) -> Report:
    """The report, but for scores and times.

    Args:
        transfer: the way of working.
        styles: as they were heard.
        audio: the output.
        outcome: what the engine said of it.
        level: what was done to its level, if anything.
        content: None of a texture.
    """
    from estilo.pipeline.running import n_threads

    network = transfer.feature_network
    return Report(
        job="texture" if content is None else "transfer",
        created=datetime.now().astimezone().isoformat(timespec="seconds"),
        content=None if content is None else content.report,
        styles=[style.report for style in styles],
        engine=transfer.engine,
        choice=transfer.choice,
        preset=transfer.preset,
        settings=_with_whole_path(transfer.settings.model_dump(mode="json")),
        weights_id=outcome.weights_id,
        feature_network=None if network is None else type(network).__name__,
        match=transfer.match,
        refine=transfer.refine,
        mix=transfer.mix,
        **transfer.scope.report(),
        raw=transfer.raw is not None,
        seed=transfer.seed,
        device=transfer.device,
        threads=n_threads(transfer.threads),
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
        versions=versions(),
    )


def scored(
    report: Report,
    audio: Audio,
    styles: Sequence[StyleSource],
    clock: "Clock",
    *,
    content: Source | None,
) -> Report:
    """The report with the scores of the output.

    Args:
        report: of the output.
        audio: the output.
        styles: as they were read.
        clock: that has another lap then.
        content: None of a texture.
    """
    from estilo.pipeline.scoring import scores_of_job

    scores = scores_of_job(audio, styles, content=content)
    clock.lap("scores")
    warnings = [*report.warnings, *scores.failures]
    return report.model_copy(update={"scores": scores.values, "warnings": warnings})


def _in_their_files(grains: Sequence[Grain], styles: Sequence[StyleSource]) -> list[Grain]:
    """Grains with the seconds of a style counted from where its file starts, at its own speed."""

    def moved(grain: Grain) -> Grain:
        report = styles[grain.style].report
        speed = 1.0 if report.match is None else report.match.speed
        return replace(
            grain,
            style_start_s=report.offset_s + grain.style_start_s * speed,
            style_stop_s=report.offset_s + grain.style_stop_s * speed,
        )

    return [moved(grain) for grain in grains]


def _with_whole_path(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings for the recipe, whose weights are found from any folder."""
    weights = settings.get("weights")
    return settings | ({"weights": str(Path(weights).absolute())} if weights else {})
