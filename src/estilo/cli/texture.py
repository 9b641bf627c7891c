"""``estilo texture``: new audio with the texture of recordings."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from estilo.cli.options import (
    ALL_STYLES,
    AMOUNT,
    ANY_WAY,
    FLAT,
    PLAIN_RUN,
    WHAT,
    OutputOptions,
    RunOptions,
    StyleOptions,
    WayOptions,
    option,
    plan_options,
)


def texture(
    style: Annotated[
        tuple[Path, ...], Parameter(group=WHAT, help="One or more recordings to sound like.")
    ],
    /,
    *,
    shares: Annotated[StyleOptions, FLAT] = ALL_STYLES,
    way: Annotated[WayOptions, FLAT] = ANY_WAY,
    seconds: Annotated[float, option(AMOUNT, "Length of the output, in seconds.", metavar="S")],
    realism: Annotated[
        float | None,
        option(
            AMOUNT,
            "How close to the styles, at the price of copying them; 0.5 if not given.",
            metavar="0..1",
        ),
    ] = None,
    output: Annotated[OutputOptions, FLAT],
    run: Annotated[RunOptions, FLAT] = PLAIN_RUN,
) -> int:
    """New audio, of any length, with the texture of recordings: rain that never fell.

    Rate, loudness and channels are those of the first style. The copy score says how much of the
    output was taken from the styles as it is.

    For example:
      estilo texture rain.wav --seconds 30 -o more-rain.wav
      estilo texture rain.wav fire.wav --style-weight 2,1 --seconds 12.5 -o two.flac
    """
    from estilo.app.jobs import Job
    from estilo.cli.performing import perform
    from estilo.cli.transfer import outputs_of, style_clips
    from estilo.pipeline.plan import Plan

    job = Job(
        plan=Plan.for_texture(**plan_options(way, run, realism=realism)),
        content=None,
        styles=style_clips(style, shares, accept_truncated=run.accept_truncated),
        outputs=outputs_of(output),
        style_weights=shares.weights,
        seconds=seconds,
        keep_best=run.keep_best,
    )
    return perform(job, is_quiet=run.quiet)
