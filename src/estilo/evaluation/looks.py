"""Looks at a test set that is reserved for judging: each one logged, and only so many of them.

Whoever changes something after every look tunes on what he sees, little by little. The log lies
beside the published tables in a checkout, so that it is committed with them.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path

from estilo import version
from estilo.errors import InputError, SettingsError
from estilo.evaluation.cache import cache_folder
from estilo.evaluation.folders import make_folder
from estilo.io.atomic import write_atomic


@dataclass(frozen=True)
class Look:
    """What is looked at.

    Args:
        date: day of the first look, as 2026-11-30.
        commit: commit of the code that runs.
        items: number of items.
        engines: rows that are no controls, joined by semicolons.
        columns: what is measured, joined by semicolons.
    """

    date: str
    commit: str
    items: str
    engines: str
    columns: str

    @classmethod
    def of(
        cls, *, commit: str, n_items: int, engines: Iterable[str], columns: Iterable[str]
    ) -> "Look":
        """A look of today.

        Args:
            commit: commit of the code that runs.
            n_items: number of items.
            engines: names of the rows that are no controls.
            columns: names of what is measured.

        Example:
            >>> Look.of(commit="ab12", n_items=40, engines=["eq 1"], columns=["lsd"]).items
            '40'
        """
        today = datetime.now().astimezone().date().isoformat()
        return cls(today, commit, str(n_items), "; ".join(engines), "; ".join(columns))

    def is_same(self, other: "Look") -> bool:
        """Whether it shows nothing else: a run that goes on, or is done again."""
        ours, theirs = asdict(self), asdict(other)
        return all(ours[name] == theirs[name] for name in ours if name != "date")


class Looks:
    """The log of a reserved test set.

    Args:
        path: file of the log; made with the first look.
        most: how many looks may be taken.
    """

    def __init__(self, path: Path, *, most: int) -> None:
        self.path, self.most = path, most

    def read(self) -> list[Look]:
        """All looks, from the first.

        Raises:
            InputError: it is no log of looks.
        """
        if not self.path.exists():
            return []
        names = [field.name for field in fields(Look)]
        try:
            rows = list(csv.DictReader(io.StringIO(self.path.read_text(encoding="utf-8"))))
            return [Look(*(row[name] for name in names)) for row in rows]
        except (OSError, ValueError, KeyError) as error:
            raise InputError(
                f"{self.path} is no log of looks ({type(error).__name__}: {error}); take it from "
                "the repository again"
            ) from error

    def check(self, look: Look, *, is_allowed: bool) -> int:
        """Number of a look, counted from 1.

        Args:
            look: what will be looked at.
            is_allowed: whether there may be more looks than planned.

        Raises:
            SettingsError: all looks are taken.
        """
        before = self.read()
        for number, each in enumerate(before, 1):
            if look.is_same(each):
                return number
        if len(before) >= self.most and not is_allowed:
            raise SettingsError(
                f"all {self.most} looks at this test set are taken (see {self.path}): another one "
                "would tune on it; use recorded-dev, or ask for it with --another-look"
            )
        return len(before) + 1

    def add(self, look: Look) -> None:
        """Log a look that is not there yet.

        Raises:
            OutputError: the log cannot be written.
        """
        before = self.read()
        if any(look.is_same(each) for each in before):
            return
        stream = io.StringIO()
        writer = csv.DictWriter(stream, [field.name for field in fields(Look)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(each) for each in [*before, look])
        make_folder(self.path.parent)
        write_atomic(self.path, stream.getvalue().encode(), force=True)


@dataclass(frozen=True)
class PlannedLook:
    """A look that may be taken.

    Args:
        log: log of the set's looks.
        look: what will be looked at.
        number: place among all looks, counted from 1.
    """

    log: Looks
    look: Look
    number: int

    def take(self) -> None:
        """Log it, if it is not there yet.

        Raises:
            OutputError: the log cannot be written.
        """
        self.log.add(self.look)


def looks_at(set_name: str, *, most: int) -> Looks:
    """The log of a set, in the checkout's ``docs/scoreboard``, or else in the cache folder.

    Args:
        set_name: name of the test set.
        most: how many looks may be taken.

    Example:
        >>> looks_at("recorded", most=5).path.name
        'recorded-looks.csv'
    """
    tables = Path(version.__file__).parents[2] / "docs" / "scoreboard"
    folder = tables if tables.is_dir() else cache_folder()
    return Looks(folder / f"{set_name}-looks.csv", most=most)
