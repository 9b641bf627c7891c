"""Settings of the engines as typed models, with their units, bounds and defaults.

    import estilo
    estilo.transfer("melody.wav", "rain.wav", settings=estilo.settings.Optimise(n_steps=100))

Each is frozen; unknown names and values out of bounds are refused when it is made.
"""

from estilo.engines.auto.settings import AutoSettings as Auto
from estilo.engines.baselines.settings import ContentSettings as Content
from estilo.engines.baselines.settings import CrossfadeSettings as Crossfade
from estilo.engines.baselines.settings import StyleSettings as Style
from estilo.engines.eq.settings import EqSettings as Eq
from estilo.engines.mosaic.settings import MosaicSettings as Mosaic
from estilo.engines.neural.settings import NeuralSettings as Neural
from estilo.engines.notes.settings import NotesSettings as Notes
from estilo.engines.optimise.settings import OptimiseSettings as Optimise
from estilo.engines.sines.settings import SinesSettings as Sines

__all__ = [
    "Auto",
    "Content",
    "Crossfade",
    "Eq",
    "Mosaic",
    "Neural",
    "Notes",
    "Optimise",
    "Sines",
    "Style",
]
