"""Families of interchangeable parts: an explicit table each, open to third parties.

A part is named by an import path and imported on first use, so that listing names stays fast. Other
packages add to a family through the entry-point group ``estilo.<family>``.
"""

import difflib
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from estilo.errors import SettingsError


class Registry(Mapping[str, Any]):
    """Names of one family and the parts behind them.

    Args:
        family: what the parts are, in the singular (``"engine"``).
        parts: name to ``"module:attribute"``.

    Example:
        >>> constants = Registry("constant", {"pi": "math:pi"})
        >>> round(constants["pi"], 2)
        3.14
        >>> constants["pie"]
        Traceback (most recent call last):
        ...
        estilo.errors.SettingsError: unknown constant 'pie'; did you mean 'pi'? Known: pi
    """

    def __init__(self, family: str, parts: Mapping[str, str]) -> None:
        self.family = family
        self._paths = dict(parts)
        for point in entry_points(group=f"estilo.{family}"):
            self._paths.setdefault(point.name, point.value)

    def __getitem__(self, name: str) -> Any:
        if name not in self._paths:
            near = difflib.get_close_matches(name, self._paths, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else "."
            raise SettingsError(
                f"unknown {self.family} {name!r}{hint} Known: {', '.join(sorted(self._paths))}"
            )
        module, _, attribute = self._paths[name].partition(":")
        return getattr(import_module(module), attribute)

    def __contains__(self, name: object) -> bool:
        return name in self._paths

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def summary(self, name: str) -> str:
        """First line of the part's docstring."""
        return (self[name].__doc__ or "").strip().partition("\n")[0]
