"""What is measured of an output: every registered metric that its item has a reference for.

Timbre is measured twice, the second time after the output has been equalised to the style's average
spectrum, so that nothing wins by an equaliser that any other could have behind it. Where the target
is known, timbre is also measured against the style, as if it were not; so are the numbers that sum
up (content kept, style taken, artifacts), which mean what a report says of a real pair.
"""

import math
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from estilo.analysis.sound import Sound
from estilo.audio import Audio
from estilo.dsp.resample import resample
from estilo.errors import EstiloError
from estilo.evaluation.earlier import earlier_style_taken
from estilo.evaluation.kept import KeptOutput, Made
from estilo.evaluation.makers import Maker
from estilo.evaluation.sets import Item, TestSet
from estilo.metrics import METRICS, summary
from estilo.metrics.attributes import LABELS, changes
from estilo.metrics.base import Metric, Role
from estilo.metrics.embedding import texture_kad
from estilo.metrics.judge.scale import taken
from estilo.metrics.scores import References, measured, nothing_is_fine
from estilo.threads import limited

EQUALISED = "_eq"
"""Ends the name of a timbre metric that is measured after equalising."""

AGAINST_STYLE = "_style"
"""Ends the name of a timbre metric that is measured against the style besides the target."""

_TARGET_ROLES = ("target", "timbre", "notes")


@dataclass(frozen=True)
class Measured:
    """One output, as far as it came.

    Args:
        group: group of the item.
        duration_s: duration of the output, in seconds.
        wall_s: how long it took to make, in seconds.
        processor_s: how much of a processor's time that took, in seconds.
        scores: name of the metric to its value; NaN where there was nothing to measure.
        error: why there is none of this; None if there is.
    """

    group: str = ""
    duration_s: float = 0.0
    wall_s: float = 0.0
    processor_s: float = 0.0
    scores: dict[str, float] = field(default_factory=dict)
    error: str | None = None


@dataclass(frozen=True)
class Column:
    """A number that every output of a test set has.

    Args:
        name: name of the score.
        label: heading of a column, a few words.
        better: whether less or more is better.
        against: what the output is held against; None for the output alone.
        about: what it is, in a sentence.
    """

    name: str
    label: str
    better: Literal["lower", "higher"]
    against: Role | None
    about: str

    @property
    def is_timbre(self) -> bool:
        """Whether it is a metric of timbre, equalised or not."""
        return self.name.startswith("timbre") and not self.is_against_style

    @property
    def is_equalised(self) -> bool:
        """Whether it is measured after equalising."""
        return self.name.endswith(EQUALISED)

    @property
    def is_against_style(self) -> bool:
        """Whether it is a metric of timbre measured against the style besides the target."""
        return self.name.endswith(AGAINST_STYLE) and self.name not in METRICS

    @property
    def needs_target(self) -> bool:
        """Whether it is held against the target where that is known."""
        return self.against in _TARGET_ROLES


def references_of(item: Item) -> References:
    """What the outputs of an item are held against.

    The target of a texture is other audio of the same texture: its timbre is asked for, but nothing
    in it happens when it should happen in the output.

    Example:
        >>> half, other = Audio([0.5] * 9, 8000), Audio([0.2] * 9, 8000)
        >>> against = references_of(Item("rain", "", content=None, style=half, target=other))
        >>> against.of_role("timbre") is against.style, against.of_role("target")
        (False, None)
    """
    style = Sound.of(item.style)
    target = None if item.target is None else Sound.of(item.target)
    if item.content is None:
        return References(style=style, blend=style if target is None else target)
    return References(Sound.of(item.content), style, style, target)


def columns_of(item: Item) -> list[Column]:
    """What the outputs of an item are measured with, each timbre after equalising too.

    Example:
        >>> item = Item("rain", "", content=None, style=Audio([0.5], 8000), target=None)
        >>> [each.name for each in columns_of(item) if each.name.startswith("timbre_mfcc")]
        ['timbre_mfcc', 'timbre_mfcc_eq']
    """
    against = references_of(item)
    chosen = list(_OF_TEXTURES if item.content is None else (*_OF_PAIRS, *_OF_ATTRIBUTES))
    for name, metric in METRICS.usable().items():
        if metric.against is not None and against.of_role(metric.against) is None:
            continue
        column = Column(name, metric.label, metric.better, metric.against, _first(metric.measure))
        chosen.append(column)
        if column.is_timbre:
            chosen += _of_timbre(column, has_target=against.target is not None)
    return chosen


def _of_timbre(column: Column, *, has_target: bool) -> list[Column]:
    """What a metric of timbre is measured with besides."""
    label, about = f"{column.label}, equalised", "of the output equalised to the style."
    found = [
        replace(
            column, name=column.name + EQUALISED, label=label, about=f"as `{column.name}`, {about}"
        )
    ]
    if has_target and column.needs_target:
        found.append(
            Column(
                column.name + AGAINST_STYLE,
                f"{column.label} to the style",
                column.better,
                "style",
                f"as `{column.name}`, of output and style, as if there were no target.",
            )
        )
    return found


def _first(function: Callable[..., object]) -> str:
    """First sentence of a docstring."""
    return " ".join((function.__doc__ or "").strip().partition("\n\n")[0].split())


