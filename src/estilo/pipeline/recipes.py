"""Recipes of earlier versions, brought to the form that reports have now. Imports no torch."""

from collections.abc import Mapping
from typing import Any

from estilo.engines import ENGINES
from estilo.errors import InputError
from estilo.presets import load_preset, renamed_preset

_IN_PLAN = (
    *("engine", "preset", "settings", "match", "refine", "mix", "on", "mask", "formants"),
    *("formant_shift_semitones", "seed", "device", "threads", "feature_network"),
)


def upgraded(recipe: Any) -> Any:
    """A recipe as this version writes it; what is no recipe stays as it is.

    Args:
        recipe: what the JSON file holds.

    Example:
        >>> old = {"format": 1, "engine": "eq", "settings": {}, "mix": 0.5, "raw": False}
        >>> upgraded(old)["plan"]["mix"]
        0.5
    """
    if not isinstance(recipe, Mapping) or recipe.get("format") != 1 or "engine" not in recipe:
        return recipe
    plan = {name: recipe[name] for name in _IN_PLAN if name in recipe}
    plan["scores"] = bool(recipe.get("scores"))
    settings, preset = plan.get("settings"), plan.get("preset")
    if isinstance(plan["engine"], str) and plan["engine"] in ENGINES and isinstance(settings, dict):
        plan["settings"] = ENGINES[plan["engine"]].upgrade(settings)
    if isinstance(preset, str):
        plan["preset"] = renamed_preset(preset)
    if recipe.get("raw"):
        raw = load_preset(plan["preset"]).raw if isinstance(preset, str) else None
        if raw is None:
            raise InputError(
                f"the recipe is of a raw output, and its preset {preset!r} has no original method; "
                "bring the preset back"
            )
        plan["raw"] = raw.model_dump()
    others = {name: value for name, value in recipe.items() if name not in (*_IN_PLAN, "raw")}
    return {**others, "format": 2, "plan": plan}
