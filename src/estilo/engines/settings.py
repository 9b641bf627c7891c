"""What the settings of all engines have in common. Imports no torch."""

from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict


class EngineSettings(BaseModel):
    """Base of every engine's settings: unknown names are refused, docstrings are the help."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    refining_keeps: ClassVar[Literal["output", "content"]] = "output"
    """What a refining engine holds on to: what this one has made, or, where that has lost the
    content's notes, the content; it begins at what this one has made either way."""

    @property
    def returns_content(self) -> bool:
        """Whether the content is wanted back, sample by sample, so that nothing need run."""
        return getattr(self, "strength", None) == 0


def alternatives(annotation: Any) -> set[Any]:
    """The alternatives of a field's annotation without None, constraints taken off.

    >>> sorted(each.__name__ for each in alternatives(int | float | None))
    ['float', 'int']
    """
    origin = get_origin(annotation)
    if origin is Annotated:
        return alternatives(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return set().union(*(alternatives(each) for each in get_args(annotation)))
    return set() if annotation is NoneType else {annotation}