_EARLIER = Column(
    *("earlier_style_taken", "style taken (earlier)", "higher", "style"),
    _first(earlier_style_taken),
)
_OF_PAIRS = (
    Column("content_kept", "content kept", "higher", "content", _first(summary.content_kept)),
    Column("style_taken", "style taken", "higher", "style", _first(taken)),
    _EARLIER,
    Column("moved_percent", "moved (%)", "higher", "style", _first(summary.movement)),
    Column("artifacts", "artifacts", "lower", None, _first(summary.artifacts)),
)
_APART = "_apart"
_OF_ATTRIBUTES = tuple(
    Column(
        f"{name}{_APART}",
        f"{label} apart",
        "lower",
        "style",
        f"How far the output's {label} lies from the style's, in spreads between instruments.",
    )
    for name, label in LABELS.items()
)
_KAD = Column("texture_kad", "KAD", "lower", "timbre", _first(texture_kad))
_OF_TEXTURES = (_KAD,)


class Bench:
    """A test set and the item in hand, whose references are analysed once for all its outputs.

    Args:
        test_set: where items come from.
    """

    def __init__(self, test_set: TestSet) -> None:
        self._test_set = test_set
        self._item: Item | None = None
        self._against = References()
        self._columns: list[Column] = []

    def measure(
        self,
        name: str,
        maker: Maker,
        kept: KeptOutput | None = None,
        columns: Collection[str] | None = None,
    ) -> Measured:
        """Make the output of an item and measure it; a failure is part of the result.

        Args:
            name: name of the item.
            maker: maker of the output.
            kept: place that the output is kept at, or is taken from if it is there already.
            columns: names of the scores that are wanted, NaN where the item has nothing to hold an
                output against; all that it has if not given.
        """
        try:
            item = self._load(name)
            if kept is None:
                made = _made(item, maker)
            else:
                made = kept.once(item, lambda: _made(item, maker))
            wanted = [each for each in self._columns if columns is None or each.name in columns]
            scores = dict.fromkeys(columns or (), math.nan)
            scores |= self._scores(made.audio, item, wanted)
        except Exception as error:  # one failure in hours of work: the others go on
            return Measured(error=f"{type(error).__name__}: {' '.join(str(error).split())}")
        return Measured(
            group=item.group,
            duration_s=made.audio.duration_s,
            wall_s=made.wall_s,
            processor_s=made.processor_s,
            scores=scores,
        )

    def _load(self, name: str) -> Item:
        if self._item is None or self._item.name != name:
            self._item = self._test_set.load(name)
            self._against = references_of(self._item)
            self._columns = columns_of(self._item)
        return self._item

    def _scores(self, output: Audio, item: Item, columns: Sequence[Column]) -> dict[str, float]:
        sound = Sound.of(output)
        equalised = sound
        if any(column.is_equalised for column in columns):
            equalised = Sound.of(_equalised(sound.audio, item.style))
        with nothing_is_fine(), limited(1):
            of_pair = self._of_pair(sound) if any(each in _OF_PAIRS for each in columns) else {}
            apart = self._apart(sound) if any(each in _OF_ATTRIBUTES for each in columns) else {}
            return {
                each.name: apart.get(each.name, math.nan)
                if each in _OF_ATTRIBUTES
                else self._value(each, equalised if each.is_equalised else sound, of_pair)
                for each in columns
            }

    def _of_pair(self, sound: Sound) -> dict[str, float]:
        """All scores as a report would tell them: nobody has a target for a real pair."""
        scores = measured(sound, replace(self._against, target=None), names=METRICS.usable())
        if scores.failures:
            raise EstiloError("; ".join(scores.failures))
        return scores.values

    def _apart(self, sound: Sound) -> dict[str, float]:
        style = self._against.style
        assert style is not None  # noqa: S101 - pairs have one
        return {f"{name}{_APART}": abs(apart) for name, apart in changes(sound, style).items()}

    def _value(self, column: Column, sound: Sound, of_pair: Mapping[str, float]) -> float:
        if column == _EARLIER:
            content, style = self._against.content, self._against.blend
            assert content is not None  # noqa: S101 - it is a column of pairs
            assert style is not None  # noqa: S101
            return earlier_style_taken(sound, content, style)
        if column in _OF_PAIRS:
            return of_pair.get(column.name, math.nan)
        if column == _KAD:
            second_half = self._against.of_role("timbre")
            assert second_half is not None  # noqa: S101 - textures have one
            return texture_kad(sound, second_half)
        name, against = column.name, self._against
        if column.is_equalised:
            name = name.removesuffix(EQUALISED)
        else:
            if column.is_against_style:
                name, against = name.removesuffix(AGAINST_STYLE), replace(against, target=None)
            if of_pair and (against.target is None or not column.needs_target):
                return of_pair.get(name, math.nan)
        metric: Metric = METRICS[name]
        references = () if metric.against is None else (against.of_role(metric.against),)
        try:
            return float(metric.measure(sound, *references))
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
            raise EstiloError(f"{name} could not be measured ({why})") from error


def _made(item: Item, maker: Maker) -> Made:
    maker.warm()
    wall_s, processor_s = time.perf_counter(), time.process_time()
    audio = maker.make(item)
    return Made(audio, time.perf_counter() - wall_s, time.process_time() - processor_s)


def _equalised(output: Audio, style: Audio) -> Audio:
    from estilo.dsp.eq import eq_match

    rate = output.sample_rate
    reference = style.samples
    if style.sample_rate != rate:
        reference = resample(reference, style.sample_rate, rate)
    return Audio(eq_match(output.samples, reference, rate), rate)
