"""The engine that rebuilds the content from grains of the styles."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from estilo.dsp.stft import istft, power_of_two_near, stft
from estilo.engines.base import Engine, Progress, Task, content_of
from estilo.engines.excerpts import SILENCE, require_sound, root_mean_square
from estilo.engines.grains import Grain
from estilo.engines.mosaic.activations import Activations, weighted_sum
from estilo.engines.mosaic.alignment import lags
from estilo.engines.mosaic.index import NONE, GrainIndex
from estilo.engines.mosaic.search import continued, missing, nearest
from estilo.engines.mosaic.settings import MosaicSettings

OVERLAP = 2  # frames per grain length
N_OFFERED = 8  # grains that a frame is offered at a time, besides those that play on
_UPDATES = 6
_FRAMES_AT_ONCE = 64
_FAINT = 1e-3  # of the loudest frame's magnitude: below it nobody asks which grain it was

# What is done in turn; updates of the levels come between.
SCHEDULE = ("nearest", "missing", "halve", "keep")


@dataclass
class MosaicState:
    """Where one window stands.

    Args:
        task: what the engine was asked for, in one window.
        index: grains of the styles.
        spectrum: complex spectrum of the content, ``(frames, bins)``; None where nothing is to be
            done.
        plan: names of the steps that are left.
        n_steps: number of steps that were taken.
        activations: levels of the chosen grains; None before they are chosen.
    """

    task: Task
    index: GrainIndex
    spectrum: Tensor | None = None
    plan: list[str] = field(default_factory=list)
    n_steps: int = 0
    activations: Activations | None = None


class MosaicEngine(Engine[MosaicState]):
    """Rebuilds the content from grains of the styles: their sound, phases included, its spectrum.

    For every frame a few grains are found by what they sound like in bands, then their levels by
    KL-NMF on all bins; the fewest that do are kept (`search`, `activations`). Works on one channel;
    `stereo.StereoWrapper` and `windowed.WindowedEngine` carry it to more channels and any length.

    Args:
        settings: all of them.
    """

    def __init__(self, settings: MosaicSettings | None = None) -> None:
        self.settings = settings or MosaicSettings()

    def prepare(self, task: Task) -> GrainIndex:
        """The grains; see `Engine.prepare`.

        Raises:
            SettingsError: there is no content.
            AudioFileError: a style is silent.
        """
        content_of(task)
        require_sound(task.styles)
        return GrainIndex(
            task,
            n_fft=self._n_fft(task),
            hop_length=self._n_fft(task) // OVERLAP,
            transposition=self.settings.transposition,
        )

    def init(self, task: Task, shared: GrainIndex) -> MosaicState:
        """The content's spectrum, and what will be done; see `Engine.init`.

        Args:
            task: the whole task, or one window of it.
            shared: the grains of the whole task, from `prepare`.
        """
        state = MosaicState(task, shared)
        assert task.content is not None  # noqa: S101 - prepare refuses
        own = task.content[0]
        if root_mean_square(own) < SILENCE or self.settings.strength == 0:
            return state
        n_fft = shared.n_fft
        state.spectrum = stft(own, n_fft=n_fft, hop_length=n_fft // OVERLAP).T
        state.plan = [step for each in SCHEDULE for step in (each, *["update"] * _UPDATES)]
        return state

    def step(self, state: MosaicState) -> MosaicState:
        """A search, an update or a choice; see `Engine.step`."""
        if not self.is_done(state):
            state.activations = self._next(state, state.plan[state.n_steps])
        state.n_steps += 1
        return state

    def is_done(self, state: MosaicState) -> bool:
        """See `Engine.is_done`."""
        return state.n_steps >= len(state.plan)

    def finish(self, state: MosaicState) -> Tensor:
        """The grains added up; see `Engine.finish`."""
        assert state.task.content is not None  # noqa: S101 - prepare refuses
        if state.activations is None or state.spectrum is None:
            return state.task.content.clone()
        chosen = self._chosen(state.activations)
        made = added_up(chosen, state.index, state.spectrum, sample_rate=state.task.sample_rate)
        share = self.settings.strength
        if share < 1.0:
            made = between(state.spectrum, made, share)
        n_fft = state.index.n_fft
        return istft(made.T, length=state.task.n_samples, n_fft=n_fft, hop_length=n_fft // OVERLAP)[
            None
        ]

    def preview(self, state: MosaicState) -> Tensor | None:
        """The grains of now, as adding them up changes nothing; see `Engine.preview`."""
        return self.finish(state)

    def progress(self, state: MosaicState) -> Progress:
        """Steps, and the divergence from the content; see `Engine.progress`."""
        loss = None if state.activations is None else state.activations.divergence()
        return Progress(
            fraction=1.0 if self.is_done(state) else state.n_steps / len(state.plan),
            stage="choosing grains",
            step=state.n_steps,
            loss=loss,
            losses={} if loss is None else {"divergence": loss},
        )

    def grains(self, state: MosaicState) -> list[Grain]:
        """The loudest grain of every frame, joined where one plays on; see `Engine.grains`."""
        if state.activations is None:
            return []
        return runs(self._chosen(state.activations), state.index, task=state.task)

    def _n_fft(self, task: Task) -> int:
        return power_of_two_near(self.settings.grain_s, sample_rate=task.sample_rate)

    def _next(self, state: MosaicState, name: str) -> Activations:
        assert state.spectrum is not None  # noqa: S101 - there is a plan only with one
        index, reach = state.index, self.settings.continuity
        if state.activations is None:
            magnitude = state.spectrum.abs()
            found = nearest(magnitude @ index.bands, index, reach=reach, count=N_OFFERED)
            return Activations.of(magnitude, continued(found, index, reach=reach), index)
        if name == "missing":
            bands = state.activations.magnitude @ index.bands
            reached = state.activations.reached @ index.bands
            found = missing(bands, reached, index, reach=reach, count=N_OFFERED)
            return state.activations.joined_by(continued(found, index, reach=reach), index)
        if name == "halve":
            return self._chosen(state.activations, times=2)
        if name == "keep":
            return self._chosen(state.activations)
        return state.activations.updated()

    def _chosen(self, activations: Activations, *, times: int = 1) -> Activations:
        settings = self.settings
        return activations.kept(
            times * settings.polyphony,
            continuity=settings.continuity,
            repetition=settings.repetition,
        )


def added_up(
    activations: Activations, index: GrainIndex, content: Tensor, *, sample_rate: int
) -> Tensor:
    """Complex spectra of grains at their levels, with their own phases.

    Args:
        activations: grains that sound in each frame, and their levels.
        index: index of the grains.
        content: complex spectra of the content, which the grains are to swing with:
            ``(frames, bins)``.
        sample_rate: sample rate in Hz.

    **Shape**: result complex ``(frames, bins)``.
    """
    parts = []
    for grains, levels, own in zip(
        activations.grains.split(_FRAMES_AT_ONCE),
        activations.levels.split(_FRAMES_AT_ONCE),
        content.split(_FRAMES_AT_ONCE),
        strict=True,
    ):
        used, place = torch.unique(grains.clamp_min(0), return_inverse=True)
        later = lags(own, index.spectra(used)[place], sample_rate=sample_rate)
        spectra = index.spectra(grains.clamp_min(0).flatten(), later_by=later.flatten())
        spectra = spectra / spectra.abs().sum(1, keepdim=True).clamp_min(1e-20)
        levels = levels.masked_fill(grains == NONE, 0.0).to(spectra)
        parts.append(weighted_sum(levels, spectra.unflatten(0, grains.shape)))
    return torch.cat(parts)


def between(content: Tensor, made: Tensor, share: float) -> Tensor:
    """A spectrum between two: levels by their geometric mean, phases those of a mixture.

    Args:
        content: complex spectrum of the content signal, ``(frames, bins)``.
        made: complex spectrum of the grains, likewise.
        share: 0 for the content, 1 for the grains.

    **Shape**: result as the spectra.

    >>> a, b = torch.tensor([[4.0 + 0.0j]]), torch.tensor([[1.0 + 0.0j]])
    >>> round(float(between(a, b, 0.5).real), 3)
    2.0
    """
    floor = 1e-5 * content.abs().max()
    level = (content.abs() + floor) ** (1.0 - share) * (made.abs() + floor) ** share - floor
    return torch.polar(level.clamp_min(0.0), ((1.0 - share) * content + share * made).angle())


def runs(activations: Activations, index: GrainIndex, *, task: Task) -> list[Grain]:
    """The loudest grain of every frame, joined where one plays on.

    Args:
        activations: grains and levels of a window.
        index: index of the grains.
        task: the window.
    """
    levels, slots = activations.levels.max(1)
    loudest = activations.grains.gather(1, slots[:, None])[:, 0].tolist()
    totals = activations.levels.sum(1)
    is_heard = (totals > _FAINT * activations.magnitude.sum(1).max()).tolist()
    shares = (levels / totals.clamp_min(1e-20)).tolist()
    frames = [number if heard else NONE for number, heard in zip(loudest, is_heard, strict=True)]
    out, start = [], 0
    for stop in range(1, len(frames) + 1):
        if stop < len(frames) and frames[stop] == frames[stop - 1] + 1 != NONE + 1:
            continue
        if frames[start] != NONE:
            share = sum(shares[start:stop]) / (stop - start)
            out.append(_grain(frames[start], start, stop, share, index, task))
        start = stop
    return out


def _grain(
    number: int, start: int, stop: int, share: float, index: GrainIndex, task: Task
) -> Grain:
    """What was played from one frame to another; a frame stands for half a hop to either side."""
    hop_s = index.n_fft / OVERLAP / task.sample_rate
    strip = index.strips[int(index.strip_of(torch.tensor([number], device=index.device)))]
    first_s = max(0.0, (start - 0.5) * hop_s)
    last_s = min((stop - 0.5) * hop_s, task.n_samples / task.sample_rate)
    ratio = 2.0 ** (strip.semitones / 12.0)
    centre_s = (number - strip.first) * strip.hop / task.sample_rate
    style_start_s = max(0.0, centre_s - ratio * (start * hop_s - first_s))
    return Grain(
        start_s=round(first_s, 4),
        stop_s=round(last_s, 4),
        style=strip.style,
        style_start_s=round(style_start_s, 4),
        style_stop_s=round(style_start_s + ratio * (last_s - first_s), 4),
        semitones=float(strip.semitones),
        share=round(share, 3),
    )
