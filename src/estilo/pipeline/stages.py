"""From a recording to an engine's output at the recording's own rate, and on from there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from estilo.analysis.loops import is_loop
from estilo.analysis.transcription.heard import Transcription
from estilo.audio import Audio
from estilo.engines.building import build_engine, engine_rate
from estilo.engines.refining import refinement
from estilo.engines.style_files import CodedStyle
from estilo.errors import Cancelled
from estilo.pipeline import running
from estilo.pipeline.balance import rebalanced
from estilo.pipeline.ends import Ends
from estilo.pipeline.plan import Plan
from estilo.pipeline.preparing import Content
from estilo.pipeline.running import Outcome
from estilo.pipeline.watch import Watch, parts_of


@dataclass(frozen=True)
class Styles:
    """What the content is to sound like.

    Args:
        recordings: style files only for an engine that takes them.
        weights: one each, summing to 1.
    """

    recordings: Sequence[Audio | CodedStyle]
    weights: Sequence[float]


class Run(Protocol):
    """An engine, ready to run: `run_stages` but for its settings."""

    def __call__(self, content: Audio, styles: Styles, /, *, watch: Watch) -> Outcome:
        """Make the output from the content and the styles.

        Args:
            content: recording whose parts are kept.
            styles: recordings or style files whose sound is taken.
            watch: progress and cancelling.
        """
        ...


def run_stages(
    plan: Plan,
    content: Audio,
    styles: Styles,
    *,
    watch: Watch,
    notes: Transcription | None = None,
) -> Outcome:
    """An engine's output, refined where that was asked for.

    Args:
        plan: engine, settings, refinement, seed and device.
        content: the content that the engine works on; it hears no offset, drift and bursts of it.
        styles: styles whose sound is taken.
        watch: progress and cancellation.
        notes: notes of the content where they are written and it has no sound.

    Returns:
        What the last engine made, at the content's rate and length, and how its losses went.
    """
    prepared = Content(content) if plan.returns_content else Content.of(content)
    outcome = _outcome(plan, prepared.audio, styles, watch=watch, notes=notes)
    prepared.restore(outcome.samples)
    return outcome


def _outcome(
    plan: Plan,
    content: Audio,
    styles: Styles,
    *,
    watch: Watch,
    notes: Transcription | None,
) -> Outcome:
    """What one engine makes, and a second one of it where that was asked for."""
    watch, watch_of_second = parts_of(watch, 2) if plan.refining else (watch, watch)
    if notes is not None:
        outcome = _at_content_rate(plan, content, styles, watch=watch, notes=notes)
    else:
        goes_round = is_loop(content.samples, content.sample_rate)
        outcome = _within_ends(plan, content, styles, is_loop=goes_round, watch=watch)
    if not (plan.refining and outcome.is_complete):
        return outcome
    made = Audio(outcome.samples, content.sample_rate)
    keeps = plan.settings.refining_keeps
    kept, start = (content, made) if keeps == "content" else (made, None)
    engine, settings = refinement(plan.refining, keeps=keeps)
    second = plan.settled(engine=engine, settings=settings, feature_network=None)
    try:
        refined = _within_ends(
            second, kept, styles, is_loop=outcome.is_loop, watch=watch_of_second, start=start
        )
    except Cancelled:
        if not watch.keep_best:
            raise
        outcome.is_complete = False
        return outcome
    return replace(
        refined, weights_id=outcome.weights_id, grains=outcome.grains, remarks=outcome.remarks
    )


def _within_ends(
    plan: Plan,
    content: Audio,
    styles: Styles,
    *,
    is_loop: bool,
    watch: Watch,
    start: Audio | None = None,
) -> Outcome:
    """What one engine makes of content that goes on beyond its ends, cut to them again."""
    ends = Ends.of(content, plan.settings, is_loop=is_loop)
    outcome = _at_content_rate(
        plan,
        ends.around(content),
        styles,
        watch=ends.watched(watch),
        start=None if start is None else ends.around(start),
    )
    outcome = ends.cut(outcome)
    return replace(outcome, samples=rebalanced(outcome.samples, content.samples))


def _at_content_rate(
    plan: Plan,
    content: Audio,
    styles: Styles,
    *,
    watch: Watch,
    start: Audio | None = None,
    notes: Transcription | None = None,
) -> Outcome:
    """What one engine makes, at the content's rate."""
    rate = engine_rate(plan.settings, content.sample_rate)
    engine = build_engine(
        plan.engine, plan.settings, allocate=running.allocate, network=plan.feature_network
    )
    outcome = running.run_engine(
        engine,
        content,
        styles.recordings,
        styles.weights,
        sample_rate=rate,
        n_samples=max(1, round(content.n_samples * rate / content.sample_rate)),
        seed=plan.seed,
        device=plan.device,
        watch=watch,
        start=start,
        notes=notes,
    )
    outcome.samples = running.to_content_rate(
        outcome.samples, content, rate, keeps_highs=plan.settings.working_rate_hz is None
    )
    return outcome
