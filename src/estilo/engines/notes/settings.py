"""Settings of the notes engine. Imports no torch."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from estilo.engines.settings import EngineSettings


class NotesSettings(EngineSettings):
    """The content's notes, played by the instrument that is heard in the styles."""

    builder: ClassVar[str] = "estilo.engines.notes.engine:NotesEngine"
    works_in: ClassVar[Literal["windows", "blocks"]] = "blocks"
    rests_in_pauses: ClassVar[bool] = False
    reports_grains: ClassVar[bool] = True
    has_weights: ClassVar[bool] = True

    strength: Annotated[float, Field(ge=0, le=1)] = 1.0
    """How much style. At 1 the instrument plays alone; below it every note lies between the
    content's and the instrument's: its partials in dB, its attack and its decay."""
    expression: Annotated[float, Field(ge=0, le=1)] = 0.5
    """How much of the content's playing the instrument takes over: vibrato, glides and swells
    within a note. At 0 its notes are as they are in the style."""
    split: bool = False
    """Whether several styles share the notes out by range, the lowest style the lowest notes, where
    otherwise all of them play every note."""
    depth: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Where a style has no notes, as rain: how far the content's partials stand out of it. At 0 it
    only swells with the content; at 1 every partial is a narrow band of the style."""

    @property
    def amount(self) -> float:
        """See `EngineSettings.amount`."""
        return self.strength
