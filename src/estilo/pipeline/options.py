"""Options of a plan, shown in the signature and the help of what takes them. Imports no torch."""

import inspect
import textwrap
from collections.abc import Callable
from typing import Any, TypeVar, get_args

from estilo.fields import alternatives, bounds_in_words, description, plain
from estilo.pipeline.plan import Plan

Function = TypeVar("Function", bound=Callable[..., Any])

# What may be given, where the plan holds something else than what is given.
_GIVEN = {
    "engine": "str | None",
    "match": "str | Sequence[str]",
    "mask": "str | os.PathLike[str] | None",
    "raw": "bool",
    "settings": "EngineSettings | Mapping[str, Any] | None",
    "refine": "float | None",
    "feature_network": "ModuleFeatures | None",
}
_DEFAULTS = {"engine": None, "refine": None, "raw": False, "settings": None}
_OF_PRESET = "the preset's own if not given"
_STRENGTH = inspect.Parameter(
    "strength", inspect.Parameter.KEYWORD_ONLY, default=None, annotation="float | None"
)
_STRENGTH_HELP = (
    "how much style, 0 to 1, where the engine lets one choose: 0 returns the content as it is, 1 "
    "follows the style as far as it goes; the engine's or the preset's own if not given."
)
_WIDTH = 100


def with_options(what: Function) -> Function:
    """Show the options of a plan in a signature and a docstring that end in ``**options``.

    Args:
        what: a function or a class.

    Returns:
        The same; ``help`` lists every option with its type, unit and default.
    """
    signature = inspect.signature(what)
    parameters = [
        each for each in signature.parameters.values() if each.kind is not each.VAR_KEYWORD
    ]
    settings = inspect.Parameter("settings_by_name", inspect.Parameter.VAR_KEYWORD, annotation=Any)
    options = [_parameter(name) for name in Plan.model_fields]
    if "realism" not in signature.parameters:
        options.insert(2, _STRENGTH)
    what.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[*parameters, *options, settings]
    )
    what.__doc__ = _documented(what.__doc__ or "", [each.name for each in options])
    return what


def _parameter(name: str) -> inspect.Parameter:
    info = Plan.model_fields[name]
    default = _DEFAULTS.get(name, None if info.is_required() else info.default)
    annotation = _GIVEN.get(name, _typed(info.annotation))
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


def _typed(annotation: Any) -> str:
    """An annotation without its constraints, as it is written."""
    kinds = sorted(inspect.formatannotation(each) for each in alternatives(annotation))
    optional = type(None) in get_args(annotation)
    return " | ".join([*kinds, "None"] if optional else kinds)


def _documented(text: str, names: list[str]) -> str:
    """A docstring whose Args go on with the options."""
    text = inspect.cleandoc(text)
    head, args, tail = text.partition("\nArgs:\n")
    own, gap, after = tail.partition("\n\n")
    own = own.replace("\n    **options: those of a plan.", "")
    lines = [_entry(name) for name in names]
    lines.append(
        _filled(
            "settings_by_name: any settings of the engine, as ``estilo list settings ENGINE`` "
            "shows them and `estilo.settings` documents them."
        )
    )
    return f"{head}{args}{own}\n{''.join(lines).rstrip()}{gap}{after}"


def _entry(name: str) -> str:
    if name == "strength":
        return _filled(f"strength: {_STRENGTH_HELP}")
    info = Plan.model_fields[name]
    text = description(info)
    bounds = bounds_in_words(info)
    if bounds and bounds not in text:
        text = f"{text} From {bounds}." if " to " in bounds else f"{text} It is {bounds}."
    default = _DEFAULTS.get(name, None if info.is_required() else info.default)
    if name in ("engine", "refine"):
        text = f"{text.rstrip('.')}; {_OF_PRESET}."
    elif default is not None:
        text = f"{text} Default: {plain(default) or 'nothing'}."
    return _filled(f"{name}: {text[0].lower()}{text[1:]}")


def _filled(text: str) -> str:
    indent = "    "
    return (
        textwrap.fill(
            text,
            _WIDTH,
            initial_indent=indent,
            subsequent_indent=2 * indent,
            break_on_hyphens=False,
        )
        + "\n"
    )
