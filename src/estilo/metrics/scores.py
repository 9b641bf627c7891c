"""All that can be measured of one output, by name: what reports and tables hold.

Conventions: every registered metric whose reference is there, under its own name; above them
`estilo.metrics.summary`: ``content_kept``, ``artifacts``, ``moved_percent`` and one
``moved_…_percent`` per attribute; ``new_partials_percent``; and
`estilo.metrics.judge.scale`: ``style_taken`` between ``style_taken_low`` and ``style_taken_high``.
What is not a number, because there is nothing to measure, is left out; why, is in the remarks where
it is worth saying.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from estilo.analysis.attributes.partials import new_partials_percent
from estilo.analysis.noise_floor import is_noise
from estilo.analysis.sound import Sound
from estilo.metrics import METRICS
from estilo.metrics.base import Metric, NothingToMeasure, Role, require_sounds
from estilo.metrics.fault import Fault
from estilo.metrics.faults import faults
from estilo.metrics.joining import blended, joined
from estilo.metrics.judge.scale import taken
from estilo.metrics.summary import artifacts, content_kept, movement
from estilo.remarks import unheard, warn
from estilo.threads import limited

_FIRST = (
    *("content_kept", "style_taken", "style_taken_low", "style_taken_high"),
    *("artifacts", "moved_percent"),
)


class ScoreWarning(UserWarning):
    """A metric failed; the others are there."""


@dataclass(frozen=True)
class References:
    """The sounds that an output is compared with; None for those that are not known.

    Args:
        content: sound that was to be kept.
        style: all sounds that were to be taken from, joined by `estilo.metrics.joining.joined`.
        blend: these sounds, joined by their weights in `estilo.metrics.joining.blended`.
        target: sound that a perfect transfer would give.
    """

    content: Sound | None = None
    style: Sound | None = None
    blend: Sound | None = None
    target: Sound | None = None

    def of_role(self, role: Role) -> Sound | None:
        """The sound that a metric of this role takes."""
        return {
            "content": self.content,
            "style": self.style,
            "target": self.target,
            "timbre": self.target or self.blend,
            "notes": self.target or self.content,
        }[role]


@dataclass
class Scores:
    """The scores of an output, the metrics that failed, and the faults that were found.

    Args:
        values: finite numbers by name.
        failures: sentences about the metrics that failed.
        faults: what went wrong in the output, in the order of time.
        remarks: why a number is not there, in a few words by its name.
    """

    values: dict[str, float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    remarks: dict[str, str] = field(default_factory=dict)


def score(
    output: Sound,
    *,
    content: Sound | None = None,
    styles: Sequence[Sound] = (),
    style_weights: Sequence[float] | None = None,
    target: Sound | None = None,
) -> dict[str, float]:
    """All that can be measured of an output with what is known of its origin.

    A metric that fails is left out after a `ScoreWarning`; no failure of a metric costs a result.

    Args:
        output: any length and rate.
        content: sound that was to be kept.
        styles: sounds that were to be taken from.
        style_weights: shares of the styles; equal if not given.
        target: sound that a perfect transfer would give; timbre and notes are compared with it.

    Returns:
        Finite numbers by name.

    Raises:
        InputError: one of them is not a `Sound`, or there are not as many weights as styles.

    Example:
        >>> import numpy as np
        >>> noise = np.random.default_rng(0).normal(size=64000)
        >>> dull, bright = Sound(np.cumsum(noise), 16000), Sound(np.diff(noise), 16000)
        >>> scores = score(bright, content=dull, styles=[bright])
        >>> scores["style_taken"] > 1.0, scores["moved_percent"], scores["copy_score"] > 0.99
        (True, 100.0, True)
    """
    require_sounds(
        "score", output, *(each for each in (content, *styles, target) if each is not None)
    )
    scores = measured(
        output, references(content=content, styles=styles, weights=style_weights, target=target)
    )
    for failure in scores.failures:
        warn(failure, ScoreWarning, stacklevel=2)
    return scores.values


def references(
    *,
    content: Sound | None = None,
    styles: Sequence[Sound] = (),
    weights: Sequence[float] | None = None,
    target: Sound | None = None,
) -> References:
    """Make the sounds that outputs are compared with, once for several outputs.

    Args:
        content: sound that was to be kept.
        styles: sounds that were to be taken from.
        weights: shares of the styles; equal if not given.
        target: sound that a perfect transfer would give.

    Raises:
        InputError: there are not as many weights as styles.

    Example:
        >>> references(content=Sound([0.5], 8000)).style is None
        True
    """
    if not styles:
        return References(content=content, target=target)
    return References(content, joined(styles), blended(styles, weights), target)


def measured(output: Sound, against: References, *, names: Iterable[str] | None = None) -> Scores:
    """All scores of an output, and which metrics failed; nothing is raised or warned.

    Args:
        output: any length and rate.
        against: sounds to compare with, made by `references`.
        names: names of the metrics; all that are registered if not given.

    Example:
        >>> scores = measured(Sound([0.5] * 800, 8000), References())
        >>> scores.values["clipping_share"], scores.failures
        (0.0, [])
    """
    scores = Scores()
    content, style = against.content, against.blend
    with nothing_is_fine(), limited(1):  # many short products: more threads only wait
        for name in METRICS if names is None else names:
            _add(scores, name, lambda name=name: _measured(name, output, against))
        if content is not None:
            _add(scores, "content_kept", lambda: _content_kept(scores.values, output, against))
        if content is not None and style is not None:
            _add(scores, "style_taken", lambda: _taken(scores, output, content, style))
            _add(scores, "movement", lambda: movement(content, style, output))
            _add(scores, "new_partials_percent", lambda: _new_partials(output, content))
        _add(scores, "artifacts", lambda: _artifacts(scores, output, against))
    first = {name: scores.values[name] for name in _FIRST if name in scores.values}
    return Scores(first | scores.values, scores.failures, scores.faults, scores.remarks)


@contextmanager
def nothing_is_fine() -> Iterator[None]:
    """Suppress the warning that there is nothing to measure, within a context.

    Example:
        >>> from estilo.metrics.base import nothing_to_measure
        >>> with nothing_is_fine():
        ...     nothing_to_measure("lsd")
        nan
    """
    with unheard(NothingToMeasure):
        yield


def _measured(name: str, output: Sound, against: References) -> dict[str, float]:
    metric: Metric = METRICS[name]
    if metric.against is None:
        return {name: metric.measure(output)}
    reference = against.of_role(metric.against)
    return {} if reference is None else {name: metric.measure(output, reference)}


def _new_partials(output: Sound, content: Sound) -> dict[str, float]:
    share = new_partials_percent(output, content)
    return {} if share is None else {"new_partials_percent": share}


def _content_kept(values: dict[str, float], output: Sound, against: References) -> dict[str, float]:
    content, style = against.content, against.blend
    if content is not None and not content.is_empty and not np.any(output.audio.samples):
        return {"content_kept": 0.0}  # there is nothing to measure, as nothing is left
    fills_pauses = style is not None and is_noise(style)
    known = {name: x for name, x in values.items() if not (fills_pauses and name == "pauses_db")}
    return {"content_kept": content_kept(known)}


def _artifacts(scores: Scores, output: Sound, against: References) -> dict[str, float]:
    if output.audio.samples.size == 0:
        return {}
    scores.faults = faults(output, against.content, against.style, against.target)
    return {"artifacts": artifacts(scores.faults)}


def _taken(scores: Scores, output: Sound, content: Sound, style: Sound) -> dict[str, float]:
    found = taken(output, content, style)
    if found.why:
        scores.remarks["style_taken"] = found.why
    return {
        "style_taken": found.share,
        "style_taken_low": found.low,
        "style_taken_high": found.high,
    }


def _add(scores: Scores, name: str, measure: Callable[[], dict[str, float]]) -> None:
    """Add the finite results of a function, or a sentence about its failure, whatever that is."""
    try:
        found = measure()
    except Exception as error:
        scores.failures.append(
            f"{name} could not be measured ({type(error).__name__}: {error}); the result stands"
        )
        return
    scores.values.update({key: float(x) for key, x in found.items() if math.isfinite(x)})
