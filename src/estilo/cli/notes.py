"""``estilo notes``: hear the notes of a recording."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from estilo.cli.options import (
    OUTPUT,
    AcceptTruncated,
    Duration,
    Force,
    Offset,
    Quiet,
    flag,
    json_flag,
    option,
)
from estilo.errors import InputError, SettingsError

if TYPE_CHECKING:
    from estilo.analysis.transcription import HeardNote, Transcription

_NAMES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")
_MIDI = (".mid", ".midi")


def notes(
    recording: Annotated[Path, Parameter(help="Recording; - is standard input.")],
    /,
    *,
    json_: Annotated[
        bool,
        json_flag("Print an object with all courses instead of a table."),
    ] = False,
    output: Annotated[
        Path | None,
        option(OUTPUT, "Name of a MIDI file to write.", alias="-o", metavar="MIDI"),
    ] = None,
    plot: Annotated[
        bool, flag(OUTPUT, "Draw a piano roll over the spectrogram (song.wav.notes.png).")
    ] = False,
    offset: Offset = 0.0,
    duration: Duration = None,
    accept_truncated: AcceptTruncated = False,
    force: Force = False,
    quiet: Quiet = False,
) -> int:
    """Hear notes: when each begins and ends, its pitch and its level; and hits.

    Times count from where the part begins that was asked for. What the notes
    and hits explain is the share of the recording's power that they account
    for: where it is small, the recording is not made of notes.

    For example:
      estilo notes melody.wav
      estilo notes melody.wav -o melody.mid --plot
      estilo notes song.ogg --offset 30 --duration 10 --json
    """
    from estilo.app.inputs import decode, opened
    from estilo.app.outputs import check_target
    from estilo.app.standard import STANDARD
    from estilo.cli.performing import name_files
    from estilo.cli.progress import Reporter
    from estilo.io import write_atomic
    from estilo.pipeline.clips import Clip

    if plot and recording == STANDARD:
        raise SettingsError(
            "the picture lies beside the recording, and standard input has no place for it; leave "
            "--plot out, or give the path of a file"
        )
    picture = recording.with_name(f"{recording.name}.notes.png") if plot else None
    if output is not None and output.suffix.lower() not in _MIDI:
        raise InputError(
            f"{output} must end in .mid, got {output.suffix or 'no extension'!r}; notes are "
            "written as MIDI"
        )
    targets = [path for path in (output, picture) if path is not None]
    with (
        Reporter(is_quiet=quiet).listening(),
        opened([Clip(recording, offset, duration, accept_truncated)]) as (file,),
    ):
        for target in targets:
            check_target(target, force=force, inputs=[recording])
        from estilo.analysis.sound import Sound
        from estilo.analysis.transcription import transcribe

        audio = decode(file)
        heard = transcribe(Sound.of(audio))
        if output is not None:
            from estilo.sampler.midi_writing import write_midi

            write_midi(heard, output, force=force)
        if picture is not None:
            from estilo.plots import plot_notes, png

            image = png(plot_notes(audio, heard, title=recording.name))
            write_atomic(picture, image, force=force)
    if json_:
        print(json.dumps(_object(heard), indent=2, allow_nan=False))
    elif not targets and not quiet:
        _print_table(heard)
    name_files([] if json_ else targets, is_quiet=quiet)
    return 0


def pitch_name(pitch: float) -> str:
    """The nearest note and the cents from it.

    Args:
        pitch: MIDI note number with fractions.

    Example:
        >>> pitch_name(69.0), pitch_name(59.75)
        ('A4', 'C4 -25')
    """
    nearest = round(pitch)
    cents = round(100.0 * (pitch - nearest))
    name = f"{_NAMES[nearest % 12]}{nearest // 12 - 1}"
    return f"{name} {cents:+d}" if cents else name


def _object(heard: "Transcription") -> dict[str, Any]:
    from estilo.analysis.transcription.heard import STEP_S

    return {
        "step_s": STEP_S,
        "explained": round(heard.explained, 4),
        "notes": [_rounded(note) for note in heard.notes],
        "hits": [
            {name: round(getattr(hit, name), 4) for name in ("start_s", "end_s", "level_db")}
            for hit in heard.hits
        ],
    }


def _rounded(note: "HeardNote") -> dict[str, Any]:
    return {
        "start_s": round(note.start_s, 4),
        "end_s": round(note.end_s, 4),
        "pitch": round(note.pitch, 3),
        "level_db": round(note.level_db, 2),
        "cents": [round(float(value), 1) for value in note.cents],
        "levels_db": [round(float(value), 1) for value in note.levels_db],
    }


def _print_table(heard: "Transcription") -> None:
    from rich import box
    from rich.table import Table

    from estilo.cli.terminal import Terminal

    console = Terminal()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("start (s)", "end (s)", "pitch", "level (dB)"):
        table.add_column(heading, justify="right", no_wrap=True)
    rows = [
        (note.start_s, note.end_s, pitch_name(note.pitch), note.level_db) for note in heard.notes
    ]
    rows += [(hit.start_s, hit.end_s, "hit", hit.level_db) for hit in heard.hits]
    for start_s, end_s, name, level_db in sorted(rows):
        table.add_row(f"{start_s:.3f}", f"{end_s:.3f}", name, f"{level_db:.1f}")
    if rows:
        console.print(table)
    console.print(
        f"{len(heard.notes)} notes and {len(heard.hits)} hits explain "
        f"{heard.explained:.0%} of the power"
    )
