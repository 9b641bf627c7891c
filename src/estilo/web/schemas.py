"""What the page may ask for, as typed models: everything else is refused."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from estilo.units import LONGEST_S

_Seconds = Annotated[float, Field(ge=0, le=LONGEST_S, allow_inf_nan=False)]
_Id = Annotated[str, Field(max_length=64)]
_MOST_STYLES = 8


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TokenGiven(_Asked):
    """The token that lets a browser in."""

    token: Annotated[str, Field(max_length=200)]


class Part(_Asked):
    """A recording of the session, or a part of it."""

    clip: _Id
    start_s: _Seconds | None = None
    end_s: _Seconds | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.end_s is not None and self.end_s <= (self.start_s or 0.0):
            raise ValueError("a part ends after it begins; choose one that is longer than nothing")
        return self

    @property
    def offset_s(self) -> float:
        """Where it begins, in seconds."""
        return self.start_s or 0.0

    @property
    def duration_s(self) -> float | None:
        """How long it is, in seconds; None for all that follows."""
        return None if self.end_s is None else self.end_s - self.offset_s


class StylePart(Part):
    """A style, and its share among others."""

    weight: Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)] = 1.0


class Recordings(_Asked):
    """What is to be made of what."""

    content: Part
    styles: Annotated[tuple[StylePart, ...], Field(min_length=1, max_length=_MOST_STYLES)]


class JobAsked(Recordings):
    """A transfer."""

    engine: Annotated[str, Field(max_length=100)] | None = None
    preset: Annotated[str, Field(max_length=100)] | None = None
    strength: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    settings: dict[str, Any] = {}
