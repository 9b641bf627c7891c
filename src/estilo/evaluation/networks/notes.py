"""Training of the transcriber `estilo.analysis.transcription`.

Pieces put together from single notes of many instruments, voices and drums, disturbed. The
thresholds are chosen on pieces of instruments that training has not heard. What was made and learnt
is kept in the cache on the way: the same command goes on where it was stopped.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from estilo.analysis.salience import (
    BINS_PER_SEMITONE,
    N_NOTES,
    RELATIVES,
    harmonic_bins,
    harmonic_padding,
)
from estilo.analysis.transcription import network as net
from estilo.evaluation.cache import cache_folder
from estilo.evaluation.networks.note_examples import (
    LEVEL_STEPS,
    N_FRAMES,
    PIECE_S,
    TRUTH_STEPS,
    learnable,
)
from estilo.evaluation.networks.note_scoring import chosen_thresholds, judged, scores_at
from estilo.evaluation.networks.note_sounds import Bank
from estilo.evaluation.networks.runner import Trained, Training, rounded

_VERSION = 1
_PER_FILE = 40
_CROP = 256
_NOTES = 40
_RATE = 3e-3
_WARM_UP = 100
_SAVE_EVERY = 100
_log = logging.getLogger(__name__)


class Network(nn.Module):
    """The same computation as `estilo.analysis.transcription.network.heard`, with gradients.

    Inside, channels are the first axis: slices along notes and frames are then rows of memory.

    **Shape**: input ``(n_layers, batch, n_frames + 2 * MARGIN, N_BINS)``; output two logits and the
    level of each note ``(3, batch, n_frames, 88)``, and logits of hits ``(batch, n_frames)``.
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleDict({name: nn.Linear(*size) for name, size in net.sizes().items()})
        with torch.no_grad():  # few notes sound and fewer start: the first steps need not learn it
            self._parameters_of("out")[1].copy_(torch.tensor((-5.0, -3.0, 0.8)))
            self._parameters_of("hit_out")[1].fill_(-4.0)

    def forward(
        self, levels: Tensor, *, first: int = 0, n_notes: int = N_NOTES
    ) -> tuple[Tensor, Tensor]:
        """What is heard; see the class.

        Args:
            levels: levels with margins.
            first: first of the notes that are asked for.
            n_notes: number of notes that are asked for.
        """
        near = F.relu(self._near(levels))
        known = F.relu(self._affine(_at_harmonics(near), "harmonic"))
        known = F.relu(self._affine(known, "reduce"))
        known = F.relu(self._affine(_of_relatives(known, first, n_notes), "relative"))
        for number, step in enumerate(net.DILATIONS):
            around = self._affine(_in_time(known, step=step, n=3), f"time{number}")
            known = known[:, :, step:-step] + F.relu(around)
        return self._affine(F.relu(self._affine(known, "mix")), "out"), self._hits(near)

    def weights(self) -> dict[str, NDArray]:
        """The weights in the form that `estilo.analysis.transcription.network.heard` takes."""
        out: dict[str, NDArray] = {}
        for name in self.layers:
            weight, bias = (each.detach().numpy() for each in self._parameters_of(name))
            out |= {name: weight.T.copy(), f"{name}_bias": bias.copy()}
        return out

    def _near(self, levels: Tensor) -> Tensor:
        weight, bias = self._parameters_of("near")
        taps = weight.reshape(-1, net.NEAR_FRAMES, net.NEAR_BINS, len(levels)).movedim(-1, 1)
        near = F.conv2d(levels.movedim(0, 1), taps, bias, padding=(0, net.NEAR_BINS // 2))
        return near.movedim(1, 0)

    def _hits(self, near: Tensor) -> Tensor:
        bands = near.unflatten(-1, (net.N_BANDS, -1)).mean(dim=-1)  # (channels, batch, time, bands)
        seen = F.relu(self._affine(bands.permute(3, 0, 1, 2).flatten(0, 1), "bands"))
        cut = sum(net.DILATIONS) - net.HIT_FRAMES // 2
        around = _in_time(seen[:, :, cut : seen.shape[2] - cut], step=1, n=net.HIT_FRAMES)
        return self._affine(F.relu(self._affine(around, "hit")), "hit_out")[0]

    def _affine(self, x: Tensor, name: str) -> Tensor:
        weight, bias = self._parameters_of(name)
        return torch.addmm(bias[:, None], weight, x.flatten(1)).unflatten(1, x.shape[1:])

    def _parameters_of(self, name: str) -> tuple[Tensor, Tensor]:
        parameters = dict(self.layers[name].named_parameters())
        return parameters["weight"], parameters["bias"]


Place = tuple[Any, ...]


class _Places(torch.autograd.Function):
    """Parts of a tensor one after the other; its own gradient spares a copy of it per part."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, places: Sequence[Place]) -> Tensor:  # type: ignore[override]
        ctx.places, ctx.size = places, x.shape
        return torch.cat([x[place] for place in places])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:  # type: ignore[override]
        out = gradient.new_zeros(ctx.size)
        parts = gradient.chunk(len(ctx.places))
        for place, part in zip(ctx.places, parts, strict=True):
            out[place] += part
        return out, None


def _at_harmonics(near: Tensor) -> Tensor:
    below, above = harmonic_padding()
    padded = F.pad(near, (below, above + -(below + above + near.shape[-1]) % BINS_PER_SEMITONE))
    # Bins a semitone apart beside each other: (BINS_PER_SEMITONE, channels, batch, time, notes).
    apart = padded.unflatten(-1, (-1, BINS_PER_SEMITONE)).movedim(-1, 0).contiguous()
    places: list[Place] = []
    for offset in harmonic_bins():
        first, phase = divmod(below + offset, BINS_PER_SEMITONE)
        places.append((phase, ..., slice(first, first + N_NOTES)))
    columns: Tensor = _Places.apply(apart, places)  # type: ignore[assignment]
    place = torch.from_numpy(net.note_places()).to(near.dtype).T[:, None, None]
    return torch.cat([columns, place.expand(2, *columns.shape[1:])])


def _of_relatives(notes: Tensor, first: int, n_notes: int) -> Tensor:
    side = max(map(abs, RELATIVES))
    begins = [first + side + relative for relative in RELATIVES]
    places = [(..., slice(begin, begin + n_notes)) for begin in begins]
    return _Places.apply(F.pad(notes, (side, side)), places)  # type: ignore[return-value]


def _in_time(x: Tensor, *, step: int, n: int) -> Tensor:
    length = x.shape[2] - (n - 1) * step
    places = [(slice(None), slice(None), slice(t * step, t * step + length)) for t in range(n)]
    return _Places.apply(x, places)  # type: ignore[return-value]


def examples_file(folders: Sequence[Path], *, number: int, seed: int) -> Path:
    """One file of examples, made if it is not in the cache.

    Args:
        folders: folders of instruments.
        number: number of the file, from 0.
        seed: random seed of all files.
    """
    path = cache_folder() / f"notes-v{_VERSION}" / f"{seed}-{number}.npz"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
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
        first: first of the notes whose truth is there.
        onset: nearness of starts, 0 to 1. **Shape** ``(1, n_frames, n_notes)``.
        level: levels of held notes, 0 where none is held; of the same shape.
        hit: nearness of hits. **Shape** ``(1, n_frames)``.
    """

    levels: Tensor
    first: int
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
        """A stretch of a piece, and some of its notes.

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
        onset, level, hit = (
            part[name][piece, start : start + _CROP] for name in ("onset", "level", "hit")
        )
        sounding = np.flatnonzero(level.any(0))
        middle = int(rng.choice(sounding)) if len(sounding) else int(rng.integers(N_NOTES))
        first = int(np.clip(middle - rng.integers(_NOTES), 0, N_NOTES - _NOTES))
        truths = (each[:, first : first + _NOTES] for each in (onset, level))
        onset, level, hit = (_scaled(each, TRUTH_STEPS)[None] for each in (*truths, hit))
        return Crop(_scaled(levels, LEVEL_STEPS), first, onset, level, hit)


def _scaled(steps: NDArray[np.uint8], per_unit: float) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(steps)).float() / per_unit


def loss_of(network: Network, crop: Crop) -> Tensor:
    """The sum of what all heads have wrong; starts count most, being rarest.

    Args:
        network: network to judge.
        crop: what it hears, and what there is to hear.
    """
    with torch.autocast("cpu", torch.bfloat16):
        notes, hits = network(crop.levels, first=crop.first, n_notes=crop.level.shape[-1])
    notes, hits = notes.float(), hits.float()
    held = (crop.level > 0.0).float()
    off = F.mse_loss(notes[2] * held, crop.level, reduction="sum") / (held.sum() + 1.0)
    return (
        5.0 * F.binary_cross_entropy_with_logits(notes[0], crop.onset)
        + F.binary_cross_entropy_with_logits(notes[1], held)
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
    """Train on crops with AdamW.

    Args:
        examples: examples to learn from.
        n_steps: number of steps.
        seed: random seed of the first weights and of all draws.
        state: file in which the state is kept on the way, and from which it goes on.
    """
    torch.manual_seed(seed)
    network = Network()
    optimiser = torch.optim.AdamW(network.parameters(), lr=_RATE, weight_decay=1e-3)
    first, smooth = 0, 0.0
    if state.is_file():
        kept = torch.load(state, weights_only=True)
        first, smooth = kept["step"], kept["loss"]
        network.load_state_dict(kept["network"])
        optimiser.load_state_dict(kept["optimiser"])
    for step in range(first, n_steps):
        for group in optimiser.param_groups:
            group["lr"] = rate_at(step, n_steps=n_steps)
        loss = loss_of(network, examples.crop(np.random.default_rng((seed, step))))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        smooth += (loss.item() - smooth) / min(step + 1, _SAVE_EVERY)
        if (step + 1) % _SAVE_EVERY == 0:
            _log.info("step %d: loss %.4f", step + 1, smooth)
            parts = {"network": network, "optimiser": optimiser}
            kept = {name: part.state_dict() for name, part in parts.items()}
            torch.save({**kept, "step": step + 1, "loss": smooth}, state)
    return network.eval()


def train(*, seed: int, n_files: int, n_steps: int, instruments: Sequence[Path]) -> Trained:
    """Put pieces together, learn from them, choose the thresholds and judge.

    Args:
        seed: random seed of everything.
        n_files: number of files of examples.
        n_steps: number of steps of the training.
        instruments: folders of instruments.
    """
    files = [examples_file(instruments, number=number, seed=seed) for number in range(n_files)]
    state = cache_folder() / f"notes-v{_VERSION}" / f"{seed}-{n_files}.pt"
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
