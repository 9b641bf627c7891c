"""Options made from a settings model, one for each of its fields."""

from dataclasses import fields, make_dataclass
from typing import Annotated, Any

from cyclopts import Group, Parameter
from pydantic import BaseModel

from estilo.fields import alternatives, bounds_in_words, description, plain


def model_options(model: type[BaseModel], group: Group) -> type:
    """A dataclass with one option for each field of a model, None where it was not given.

    Args:
        model: model whose fields are numbers, words or lists of them.
        group: group under whose title the options stand.
    """
    members = []
    for name, info in model.model_fields.items():
        bounds = bounds_in_words(info)
        text = description(info)
        help_ = f"{text} ({bounds})" if bounds else text
        kinds = alternatives(info.annotation)
        kind = next(iter(kinds)) if len(kinds) == 1 else str
        default = plain(info.default)
        parameter = Parameter(group=group, help=help_, show_default=_shown(default))
        members.append((name, Annotated[kind | None, parameter], None))
    # Of a class that seems to be the standard library's cyclopts makes no options.
    return make_dataclass(
        f"{model.__name__}Options",
        members,
        frozen=True,
        kw_only=True,
        namespace={"__module__": __name__},
    )


def given(options: Any) -> dict[str, Any]:
    """The fields that were given."""
    values = ((each.name, getattr(options, each.name)) for each in fields(options))
    return {name: value for name, value in values if value is not None}


def _shown(default: str) -> Any:
    return lambda _: default
