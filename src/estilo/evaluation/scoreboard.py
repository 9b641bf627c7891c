"""The scoreboard: every engine on every item of a test set, and what came out of it."""

import csv
import io
import math
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from estilo.errors import OutputError, SettingsError
from estilo.evaluation.board import Board
from estilo.evaluation.entries import STRENGTHS, Entry, pair_entries, texture_entries
from estilo.evaluation.folders import check_folder, make_folder
from estilo.evaluation.kept import ROLES, KeptOutput
from estilo.evaluation.kept_index import INDEX, Index, ListedItem, ListedOutput, write_index
from estilo.evaluation.ledger import Ledger, Result, result_key
from estilo.evaluation.looks import Look, PlannedLook, looks_at
from estilo.evaluation.markdown import page
from estilo.evaluation.measuring import Column, columns_of
from estilo.evaluation.provenance import commit, provenance
from estilo.evaluation.sets import TEST_SETS, TestSet
from estilo.evaluation.workers import measure_all
from estilo.io.atomic import write_atomic
from estilo.progress import Counted
from estilo.registry import unknown

LEDGER, PAIRS, PAGE = "results.jsonl", "pairs.csv", "scoreboard.md"
TRADEOFF, SPEED = "timbre-pitch.png", "quality-speed.png"
TEXTURE_TRADEOFF = "timbre-copying.png"


@dataclass(frozen=True)
class BoardPlan:
    """What will be measured, and where it is kept.

    Args:
        set_name: name of the test set.
        test_set: where items come from.
        items: their names.
        entries: rows.
        columns: what is measured.
        folder: folder of the ledger and all that is written.
        keeps_outputs: whether the outputs are kept as files.
        look: the look that this is at a reserved test set; None at any other.
        again: names of columns that are measured though they were measured before.
    """

    set_name: str
    test_set: TestSet
    items: tuple[str, ...]
    entries: tuple[Entry, ...]
    columns: tuple[Column, ...]
    folder: Path
    keeps_outputs: bool = False
    look: PlannedLook | None = None
    again: frozenset[str] = frozenset()

    @property
    def ledger(self) -> Ledger:
        """Results so far."""
        return Ledger(self.folder / LEDGER)

    def place(self, item: str, entry: Entry) -> KeptOutput | None:
        """Where an output is kept; None if it is not.

        Args:
            item: name of the item.
            entry: row of the output.
        """
        if not self.keeps_outputs:
            return None
        recipe = entry.maker.recipe()
        return KeptOutput.of(
            self.folder, set_name=self.set_name, item=item, entry=entry.name, recipe=recipe
        )


def plan(
    set_name: str,
    *,
    folder: Path,
    engines: Sequence[str] | None = None,
    n: int | None = None,
    strengths: Sequence[float] | None = None,
    test_set: TestSet | None = None,
    keep_outputs: bool = False,
    another_look: bool = False,
    again: Collection[str] = (),
) -> BoardPlan:
    """Say what will be measured, or why it cannot be.

    Args:
        set_name: name of the test set (`estilo.evaluation.sets.TEST_SETS`).
        folder: where results are kept; made if it is not there.
        engines: engines, as for `pair_entries` and `texture_entries`.
        n: items; as many as the set has by default.
        strengths: strengths, as for `pair_entries`; not for textures.
        test_set: test set in place of the one of that name.
        keep_outputs: keep the outputs in the folder, as files that are found again; a folder that
            has kept some goes on keeping them.
        another_look: look at a reserved test set more often than was planned.
        again: names of columns to measure though they were measured before, as after a change of
            their code.

    Raises:
        InputError: what the test set is made from is missing.
        SettingsError: a name or a number makes no sense, or all looks at the test set are taken.
        OutputError: the folder cannot be used.
    """
    chosen: TestSet = TEST_SETS[set_name]() if test_set is None else test_set
    items = chosen.names(n)
    first = chosen.load(items[0])
    if first.content is None:
        if strengths is not None:
            raise SettingsError(
                "textures have no content that a strength could be weighed against; "
                "leave the strengths out"
            )
        entries = texture_entries(engines)
    else:
        entries = pair_entries(
            engines,
            strengths=STRENGTHS if strengths is None else strengths,
            has_target=first.target is not None,
            has_known_notes=first.known is not None,
        )
    made = BoardPlan(
        *(set_name, chosen, tuple(items), tuple(entries), tuple(columns_of(first))),
        folder=folder,
        keeps_outputs=keep_outputs or (folder / INDEX).is_file(),
        again=frozenset(again),
    )
    names = [column.name for column in made.columns]
    for name in made.again.difference(names):
        raise unknown("score", name, names)
    if chosen.looks is not None:
        look = _planned_look(made, most=chosen.looks, is_allowed=another_look)
        made = replace(made, look=look)
    _check_folder(made)
    return made


