"""Training of the transcriber `estilo.analysis.transcription`.

Pieces put together from single notes of many instruments, voices and drums, disturbed. The
thresholds are chosen on pieces of instruments that training has not heard. What was made and learnt
is kept in the cache on the way: the same command goes on where it was stopped.
"""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from estilo.analysis.salience import N_BINS
from estilo.analysis.transcription import network as net
from estilo.datasets.instruments.library import TABLE
from estilo.evaluation.cache import cache_folder
from estilo.evaluation.networks.note_examples import (
    LEVEL_STEPS,
    N_FRAMES,
    PIECE_S,
    TRUTH_STEPS,
    learnable,
)
from estilo.evaluation.networks.note_network import Network
from estilo.evaluation.networks.note_scoring import chosen_thresholds, judged, scores_at
from estilo.evaluation.networks.note_sounds import Bank
from estilo.evaluation.networks.runner import Trained, Training, rounded

_VERSION = 2
_PER_FILE = 40
_CROP = 128
_N_CROPS = 2
_RATE = 3e-3
_WARM_UP = 100
_KEPT = 0.998
_SAVE_EVERY = 100
_log = logging.getLogger(__name__)


def kept_in(folders: Sequence[Path], *, seed: int) -> Path:
    """The folder of the cache for what is made of instruments, made if it is not there.

    Args:
        folders: folders of instruments; those with the same tables share one.
        seed: random seed of all files.
    """
    tables = b"".join((folder / TABLE).read_bytes() for folder in folders)
    digest = hashlib.sha256(tables).hexdigest()[:12]
    folder = cache_folder() / f"notes-v{_VERSION}" / f"{digest}-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def examples_file(folders: Sequence[Path], *, number: int, seed: int) -> Path:
    """One file of examples, made if it is not in the cache.

    Args:
        folders: folders of instruments.
        number: number of the file, from 0.
        seed: random seed of all files.
    """
    path = kept_in(folders, seed=seed) / f"{number}.npz"
    if not path.is_file():
        bank = Bank(folders, of_held_out=False)
        made = learnable(bank, n_pieces=_PER_FILE, seed=(seed, number))
        part = path.with_suffix(".part.npz")
        np.savez(part, **made)  # type: ignore[arg-type]
        part.rename(path)
        _log.info("made %s", path)
    return path


class Crop(NamedTuple):
    """What there is to learn from at a step.

    Args:
        levels: levels with margins. **Shape** ``(n_layers, 1, n_frames + 2 * MARGIN, N_BINS)``.
        onset: nearness of starts, 0 to 1. **Shape** ``(1, n_frames, 88)``.
        level: levels of held notes, 0 where none is held; of the same shape.
        hit: nearness of hits. **Shape** ``(1, n_frames)``.
    """

    levels: Tensor
    onset: Tensor
    level: Tensor
    hit: Tensor


