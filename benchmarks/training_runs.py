"""Trainings that benchmarks start, go on with, and judge.

A run is a folder with the recipe that made it. One that is finished is not made again, one that was
stopped goes on, and a folder of another training is refused.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from common import AUDIO, ROOT
from estilo.engines.neural.weights import ModelCard, write_weights
from estilo.errors import InputError
from estilo.evaluation.bootstrap import Interval, difference_interval, ratio_interval
from estilo.evaluation.ledger import Ledger, Result, result_key
from estilo.evaluation.makers import Maker, TransferMaker
from estilo.evaluation.measuring import Measured, columns_of
from estilo.evaluation.provenance import provenance
from estilo.evaluation.sets import TestSet
from estilo.evaluation.sets.real import RealPairs
from estilo.evaluation.sets.synthetic import SyntheticTriplets
from estilo.evaluation.workers import measure_all
from estilo.training.logs import read_log
from estilo.training.recipe import Recipe
from estilo.training.records import BEST
from estilo.training.state import CHECKPOINT, load_checkpoint

LAST, RECIPE, WALL, LEDGER = "last.safetensors", "recipe.toml", "wall_s.txt", "scores.jsonl"
TUNING_FONT, TUNING_SEED = "MuseScore_General", 9
N_BOARD_PAIRS = 18  # first of the real pairs: they are the scoreboard's, nothing is chosen by them

Values = Mapping[str, np.ndarray]
"""Names of metrics to their values, one per item."""


def changed(recipe: Recipe, changes: Mapping[str, Any]) -> Recipe:
    """A recipe with other values, named as "optimiser.warmup"."""
    tree = recipe.model_dump(mode="json")
    for name, value in changes.items():
        *parents, last = name.split(".")
        part = tree
        for parent in parents:
            part = part[parent]
        part[last] = value
    return Recipe(**tree)


@dataclass(frozen=True)
class Run:
    """A training.

    Args:
        folder: of all that it leaves.
        recipe: that it follows.
        weights: that it goes on from; drawn at random if not given.
    """

    folder: Path
    recipe: Recipe
    weights: Path | None = None

    @property
    def n_done(self) -> int:
        """Steps of the checkpoint; a folder of another training ends the benchmark."""
        path = self.folder / CHECKPOINT
        if not path.is_file():
            return 0
        kept = json.loads(torch.load(path, map_location="cpu", weights_only=True)["recipe"])
        wanted = self.recipe.n_steps
        if kept["n_steps"] != wanted:  # the rate would have fallen at other steps
            raise SystemExit(
                f"{self.folder} holds a training of {kept['n_steps']} steps, wanted {wanted}; "
                "name another folder with --folder"
            )
        try:
            return load_checkpoint(path, self.recipe).step
        except InputError as error:
            raise SystemExit(str(error)) from error

    @property
    def is_finished(self) -> bool:
        """Whether there is nothing left to train."""
        return self.n_done == self.recipe.n_steps

    @property
    def best(self) -> Path:
        """The weights that did best on the validation set, which `estilo train` gives."""
        return self.folder / BEST

    @property
    def wall_s(self) -> float:
        """Seconds of the whole command: starting, validating and writing count too."""
        path = self.folder / WALL
        return float(path.read_text(encoding="ascii")) if path.is_file() else 0.0

    @property
    def steps_s(self) -> float:
        """Seconds that the log has for its steps, reading included."""
        return sum(line["step_s"] for line in read_log(self.folder))

    def complete(self, *, n_processes: int) -> None:
        """Train what is left.

        Args:
            n_processes: that share every batch, one thread each.
        """
        if self.is_finished:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / RECIPE
        path.write_text(_toml(self.recipe), encoding="utf-8")
        command = [*_launcher(n_processes), "train", str(path), "-o", str(self.folder), "--resume"]
        if self.weights is not None:
            command += ["--weights", str(self.weights)]
        start, before = time.monotonic(), self.wall_s
        process = subprocess.Popen(command, env=os.environ | {"OMP_NUM_THREADS": "1"})
        try:
            code = process.wait()
        except KeyboardInterrupt:
            process.wait()  # it keeps a checkpoint
            raise
        finally:
            wall_s = before + time.monotonic() - start
            (self.folder / WALL).write_text(f"{wall_s:.1f}\n", encoding="ascii")
        if code != 0 or not self.is_finished:
            raise SystemExit(f"the training in {self.folder} ended early, with exit code {code}")

    def write_last(self) -> Path:
        """The averaged weights after the last step, in a file.

        Not the best ones: how many looks at the validation set a run has had, and which it was
        lucky in, would be compared too.
        """
        state = load_checkpoint(self.folder / CHECKPOINT, self.recipe)
        card = ModelCard(
            name=self.folder.name,
            licence="unspecified",
            generator=self.recipe.model.model_dump(mode="json"),
            seed=self.recipe.seed,
            steps=state.step,
            hours=round(state.seconds / 3600.0, 4),
        )
        return write_weights(self.folder / LAST, state.averaged(), card, force=True)

    def loss(self, name: str, *, n_steps: int = 50) -> float:
        """Mean of a term over the last steps that had it; NaN where there was none."""
        lines = read_log(self.folder)[-n_steps:]
        values = [line[name] for line in lines if line.get(name) is not None]
        return float(np.mean(values)) if values else float("nan")

    @property
    def score(self) -> float:
        """Of the last weights on the recipe's validation set; NaN where there is none."""
        return read_log(self.folder)[-1].get("validation", {}).get("score", float("nan"))


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
        """Every metric of an engine's outputs, item by item; NaN where it failed, which is said."""
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
    """Triplets that may be used for choosing."""
    triplets = SyntheticTriplets(TUNING_FONT, seed=TUNING_SEED)
    name = f"synthetic, {TUNING_FONT}, seed {TUNING_SEED}"
    return Exam(name, triplets, triplets.names(n), folder=folder, n_jobs=n_jobs)


