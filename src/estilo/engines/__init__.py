"""Engines: ways to make output audio from a content and styles.

Listing and describing engines imports no torch; using one does.
"""

from estilo.registry import Registry

ENGINES = Registry("engine", {"optimise": "estilo.engines.optimise.engine:OptimiseEngine"})
ENGINE_SETTINGS = Registry(
    "engine", {"optimise": "estilo.engines.optimise.settings:OptimiseSettings"}
)

__all__ = ["ENGINES", "ENGINE_SETTINGS"]
