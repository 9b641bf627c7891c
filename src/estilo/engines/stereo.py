r"""Any number of channels through a one-channel engine, with the content's stereo image.

The engine hears a downmix :math:`M` of the content's channels :math:`X_c` and returns :math:`Y`.
In every time-frequency neighbourhood a channel is split into what the downmix predicts of it and
a residual, :math:`X_c = \rho_c M + R_c`, with :math:`\rho_c` the least-squares coefficient (level,
side and delay of what is common). The output is

.. math:: Y_c = \rho_c Y + G R_c, \qquad G = |Y| / |M|

so what was in the middle stays there, what was hard left stays hard left, and what was wide stays
as wide, equally loud beside the others. For two channels this is mid and side with the side
predicted from the mid. Common in parametric stereo coding (Breebaart et al., EURASIP JASP 2005,
doi:10.1155/ASP.2005.1305), here with a residual, so that an unchanged downmix gives back the
content.
"""

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from estilo.dsp.mel import band_interpolation, filterbank
from estilo.dsp.stft import istft, power_of_two_near, stft
from estilo.engines.base import Engine, Progress, Task
from estilo.engines.grains import Grain

_N_BANDS = 40
_LIMIT = 3.5  # nepers
_BLOCK = 1 << 22


@dataclass(frozen=True)
class StereoShared:
    """The downmix of the content, of each style, and what the engine within shares.

    Args:
        content_weights: weight of each channel in the content's downmix, ``(channels,)``; None
            where there is no content.
        style_weights: weight of each channel in the downmix of each style.
        inner: what the engine within shares.
    """

    content_weights: Tensor | None
    style_weights: list[Tensor]
    inner: Any


@dataclass
class StereoState:
    """The task with all channels, and the state of the engine within.

    Args:
        task: what the engine was asked for, with all channels.
        mid: downmix of the content, ``(1, time)``; None where there is no content.
        inner: state of the engine within.
    """

    task: Task
    mid: Tensor | None
    inner: Any


class StereoWrapper(Engine[StereoState]):
    """Runs a one-channel engine on a downmix and restores the content's image.

    Args:
        inner: the one-channel engine.
    """

    def __init__(self, inner: Engine[Any]) -> None:
        self.inner = inner

    @property
    def weights_id(self) -> str | None:
        """See `Engine.weights_id`."""
        return self.inner.weights_id

    def prepare(self, task: Task) -> StereoShared:
        """Downmixes; see `Engine.prepare`."""
        weights = None if task.content is None else downmix_weights(task.content)
        styles = [downmix_weights(style) for style in task.styles]
        mono = _mono_task(task, weights, styles)
        return StereoShared(weights, styles, self.inner.prepare(mono))

    def init(self, task: Task, shared: StereoShared) -> StereoState:
        """See `Engine.init`."""
        mono = replace(task, styles=tuple(style[:1] for style in task.styles))
        weights = shared.content_weights
        if task.content is not None and weights is not None:
            start = None if task.start is None else _downmix(task.start, weights)
            mono = replace(mono, content=_downmix(task.content, weights), start=start)
        return StereoState(task, mono.content, self.inner.init(mono, shared.inner))

    def step(self, state: StereoState) -> StereoState:
        """See `Engine.step`."""
        state.inner = self.inner.step(state.inner)
        return state

    def is_done(self, state: StereoState) -> bool:
        """See `Engine.is_done`."""
        return self.inner.is_done(state.inner)

    def preview(self, state: StereoState) -> Tensor | None:
        """All channels; see `Engine.preview`."""
        output = self.inner.preview(state.inner)
        return None if output is None else self._all_channels(state, output)

    def finish(self, state: StereoState) -> Tensor:
        """All channels; see `Engine.finish`."""
        return self._all_channels(state, self.inner.finish(state.inner))

    def grains(self, state: StereoState) -> list[Grain]:
        """See `Engine.grains`."""
        return self.inner.grains(state.inner)

    def progress(self, state: StereoState) -> Progress:
        """See `Engine.progress`."""
        return self.inner.progress(state.inner)

    def _all_channels(self, state: StereoState, output: Tensor) -> Tensor:
        """What became of the downmix, with the image of the content."""
        content = state.task.content
        if content is None or content.shape[0] == 1 or state.mid is None:
            return output
        return restore_image(content, state.mid[0], output[0], sample_rate=state.task.sample_rate)


