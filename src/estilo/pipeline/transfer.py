"""Transfer and texture: recordings in, a recording and its report out."""

import os
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from estilo.audio import Audio
from estilo.engines.refining import check_refinable
from estilo.engines.style_files import engines_that_take, takes
from estilo.errors import SettingsError
from estilo.pipeline.levels import matched
from estilo.pipeline.matching import checked_matches, matched_styles
from estilo.pipeline.regions import place_of
from estilo.pipeline.report import LevelReport, Report
from estilo.pipeline.reporting import report_of, scored
from estilo.pipeline.scope import Scope, Sound
from estilo.pipeline.sources import (
    CodedSource,
    Recording,
    Source,
    StyleSource,
    as_clip,
    read_source,
    read_styles,
    refuse_places,
    with_audio,
)
from estilo.presets import (
    Preset,
    build_settings,
    load_preset,
    merged_settings,
    raw_preset_names,
)
from estilo.presets.texture import DEFAULT_REALISM, texture_settings

if TYPE_CHECKING:
    from estilo.engines.base import Cancel, OnStep
    from estilo.features.base import Features
    from estilo.pipeline.running import Outcome, Watch


_LARGEST_SEED = 2**62
_MOST_THREADS = 1024


@dataclass(frozen=True)
class TransferResult:
    """What came out, and everything about how.

    Args:
        audio: the output: the content's length, rate and channels.
        report: inputs, settings, versions, losses, levels and timings: the recipe.
        tags: title, artist and so on of the content, to be kept.
    """

    audio: Audio
    report: Report
    tags: dict[str, str] = field(default_factory=dict)


