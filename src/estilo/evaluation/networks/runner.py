"""What the trainings of all networks share: options, the steps, and how weights are kept."""

import argparse
import hashlib
import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from estilo.io.atomic import replacing, write_atomic

_SMOOTHED_STEPS = 100
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trained:
    """A trained network and what its card says.

    Args:
        weights: weights of the form that the numpy twin of the network takes, in half precision;
            see `rounded`.
        about: first entries of the card: what the weights are and what they were trained on.
        figures: last entries of the card: times, accuracies, golden values.
        extras: further arrays of the file of weights, kept in their own precision.
    """

    weights: Mapping[str, NDArray]
    about: Mapping[str, Any]
    figures: Mapping[str, Any]
    extras: Mapping[str, NDArray] = field(default_factory=dict)


@dataclass(frozen=True)
class Training:
    """How one network is trained.

    Args:
        name: name of the network and of its files.
        title: one line of help.
        folder: where its weights belong, below ``src``.
        counts: numbers that may be chosen, by the name of their option, with their defaults.
        train: function that is called with the seed, the counts and the folders by keyword.
        inputs: what is read from folders, by the names of options that may be given several times.
    """

    name: str
    title: str
    folder: str
    counts: Mapping[str, int]
    train: Callable[..., Trained]
    inputs: tuple[str, ...] = ()

    def command(self, *, seed: int, counts: Mapping[str, int]) -> str:
        """The command that trains the same network again.

        Args:
            seed: random seed of all draws.
            counts: counts that were chosen.
        """
        chosen = " ".join(
            [
                *(f"{_option(name)} FOLDER" for name in self.inputs),
                *(f"{_option(name)} {value}" for name, value in counts.items()),
            ]
        )
        return (
            f"python -m estilo.evaluation.networks {self.name} --output src/{self.folder} "
            f"--seed {seed} {chosen}"
        )


def learn(
    network: nn.Module,
    loss_of: Callable[[int], Tensor],
    *,
    n_steps: int,
    rate: float,
    weight_decay: float,
    warm_up: float,
    first_divisor: float = 25.0,
    watch: Callable[[], object] | None = None,
    watch_every: int = 200,
) -> None:
    """AdamW, its rate rising for a while and then falling to zero along a cosine.

    Args:
        network: changed in place; in the mode of evaluation afterwards.
        loss_of: the loss on the batch of a step, from 0; **shape** ``()``.
        n_steps: number of steps.
        rate: highest learning rate.
        weight_decay: weight decay of AdamW.
        warm_up: share of the steps during which the rate rises, 0 to 1.
        first_divisor: the first step's rate is the highest divided by this.
        watch: what is told of the network on the way, in the mode of evaluation; the loss alone
            if not given.
        watch_every: steps from one report to the next.
    """
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=rate, total_steps=n_steps, pct_start=warm_up, div_factor=first_divisor
    )
    smooth, began_s = 0.0, time.monotonic()
    for step in range(n_steps):
        loss = loss_of(step)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        smooth += (loss.item() - smooth) / min(step + 1, _SMOOTHED_STEPS)
        if (step + 1) % watch_every == 0:
            network.eval()
            told = "" if watch is None else f", held out {watch()}"
            network.train()
            took_s = time.monotonic() - began_s
            _log.info("step %d: loss %.4f%s, %.0f s", step + 1, smooth, told, took_s)
    network.eval()


def rounded(weights: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """Weights as they are read again: rounded to half precision, in single.

    Example:
        >>> float(rounded({"bias": np.array([0.1])})["bias"][0])
        0.0999755859375
    """
    return {name: array.astype(np.float16).astype(np.float32) for name, array in weights.items()}


def save(
    trained: Trained, training: Training, output: Path, *, seed: int, counts: Mapping[str, int]
) -> Path:
    """Write the weights in half precision, and their card.

    Args:
        trained: what to write.
        training: what it comes from.
        output: folder of both files; made if it is not there.
        seed: random seed of all draws.
        counts: counts that were chosen.

    Returns:
        Path of the card.
    """
    output.mkdir(parents=True, exist_ok=True)
    halves = {name: array.astype(np.float16) for name, array in trained.weights.items()}
    file = output / f"{training.name}.npz"
    with replacing(file, force=True) as part, part.open("wb") as stream:
        np.savez(stream, **trained.extras, **halves)  # type: ignore[arg-type]
    card = {
        **trained.about,
        "command": training.command(seed=seed, counts=counts),
        "seed": seed,
        "torch": torch.__version__,
        "n_weights": sum(array.size for array in halves.values()),
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        **trained.figures,
    }
    path = output / f"{training.name}.json"
    text = json.dumps(card, indent=2, ensure_ascii=False) + "\n"
    return write_atomic(path, text.encode(), force=True)


def run(trainings: Sequence[Training], arguments: Sequence[str] | None = None) -> Path:
    """The command line: train the network that is named, with one thread, and save it.

    Args:
        trainings: trainings to choose from.
        arguments: arguments of the command; those of the process if not given.

    Returns:
        Path of the card.
    """
    parser = argparse.ArgumentParser(
        prog="python -m estilo.evaluation.networks",
        description="Train a network of estilo's metrics.",
    )
    names = parser.add_subparsers(dest="network", required=True, metavar="NETWORK")
    for each in trainings:
        own = names.add_parser(each.name, help=each.title, description=each.title)
        own.add_argument("--output", type=Path, required=True, help="Folder of both files.")
        own.add_argument("--seed", type=int, default=1, help="Random seed.")
        for name, default in each.counts.items():
            own.add_argument(
                _option(name), type=_count, default=default, help="Default: %(default)s."
            )
        for name in each.inputs:
            own.add_argument(
                _option(name),
                type=Path,
                action="append",
                required=True,
                metavar="FOLDER",
                help="Folder to learn from; give the option once per folder.",
            )
    options = parser.parse_args(arguments)
    (training,) = (each for each in trainings if each.name == options.network)
    counts = {name: getattr(options, name) for name in training.counts}
    inputs = {name: getattr(options, name) for name in training.inputs}
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    trained = training.train(seed=options.seed, **counts, **inputs)
    card = save(trained, training, options.output, seed=options.seed, counts=counts)
    _log.info("%s", card.read_text(encoding="utf-8"))
    return card


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected a number of 1 or more, got {value}")
    return value
