"""What a representation is: one analysis and the synthesis that belongs to it."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Self

import torch
from torch import Tensor

from estilo.errors import InputError
from estilo.representations.settings import Settings
from estilo.representations.traits import Traits


class Representation(ABC):
    """Audio as real frames, and frames as audio.

    Both directions are differentiable, with finite gradients everywhere (silence included), and
    follow their input's device and dtype. A representation has no state: analysing a batch gives
    what analysing its items one by one gives.
    """

    traits: ClassVar[Traits] = Traits()
    """What an engine has to know before there is one."""
    sample_rate: int
    """Sample rate in Hz."""
    hop_length: int
    """Distance of two frames, in samples."""

    @classmethod
    def from_settings(
        cls,
        settings: Settings,  # noqa: ARG003 - others are built from more
        *,
        sample_rate: int,
        high_hz: float,  # noqa: ARG003
        has_content: bool,  # noqa: ARG003
    ) -> Self:
        """One as the settings of an engine want it; by default they say nothing.

        Args:
            settings: settings of the engine optimise; only those that `traits` names may be read.
            sample_rate: sample rate in Hz.
            high_hz: up to where the styles hold anything, in Hz.
            has_content: whether there is a content signal to borrow phases from.
        """
        return cls(sample_rate=sample_rate)  # pyright: ignore[reportCallIssue]

    def for_styles(self, styles: Sequence[Tensor], weights: Sequence[float]) -> Self:  # noqa: ARG002
        """The representation as it has to be for these styles; by default this one.

        Args:
            styles: waveforms ``(time,)``.
            weights: one per style; they sum to 1.
        """
        return self

    @property
    @abstractmethod
    def n_bands(self) -> int:
        """Number of bands in a frame."""

    @abstractmethod
    def analyse(self, waveform: Tensor) -> Tensor:
        """Frames of a waveform.

        **Shape**: waveform ``(batch, time)``, result ``(batch, n_bands, frames)``; any length.

        Args:
            waveform: real samples.

        Raises:
            InputError: the waveform is not of this shape, or not real.
        """

    @abstractmethod
    def synthesise(
        self,
        frames: Tensor,
        *,
        length: int,
        reference: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """The waveform of frames; of every waveform if they lack something (phase), a likely one.

        Where the frames are the reference's own, the result is the reference.

        **Shape**: frames ``(batch, n_bands, frames)``, reference ``(batch, time)``, result
        ``(batch, length)``.

        Args:
            frames: frames, as from `analyse` of a waveform of this length.
            length: length of the result, in samples.
            reference: a waveform of the same length that lends what the frames lack.
            generator: random generator of the phases; equal seeds give equal results.

        Raises:
            InputError: the frames or the reference do not fit the length or each other.
        """


def check_waveform(waveform: Tensor) -> None:
    """Refuse what is not a batch of real waveforms.

    **Shape**: ``(batch, time)`` is what passes.

    Args:
        waveform: waveform to check.

    Raises:
        InputError: it has another number of dimensions or does not hold real floats.

    Example:
        >>> check_waveform(torch.zeros(3))
        Traceback (most recent call last):
        ...
        estilo.errors.InputError: waveform must be real (batch, time), got torch.float32 of shape \
(3,); give a float tensor with a batch axis
    """
    if waveform.ndim != 2 or not waveform.is_floating_point():
        raise InputError(
            f"waveform must be real (batch, time), got {waveform.dtype} of shape "
            f"{tuple(waveform.shape)}; give a float tensor with a batch axis"
        )


def check_frames(frames: Tensor, *, n_bands: int, length: int, reference: Tensor | None) -> None:
    """Refuse frames and references that do not fit the representation, or each other.

    **Shape**: frames ``(batch, n_bands, any)`` and reference ``(batch, length)`` are what passes.

    Args:
        frames: frames to check.
        n_bands: number of bands of the representation.
        length: length of the waveform asked for, in samples.
        reference: reference to check, if there is one.

    Raises:
        InputError: the frames have other bands, or the reference another batch or length.

    Example:
        >>> check_frames(torch.zeros(1, 4, 9), n_bands=4, length=64, reference=torch.zeros(1, 64))
    """
    if frames.ndim != 3 or frames.shape[1] != n_bands or not frames.is_floating_point():
        raise InputError(
            f"frames must be real (batch, {n_bands}, frames), got {frames.dtype} of shape "
            f"{tuple(frames.shape)}; give what analyse returned"
        )
    if reference is not None and reference.shape != (frames.shape[0], length):
        raise InputError(
            f"reference must have the shape ({frames.shape[0]}, {length}) of the result, got "
            f"{tuple(reference.shape)}; cut or pad it first"
        )
