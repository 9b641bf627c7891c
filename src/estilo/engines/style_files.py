"""Styles that come without their audio: whose format a file is in, and which engine takes it.

Imports no torch; reading a style may.
"""

import os
from functools import cache
from pathlib import PurePath
from pkgutil import resolve_name
from typing import Any, Protocol

from estilo.engines import ENGINES
from estilo.engines.settings import EngineSettings
from estilo.errors import PluginError


class CodedStyle(Protocol):
    """What an engine knows of a style, in the place of the style's audio."""

    def to(self, device: Any) -> "CodedStyle":
        """The same on a device, as `torch.Tensor.to`."""
        ...


class StyleFormat(Protocol):
    """A format of style files, as `EngineSettings.style_format` names one."""

    suffix: str
    """What names of its files end in, in lower case, with the dot."""

    def recognises(self, path: str | os.PathLike[str]) -> bool:
        """Whether a file is of this format, by its name or its first bytes; it need not exist."""
        ...

    def check(self, path: str | os.PathLike[str]) -> None:
        """Refuse a file of this format that is not sound.

        Raises:
            EstiloError: it is not sound; the message says what is wrong and what to do.
        """
        ...

    def read(self, path: str | os.PathLike[str]) -> CodedStyle:
        """The style; nothing in the file is run.

        Raises:
            EstiloError: as in `check`.
        """
        ...


def format_by_name(path: str | os.PathLike[str]) -> StyleFormat | None:
    """The format of a style file whose name says so; None for any other name.

    Example:
        >>> format_by_name("rain.wav") is None, format_by_name("rain.estilo-style") is None
        (True, False)
    """
    suffix = PurePath(path).suffix.lower()
    return next((each for each in _formats() if each.suffix == suffix), None)


def style_format_of(path: str | os.PathLike[str]) -> StyleFormat | None:
    """The format of a style file; None for any other file.

    Example:
        >>> style_format_of("rain.wav") is None, style_format_of("rain.estilo-style") is None
        (True, False)
    """
    return next((each for each in _formats() if each.recognises(path)), None)


def takes(settings: EngineSettings | type[EngineSettings], style_format: StyleFormat) -> bool:
    """Whether an engine can work with a style of a format, without the style's audio.

    Args:
        settings: settings of the engine, or their model. An engine that is yet to be chosen takes
            every format that one of the others takes.
        style_format: format from `style_format_of`.
    """
    if settings.chooses_engine:
        return True
    return _format_of(settings.style_format) is style_format


def engines_that_take(style_format: StyleFormat) -> list[str]:
    """Names of the engines that can work with a style of a format, without the style's audio.

    Example:
        >>> style_format = style_format_of("rain.estilo-style")
        >>> style_format and engines_that_take(style_format)
        ['neural']
    """
    return [
        name
        for name, settings in ENGINES.usable().items()
        if not settings.chooses_engine and takes(settings, style_format)
    ]


def _formats() -> list[StyleFormat]:
    """The formats that there are; every file that is opened is looked at by all of them."""
    found = []
    for name, settings in ENGINES.usable().items():
        try:
            path = settings.style_format
            found += [] if path is None else [ENGINES.load(name, path)]
        except PluginError:
            continue
    return found


@cache
def _format_of(path: str | None) -> StyleFormat | None:
    return None if path is None else resolve_name(path)
