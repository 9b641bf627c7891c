"""Settings of the copying engines. Imports no torch."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from estilo.engines.settings import EngineSettings


class ContentSettings(EngineSettings):
    """The content copied: the control that keeps everything and transfers nothing."""

    builder: ClassVar[str] = "estilo.engines.baselines.engine:ContentEngine"
    works_in: ClassVar[Literal["windows", "blocks"]] = "blocks"

    @property
    def returns_content(self) -> bool:
        """Always."""
        return True


class StyleSettings(EngineSettings):
    """The style copied, cut or looped to the content's length: the control that keeps nothing."""

    builder: ClassVar[str] = "estilo.engines.baselines.engine:StyleEngine"
    works_in: ClassVar[Literal["windows", "blocks"]] = "blocks"
    makes_textures: ClassVar[bool] = True
    keeps_content: ClassVar[bool] = False
    rests_in_pauses: ClassVar[bool] = False


class CrossfadeSettings(EngineSettings):
    """Content and style, looped, mixed at equal loudness: what any transfer must beat."""

    builder: ClassVar[str] = "estilo.engines.baselines.engine:CrossfadeEngine"
    works_in: ClassVar[Literal["windows", "blocks"]] = "blocks"
    rests_in_pauses: ClassVar[bool] = False

    strength: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Share of the style's amplitude in the mix; the remainder is the content's."""

    @property
    def amount(self) -> float:
        """See `EngineSettings.amount`."""
        return self.strength
