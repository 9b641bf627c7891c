"""Families of interchangeable parts: an explicit table each, open to other packages.

A part is named by an import path and imported on first use, so that listing names stays fast. Other
packages add to a family through its entry-point group (``estilo.engines``, ``estilo.losses``, …);
what they add can break nothing but its own use.
"""

import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from estilo.errors import PluginError, SettingsError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


class NameTaken(UserWarning):
    """A part of another package has a name that is taken already, and is ignored."""


class Registry(Mapping[str, Any]):
    """Names of one family and the parts behind them.

    The names that come with estilo are never replaced: a part of another package with such a name,
    or with a name that an earlier package has, is ignored with a warning.

    Args:
        family: what the parts are, in the singular (``"engine"``), for messages.
        parts: name to ``"module:attribute"``, or to what makes the part, of those that come with
            estilo.
        group: entry-point group through which other packages add parts; None closes the family.
        kind: ``"module:class"`` that parts of other packages are subclasses of.
        instance_of: ``"module:class"`` that they are instances of, in families of objects.

    Example:
        >>> constants = Registry("constant", parts={"pi": "math:pi"})
        >>> round(constants["pi"], 2)
        3.14
        >>> constants["pie"]
        Traceback (most recent call last):
        ...
        estilo.errors.SettingsError: unknown constant 'pie'; did you mean 'pi'? Known: pi
    """

    def __init__(
        self,
        family: str,
        *,
        parts: Mapping[str, str | Callable[[], Any]],
        group: str | None = None,
        kind: str | None = None,
        instance_of: str | None = None,
    ) -> None:
        self.family = family
        self.group = group
        self._kind = kind
        self._instance_of = instance_of
        self._own = dict(parts)

    # As an object: a mapping's own equality would import every part.
    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __getitem__(self, name: str) -> Any:
        self.check(name)
        point = self._points.get(name)
        if point is not None:
            return self._from_outside(point)
        part = self._paths[name]
        return _imported(part) if isinstance(part, str) else part()

    def __contains__(self, name: object) -> bool:
        return name in self._paths

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def check(self, name: str) -> str:
        """The name itself, if there is such a part; nothing is imported.

        Args:
            name: name of a part.

        Raises:
            SettingsError: there is none.
        """
        if name not in self._paths:
            raise unknown(self.family, name, sorted(self._paths))
        return name

    def usable(self) -> dict[str, Any]:
        """Name to part, without the parts of other packages that cannot be used."""
        found = {}
        for name in self:
            try:
                found[name] = self[name]
            except PluginError:
                continue
        return found

    def summary(self, name: str) -> str:
        """First line of the part's docstring.

        Args:
            name: name of a part.

        Raises:
            SettingsError: there is no such part.
            PluginError: it is another package's and cannot be used.
        """
        return (self[name].__doc__ or "").strip().partition("\n")[0]

    def load(self, name: str, path: str) -> Any:
        """What a part names by an import path of its own, say what builds an engine.

        Args:
            name: name of the part.
            path: ``"module:attribute"`` that it names.

        Raises:
            PluginError: the part is another package's, and what it names cannot be imported.
        """
        point = self._points.get(name)
        if point is None:
            return _imported(path)
        try:
            return _imported(path)
        except Exception as error:  # as in `_from_outside`
            raise self._unusable(point, f"{path}: {type(error).__name__}: {error}") from error

    def origin(self, name: str) -> str | None:
        """The package that a part comes from, with its version; None where it is estilo.

        Args:
            name: name of a part.
        """
        point = self._points.get(name)
        return None if point is None else _package(point)

    @cached_property
    def _points(self) -> "dict[str, EntryPoint]":
        """What other packages add."""
        found: dict[str, EntryPoint] = {}
        for point in () if self.group is None else _installed().select(group=self.group):
            if point.name not in self._own and point.name not in found:
                found[point.name] = point
                continue
            first = found.get(point.name)
            whose = "comes with estilo" if first is None else f"is that of {_package(first)}"
            warnings.warn(
                f"the {self.family} {point.name!r} of {_package(point)} is ignored, because the "
                f"{self.family} of that name {whose}; ask its authors for another name",
                NameTaken,
                stacklevel=2,
            )
        return found

    @cached_property
    def _paths(self) -> dict[str, str | Callable[[], Any]]:
        return self._own | {name: point.value for name, point in self._points.items()}

    def _from_outside(self, point: "EntryPoint") -> Any:
        try:
            part = point.load()
        except Exception as error:  # whatever another package raises is its own fault
            raise self._unusable(point, f"{type(error).__name__}: {error}") from error
        why = self._fault(part)
        if why:
            raise self._unusable(point, why)
        return part

    def _fault(self, part: Any) -> str:
        """Why something cannot be a part of this family; empty where it can."""
        if self._instance_of is not None and not isinstance(part, _imported(self._instance_of)):
            return f"expected an instance of {_dotted(self._instance_of)}, got {_called(part)}"
        if self._kind is None:
            return ""
        kind = _imported(self._kind)
        if not (isinstance(part, type) and issubclass(part, kind)):
            return f"expected a subclass of {_dotted(self._kind)}, got {_called(part)}"
        missing = ", ".join([*getattr(part, "__abstractmethods__", ()), *_unset(part, kind)])
        return missing and f"{_called(part)} lacks {missing}"

    def _unusable(self, point: "EntryPoint", why: str) -> PluginError:
        return PluginError(
            f"the {self.family} {point.name!r} cannot be used: the entry point {point.value} of "
            f"the package {_package(point)} does not load ({why}); update or remove that package"
        )


def unknown(family: str, name: str, known: Sequence[str]) -> SettingsError:
    """The error for a name that nothing has, with the nearest that something has.

    Args:
        family: what the parts are, in the singular.
        name: name that was asked for.
        known: the names that there are.
    """
    import difflib

    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    return SettingsError(f"unknown {family} {name!r}{hint} Known: {', '.join(known)}")


@cache
def _installed() -> Any:
    """All entry points that there are, to be selected from; reading them takes 20 ms, so once."""
    # Imported here, as everything above that the help of the program has no need of.
    from importlib.metadata import entry_points

    return entry_points()


def _package(point: "EntryPoint") -> str:
    found = point.dist
    return "an unknown package" if found is None else f"{found.name} {found.version}"


def _imported(path: str) -> Any:
    module, _, attribute = path.partition(":")
    return getattr(import_module(module), attribute)


def _unset(part: type, kind: type) -> list[str]:
    """Class attributes that a kind only declares, and that a part leaves without a value."""
    declared = inspect.get_annotations(kind).items()
    return [name for name, hint in declared if "ClassVar" in str(hint) and not hasattr(part, name)]


def _dotted(path: str) -> str:
    return path.replace(":", ".")


def _called(part: Any) -> str:
    return f"the class {part.__name__}" if isinstance(part, type) else f"a {type(part).__name__}"
