"""Trainings that studies start, go on with, and judge.

A run is a folder with the recipe that made it. One that is finished is not made again, one that was
stopped goes on, and a folder of another training is refused.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from estilo.engines.neural.weights import ModelCard, write_weights
from estilo.errors import InputError
from estilo.training.logs import read_log
from estilo.training.recipe import Recipe
from estilo.training.records import BEST
from estilo.training.state import CHECKPOINT, load_checkpoint

LAST, RECIPE, WALL = "last.safetensors", "recipe.toml", "wall_s.txt"


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
