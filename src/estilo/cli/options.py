"""Options that commands share, written once; those of an engine are made from its settings."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields, make_dataclass
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from cyclopts import Group, Parameter
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from estilo.engines import ENGINES
from estilo.engines.choices import NameOf
from estilo.engines.settings import alternatives
from estilo.errors import SettingsError

COMMON = Group("Common", sort_key=1)
PARTS = Group("Parts and voices", sort_key=2)
FILES = Group("Files", sort_key=3)
RUNNING = Group("While it runs", sort_key=4)
DEFAULT_ENGINE = "optimise"
_FIRST_ENGINE_GROUP = 10


def flag(group: Group, text: str, *, alias: str | None = None) -> Parameter:
    """A switch that is off unless it is given."""
    return Parameter(alias=alias, negative=(), group=group, show_default=False, help=text)


Force = Annotated[bool, flag(FILES, "Replace files that are already there.")]
Plot = Annotated[bool, flag(FILES, "Draw a picture beside the output (out.wav.png).")]
AcceptTruncated = Annotated[bool, flag(FILES, "Take what is there of files that break off.")]
KeepBest = Annotated[
    bool,
    flag(RUNNING, "On Ctrl-C write the best so far; the exit code is 130 all the same."),
]
Quiet = Annotated[bool, flag(RUNNING, "Say nothing but errors.", alias="-q")]


def numbers(text: str, *, option: str) -> list[float]:
    """Numbers with commas between them.

    Raises:
        SettingsError: something else is among them.

    Example:
        >>> numbers("2,1", option="--style-weight")
        [2.0, 1.0]
    """
    try:
        return [float(part) for part in text.split(",")]
    except ValueError as error:
        raise SettingsError(
            f"{option} must be numbers, got {text!r}; give for instance {option} 2,1"
        ) from error


@dataclass(frozen=True, kw_only=True)
class OutputOptions:
    """What is written, and how much is said."""

    output: Annotated[
        Path,
        Parameter(
            alias="-o",
            metavar="FILE",
            group=COMMON,
            help="Where to; the extension chooses wav, flac, ogg, opus, mp3, aiff or caf.",
        ),
    ]
    bit_depth: Annotated[
        Literal["16", "24", "32", "float"] | None,
        Parameter(group=FILES, help="Bits per sample; the content's if not given."),
    ] = None
    force: Force = False
    plot: Plot = False


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Where and how it is computed."""

    seed: Annotated[int, Parameter(group=COMMON, help="Of every random draw.")] = 0
    device: Annotated[
        str, Parameter(group=RUNNING, metavar="NAME", help="cpu, or cuda for a GPU.")
    ] = "cpu"
    threads: Annotated[
        int | None,
        Parameter(group=RUNNING, help="Threads of the processor; all its cores if not given."),
    ] = None
    no_scores: Annotated[
        bool,
        flag(RUNNING, "Do not measure what came out; saves about 0.1 s per second of it."),
    ] = False
    keep_best: KeepBest = False
    quiet: Quiet = False


@dataclass(frozen=True, kw_only=True)
class StyleOptions:
    """What of the styles is used."""

    style_weight: Annotated[
        list[str] | None,
        Parameter(
            negative=(),
            consume_multiple=False,
            metavar="NUMBER",
            group=COMMON,
            help="Share of each style, in their order: 2,1 or the option once per style.",
        ),
    ] = None
    style_offset: Annotated[
        float,
        Parameter(
            group=FILES,
            metavar="S",
            show_default=False,
            help="Where to begin in the styles, in seconds.",
        ),
    ] = 0.0
    style_duration: Annotated[
        float | None,
        Parameter(group=FILES, metavar="S", help="How much of each style to take, in seconds."),
    ] = None
    accept_truncated: AcceptTruncated = False

    @property
    def weights(self) -> list[float] | None:
        """The weights as numbers; None where there are none."""
        if self.style_weight is None:
            return None
        return [w for text in self.style_weight for w in numbers(text, option="--style-weight")]


