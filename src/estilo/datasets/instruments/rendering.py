"""Instruments of several sources, rendered note by note into one folder.

Every note that has nothing to hear, is clipped or does not sound at its pitch is left out, and so
is an instrument of which too few notes remain or that sounds almost like another. What is left out
is named in ``skipped.csv`` with the reason.
"""

import contextlib
import csv
import hashlib
import io
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from functools import partial
from pathlib import Path

from pydantic import ValidationError

from estilo.audio import Audio
from estilo.datasets.clips import make_folder
from estilo.datasets.instruments.checks import checked
from estilo.datasets.instruments.duplicates import fingerprint, near_duplicates
from estilo.datasets.instruments.library import TABLE, InstrumentNote, write_library
from estilo.datasets.instruments.records import (
    Record,
    Skip,
    all_notes,
    make_parent,
    path_of,
    read_records,
    write_record,
)
from estilo.datasets.instruments.settings import InstrumentSettings
from estilo.datasets.instruments.sources import SOURCES
from estilo.datasets.instruments.sources.base import Instrument
from estilo.datasets.instruments.sources.folder import instruments_in
from estilo.datasets.instruments.takes import SAMPLE_RATE, Take, levelled
from estilo.errors import Cancelled, InputError, OutputError, SettingsError
from estilo.io import save
from estilo.io.atomic import write_atomic
from estilo.metrics.timbre_network import METRIC_SEED
from estilo.processes import run_all
from estilo.progress import Cancel, Counted

SETTINGS = "instruments.json"
"""Name of the file in a folder that says with which settings it was rendered."""

SKIPPED = "skipped.csv"
"""Name of the file in a folder that says what was left out, and why."""

_ANYWHERE = ("n_patches", "n_bent", "freepats", "tonejs")  # these change no instrument


@dataclass(frozen=True)
class Job:
    """An instrument that is to be rendered.

    Args:
        instrument: the instrument.
        origin: name of its source in the table of sources.
    """

    instrument: Instrument
    origin: str


@dataclass(frozen=True)
class Rendered:
    """What is in a folder now.

    Args:
        records: what became of every instrument.
        notes: notes of those that are in the table.
        skipped: everything that was left out.
    """

    records: tuple[Record, ...]
    notes: tuple[InstrumentNote, ...]
    skipped: tuple[Skip, ...]

    def reasons(self) -> Counter[str]:
        """How many notes and instruments were left out for each reason."""
        return Counter(
            f"{'note' if skip.note else 'instrument'}: {skip.reason}" for skip in self.skipped
        )


def plan(settings: InstrumentSettings, sources: Sequence[str]) -> list[Job]:
    """The instruments that sources offer, without rendering any.

    Args:
        settings: what to render.
        sources: names of sources, and folders as ``folder:PATH``.

    Raises:
        SettingsError: there is no such source, or the seed or the soundfont is not for training.
        InputError: what a source needs is missing.
    """
    if settings.learner == "engines" and settings.seed == METRIC_SEED:
        raise SettingsError(
            f"the seed {METRIC_SEED} is reserved for what metrics learn from; give another one"
        )
    jobs = []
    for name in sources:
        kind, _, path = name.partition(":")
        if kind == "folder" and path:
            offered: Sequence[Instrument] = instruments_in(Path(path))
            kind = Path(path).name
        else:
            offered = SOURCES[name](settings)
        jobs += [Job(instrument, kind) for instrument in offered]
    names = Counter(job.instrument.name for job in jobs)
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise InputError(
            f"{twice[0]} is offered by two of the sources; render them into two folders"
        )
    return jobs


def render_all(
    jobs: Sequence[Job],
    folder: Path,
    *,
    settings: InstrumentSettings,
    n_jobs: int = 1,
    on_instrument: Callable[[Counted[str]], None] | None = None,
    cancel: Cancel | None = None,
) -> Rendered:
    """Render those instruments that a folder does not have yet; its table last.

    Whatever ends this, the same call goes on from there. What the folder has from other sources
    stays.

    Args:
        jobs: instruments, as `plan` lists them.
        folder: folder of the instruments; made if it is not there.
        settings: settings from which they were planned.
        n_jobs: number of processes, of one thread each.
        on_instrument: function that is called after every new instrument, with its name.
        cancel: token that is asked after every new instrument.

    Raises:
        OutputError: the folder holds instruments of other settings or a table of notes that was
            not made here, or cannot be written.
        Cancelled: ``cancel`` was set.
    """
    make_folder(folder)
    _claim(folder, settings)
    wanted = [job for job in jobs if not path_of(folder, job.instrument.name).is_file()]
    n_kept, start_s = len(jobs) - len(wanted), time.monotonic()
    work = partial(render, folder=folder)
    with contextlib.closing(run_all(work, wanted, n_jobs=n_jobs)) as done:
        for n_done, (_, name) in enumerate(done, 1):
            left_s = (time.monotonic() - start_s) / n_done * (len(wanted) - n_done)
            if on_instrument is not None:
                on_instrument(Counted(name, n_done, len(jobs), n_kept, left_s))
            if cancel is not None and cancel.is_set():
                raise Cancelled(f"cancelled; {n_kept + n_done} of {len(jobs)} are in {folder}")
    return conclude(folder)


