"""Outputs of engines measured on a test set, each once, and compared item by item."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from common import RUNS
from estilo.evaluation.bootstrap import Interval, difference_interval, ratio_interval
from estilo.evaluation.ledger import Ledger, Result, result_key
from estilo.evaluation.makers import Maker, TransferMaker
from estilo.evaluation.measuring import Measured, columns_of
from estilo.evaluation.provenance import provenance
from estilo.evaluation.sets import TestSet
from estilo.evaluation.sets.real import RealPairs
from estilo.evaluation.sets.synthetic import SyntheticTriplets
from estilo.evaluation.workers import measure_all

LEDGER = "scores.jsonl"
TUNING_FONT, TUNING_SEED = "MuseScore_General", 9
N_BOARD_PAIRS = 18  # first of the real pairs: they are the scoreboard's, nothing is chosen by them

Values = Mapping[str, np.ndarray]
"""Names of metrics to their values, one per item."""


class Exam:
    """Items of a test set; what was measured on them is kept, and not measured again.

    Args:
        name: of the set and its settings.
        test_set: where the items come from.
        items: their names.
        folder: of the ledger.
        n_jobs: processes that measure.
    """

    def __init__(
        self, name: str, test_set: TestSet, items: Sequence[str], *, folder: Path, n_jobs: int
    ) -> None:
        self.name, self.test_set, self.items, self.n_jobs = name, test_set, items, n_jobs
        folder.mkdir(parents=True, exist_ok=True)
        self._ledger = Ledger(folder / LEDGER)
        self._columns = [each.name for each in columns_of(test_set.load(items[0]))]

    def values(self, row: str, maker: Maker) -> Values:
        """Every metric of an engine's outputs, item by item; NaN where it failed, which is said.

        Args:
            row: name of the row, for messages and the ledger.
            maker: maker of the outputs.
        """
        recipe = maker.recipe()
        keys = [
            result_key(set_name=self.name, item=item, recipe=recipe, columns=self._columns)
            for item in self.items
        ]
        results = self._ledger.read()
        tasks = [
            (key, item)
            for key, item in zip(keys, self.items, strict=True)
            if key not in results or results[key].measured.error is not None
        ]
        pairs = [(item, maker) for _, item in tasks]
        if pairs:
            print(f"measuring {row}: {len(pairs)} items of {self.name}", flush=True)
            for place, outcome in measure_all(pairs, test_set=self.test_set, n_jobs=self.n_jobs):
                key, item = tasks[place]
                if outcome.error is not None:
                    print(f"{row}, {item}: {outcome.error}", file=sys.stderr)
                result = Result(key, self.name, item, row, outcome, provenance())
                self._ledger.append(result)
                results[key] = result
        found: list[Measured] = [results[key].measured for key in keys]
        return {
            name: np.array([each.scores.get(name, np.nan) for each in found])
            for name in self._columns
        }

    def copied(self) -> Values:
        """The same of the content as it is."""
        return self.values("content copied", TransferMaker({"engine": "content"}))


def network_alone(weights: Path) -> TransferMaker:
    """What a network makes, with nothing corrected behind it."""
    return TransferMaker(
        {"engine": "neural", "weights": str(weights.resolve()), "level_matching": 0.0}
    )


def tuning_triplets(n: int, *, folder: Path, n_jobs: int) -> Exam:
    """Triplets that may be used for choosing.

    Args:
        n: number of triplets.
        folder: folder of the ledger.
        n_jobs: number of processes that measure.

    Raises:
        InputError: FluidSynth or the soundfont is missing.
    """
    triplets = SyntheticTriplets(TUNING_FONT, seed=TUNING_SEED)
    name = f"synthetic, {TUNING_FONT}, seed {TUNING_SEED}"
    return Exam(name, triplets, triplets.names(n), folder=folder, n_jobs=n_jobs)


def tuning_pairs(n: int, *, folder: Path, n_jobs: int) -> Exam:
    """Real pairs behind those of the scoreboard.

    Args:
        n: number of pairs.
        folder: folder of the ledger.
        n_jobs: number of processes that measure.

    Raises:
        InputError: there are no recordings.
    """
    pairs = RealPairs()
    items = pairs.names()[N_BOARD_PAIRS : N_BOARD_PAIRS + n]
    return Exam("real", pairs, items, folder=folder, n_jobs=n_jobs)


def against(values: Values, base: Values, name: str) -> Interval:
    """A metric as a ratio of means; pitch, which may be 0, as a difference.

    Args:
        values: values of a row.
        base: values of the row that it is held against.
        name: name of the metric.
    """
    interval = difference_interval if name == "pitch" else ratio_interval
    return interval(values[name], base[name])


def cell(interval: Interval, *, n: int) -> str:
    """An estimate with its interval; the number of items where some have no value.

    Args:
        interval: the estimate.
        n: number of all items.
    """
    if interval.n == 0:
        return "–"
    text = f"{interval.value:.3f} [{interval.low:.3f}, {interval.high:.3f}]"
    return text if interval.n == n else f"{text}, n = {interval.n}"


def number(value: float, places: int = 3) -> str:
    """A number, or a dash where there is none.

    Args:
        value: the number, or NaN.
        places: number of decimal places.
    """
    return f"{value:.{places}f}" if np.isfinite(value) else "–"


def make_parser(about: str, *, folder: str) -> argparse.ArgumentParser:
    """Options that all these benchmarks have.

    Args:
        about: docstring of the benchmark; its first line is the help.
        folder: name of its folder below `RUNS`.
    """
    parser = argparse.ArgumentParser(description=about.partition("\n")[0])
    parser.add_argument(
        "--folder", type=Path, default=RUNS / folder, help="Folder of the runs, which go on there."
    )
    parser.add_argument(
        "--processes",
        type=int,
        default=2,
        help="Processes that train and measure, of one thread each.",
    )
    return parser
