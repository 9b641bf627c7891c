"""Settings of the eq engine. Imports no torch."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from estilo.engines.settings import EngineSettings


class EqSettings(EngineSettings):
    """EQ match: one filter that gives the content the style's average spectrum."""

    builder: ClassVar[str] = "estilo.engines.eq.engine:EqEngine"
    works_in: ClassVar[Literal["windows", "blocks"]] = "blocks"

    strength: Annotated[float, Field(ge=0, le=1)] = 1.0
    """How much style: the gains of the filter in dB are multiplied by it."""
    smoothing_erb: Annotated[float, Field(ge=0.1, le=10)] = 1.0
    """Width of the bands that are compared, in ERB (bandwidths of hearing). Narrow bands follow the
    style's own notes, and make the same notes of the content louder; wide ones only its balance."""
    spectra: Literal["average", "equal-notes"] = "average"
    """Which spectra are compared: the ``average`` of each recording, or those of moments in which
    both have the same notes (``equal-notes``), so that a phrase of other notes makes no other
    balance. That is for a style which is the content's own instrument, through a microphone, an
    amplifier or an equaliser; bands of which no moment tells stay as they are."""
    limit_db: Annotated[float, Field(gt=0, le=60)] = 30.0
    """Most that a band is raised or lowered against the median band, in dB."""
    filter_phase: Literal["zero", "minimum"] = "zero"
    """Phase of the filter. With ``zero`` nothing moves in time, and the filter rings before attacks
    as well as after them; with ``minimum`` it rings only after them."""

    @property
    def looks_beyond_ends(self) -> bool:
        """See `EngineSettings.looks_beyond_ends`."""
        return True

    @property
    def amount(self) -> float:
        """See `EngineSettings.amount`."""
        return self.strength
