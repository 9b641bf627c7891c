"""Content that is written and not recorded: a MIDI file, whose notes the styles play."""

import os
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from estilo.analysis.transcription.heard import STEP_S, Course, HeardNote, Transcription
from estilo.audio import Audio
from estilo.errors import InputError, SettingsError
from estilo.io import scratch_array
from estilo.io.recording import check_span
from estilo.pipeline.clips import Clip
from estilo.pipeline.plan import Plan
from estilo.pipeline.preparing import prepared_styles
from estilo.pipeline.report import Report
from estilo.pipeline.sources import (
    Source,
    StyleSource,
    path_hash,
    refuse_places,
    with_audio,
)
from estilo.presets import build_settings

if TYPE_CHECKING:
    from estilo.pipeline.running import Clock
    from estilo.pipeline.watch import Watch

ENGINE = "notes"
"""Name of the engine that plays notes."""

_ENDINGS = (".mid", ".midi")
_RING_S = 2.0  # in which the last notes ring on
_RANGE = r"\d{1,5}(?:-\d{1,5})?"  # a file has 65535 tracks at the most
_PART = re.compile(rf"(track|channel)s?=({_RANGE}(?:,{_RANGE})*)")


@dataclass(frozen=True)
class Written:
    """Notes of a MIDI file.

    Args:
        clip: the file, and the part of it that is meant.
        notes: its notes and hits.
        duration_s: how long the result is, in seconds.
    """

    clip: Clip
    notes: Transcription
    duration_s: float

    def source(self, sample_rate: int) -> Source:
        """A silent recording as long as the result, in the place of the one that there is not.

        Args:
            sample_rate: sample rate of the result, in Hz.
        """
        silence = scratch_array((1, self.n_samples(sample_rate)))
        assert self.clip.path is not None  # noqa: S101 - it was read from there
        return Source(self.clip, Audio(silence, sample_rate), None, path_hash(self.clip.path))

    def n_samples(self, sample_rate: int) -> int:
        """Length of the result.

        Args:
            sample_rate: sample rate of the result, in Hz.
        """
        return max(round(self.duration_s * sample_rate), 1)


def is_written(clip: Clip) -> bool:
    """Whether a clip is a MIDI file, by its name.

    Args:
        clip: content of a transfer.

    Example:
        >>> is_written(Clip("song.MID")), is_written(Clip("song.wav"))
        (True, False)
    """
    source = clip.source
    return isinstance(source, str | os.PathLike) and Path(source).suffix.lower() in _ENDINGS


def split_part(typed: str | os.PathLike[str]) -> tuple[Path, str]:
    """Path of a MIDI file, and which of its notes are wanted; of anything else, its path alone.

    Args:
        typed: path, with ``@tracks=1,2`` or ``@channels=1-4`` after it.

    Example:
        >>> split_part("song.mid@tracks=1")[1], split_part("a@b.wav")[1]
        ('tracks=1', '')
    """
    path, _, part = os.fspath(typed).rpartition("@")
    return (Path(path), part) if Path(path).suffix.lower() in _ENDINGS else (Path(typed), "")


def read_written(clip: Clip) -> Written:
    """The notes of a MIDI file, or of a part of it.

    Args:
        clip: path of the file; ``at`` tells the tracks or the channels.

    Raises:
        InputError: it cannot be read, or has no notes in this part.
        SettingsError: offset, duration or the part is not what it should be.
    """
    from estilo.sampler.midi_reading import read_midi

    assert clip.path is not None  # noqa: S101 - `is_written`
    first_s, duration_s = clip.offset_s, clip.duration_s
    check_span(first_s, duration_s)
    found = read_midi(clip.path, **_wanted(clip.at))
    last_s = np.inf if duration_s is None else first_s + duration_s
    notes = [
        _within(note, first_s, last_s) for note in found.notes if _is_in(note, first_s, last_s)
    ]
    hits = [
        replace(hit, start_s=hit.start_s - first_s, end_s=hit.end_s - first_s)
        for hit in found.hits
        if first_s <= hit.start_s < last_s
    ]
    if not notes and not hits:
        is_elsewhere = found.notes or found.hits
        raise InputError(
            f"{clip.path} has no notes{' in this part' if is_elsewhere else ''}, and nothing else "
            "of it can be played; give a file with notes"
        )
    if duration_s is None:
        duration_s = max(each.end_s for each in (*notes, *hits)) + _RING_S
    heard = Transcription(tuple(notes), tuple(hits), explained=1.0)
    return Written(clip, heard, duration_s)


