"""What the package ``echo`` adds without torch: an engine's settings, a preset, a metric, a set."""

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from estilo import Audio
from estilo.analysis.sound import Sound
from estilo.engines.settings import EngineSettings
from estilo.evaluation.sets import Item, TestSet
from estilo.metrics.base import Metric, are_audible, nothing_to_measure
from estilo.presets import Preset

RATE = 8000


class EchoSettings(EngineSettings):
    """The content with one echo of itself."""

    builder: ClassVar[str] = "echo_engine:EchoEngine"
    works_in: ClassVar[Literal["windows", "blocks"]] = "blocks"

    takes_several_styles: ClassVar[bool] = False

    delay_s: Annotated[float, Field(gt=0, le=1)] = 0.1
    """How much later the echo comes, in seconds."""


PRESET = Preset.from_toml(
    """
    summary = "The default engine with every part that the package echo adds to it"
    [settings]
    n_steps = 2
    representation = "rooted"
    features = "projection"
    extra_terms = { mean-level = 0.5 }
    [settings.network]
    n_filters = 8
    """
)


def peak_gap(output: Sound, reference: Sound) -> float:
    """Difference of the peaks, as a share of full scale.

    Args:
        output: any length and rate.
        reference: the content.

    Raises:
        InputError: one of them is not a `Sound`.
    """
    if not are_audible("peak_gap", output, reference):
        return nothing_to_measure("peak_gap")
    one, other = (np.abs(each.audio.samples).max() for each in (output, reference))
    return float(abs(one - other))


PEAK_GAP = Metric("peak_gap", "peak gap", "lower", 0.0, "content", peak_gap)


class Hiss(TestSet):
    """One pair of noises."""

    def names(self, n: int | None = None) -> list[str]:
        return ["hiss"][:n]

    def load(self, name: str) -> Item:
        noises = 0.1 * np.random.default_rng(0).standard_normal((2, RATE))
        content, style = (Audio(each, RATE) for each in noises)
        return Item(name, "noise", content=content, style=style, target=None)
