"""``estilo transfer``: the content of one recording in the style of others."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from estilo.cli.options import (
    ALL_STYLES,
    AMOUNT,
    ANY_WAY,
    FLAT,
    PART,
    PLAIN_RUN,
    WHAT,
    OutputOptions,
    RunOptions,
    StyleOptions,
    WayOptions,
    option,
    plan_options,
)
from estilo.errors import SettingsError

if TYPE_CHECKING:
    from estilo.app.outputs import Outputs
    from estilo.pipeline.clips import Clip


@dataclass(frozen=True, kw_only=True)
class TransferOptions:
    """Options of a plan that a transfer shows, by the names that they have there."""

    strength: Annotated[
        float | None,
        option(AMOUNT, "How much style: 0 returns the content untouched.", metavar="0..1"),
    ] = None
    refine: Annotated[
        float | None,
        option(AMOUNT, "How far engine optimise goes on from the result.", metavar="0..1"),
    ] = None
    adapt: Annotated[
        str | None,
        option(AMOUNT, "Steps in which engine neural learns the style first.", metavar="N"),
    ] = None
    match: Annotated[
        str | None,
        option(AMOUNT, "Bring the style to the content's tempo, key or both.", metavar="tempo,key"),
    ] = None
    tempo_bpm: Annotated[
        float | None,
        option(AMOUNT, "The content's tempo for --match, if known.", name="--tempo", metavar="BPM"),
    ] = None
    mix: Annotated[
        float | None,
        option(AMOUNT, "Crossfade from the content (0) to the result (1).", metavar="0..1"),
    ] = None
    formants: Annotated[
        float | None,
        option(AMOUNT, "How far a voice keeps its vowels; 0 if not given.", metavar="0..1"),
    ] = None
    on: Annotated[
        Literal["all", "harmonic", "percussive"] | None,
        option(PART, "Change only the harmonic or the percussive sound.", metavar="SOUND"),
    ] = None
    mask: Annotated[
        Path | None,
        option(PART, "Picture, white where the style applies (docs/parts.md).", metavar="PNG"),
    ] = None


@dataclass(frozen=True, kw_only=True)
class ContentOptions:
    """What of the content is used."""

    offset: Annotated[
        float, option(PART, "Where to begin in the content, in seconds.", metavar="S")
    ] = 0.0
    duration: Annotated[
        float | None, option(PART, "How much of the content to take, in seconds.", metavar="S")
    ] = None


def transfer(
    content: Annotated[
        Path,
        Parameter(
            group=WHAT,
            help="Whose notes and rhythm are kept: a recording or MIDI; - is standard input.",
        ),
    ],
    style: Annotated[
        tuple[str, ...],
        Parameter(group=WHAT, help="The recording to sound like.", show_default=False),
    ] = (),
    /,
    *,
    styles: Annotated[
        list[str] | None,
        option(
            WHAT,
            "One more style, or where it applies: @10s-20s, @0-200Hz.",
            name="--style",
            negative=(),
            consume_multiple=False,
            metavar="FILE@RANGE",
        ),
    ] = None,
    shares: Annotated[StyleOptions, FLAT] = ALL_STYLES,
    way: Annotated[WayOptions, FLAT] = ANY_WAY,
    options: Annotated[TransferOptions, FLAT] = TransferOptions(),
    part: Annotated[ContentOptions, FLAT] = ContentOptions(),
    output: Annotated[OutputOptions, FLAT],
    run: Annotated[RunOptions, FLAT] = PLAIN_RUN,
) -> int:
    """The content of one recording, its notes and rhythm, in the style of another.

    The recipe beside the output (out.wav.json) renders it again: estilo rerun.

    For example:
      estilo transfer melody.wav rain.wav -o out.wav --strength 0.4 --plot
      estilo transfer song.wav --style low.wav@0-200Hz --style pad.wav -o out.wav
      estilo transfer a.wav bells.wav -o out.wav --engine mosaic --set grain_s=0.2
    """
    # Imported here, as everywhere in this folder, so that help and usage errors come at once.
    from estilo.app.jobs import Job
    from estilo.cli.performing import perform
    from estilo.pipeline.plan import Plan

    refuse_a_crowd(content, style)
    job = Job(
        plan=Plan.of(**plan_options(way, run, **vars(options))),
        content=content_clip(content, part, run),
        styles=placed_clips([*style, *(styles or [])], shares, run),
        outputs=outputs_of(output),
        style_weights=shares.weights,
        keep_best=run.keep_best,
    )
    return perform(job, is_quiet=run.quiet)


def content_clip(typed: Path, part: ContentOptions, run: RunOptions) -> "Clip":
    """The part of the content that was asked for.

    Args:
        typed: path; of a MIDI file with tracks or channels where these were named.
        part: what of it is taken.
        run: whether truncated files are taken.
    """
    from estilo.pipeline.clips import Clip
    from estilo.pipeline.written import split_part

    path, at = split_part(typed)
    return Clip(path, part.offset, part.duration, run.accept_truncated, at)


def refuse_a_crowd(content: Path, styles: tuple[str, ...]) -> None:
    """Refuse more than two recordings in a row, as it is not said which of them are styles.

    Args:
        content: the first.
        styles: those that follow it.

    Raises:
        SettingsError: more than one follows.
    """
    if len(styles) > 1:
        raise SettingsError(
            f"{1 + len(styles)} recordings were given in a row, and it is not clear which of them "
            "are styles; name the content, one style, and each further style with --style: "
            f"estilo transfer {content} {styles[0]} --style {styles[1]} -o FILE"
        )


def placed_clips(typed: list[str], shares: StyleOptions, run: RunOptions) -> "tuple[Clip, ...]":
    """The parts of the styles that were asked for, and where in the content they apply.

    Args:
        typed: paths, with ranges where there are any.
        shares: parts of the styles that are taken.
        run: whether truncated files are taken.

    Raises:
        SettingsError: there is no style, or a range cannot be read.
    """
    from estilo.pipeline.regions import split_place

    if not typed:
        raise SettingsError("no style was given; name one after the content, or with --style")
    places = [split_place(each) for each in typed]
    clips = style_clips(
        tuple(Path(path) for path, _ in places),
        shares,
        accept_truncated=run.accept_truncated,
    )
    return tuple(replace(clip, at=at) for clip, (_, at) in zip(clips, places, strict=True))


def style_clips(
    paths: tuple[Path, ...], shares: StyleOptions, *, accept_truncated: bool
) -> "tuple[Clip, ...]":
    """The parts of the styles that were asked for.

    Args:
        paths: paths of the styles.
        shares: parts of the styles that are taken.
        accept_truncated: take what is there of files that break off.
    """
    from estilo.pipeline.clips import Clip

    return tuple(
        Clip(path, shares.style_offset, shares.style_duration, accept_truncated) for path in paths
    )


def outputs_of(options: OutputOptions) -> "Outputs":
    """Where the result goes.

    Raises:
        OutputError: it is to go to standard output, which is closed or a terminal.
        SettingsError: likewise, and a picture is wanted.
    """
    from estilo.app.outputs import Outputs
    from estilo.app.standard import STANDARD

    more = {
        "has_picture": options.plot,
        "bit_depth": options.bit_depth,
        "bitrate_kbps": options.bitrate,
        "force": options.force,
    }
    if options.output == STANDARD:
        return Outputs.to_standard_output(**more)
    return Outputs(options.output, **more)
