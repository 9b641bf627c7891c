"""Settings of the engine that is chosen by what is heard. Imports no torch."""

from typing import Annotated

from pydantic import Field

from estilo.engines.settings import EngineSettings

AUTO = "auto"


class AutoSettings(EngineSettings):
    """The engine that suits what content and styles are: pitched, voiced, percussive, textural."""

    strength: Annotated[float, Field(ge=0, le=1)] | None = None
    """How much style; the chosen engine's own default if not given."""
