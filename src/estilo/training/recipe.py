"""A recipe: everything that decides what a training gives. Imports no torch."""

import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from estilo.errors import SettingsError
from estilo.models.settings import GeneratorSettings


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class BatchPart(_Part):
    """What the network sees in a step."""

    size: Annotated[int, Field(ge=1, le=1024)] = 16
    """Examples in a batch, over all processes."""
    n_frames: Annotated[int, Field(ge=16)] = 256
    """Of the content, 512 samples each."""
    n_style_frames: Annotated[int, Field(ge=16)] = 384
    """Of the style, 512 samples each."""
    paired: Annotated[float, Field(ge=0)] = 0.85
    """Share of examples with a true answer: the same phrase on two instruments."""
    perturbed: Annotated[float, Field(ge=0)] = 0.15
    """Share of examples that give a clip back from itself, disguised, and another stretch."""
    unpaired: Annotated[float, Field(ge=0)] = 0.0
    """Share of examples that join any two clips; there is no true answer."""
    equaliser_db: Annotated[float, Field(ge=0, le=40)] = 6.0
    """Standard deviation of the random equaliser, one on the content, one on style and target."""
    transpose: Annotated[int, Field(ge=0, le=12)] = 5
    """Most semitones by which all of an example is moved, up or down, as resampling would."""
    variety: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Share of instruments that are made others: swings, decays and partials changed, in target
    and style alike; and the same of contents."""
    gain_db: Annotated[float, Field(ge=0, le=40)] = 4.0
    """Standard deviation of the content's level, which the target follows."""
    noise: Annotated[float, Field(ge=0, le=1)] = 0.3
    """Share of contents with noise added, 30 to 80 dB below."""

    @model_validator(mode="after")
    def _has_examples(self) -> Self:
        if self.paired + self.perturbed + self.unpaired <= 0.0:
            raise ValueError("paired, perturbed or unpaired must be more than 0")
        return self


class LossPart(_Part):
    """Weights of the terms."""

    level: Annotated[float, Field(ge=0)] = 1.0
    """Mean absolute difference of band levels from the target's."""
    spectral: Annotated[float, Field(ge=0)] = 0.5
    """Log-spectral distance from the target: root mean square over time, mean over bands."""
    statistics: Annotated[float, Field(ge=0)] = 0.5
    """Mean and standard deviation over time of each band, against the target's."""
    style: Annotated[float, Field(ge=0)] = 1.0
    """The same against the style's, where there is no target."""
    notes: Annotated[float, Field(ge=0)] = 0.03
    """Notes that the encoder hears, against those played, where they are known."""
    memory: Annotated[float, Field(ge=0)] = 0.1
    """LSTM cells that hold more at the end of a segment than they can forget in a stream."""
    structure: Annotated[float, Field(ge=0)] = 1.0
    """Where there is no target: partials and onsets, against the content's."""


class AdversarialPart(_Part):
    """Discriminators, which come late if at all."""

    from_step: Annotated[int, Field(ge=0)] = 10**9
    """Step from which they judge."""
    weight: Annotated[float, Field(ge=0)] = 0.05
    """Of their opinion."""
    matching: Annotated[float, Field(ge=0)] = 0.2
    """Of the difference between what they see in outputs and in true answers."""


class OptimiserPart(_Part):
    """How weights follow gradients."""

    name: Literal["adam", "rmsprop", "muon"] = "muon"
    """Rule of the steps."""
    rate: Annotated[float, Field(gt=0, le=1)] = 2e-3
    """Length of a step."""
    warmup: Annotated[int, Field(ge=0)] = 200
    """Steps over which the rate rises from 0."""
    decay_from: Annotated[float, Field(ge=0, le=1)] = 0.6
    """Share of the training after which the rate falls linearly to a hundredth."""
    clip: Annotated[float, Field(gt=0)] = 1.0
    """Longest gradient; longer ones are shortened to it."""
    average: Annotated[float, Field(ge=0, lt=1)] = 0.999
    """Decay of the running average of the weights, which is what is used."""


class Recipe(_Part):
    """Everything that decides what a training gives."""

    data: tuple[str, ...]
    """Folders with a manifest each, relative to the working folder."""
    seed: Annotated[int, Field(ge=0, le=2**62)] = 1
    """Of the first weights and of every batch."""
    n_steps: Annotated[int, Field(ge=1)] = 20000
    """Length of the training."""
    checkpoint_every: Annotated[int, Field(ge=1)] = 250
    """Steps from one checkpoint to the next."""
    validate_every: Annotated[int, Field(ge=1)] = 1000
    """Steps from one look at the validation set to the next."""
    half_precision: bool = True
    """Whether matrix products are computed in bfloat16, where the hardware can."""
    model: GeneratorSettings = GeneratorSettings()
    batch: BatchPart = BatchPart()
    loss: LossPart = LossPart()
    adversarial: AdversarialPart = AdversarialPart()
    optimiser: OptimiserPart = OptimiserPart()


def read_recipe(name: str | Path) -> Recipe:
    """A recipe from a TOML file.

    Args:
        name: path of the file, or name of a recipe that comes with estilo.

    Raises:
        SettingsError: it cannot be read, or does not say what a recipe must.

    Example:
        >>> read_recipe("base").batch.size
        16
    """
    shipped = {
        path.stem: path for path in sorted((Path(__file__).parent / "recipes").glob("*.toml"))
    }
    path = shipped.get(str(name), Path(name))
    try:
        return Recipe(**tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read ({error.strerror}); give a TOML file, or one of "
            f"{', '.join(shipped)}"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{path}: {place}: {first['msg']}, got {first['input']!r}") from error