@dataclass(frozen=True, kw_only=True)
class PresetOptions:
    """Which way of working."""

    preset: Annotated[
        str | None,
        Parameter(
            group=COMMON,
            metavar="NAME|FILE.toml",
            help="Settings under a name (see estilo list presets), or of your own file.",
        ),
    ] = None
    engine: Annotated[
        str | None,
        Parameter(
            group=COMMON,
            metavar="NAME",
            help=f"{', '.join(ENGINES)} (see estilo list engines); {DEFAULT_ENGINE} if not given.",
        ),
    ] = None


FLAT = Parameter(name="*")
NO_PRESET = PresetOptions()
ALL_STYLES = StyleOptions()
PLAIN_RUN = RunOptions()


@dataclass(frozen=True)
class Setting:
    """One setting of an engine as an option.

    Args:
        path: names from the settings model down to the field.
        info: the field.
    """

    path: tuple[str, ...]
    info: FieldInfo

    @property
    def option(self) -> str:
        """As it is typed: ``--network.n-filters``."""
        return "--" + ".".join(self.path).replace("_", "-")

    @property
    def attribute(self) -> str:
        """As an attribute of the options of all engines."""
        return "__".join(self.path)

    @property
    def help(self) -> str:
        """From the docstring, with its bounds."""
        text = " ".join((self.info.description or "").replace("``", "").split())
        words = [word for kind in alternatives(self.info.annotation) for word in _words(kind)]
        bounds = _bounds(self.info)
        if words and len(alternatives(self.info.annotation)) > 1:
            bounds = f"{', '.join(words)}, or a number{bounds and f', {bounds}'}"
        return f"{text} ({bounds})" if bounds else text

    @property
    def default(self) -> str | bool:
        """As shown in the help; False where it would only confuse."""
        value = self.info.default
        if value is None or value == {} or _is_model(value):
            return False
        if isinstance(value, tuple):
            if any(_is_model(each) for each in value):
                return f"{len(value)} of them"
            return ",".join(str(each) for each in value)
        if isinstance(value, bool):
            return self.option if value else f"--no-{self.option[2:]}"
        return str(value)

    def annotation(self, group: Group) -> Any:
        """The type that cyclopts reads, with help, default and group."""
        shown: dict[str, Any] = {"group": group, "help": self.help}
        default = self.default
        shown["show_default"] = (lambda _: default) if isinstance(default, str) else False
        kinds = alternatives(self.info.annotation)
        if kinds == {bool}:
            return Annotated[bool | None, Parameter(name=self.option, **shown)]
        if len(kinds) == 1 and (kind := next(iter(kinds))) in (int, float):
            return Annotated[kind | None, Parameter(name=self.option, **shown)]
        if len(kinds) == 1 and get_origin(kind) is Literal:
            return Annotated[Union[kind, None], Parameter(name=self.option, **shown)]  # noqa: UP007
        return Annotated[
            str | None,
            Parameter(
                name=self.option, metavar=_metavar(kinds), allow_leading_hyphen=True, **shown
            ),
        ]

    def value(self, given: Any) -> Any:
        """What was typed, as the settings model takes it.

        Raises:
            SettingsError: JSON was expected and something else came.
        """
        if not isinstance(given, str) or any(
            given in _words(kind) for kind in alternatives(self.info.annotation)
        ):
            return given
        text = given.strip()
        is_json = text.startswith(("[", "{"))
        try:
            return json.loads(text if is_json or "," not in text else f"[{text}]")
        except json.JSONDecodeError as error:
            if not is_json:
                return given
            raise SettingsError(
                f"{self.option} is not JSON: {error}; put it in single quotes, for instance "
                f"{self.option} '[{{...}}]'"
            ) from error


def settings_of(model: type[BaseModel], above: tuple[str, ...] = ()) -> Iterator[Setting]:
    """All settings of a model, those of nested models included."""
    for name, info in model.model_fields.items():
        path = (*above, name)
        nested = info.annotation
        if isinstance(nested, type) and issubclass(nested, BaseModel):
            yield from settings_of(nested, path)
        else:
            yield Setting(path, info)


