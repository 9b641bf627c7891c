"""Settings of the mosaic engine. Imports no torch."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from estilo.engines.settings import EngineSettings


class MosaicSettings(EngineSettings):
    """The content rebuilt from grains of the styles: short stretches of them, transposed."""

    builder: ClassVar[str] = "estilo.engines.mosaic.engine:MosaicEngine"
    reports_grains: ClassVar[bool] = True
    refining_keeps: ClassVar[Literal["output", "content"]] = "content"

    strength: Annotated[float, Field(ge=0, le=1)] = 1.0
    """How much style. At 1 only grains are heard; below it the level of every frequency lies
    between that of the content and that of the grains, in dB."""
    grain_s: Annotated[float, Field(ge=0.02, le=1)] = 0.093
    """Length of a grain in seconds, rounded to a power of two in samples. Long grains follow pitch
    and keep more of the style's sound; short ones follow attacks."""
    transposition: Annotated[int, Field(ge=0, le=12)] = 6
    """Semitones by which grains may be transposed, up and down."""
    polyphony: Annotated[int, Field(ge=1, le=32)] = 3
    """Grains that may sound at once. Few keep more of the style's sound; many keep more of the
    content's notes."""
    repetition: Annotated[int, Field(ge=0, le=50)] = 3
    """Number of grains before and after a grain within which it is not used again."""
    continuity: Annotated[int, Field(ge=0, le=20)] = 3
    """Number of grains to either side over which a stretch of the style should suit, so that it is
    played on and not cut."""

    @property
    def looks_beyond_ends(self) -> bool:
        """See `EngineSettings.looks_beyond_ends`."""
        return True

    @property
    def amount(self) -> float:
        """See `EngineSettings.amount`."""
        return self.strength
