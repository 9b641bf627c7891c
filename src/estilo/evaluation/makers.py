"""How a row of the scoreboard makes an output from an item of a test set.

A maker is plain data, so that it can be sent to another process, and its recipe says everything
that decides about its outputs.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from estilo.audio import Audio
from estilo.evaluation.controls import sounding_level, with_noise_bed
from estilo.evaluation.granular import granular_shuffle
from estilo.evaluation.sets import Item

if TYPE_CHECKING:
    from estilo.pipeline.transfer import Transfer

SEED = 0
"""Random seed of every engine."""


class Maker(ABC):
    """Makes an output; two makers with equal recipes make equal outputs."""

    @abstractmethod
    def recipe(self) -> dict[str, Any]:
        """Everything that decides about the output, as JSON would hold it.

        Raises:
            SettingsError: the settings are not those of the engine.
        """

    @abstractmethod
    def warm(self) -> None:
        """Import what `make` needs, so that its first call takes no longer than all others."""

    @abstractmethod
    def make(self, item: Item) -> Audio:
        """The output.

        Raises:
            EstiloError: it cannot be made.
        """


@dataclass(frozen=True)
class Copy(Maker):
    """One of the item's recordings as it is: what a metric says of the target, say.

    Args:
        role: role of the recording: content, style or target.

    Example:
        >>> item = Item("a", "b", content=None, style=Audio([0.5, 0.5], 8000), target=None)
        >>> Copy("style").make(item) is item.style
        True
    """

    role: Literal["style", "target"]

    def recipe(self) -> dict[str, Any]:
        """See `Maker.recipe`."""
        return {"copy": self.role}

    def warm(self) -> None:
        """Do nothing; see `Maker.warm`."""

    def make(self, item: Item) -> Audio:
        """See `Maker.make`."""
        return getattr(item, self.role)


@dataclass(frozen=True)
class Shuffle(Maker):
    """Grains of the style, as many as the target is long; see `granular_shuffle`."""

    def recipe(self) -> dict[str, Any]:
        """See `Maker.recipe`."""
        return {"shuffle": "granular", "seed": SEED}

    def warm(self) -> None:
        """Do nothing; see `Maker.warm`."""

    def make(self, item: Item) -> Audio:
        """See `Maker.make`."""
        samples, rate = item.style.samples.mean(0), item.style.sample_rate
        n_samples = round(_seconds(item) * rate)
        rng = np.random.default_rng(SEED)
        shuffled = granular_shuffle(samples, sample_rate=rate, n_samples=n_samples, rng=rng)
        return Audio(shuffled, rate)


@dataclass(frozen=True)
class NoiseBed(Maker):
    """The content over noise of the style's average spectrum; see `with_noise_bed`.

    Args:
        level_db: level of the noise against the content's, in dB.
        is_gated: whether the noise follows the content's loudness.
        eq_strength: strength of an EQ match of the content to the style; None for the content as it
            is.

    Example:
        >>> NoiseBed(-30.0).recipe()["level_db"]
        -30.0
    """

    level_db: float
    is_gated: bool = False
    eq_strength: float | None = None

    def recipe(self) -> dict[str, Any]:
        """See `Maker.recipe`."""
        equaliser = self._equaliser()
        return {
            "control": "noise bed",
            "level_db": self.level_db,
            "is_gated": self.is_gated,
            "equaliser": None if equaliser is None else equaliser.recipe(),
            "seed": SEED,
        }

    def warm(self) -> None:
        """See `Maker.warm`."""
        equaliser = self._equaliser()
        if equaliser is not None:
            equaliser.warm()

    def make(self, item: Item) -> Audio:
        """See `Maker.make`."""
        assert item.content is not None  # noqa: S101 - rows are chosen for the set
        equaliser = self._equaliser()
        return with_noise_bed(
            item.content,
            item.style,
            level_db=self.level_db,
            rng=np.random.default_rng(SEED),
            base=None if equaliser is None else equaliser.make(item),
            is_gated=self.is_gated,
        )

    def _equaliser(self) -> "TransferMaker | None":
        if self.eq_strength is None:
            return None
        return TransferMaker({"engine": "eq", "strength": self.eq_strength})


@dataclass(frozen=True)
class Ceiling(Maker):
    """The content's notes on the style's whole instrument; see `KnownNotes`."""

    def recipe(self) -> dict[str, Any]:
        """See `Maker.recipe`."""
        return {"control": "ceiling"}

    def warm(self) -> None:
        """Do nothing; see `Maker.warm`."""

    def make(self, item: Item) -> Audio:
        """See `Maker.make`."""
        assert item.known is not None  # noqa: S101 - rows are chosen for the set
        assert item.content is not None  # noqa: S101
        played = item.known.ceiling(duration_s=item.content.duration_s)
        gain = sounding_level(item.content) / sounding_level(played)
        return Audio(gain * played.samples, played.sample_rate)


@dataclass(frozen=True)
class TransferMaker(Maker):
    """Style transfer of the item's content.

    Args:
        options: options of `estilo.pipeline.transfer.Transfer`.

    Example:
        >>> TransferMaker({"engine": "crossfade", "strength": 0.25}).recipe()["settings"]
        {'strength': 0.25}
    """

    options: dict[str, Any] = field(default_factory=dict)

    def recipe(self) -> dict[str, Any]:
        """See `Maker.recipe`."""
        return _recipe("transfer", self._transfer())

    def warm(self) -> None:
        """See `Maker.warm`."""
        _import_engine(self._transfer().plan.engine)

    def make(self, item: Item) -> Audio:
        """See `Maker.make`."""
        assert item.content is not None  # noqa: S101 - rows are chosen for the set
        return self._transfer()(item.content, item.style).audio

    def _transfer(self) -> "Transfer":
        from estilo.pipeline.transfer import Transfer

        return Transfer(seed=SEED, threads=1, scores=False, **self.options)


@dataclass(frozen=True)
class TextureMaker(Maker):
    """New audio with the texture of the item's style, as long as its target.

    Args:
        options: options of `estilo.pipeline.transfer.Transfer.for_texture`.
    """

    options: dict[str, Any] = field(default_factory=dict)

    def recipe(self) -> dict[str, Any]:
        """See `Maker.recipe`."""
        return _recipe("texture", self._transfer())

    def warm(self) -> None:
        """See `Maker.warm`."""
        _import_engine(self._transfer().plan.engine)

    def make(self, item: Item) -> Audio:
        """See `Maker.make`."""
        return self._transfer().texture(item.style, seconds=_seconds(item)).audio

    def _transfer(self) -> "Transfer":
        from estilo.pipeline.transfer import Transfer

        return Transfer.for_texture(seed=SEED, threads=1, scores=False, **self.options)


def _recipe(job: str, transfer: "Transfer") -> dict[str, Any]:
    """Resolved settings, so that a file that has changed, preset or weights, is another recipe."""
    plan = transfer.plan
    settings = plan.settings.model_dump(mode="json")
    if "weights" in settings:
        from estilo.engines.neural.weights import weights_id

        settings["weights"] = weights_id(settings["weights"])
    return {
        "job": job,
        "engine": plan.engine,
        "settings": settings,
        **({"refine": plan.refine} if plan.refine else {}),
        "mix": plan.mix,
        "seed": plan.seed,
    }


def _import_engine(name: str) -> None:
    from estilo.engines import ENGINES

    for module in ("estilo.pipeline.running", "estilo.pipeline.texture"):
        import_module(module)
    chosen = ENGINES[name]
    for each, settings in ENGINES.usable().items() if chosen.chooses_engine else ((name, chosen),):
        if not settings.chooses_engine:
            ENGINES.load(each, settings.builder)


def _seconds(item: Item) -> float:
    return item.style.duration_s if item.target is None else item.target.duration_s
