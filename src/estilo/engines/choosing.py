"""Engines that choose another engine by what the recordings are."""

from collections.abc import Sequence
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import Any

from estilo.audio import Audio
from estilo.engines.settings import EngineSettings
from estilo.engines.style_files import CodedStyle


@dataclass(frozen=True)
class Choice:
    """An engine and how it is to run.

    Args:
        engine: its name.
        settings: those that are not its defaults.
        refine: strength with which the refining engine (`estilo.engines.refining`) goes on from
            it, 0 to 1.
        words: why, in a line.
    """

    engine: str
    settings: dict[str, Any]
    refine: float
    words: str


def choose_engine(
    settings: EngineSettings,
    content: Audio,
    styles: Sequence[Audio | CodedStyle],
    *,
    names: Sequence[str] = (),
) -> Choice:
    """The engine that settings which leave it open (`EngineSettings.chooses_engine`) choose.

    Args:
        settings: settings that leave the engine open.
        content: the content signal, of any length and sample rate.
        styles: recordings, or styles that came without their audio.
        names: what the styles are called in the words, one each; their numbers if not given.
    """
    return resolve_name(settings.builder)(settings, content, styles, names=names)
