"""Settings of the engine that is chosen by what is heard. Imports no torch."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator

from estilo.engines.settings import EngineSettings


class AutoSettings(EngineSettings):
    """The engine that suits what content and styles are: pitched, voiced, percussive, textural."""

    builder: ClassVar[str] = "estilo.engines.auto.choosing:choose"
    chooses_engine: ClassVar[bool] = True
    is_refinable: ClassVar[bool] = False

    strength: Annotated[float, Field(ge=0, le=1)] = 0.75
    """How much style. The engine notes plays at its own strength, 1, where none is set."""

    @model_validator(mode="before")
    @classmethod
    def _without_nothing(cls, values: Any) -> Any:
        """Earlier recipes hold no strength where it was left to the chosen engine."""
        if not isinstance(values, Mapping):
            return values
        return {name: value for name, value in values.items() if value is not None}

    @property
    def amount(self) -> float:
        """See `EngineSettings.amount`."""
        return self.strength
