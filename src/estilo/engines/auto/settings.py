"""Settings of the engine that is chosen by what is heard. Imports no torch."""

from typing import Annotated, ClassVar

from pydantic import Field

from estilo.engines.settings import EngineSettings


class AutoSettings(EngineSettings):
    """The engine that suits what content and styles are: pitched, voiced, percussive, textural."""

    builder: ClassVar[str] = "estilo.engines.auto.choosing:choose"
    chooses_engine: ClassVar[bool] = True
    is_refinable: ClassVar[bool] = False

    strength: Annotated[float, Field(ge=0, le=1)] = 0.75
    """How much style."""

    @property
    def amount(self) -> float:
        """See `EngineSettings.amount`."""
        return self.strength
