"""What the fields of a pydantic model say of themselves: their kinds, choices and bounds, in words.

Help, lists of settings, error messages and pages are made from this, so that a setting is described
once, where it is declared. Imports no torch.
"""

import ast
import difflib
import inspect
import linecache
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    Protocol,
    Union,
    cast,
    get_args,
    get_origin,
    runtime_checkable,
)

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo

from estilo.errors import SettingsError

_ModelMetaclass: Any = type(BaseModel)


class _InWords(_ModelMetaclass):
    """What a call that makes a model cannot use is refused in words, as by the commands."""

    def __call__(self, *arguments: Any, **values: Any) -> Any:
        try:
            return super().__call__(*arguments, **values)
        except ValidationError as error:
            raise SettingsError(complaint(error, cast("type[BaseModel]", self))) from error


class Documented(BaseModel, metaclass=_InWords):
    """A frozen model whose fields are described by the docstrings below them.

    A call that makes one raises `estilo.errors.SettingsError` where it is given a bad value.
    `pydantic.BaseModel.model_validate`, for what is read from files, raises pydantic's own error.

    pydantic's own way of finding these (``use_attribute_docstrings``) looks into every module that
    the program has loaded, and fails where one of them is broken.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Describe the fields that the class itself declares."""
        texts = _docstrings(cls.__module__).get(cls.__qualname__, {})
        for name, info in cls.model_fields.items():
            if name in texts:
                info.description = texts[name]


@lru_cache(maxsize=8)
def _docstrings(module: str) -> dict[str, dict[str, str]]:
    """The docstrings of fields by the qualified names of their classes; none without a source."""
    found: dict[str, dict[str, str]] = {}
    loaded = sys.modules.get(module)
    file = getattr(loaded, "__file__", None)
    source = "".join(linecache.getlines(file, vars(loaded))) if file else ""

    def visit(node: ast.AST, path: str) -> None:
        for each in ast.iter_child_nodes(node):
            if isinstance(each, ast.ClassDef):
                found[path + each.name] = _below(each)
                visit(each, f"{path}{each.name}.")
            elif isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
                visit(each, f"{path}{each.name}.<locals>.")
            else:
                visit(each, path)

    visit(ast.parse(source), "")
    return found


def _below(node: ast.ClassDef) -> dict[str, str]:
    """The strings that follow the fields of a class."""
    texts = {}
    for field, after in pairwise(node.body):
        match field, after:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str() as text)),
            ):
                texts[name] = inspect.cleandoc(text)
    return texts


_BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}


def alternatives(annotation: Any) -> set[Any]:
    """The alternatives of a field's annotation without None, with constraints taken off.

    >>> sorted(each.__name__ for each in alternatives(int | float | None))
    ['float', 'int']
    """
    origin = get_origin(annotation)
    if origin is Annotated:
        return alternatives(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return set().union(*(alternatives(each) for each in get_args(annotation)))
    return set() if annotation is NoneType else {annotation}


@runtime_checkable
class Named(Protocol):
    """What marks a field whose values are the names of parts."""

    @property
    def names(self) -> tuple[str, ...]:
        """All that can be chosen."""
        ...


def choices(annotation: Any, metadata: Sequence[Any] = ()) -> tuple[Any, ...]:
    """The words or numbers that a field takes, where it takes only some.

    Args:
        annotation: the type of the field.
        metadata: what the field's annotation holds beside its type, a `Named` for instance.

    Example:
        >>> choices(Literal["zero", "minimum"] | None)
        ('zero', 'minimum')
    """
    words = [
        word
        for kind in alternatives(annotation)
        if get_origin(kind) is Literal
        for word in get_args(kind)
    ]
    return (*words, *(name for each in metadata if isinstance(each, Named) for name in each.names))


def bounds(info: FieldInfo) -> dict[str, Any]:
    """The bounds of a number, by pydantic's names: ge, gt, le, lt."""
    found: dict[str, Any] = {}
    stack = [*info.metadata, *_constraints(info.annotation)]
    for constraint in stack:
        stack.extend(getattr(constraint, "metadata", ()))
        for name in _BOUNDS:
            if getattr(constraint, name, None) is not None:
                found[name] = getattr(constraint, name)
    return found


def bounds_in_words(info: FieldInfo) -> str:
    """The bounds of a number in words; empty where there are none.

    >>> from pydantic import Field
    >>> class Model(BaseModel):
    ...     share: Annotated[float, Field(ge=0, le=1)] = 0.5
    ...     rate: Annotated[float, Field(gt=0)] | None = None
    >>> [bounds_in_words(info) for info in Model.model_fields.values()]
    ['0 to 1', 'above 0']
    """
    found = bounds(info)
    if "ge" in found and "le" in found:
        return f"{plain(found['ge'])} to {plain(found['le'])}"
    return ", ".join(
        f"{words} {plain(found[name])}" for name, words in _BOUNDS.items() if name in found
    )


def plain(value: Any) -> str:
    """A value as one types it.

    >>> plain(1.0), plain((1, 8)), plain(None)
    ('1', '1,8', 'none')
    """
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple | list):
        return ",".join(plain(each) for each in value)
    return str(value)


