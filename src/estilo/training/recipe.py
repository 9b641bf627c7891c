"""Recipes, which decide everything about the result of a training. Imports no torch."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from estilo.documents import parse_toml
from estilo.errors import SettingsError
from estilo.fields import Documented
from estilo.files import read_text
from estilo.models.settings import GeneratorSettings

_MOST_BYTES = 2**18


class BatchPart(Documented):
    """Settings of the examples that the network sees in a step."""

    size: Annotated[int, Field(ge=1, le=1024)] = 16
    """Number of examples in a batch, over all processes."""
    n_frames: Annotated[int, Field(ge=16)] = 256
    """Length of the content, in frames of 512 samples."""
    n_style_frames: Annotated[int, Field(ge=16)] = 384
    """Length of the style, in frames of 512 samples."""
    paired: Annotated[float, Field(ge=0)] = 0.85
    """Share of examples with a target: the same phrase played by two instruments."""
    perturbed: Annotated[float, Field(ge=0)] = 0.15
    """Share of examples that restore a clip from an augmented version of itself."""
    unpaired: Annotated[float, Field(ge=0)] = 0.0
    """Share of examples that join any two clips, without a target."""
    equaliser_db: Annotated[float, Field(ge=0, le=40)] = 6.0
    """Standard deviation of random equalisers, one for the content, one for style and target, in
    dB."""
    transpose: Annotated[int, Field(ge=0, le=12)] = 5
    """Largest transposition of an example up or down, as by resampling, in semitones."""
    variety: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Share of instruments that are augmented: their swings, decays and partials change, in target
    and style alike; and share of content signals that are."""
    gain_db: Annotated[float, Field(ge=0, le=40)] = 4.0
    """Standard deviation of the content's level, which the target follows, in dB."""
    noise: Annotated[float, Field(ge=0, le=1)] = 0.3
    """Share of content signals that get noise, at levels of -120 to -70 dB of full scale."""

    @model_validator(mode="after")
    def _has_examples(self) -> Self:
        if self.paired + self.perturbed + self.unpaired <= 0.0:
            raise ValueError("paired, perturbed or unpaired must be more than 0")
        return self


class LossPart(Documented):
    """Weights of the terms of the loss."""

    level: Annotated[float, Field(ge=0)] = 1.0
    """Weight of the mean absolute difference of band levels from the target's."""
    spectral: Annotated[float, Field(ge=0)] = 0.5
    """Weight of the log-spectral distance from the target: root mean square over time, mean over
    bands."""
    statistics: Annotated[float, Field(ge=0)] = 0.5
    """Weight of each band's mean and standard deviation over time, compared with the target's."""
    style: Annotated[float, Field(ge=0)] = 1.0
    """Weight of the same statistics, compared with the style's, where there is no target."""
    notes: Annotated[float, Field(ge=0)] = 0.03
    """Weight of the notes that the encoder detects, compared with those played, where they are
    known."""
    memory: Annotated[float, Field(ge=0)] = 0.1
    """Weight of LSTM cells that hold more at the end of a segment than a stream can forget."""
    structure: Annotated[float, Field(ge=0)] = 1.0
    """Weight of partials and onsets, compared with the content's, where there is no target."""


class AdversarialPart(Documented):
    """Settings of the discriminators, which by default never take part."""

    from_step: Annotated[int, Field(ge=0)] = 10**9
    """Number of the step from which the discriminators take part."""
    weight: Annotated[float, Field(ge=0)] = 0.05
    """Weight of the discriminators' verdict in the loss."""
    matching: Annotated[float, Field(ge=0)] = 0.2
    """Weight of the difference between activations for outputs and for targets."""


class OptimiserPart(Documented):
    """Settings of the optimiser."""

    name: Literal["adam", "rmsprop", "muon"] = "muon"
    """Optimisation algorithm."""
    rate: Annotated[float, Field(gt=0, le=1)] = 2e-3
    """Learning rate."""
    warmup: Annotated[int, Field(ge=0)] = 200
    """Number of steps over which the learning rate rises from 0."""
    decay_from: Annotated[float, Field(ge=0, le=1)] = 0.6
    """Share of the training after which the learning rate falls linearly to a hundredth."""
    clip: Annotated[float, Field(gt=0)] = 1.0
    """Largest norm of the gradient; longer gradients are shortened to it."""
    average: Annotated[float, Field(ge=0, lt=1)] = 0.999
    """Decay of the running average of the weights; the average is what is kept as the result."""


class Recipe(Documented):
    """Everything that decides the result of a training."""

    data: tuple[str, ...]
    """Folders of the datasets, each with a manifest, relative to the working folder."""
    seed: Annotated[int, Field(ge=0, le=2**62)] = 1
    """Random seed of the first weights and of every batch."""
    n_steps: Annotated[int, Field(ge=1)] = 20000
    """Number of training steps."""
    checkpoint_every: Annotated[int, Field(ge=1)] = 250
    """Number of steps from one checkpoint to the next."""
    validate_every: Annotated[int, Field(ge=1)] = 1000
    """Number of steps from one validation to the next."""
    half_precision: bool = True
    """Whether matrix products are computed in bfloat16, where the hardware can."""
    model: GeneratorSettings = GeneratorSettings()
    batch: BatchPart = BatchPart()
    loss: LossPart = LossPart()
    adversarial: AdversarialPart = AdversarialPart()
    optimiser: OptimiserPart = OptimiserPart()


def read_recipe(name: str | Path) -> Recipe:
    """Read a recipe from a TOML file.

    Args:
        name: path of the file, or name of a recipe that comes with estilo.

    Raises:
        SettingsError: the file cannot be read, or is not a valid recipe.

    Example:
        >>> read_recipe("base").batch.size
        16
    """
    shipped = {
        path.stem: path for path in sorted((Path(__file__).parent / "recipes").glob("*.toml"))
    }
    path = shipped.get(str(name), Path(name))
    try:
        text = read_text(path, most_bytes=_MOST_BYTES, error=SettingsError)
    except SettingsError as error:
        raise SettingsError(f"{error}; or name one of {', '.join(shipped)}") from error
    try:
        document = parse_toml(text, what=str(path))
    except ValueError as error:
        raise SettingsError(f"{error}; mend the file") from error
    try:
        return Recipe.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{path}: {place}: {first['msg']}, got {first['input']!r}") from error
