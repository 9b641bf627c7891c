"""Training of the network behind the judge of timbre (`estilo.metrics.judge`).

Clips of recorded, sampled and synthesised instruments, each heard in a session of its own
(`estilo.evaluation.networks.sessions`). The network learns that the clips of one instrument belong
together whatever they play, and that a note half way between two instruments lies half way.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from estilo.evaluation.networks.judge_calibration import calibrated
from estilo.evaluation.networks.judge_clips import draw_batch, draw_morphs
from estilo.evaluation.networks.judge_textures import texture_bank
from estilo.evaluation.networks.judge_trials import accuracy
from estilo.evaluation.networks.note_bank import NoteBank, joined, read_bank
from estilo.evaluation.networks.runner import Trained, Training, learn, rounded
from estilo.evaluation.networks.sessions import through_sessions
from estilo.metrics.judge import hearing
from estilo.metrics.judge import network as net
from estilo.metrics.timbre_network import METRIC_SEED

N_CHANNELS = (16, 32, 48, 64)
N_LINES = 128
N_OUT = 64
SIZES = ((3, 5), (3, 3), (3, 3), (3, 3))
LINE_FRAMES = 3
TEMPERATURE = 0.15
N_INSTRUMENTS, N_CLIPS, N_MORPHS = 28, 4, 12
_RATE = 2e-3
_N_TRIALS = 400
_N_CALIBRATION = 100


class Block(nn.Module):
    """A convolution, its normalisation, and what of it is positive.

    Args:
        layer: convolution without a bias.
        norm: its normalisation.
    """

    def __init__(self, layer: nn.Conv1d | nn.Conv2d, norm: nn.BatchNorm1d | nn.BatchNorm2d) -> None:
        super().__init__()
        self.layer = layer
        self.norm = norm

    def forward(self, x: Tensor) -> Tensor:
        """**Shape**: that of the convolution."""
        return torch.relu(self.norm(self.layer(x)))

    def folded(self) -> tuple[NDArray, NDArray]:
        """Weights and bias of one layer that does the same."""
        norm, weight = self.norm, self.layer.weight.detach().double()
        assert norm.running_mean is not None  # noqa: S101 - normalisations keep their statistics
        assert norm.running_var is not None  # noqa: S101
        gain = norm.weight.detach().double() / (norm.running_var.double() + norm.eps).sqrt()
        bias = norm.bias.detach().double() - norm.running_mean.double() * gain
        return (weight * gain.reshape(-1, *(1,) * (weight.dim() - 1))).numpy(), bias.numpy()


class Network(nn.Module):
    """The same computation as `estilo.metrics.judge.network.direction`, with gradients.

    **Shape**: powers ``(batch, N_BANDS, n_frames)``; output ``(batch, N_OUT)``, of unit length.
    """

    def __init__(self) -> None:
        super().__init__()
        inputs = (2, *N_CHANNELS[:-1])
        self.convolutions = nn.Sequential(
            *(
                Block(
                    nn.Conv2d(n, m, size, strides, (size[0] // 2, size[1] // 2), bias=False),
                    nn.BatchNorm2d(m),
                )
                for n, m, size, strides in zip(inputs, N_CHANNELS, SIZES, net.STRIDES, strict=True)
            )
        )
        n_bands = hearing.N_BANDS
        for strides in net.STRIDES:
            n_bands = -(-n_bands // strides[0])
        self.lines = nn.Sequential(
            *(
                Block(
                    nn.Conv1d(n, N_LINES, size, padding=size // 2, bias=False),
                    nn.BatchNorm1d(N_LINES),
                )
                for n, size in ((N_CHANNELS[-1] * n_bands, 1), (N_LINES, LINE_FRAMES))
            )
        )
        self.out = nn.Linear(2 * N_LINES, N_OUT)

    def forward(self, powers: Tensor) -> Tensor:
        """Directions; see the class."""
        levels, weights = audible(powers)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.training):
            seen = self.convolutions(levels.contiguous(memory_format=torch.channels_last))
            lines = self.lines(seen.flatten(1, 2))
        lines = lines.float()
        share = F.avg_pool1d(weights[:, None], net.FRAMES_PER_STEP, ceil_mode=True)
        share = share + net.WEIGHT_EPSILON
        share = share / share.sum(2, keepdim=True)
        mean = (lines * share).sum(2)
        variance = ((lines - mean[:, :, None]).square() * share).sum(2)
        pooled = torch.cat([mean, (variance + net.DEVIATION_EPSILON).sqrt()], dim=1)
        return F.normalize(self.out(pooled), dim=1)

    def weights(self) -> dict[str, NDArray]:
        """The weights in the form that `estilo.metrics.judge.network.direction` takes."""
        out: dict[str, NDArray] = {}
        for name, blocks in (("conv", self.convolutions), ("line", self.lines)):
            for number, block in enumerate(each for each in blocks if isinstance(each, Block)):
                out[f"{name}{number}"], out[f"{name}{number}_bias"] = block.folded()
        out["line0"] = out["line0"][:, :, 0]
        out["out"] = self.out.weight.detach().numpy()
        out["out_bias"] = self.out.bias.detach().numpy()
        return {name: array.astype(np.float32) for name, array in out.items()}


def audible(powers: Tensor) -> tuple[Tensor, Tensor]:
    """`estilo.metrics.judge.hearing.audible` of several clips.

    **Shape**: ``(batch, N_BANDS, frames)`` to ``(batch, 2, N_BANDS, frames)`` and ``(batch,
    frames)``.

    Args:
        powers: powers of bands.
    """
    level_db = 10.0 * torch.log10(powers.clamp_min(1e-12))
    level_db = level_db - level_db.amax((1, 2), keepdim=True)
    frame_db = level_db.amax(1, keepdim=True)
    n_nearby = 2 * hearing.NEARBY_FRAMES + 1
    nearby_db = F.max_pool1d(frame_db, n_nearby, 1, hearing.NEARBY_FRAMES)
    floor_db = (nearby_db - hearing.MASKED_DB).clamp_min(-hearing.RANGE_DB)
    above = ((level_db - floor_db) / hearing.MASKED_DB).clamp_min(0.0)
    within = (level_db + hearing.RANGE_DB) / hearing.RANGE_DB * (above > 0.0)
    quiet_db = hearing.RANGE_DB - 10.0
    is_sounding = frame_db > (nearby_db - hearing.PAUSE_DB).clamp_min(-quiet_db)
    weights = (frame_db + quiet_db) / quiet_db * is_sounding
    return torch.stack([above, within], dim=1), weights[:, 0]


def belonging_loss(directions: Tensor, instrument: Tensor) -> Tensor:
    r"""Supervised contrastive loss: clips of one instrument find each other among all clips.

    .. math:: -\operatorname{mean}_{i,\,p \in P(i)} \log
              \frac{e^{\langle z_i, z_p \rangle / \tau}}
                   {\sum_{a \ne i} e^{\langle z_i, z_a \rangle / \tau}}

    **Shape**: directions ``(clips, N_OUT)``, instrument ``(clips,)``; result ``()``.

    Args:
        directions: vectors of unit length.
        instrument: number of each clip's instrument.

    Source: P. Khosla et al. 2020, Supervised contrastive learning,
        https://arxiv.org/abs/2004.11362, equation 2.

    Example:
        >>> apart = torch.eye(4)[[0, 0, 1, 1]]
        >>> belonging_loss(apart, torch.tensor([0, 0, 1, 1])).item() < 0.01
        True
    """
    itself = torch.eye(len(directions), dtype=torch.bool)
    similarity = (directions @ directions.T / TEMPERATURE).masked_fill(itself, -1e9)
    log_share = similarity - similarity.logsumexp(1, keepdim=True)
    is_own = (instrument[:, None] == instrument) & ~itself
    per_clip = -(log_share * is_own).sum(1) / is_own.sum(1).clamp(min=1)
    return per_clip[is_own.any(1)].mean()


def morph_loss(directions: Tensor, shares: Tensor) -> Tensor:
    r"""How far morphs are from lying on the way where they should.

    .. math:: \operatorname{mean} \left(1 - \frac{d(m, b)}{d(a, b)} - s\right)^2

    with *m* the share *s* of the way from *a* to *b*, *d* the cosine distance.

    **Shape**: directions ``(n, 3, N_OUT)``: a, m and b; shares ``(n,)``; result ``()``.

    Args:
        directions: vectors of unit length.
        shares: 0 for a, 1 for b.

    Example:
        >>> a, b = torch.eye(2)
        >>> half = torch.stack([a, torch.nn.functional.normalize(a + b * 0, dim=0), b])[None]
        >>> morph_loss(half, torch.tensor([0.0])).item()
        0.0
    """
    start, middle, end = directions.unbind(1)
    whole = (1.0 - (start * end).sum(1)).clamp_min(0.1)
    left = 1.0 - (middle * end).sum(1)
    return (1.0 - left / whole - shares).square().mean()


def fit(bank: NoteBank, instruments: NDArray[np.int64], *, n_steps: int, seed: int) -> Network:
    """Train on batches of clips, and on morphs between them.

    Args:
        bank: notes to choose from.
        instruments: numbers of the instruments that are learnt from; the bank's others are those
            whose accuracy is told on the way.
        n_steps: number of steps.
        seed: random seed of the first weights and of all draws.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng([METRIC_SEED, seed, *b"judge"])
    network = Network().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    others = np.setdiff1d(np.arange(len(bank.names)), instruments)

    def loss_of(_step: int) -> Tensor:
        batch = draw_batch(bank, instruments, rng, n_instruments=N_INSTRUMENTS, n_clips=N_CLIPS)
        morphs = draw_morphs(bank, instruments, rng, n=N_MORPHS)
        powers = np.concatenate([batch.powers, morphs.powers.reshape(-1, *batch.powers.shape[1:])])
        directions = network(torch.from_numpy(through_sessions(powers, rng)))
        n = len(batch.powers)
        loss = belonging_loss(directions[:n], torch.from_numpy(batch.instrument))
        triples = directions[n:].reshape(-1, 3, N_OUT)
        return loss + morph_loss(triples, torch.from_numpy(morphs.shares))

    learn(
        network,
        loss_of,
        n_steps=n_steps,
        rate=_RATE,
        weight_decay=1e-2,
        warm_up=0.1,
        watch=lambda: _told(network.weights(), bank, others),
        watch_every=250,
    )
    return network


