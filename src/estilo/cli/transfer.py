"""``estilo transfer``: a recording in the style of others."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from estilo.cli.options import (
    ALL_STYLES,
    COMMON,
    FILES,
    FLAT,
    NO_PRESET,
    PARTS,
    PLAIN_RUN,
    OutputOptions,
    PresetOptions,
    RunOptions,
    StyleOptions,
    engine_options,
    given_settings,
    setting_defaults,
)
from estilo.errors import SettingsError

if TYPE_CHECKING:
    from estilo.cli.outputs import Outputs
    from estilo.pipeline.sources import Clip

_EngineOptions = engine_options(without=("strength",))
_ENGINE_OPTIONS = _EngineOptions()


@dataclass(frozen=True, kw_only=True)
class TransferOptions:
    """What only a transfer has."""

    strength: Annotated[
        float | None,
        Parameter(
            group=COMMON,
            help="How much style: 0 returns the content untouched, 1 follows the style as far as "
            "it goes.",
            show_default=lambda _: f"{setting_defaults('strength')}, or the preset's",
        ),
    ] = None
    refine: Annotated[
        float | None,
        Parameter(
            group=COMMON,
            show_default=lambda _: "0, or the preset's",
            help="How far the engine optimise goes on from what the engine has made, 0 to 1: "
            "nearer to the style's sound, further from the content's notes (from a mosaic, which "
            "has lost some of them, nearer).",
        ),
    ] = None
    match: Annotated[
        str | None,
        Parameter(
            group=COMMON,
            metavar="tempo,key",
            help="Stretch the styles to the content's tempo, shift them to its key, or both, "
            "before anything is taken from them.",
        ),
    ] = None
    mix: Annotated[
        float,
        Parameter(
            group=COMMON, help="Crossfade from the content (0) to the result (1), levels matched."
        ),
    ] = 1.0
    on: Annotated[
        Literal["all", "harmonic", "percussive"],
        Parameter(
            group=PARTS,
            help="The sound that is changed; the rest of the content is added back untouched.",
        ),
    ] = "all"
    mask: Annotated[
        Path | None,
        Parameter(
            group=PARTS,
            metavar="FILE.png",
            help="Where the styles apply: a picture over the whole content, white where they do, "
            "black where they do not. Its rows are those of --plot: 40 Hz at the bottom, 20 kHz or "
            "half the sample rate at the top, octaves equally high.",
        ),
    ] = None
    formants: Annotated[
        float,
        Parameter(
            group=PARTS,
            help="How far the content's formants are kept, 0 to 1, so that words stay clear.",
        ),
    ] = 0.0
    formant_shift: Annotated[
        float,
        Parameter(
            group=PARTS,
            metavar="SEMITONES",
            allow_leading_hyphen=True,
            help="How far formants are moved, up or down; the pitch stays.",
        ),
    ] = 0.0
    raw: Annotated[
        bool,
        Parameter(
            negative=(),
            show_default=False,
            group=COMMON,
            help="What the preset's ancestor would have written: mono, cut, at its own rate and "
            "level.",
        ),
    ] = False
    offset: Annotated[
        float,
        Parameter(
            group=FILES,
            metavar="S",
            show_default=False,
            help="Where to begin in the content, in seconds.",
        ),
    ] = 0.0
    duration: Annotated[
        float | None,
        Parameter(group=FILES, metavar="S", help="How much of the content to take, in seconds."),
    ] = None


def transfer(
    content: Annotated[Path, Parameter(help="The recording to be changed.")],
    style: Annotated[
        tuple[str, ...],
        Parameter(help="One or more recordings to sound like; each may have ranges, see --style."),
    ] = (),
    /,
    *,
    output: Annotated[OutputOptions, FLAT],
    placed: Annotated[
        list[str] | None,
        Parameter(
            name="--style",
            negative=(),
            consume_multiple=False,
            metavar="FILE@RANGE",
            group=PARTS,
            help="A recording to sound like, and where: FILE@10s-20s, FILE@0-200Hz, or several "
            "ranges with commas. It takes the place of styles without ranges there; beyond all of "
            "them the content stays as it is.",
        ),
    ] = None,
    preset: Annotated[PresetOptions, FLAT] = NO_PRESET,
    transfer: Annotated[TransferOptions, FLAT] = TransferOptions(),
    styles: Annotated[StyleOptions, FLAT] = ALL_STYLES,
    run: Annotated[RunOptions, FLAT] = PLAIN_RUN,
    engine: Annotated[_EngineOptions, FLAT] = _ENGINE_OPTIONS,  # type: ignore[valid-type]
) -> int:
    """A recording in the style of others: its notes and rhythm, their sound.

    The output has the content's length, rate, channels and loudness. Beside it lies the recipe
    (out.wav.json), which estilo rerun renders again; its scores are those of estilo evaluate.

    For example:
      estilo transfer melody.wav rain.wav -o out.wav
      estilo transfer melody.wav rain.wav -o out.flac --strength 0.4 --plot
      estilo transfer song.mp3 rain.wav bells.wav --style-weight 2,1 -o out.wav --duration 20
      estilo transfer melody.wav rain.wav -o out.wav --engine eq --smoothing-erb 1
      estilo transfer song.wav --style low.wav@0-200Hz --style pad.wav@10s-20s -o out.wav
      estilo transfer song.wav rain.wav -o out.wav --on percussive
      estilo transfer song.wav loop.wav -o out.wav --match tempo,key
      estilo transfer melody.wav rain.wav -o out.wav --preset dipani-fixed --network.n-filters 512
    """
    # Imported here, as everywhere in this folder, so that help and usage errors come at once.
    from estilo.cli.job import Job, render, transfer_from
    from estilo.pipeline.sources import Clip

    job = Job(
        content=Clip(content, transfer.offset, transfer.duration, styles.accept_truncated),
        styles=placed_clips([*style, *(placed or [])], styles),
        transfer=transfer_from(
            given_settings(engine),
            preset=preset.preset,
            engine=preset.engine,
            strength=transfer.strength,
            refine=transfer.refine,
            match=transfer.match or (),
            mix=transfer.mix,
            on=transfer.on,
            mask=transfer.mask,
            formants=transfer.formants,
            formant_shift_semitones=transfer.formant_shift,
            raw=transfer.raw,
            seed=run.seed,
            device=run.device,
            threads=run.threads,
            scores=not run.no_scores,
        ),
        outputs=outputs_of(output),
        style_weights=styles.weights,
        keep_best=run.keep_best,
        is_quiet=run.quiet,
    )
    return render(job)[0]


def placed_clips(typed: list[str], options: StyleOptions) -> "tuple[Clip, ...]":
    """The parts of the styles that were asked for, and where in the content they apply.

    Raises:
        SettingsError: there is no style, or a range cannot be read.
    """
    from estilo.pipeline.regions import split_place

    if not typed:
        raise SettingsError("no style was given; name one after the content, or with --style")
    places = [split_place(each) for each in typed]
    clips = style_clips(tuple(Path(path) for path, _ in places), options)
    return tuple(replace(clip, at=at) for clip, (_, at) in zip(clips, places, strict=True))


def style_clips(paths: tuple[Path, ...], options: StyleOptions) -> "tuple[Clip, ...]":
    """The parts of the styles that were asked for."""
    from estilo.pipeline.sources import Clip

    return tuple(
        Clip(path, options.style_offset, options.style_duration, options.accept_truncated)
        for path in paths
    )


def outputs_of(options: OutputOptions) -> "Outputs":
    """Where the result goes."""
    from estilo.cli.outputs import Outputs

    return Outputs(
        options.output,
        has_picture=options.plot,
        bit_depth=options.bit_depth,
        force=options.force,
    )
