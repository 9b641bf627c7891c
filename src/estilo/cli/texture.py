"""``estilo texture``: new audio with the texture of recordings."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from estilo.cli.options import (
    ALL_STYLES,
    COMMON,
    FLAT,
    NO_PRESET,
    PLAIN_RUN,
    OutputOptions,
    PresetOptions,
    RunOptions,
    StyleOptions,
    engine_options,
    given_settings,
)
from estilo.cli.transfer import outputs_of, style_clips

# Without a content there is nothing that a strength could be weighed against, nor to be filtered.
_EngineOptions = engine_options(
    without=(
        *("strength", "content_weight", "content_views"),
        *("smoothing_erb", "limit_db", "filter_phase"),
        *("envelope", "attack", "vibrato", "frequencies"),
        *("residual", "residual_strength", "n_sines", "optimise"),
    )
)
_ENGINE_OPTIONS = _EngineOptions()


def texture(
    style: Annotated[tuple[Path, ...], Parameter(help="One or more recordings to sound like.")],
    /,
    *,
    output: Annotated[OutputOptions, FLAT],
    seconds: Annotated[
        float, Parameter(group=COMMON, metavar="S", help="Length of the output, in seconds.")
    ],
    realism: Annotated[
        float | None,
        Parameter(
            group=COMMON,
            metavar="0..1",
            help="How close to the styles, at the price of copying them; 0.5 if not given.",
        ),
    ] = None,
    preset: Annotated[PresetOptions, FLAT] = NO_PRESET,
    styles: Annotated[StyleOptions, FLAT] = ALL_STYLES,
    run: Annotated[RunOptions, FLAT] = PLAIN_RUN,
    engine: Annotated[_EngineOptions, FLAT] = _ENGINE_OPTIONS,  # type: ignore[valid-type]
) -> int:
    """New audio, of any length, with the texture of recordings: rain that never fell.

    Rate, loudness and channels are those of the first style. The copy score tells how much of the
    output was taken from the styles as it is.

    For example:
      estilo texture rain.wav --seconds 30 -o more-rain.wav
      estilo texture rain.wav fire.wav --style-weight 2,1 --seconds 12.5 -o both.flac --plot
    """
    from estilo.cli.job import Job, render, transfer_from
    from estilo.pipeline.transfer import Transfer

    job = Job(
        content=None,
        styles=style_clips(style, styles),
        transfer=transfer_from(
            given_settings(engine),
            make=Transfer.for_texture,
            realism=realism,
            preset=preset.preset,
            engine=preset.engine,
            seed=run.seed,
            device=run.device,
            threads=run.threads,
            scores=not run.no_scores,
        ),
        outputs=outputs_of(output),
        style_weights=styles.weights,
        seconds=seconds,
        keep_best=run.keep_best,
        is_quiet=run.quiet,
    )
    return render(job)[0]
