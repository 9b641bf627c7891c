"""Engines: ways to make output audio from a content and styles.

Listing and describing engines imports no torch; using one does.
"""

from estilo.registry import Registry

ENGINES = Registry(
    "engine",
    group="estilo.engines",
    parts={
        "optimise": "estilo.engines.optimise.engine:OptimiseEngine",
        "neural": "estilo.engines.neural.engine:NeuralEngine",
        "sines": "estilo.engines.sines.engine:SinesEngine",
        "mosaic": "estilo.engines.mosaic.engine:MosaicEngine",
        "eq": "estilo.engines.eq.engine:EqEngine",
        "crossfade": "estilo.engines.copies.engine:CrossfadeEngine",
        "content": "estilo.engines.copies.engine:ContentEngine",
        "style": "estilo.engines.copies.engine:StyleEngine",
    },
)
# Of "auto" there are only settings: it stands for one of the others.
ENGINE_SETTINGS = Registry(
    "engine",
    parts={
        "optimise": "estilo.engines.optimise.settings:OptimiseSettings",
        "auto": "estilo.engines.auto:AutoSettings",
        "neural": "estilo.engines.neural.settings:NeuralSettings",
        "sines": "estilo.engines.sines.settings:SinesSettings",
        "mosaic": "estilo.engines.mosaic.settings:MosaicSettings",
        "eq": "estilo.engines.eq.settings:EqSettings",
        "crossfade": "estilo.engines.copies.settings:CrossfadeSettings",
        "content": "estilo.engines.copies.settings:ContentSettings",
        "style": "estilo.engines.copies.settings:StyleSettings",
    },
)

__all__ = ["ENGINES", "ENGINE_SETTINGS"]