def engine_options(*, without: tuple[str, ...] = ()) -> type:
    """A dataclass with one field per setting of every engine, None where it was not given.

    Args:
        without: settings that the command has options of its own for.
    """
    members: dict[str, Any] = {}
    found: dict[str, Setting] = {}
    order = _FIRST_ENGINE_GROUP
    for engine, model in ENGINES.usable().items():
        groups: dict[tuple[str, ...], Group] = {}
        for setting in settings_of(model):
            above = setting.path[:-1]
            if above not in groups:
                title = f"Engine: {' '.join((engine, *above))}"
                order += 1
                groups[above] = Group(title, sort_key=order, help=_group_help(model, above))
            if setting.attribute in without or setting.attribute in members:
                continue
            members[setting.attribute] = setting.annotation(groups[above])
            found[setting.attribute] = setting
    return make_dataclass(
        "EngineOptions",
        [(name, kind, None) for name, kind in members.items()],
        frozen=True,
        kw_only=True,
        # Of a class that seems to be the standard library's cyclopts makes no options.
        namespace={"__module__": __name__, "_settings": found},
    )


def setting_defaults(name: str) -> str:
    """Defaults of a setting: the default engine's, then those of others that have it.

    Example:
        >>> setting_defaults("strength")
        '0.75 (neural: 1.0, sines: 1.0, mosaic: 1.0, eq: 1.0, crossfade: 0.5)'
    """
    found = {
        engine: model.model_fields[name].default
        for engine, model in ENGINES.usable().items()
        if name in model.model_fields
    }
    own = found.pop(DEFAULT_ENGINE)
    others = ", ".join(
        f"{engine}: {default}" for engine, default in found.items() if default is not None
    )
    return f"{own} ({others})" if others else str(own)


def given_settings(options: Any) -> dict[str, Any]:
    """The settings that were given, as an engine's settings model takes them."""
    settings: dict[str, Any] = {}
    for each in fields(options):
        given = getattr(options, each.name)
        if given is None:
            continue
        setting: Setting = options._settings[each.name]
        place = settings
        for name in setting.path[:-1]:
            place = place.setdefault(name, {})
        place[setting.path[-1]] = setting.value(given)
    return settings


def _group_help(model: type[BaseModel], above: tuple[str, ...]) -> str:
    if not above:
        return ""
    description = model.model_fields[above[0]].annotation.__doc__ or ""  # type: ignore[union-attr]
    return " ".join(description.replace("``", "").split())


def _words(kind: Any) -> tuple[Any, ...]:
    """The choices of a literal; none of anything else."""
    return get_args(kind) if get_origin(kind) is Literal else ()


def _metavar(kinds: set[Any]) -> str:
    """What stands for a value in the help."""
    if any(_holds_model(each) for each in kinds):
        return "JSON"
    if kinds == {str}:
        return "NAME"
    if any(get_origin(each) is dict for each in kinds):
        return "NAME=N[,NAME=N]"
    has_tuple = any(get_origin(each) is tuple for each in kinds)
    metavar = "N,N" if has_tuple and len(kinds) == 1 else "N[,N]" if has_tuple else "N"
    return f"WORD|{metavar}" if any(_words(each) for each in kinds) else metavar


def _constraints(annotation: Any) -> list[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *constraints = get_args(annotation)
        return [*constraints, *_constraints(inner)]
    if origin in (Union, UnionType):
        return [c for each in get_args(annotation) for c in _constraints(each)]
    return []


def _bounds(info: FieldInfo) -> str:
    """Bounds of a number in words."""
    found: dict[str, Any] = {}
    stack = [*info.metadata, *_constraints(info.annotation)]
    for constraint in stack:
        stack.extend(getattr(constraint, "metadata", ()))
        for name in ("ge", "gt", "le", "lt"):
            if getattr(constraint, name, None) is not None:
                found[name] = getattr(constraint, name)
    if "ge" in found and "le" in found:
        return f"{_plain(found['ge'])} to {_plain(found['le'])}"
    names = [name for each in stack if isinstance(each, NameOf) for name in each.names]
    if names:
        return ", ".join(names)
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    return ", ".join(f"{words[name]} {_plain(found[name])}" for name in words if name in found)


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _is_model(value: Any) -> bool:
    return isinstance(value, BaseModel)


def _holds_model(annotation: Any) -> bool:
    if isinstance(annotation, type) and not get_args(annotation):
        return issubclass(annotation, BaseModel)
    return any(_holds_model(each) for each in get_args(annotation) if each is not Ellipsis)
