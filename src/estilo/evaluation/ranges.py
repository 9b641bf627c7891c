"""What a search may try: a range or choices for a setting of an engine, checked beforehand."""

import difflib
import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from estilo.engines import ENGINES
from estilo.errors import SettingsError
from estilo.fields import alternatives
from estilo.presets import Preset, build_settings

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

_DIGITS = 4
_MOST_COMBINATIONS = 10_000
_HOW = (
    "give FIELD=LOW:HIGH, FIELD=LOW:HIGH:log or FIELD=A,B,C (with / between choices of several "
    "numbers: widths=1/1,8)"
)


@dataclass(frozen=True)
class Range(ABC):
    """Values of one setting.

    Args:
        name: name of the setting, with dots where it is nested.
        text: text, as it was asked for.
    """

    name: str
    text: str

    @property
    @abstractmethod
    def corners(self) -> tuple[Any, ...]:
        """The values that are checked before anything runs."""

    @abstractmethod
    def distribution(self) -> "BaseDistribution":
        """The range as a distribution of Optuna's."""

    @abstractmethod
    def value(self, drawn: Any) -> Any:
        """The setting's value for what Optuna drew."""

    @abstractmethod
    def drawn(self, value: Any) -> Any | None:
        """What Optuna would have drawn for a value; None if it is not among them."""


@dataclass(frozen=True)
class Numbers(Range):
    """All numbers between two, both included.

    Args:
        low: the least.
        high: the most.
        is_whole: whole numbers only; others are rounded to four digits.
        is_log: whether as many values lie between 1 and 10 as between 10 and 100.
    """

    low: float
    high: float
    is_whole: bool
    is_log: bool

    @property
    def corners(self) -> tuple[Any, ...]:
        """See `Range.corners`."""
        return (self.low, self.high)

    def distribution(self) -> "BaseDistribution":
        """See `Range.distribution`."""
        from optuna.distributions import FloatDistribution, IntDistribution

        if self.is_whole:
            return IntDistribution(int(self.low), int(self.high), log=self.is_log)
        return FloatDistribution(self.low, self.high, log=self.is_log)

    def value(self, drawn: Any) -> Any:
        """See `Range.value`."""
        if self.is_whole:
            return int(drawn)
        return min(max(float(f"{drawn:.{_DIGITS}g}"), self.low), self.high)

    def drawn(self, value: Any) -> Any | None:
        """See `Range.drawn`."""
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return value if is_number and self.low <= value <= self.high else None


@dataclass(frozen=True)
class Choices(Range):
    """Some values.

    Args:
        values: values by their text.
    """

    values: Mapping[str, Any]

    @property
    def corners(self) -> tuple[Any, ...]:
        """See `Range.corners`."""
        return tuple(self.values.values())

    def distribution(self) -> "BaseDistribution":
        """See `Range.distribution`."""
        from optuna.distributions import CategoricalDistribution

        return CategoricalDistribution(tuple(self.values))

    def value(self, drawn: Any) -> Any:
        """See `Range.value`."""
        return self.values[drawn]

    def drawn(self, value: Any) -> Any | None:
        """See `Range.drawn`."""
        return next((text for text, each in self.values.items() if each == value), None)


def read_ranges(texts: Sequence[str], *, preset: Preset) -> list[Range]:
    """What may be tried on top of a preset.

    ``strength=0.5:0.9`` is a range (whole numbers where the setting takes only those),
    ``learning_rate=1e-3:1e-1:log`` one in which factors are alike, ``start=eq,content`` are
    choices. Where a choice may itself be several numbers, ``/`` stands between choices:
    ``widths=1/1,8/1,4,16``.

    Args:
        texts: one per setting.
        preset: preset whose engine has the settings.

    Raises:
        SettingsError: a setting is unknown, a value is out of its bounds, or the engine refuses it
            whatever the other settings are.

    Example:
        >>> ranges = read_ranges(["strength=.5:.9"], preset=Preset(summary="", engine="eq"))
        >>> ranges[0].corners, ranges[0].value(0.73912)
        ((0.5, 0.9), 0.7391)
    """
    if not texts:
        raise SettingsError(f"there is nothing to search over; {_HOW}")
    ranges = [_read(text, model=ENGINES[preset.engine]) for text in texts]
    names = [each.name for each in ranges]
    double = next((name for name in names if names.count(name) > 1), None)
    if double is not None:
        raise SettingsError(f"{double} is given twice; give one range for it")
    for each in ranges:
        _check_together(each, ranges, preset)
    return ranges


