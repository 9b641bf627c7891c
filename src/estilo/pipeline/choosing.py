"""Which engine suits a content and its styles."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from estilo.analysis.descriptors import excerpt
from estilo.analysis.kinds import Kind, character
from estilo.analysis.sound import Sound
from estilo.audio import Audio
from estilo.pipeline.sources import Source, StyleSource


@dataclass(frozen=True)
class Choice:
    """An engine and how it is to run.

    Args:
        engine: its name.
        settings: those that are not its defaults.
        refine: how far the engine ``optimise`` goes on from it.
        words: why, in a line.
    """

    engine: str
    settings: dict[str, Any]
    refine: float
    words: str


def choose(content: Audio, styles: Sequence[StyleSource]) -> Choice:
    """The engine that did best on real recordings of these kinds (docs/choose-an-engine.md).

    Notes in the style of notes or of a voice are played by the trained network and refined; what
    has none, or is to sound like what has none, is left to the default engine, and so is speech,
    whose words the network does not keep (docs/voices.md).

    Args:
        content: any length; of more than two minutes four stretches are heard.
        styles: recordings or style files.
    """
    recordings = [style for style in styles if isinstance(style, Source)]
    if len(recordings) < len(styles):
        return Choice("neural", {}, 0.0, "engine neural: it alone takes style files")
    kinds = [_kind(content), *(_kind(style.audio) for style in recordings)]
    names = ["content", *(_name(style, i) for i, style in enumerate(recordings, start=1))]
    heard = ", ".join(
        f"the {name} is {kind or 'silent'}" for name, kind in zip(names, kinds, strict=True)
    )
    if kinds[0] == "pitched" and all(kind in ("pitched", "voiced") for kind in kinds):
        words = "engine neural, which plays notes, refined by .5"
        return Choice("neural", {"fit": 0.0}, 0.5, f"{heard}: {words}")
    return Choice("optimise", {}, 0.0, f"{heard}: engine optimise")


def _kind(audio: Audio) -> Kind | None:
    found = character(excerpt(Sound.of(audio)))
    return found.kind if found else None


def _name(style: Source, number: int) -> str:
    path = style.report.path
    return f"style {number if path is None else Path(path).name}"