def plan_of_notes(plan: Plan, clip: Clip) -> Plan:
    """The plan with the engine that plays notes.

    Args:
        plan: what was asked for.
        clip: the MIDI file.

    Raises:
        SettingsError: it asks for what there is only where the content has a sound.
    """
    name = Path(str(clip.source)).name
    if plan.engine != ENGINE and not plan.settings.chooses_engine:
        raise SettingsError(
            f"{name} holds notes without a sound, which the engine {ENGINE!r} alone can play, got "
            f"{plan.engine!r}; leave the engine out"
        )
    asked = plan.settings.model_dump(exclude_unset=True)
    if asked.get("strength", 1.0) != 1.0:
        raise SettingsError(
            f"{name} holds notes without a sound, of which a strength of {asked['strength']:g} "
            "would keep a part; leave the strength out"
        )
    meaningless = {
        "refine": plan.refine,
        "mix": plan.mix != 1.0,
        "match": plan.match,
        "on": plan.on != "all",
        "mask": plan.mask is not None,
        "formants": plan.changes_formants,
        "raw": plan.raw is not None,
    }
    for option, is_given in meaningless.items():
        if is_given:
            raise SettingsError(
                f"{option} works on the content's sound, and {name} holds notes without one; leave "
                "it out"
            )
    settings = plan.settings if plan.engine == ENGINE else build_settings(ENGINE, {})
    return plan.settled(engine=ENGINE, settings=settings)


def played(
    plan: Plan, content: Clip, styles: Sequence[StyleSource], watch: "Watch", clock: "Clock"
) -> tuple[Audio, Report]:
    """The notes of a MIDI file, played by the styles: as loud as the first of them.

    Args:
        plan: what was asked for.
        content: the MIDI file.
        styles: styles, as they were read.
        watch: progress and cancellation.
        clock: clock of the job.

    Returns:
        The output, in one channel at the first style's rate, and its report.

    Raises:
        InputError: the file cannot be read, or a style has no notes.
        SettingsError: the plan or a style asks for what there is not.
    """
    from estilo.pipeline.levels import matched
    from estilo.pipeline.reporting import report_of
    from estilo.pipeline.running import environment
    from estilo.pipeline.stages import Styles, run_stages

    plan = plan_of_notes(plan, content)
    sources = with_audio(styles, wanted_by="a MIDI file")
    refuse_places(sources, "a MIDI file")
    written = read_written(content)
    source = written.source(sources[0].audio.sample_rate)
    clock.lap("read")
    heard = with_audio(prepared_styles(sources), wanted_by="a MIDI file")
    given = Styles([each.audio for each in heard], [each.weight for each in heard])
    with environment(plan.threads):
        outcome = run_stages(plan, source.audio, given, watch=watch, notes=written.notes)
    clock.lap("engine")
    audio, level = matched(outcome.samples, sources[0].audio)
    clock.lap("levels")
    report = report_of(plan, source, heard, audio, outcome, level)
    return audio, report.model_copy(update={"timings_s": clock.laps})


def _wanted(part: str) -> dict[str, Collection[int]]:
    """Tracks or channels of a part, as `read_midi` takes them."""
    if not part:
        return {}
    found = _PART.fullmatch(part.replace(" ", ""))
    if found is None:
        raise SettingsError(
            f"expected the tracks or the channels of a MIDI file, got {part!r}; give for instance "
            "tracks=1,2 or channels=1-4"
        )
    numbers: set[int] = set()
    for each in found[2].split(","):
        low, _, high = each.partition("-")
        numbers |= set(range(int(low), int(high or low) + 1))
    return {f"{found[1]}s": numbers}


def _is_in(note: HeardNote, first_s: float, last_s: float) -> bool:
    return note.end_s > first_s and note.start_s < last_s


def _within(note: HeardNote, first_s: float, last_s: float) -> HeardNote:
    """A note in the time of a part; what was held before it begins there."""
    start_s, end_s = max(note.start_s, first_s), min(note.end_s, last_s)
    n_passed = round((start_s - note.start_s) / STEP_S)

    def left(course: Course) -> Course:
        return course[min(n_passed, len(course) - 1) :]

    return replace(
        note,
        start_s=start_s - first_s,
        end_s=end_s - first_s,
        cents=left(note.cents),
        levels_db=left(note.levels_db),
    )