def train(*, seed: int, n_steps: int, n_textures: int, instruments: Sequence[Path]) -> Trained:
    """Read the notes, train and judge.

    Args:
        seed: random seed of the training.
        n_steps: number of steps.
        n_textures: textures of the own synthesiser among the instruments.
        instruments: folders of instruments, as `estilo data instruments` makes them.
    """
    bank = joined(read_bank(instruments), texture_bank(n_textures))
    heard = np.flatnonzero(~bank.held_out)
    began_s = time.process_time()
    network = fit(bank, heard, n_steps=n_steps, seed=seed)
    fitted_s = time.process_time() - began_s
    weights = rounded(network.weights())
    held_out = np.flatnonzero(bank.held_out)
    about = {
        "what": "weights of estilo.metrics.judge.network",
        "version": 1,
        "data": f"{len(bank.notes)} notes of {len(bank.names)} instruments, a tenth of them held "
        "out; single notes and phrases of up to ten, at random levels, each clip through a "
        "random equaliser, room and noise of its own",
        "sources": _sources(bank),
        "loss": f"supervised contrastive, temperature {TEMPERATURE:g}, {N_CLIPS} clips of "
        f"{N_INSTRUMENTS} instruments, from a few libraries at a time; and the place of {N_MORPHS} "
        f"morphs; {n_steps} steps",
    }
    figures = {
        "hardware": "one CPU core",
        "minutes_fitting": round(fitted_s / 60.0, 1),
        "accuracy": {
            "what": "share of trials on instruments that training has not heard in which the same "
            "instrument at another pitch, up to an octave away, and another level is nearer than "
            "another instrument of its library at the same pitch; and of phrases",
            **_told(weights, bank, held_out),
        },
    }
    rng = np.random.default_rng([METRIC_SEED, seed, *b"scale"])
    scale = calibrated(weights, bank, held_out, rng, n=_N_CALIBRATION)
    return Trained(weights, about, figures, extras=scale)


def _told(
    weights: Mapping[str, NDArray], bank: NoteBank, instruments: NDArray[np.int64]
) -> dict[str, float]:
    rng = np.random.default_rng([METRIC_SEED, *b"trials"])
    found = {
        kind: accuracy(weights, bank, instruments, rng, n=_N_TRIALS, is_phrase=kind == "phrases")
        for kind in ("notes", "phrases")
    }
    return {kind: round(value, 3) for kind, value in found.items()}


def _sources(bank: NoteBank) -> dict[str, int]:
    """Number of instruments of each source."""
    names = [name.partition(": ")[0] for name in bank.names]
    return {name: names.count(name) for name in dict.fromkeys(names)}


TRAINING = Training(
    name="judge",
    title="The network that tells timbres apart (estilo.metrics.judge).",
    folder="estilo/metrics/weights",
    counts={"n_steps": 4000, "n_textures": 120},
    inputs=("instruments",),
    train=train,
)
