"""Scores in a few words."""

from collections.abc import Mapping

# Up to so much of a fault it is called so.
_FAULTS = ((0.1, "none"), (0.25, "slight"), (0.6, "audible"), (1.0, "strong"))


def verdict(scores: Mapping[str, float]) -> str:
    """What was kept and taken, and what went wrong; empty where none of it is known.

    Args:
        scores: as in a report.

    Example:
        >>> verdict({"content_kept": 0.934, "style_taken": 0.641, "artifacts": 0.0})
        'content kept 93 %, style taken 64 %, artifacts none'
    """
    said = [
        f"{label} {round(100 * scores[name])} %"
        for name, label in (("content_kept", "content kept"), ("style_taken", "style taken"))
        if name in scores
    ]
    if "artifacts" in scores:
        word = next(word for most, word in _FAULTS if scores["artifacts"] <= most)
        said.append(f"artifacts {word}")
    heard = f" (judged by {scores['scored_s']:.0f} s of it)" if "scored_s" in scores else ""
    return ", ".join(said) + heard if said else ""


def copying(scores: Mapping[str, float]) -> str:
    """How much of a texture was copied, in a sentence; empty where it is not known.

    Args:
        scores: as in a report.

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
