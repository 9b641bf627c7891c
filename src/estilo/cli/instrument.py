"""``estilo instrument``: recordings as an instrument that any sampler plays."""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from estilo.cli.options import OUTPUT, AcceptTruncated, Duration, Force, Offset, Quiet, option
from estilo.errors import InputError

if TYPE_CHECKING:
    from estilo.analysis.transcription.heard import Transcription
    from estilo.audio import Audio
    from estilo.sampler.instrument import Instrument
    from estilo.sampler.kit import Kit

_LEAST_HITS = 0.25  # for each note; fewer are noises among notes


def instrument(
    styles: Annotated[tuple[Path, ...], Parameter(help="Recordings of one instrument.")],
    /,
    *,
    output: Annotated[
        Path,
        option(OUTPUT, "Name of the instrument; it ends in .sfz.", alias="-o", metavar="SFZ"),
    ],
    offset: Offset = 0.0,
    duration: Duration = None,
    accept_truncated: AcceptTruncated = False,
    force: Force = False,
    quiet: Quiet = False,
) -> int:
    """Make an instrument of the notes of recordings, for any sampler that reads SFZ.

    Samples have 24 bits and lie in a folder beside the file. Held notes have
    loops, dynamics are layers of velocity, and hits are a kit from C2 up. One
    note is enough; the more there are, the better.

    For example:
      estilo instrument bells.wav -o bells.sfz
      estilo instrument loud.wav soft.wav -o flute.sfz
    """
    from estilo.app.inputs import decode, opened
    from estilo.cli.performing import name_files
    from estilo.cli.progress import Reporter
    from estilo.pipeline.clips import Clip
    from estilo.sampler.sfz import check_target, write_sfz

    check_target(output, force=force, inputs=styles)
    reporter = Reporter(is_quiet=quiet)
    clips = [Clip(each, offset, duration, accept_truncated) for each in styles]
    with reporter.listening(), opened(clips) as files:
        from estilo.analysis.sound import Sound
        from estilo.analysis.transcription import transcribe

        recordings = [decode(file) for file in files]
        heard = [transcribe(Sound.of(recording)) for recording in recordings]
        made, kit = _made(recordings, heard)
        write_sfz(made, output, kit=kit, force=force)
    for line in _said(made, kit):
        reporter.say(line)
    name_files([output], is_quiet=quiet)
    return 0


def _made(
    recordings: "Sequence[Audio]", heard: "Sequence[Transcription]"
) -> "tuple[Instrument | None, Kit | None]":
    from estilo.sampler.instrument import Instrument
    from estilo.sampler.kit import Kit

    made = kit = None
    n_notes = sum(len(each.notes) for each in heard)
    n_hits = sum(len(each.hits) for each in heard)
    if n_notes:
        with contextlib.suppress(InputError):
            made = Instrument.of(recordings, heard)
    if n_hits and n_hits >= _LEAST_HITS * n_notes:
        with contextlib.suppress(InputError):
            kit = Kit.of(recordings, heard)
    if made is None and kit is None:
        raise InputError(
            "neither notes nor hits are heard in the recordings; give one of an instrument"
        )
    return made, kit


def _said(made: "Instrument | None", kit: "Kit | None") -> list[str]:
    lines = []
    if made is not None:
        n_loops = sum(zone.loop is not None for zone in made.zones)
        lines.append(f"{len(made.zones)} notes, {n_loops} of them with a loop")
    if kit is not None:
        lines.append(f"{len(kit.hits)} hits in {len(set(kit.classes))} classes")
    return lines
