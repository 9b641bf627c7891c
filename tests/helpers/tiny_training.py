"""Datasets and recipes on which a training takes a moment."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from estilo.datasets import synth
from estilo.datasets.settings import SynthSettings
from estilo.engines.neural.weights import ModelCard
from estilo.models.discriminators import MultiScaleDiscriminator
from estilo.models.settings import GeneratorSettings
from estilo.training.recipe import AdversarialPart, BatchPart, OptimiserPart, Recipe

DATA = SynthSettings(
    n_patches=4,
    n_programs=0,
    n_textures=0,
    n_validation=2,
    clips_per_instrument=2,
    band=2,
    duration_s=1.5,
)
MODEL = GeneratorSettings(n_channels=16, n_vector=8, n_key=8, n_value=8, dilations=(1, 2))
SMALL_JUDGE = partial(MultiScaleDiscriminator, n_channels=4)
"""Discriminators in which a tiny training does not spend most of its time."""
CARD = ModelCard(name="Tiny", licence="CC0-1.0", generator=MODEL.model_dump(mode="json"))


def make_dataset(folder: Path) -> Path:
    """12 clips of 6 instruments, rendered in this process."""

    def inline(function, tasks, *, n_jobs):
        yield from ((place, function(task)) for place, task in enumerate(tasks))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(synth, "run_all", inline)
        synth.render_all(DATA, folder)
    return folder


def tiny(data: Path, **changes) -> Recipe:
    parts = {
        "n_steps": 7,
        "checkpoint_every": 2,
        "validate_every": 3,
        "half_precision": False,
        "model": MODEL,
        "batch": BatchPart(size=4, n_frames=32, n_style_frames=48),
        "optimiser": OptimiserPart(name="adam", rate=1e-3, warmup=0, average=0.9),
        "adversarial": AdversarialPart(from_step=2),
    }
    return Recipe(data=(str(data),), **{**parts, **changes})


class QuickValidation:
    """A score that any change of the weights changes."""

    triplets = ()

    def table(self, network):
        score = float(sum(each.detach().double().sum() for each in network.parameters()))
        return {"score": score}, [np.zeros(480)]
