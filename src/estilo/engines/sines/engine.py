"""The engine that takes a recording apart into sines and a residual, and gives style to both."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from estilo.dsp.extension import extended
from estilo.dsp.sinusoidal.analysis import SineAnalysis
from estilo.dsp.sinusoidal.parts import Decomposition, split
from estilo.dsp.sinusoidal.synthesis import synthesise
from estilo.dsp.sinusoidal.tracks import Tracks
from estilo.dsp.stft import power_of_two_near
from estilo.engines.base import Engine, Progress, Task, content_of
from estilo.engines.excerpts import (
    SHORTEST_S,
    SILENCE,
    excerpts,
    repeated,
    require_sound,
    root_mean_square,
)
from estilo.engines.optimise.engine import OptimiseEngine, OptimiseState
from estilo.engines.optimise.lengths import require_length
from estilo.engines.optimise.settings import OptimiseSettings
from estilo.engines.optimise.terms import LEVEL
from estilo.engines.optimise.transport import transport_share
from estilo.engines.sines.envelopes import EnvelopeTransport
from estilo.engines.sines.motion import (
    Manner,
    onset_gains_db,
    with_frequencies,
    with_vibrato,
)
from estilo.engines.sines.settings import SinesSettings

_STYLE_S = 24.0  # of all styles together
_LEAST_SHARE_S = 4.0  # of each of many styles
_CONTENT_S = 12.0  # that stand for the whole content
_SHORTEST_S = 0.25
_MARGIN_S = 0.093
_MOST_NOISE_DB = 20.0
_NO_NOISE_DB = -60.0  # of the whole: less than that holds no statistics


@dataclass(frozen=True)
class Side:
    """Stretches of the content or of the styles, taken apart.

    Args:
        parts: one each.
        weights: one each.
    """

    parts: list[Decomposition]
    weights: tuple[float, ...]

    @property
    def tracks(self) -> list[Tracks]:
        """Tracks of the sines of each stretch."""
        return [part.tracks for part in self.parts]

    @property
    def noise_level_db(self) -> float:
        """Level of the noise against that of the whole, in dB."""
        noise, whole = (
            root_mean_square(torch.cat(each))
            for each in (
                [part.noise for part in self.parts],
                [part.noise + part.transients + part.sines for part in self.parts],
            )
        )
        return 20.0 * math.log10(max(noise / whole, 1e-6))


@dataclass(frozen=True)
class Shared:
    """What all windows of a task have in common.

    Args:
        gain: takes the content to the level that it is worked on at.
        transport: transport of the envelope.
        own: how the content's tracks move.
        goal: how those of the styles do.
        noise_gain_db: gain of the noise as a whole, in dB.
        noise: what the engine of the noise shares, where there is one.
        sines: what the engine of the sinusoidal part shares, where there is one.
    """

    gain: float
    transport: EnvelopeTransport
    own: Manner
    goal: Manner
    noise_gain_db: float
    noise: Any
    sines: Any


@dataclass
class Inner:
    """An engine at work on one part of a window.

    Args:
        engine: engine that changes the part.
        state: its state.
    """

    engine: OptimiseEngine
    state: OptimiseState

    @classmethod
    def begun(cls, engine: OptimiseEngine | None, waveform: Tensor, task: Task, shared: Any) -> Any:
        """An engine at work on a waveform; None where there is nothing to do for it.

        Args:
            engine: engine that works; None where nothing is to be done.
            waveform: ``(time,)``.
            task: the window that the waveform is a part of.
            shared: what the engine's `Engine.prepare` gave for the whole task.
        """
        if engine is None or shared is None:
            return None
        own = replace(task, content=waveform[None], n_samples=len(waveform))
        return cls(engine, engine.init(own, shared))

    @property
    def is_done(self) -> bool:
        """Whether more would change nothing."""
        return self.engine.is_done(self.state)

    def step(self) -> None:
        """One step further."""
        self.state = self.engine.step(self.state)

    def finish(self) -> Tensor:
        """The best so far, ``(time,)``."""
        return self.engine.finish(self.state)[0]


@dataclass
class SinesState:
    """Where one window stands.

    Args:
        task: what the engine was asked for, in one window.
        shared: what all windows share; None where nothing is to be done.
        margin: number of samples that the content was extended by on each side.
        n_steps: number of steps that were taken.
        parts: sines, transients and noise of the content; None before they are split.
        sines: changed sines, ``(time,)``; None before they are changed.
        inner_sines: engine at work on the sines, if any.
        inner_noise: engine at work on the noise, if any.
    """

    task: Task
    shared: Shared | None
    margin: int = 0
    n_steps: int = 0
    parts: Decomposition | None = None
    sines: Tensor | None = None
    inner_sines: Inner | None = None
    inner_noise: Inner | None = None

    @property
    def at_work(self) -> list[Inner]:
        """The engines within that have more to do."""
        inner = (self.inner_sines, self.inner_noise)
        return [each for each in inner if each is not None and not each.is_done]


class SinesEngine(Engine[SinesState]):
    """Gives the style's envelopes, onsets and vibrato to partials, and its noise to the residual.

    Works on one channel; `stereo.StereoWrapper` and `windowed.WindowedEngine` carry it to more
    channels and any length.

    Args:
        settings: all of them.
    """

    def __init__(self, settings: SinesSettings | None = None) -> None:
        self.settings = settings or SinesSettings()
        self._analysis = SineAnalysis(n_sines=self.settings.n_sines)
        given = self.settings.optimise
        self._of_sines = None if given is None else OptimiseEngine(given)
        self._of_noise = None
        if self.settings.residual == "restyle" and self._residual_share > 0.0:
            self._of_noise = OptimiseEngine(OptimiseSettings(strength=self._residual_share))

    @property
    def _residual_share(self) -> float:
        return self.settings.strength * self.settings.residual_strength

    def prepare(self, task: Task) -> Shared | None:
        """Statistics of the styles and of the whole content; see `Engine.prepare`.

        None where nothing is to be done: the content is silent, or the strength 0.

        Raises:
            SettingsError: there is no content.
            AudioFileError: a style is silent, or the content too short.
        """
        own = content_of(task)[0]
        require_sound(task.styles)
        shortest = round(SHORTEST_S * task.sample_rate)
        styles = [repeated(style[0], shortest=shortest) for style in task.styles]
        require_length(
            round(_SHORTEST_S * task.sample_rate),
            content=own,
            styles=styles,
            sample_rate=task.sample_rate,
        )
        if root_mean_square(own) < SILENCE or self.settings.strength == 0:
            return None
        content = self._side([own], (1.0,), task, seconds=_CONTENT_S)
        style = self._side(styles, task.style_weights, task, seconds=_STYLE_S)
        style_noise_db = style.noise_level_db
        noise_db = style_noise_db - content.noise_level_db
        noise, sines = None, None
        if self._of_noise is not None and style_noise_db > _NO_NOISE_DB:
            noise = _prepared(self._of_noise, task, content, style, "noise")
        if self._of_sines is not None:
            sines = _prepared(self._of_sines, task, content, style, "sines")
        return Shared(
            gain=self._gain(own),
            transport=EnvelopeTransport.between(content.tracks, style.tracks, style.weights),
            own=Manner.of(content.tracks, content.weights),
            goal=Manner.of(style.tracks, style.weights),
            noise_gain_db=max(-_MOST_NOISE_DB, min(_MOST_NOISE_DB, noise_db)),
            noise=noise,
            sines=sines,
        )

    def init(self, task: Task, shared: Shared | None) -> SinesState:
        """Nothing is computed yet; see `Engine.init`.

        Args:
            task: the whole task, or one window of it.
            shared: shared part from `prepare`, of the whole task.
        """
        assert task.content is not None  # noqa: S101 - prepare refuses
        if root_mean_square(task.content[0]) < SILENCE:
            return SinesState(task, None)
        return SinesState(task, shared)

    def step(self, state: SinesState) -> SinesState:
        """Take apart, change the sines, then step by step the residual; see `Engine.step`."""
        shared = state.shared
        assert shared is not None  # noqa: S101 - done otherwise
        if state.parts is None:
            self._take_apart(state, shared)
        elif state.sines is None:
            state.sines = self._changed(state.parts.tracks, shared, length=len(state.parts.sines))
        else:
            state.at_work[0].step()
        state.n_steps += 1
        return state

    def is_done(self, state: SinesState) -> bool:
        """See `Engine.is_done`."""
        return state.shared is None or (state.sines is not None and not state.at_work)

    def finish(self, state: SinesState) -> Tensor:
        """What is there of sines and residual; the content before that; see `Engine.finish`."""
        shared, parts = state.shared, state.parts
        if shared is None or parts is None or state.sines is None:
            assert state.task.content is not None  # noqa: S101 - prepare refuses
            return state.task.content.clone()
        sines = state.sines
        if state.inner_sines is not None:
            sines = state.inner_sines.finish()
        output = (sines + self._residual(state, shared, parts)) / shared.gain
        return output[None, state.margin : len(output) - state.margin]

    def progress(self, state: SinesState) -> Progress:
        """Losses are those of the engine within that is at work, or was; see `Engine.progress`."""
        begun = [each for each in (state.inner_sines, state.inner_noise) if each is not None]
        latest = [*state.at_work, *begun[-1:]] if state.sines is not None else []
        told = latest[0].engine.progress(latest[0].state) if latest else None
        n_steps = 3 + sum(each.engine.settings.n_steps for each in begun)
        return Progress(
            fraction=1.0 if self.is_done(state) else state.n_steps / n_steps,
            stage="restyling" if state.parts is not None else "taking apart",
            step=state.n_steps,
            loss=None if told is None else told.loss,
            losses={} if told is None else told.losses,
        )

    def _gain(self, waveform: Tensor) -> float:
        """Takes a recording to `LEVEL`; where sines are optimised it is taken as it is."""
        return 1.0 if self._of_sines is not None else LEVEL / root_mean_square(waveform)

    def _side(
        self, waveforms: Sequence[Tensor], weights: Sequence[float], task: Task, *, seconds: float
    ) -> Side:
        longest = round(max(seconds / len(waveforms), _LEAST_SHARE_S) * task.sample_rate)
        parts: list[Decomposition] = []
        shares: list[float] = []
        for waveform, weight in zip(waveforms, weights, strict=True):
            chosen, gain = excerpts(waveform, longest=longest), self._gain(waveform)
            parts += [self._split(each * gain, task.sample_rate) for each in chosen]
            shares += [weight / len(chosen)] * len(chosen)
        return Side(parts, tuple(shares))

    def _split(self, waveform: Tensor, sample_rate: int) -> Decomposition:
        return split(waveform, sample_rate=sample_rate, analysis=self._analysis)

    def _take_apart(self, state: SinesState, shared: Shared) -> None:
        task = state.task
        assert task.content is not None  # noqa: S101 - prepare refuses
        state.margin = power_of_two_near(_MARGIN_S, sample_rate=task.sample_rate)
        longer = extended(task.content[0] * shared.gain, state.margin)
        parts = self._split(longer, task.sample_rate)
        state.parts = parts
        state.inner_sines = Inner.begun(self._of_sines, parts.sines, task, shared.sines)
        state.inner_noise = Inner.begun(self._of_noise, parts.noise, task, shared.noise)

    def _changed(self, tracks: Tracks, shared: Shared, *, length: int) -> Tensor:
        """The sines with the style's frequencies, vibrato, envelopes and onsets."""
        settings, own, goal = self.settings, shared.own, shared.goal
        if settings.optimise is not None:
            return synthesise(tracks, length=length)
        share = settings.strength
        # Levels are chosen where the content's partials were, as the content's levels are known.
        gains_db = shared.transport.gains_db(
            tracks, share=transport_share(share) * settings.envelope
        ) + onset_gains_db(tracks, own, goal, share=share * settings.attack)
        tracks = with_frequencies(tracks, own, goal, share=share * settings.frequencies)
        tracks = with_vibrato(tracks, own, goal, share=share * settings.vibrato)
        amplitude = tracks.amplitude * 10.0 ** (gains_db / 20.0)
        return synthesise(replace(tracks, amplitude=amplitude), length=length)

    def _residual(self, state: SinesState, shared: Shared, parts: Decomposition) -> Tensor:
        share = self._residual_share
        match self.settings.residual:
            case "keep":
                return parts.residual
            case "drop":
                return (1.0 - share) * parts.residual
            case _:
                noise = parts.noise
                if state.inner_noise is not None:
                    noise = state.inner_noise.finish()
                gain = 10.0 ** (share * shared.noise_gain_db / 20.0)
                return parts.transients + gain * noise


def _prepared(engine: OptimiseEngine, task: Task, content: Side, style: Side, part: str) -> Any:
    """What an engine of one part of the recordings needs of all of it.

    None where no style has anything of that part; what has none is left out.
    """
    own = torch.cat([getattr(each, part) for each in content.parts])[None]
    sides = zip((getattr(each, part) for each in style.parts), style.weights, strict=True)
    heard = [(side, weight) for side, weight in sides if root_mean_square(side) >= SILENCE]
    total = sum(weight for _, weight in heard)
    if not heard:
        return None
    return engine.prepare(
        replace(
            task,
            content=own,
            styles=tuple(side[None] for side, _ in heard),
            style_weights=tuple(weight / total for _, weight in heard),
            n_samples=own.shape[-1],
        )
    )
