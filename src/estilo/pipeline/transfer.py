"""Transfer and texture: recordings in, a recording and its report out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from estilo.audio import Audio
from estilo.engines.style_files import engines_that_take, takes
from estilo.errors import SettingsError
from estilo.pipeline.clips import Recording, as_clip
from estilo.pipeline.levels import matched, restored
from estilo.pipeline.matching import matched_styles
from estilo.pipeline.options import with_options
from estilo.pipeline.plan import Plan
from estilo.pipeline.preparing import Content, calmed, prepared_styles
from estilo.pipeline.report import Report
from estilo.pipeline.sources import (
    CodedSource,
    Source,
    StyleSource,
    read_source,
    read_styles,
    refuse_places,
    with_audio,
)
from estilo.pipeline.written import is_written, played
from estilo.presets import build_settings
from estilo.surroundings import own_surroundings
from estilo.units import LONGEST_S

if TYPE_CHECKING:
    from estilo.engines.base import OnStep
    from estilo.pipeline.running import Outcome, Watch
    from estilo.pipeline.watch import AnyCancel


@dataclass(frozen=True)
class TransferResult:
    """What came out, and everything about how.

    Args:
        audio: the output: the content's length, rate and channels.
        report: inputs, plan, versions, losses, levels and timings: the recipe.
        tags: title, artist and so on of the content, to be kept.
        content: content as it was read; None for a texture.
        styles: styles as they were read; None for a style file, which has no audio.
    """

    audio: Audio
    report: Report
    tags: dict[str, str] = field(default_factory=dict)
    content: Audio | None = None
    styles: tuple[Audio | None, ...] = ()


@with_options
class Transfer:
    """One way of working, for as many recordings as come.

    Args:
        plan: all that is asked for; made of the options if not given.
        **options: those of a plan.

    Raises:
        InputError: the mask cannot be used.
        SettingsError: an unknown name, a value out of its bounds, or options that contradict each
            other.

    Example:
        >>> import numpy as np
        >>> tone = Audio(0.1 * np.sin(0.2 * np.arange(8000)), 8000)
        >>> noise = Audio(0.1 * np.random.default_rng(0).normal(size=8000), 8000)
        >>> result = Transfer(strength=0.5, n_steps=2)(tone, noise)
        >>> result.audio.n_samples
        8000
    """

    @own_surroundings()
    def __init__(self, plan: Plan | None = None, **options: Any) -> None:
        if plan is not None and options:
            raise SettingsError(
                f"a plan was given, and beside it {', '.join(options)}; make the plan with them"
            )
        self.plan = plan or Plan.of(**options)

    @classmethod
    def for_texture(cls, *, realism: float | None = None, **options: Any) -> "Transfer":
        """A way of working that suits `texture`.

        Args:
            realism: how close the texture is to the styles, 0 to 1, at the price of copying them.
            options: those of `Transfer`, see `Plan.for_texture`.

        Raises:
            SettingsError: as in `Plan.for_texture`.
        """
        return cls(Plan.for_texture(realism=realism, **options))

    @own_surroundings()
    def __call__(
        self,
        content: Recording,
        styles: Recording | Sequence[Recording],
        *,
        style_weights: Sequence[float] | None = None,
        on_progress: "OnStep | None" = None,
        cancel: "AnyCancel | None" = None,
        keep_best: bool = False,
    ) -> TransferResult:
        """The content in the style of the styles.

        Args:
            content: path, `Audio`, `estilo.Clip`, or an array with its sample rate in Hz; also path
                of a MIDI file, whose notes the styles play.
            styles: one or several recordings; where the engine takes them, also style files.
            style_weights: shares of several styles; equal if not given.
            on_progress: function that is called with an `estilo.Progress` after every
                step.
            cancel: token that is asked before every step: anything with ``is_set()``, or a function
                that returns whether to stop.
            keep_best: whether to return the best result so far, instead of raising, when the work
                was cancelled.

        Raises:
            InputError: something that was given cannot be used.
            Cancelled: `cancel` was set.
            DivergenceError: the optimisation turned non-finite three times.
        """
        from estilo.engines.building import check_styles
        from estilo.pipeline.reporting import report_of, scored
        from estilo.pipeline.running import Clock, Outcome, environment
        from estilo.pipeline.watch import Watch

        plan, clock = self.plan, Clock()
        style_sources = heard = read_styles(styles, style_weights)
        check_styles(plan.engine, len(style_sources))
        _refuse_unplayable(plan, style_sources)
        clip = as_clip(content)
        watch = Watch.of(on_progress, cancel, keep_best=keep_best)
        if is_written(clip):
            audio, report = played(plan, clip, style_sources, watch, clock)
            return TransferResult(audio, report, styles=_audios(style_sources))
        source = read_source(clip, name="content")
        clock.lap("read")
        audio, level = source.audio, None
        choice = None
        with environment(plan.threads):
            if plan.returns_content:
                outcome = Outcome(audio.samples)
            elif plan.raw is not None:
                outcome = _raw_outcome(plan, audio, style_sources, watch)
                clock.lap("engine")
                audio = Audio(outcome.samples, plan.raw.sample_rate_hz)
            else:
                if plan.match:
                    heard = matched_styles(
                        audio, style_sources, plan.match, tempo_bpm=plan.tempo_bpm
                    )
                    clock.lap("match")
                heard = prepared_styles(heard)
                clock.lap("prepare")
                if plan.settings.chooses_engine:
                    plan, choice = _chosen(plan, Content.of(audio).audio, heard)
                    clock.lap("choose")
                outcome = _engine_outcome(plan, audio, heard, watch)
                clock.lap("engine")
                audio, level = restored(outcome.samples, audio, plan, heard)
        clock.lap("levels")
        report = report_of(plan, source, heard, audio, outcome, level)
        if plan.scores:
            report = scored(report, source, style_sources, audio, clock)
        report = report.model_copy(update={"choice": choice, "timings_s": clock.laps})
        tags = dict(source.info.tags) if source.info else {}
        return TransferResult(audio, report, tags, source.audio, _audios(style_sources))

    @own_surroundings()
    def texture(
        self,
        styles: Recording | Sequence[Recording],
        *,
        seconds: float,
        style_weights: Sequence[float] | None = None,
        on_progress: "OnStep | None" = None,
        cancel: "AnyCancel | None" = None,
        keep_best: bool = False,
    ) -> TransferResult:
        """New audio with the texture of the styles, and no content.

        Args:
            styles: styles, as in `Transfer.__call__`; the first one's rate, loudness and channels
                (mono or stereo) are taken.
            seconds: length of the output, in seconds.
            style_weights: weights, as in `Transfer.__call__`.
            on_progress: function, as in `Transfer.__call__`.
            cancel: token, as in `Transfer.__call__`.
            keep_best: whether to return the best result so far, as in `Transfer.__call__`.

        Raises:
            InputError: as in `Transfer.__call__`.
            Cancelled: as in `Transfer.__call__`.
        """
        from estilo.pipeline.reporting import report_of, scored
        from estilo.pipeline.running import Clock, environment
        from estilo.pipeline.texture import run_texture
        from estilo.pipeline.watch import Watch

        plan, clock = self.plan, Clock()
        _refuse_no_texture(plan, seconds)
        sources = with_audio(read_styles(styles, style_weights), wanted_by="a texture")
        refuse_places(sources, "a texture")
        clock.lap("read")
        watch = Watch.of(on_progress, cancel, keep_best=keep_best)
        with environment(plan.threads):
            heard = calmed(sources)
            clock.lap("prepare")
            outcome = run_texture(plan, heard, seconds, watch)
        clock.lap("engine")
        audio, level = matched(outcome.samples, heard[0].audio)
        clock.lap("levels")
        report = report_of(plan, None, sources, audio, outcome, level, seconds=seconds)
        if plan.scores:
            report = scored(report, None, sources, audio, clock)
        report = report.model_copy(update={"timings_s": clock.laps})
        return TransferResult(audio, report, styles=_audios(sources))


@with_options
def transfer(
    content: Recording,
    style: Recording | Sequence[Recording],
    *,
    style_weights: Sequence[float] | None = None,
    on_progress: "OnStep | None" = None,
    cancel: "AnyCancel | None" = None,
    keep_best: bool = False,
    **options: Any,
) -> TransferResult:
    """The content in the style of one or more recordings.

    Args:
        content: path, `Audio`, `estilo.Clip`, or an array with its sample rate in Hz; also path of
            a MIDI file, whose notes the styles play.
        style: one or several recordings; where the engine takes them, also style files.
        style_weights: shares of several styles; equal if not given.
        on_progress: function that is called with an `estilo.Progress` after every
            step.
        cancel: token that is asked before every step: anything with ``is_set()``, or a function
            that returns whether to stop.
        keep_best: whether to return the best result so far, instead of raising, when the work was
            cancelled.
        **options: those of a plan.

    Raises:
        InputError: something that was given cannot be used.
        Cancelled: `cancel` was set.
        DivergenceError: the optimisation turned non-finite three times.
    """
    return Transfer(**options)(
        content,
        style,
        style_weights=style_weights,
        on_progress=on_progress,
        cancel=cancel,
        keep_best=keep_best,
    )


@with_options
def texture(
    styles: Recording | Sequence[Recording],
    *,
    seconds: float,
    realism: float | None = None,
    style_weights: Sequence[float] | None = None,
    on_progress: "OnStep | None" = None,
    cancel: "AnyCancel | None" = None,
    keep_best: bool = False,
    **options: Any,
) -> TransferResult:
    """New audio with the texture of one or more recordings.

    Args:
        styles: one or several of path, `Audio`, `estilo.Clip`, or an array with its sample rate in
            Hz.
        seconds: length of the output, in seconds.
        realism: how close the texture is to the styles, 0 to 1, at the price of copying them.
        style_weights: shares of several styles; equal if not given.
        on_progress: function that is called with an `estilo.Progress` after every
            step.
        cancel: token that is asked before every step: anything with ``is_set()``, or a function
            that returns whether to stop.
        keep_best: whether to return the best result so far, instead of raising, when the work was
            cancelled.
        **options: those of a plan.

    Raises:
        InputError: something that was given cannot be used.
        Cancelled: `cancel` was set.
    """
    return Transfer.for_texture(realism=realism, **options).texture(
        styles,
        seconds=seconds,
        style_weights=style_weights,
        on_progress=on_progress,
        cancel=cancel,
        keep_best=keep_best,
    )


def _refuse_unplayable(plan: Plan, styles: Sequence[StyleSource]) -> None:
    """Refuse styles that the plan has no use for."""
    if plan.raw is not None:
        refuse_places(styles, "raw")
    if plan.settings.chooses_engine:
        return
    for style in styles:
        if not isinstance(style, Source) and not takes(plan.settings, style.format):
            with_audio(
                [style],
                wanted_by=f"the engine {plan.engine!r}",
                hint=f"give a recording, or choose the engine {_takers(style)}",
            )
    if plan.refining:
        with_audio(styles, wanted_by="refine", hint="give a recording, or set refine to 0")


def _takers(style: CodedSource) -> str:
    return " or ".join(repr(name) for name in engines_that_take(style.format))


def _refuse_no_texture(plan: Plan, seconds: float) -> None:
    if plan.settings.chooses_engine:
        raise SettingsError(
            f"the engine {plan.engine!r} chooses by the content, and a texture has none; choose "
            "another engine"
        )
    if not 0 < seconds <= LONGEST_S:
        raise SettingsError(f"seconds must be positive, got {seconds}")
    is_plain = plan.is_whole and plan.mix == 1.0 and not plan.refine and not plan.match
    if not is_plain or plan.raw is not None:
        raise SettingsError(
            "a texture has no content: match, mix, refine and raw mean nothing, nor do on, "
            "mask and formants; leave them out"
        )


def _chosen(plan: Plan, content: Audio, styles: Sequence[StyleSource]) -> tuple[Plan, str]:
    """The plan with the engine that suits the recordings, and why, in words."""
    from estilo.engines.choosing import choose_engine

    names = [
        str(number) if style.clip.path is None else style.clip.path.name
        for number, style in enumerate(styles, start=1)
    ]
    choice = choose_engine(plan.settings, content, _heard(styles), names=names)
    settings = build_settings(choice.engine, choice.settings)
    chosen = plan.settled(engine=choice.engine, settings=settings, refine=choice.refine)
    return chosen, choice.words


def _raw_outcome(
    plan: Plan, content: Audio, styles: Sequence[StyleSource], watch: "Watch"
) -> "Outcome":
    from estilo.pipeline.raw import run_raw

    return run_raw(plan, content, with_audio(styles, wanted_by="raw"), watch)


def _engine_outcome(
    plan: Plan, content: Audio, styles: Sequence[StyleSource], watch: "Watch"
) -> "Outcome":
    from estilo.pipeline.bands import places_of
    from estilo.pipeline.parts import run_parts
    from estilo.pipeline.running import check_device
    from estilo.pipeline.stages import Styles, run_stages

    check_device(plan.device)
    places, said = places_of(plan, content, styles)
    outcome = run_parts(
        partial(run_stages, plan),
        content,
        Styles(_heard(styles), [style.weight for style in styles]),
        places=places,
        plan=plan,
        watch=watch,
    )
    outcome.remarks += said
    return outcome


def _heard(styles: Sequence[StyleSource]) -> list[Any]:
    return [style.audio if isinstance(style, Source) else style.file for style in styles]


def _audios(styles: Sequence[StyleSource]) -> tuple[Audio | None, ...]:
    return tuple(style.audio if isinstance(style, Source) else None for style in styles)