def conclude(folder: Path) -> Rendered:
    """Write the table of a folder, without near-duplicates, and the list of what was left out.

    Args:
        folder: folder of instruments.

    Raises:
        OutputError: they cannot be written.
    """
    records = read_records(folder)
    kept = [record for record in records if record.notes]
    same = near_duplicates({record.instrument: record.fingerprints for record in kept})
    notes = all_notes(record for record in kept if record.instrument not in same)
    skipped = [skip for record in records for skip in record.skipped]
    skipped += [Skip(name, "", "near-duplicate", f"of {other}") for name, other in same.items()]
    skipped.sort(key=lambda skip: (skip.instrument, skip.note))
    write_library(folder, notes)
    _write_skipped(folder / SKIPPED, skipped)
    return Rendered(tuple(records), tuple(notes), tuple(skipped))


def render(job: Job, folder: Path) -> str:
    """Render an instrument into its own folder, and write down what became of it.

    Args:
        job: the instrument.
        folder: folder of instruments.

    Returns:
        Its name.

    Raises:
        OutputError: a file cannot be written.
    """
    start_s = _processor_s()
    name = job.instrument.name
    try:
        takes = list(job.instrument.play())
    except InputError as error:
        takes, skipped = [], [Skip(name, "", "cannot be played", str(error))]
    else:
        takes, skipped = checked(name, takes)
    notes, fingerprints = [], {}
    for take in levelled(takes):
        note = _written(take, job.instrument, folder)
        notes.append(note)
        fingerprints[take.key.name] = fingerprint(take.samples, SAMPLE_RATE)
    record = Record(
        instrument=name,
        origin=job.origin,
        notes=tuple(notes),
        seconds=round(sum(len(take.samples) for take in takes) / SAMPLE_RATE, 3),
        fingerprints=fingerprints,
        skipped=tuple(skipped),
        cpu_s=round(_processor_s() - start_s, 2),
    )
    write_record(folder, record)
    return name


def _written(take: Take, instrument: Instrument, folder: Path) -> InstrumentNote:
    path = folder / instrument.name / f"{take.key.name}.flac"
    make_parent(path)
    save(Audio(take.samples[None], SAMPLE_RATE), path, bit_depth="16", force=True)
    return InstrumentNote(
        path=path.relative_to(folder).as_posix(),
        instrument=instrument.name,
        midi_pitch=take.key.midi_pitch,
        velocity=take.key.velocity,
        held_s=take.key.held_s,
        split="train",
        licence=instrument.licence,
        source=instrument.source,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    )


def _processor_s() -> float:
    """Processor time of this process and of those that it waited for, in seconds."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _claim(folder: Path, settings: InstrumentSettings) -> None:
    """Instruments of other settings have the same names: one folder, one set of settings."""
    path = folder / SETTINGS
    if not path.exists():
        if (folder / TABLE).exists():
            raise OutputError(
                f"{folder} has a {TABLE} that was not made here and would be replaced; name a new "
                "folder"
            )
        write_atomic(path, f"{settings.model_dump_json(indent=2)}\n".encode())
        return
    try:
        before = InstrumentSettings.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise OutputError(f"{path} cannot be read; name a new folder") from error
    differing = [
        f"{name} {getattr(before, name)}"
        for name in InstrumentSettings.model_fields
        if name not in _ANYWHERE and getattr(before, name) != getattr(settings, name)
    ]
    if differing:
        raise OutputError(
            f"{folder} holds instruments of other settings ({', '.join(differing)}); give these "
            "again, or name a new folder"
        )


def _write_skipped(path: Path, skipped: Iterable[Skip]) -> None:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, [each.name for each in fields(Skip)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(skip) for skip in skipped)
    write_atomic(path, stream.getvalue().encode(), force=True)
