"""Settings of the engine that is chosen by what is heard. Imports no torch."""

from typing import Annotated, ClassVar

from pydantic import Field

from estilo.engines.settings import EngineSettings


class AutoSettings(EngineSettings):
    """The engine that suits what content and styles are: pitched, voiced, percussive, textural."""

    builder: ClassVar[str] = "estilo.engines.auto.choosing:choose"
    chooses_engine: ClassVar[bool] = True
    is_refinable: ClassVar[bool] = False

    strength: Annotated[float, Field(ge=0, le=1)] | None = None
    """How much style. If it is not given, it is the chosen engine's own default."""

    @property
    def amount(self) -> float:
        """See `EngineSettings.amount`; 1 while it is the chosen engine's default."""
        return 1.0 if self.strength is None else self.strength
