"""Results in words: scores as a verdict, times as one would say them."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from estilo.metrics.fault import Fault
    from estilo.pipeline.report import Report

_LASTING_S = 0.3
# Up to so much of a fault it is called so.
_FAULTS = ((0.1, "none"), (0.25, "slight"), (0.6, "audible"), (1.0, "strong"))
# In per cent of the way from content to style.
_ARRIVED, _MISSING = 50.0, 25.0


def verdict(scores: Mapping[str, float], remarks: Mapping[str, str]) -> str:
    """What was kept and taken, and what went wrong; empty where none of it is known.

    Args:
        scores: scores, as in a report.
        remarks: why some are not there, likewise.

    Example:
        >>> verdict({"content_kept": 0.934, "style_taken": 0.641, "artifacts": 0.0}, {})
        'content kept 93 %, style taken 64 %, artifacts none'
        >>> verdict({"content_kept": 0.934}, {"style_taken": "too little to judge"})
        'content kept 93 %, style taken: too little to judge'
    """
    said = []
    if "content_kept" in scores:
        said.append(f"content kept {_percent(scores['content_kept'])} %")
    if "style_taken" in scores:
        said.append(f"style taken {_percent(scores['style_taken'])} %{_interval(scores)}")
    elif "style_taken" in remarks:
        said.append(f"style taken: {remarks['style_taken']}")
    if "artifacts" in scores:
        word = next(word for most, word in _FAULTS if scores["artifacts"] <= most)
        said.append(f"artifacts {word}")
    heard = f" (judged by {scores['scored_s']:.0f} s of it)" if "scored_s" in scores else ""
    return ", ".join(said) + heard if said else ""


def _interval(scores: Mapping[str, float]) -> str:
    """What half of other phrases of the style would score, around it."""
    ends = [scores[name] for name in ("style_taken_low", "style_taken_high") if name in scores]
    return f" ({_percent(ends[0])} to {_percent(ends[1])})" if len(ends) == 2 else ""


def _percent(share: float) -> str:
    return str(round(100.0 * share)).replace("-", "−")


def arrived_in_words(scores: Mapping[str, float]) -> str:
    """Which attributes of the style arrived and which did not; empty where nothing is known.

    An attribute has arrived that went half of the way from content to style or more, and has not
    that went less than a quarter of it. Nothing is said of the others.

    Args:
        scores: scores, as in a report.

    Example:
        >>> scores = {"moved_spectrum_percent": 71.0, "moved_attack_percent": 4.0}
        >>> arrived_in_words(scores | {"style_taken": 0.5})
        'of the style its spectrum arrived, not its attack'
    """
    from estilo.metrics.attributes import LABELS
    from estilo.metrics.summary import moved_name

    if "style_taken" not in scores:
        return ""
    known = {label: scores.get(moved_name(name)) for name, label in LABELS.items()}
    there = [label for label, moved in known.items() if moved is not None and moved >= _ARRIVED]
    missing = [label for label, moved in known.items() if moved is not None and moved < _MISSING]
    if not there and not missing:
        return ""
    if not there:
        return f"of the style its {listed(missing)} did not arrive"
    rest = f", not its {listed(missing)}" if missing else ""
    return f"of the style its {listed(there)} arrived{rest}"


def listed(names: Sequence[str]) -> str:
    """Names as one would say them.

    Args:
        names: names, one at least.

    Example:
        >>> listed(["attack"]), listed(["attack", "decay", "room"])
        ('attack', 'attack, decay and room')
    """
    return " and ".join([*([", ".join(names[:-1])] if len(names) > 1 else []), names[-1]])


def faults_in_words(faults: Sequence["Fault"], *, most: int = 3) -> str:
    """The severest kinds of faults in a line, each at its worst place; empty where there is none.

    Args:
        faults: faults, as in a report.
        most: number of kinds that are said.

    Example:
        >>> from estilo.metrics.fault import Fault
        >>> words = "noise in the pauses, up to 24 dB"
        >>> hiss = Fault("noise in pauses", 0.9, 3.2, 4.0, 400.0, 8000.0, None, words)
        >>> faults_in_words([hiss])
        'faults: noise in the pauses from 3.2 s, up to 24 dB'
    """
    worst: dict[str, Fault] = {}
    for fault in sorted(faults, key=lambda each: -each.severity):
        worst.setdefault(fault.kind, fault)
    said = [_with_place(each) for each in list(worst.values())[:most]]
    more = len(worst) - len(said)
    kinds = "" if more <= 0 else f"; and {more} more {'kind' if more == 1 else 'kinds'}"
    return f"faults: {'; '.join(said)}{kinds}" if said else ""


def _with_place(fault: "Fault") -> str:
    if fault.kind == "edges":
        return fault.words  # which say where
    what, comma, how_much = fault.words.partition(", ")
    lasts = fault.end_s - fault.start_s >= _LASTING_S
    return f"{what} {'from' if lasts else 'at'} {spoken_time(fault.start_s)}{comma}{how_much}"


_SCORES = {
    "content_kept": "How much of the content's notes, rhythm and levels is there, 0 to 1.",
    "style_taken": "How near the sound came to the style's, from the content (0) to the style (1).",
    "style_taken_low": "Lower end of what half of other phrases of the style would score.",
    "style_taken_high": "Upper end of what half of other phrases of the style would score.",
    "artifacts": "How bad what went wrong is, from nothing (0) to ruined (1).",
    "scored_s": "How much of it was judged, in seconds.",
}
_MOVED = re.compile(r"moved_(?:(.+)_)?percent")


def meaning(score: str) -> str:
    """What a score says that sums up others, in a sentence; empty where it is another one.

    Args:
        score: name of the score, as in a report.

    Example:
        >>> meaning("moved_decay_percent")
        "How far its decay went from the content's (0) to the style's (100), in per cent."
    """
    found = _MOVED.fullmatch(score)
    if found is None:
        return _SCORES.get(score, "")
    what = "timbre" if found[1] is None else found[1].replace("_", " ")
    return f"How far its {what} went from the content's (0) to the style's (100), in per cent."


def copying(scores: Mapping[str, float]) -> str:
    """How much of a texture was copied, in a sentence; empty where it is not known.

    Args:
        scores: scores, as in a report.

    Example:
        >>> copying({"copy_score": 0.21, "copy_score_of_style": 0.17}).partition(":")[0]
        'copy score 0.21'
    """
    if "copy_score" not in scores:
        return ""
    own = scores.get("copy_score_of_style")
    known = "" if own is None else f"; the style's two halves against each other give {own:.2f}"
    return (
        f"copy score {scores['copy_score']:.2f}: how much of the output was taken from the style "
        f"as it is, from 0 (all new) to 1 (a copy){known}"
    )


def conclusion(report: "Report") -> list[str]:
    """What is worth knowing about a result, a line each.

    Args:
        report: report of the result, as it was written.
    """
    said = [] if report.choice is None else [report.choice]
    said += [style.match.words for style in report.styles if style.match is not None]
    level = report.level
    reference = "first style" if report.content is None else "content"
    if level is not None and level.shortfall_lu > 0.05:
        said.append(
            f"level: {level.shortfall_lu:.1f} LU quieter than the {reference}, so that its peaks "
            f"stay at {level.true_peak_dbtp or 0.0:.1f} dBTP"
        )
    said.append(verdict(report.scores, report.remarks))
    said.append(arrived_in_words(report.scores))
    said.append(faults_in_words(report.faults))
    if report.content is None:
        said.append(copying(report.scores))
    if report.output.n_clipped:
        said.append(f"{report.output.n_clipped} samples beyond full scale were clipped")
    if not report.is_complete:
        said.append("stopped early: this is the best so far, not the finished result")
    return [line for line in said if line]


def spoken_time(seconds: float) -> str:
    """A duration as one would say it.

    Args:
        seconds: how long it is.

    Example:
        >>> spoken_time(3.21), spoken_time(75), spoken_time(4000)
        ('3.2 s', '1 min 15 s', '1 h 7 min')
    """
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, left = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {left} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min"
