"""Settings of the eq engine. Imports no torch."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from estilo.engines.settings import EngineSettings


class EqSettings(EngineSettings):
    """EQ match: one filter that gives the content the style's average spectrum."""

    builder: ClassVar[str] = "estilo.engines.eq.engine:EqEngine"
    works_in: ClassVar[Literal["windows", "blocks"]] = "blocks"

    strength: Annotated[float, Field(ge=0, le=1)] = 1.0
    """How far the filter goes: its gains in dB are multiplied by it."""
    smoothing_erb: Annotated[float, Field(ge=0.1, le=10)] = 0.5
    """Width of the bands that are compared, in ERB (the ear's bandwidths): narrow ones follow the
    style's own notes, wide ones only its balance."""
    limit_db: Annotated[float, Field(gt=0, le=60)] = 30.0
    """The most that a band is raised or lowered against the median band, in dB."""
    filter_phase: Literal["zero", "minimum"] = "zero"
    """``zero``: nothing moves in time, and the filter rings before attacks as it does after them;
    ``minimum``: it rings only after them."""

    @property
    def amount(self) -> float:
        """See `EngineSettings.amount`."""
        return self.strength
