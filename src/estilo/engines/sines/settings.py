"""Settings of the sines engine. Imports no torch."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from estilo.engines.optimise.settings import OptimiseSettings
from estilo.engines.settings import EngineSettings

_OF_TRACKS = ("envelope", "vibrato", "attack", "frequencies")
Share = Annotated[float, Field(ge=0, le=1)]


class SinesSettings(EngineSettings):
    """Sines and residual: the style's envelopes, attacks and vibrato on every partial."""

    builder: ClassVar[str] = "estilo.engines.sines.engine:SinesEngine"

    strength: Share = 1.0
    """How much style. 0 returns the content untouched; the other settings are shares of it."""
    n_sines: Annotated[int, Field(ge=8, le=150)] = 100
    """Largest number of sines that sound at once."""
    envelope: Share = 1.0
    """How far the levels of partials go to those that the style has at their frequency."""
    attack: Share = 1.0
    """How far the attacks of notes go to those of the style."""
    vibrato: Share = 1.0
    """How far the vibrato of notes goes to that of the style."""
    frequencies: Share = 0.0
    """How far the frequencies of partials move to where the style has its energy (optimal transport
    along the logarithm of frequency). Melodies do not survive it."""
    residual: Literal["restyle", "keep", "drop"] = "restyle"
    """What becomes of the residual, which is all that is no sine: its noise takes the style's
    statistics (by the optimise engine), or it is kept, or dropped."""
    residual_strength: Share = 1.0
    """How far the residual goes that way."""
    optimise: OptimiseSettings | None = None
    """Settings of the optimise engine. If they are given, it changes the sinusoidal part, in place
    of the statistics of partials."""

    @property
    def amount(self) -> float:
        """See `EngineSettings.amount`."""
        return self.strength

    @property
    def working_rate_hz(self) -> int | None:
        """Sample rate of the optimisation in Hz, where there is one that sets it."""
        return None if self.optimise is None else self.optimise.working_rate_hz

    @model_validator(mode="after")
    def _refuse_settings_without_effect(self) -> Self:
        for name in sorted(self.model_fields_set):
            if getattr(self, name) == type(self).model_fields[name].default:
                continue
            if name in _OF_TRACKS and self.optimise is not None:
                raise ValueError(f"{name} has an effect only without optimise; leave it out")
            if name == "residual_strength" and self.residual == "keep":
                raise ValueError(
                    "residual_strength has an effect only with residual restyle or drop; "
                    "leave it out"
                )
        return self
