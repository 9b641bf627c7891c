"""A result rendered again from its recipe."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from estilo.errors import InputError
from estilo.pipeline.clips import Clip
from estilo.pipeline.report import InputReport, Report, read_report
from estilo.pipeline.sources import file_hash, path_hash
from estilo.pipeline.travelling import located

if TYPE_CHECKING:
    from estilo.engines.base import OnStep
    from estilo.pipeline.transfer import TransferResult
    from estilo.pipeline.watch import AnyCancel


def rerun(
    recipe: str | os.PathLike[str],
    *,
    inputs: "str | os.PathLike[str] | None" = None,
    on_progress: "OnStep | None" = None,
    cancel: "AnyCancel | None" = None,
    keep_best: bool = False,
) -> "TransferResult":
    """Render a result again: the same inputs, settings, seed, device and number of threads.

    On the same machine with the same versions the samples are the same, bit for bit.

    Args:
        recipe: path of the .json that lies beside a result.
        inputs: folder in which recordings are looked for that are not where they were, nor beside
            the recipe; they may have other names there.
        on_progress: function that is called with an `estilo.Progress` after every step.
        cancel: token that is asked before every step: anything with ``is_set()``, or a function
            that returns whether to stop.
        keep_best: whether to return the best result so far, instead of raising, when the work was
            cancelled.

    Raises:
        InputError: it is no recipe, or an input has changed or is gone.
        Cancelled: `cancel` was set.
    """
    from estilo.pipeline.transfer import Transfer

    recipe = Path(recipe)
    report = located(read_report(recipe), recipe, inputs=None if inputs is None else Path(inputs))
    clips = recorded_clips(report, recipe)
    check_unchanged(report, recipe, clips)
    transfer = Transfer(report.plan)
    content, styles = split(report, clips)
    weights = recorded_weights(report)
    if content is None:
        return transfer.texture(
            styles,
            seconds=report.seconds or 0.0,
            style_weights=weights,
            on_progress=on_progress,
            cancel=cancel,
            keep_best=keep_best,
        )
    return transfer(
        content,
        styles,
        style_weights=weights,
        on_progress=on_progress,
        cancel=cancel,
        keep_best=keep_best,
    )


def recorded_clips(report: Report, recipe: Path) -> list[Clip]:
    """The recordings that a recipe names, the content first.

    Args:
        report: report of the recipe.
        recipe: its path, for messages.

    Raises:
        InputError: one of them came from a program, as did a feature network.
    """
    if report.plan.feature_network is not None:
        raise InputError(
            f"the recipe was made with a feature network of its own "
            f"({report.plan.feature_network}), whose weights it does not hold; render it again in "
            "Python"
        )
    return [_clip(given, recipe) for given in _inputs(report)]


def split(report: Report, clips: Sequence[Clip]) -> tuple[Clip | None, tuple[Clip, ...]]:
    """Content and styles of a recipe; a texture has no content.

    Args:
        report: report of the recipe.
        clips: recordings from `recorded_clips`.
    """
    if report.content is None:
        return None, tuple(clips)
    return clips[0], tuple(clips[1:])


def recorded_weights(report: Report) -> list[float]:
    """Shares of the styles of a recipe."""
    return [1.0 if style.weight is None else style.weight for style in report.styles]


def check_unchanged(report: Report, recipe: Path, clips: Sequence[Clip]) -> None:
    """Refuse inputs, a mask or weights that are not what they were.

    Args:
        report: report of the recipe.
        recipe: its path, for messages.
        clips: recordings from `recorded_clips`; they may be open.

    Raises:
        InputError: one of them has changed, or cannot be read.
    """
    found = [
        (str(clip.path), file_hash(clip), given.sha256)
        for clip, given in zip(clips, _inputs(report), strict=True)
    ]
    mask = report.plan.mask
    if mask is not None:
        found.append((mask.path, path_hash(Path(mask.path)), mask.sha256))
    for path, now, then in found:
        if now != then:
            raise InputError(
                f"{path} has changed since {recipe} was written: its SHA-256 is {now[:12]}… and "
                f"was {then[:12]}…; bring the old file back, or run estilo transfer anew"
            )
    _check_weights(report, recipe)


def _check_weights(report: Report, recipe: Path) -> None:
    path = report.plan.settings.weights_path
    if path is None or report.weights_id is None:
        return
    from estilo.engines.building import bare_engine

    now = bare_engine(report.plan.engine, report.plan.settings).weights_id
    if now != report.weights_id:
        raise InputError(
            f"{path} holds other weights than when {recipe} was written: they are {now} and were "
            f"{report.weights_id}; bring the old file back, or run estilo transfer anew"
        )


def _inputs(report: Report) -> list[InputReport]:
    return ([] if report.content is None else [report.content]) + report.styles


def _clip(given: InputReport, recipe: Path) -> Clip:
    if given.path is None:
        raise InputError(
            f"{recipe} is of a recording that came through a pipe or from a program, not from a "
            "file; name the folder that it is saved in (--inputs), or render it again in Python"
        )
    return Clip(given.path, given.offset_s, given.duration_s, given.accept_truncated, given.at)
