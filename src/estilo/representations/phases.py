"""Where a magnitude's phase comes from: a choice by name."""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from estilo.dsp.phase import alternate_projections, pghi, phase_of, random_phase
from estilo.errors import InputError, SettingsError
from estilo.registry import Registry
from estilo.representations.settings import Settings
from estilo.representations.transforms import StftTransform, Transform

PHASES = Registry(
    "phase",
    parts={
        "content": "estilo.representations.phases:ContentPhase",
        "fast-griffin-lim": "estilo.representations.phases:fast_griffin_lim",
        "griffin-lim": "estilo.representations.phases:GriffinLim",
        "pghi": "estilo.representations.phases:Pghi",
    },
)
STARTS = ("auto", "content", "pghi", "random")


class PhaseMethod(Protocol):
    """A way to find the phase of a magnitude."""

    def estimate(
        self,
        magnitude: Tensor,
        *,
        transform: Transform,
        length: int,
        reference: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """The phase: complex of modulus one, without gradient.

        **Shape**: magnitude ``(batch, bins, frames)``, reference ``(batch, length)``, result as
        the magnitude.

        Args:
            magnitude: non-negative.
            transform: transform that the magnitude belongs to.
            length: length of the waveform, in samples.
            reference: waveform whose phase may be borrowed.
            generator: random generator of the phases.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class ContentPhase:
    """The phase of the reference, as it is: no iterations, causal, keeps onsets and pitch.

    Example:
        >>> transform = StftTransform(n_fft=64, hop_length=16)
        >>> tone = torch.sin(torch.arange(500.0))[None]
        >>> spectrum = transform.forward(tone)
        >>> phase = ContentPhase().estimate(
        ...     spectrum.abs(), transform=transform, length=500, reference=tone
        ... )
        >>> torch.allclose(spectrum.abs() * phase, spectrum, atol=1e-5)
        True
    """

    def estimate(
        self,
        magnitude: Tensor,
        *,
        transform: Transform,
        length: int,  # noqa: ARG002
        reference: Tensor | None = None,
        generator: torch.Generator | None = None,  # noqa: ARG002
    ) -> Tensor:
        """See `PhaseMethod.estimate`.

        Raises:
            InputError: there is no reference, or its frames do not fit.
        """
        return _borrow(magnitude, transform, reference)


@dataclass(frozen=True, kw_only=True)
class Pghi:
    """Phase gradient heap integration: one pass, best at a hop of an eighth of the frame.

    Args:
        tolerance: share of the peak below which phases are random.

    Example:
        >>> transform = StftTransform(n_fft=64, hop_length=8)
        >>> Pghi().estimate(torch.ones(1, 33, 9), transform=transform, length=64).shape
        torch.Size([1, 33, 9])
    """

    tolerance: float = 1e-6

    def estimate(
        self,
        magnitude: Tensor,
        *,
        transform: Transform,
        length: int,  # noqa: ARG002
        reference: Tensor | None = None,  # noqa: ARG002
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """See `PhaseMethod.estimate`.

        Raises:
            SettingsError: the transform is not an STFT.
        """
        if not isinstance(transform, StftTransform):
            raise SettingsError(
                f"pghi needs an STFT, got {type(transform).__name__}; use fast-griffin-lim"
            )
        return pghi(
            magnitude,
            n_fft=transform.n_fft,
            hop_length=transform.hop_length,
            win_length=transform.win_length,
            window=transform.window,
            tolerance=self.tolerance,
            generator=generator,
        )


@dataclass(frozen=True, kw_only=True)
class GriffinLim:
    """Griffin-Lim iterations, from the content's phase where there is a reference.

    Args:
        n_iterations: steps; 0 keeps the start.
        momentum: 0 to below 1; 0.99 is the fast algorithm.
        start: ``"content"``, ``"pghi"``, ``"random"``, or ``"auto"``: the first of these that is
            possible (a reference for the first, an STFT for the second).

    Example:
        >>> transform = StftTransform(n_fft=64, hop_length=16)
        >>> GriffinLim(n_iterations=2).estimate(
        ...     torch.ones(1, 33, 5), transform=transform, length=64
        ... ).shape
        torch.Size([1, 33, 5])
    """

    n_iterations: int = 100
    momentum: float = 0.0
    start: str = "auto"

    def __post_init__(self) -> None:
        if self.start not in STARTS:
            raise SettingsError(
                f"unknown start {self.start!r} of Griffin-Lim; choose one of {', '.join(STARTS)}"
            )

    @torch.no_grad()
    def estimate(
        self,
        magnitude: Tensor,
        *,
        transform: Transform,
        length: int,
        reference: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """See `PhaseMethod.estimate`.

        Raises:
            InputError: the start is ``"content"`` without a reference, or its frames do not fit.
            SettingsError: the start is ``"pghi"`` and the transform not an STFT.
        """
        start = self.start
        if start == "auto" and reference is not None:
            start = "content"
        elif start == "auto":
            start = "pghi" if isinstance(transform, StftTransform) else "random"
        if start == "content":
            phase = _borrow(magnitude, transform, reference)
        elif start == "pghi":
            phase = Pghi().estimate(
                magnitude, transform=transform, length=length, generator=generator
            )
        else:
            phase = random_phase(magnitude, generator=generator)
        return alternate_projections(
            magnitude,
            phase,
            project=lambda spectrum: transform.forward(transform.inverse(spectrum, length=length)),
            n_iterations=self.n_iterations,
            momentum=self.momentum,
        )


def fast_griffin_lim(
    *, n_iterations: int = 32, momentum: float = 0.99, start: str = "auto"
) -> GriffinLim:
    """Griffin-Lim with momentum: as good after 32 steps as the plain one after hundreds.

    Args:
        n_iterations: steps.
        momentum: 0 to below 1.
        start: start of the phase, as in `GriffinLim`.

    Example:
        >>> fast_griffin_lim().momentum
        0.99
    """
    return GriffinLim(n_iterations=n_iterations, momentum=momentum, start=start)


def chosen_phase(settings: Settings, *, has_content: bool) -> "str | PhaseMethod":
    """The phase that an engine's settings ask for.

    Args:
        settings: name, iterations and start of the phase.
        has_content: whether there is a content signal; a texture has none to borrow a phase from,
            and takes ``fast-griffin-lim`` for ``content``.
    """
    name = settings.phase
    if name == "content" and not has_content:
        name = "fast-griffin-lim"
    iterative = {"griffin-lim": GriffinLim, "fast-griffin-lim": fast_griffin_lim}.get(name)
    if iterative is None:
        return name
    return iterative(n_iterations=settings.n_phase_iterations, start=settings.phase_start)


def phase_method(choice: str | PhaseMethod) -> PhaseMethod:
    """A phase method from its name in `PHASES`, at its defaults; anything else is returned.

    Args:
        choice: name or method.

    Raises:
        SettingsError: the name is unknown.

    Example:
        >>> phase_method("content")
        ContentPhase()
    """
    return PHASES[choice]() if isinstance(choice, str) else choice


def with_phase(
    magnitude: Tensor,
    choice: str | PhaseMethod,
    *,
    transform: Transform,
    length: int,
    reference: Tensor | None,
    generator: torch.Generator | None,
) -> Tensor:
    """A complex spectrum of a magnitude; gradients flow through the magnitude only.

    **Shape**: magnitude and result ``(batch, bins, frames)``, reference ``(batch, length)``.

    Args:
        magnitude: non-negative.
        choice: name or method, as for `phase_method`.
        transform: transform whose spectrum it is.
        length: length of the waveform, in samples.
        reference: reference, see `PhaseMethod.estimate`.
        generator: random generator, see `PhaseMethod.estimate`.

    Raises:
        InputError: the method needs a reference and there is none.
        SettingsError: the name is unknown.
    """
    phase = phase_method(choice).estimate(
        magnitude.detach(),
        transform=transform,
        length=length,
        reference=reference,
        generator=generator,
    )
    return magnitude * phase


@torch.no_grad()
def _borrow(magnitude: Tensor, transform: Transform, reference: Tensor | None) -> Tensor:
    if reference is None:
        raise InputError(
            "the content's phase was asked for, but there is no reference; "
            "give one or use pghi or fast-griffin-lim"
        )
    spectrum = transform.forward(reference)
    if spectrum.shape != magnitude.shape:
        raise InputError(
            f"the reference's spectrum must have the shape {tuple(magnitude.shape)} of the "
            f"magnitude, got {tuple(spectrum.shape)}; give a reference of the same length"
        )
    return phase_of(spectrum)