def tuning_pairs(n: int, *, folder: Path, n_jobs: int) -> Exam:
    """Real pairs behind those of the scoreboard."""
    os.environ.setdefault("ESTILO_AUDIO", str(AUDIO))
    pairs = RealPairs()
    items = pairs.names()[N_BOARD_PAIRS : N_BOARD_PAIRS + n]
    return Exam("real", pairs, items, folder=folder, n_jobs=n_jobs)


def against(values: Values, base: Values, name: str) -> Interval:
    """A metric as a ratio of means; pitch, which may be 0, as a difference."""
    interval = difference_interval if name == "pitch" else ratio_interval
    return interval(values[name], base[name])


def cell(interval: Interval, *, n: int) -> str:
    """An estimate with its interval; the number of items where some have no value."""
    if interval.n == 0:
        return "–"
    text = f"{interval.value:.3f} [{interval.low:.3f}, {interval.high:.3f}]"
    return text if interval.n == n else f"{text}, n = {interval.n}"


def number(value: float, places: int = 3) -> str:
    """A number, or a dash where there is none."""
    return f"{value:.{places}f}" if np.isfinite(value) else "–"


def make_parser(about: str, *, folder: str) -> argparse.ArgumentParser:
    """Options that all these benchmarks have."""
    parser = argparse.ArgumentParser(description=about.partition("\n")[0])
    parser.add_argument("--folder", type=Path, default=ROOT / "runs" / folder, help="of the runs")
    parser.add_argument(
        "--processes", type=int, default=2, help="that train and measure, one thread each"
    )
    return parser


def _launcher(n_processes: int) -> list[str]:
    python = [sys.executable, "-m"]
    if n_processes == 1:
        return [*python, "estilo"]
    # standalone: a free port, as another training may be running
    share = ["torch.distributed.run", "--standalone", "--nproc-per-node", str(n_processes)]
    return [*python, *share, "-m", "estilo"]


def _toml(recipe: Recipe) -> str:
    """A recipe's own values come first, its parts behind them; JSON's values are TOML's."""
    tree = recipe.model_dump(mode="json")
    parts = {name: each for name, each in tree.items() if isinstance(each, dict)}
    lines = [f"{name} = {json.dumps(each)}" for name, each in tree.items() if name not in parts]
    for name, part in parts.items():
        lines += ["", f"[{name}]", *(f"{key} = {json.dumps(each)}" for key, each in part.items())]
    return "\n".join(lines) + "\n"