def with_values(settings: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Settings in which some are replaced.

    Args:
        settings: nested as in a preset; not changed.
        values: values by names with dots.

    Example:
        >>> with_values({"stft": {"n_fft": 512}}, {"stft.n_bands": 32, "strength": 0.5})
        {'stft': {'n_fft': 512, 'n_bands': 32}, 'strength': 0.5}
    """
    out = {key: dict(each) if isinstance(each, Mapping) else each for key, each in settings.items()}
    for name, value in values.items():
        first, _, rest = name.partition(".")
        out[first] = with_values(out.get(first, {}), {rest: value}) if rest else value
    return out


def value_of(settings: BaseModel, name: str) -> Any:
    """The value of a setting.

    Args:
        settings: settings of an engine.
        name: name with dots where it is nested.
    """
    value: Any = settings
    for part in name.split("."):
        value = getattr(value, part)
    return value


def _read(text: str, *, model: type[BaseModel]) -> Range:
    field, is_given, values = (part.strip() for part in text.partition("="))
    if not (field and is_given and values):
        raise SettingsError(f"{text!r} is no range of a setting; {_HOW}")
    name = field.replace("-", "_")
    info = _field(name, model)
    kinds = alternatives(info.annotation)
    if ":" in values:
        return _numbers(name, text, values, info=info, kinds=kinds)
    return _choices(name, text, values, info=info, kinds=kinds)


def _numbers(name: str, text: str, values: str, *, info: FieldInfo, kinds: set[Any]) -> Numbers:
    if not kinds & {int, float}:
        raise SettingsError(f"{text}: {name} is not a number; give choices, as in {name}=A,B")
    low_text, high_text, *rest = values.split(":")
    if rest not in ([], ["log"]):
        raise SettingsError(f"{text} is no range of a setting; {_HOW}")
    is_whole = float not in kinds
    low, high = (_number(each) for each in (low_text, high_text))
    kind, what = (int, "whole numbers") if is_whole else (int | float, "numbers")
    if not (isinstance(low, kind) and isinstance(high, kind)):
        raise SettingsError(f"{text}: {name} goes over {what}, got {values!r}; give two of them")
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise SettingsError(
            f"{text}: {low_text} is not below {high_text}; give the lower end first, both finite"
        )
    if rest and low <= 0:
        raise SettingsError(f"{text}: a logarithmic range must begin above 0, got {low}")
    low, high = (_checked(each, text=text, info=info) for each in (low, high))
    return Numbers(name, text, low, high, is_whole=is_whole, is_log=bool(rest))


def _choices(name: str, text: str, values: str, *, info: FieldInfo, kinds: set[Any]) -> Choices:
    takes_several = any(get_origin(kind) is tuple for kind in kinds)
    if takes_several and "/" not in values:
        raise SettingsError(
            f"{text}: {name} takes several numbers; put / between the choices, as in {name}=1/1,8"
        )
    texts = [each.strip() for each in values.split("/" if takes_several else ",")]
    if len(set(texts)) < len(texts) or len(texts) < 2:
        raise SettingsError(f"{text}: two or more different choices are needed; {_HOW}")
    found = {each: _checked(_typed(each), text=text, info=info) for each in texts}
    return Choices(name, text, found)


def _typed(text: str) -> Any:
    return tuple(_number(each) for each in text.split(",")) if "," in text else _number(text)


def _number(text: str) -> Any:
    """A number where it is one; else the text."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _checked(value: Any, *, text: str, info: FieldInfo) -> Any:
    """The value as the settings hold it."""
    adapter: TypeAdapter[Any] = TypeAdapter(Annotated[info.annotation, info])  # type: ignore[arg-type]
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        complaint = error.errors()[0]["msg"]
        raise SettingsError(f"{text}: {complaint}, got {value!r}") from error


def _check_together(chosen: Range, ranges: Sequence[Range], preset: Preset) -> None:
    """Each corner must be possible with some corner of the others, or with what the preset has."""
    others = [each for each in ranges if each is not chosen]
    for corner in chosen.corners:
        complaint: SettingsError | None = None
        for values in itertools.islice(_combinations(others), _MOST_COMBINATIONS):
            try:
                tried = with_values(preset.settings, {chosen.name: corner, **values})
                build_settings(preset.engine, tried)
                break
            except SettingsError as error:
                complaint = complaint or error
        else:
            raise SettingsError(f"{chosen.text}: {complaint}") from complaint


def _combinations(ranges: Sequence[Range]) -> Iterator[dict[str, Any]]:
    yield {}
    names = [each.name for each in ranges]
    for values in itertools.product(*(each.corners for each in ranges)):
        yield dict(zip(names, values, strict=True))


def _field(name: str, model: type[BaseModel]) -> FieldInfo:
    fields = dict(_fields(model))
    if name not in fields:
        raise SettingsError(_unknown(name, list(fields)))
    info = fields[name]
    if any(_holds_model(kind) for kind in alternatives(info.annotation)):
        raise SettingsError(f"{name} is a list of groups of settings; a search cannot go over it")
    return info


def _fields(model: type[BaseModel], above: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """All settings, those of nested models by names with dots."""
    for name, info in model.model_fields.items():
        nested = info.annotation
        if isinstance(nested, type) and issubclass(nested, BaseModel):
            yield from _fields(nested, f"{above}{name}.")
        else:
            yield above + name, info


def _unknown(name: str, known: list[str]) -> str:
    inside = [each for each in known if each.startswith(f"{name}.")]
    if inside:
        return f"{name} is a group of settings; name one of them: {', '.join(inside)}"
    near = [each for each in known if each.endswith(f".{name}")]
    near = near or difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"Known: {', '.join(known)}"
    return f"unknown setting {name!r}; {hint}"


def _holds_model(annotation: Any) -> bool:
    if isinstance(annotation, type) and not get_args(annotation):
        return issubclass(annotation, BaseModel)
    return any(_holds_model(each) for each in get_args(annotation) if each is not Ellipsis)