def run(
    chosen: BoardPlan,
    *,
    n_jobs: int = 1,
    on_result: Callable[[Counted[Result]], None] | None = None,
) -> Board:
    """Measure what is not measured yet, and what failed before.

    Every result is in the ledger as soon as it is there: whatever ends this, the same call goes on.

    Args:
        chosen: what.
        n_jobs: processes, of one thread each.
        on_result: function that is called after every result.

    Raises:
        EstiloError: a process died, or the ledger cannot be written.
    """
    results, wanted = _known_and_wanted(chosen)
    if chosen.look is not None and wanted:
        chosen.look.take()
    try:
        _measure(chosen, results, wanted, n_jobs=n_jobs, on_result=on_result)
    finally:
        if chosen.keeps_outputs:
            write_index(chosen.folder, _index(chosen, results))
    return Board(
        *(chosen.set_name, chosen.items, chosen.entries, chosen.columns, results),
        groups_alike=tuple(map(chosen.test_set.alike, chosen.items)),
    )


def _planned_look(chosen: BoardPlan, *, most: int, is_allowed: bool) -> PlannedLook:
    log = looks_at(chosen.set_name, most=most)
    look = Look.of(
        commit=commit(),
        n_items=len(chosen.items),
        engines=[entry.name for entry in chosen.entries if not entry.is_control],
        columns=[column.name for column in chosen.columns],
    )
    return PlannedLook(log, look, log.check(look, is_allowed=is_allowed))


@dataclass(frozen=True)
class _Wanted:
    """A result to be measured: all of it, or the columns that one known before has not."""

    key: str
    item: str
    entry: Entry
    before: Result | None
    columns: tuple[str, ...]


def _known_and_wanted(
    chosen: BoardPlan,
) -> tuple[dict[tuple[str, str], Result], list[_Wanted]]:
    """Results so far, by names of entry and item; and what is to be measured."""
    names = tuple(column.name for column in chosen.columns)
    known = {key: each for key, each in chosen.ledger.read().items() if each.measured.error is None}
    results: dict[tuple[str, str], Result] = {}
    wanted: list[_Wanted] = []
    for item in chosen.items:
        for entry in chosen.entries:
            key = result_key(set_name=chosen.set_name, item=item, recipe=entry.maker.recipe())
            kept, before = chosen.place(item, entry), known.get(key)
            if before is None or (kept is not None and kept.found is None):
                wanted.append(_Wanted(key, item, entry, None, names))
                continue
            there = before.measured.scores.keys() - chosen.again
            missing = tuple(name for name in names if name not in there)
            if missing:
                wanted.append(_Wanted(key, item, entry, before, missing))
            else:
                # The row may have had another name.
                results[entry.name, item] = replace(before, entry=entry.name)
    return results, wanted


def _measure(
    chosen: BoardPlan,
    results: dict[tuple[str, str], Result],
    wanted: list[_Wanted],
    *,
    n_jobs: int,
    on_result: Callable[[Counted[Result]], None] | None,
) -> None:
    """Measure what is wanted, and add it to the results and to the ledger."""
    n_kept, start, made = len(results), time.monotonic(), provenance()
    tasks = [
        (each.item, each.entry.maker, chosen.place(each.item, each.entry), each.columns)
        for each in wanted
    ]
    for place, measured in measure_all(tasks, test_set=chosen.test_set, n_jobs=n_jobs):
        task = wanted[place]
        if task.before is not None and measured.error is None:
            scores = task.before.measured.scores | measured.scores
            measured = replace(measured, scores=scores)
        result = Result(task.key, chosen.set_name, task.item, task.entry.name, measured, made)
        chosen.ledger.append(result)
        results[task.entry.name, task.item] = result
        if on_result is not None:
            n_done = len(results) - n_kept
            each_s = (time.monotonic() - start) / n_done
            left_s = each_s * (len(wanted) - n_done)
            n_total = n_kept + len(wanted)
            on_result(Counted(result, n_done, n_total, n_kept=n_kept, remaining_s=left_s))


