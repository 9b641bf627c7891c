"""What fields say of themselves, in words."""

from typing import Annotated, Literal

import pytest
from pydantic import Field, ValidationError

from estilo.fields import (
    Documented,
    bounds_in_words,
    choices,
    complaint,
    description,
    leaves,
    plain,
)


class Inner(Documented):
    """The inner part."""

    kernel: int | tuple[int, ...] = 11
    """Kernel."""
    padding: Literal["valid", "same"] | Annotated[int, Field(ge=0)] = "valid"
    """Padding."""


class Outer(Documented):
    n_steps: Annotated[int, Field(ge=1, le=9)] = 4
    """Steps
    of ``it``."""
    rate: Annotated[float, Field(gt=0)] | None = None
    """Rate."""
    start: Literal["eq", "noise"] = "eq"
    """Start."""
    inner: Inner = Inner()
    """Inner."""


def test_nested_fields_are_found_by_their_path():
    found = {".".join(path): info for path, info in leaves(Outer)}
    assert list(found) == ["n_steps", "rate", "start", "inner.kernel", "inner.padding"]
    assert description(found["n_steps"]) == "Steps of it."
    bounds = {name: bounds_in_words(info) for name, info in found.items()}
    assert bounds == {
        "n_steps": "1 to 9",
        "rate": "above 0",
        "start": "",
        "inner.kernel": "",
        "inner.padding": "at least 0",
    }
    assert set(choices(found["inner.padding"].annotation)) == {"valid", "same"}


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5, "0.5"), (3, "3"), (True, "true"), (None, "none"), ((1, 8), "1,8"), ("eq", "eq")],
)
def test_values_are_written_as_they_are_typed(value, text):
    assert plain(value) == text


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"n_steps": 0}, "n_steps must lie between 1 and 9, got 0"),
        ({"rate": -1.0}, "rate must be above 0, got -1.0"),
        ({"start": "eqq"}, "start must be eq or noise, got 'eqq'"),
        ({"n_steps": "many"}, "n_steps: Input should be a valid integer"),
    ],
)
def test_complaints_name_field_bounds_and_value(values, words):
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate(values)
    assert complaint(caught.value, Outer).startswith(words)
