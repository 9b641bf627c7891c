"""The engine that finds the output by gradient descent."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from estilo.dsp.eq import apply_gains, band_power, matching_gains
from estilo.dsp.extension import extended
from estilo.dsp.stft import power_of_two_near
from estilo.engines.base import Engine, Progress, Task
from estilo.engines.excerpts import (
    SHORTEST_S,
    SILENCE,
    excerpts,
    repeated,
    root_mean_square,
)
from estilo.engines.optimise.collage import collage
from estilo.engines.optimise.descent import Descent
from estilo.engines.optimise.settings import OptimiseSettings
from estilo.engines.optimise.styles import bandwidth_hz
from estilo.engines.optimise.terms import (
    LEVEL,
    Materials,
    frame_terms,
    objective,
    waveform_terms,
)
from estilo.engines.optimise.transport import N_BANDS, LevelTransport
from estilo.engines.optimise.variables import Frames, ShapedWaveform, Variable
from estilo.errors import AudioFileError, InputError
from estilo.features.base import Features
from estilo.losses.objective import Term
from estilo.representations import REPRESENTATIONS, traits_of
from estilo.representations.base import Representation
from estilo.representations.mel import Mel
from estilo.representations.traits import Traits

_STYLE_S = 30.0  # of all styles together: enough statistics, and a bounded cost per step;
_STYLE_VIEWS_S = 12.0  # less where the terms' frames come four times as fast
_LEAST_SHARE_S = 4.0  # of each of many styles, so that every excerpt holds the widest patch
_CONTENT_S = 10.0  # from which terms are calibrated
_MARGIN_S = 0.093  # by which the content is extended at its ends: a frame of the default transform
_N_EQ_BANDS = 24


@dataclass(frozen=True)
class Shared:
    """What all windows of a task have in common.

    Args:
        terms: terms of the loss by name.
        eq_db: gains that take the content to the style's average spectrum, per band, in dB.
        noise_eq_db: gains that take white noise there, per band, in dB.
        representation: representation whose frames are optimised.
        transport: map of levels from the content's to the style's; None where it is not used.
    """

    terms: dict[str, Term]
    eq_db: Tensor
    noise_eq_db: Tensor
    representation: Representation
    transport: LevelTransport | None


@dataclass
class OptimiseState:
    """Where the optimisation of one window stands.

    Args:
        task: what the engine was asked for, in one window.
        gain: factor that the result is multiplied by, as the optimisation works at a common level.
        margin: number of samples that the content was extended by on each side.
        n_steps: number of steps that were taken.
        variable: what is optimised; None where nothing is to be done.
        descent: optimiser of the variable; None where nothing is to be done.
    """

    task: Task
    gain: float
    margin: int = 0
    n_steps: int = 0
    variable: Variable | None = None
    descent: Descent | None = None

    def cut(self, waveform: Tensor) -> Tensor:
        """Without the margins that the content was extended by."""
        return waveform[self.margin : len(waveform) - self.margin]


class OptimiseEngine(Engine[OptimiseState]):
    """Optimises the output until it has the style's statistics and the content's structure.

    Works on one channel; `stereo.StereoWrapper` and `windowed.WindowedEngine` carry it to more
    channels and any length.

    Args:
        settings: all of them.
        network: a feature network that takes the place of the settings' own (any
            `features.module.ModuleFeatures`); frames of a magnitude representation only.

    Raises:
        InputError: a network is given where the representation has no frames for it.
    """

    def __init__(
        self, settings: OptimiseSettings | None = None, *, network: Features | None = None
    ) -> None:
        self.settings = settings or OptimiseSettings()
        self._network = network
        if network is not None and self._sees_waveform:
            raise InputError(
                "a network looks at the frames of a representation, and the one set is "
                f"{self.settings.representation!r}; set it to stft, mel or cqt"
            )

    @property
    def _sees_waveform(self) -> bool:
        return self._traits.compared == "waveform"

    @property
    def _traits(self) -> Traits:
        return traits_of(self.settings.representation)

    @property
    def _keeps_levels(self) -> bool:
        """Whether recordings are taken whole, at their own levels, as in the original methods."""
        return self.settings.content_weight is not None and not self.settings.standardise

    def prepare(self, task: Task) -> Shared:
        """Targets and calibration of the style terms; see `Engine.prepare`."""
        styles, weights = self._style_excerpts(task)
        power = sum(
            weight * band_power(style, sample_rate=task.sample_rate, n_bands=_N_EQ_BANDS)
            for style, weight in zip(styles, weights, strict=True)
        )
        power = torch.as_tensor(power)
        flat = torch.ones_like(power)
        noise_eq_db = matching_gains(flat, power)
        content = self._content_excerpt(task)
        if content is None:
            eq_db = noise_eq_db
            n_samples = min(task.n_samples, round(_CONTENT_S * task.sample_rate))
            reference = self._shaped_noise(task, noise_eq_db, n_samples=n_samples)
        else:
            own = band_power(content, sample_rate=task.sample_rate, n_bands=_N_EQ_BANDS)
            eq_db = matching_gains(own, power)
            reference = content
        materials = Materials(
            styles=styles,
            weights=weights,
            content=content,
            reference=reference,
            sample_rate=task.sample_rate,
            high_hz=bandwidth_hz(styles, task.sample_rate),
            seed=task.seed,
        )
        build: type[Representation] = REPRESENTATIONS[self.settings.representation]
        representation = build.from_settings(
            self.settings,
            sample_rate=task.sample_rate,
            high_hz=materials.high_hz,
            has_content=content is not None,
        ).for_styles(styles, weights)
        if self._sees_waveform:
            terms = waveform_terms(self.settings, materials)
        else:
            terms = frame_terms(self.settings, materials, representation, self._network)
        transport = self._transport(task, materials)
        return Shared(terms, eq_db, noise_eq_db, representation, transport)

    def init(self, task: Task, shared: Shared) -> OptimiseState:
        """The start, and the terms' content targets; see `Engine.init`.

        Where another engine has begun (`Task.start`), its output is both the start and what lends
        phases and fine structure; only the content terms still know of the content.

        Args:
            task: the whole task, or one window of it.
            shared: shared part from `prepare`, of the whole task.
        """
        own = None if task.content is None else task.content[0]
        level = LEVEL if own is None else root_mean_square(own)
        if level < SILENCE or (own is not None and self.settings.strength == 0):
            return OptimiseState(task, gain=1.0)
        state = OptimiseState(task, gain=1.0 if self._keeps_levels else level / LEVEL)
        if own is not None and self.settings.content_weight is None:
            state.margin = power_of_two_near(_MARGIN_S, sample_rate=task.sample_rate)
            own = extended(own, state.margin)
            task = replace(task, n_samples=len(own))
        content = None if own is None else own / state.gain
        if own is not None and shared.transport is not None:
            # What the content terms hold on to has the style's levels already.
            moved = shared.transport.apply(own, seed=task.seed)
            state.gain = max(root_mean_square(state.cut(moved)), SILENCE) / LEVEL
            start = kept = moved / state.gain
        else:
            start, kept = self._start(task, content, shared), content
        carrier = content
        if task.start is not None and root_mean_square(task.start[0]) >= SILENCE:
            begun = extended(task.start[0], state.margin) if state.margin else task.start[0]
            start = carrier = _at_level(begun)
        state.variable = self._variable(task, carrier, start, shared)
        with torch.no_grad():
            seen = kept
            if kept is not None and not self._sees_waveform:
                seen = shared.representation.analyse(kept[None])[0]
            goal = objective(self.settings, shared.terms, seen)
        variable = state.variable
        state.descent = Descent(
            variable.parameters,
            lambda: goal.evaluate(variable.candidate()),
            optimiser=self.settings.optimiser,
            learning_rate=self.settings.learning_rate,
        )
        return state

    def step(self, state: OptimiseState) -> OptimiseState:
        """One step of the optimiser; see `Engine.step`."""
        if state.descent is not None and state.variable is not None:
            state.descent.step()
            if self.settings.clamp_frames is not None:
                low, high = self.settings.clamp_frames
                with torch.no_grad():
                    state.variable.parameters[0].clamp_(low, high)
        state.n_steps += 1
        return state

    def is_done(self, state: OptimiseState) -> bool:
        """Whether all steps are done, or more would change nothing; see `Engine.is_done`."""
        descent = state.descent
        return descent is None or descent.is_converged or state.n_steps >= self.settings.n_steps

    def finish(self, state: OptimiseState) -> Tensor:
        """The best waveform at the content's level; see `Engine.finish`."""
        if state.descent is not None and self.settings.clamp_frames is None:
            state.descent.restore_best()
        return self._output(state)

    def preview(self, state: OptimiseState) -> Tensor | None:
        """The latest waveform, which need not be the best; see `Engine.preview`."""
        return self._output(state)

    def _output(self, state: OptimiseState) -> Tensor:
        """What the variable stands for now, at the content's level."""
        if state.variable is None or state.descent is None:
            task = state.task
            if task.content is None:
                return task.styles[0].new_zeros(1, task.n_samples)
            return task.content.clone()
        waveform = state.cut(state.variable.waveform())
        if state.task.content is not None and self.settings.content_weight is None:
            waveform = _at_level(waveform)
        return (waveform * state.gain)[None]

    def progress(self, state: OptimiseState) -> Progress:
        """Steps and losses; see `Engine.progress`."""
        descent = state.descent
        return Progress(
            fraction=1.0 if self.is_done(state) else state.n_steps / self.settings.n_steps,
            stage="optimising",
            step=state.n_steps,
            loss=descent.loss if descent is not None and state.n_steps else None,
            losses={} if descent is None else dict(descent.losses),
        )

    def _style_excerpts(self, task: Task) -> tuple[list[Tensor], tuple[float, ...]]:
        """Normalised stretches of the first channel of all styles, with their weights."""
        seconds = _STYLE_VIEWS_S if self._sees_waveform else _STYLE_S
        share_s = max(seconds / len(task.styles), _LEAST_SHARE_S)
        longest = round(share_s * task.sample_rate)
        parts: list[Tensor] = []
        weights: list[float] = []
        for i, (style, weight) in enumerate(zip(task.styles, task.style_weights, strict=True)):
            own = repeated(style[0], shortest=round(SHORTEST_S * task.sample_rate))
            level = root_mean_square(own)
            if level < SILENCE:
                raise AudioFileError(
                    f"style {i + 1} is silent: there is no style in it; give one with sound"
                )
            if self._keeps_levels:
                chosen = excerpts(own, longest=2 * longest)
            else:
                chosen = [each * (LEVEL / level) for each in excerpts(own, longest=longest)]
            parts += chosen
            weights += [weight / len(chosen)] * len(chosen)
        return parts, tuple(weights)

    def _content_excerpt(self, task: Task) -> Tensor | None:
        """A normalised stretch of the content, for calibration; None if it is silent or missing."""
        if task.content is None:
            return None
        parts = excerpts(task.content[0], longest=round(_CONTENT_S * task.sample_rate))
        whole = torch.cat(parts)
        level = root_mean_square(whole)
        if level < SILENCE:
            return torch.zeros_like(whole)
        return whole if self._keeps_levels else whole * (LEVEL / level)

    def _transport(self, task: Task, materials: Materials) -> LevelTransport | None:
        if self.settings.start != "transport" or materials.content is None:
            return None
        if not bool(materials.content.any()):
            return None
        n_fft = power_of_two_near(_MARGIN_S, sample_rate=task.sample_rate)
        mel = Mel(
            sample_rate=task.sample_rate,
            n_bands=N_BANDS,
            n_fft=n_fft,
            hop_length=n_fft // 4,
            high_hz=materials.high_hz,
            phase="content",
        )
        assert task.content is not None  # noqa: S101 - as its material is there
        parts = excerpts(task.content[0], longest=round(_STYLE_S * task.sample_rate))
        return LevelTransport.between(
            parts,
            materials.styles,
            materials.weights,
            mel=mel.for_styles(materials.styles, materials.weights),
            strength=self.settings.strength,
            seed=task.seed,
        )

    def _start(self, task: Task, content: Tensor | None, shared: Shared) -> Tensor:
        """Waveform ``(time,)`` at `LEVEL` that the optimisation starts from."""
        kind = self.settings.start
        if kind == "zeros":
            return 1e-3 * _noise(task)
        if content is None and kind == "transport":
            styles, weights = self._style_excerpts(task)
            start = collage(
                styles,
                weights,
                sample_rate=task.sample_rate,
                n_samples=task.n_samples,
                seed=task.seed,
            )
            return _at_level(start)
        if content is None or kind == "noise":
            return self._shaped_noise(task, shared.noise_eq_db, n_samples=task.n_samples)
        if kind == "content":
            return content
        gains_db = self.settings.strength * shared.eq_db
        start = apply_gains(content, gains_db, sample_rate=task.sample_rate)
        return _at_level(start)

    def _variable(
        self, task: Task, carrier: Tensor | None, start: Tensor, shared: Shared
    ) -> Variable:
        if self._traits.is_waveform:
            return ShapedWaveform(start, sample_rate=task.sample_rate)
        return Frames(
            shared.representation.analyse(start[None])[0],
            representation=shared.representation,
            length=task.n_samples,
            reference=carrier,
            generator=torch.Generator().manual_seed(task.seed),
            is_seen_as_waveform=self._sees_waveform,
        )

    def _shaped_noise(self, task: Task, gains_db: Tensor, *, n_samples: int) -> Tensor:
        noise = apply_gains(_noise(task)[:n_samples], gains_db, sample_rate=task.sample_rate)
        return _at_level(noise)


def _at_level(waveform: Tensor) -> Tensor:
    return waveform * (LEVEL / max(root_mean_square(waveform), 1e-9))


def _noise(task: Task) -> Tensor:
    """White noise of the task's length and seed, drawn on the CPU so that devices agree."""
    generator = torch.Generator().manual_seed(task.seed)
    return torch.randn(task.n_samples, generator=generator).to(task.styles[0])