def description(info: FieldInfo) -> str:
    """The docstring of a field as one line of plain text."""
    return " ".join((info.description or "").replace("``", "").split())


def leaves(
    model: type[BaseModel], above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], FieldInfo]]:
    """All fields of a model with the names that lead to them, those of nested models included.

    Args:
        model: any model.
        above: names that lead to the model itself.
    """
    for name, info in model.model_fields.items():
        nested = info.annotation
        if isinstance(nested, type) and issubclass(nested, BaseModel):
            yield from leaves(nested, (*above, name))
        else:
            yield (*above, name), info


def without_none_words(model: type[BaseModel], values: Mapping[str, Any]) -> dict[str, Any]:
    """Values in which the word none stands for nothing, where a field may be left without a value.

    So that what cannot be typed, nor written into a TOML file, has a word there.

    Args:
        model: model whose fields the values are for.
        values: values by name, nested where a field is a model.

    Example:
        >>> class Model(BaseModel):
        ...     rate: float | None = 1.0
        ...     pooling: Literal["none", "max"] = "max"
        >>> without_none_words(Model, {"rate": "none", "pooling": "none"})
        {'rate': None, 'pooling': 'none'}
    """
    found = dict(values)
    for name, value in values.items():
        info = model.model_fields.get(name)
        if info is None:
            continue
        nested = [each for each in alternatives(info.annotation) if _is_model(each)]
        if isinstance(value, Mapping) and nested:
            found[name] = without_none_words(nested[0], value)
        elif value == "none" and "none" not in choices(info.annotation):
            found[name] = None if NoneType in get_args(info.annotation) else value
    return found


def complaint(error: ValidationError, model: type[BaseModel]) -> str:
    """The first complaint of pydantic in a line that names the field, the bounds and the value.

    Args:
        error: what pydantic raised.
        model: model whose fields the complaint is about.
    """
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(where, list(model.model_fields), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else "; leave it out"
        return f"unknown setting {where!r}{hint}"
    message = first["msg"].removeprefix("Value error, ")
    if not where:
        return message
    info = _field(model, first["loc"])
    span = "" if info is None else bounds_in_words(info)
    if span and first["type"].startswith(("greater_than", "less_than")):
        must = f"lie between {' and '.join(span.split(' to '))}" if " to " in span else f"be {span}"
        return f"{where} must {must}, got {first['input']!r}"
    if first["type"] == "literal_error":
        message = message.replace("Input should be", "must be").replace("'", "")
        return f"{where} {message}, got {first['input']!r}"
    got = repr(first["input"])
    return f"{where}: {message}" if got in message else f"{where}: {message}, got {got}"


def _field(model: type[BaseModel], path: tuple[int | str, ...]) -> FieldInfo | None:
    info = None
    for part in path:
        if not isinstance(part, str) or part not in model.model_fields:
            break
        info = model.model_fields[part]
        nested = [each for each in alternatives(info.annotation) if _is_model(each)]
        if not nested:
            break
        model = nested[0]
    return info


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _constraints(annotation: Any) -> list[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *constraints = get_args(annotation)
        return [*constraints, *_constraints(inner)]
    if origin in (Union, UnionType):
        return [c for each in get_args(annotation) for c in _constraints(each)]
    return []
