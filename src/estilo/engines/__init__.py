"""Engines: ways to make output audio from a content signal and styles.

Every engine is registered by its settings (`estilo.engines.settings.EngineSettings`), which say
what the engine can do and what builds it. Listing and describing engines imports no torch; using
one does.
"""

from estilo.registry import Registry

ENGINES = Registry(
    "engine",
    group="estilo.engines",
    kind="estilo.engines.settings:EngineSettings",
    parts={
        "optimise": "estilo.engines.optimise.settings:OptimiseSettings",
        "auto": "estilo.engines.auto.settings:AutoSettings",
        "neural": "estilo.engines.neural.settings:NeuralSettings",
        "sines": "estilo.engines.sines.settings:SinesSettings",
        "mosaic": "estilo.engines.mosaic.settings:MosaicSettings",
        "notes": "estilo.engines.notes.settings:NotesSettings",
        "eq": "estilo.engines.eq.settings:EqSettings",
        "crossfade": "estilo.engines.baselines.settings:CrossfadeSettings",
        "content": "estilo.engines.baselines.settings:ContentSettings",
        "style": "estilo.engines.baselines.settings:StyleSettings",
    },
)

__all__ = ["ENGINES"]
