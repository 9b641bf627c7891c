"""Results as they come, a line each, so that a run which was stopped goes on where it was."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from estilo.errors import InputError
from estilo.evaluation.measuring import Measured
from estilo.io.lines import append_line, whole_lines

FORMAT = 1


@dataclass(frozen=True)
class Result:
    """One output, measured.

    Args:
        key: key of everything that decides about it; see `result_key`.
        set_name: name of the test set.
        item: item of the test set.
        entry: row that it belongs to.
        measured: what came out.
        made: time and origin of the result: date, commit, version, machine.
    """

    key: str
    set_name: str
    item: str
    entry: str
    measured: Measured
    made: dict[str, str]


def result_key(
    *, set_name: str, item: str, recipe: dict[str, Any], columns: Sequence[str] = ()
) -> str:
    """A short hash by which a result is found again.

    The version of the package is part of it, its commit is not: who measures a change of the code
    names a new folder.

    Args:
        set_name: name of the test set.
        item: item of the test set.
        recipe: recipe of what makes the output, see `estilo.evaluation.makers.Maker.recipe`.
        columns: names of what is measured, for a ledger all of whose results have the same ones.

    Example:
        >>> len(result_key(set_name="real", item="a--b", recipe={}))
        20
    """
    from estilo.version import __version__

    what = [FORMAT, __version__, set_name, item, recipe, list(columns)]
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:20]


class Ledger:
    """Lines of JSON in a file that only ever grows.

    Args:
        path: path of the file; made with the first result.

    Example:
        >>> Ledger(Path("nowhere/results.jsonl")).read()
        {}
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, Result]:
        """Results by key; the last one counts, and half a line at the end does not.

        Raises:
            InputError: a line is none of ours.
        """
        return {result.key: result for result in self._results()}

    def append(self, result: Result) -> None:
        """Add a line, on the disk when this returns.

        Raises:
            OutputError: it cannot be written.
        """
        append_line(self.path, json.dumps(_plain(result), allow_nan=False))

    def _results(self) -> Iterator[Result]:
        for number, line in enumerate(whole_lines(self.path), start=1):
            try:
                yield _result(json.loads(line))
            except (ValueError, TypeError, KeyError) as error:
                raise InputError(
                    f"line {number} of {self.path} is no result of a scoreboard "
                    f"({type(error).__name__}: {error}); name another folder, or remove the line"
                ) from error


def _plain(result: Result) -> dict[str, Any]:
    plain = asdict(result)
    scores = result.measured.scores
    # JSON has no NaN, and infinity is as little of a score.
    finite = {name: value if abs(value) < float("inf") else None for name, value in scores.items()}
    plain["measured"]["scores"] = finite
    return plain


def _result(plain: dict[str, Any]) -> Result:
    measured = dict(plain["measured"])
    measured["scores"] = {
        name: float("nan") if value is None else float(value)
        for name, value in measured["scores"].items()
    }
    return Result(**{**plain, "measured": Measured(**measured)})