class Examples:
    """Examples of several files, from which crops are drawn.

    Args:
        files: files that `examples_file` made.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        self._parts: list[Mapping[str, NDArray[np.uint8]]] = []
        for file in files:
            with np.load(file) as kept:
                self._parts.append({name: kept[name] for name in kept.files})

    def crop(self, rng: np.random.Generator) -> Crop:
        """A stretch of a piece.

        Args:
            rng: source of all draws.
        """
        part = self._parts[int(rng.integers(len(self._parts)))]
        piece = int(rng.integers(len(part["hit"])))
        start = int(rng.integers(0, N_FRAMES - _CROP + 1))
        begin, end = start - net.MARGIN, start + _CROP + net.MARGIN
        levels = part["levels"][piece, max(begin, 0) : end]
        padding = (max(-begin, 0), max(end - N_FRAMES, 0))
        levels = np.pad(levels, (padding, (0, 0), (0, 0))).transpose(2, 0, 1)[:, None]
        heard = _scaled(levels, LEVEL_STEPS)
        if rng.random() < 0.5:
            heard = _equalised(heard, rng)
        onset, level, hit = (
            _scaled(part[name][piece, start : start + _CROP], TRUTH_STEPS)[None]
            for name in ("onset", "level", "hit")
        )
        return Crop(heard, onset, level, hit)


def _equalised(levels: Tensor, rng: np.random.Generator) -> Tensor:
    """Levels through a smooth equaliser of a few dB, where there is anything."""
    knots = np.linspace(0.0, N_BINS - 1.0, 9)
    gains = np.interp(np.arange(N_BINS), knots, rng.normal(0.0, 0.05, len(knots)))
    moved = levels + torch.from_numpy(gains.astype(np.float32))
    return torch.where(levels > 0.0, moved, 0.0).clamp_(min=0.0)


def _scaled(steps: NDArray[np.uint8], per_unit: float) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(steps)).float() / per_unit


def loss_of(network: Network, crop: Crop) -> Tensor:
    """The sum of what all heads have wrong; starts count most, being rarest.

    Args:
        network: network to judge.
        crop: what it hears, and what there is to hear.
    """
    notes, hits = network(crop.levels)
    held = (crop.level > 0.0).float()
    off = F.mse_loss(notes[2] * held, crop.level, reduction="sum") / (held.sum() + 1.0)
    return (
        10.0 * F.binary_cross_entropy_with_logits(notes[0], crop.onset)
        + 2.0 * F.binary_cross_entropy_with_logits(notes[1], held)
        + 0.3 * off
        + 0.2 * F.binary_cross_entropy_with_logits(hits, crop.hit)
    )


def rate_at(step: int, *, n_steps: int) -> float:
    """Learning rate of a step: it rises, stays, and falls to zero in the last third.

    So a training that is stopped and called again with fewer or more steps has lost nothing.

    Args:
        step: number of the step, from 0.
        n_steps: number of steps.

    Example:
        >>> [round(rate_at(step, n_steps=3000) / rate_at(1000, n_steps=3000), 2)
        ...  for step in (0, 1999, 2500, 2999)]
        [0.01, 1.0, 0.5, 0.0]
    """
    rising, falling = (step + 1) / _WARM_UP, (n_steps - step) / (n_steps / 3.0)
    return _RATE * min(1.0, rising, falling)


def fit(examples: Examples, *, n_steps: int, seed: int, state: Path) -> Network:
    """Train on crops with AdamW; the result is the moving average of the weights.

    Args:
        examples: examples to learn from.
        n_steps: number of steps.
        seed: random seed of the first weights and of all draws.
        state: file in which the state is kept on the way, and from which it goes on.
    """
    torch.manual_seed(seed)
    network = Network()
    mean = deepcopy(network)
    optimiser = torch.optim.AdamW(network.parameters(), lr=_RATE, weight_decay=1e-3)
    parts = {"network": network, "mean": mean, "optimiser": optimiser}
    first, smooth = 0, 0.0
    if state.is_file():
        kept = torch.load(state, weights_only=True)
        first, smooth = kept["step"], kept["loss"]
        for name, part in parts.items():
            part.load_state_dict(kept[name])
    for step in range(first, n_steps):
        for group in optimiser.param_groups:
            group["lr"] = rate_at(step, n_steps=n_steps)
        optimiser.zero_grad()
        rng, total = np.random.default_rng((seed, step)), 0.0
        for _ in range(_N_CROPS):
            loss = loss_of(network, examples.crop(rng)) / _N_CROPS
            loss.backward()
            total += loss.item()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        with torch.no_grad():
            share = 1.0 - min(_KEPT, (step + 1.0) / (step + 10.0))
            for own, other in zip(mean.parameters(), network.parameters(), strict=True):
                own.lerp_(other, share)
        smooth += (total - smooth) / min(step + 1, _SAVE_EVERY)
        if (step + 1) % _SAVE_EVERY == 0:
            _log.info("step %d: loss %.4f", step + 1, smooth)
            kept = {name: part.state_dict() for name, part in parts.items()}
            torch.save({**kept, "step": step + 1, "loss": smooth}, state)
    return mean.eval()


def train(*, seed: int, n_files: int, n_steps: int, instruments: Sequence[Path]) -> Trained:
    """Put pieces together, learn from them, choose the thresholds and judge.

    Args:
        seed: random seed of everything.
        n_files: number of files of examples.
        n_steps: number of steps of the training.
        instruments: folders of instruments.
    """
    files = [examples_file(instruments, number=number, seed=seed) for number in range(n_files)]
    state = kept_in(instruments, seed=seed) / f"{n_files}.pt"
    network = fit(Examples(files), n_steps=n_steps, seed=seed, state=state)
    weights = rounded(network.weights())
    bank = Bank(instruments, of_held_out=True)
    pieces = judged(bank, weights, seed=seed)
    thresholds = chosen_thresholds(pieces)
    scores = scores_at(thresholds, pieces)
    about = {
        "what": "weights and thresholds of estilo.analysis.transcription",
        "data": f"{n_files * _PER_FILE} pieces of {PIECE_S:g} s put together from single notes of "
        "the instruments of the folders (half train, all but the held out), additive instruments, "
        "synthetic voices, drums and textures, with equalisers, rooms and noise",
    }
    figures = {
        "thresholds": asdict(thresholds),
        "validation": {
            "data": f"{len(pieces)} pieces of held-out instruments, on which the thresholds were "
            "chosen; notes within 50 ms at the right semitone",
            **{name: round(value, 4) for name, value in scores.items()},
        },
    }
    extras = {
        f"threshold_{name}": np.array(value, np.float32)
        for name, value in asdict(thresholds).items()
    }
    return Trained(weights, about, figures, extras)


TRAINING = Training(
    name="notes",
    title="The network that hears notes and hits (estilo.analysis.transcription).",
    folder="estilo/analysis/weights",
    counts={"n_files": 16, "n_steps": 4000},
    train=train,
    inputs=("instruments",),
)
