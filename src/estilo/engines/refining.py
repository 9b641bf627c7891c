"""Which engine goes on from what another one has made, and what it is told."""

from typing import Any, Literal

from estilo.engines import ENGINES
from estilo.engines.settings import EngineSettings
from estilo.errors import SettingsError

REFINING_ENGINE = "optimise"
# Where the notes are still to be cut out of what was made, bands must be narrower than their
# distance: on 8 triplets pitch came .07 nearer to the target with twice as many as the engine has,
# and .10 with four times as many, at equal timbre (docs/mosaic.md).
_SETTINGS_TO_KEEP_CONTENT = {"stft": {"n_bands": 128}}


def refinement(
    strength: float, *, keeps: Literal["output", "content"]
) -> tuple[str, EngineSettings]:
    """Name and settings of the engine that goes on from another engine's output.

    Args:
        strength: how far it goes, 0 to 1.
        keeps: what it holds on to, as the other engine declares it
            (`EngineSettings.refining_keeps`).
    """
    values: dict[str, Any] = {"strength": strength}
    if keeps == "content":
        values |= _SETTINGS_TO_KEEP_CONTENT
    return REFINING_ENGINE, ENGINES[REFINING_ENGINE].model_validate(values)


def check_refinable(name: str) -> None:
    """Refuse to refine what an engine makes where that makes no sense.

    Args:
        name: name of the engine, as registered in `estilo.engines.ENGINES`.

    Raises:
        SettingsError: there is no such engine, or its output is not to be refined.
    """
    if ENGINES[name].chooses_engine:
        raise SettingsError(
            f"the engine {name!r} chooses refine by what it hears; leave it out, or name an engine"
        )
    if name == REFINING_ENGINE:
        raise SettingsError(
            f"refine goes on with the engine {REFINING_ENGINE!r}, which is the one that was "
            "chosen; leave it out, or choose another engine"
        )
    if not ENGINES[name].is_refinable:
        raise SettingsError(
            f"what the engine {name!r} makes cannot be refined; leave refine out, or choose "
            "another engine"
        )
