r"""Any number of channels through a one-channel engine, with the content's stereo image.

The engine hears a downmix :math:`M` of the content's channels :math:`X_c`, in which nothing cancels
(`estilo.dsp.downmix`), and returns :math:`Y`.
In every time-frequency neighbourhood a channel is split into what the downmix predicts of it and
a residual, :math:`X_c = \rho_c M + R_c`, with :math:`\rho_c` the least-squares coefficient (level,
side and delay of what is common). The output is

.. math:: Y_c = \rho_c Y + G R_c, \qquad G = |Y| / |M|

so what was in the middle stays there, what was hard left stays hard left, and what was wide stays
as wide, equally loud beside the others. Common in parametric stereo coding (Breebaart et al.,
EURASIP JASP 2005, doi:10.1155/ASP.2005.1305), here with a residual, so that an unchanged downmix
gives back the content.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from estilo.dsp.downmix import downmix_axes, mixed_by
from estilo.dsp.mel import band_interpolation, filterbank
from estilo.dsp.stft import istft, power_of_two_near, stft
from estilo.engines.base import Engine, Progress, Task
from estilo.engines.grains import Grain

Allocate = Callable[[tuple[int, int]], Tensor]

_N_BANDS = 40
_LIMIT = 3.5  # nepers


@dataclass(frozen=True)
class StereoShared:
    """How the content is mixed down, and what the engine within shares.

    Args:
        axes: weights of the channels in the content's downmix; None where there is no content.
        inner: what the engine within shares.
    """

    axes: NDArray[np.float32] | None
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
        allocate: makes the array for a whole recording in one channel from its shape; memory by
            default.
    """

    def __init__(self, inner: Engine[Any], *, allocate: Allocate = torch.zeros) -> None:
        self.inner = inner
        self._allocate = allocate

    @property
    def weights_id(self) -> str | None:
        """See `Engine.weights_id`."""
        return self.inner.weights_id

    def prepare(self, task: Task) -> StereoShared:
        """Downmixes; see `Engine.prepare`."""
        rate, content, axes = task.sample_rate, task.content, None
        if content is not None:
            axes = downmix_axes(content.detach().cpu().numpy())
            content = mixed_down(content, sample_rate=rate, axes=axes, allocate=self._allocate)
        styles = tuple(
            mixed_down(style, sample_rate=rate, allocate=self._allocate) for style in task.styles
        )
        mono = replace(task, content=content, styles=styles)
        return StereoShared(axes, self.inner.prepare(mono))

    def init(self, task: Task, shared: StereoShared) -> StereoState:
        """See `Engine.init`."""
        mono = replace(task, styles=tuple(style[:1] for style in task.styles))
        if task.content is not None:
            content, start = (
                None
                if each is None
                else mixed_down(each, sample_rate=task.sample_rate, axes=shared.axes)
                for each in (task.content, task.start)
            )
            mono = replace(mono, content=content, start=start)
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


def mixed_down(
    waveform: Tensor,
    *,
    sample_rate: int,
    axes: NDArray[np.float32] | None = None,
    allocate: Allocate = torch.zeros,
) -> Tensor:
    """All channels as one, see `estilo.dsp.downmix`; one channel as it is.

    Args:
        waveform: ``(channels, time)``.
        sample_rate: sample rate in Hz.
        axes: weights of the channels; those of the waveform if not given.
        allocate: makes the array for the result from its shape; memory by default.

    **Shape**: result ``(1, time)``.
    """
    if waveform.shape[0] == 1:
        return waveform
    samples = waveform.detach().cpu().numpy()
    axes = downmix_axes(samples) if axes is None else axes
    out = allocate((1, waveform.shape[-1]))
    mixed_by(axes, samples, sample_rate, out=out[0].numpy())
    return out.to(waveform)


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
    total, channels = _power(middle).sum().clamp_min(1e-20), []
    for channel in content:
        spectrum = stft(channel, **sizes)
        cross = spectrum * middle.conj()
        # Where the downmix holds nothing, what the output adds is spread as the whole channel is.
        usual = complex(cross.sum() / total)
        real = (smooth(cross.real) + floor * usual.real) / (power + floor)
        imag = (smooth(cross.imag) + floor * usual.imag) / (power + floor)
        share = torch.complex(spread @ real, spread @ imag)
        residual = spectrum - share * middle
        channels.append(istft(share * result + gain * residual, length=output.shape[-1], **sizes))
    return torch.stack(channels)


def _power(spectrum: Tensor) -> Tensor:
    return spectrum.real.square() + spectrum.imag.square()
