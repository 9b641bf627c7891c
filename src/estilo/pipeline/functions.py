"""Transfer and texture as one call each."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from estilo.pipeline.sources import Recording
from estilo.pipeline.transfer import Transfer, TransferResult

if TYPE_CHECKING:
    from estilo.engines.base import Cancel, OnStep


def transfer(
    content: Recording,
    style: Recording | Sequence[Recording],
    *,
    style_weights: Sequence[float] | None = None,
    on_progress: "OnStep | None" = None,
    cancel: "Cancel | None" = None,
    keep_best: bool = False,
    **options: Any,
) -> TransferResult:
    """The content in the style of one or more recordings; see `Transfer` for the options.

    Args:
        content: path, `Audio` or `Clip`.
        style: one or several of the same.
        style_weights: shares of several styles; equal if not given.
        on_progress: called after every step.
        cancel: asked before every step.
        keep_best: when cancelled, return the best so far instead of raising.
        options: those of `Transfer`: engine, preset, strength, mix, seed, device, settings.

    Raises:
        InputError: something that was given cannot be used.
        Cancelled: `cancel` was set.
    """
    return Transfer(**options)(
        content,
        style,
        style_weights=style_weights,
        on_progress=on_progress,
        cancel=cancel,
        keep_best=keep_best,
    )


def texture(
    styles: Recording | Sequence[Recording],
    *,
    seconds: float,
    style_weights: Sequence[float] | None = None,
    on_progress: "OnStep | None" = None,
    cancel: "Cancel | None" = None,
    keep_best: bool = False,
    **options: Any,
) -> TransferResult:
    """New audio with the texture of one or more recordings.

    Args:
        styles: one or several of path, `Audio` or `Clip`.
        seconds: length of the output.
        style_weights: shares of several styles; equal if not given.
        on_progress: called after every step.
        cancel: asked before every step.
        keep_best: when cancelled, return the best so far instead of raising.
        options: realism, and those of `Transfer`.

    Raises:
        InputError: something that was given cannot be used.
        Cancelled: `cancel` was set.
    """
    return Transfer.for_texture(**options).texture(
        styles,
        seconds=seconds,
        style_weights=style_weights,
        on_progress=on_progress,
        cancel=cancel,
        keep_best=keep_best,
    )