def _index(chosen: BoardPlan, results: Mapping[tuple[str, str], Result]) -> Index:
    """All outputs that are there, item by item; what failed is not."""
    items: list[ListedItem] = []
    outputs: list[ListedOutput] = []
    for item in chosen.items:
        places = [(entry, chosen.place(item, entry)) for entry in chosen.entries]
        files = [(entry, place.found) for entry, place in places if place is not None]
        found = [(entry, file) for entry, file in files if file is not None]
        if not found:
            continue
        groups = [results[key].measured.group for key in results if key[1] == item]
        folder = found[0][1].parent
        paths = {role: folder / f"{role}.flac" for role in ROLES}
        recordings = {
            role: _relative(path, chosen) for role, path in paths.items() if path.is_file()
        }
        items.append(ListedItem(item, max(groups, default=""), **recordings))
        outputs += [
            ListedOutput(
                *(item, entry.name, _relative(file, chosen)),
                *(entry.series, entry.strength, entry.is_control),
            )
            for entry, file in found
        ]
    return Index(chosen.set_name, tuple(items), tuple(outputs))


def _relative(path: Path, chosen: BoardPlan) -> str:
    return path.relative_to(chosen.folder).as_posix()


def write(board: Board, folder: Path) -> list[Path]:
    """The page, the pictures, and every value; what was there before is replaced.

    Args:
        board: all results.
        folder: folder to write to.

    Returns:
        The files, the page first.

    Raises:
        OutputError: they cannot be written.
    """
    from estilo.evaluation.pictures import speed_picture, tradeoff_picture
    from estilo.plots import png

    files = {PAGE: page(board).encode(), PAIRS: pairs_csv(board).encode()}
    tradeoff = tradeoff_picture(board)
    if tradeoff is not None:
        files[TRADEOFF if board.has_content else TEXTURE_TRADEOFF] = png(tradeoff)
    files[SPEED] = png(speed_picture(board))
    return [write_atomic(folder / name, data, force=True) for name, data in files.items()]


def pairs_csv(board: Board) -> str:
    """Every value, a line per row and item; empty where there is none."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    names = [column.name for column in board.columns]
    writer.writerow(
        [
            *("set", "entry", "series", "strength", "item", "group", *names),
            *("duration_s", "wall_s", "processor_s", "error"),
        ]
    )
    for entry in board.entries:
        for result in board.of(entry):
            measured = result.measured
            values = [measured.scores.get(name, math.nan) for name in names]
            times = [measured.duration_s, measured.wall_s, measured.processor_s]
            writer.writerow(
                [
                    *(board.set_name, entry.name, entry.series),
                    *("" if entry.strength is None else entry.strength, result.item),
                    measured.group,
                    *("" if math.isnan(value) else repr(value) for value in values),
                    *(f"{value:.4f}" for value in times),
                    measured.error or "",
                ]
            )
    return stream.getvalue()


def _check_folder(chosen: BoardPlan) -> None:
    """Make the folder; refuse one that holds the results of another set, or files not of ours."""
    folder = chosen.folder
    # Whoever wants kept outputs scored anew removes the ledger.
    begun = LEDGER if (folder / LEDGER).exists() else INDEX
    check_folder(folder, begun=begun, files=(PAGE, PAIRS, TRADEOFF, TEXTURE_TRADEOFF, SPEED))
    make_folder(folder)
    others = {each.set_name for each in chosen.ledger.read().values()} - {chosen.set_name}
    if others:
        raise OutputError(
            f"{folder} holds results of the {', '.join(sorted(others))} set; name another folder"
        )