def downmix_weights(waveform: Tensor) -> Tensor:
    """Weights ``(channels,)`` of the downmix that stands for all channels.

    The plain mean, unless the channels cancel in it (inverted polarity): then their principal
    component.

    >>> downmix_weights(torch.tensor([[1.0, -1.0], [-1.0, 1.0]])).abs()
    tensor([0.5000, 0.5000])
    """
    n_channels = waveform.shape[0]
    mean = waveform.new_full((n_channels,), 1.0 / n_channels)
    if n_channels == 1:
        return mean
    covariance = torch.zeros(n_channels, n_channels, dtype=torch.float64, device=waveform.device)
    for block in waveform.split(_BLOCK, dim=-1):
        wide = block.double()
        covariance += wide @ wide.T
    average = float(covariance.trace()) / n_channels
    if float(covariance.mean()) >= 0.1 * average:
        return mean
    principal = torch.linalg.eigh(covariance).eigenvectors[:, -1]
    if principal[principal.abs().argmax()] < 0:
        principal = -principal
    return (principal / principal.abs().sum()).to(waveform.dtype)


def restore_image(content: Tensor, mid: Tensor, output: Tensor, *, sample_rate: int) -> Tensor:
    """Channels of the output with the image of the content.

    Args:
        content: ``(channels, time)``.
        mid: downmix of the content, ``(time,)``.
        output: what became of the downmix, ``(time,)``.
        sample_rate: sample rate in Hz.

    **Shape**: result ``(channels, time)``.
    """
    n_fft = power_of_two_near(0.046, sample_rate=sample_rate, least=64)
    sizes: dict[str, Any] = {"n_fft": n_fft, "hop_length": n_fft // 4}
    bank = {"n_bands": _N_BANDS, "n_fft": n_fft, "sample_rate": sample_rate, "scale": "erb"}
    like = {"dtype": content.dtype, "device": content.device}
    bands, spread = filterbank(**bank, **like), band_interpolation(**bank, **like)

    def smooth(values: Tensor) -> Tensor:
        padded = torch.nn.functional.pad(bands @ values, (2, 2), mode="replicate")
        return torch.nn.functional.avg_pool1d(padded, 5, stride=1)

    middle, result = stft(mid, **sizes), stft(output, **sizes)
    power = smooth(_power(middle))
    floor = 1e-9 * float(power.max()) + 1e-20
    gain = 0.5 * torch.log((smooth(_power(result)) + floor) / (power + floor))
    gain = torch.exp(spread @ gain.clamp(-_LIMIT, _LIMIT))
    channels = []
    for channel in content:
        spectrum = stft(channel, **sizes)
        cross = spectrum * middle.conj()
        # Where the downmix holds nothing, what the output adds is spread as the whole channel is.
        usual = float((channel @ mid) / (mid @ mid).clamp_min(1e-20))
        real = (smooth(cross.real) + floor * usual) / (power + floor)
        imag = smooth(cross.imag) / (power + floor)
        share = torch.complex(spread @ real, spread @ imag)
        residual = spectrum - share * middle
        channels.append(istft(share * result + gain * residual, length=output.shape[-1], **sizes))
    return torch.stack(channels)


def _power(spectrum: Tensor) -> Tensor:
    return spectrum.real.square() + spectrum.imag.square()


def _mono_task(task: Task, weights: Tensor | None, styles: list[Tensor]) -> Task:
    content = task.content
    if content is not None and weights is not None:
        content = _downmix(content, weights)
    mixed = tuple(_downmix(style, w) for style, w in zip(task.styles, styles, strict=True))
    return replace(task, content=content, styles=mixed)


def _downmix(waveform: Tensor, weights: Tensor) -> Tensor:
    return waveform if waveform.shape[0] == 1 else (weights @ waveform)[None]
