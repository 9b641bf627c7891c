"""A transfer as one would ask for it in the terminal and in Python."""

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from estilo.fields import plain

_OUTPUT = "out.wav"


@dataclass(frozen=True)
class Named:
    """A recording by its name, or a part of it.

    Args:
        name: name of its file.
        offset_s: where the part starts, in seconds.
        duration_s: how long it is, in seconds; None for all that there is.
    """

    name: str
    offset_s: float = 0.0
    duration_s: float | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it is all of the recording."""
        return not self.offset_s and self.duration_s is None


@dataclass(frozen=True)
class Asked:
    """A transfer, as it was asked for.

    Args:
        content: the content.
        styles: the styles, one at least.
        style_weights: their shares; equal if not given.
        options: engine, preset and strength, those that were given.
        settings: further settings of the engine, by name, nested where they are.
    """

    content: Named
    styles: tuple[Named, ...]
    style_weights: tuple[float, ...] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def in_terminal(self) -> str:
        """The command that does the same in a folder that has the recordings.

        Parts of several styles that differ cannot be told to the command; its recipe tells them.

        Example:
            >>> rain = Named("heavy rain.wav")
            >>> Asked(Named("melody.wav"), (rain,), options={"engine": "eq"}).in_terminal()
            "estilo transfer melody.wav 'heavy rain.wav' --engine eq -o out.wav"
        """
        first, *others = self.styles
        if len({(each.offset_s, each.duration_s) for each in self.styles}) > 1:
            return f"estilo rerun {_OUTPUT}.json --inputs . -o {_OUTPUT}"
        words = ["estilo", "transfer", _path(self.content.name), _path(first.name)]
        for each in others:
            words += ["--style", _path(each.name)]
        if self.style_weights is not None:
            words += ["--style-weight", ",".join(map(str, self.style_weights))]
        words += _span(self.content, "--offset", "--duration")
        words += _span(first, "--style-offset", "--style-duration")
        for name, value in self.options.items():
            words += [f"--{name}", str(value)]
        for path, value in _leaves(self.settings):
            words += ["--set", f"{'.'.join(path)}={_typed(value)}"]
        return shlex.join([*words, "-o", _OUTPUT])

    def in_python(self) -> str:
        """The lines that do the same in a folder that has the recordings.

        Example:
            >>> print(Asked(Named("a.wav", 1.0, 2.0), (Named("b.wav"),)).in_python())
            import estilo
            <BLANKLINE>
            result = estilo.transfer(estilo.Clip("a.wav", 1.0, 2.0), "b.wav")
            estilo.save(result.audio, "out.wav")
        """
        styles = [_in_python(each) for each in self.styles]
        given = [_in_python(self.content), styles[0] if len(styles) == 1 else _listed(styles)]
        if self.style_weights is not None:
            given.append(f"style_weights={list(self.style_weights)!r}")
        given += [f"{name}={value!r}" for name, value in self.options.items()]
        if self.settings:
            given.append(f"settings={dict(self.settings)!r}")
        return (
            "import estilo\n\n"
            f"result = estilo.transfer({', '.join(given)})\n"
            f'estilo.save(result.audio, "{_OUTPUT}")'
        )


def _path(name: str) -> str:
    """A name that no option begins like."""
    return f"./{name}" if name.startswith("-") else name


def _span(of: Named, offset: str, duration: str) -> list[str]:
    words = [offset, repr(of.offset_s)] if of.offset_s else []
    return words if of.duration_s is None else [*words, duration, repr(of.duration_s)]


def _leaves(settings: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[Any]:
    for name, value in settings.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, (*above, name))
        else:
            yield (*above, name), value


def _typed(value: Any) -> str:
    """A value of a setting, to the last digit."""
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value)
    return str(value) if isinstance(value, float) else plain(value)


def _in_python(of: Named) -> str:
    if of.is_whole:
        return json.dumps(of.name, ensure_ascii=False)
    name = json.dumps(of.name, ensure_ascii=False)
    return f"estilo.Clip({name}, {of.offset_s!r}, {of.duration_s!r})"


def _listed(words: Sequence[str]) -> str:
    return f"[{', '.join(words)}]"
