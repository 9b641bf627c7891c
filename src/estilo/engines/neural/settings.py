"""Settings of the neural engine. Imports no torch."""

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from estilo.engines.settings import EngineSettings
from estilo.files import absolute

_Share = Annotated[float, Field(ge=0, le=1)]


def _absolute(path: str) -> str:
    """A path that leads to the same file from any folder, as a recipe needs it."""
    return str(absolute(Path(path)))


class NeuralSettings(EngineSettings):
    """A trained network plays the content's notes with the sound of the style, in one pass."""

    builder: ClassVar[str] = "estilo.engines.neural.adapting:build"
    works_in: ClassVar[Literal["windows", "blocks"]] = "blocks"
    style_format: ClassVar[str | None] = "estilo.engines.neural.style_format:NEURAL_STYLE_FORMAT"
    streams: ClassVar[str | None] = "estilo.engines.neural.stream:NeuralStream"
    renamed: ClassVar[dict[str, str]] = {"fit": "level_matching", "practice": "adapt"}
    has_weights: ClassVar[bool] = True
    names_files: ClassVar[tuple[str, ...]] = ("weights",)
    sample_rate_hz: ClassVar[int | None] = 48_000

    strength: _Share = 1.0
    """How much style. 0 gives the content back; 1 is all that the network knows of the style."""
    timbre: _Share = 1.0
    """Share of the strength for timbre, which is how loud the partials are, moment by moment."""
    eq: _Share = 1.0
    """Share of the strength for the average spectrum over some seconds."""
    dynamics: _Share = 1.0
    """Share of the strength for loudness over time, as in attacks, decays and pauses."""
    noise: _Share = 1.0
    """Share of the strength for what lies between the partials, as breath, hiss and hum."""
    level_matching: _Share = 0.5
    """How far the levels of every band are brought to those of the style itself, as a network stops
    short of sounds that it has never heard."""
    adapt: Annotated[int, Field(ge=0, le=10_000)] = 0
    """Steps of per-style adaptation, in which the network is trained on the style's clips before it
    plays. 150 take half a minute; they bring some styles nearer and leave others further away, so
    that it is worth comparing with none."""
    weights: Annotated[str, AfterValidator(_absolute)] | None = None
    """Path of a file of trained weights. If it is not given, those that come with estilo are
    used."""

    @property
    def weights_path(self) -> str | None:
        """See `EngineSettings.weights_path`."""
        return self.weights

    @property
    def looks_beyond_ends(self) -> bool:
        """See `EngineSettings.looks_beyond_ends`."""
        return True

    @property
    def amount(self) -> float:
        """See `EngineSettings.amount`."""
        return self.strength
