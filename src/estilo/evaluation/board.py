"""Results as a whole: rows by items, and what tables and pictures ask of them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from estilo.evaluation.entries import Entry
from estilo.evaluation.ledger import Result
from estilo.evaluation.measuring import EQUALISED, Column

_HEADLINES = ("lsd", "pitch", "texture_kad")


@dataclass(frozen=True)
class Board:
    """All results of one table.

    Args:
        set_name: name of the test set.
        items: names, in their order.
        entries: rows, in their order.
        columns: what was measured.
        results: results by the names of entry and item.
        groups_alike: name of the group of items that are alike, of each item; empty where each is
            one of its own.
    """

    set_name: str
    items: tuple[str, ...]
    entries: tuple[Entry, ...]
    columns: tuple[Column, ...]
    results: Mapping[tuple[str, str], Result]
    groups_alike: tuple[str, ...] = ()

    @property
    def has_content(self) -> bool:
        """Whether anything was compared with the content; textures have none."""
        return any(column.against == "content" for column in self.columns)

    @property
    def has_target(self) -> bool:
        """Whether anything was compared with the target."""
        return any(column.against == "target" for column in self.columns)

    @property
    def headlines(self) -> list[Column]:
        """What decides; the others tell why."""
        names = _HEADLINES if self.has_content else (*_HEADLINES, "copy_score")
        return [each for each in self.columns if each.name in names or each.is_timbre]

    def column(self, name: str) -> Column | None:
        """A column by its name, if it was measured."""
        return next((each for each in self.columns if each.name == name), None)

    @property
    def timbres(self) -> list[tuple[Column, Column]]:
        """Metrics of timbre, as it is and equalised."""
        by_name = {each.name: each for each in self.columns}
        return [
            (each, by_name[name + EQUALISED])
            for name, each in by_name.items()
            if name + EQUALISED in by_name
        ]

    @property
    def groups(self) -> list[str]:
        """Parts of the test set, where there are several."""
        found = dict.fromkeys(
            result.measured.group
            for result in self.results.values()
            if result.measured.error is None
        )
        return sorted(found) if len(found) > 1 else []

    def of(self, entry: Entry) -> list[Result]:
        """Results of a row, in the order of the items."""
        return [self.results[entry.name, item] for item in self.items]

    def values(self, entry: Entry, column: Column, *, group: str | None = None) -> np.ndarray:
        """A column of a row, item by item.

        Args:
            entry: the row.
            column: column of the values.
            group: only the items of this part.

        Returns:
            NaN where the row failed or there was nothing to measure. **Shape** ``(n_items,)``.
        """
        groups = self._group_of_items() if group is not None else {}
        return np.array(
            [
                result.measured.scores.get(column.name, math.nan)
                for result in self.of(entry)
                if group is None or groups.get(result.item) == group
            ]
        )

    def alike(self, *, group: str | None = None) -> list[str] | None:
        """Groups of items that are alike, as the bootstrap draws them; None where there are none.

        Args:
            group: only the items of this part.
        """
        if not self.groups_alike:
            return None
        groups = self._group_of_items() if group is not None else {}
        return [
            alike
            for item, alike in zip(self.items, self.groups_alike, strict=True)
            if group is None or groups.get(item) == group
        ]

    def real_time_factor(self, entry: Entry) -> float:
        """Processor seconds of one core per second of output, median over items; NaN if all failed.

        Not of the clock on the wall: what else the machine was doing would count.
        """
        factors = [
            result.measured.processor_s / result.measured.duration_s
            for result in self.of(entry)
            if result.measured.duration_s > 0.0
        ]
        return float(np.median(factors)) if factors else math.nan

    @property
    def failures(self) -> list[Result]:
        """Results that are errors, row by row."""
        every = [result for entry in self.entries for result in self.of(entry)]
        return [result for result in every if result.measured.error is not None]

    def made(self, what: str) -> list[str]:
        """All that is known of where results come from, each once, sorted."""
        return sorted({result.made[what] for result in self.results.values()})

    def _group_of_items(self) -> dict[str, str]:
        """Group of every item, from any row that did not fail."""
        return {
            result.item: result.measured.group
            for result in self.results.values()
            if result.measured.error is None
        }