class Transfer:
    """One way of working, for as many recordings as come.

    Args:
        engine: name of the engine (`estilo.engines.ENGINES`); the preset's, or ``optimise``;
            ``auto`` chooses by what content and styles are.
        preset: a preset's name or the path of a TOML file.
        strength: how much style, 0 to 1, where the engine lets one choose.
        refine: how far the engine ``optimise`` goes on from what the engine has made, 0 to 1:
            nearer to the styles' sound, further from the content's notes (from a mosaic, which has
            lost some of them, nearer). Multiplied by the strength; 0, or what the preset says, if
            not given.
        match: ``"tempo"`` and ``"key"``, one or both: the styles are stretched to the content's
            tempo and shifted to its key first, see `estilo.matching`.
        mix: crossfade from the content (0) to the result (1), after levels are matched.
        on: the sound that is changed: ``all``, or only the ``harmonic`` or the ``percussive`` part
            of the content; the other is added back untouched.
        mask: path of a PNG that says where the styles apply, see `estilo.pipeline.masks.read_mask`.
        formants: how far the content's are kept, 0 to 1: a voice keeps its vowels.
        formant_shift_semitones: how far formants are moved, apart from the pitch.
        raw: what the preset's ancestor would have written: mono, cut, at its own rate and level.
        seed: of every random draw; equal seeds give equal samples.
        device: ``"cpu"`` or ``"cuda"``.
        threads: of the processor; chosen if not given, see `estilo.threads`.
        feature_network: in place of the one that the settings describe under ``network`` (any
            `estilo.features.module.ModuleFeatures`), whose weights are not part of the recipe; a
            mapping stands for the settings' own.
        scores: measure what came out, see `estilo.pipeline.scoring`; about 0.1 s per second.
        settings: any settings of the engine by name, on top of the preset's.

    Raises:
        SettingsError: an unknown name, or a value out of its bounds.

    Example:
        >>> import numpy as np
        >>> tone = Audio(0.1 * np.sin(0.2 * np.arange(8000)), 8000)
        >>> noise = Audio(0.1 * np.random.default_rng(0).normal(size=8000), 8000)
        >>> result = Transfer(strength=0.5, n_steps=2)(tone, noise)
        >>> result.audio.n_samples
        8000
    """

    def __init__(
        self,
        *,
        engine: str | None = None,
        preset: str | None = None,
        strength: float | None = None,
        refine: float | None = None,
        match: str | Sequence[str] = (),
        mix: float = 1.0,
        on: Sound = "all",
        mask: "str | os.PathLike[str] | None" = None,
        formants: float = 0.0,
        formant_shift_semitones: float = 0.0,
        raw: bool = False,
        seed: int = 0,
        device: str = "cpu",
        threads: int | None = None,
        feature_network: "Features | None" = None,
        scores: bool = True,
        **settings: Any,
    ) -> None:
        chosen = Preset(summary="defaults") if preset is None else load_preset(preset)
        if raw and chosen.raw is None:
            raise SettingsError(
                "raw writes what the original method of a preset would have written; "
                f"name such a preset: {', '.join(raw_preset_names())}"
            )
        if not 0.0 <= mix <= 1.0:
            raise SettingsError(f"mix must lie between 0 and 1, got {mix}")
        if threads is not None and not 1 <= threads <= _MOST_THREADS:
            raise SettingsError(f"threads must lie between 1 and {_MOST_THREADS}, got {threads}")
        if not 0 <= seed <= _LARGEST_SEED:
            raise SettingsError(f"seed must lie between 0 and {_LARGEST_SEED}, got {seed}")
        if raw and (mix != 1.0 or strength == 0 or match):
            raise SettingsError(
                "raw writes what the preset's ancestor would have written, which knew neither mix "
                "nor match nor strength 0; leave them out, or leave out raw"
            )
        if strength is not None:
            settings["strength"] = strength
        self.preset = preset
        self.engine = engine or chosen.engine
        if preset is not None and self.engine != chosen.engine:
            raise SettingsError(
                f"preset {preset!r} is of engine {chosen.engine!r}, and engine {engine!r} was "
                "asked for; name one of the two"
            )
        self.settings = build_settings(self.engine, merged_settings(chosen.settings, settings))
        self.refine = chosen.refine if refine is None else refine
        self._check_refine()
        self.choice: str | None = None
        self.match = checked_matches(match)
        self.mix = mix
        self.scope = Scope.of(
            mask, on=on, formants=formants, formant_shift_semitones=formant_shift_semitones
        )
        if raw and not self.scope.is_whole:
            raise SettingsError(
                "raw writes what the preset's ancestor would have written, which knew neither on, "
                "mask nor formants; leave them out, or leave out raw"
            )
        self.raw = chosen.raw if raw else None
        self.seed = seed
        self.device = device
        self.threads = threads
        self.feature_network = feature_network
        self.is_scored = scores
        if feature_network is not None:
            from estilo.engines.building import check_network

            check_network(self.engine, feature_network)

    def __call__(
        self,
        content: Recording,
        styles: Recording | Sequence[Recording],
        *,
        style_weights: Sequence[float] | None = None,
        on_progress: "OnStep | None" = None,
        cancel: "Cancel | None" = None,
        keep_best: bool = False,
    ) -> TransferResult:
        """The content in the style of the styles.

        Args:
            content: path, `Audio` or `Clip`.
            styles: one or several of the same; where the engine takes them, also style files.
            style_weights: shares of several styles; equal if not given.
            on_progress: called after every step.
            cancel: asked before every step.
            keep_best: when cancelled, return the best so far instead of raising.

        Raises:
            InputError: something that was given cannot be used.
            Cancelled: `cancel` was set.
            DivergenceError: the optimisation turned non-finite three times.
        """
        from estilo.pipeline.raw import run_raw
        from estilo.pipeline.running import Clock, Outcome, Watch, environment

        clock = Clock()
        style_sources = heard = self._playable(read_styles(styles, style_weights))
        if self.raw is not None:
            refuse_places(style_sources, "raw")
        source = read_source(as_clip(content), name="content")
        clock.lap("read")
        watch = Watch(on_progress, cancel, keep_best)
        audio, level, way = source.audio, None, self
        with environment(self.threads):
            returns_content = self.settings.returns_content and not self._refining
            returns_content = returns_content and not self.scope.formant_shift_semitones
            if returns_content or self.mix == 0.0:
                outcome = Outcome(audio.samples)
            elif self.raw is not None:
                recordings = with_audio(style_sources, wanted_by="raw")
                outcome = run_raw(self, audio, recordings, watch)
                clock.lap("engine")
                audio = Audio(outcome.samples, self.raw.sample_rate_hz)
            else:
                if self.match:
                    heard = matched_styles(audio, style_sources, self.match)
                    clock.lap("match")
                way = self._settled(audio, heard)
                if way is not self:
                    clock.lap("choose")
                outcome = way._run(audio, heard, watch)
                clock.lap("engine")
                audio, level = self._restore(outcome.samples, audio)
        clock.lap("levels")
        report = report_of(way, heard, audio, outcome, level, content=source)
        if self.is_scored:
            report = scored(report, audio, style_sources, clock, content=source)
        report = report.model_copy(update={"timings_s": clock.laps})
        return TransferResult(audio, report, dict(source.info.tags) if source.info else {})

    @classmethod
    def for_texture(cls, *, realism: float | None = None, **options: Any) -> "Transfer":
        """A way of working that suits `texture`.

        Args:
            realism: 0 to 1: how close to the styles, at the price of copying them.
            options: those of `Transfer`; a preset, another engine or a magnitude representation
                brings its own statistics, which realism does not set.

        Raises:
            SettingsError: as in `Transfer`, or realism beside a preset, another engine or such a
                representation.
        """
        representation = options.get("representation", "waveform")
        is_other = options.get("preset") is not None or options.get("engine") not in (
            None,
            "optimise",
        )
        if is_other or representation not in ("waveform", "real-imag"):
            if realism is not None:
                raise SettingsError(
                    "realism sets the statistics of the default texture; leave it out, or leave "
                    "out the preset, the engine and the representation"
                )
            return cls(**options)
        base = texture_settings(DEFAULT_REALISM if realism is None else realism)
        return cls(**{**base, **options})

    def texture(
        self,
        styles: Recording | Sequence[Recording],
        *,
        seconds: float,
        style_weights: Sequence[float] | None = None,
        on_progress: "OnStep | None" = None,
        cancel: "Cancel | None" = None,
        keep_best: bool = False,
    ) -> TransferResult:
        """New audio with the texture of the styles, and no content.

        Args:
            styles: one or several of path, `Audio` or `Clip`; the first one's rate, loudness and
                channels (mono or stereo) are taken.
            seconds: length of the output.
            style_weights: as in `Transfer.__call__`.
            on_progress: as in `Transfer.__call__`.
            cancel: as in `Transfer.__call__`.
            keep_best: as in `Transfer.__call__`.

        Raises:
            InputError: as in `Transfer.__call__`.
            Cancelled: as in `Transfer.__call__`.
        """
        from estilo.pipeline.running import Clock, Watch, environment
        from estilo.pipeline.texture import run_texture

        clock = Clock()
        if self.settings.chooses_engine:
            raise SettingsError(
                f"the engine {self.engine!r} chooses by the content, and a texture has none; "
                "choose another engine"
            )
        if not 0 < seconds < float("inf"):
            raise SettingsError(f"seconds must be positive, got {seconds}")
        is_plain = self.scope.is_whole and self.mix == 1.0 and not self.refine and not self.match
        if not is_plain or self.raw is not None:
            raise SettingsError(
                "a texture has no content: match, mix, refine and raw mean nothing, nor do on, "
                "mask and formants; leave them out"
            )
        sources = with_audio(read_styles(styles, style_weights), wanted_by="a texture")
        refuse_places(sources, "a texture")
        clock.lap("read")
        watch = Watch(on_progress, cancel, keep_best)
        with environment(self.threads):
            outcome = run_texture(self, sources, seconds, watch)
        clock.lap("engine")
        first = sources[0].audio
        audio, level = matched(outcome.samples, first)
        clock.lap("levels")
        report = report_of(self, sources, audio, outcome, level, content=None)
        if self.is_scored:
            report = scored(report, audio, sources, clock, content=None)
        report = report.model_copy(update={"seconds": seconds, "timings_s": clock.laps})
        return TransferResult(audio, report)

    @property
    def _refining(self) -> float:
        return self.refine * self.settings.amount

    def _check_refine(self) -> None:
        if not 0.0 <= self.refine <= 1.0:
            raise SettingsError(f"refine must lie between 0 and 1, got {self.refine}")
        if self.refine:
            check_refinable(self.engine)

    def _settled(self, content: Audio, styles: Sequence[StyleSource]) -> "Transfer":
        """This way of working, with an engine where it leaves that open."""
        if not self.settings.chooses_engine:
            return self
        from estilo.engines.choosing import choose_engine

        heard = [style.audio if isinstance(style, Source) else style.file for style in styles]
        names = [_name(style, number) for number, style in enumerate(styles, start=1)]
        choice, settled = choose_engine(self.settings, content, heard, names=names), copy(self)
        settled.engine = choice.engine
        settled.settings = build_settings(choice.engine, choice.settings)
        settled.refine = choice.refine
        settled.choice = choice.words
        return settled

    def _playable(self, styles: list[StyleSource]) -> list[StyleSource]:
        for style in styles:
            if isinstance(style, CodedSource) and not takes(self.settings, style.format):
                others = " or ".join(map(repr, engines_that_take(style.format)))
                hint = f"give a recording, or choose the engine {others}"
                with_audio([style], wanted_by=f"the engine {self.engine!r}", hint=hint)
        if self._refining and not self.settings.chooses_engine:
            with_audio(styles, wanted_by="refine", hint="give a recording, or set refine to 0")
        return styles

    def _run(self, content: Audio, styles: Sequence[StyleSource], watch: "Watch") -> "Outcome":
        from estilo.pipeline import running
        from estilo.pipeline.parts import run_parts
        from estilo.pipeline.stages import Stage, Styles, run_stages

        running.check_device(self.device)
        return run_parts(
            partial(
                run_stages,
                Stage(self.engine, self.settings, self.feature_network),
                refine=self._refining,
                seed=self.seed,
                device=self.device,
            ),
            content,
            Styles(
                [style.audio if isinstance(style, Source) else style.file for style in styles],
                [style.report.weight or 1.0 for style in styles],
            ),
            places=[place_of(style.report.at) for style in styles],
            scope=self.scope,
            watch=watch,
        )

    def _restore(self, samples: np.ndarray, content: Audio) -> tuple[Audio, LevelReport]:
        from estilo.pipeline.running import mixed

        audio, level = matched(samples, content)
        if self.mix == 1.0:
            return audio, level
        # The two may cancel or add up, so the mix is brought to the content's level once more.
        return matched(mixed(audio.samples, content.samples, self.mix), content)


def _name(style: StyleSource, number: int) -> str:
    path = style.report.path
    return str(number) if path is None else Path(path).name
