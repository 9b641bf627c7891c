"""From a recording to an engine's output at the recording's own rate, and on from there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from estilo.audio import Audio
from estilo.engines.building import build_engine, engine_rate
from estilo.engines.refining import refinement
from estilo.engines.settings import EngineSettings
from estilo.engines.style_files import CodedStyle
from estilo.errors import Cancelled
from estilo.features.base import Features
from estilo.pipeline import running
from estilo.pipeline.running import Outcome, Watch, parts_of


@dataclass(frozen=True)
class Stage:
    """An engine and what it is told.

    Args:
        engine: its name.
        settings: its own.
        network: of features, where one was given in Python.
    """

    engine: str
    settings: EngineSettings
    network: Features | None = None


@dataclass(frozen=True)
class Styles:
    """What a content is to sound like.

    Args:
        recordings: style files only for an engine that takes them.
        weights: one each, summing to 1.
    """

    recordings: Sequence[Audio | CodedStyle]
    weights: Sequence[float]


def run_stages(
    first: Stage,
    content: Audio,
    styles: Styles,
    *,
    refine: float,
    seed: int,
    device: str,
    watch: Watch,
) -> Outcome:
    """An engine's output, refined.

    Args:
        first: the engine.
        content: that it works on.
        styles: whose sound is taken.
        refine: strength of the refining engine, which goes on from what the first has made; 0 to
            leave it at that.
        seed: of every random draw.
        device: where engines compute.
        watch: progress and cancellation.

    Returns:
        What the last engine made, at the content's rate and length, and how its losses went.
    """
    watch, watch_of_second = parts_of(watch, 2) if refine else (watch, watch)
    outcome = _run(first, content, styles, seed=seed, device=device, watch=watch)
    if not (refine and outcome.is_complete):
        return outcome
    made = Audio(outcome.samples, content.sample_rate)
    keeps = first.settings.refining_keeps
    kept, start = (content, made) if keeps == "content" else (made, None)
    second = Stage(*refinement(refine, keeps=keeps))
    options: dict[str, Any] = {"seed": seed, "device": device, "watch": watch_of_second}
    try:
        refined = _run(second, kept, styles, start=start, **options)
    except Cancelled:
        if not watch.keep_best:
            raise
        outcome.is_complete = False
        return outcome
    return replace(refined, weights_id=outcome.weights_id, grains=outcome.grains)


def _run(
    stage: Stage,
    content: Audio,
    styles: Styles,
    *,
    seed: int,
    device: str,
    watch: Watch,
    start: Audio | None = None,
) -> Outcome:
    rate = engine_rate(stage.settings, content.sample_rate)
    outcome = running.run_job(
        build_engine(
            stage.engine, stage.settings, allocate=running.allocate, network=stage.network
        ),
        content,
        styles.recordings,
        styles.weights,
        sample_rate=rate,
        n_samples=max(1, round(content.n_samples * rate / content.sample_rate)),
        seed=seed,
        device=device,
        watch=watch,
        start=start,
    )
    outcome.samples = running.to_content_rate(
        outcome.samples,
        content,
        rate,
        keeps_highs=stage.settings.working_rate_hz is None,
    )
    return outcome
