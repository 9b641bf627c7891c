"""Random generators of instruments, apart for what trains metrics and what trains engines."""

import numpy as np

from estilo.datasets.instruments.settings import InstrumentSettings
from estilo.metrics.timbre_network import METRIC_SEED


def generator(settings: InstrumentSettings, name: str) -> np.random.Generator:
    """The generator of all that is drawn for an instrument.

    Args:
        settings: settings that say who learns, and the seed.
        name: name of the instrument.

    Example:
        >>> kinds = (InstrumentSettings(learner=kind) for kind in ("metrics", "engines"))
        >>> one, other = (generator(each, "own-00000").random() for each in kinds)
        >>> one == other
        False
    """
    reserved = (METRIC_SEED,) if settings.learner == "metrics" else ()
    return np.random.default_rng([*reserved, settings.seed, *b"instruments", *name.encode()])
