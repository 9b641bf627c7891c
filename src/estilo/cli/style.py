"""``estilo style``: write styles to files, to be kept and shared."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from estilo.cli.options import (
    ALL_STYLES,
    FLAT,
    WHAT,
    AcceptTruncated,
    Force,
    Quiet,
    StyleOptions,
    json_flag,
)
from estilo.errors import InputError, SettingsError

if TYPE_CHECKING:
    from rich.table import Table

    from estilo.engines.neural.style_card import StyleCard

style = App(
    name="style",
    help="""Make style files to share, and show what is in them.

A style file (.estilo-style) holds what the neural engine knows of a style, and
no audio. It takes the place of a recording as a style of that engine:
  estilo style make flute.wav -o flute.estilo-style --licence CC0-1.0
  estilo transfer melody.wav flute.estilo-style -o out.wav --engine neural
""",
    usage="Usage: estilo style COMMAND",
)


@style.command(usage="Usage: estilo style make CLIP... -o FILE [options]")
def make(
    clips: Annotated[tuple[Path, ...], Parameter(help="Recordings of the style.")],
    /,
    *,
    output: Annotated[
        Path,
        Parameter(
            alias="-o",
            metavar="FILE",
            group=WHAT,
            help="File to write; it ends in .estilo-style.",
        ),
    ],
    name: Annotated[
        str | None,
        Parameter(group=WHAT, help="Name of the style; that of the file if not given."),
    ] = None,
    licence: Annotated[
        str,
        Parameter(
            alias="--license",
            metavar="TERMS",
            group=WHAT,
            show_default=False,
            help="Terms of the style: CC0-1.0, CC-BY-4.0, for my band only, ...",
        ),
    ] = "",
    consent: Annotated[
        str,
        Parameter(
            metavar="TEXT",
            group=WHAT,
            show_default=False,
            help="Who agreed to its use: my own voice, the singer agreed in writing, ...",
        ),
    ] = "",
    styles: Annotated[StyleOptions, FLAT] = ALL_STYLES,
    weights: Annotated[
        Path | None,
        Parameter(
            metavar="FILE",
            group=WHAT,
            help="Weights of the network; those that come with estilo if not given.",
        ),
    ] = None,
    accept_truncated: AcceptTruncated = False,
    force: Force = False,
    quiet: Quiet = False,
) -> int:
    """Make a style file of recordings: of one, or of several with weights.

    The file holds no audio. It fits the network's weights that made it, and no
    others. Of a long recording a few stretches are heard, 24 s in all.

    For example:
      estilo style make flute.wav -o flute.estilo-style --licence CC0-1.0
      estilo style make me1.wav me2.wav -o me.estilo-style --consent "my own voice"
      estilo style make rain.wav fire.wav --style-weight 2,1 -o both.estilo-style
    """
    from estilo.app.inputs import opened
    from estilo.app.outputs import check_target
    from estilo.cli.performing import name_files
    from estilo.cli.progress import Reporter
    from estilo.cli.transfer import style_clips
    from estilo.engines.neural.style_card import SUFFIX
    from estilo.neural.style_files import shown_name, style_from

    if output.suffix.lower() != SUFFIX:
        raise InputError(f"{output} must end in {SUFFIX}, got {output.suffix or 'no extension'!r}")
    if name is not None and not name.strip():
        raise SettingsError("--name is empty; give the style a name, or leave the option out")
    parts = style_clips(clips, styles, accept_truncated=accept_truncated)
    inputs = [*clips, *([] if weights is None else [weights])]
    reporter = Reporter(is_quiet=quiet)
    with reporter.listening(), opened(parts) as files:
        check_target(output, force=force, inputs=inputs)
        # After the headers, so that a bad file is named at once.
        from estilo.engines.neural.style_file import write_style

        file = style_from(
            files,
            name=shown_name(output.stem) if name is None else name,
            clip_weights=styles.weights,
            weights=weights,
            licence=licence,
            consent=consent,
        )
        write_style(output, file, force=force)
    n_clips = "1 clip" if len(parts) == 1 else f"{len(parts)} clips"
    reporter.say(
        f"the style {file.card.name!r} of {n_clips}, {output.stat().st_size / 1e3:.0f} kB:"
    )
    if not licence:
        reporter.say("whoever gets it will ask for its terms: state them with --licence")
    name_files([output], is_quiet=quiet)
    return 0


@style.command(usage="Usage: estilo style show FILE... [--json]")
def show(
    files: Annotated[tuple[Path, ...], Parameter(help="Style files.")],
    /,
    *,
    json_: Annotated[
        bool,
        json_flag("Print a list of objects, one per file, instead of tables."),
    ] = False,
) -> int:
    """Show the cards of style files: name, licence, consent, loudness, clips.

    Nothing in a style file is ever run, so one from a stranger is safe to look at.

    For example:
      estilo style show flute.estilo-style
      estilo style show *.estilo-style --json
    """
    from estilo.app.inputs import tell_errors
    from estilo.engines.neural.style_card import read_arrays

    found: list[tuple[Path, StyleCard]] = []
    errors: list[InputError] = []
    for path in files:
        try:
            found.append((path, read_arrays(path)[1]))
        except InputError as error:
            errors.append(error)
    if found:
        _print_json(found) if json_ else _print_tables(found)
    tell_errors(errors, n_files=len(files), deed="shown")
    return 0


def _print_json(found: "list[tuple[Path, StyleCard]]") -> None:
    objects = [{"path": str(path), **card.model_dump(mode="json")} for path, card in found]
    # What is not Unicode in a name is escaped.
    print(json.dumps(objects, indent=2, allow_nan=False))


def _print_tables(found: "list[tuple[Path, StyleCard]]") -> None:
    from estilo.cli.terminal import Terminal

    console = Terminal()
    for path, card in found:
        console.print(_table(path, card))


def _table(path: Path, card: "StyleCard") -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    loudness = card.loudness_lufs
    rows = [
        ("file", path.name.encode(errors="replace").decode()),
        ("licence", card.licence or "not stated"),
        ("consent", card.consent or "not stated"),
        ("loudness", "–" if loudness is None else f"{loudness:.1f} LUFS"),
        ("weights", card.weights),
    ]
    for place, clip in enumerate(card.clips):
        text = f"{clip.name}, {clip.duration_s:.2f} s, share {100 * clip.weight:.0f} %"
        rows.append(("" if place else "clips", text))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("style", no_wrap=True)
    table.add_column(Text(card.name), overflow="fold")
    for label, text in rows:
        table.add_row(label, Text(text))
    return table
