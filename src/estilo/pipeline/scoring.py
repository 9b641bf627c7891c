"""Scores of a result, whatever its length, and never at the price of the result.

Of recordings longer than 40 s four stretches of 10 s are heard, spread evenly from the first to the
last: the same ones of content, target and output, so that time and memory stay bounded.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from estilo.analysis.sound import Sound
from estilo.audio import Audio
from estilo.metrics.copying import copying
from estilo.metrics.fault import Fault
from estilo.metrics.scores import References, Scores, measured, nothing_is_fine, references
from estilo.pipeline.sources import CodedSource, Source, StyleSource

STRETCH_S, N_STRETCHES = 10.0, 4
LONGEST_S = STRETCH_S * N_STRETCHES
_FADE_S = 0.005  # at the joints, which would be clicks


@dataclass(frozen=True)
class Heard:
    """The stretches of an output that are scored, and what they are held against.

    Args:
        output: all of it, or the stretches.
        against: the same of content and target, and the styles.
        first_style: all of it, or its stretches; None where there is none.
        is_whole: whether all of the output is heard.
        starts_s: time at which each stretch begins in all of the output, in seconds.
    """

    output: Sound
    against: References
    first_style: Audio | None
    is_whole: bool
    starts_s: tuple[float, ...] = (0.0,)


def heard(
    output: Audio,
    *,
    content: Audio | None = None,
    styles: Sequence[Audio] = (),
    style_weights: Sequence[float] | None = None,
    target: Audio | None = None,
) -> Heard:
    """What `scores` are made of.

    Args:
        output: the output.
        content: what was to be kept.
        styles: what was to be taken from.
        style_weights: shares of the styles; equal if not given.
        target: what a perfect transfer would give.

    Raises:
        InputError: there are not as many weights as styles.

    Example:
        >>> tone = Audio(np.sin(0.1 * np.arange(8000)), 8000)
        >>> heard(tone, styles=[tone]).output.duration_s
        1.0
    """
    whole_s = (content or target or output).duration_s

    def stretches(audio: Audio) -> Sound:
        return Sound.of(excerpt(audio, whole_s=whole_s))

    parts = [excerpt(style) for style in styles]
    against = references(
        content=None if content is None else stretches(content),
        styles=[Sound.of(part) for part in parts],
        weights=style_weights,
        target=None if target is None else stretches(target),
    )
    first = parts[0] if parts else None
    is_whole = whole_s <= LONGEST_S
    starts_s = (0.0,) if is_whole else tuple(_starts_s(whole_s).tolist())
    return Heard(stretches(output), against, first, is_whole, starts_s)


def scores(of: Heard) -> Scores:
    """All that can be measured.

    Args:
        of: sounds from `heard`.

    Returns:
        The numbers and faults of `estilo.metrics.scores`, and ``scored_s`` where only so much was
        heard: times of faults are those of all of the output. A
        texture, which has no content, is told how much one half of its first style copies of the
        other: ``copy_score_of_style``.

    Example:
        >>> tone = Audio(np.sin(0.1 * np.arange(8000)), 8000)
        >>> scores(heard(tone, content=tone)).values["content_kept"]
        1.0
    """
    found = measured(of.output, of.against)
    if not of.is_whole:
        found.faults = _in_the_whole(found.faults, of.starts_s)
    if of.against.content is None and of.first_style is not None:
        found.values.update(_copying_of_halves(of.first_style))
    if not of.is_whole:
        found.values["scored_s"] = LONGEST_S
    return found


def scores_of_job(audio: Audio, styles: Sequence[StyleSource], *, content: Source | None) -> Scores:
    """The `scores` of a transfer, or of a texture, which has no content.

    Whatever goes wrong is said in words and never raised, for the result is there.

    Args:
        audio: what came out; a raw output may be of the content's beginning only.
        styles: the styles, with their shares; if one has no audio, nothing is said of any.
        content: the content.
    """
    recordings = [style for style in styles if not isinstance(style, CodedSource)]
    if len(recordings) < len(styles):
        recordings = []  # what the others lent the output would count as a fault
    try:
        return scores(
            heard(
                audio,
                content=None if content is None else _cut_to(content.audio, audio.duration_s),
                styles=[style.audio for style in recordings],
                style_weights=[style.weight for style in recordings],
            )
        )
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        return Scores(failures=[f"the result has no scores ({why}); it stands all the same"])


def excerpt(audio: Audio, *, whole_s: float | None = None) -> Audio:
    """A recording as it is, or four stretches of 10 s of a longer one, joined by fades of 5 ms.

    Args:
        audio: any length.
        whole_s: length of the recording that the stretches are spread over, in seconds; the
            recording's own if not given. What lies beyond the end is missing.

    Example:
        >>> excerpt(Audio(np.ones(8000 * 61), 8000)).duration_s
        40.0
    """
    whole_s = audio.duration_s if whole_s is None else whole_s
    if whole_s <= LONGEST_S:
        return audio
    rate = audio.sample_rate
    size, n_fade = round(STRETCH_S * rate), max(round(_FADE_S * rate), 1)
    rise = np.sin(0.5 * np.pi * (np.arange(n_fade) + 0.5) / n_fade).astype(np.float32) ** 2
    starts = np.rint(_starts_s(whole_s) * rate).astype(int)
    parts = [audio.samples[:, start : start + size].copy() for start in starts]
    for number, part in enumerate(parts):
        if part.shape[1] < size:
            continue  # cut off by the end, so nothing is joined to it
        if number > 0:
            part[:, :n_fade] *= rise
        if number < N_STRETCHES - 1:
            part[:, -n_fade:] *= rise[::-1]
    return Audio(np.concatenate(parts, axis=1), rate)


def _starts_s(whole_s: float) -> np.ndarray:
    return np.linspace(0.0, whole_s - STRETCH_S, N_STRETCHES)


def _in_the_whole(faults: Sequence[Fault], starts_s: Sequence[float]) -> list[Fault]:
    """Faults with the times of all of the output, each in the stretch that holds its middle."""
    moved = []
    for fault in faults:
        middle_s = 0.5 * (fault.start_s + fault.end_s)
        number = min(int(middle_s / STRETCH_S), len(starts_s) - 1)
        first_s, last_s = number * STRETCH_S, (number + 1) * STRETCH_S
        start_s, end_s = (
            starts_s[number] + min(max(each, first_s), last_s) - first_s
            for each in (fault.start_s, fault.end_s)
        )
        moved.append(replace(fault, start_s=start_s, end_s=end_s))
    return moved


def _cut_to(audio: Audio, duration_s: float) -> Audio:
    n_samples = round(duration_s * audio.sample_rate)
    if n_samples >= audio.n_samples:
        return audio
    return Audio(audio.samples[:, :n_samples], audio.sample_rate)


def _copying_of_halves(style: Audio) -> dict[str, float]:
    half = style.n_samples // 2
    halves = (style.samples[:, :half], style.samples[:, half:])
    with nothing_is_fine():
        own = copying(*(Sound(each, style.sample_rate) for each in halves))
    return {"copy_score_of_style": own} if math.isfinite(own) else {}
