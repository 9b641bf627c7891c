"""Training of the network behind `estilo.metrics.timbre_network`.

::

    python -m estilo.evaluation.train_timbre --output src/estilo/metrics/weights

plays random phrases on random instruments of estilo's synthesiser, half of them through a chain of
effects of their own, learns to tell the sources apart, and writes ``timbre.npz`` and its card
``timbre.json``. The same seed gives the same data and, on one machine with one thread, the same
weights. Rendered MFCCs are kept in `estilo.evaluation.cache.cache_folder`.
"""

import argparse
import hashlib
import json
import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from estilo.analysis.sound import RATE_HZ, Sound
from estilo.analysis.spectra import mfcc
from estilo.evaluation.cache import cache_folder
from estilo.metrics import timbre_network as net
from estilo.synthesis.effects import apply_effects, random_effects
from estilo.synthesis.notes import random_phrase
from estilo.synthesis.patches import FAMILIES, random_patch, render

Split = Literal["train", "validation", "test"]

SPLITS: dict[Split, int] = {"train": 1, "validation": 2, "test": 3}
"""Second word of the seeds, after `estilo.metrics.timbre_network.METRIC_SEED`."""

N_SEGMENTS = 4
"""Phrases of each source: melodies and polyphony in turn."""

SEGMENT_S = 8.0
_VERSION = 1
_PER_FILE = 100
_N_VALIDATION = 200
_N_TEST = 300
_N_TEST_OF_FAMILY = 100
_RATE = 2e-3
_EPSILON = 1e-5
_BATCH = 48
_SHORTEST_FRAMES = 64  # 2 s
_log = logging.getLogger(__name__)

Features = NDArray[np.float16]


class Rendered(NamedTuple):
    """MFCCs of many sources, **shape** ``(n_sources, N_SEGMENTS, 12, n_frames)``, and their cost.

    Args:
        features: MFCCs 1 to 12.
        cpu_s: processor time that they took to render, in seconds.
    """

    features: Features
    cpu_s: float


class Network(nn.Module):
    """The same computation as `estilo.metrics.timbre_network.forward`, with gradients.

    **Shape**: input ``(batch, N_INPUTS, n_frames)``; output ``(batch, N_CHANNELS)``.

    Args:
        mean: of the inputs over the training data; **shape** ``(N_INPUTS,)``.
        deviation: their standard deviation.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, mean: NDArray, deviation: NDArray) -> None:
        super().__init__()
        self.register_buffer("mean", torch.from_numpy(mean.astype(np.float32))[:, None])
        self.register_buffer("deviation", torch.from_numpy(deviation.astype(np.float32))[:, None])
        layers: list[nn.Module] = []
        n_inputs = net.N_INPUTS
        for size in net.SIZES:
            layers += [nn.Conv1d(n_inputs, net.N_CHANNELS, size)]
            layers += [nn.BatchNorm1d(net.N_CHANNELS, eps=_EPSILON), nn.ReLU(), nn.MaxPool1d(size)]
            n_inputs = net.N_CHANNELS
        self.blocks = nn.Sequential(*layers)

    def forward(self, coefficients: Tensor) -> Tensor:
        """Embeddings; see the class."""
        return self.blocks((coefficients - self.mean) / self.deviation).mean(2)

    def weights(self) -> dict[str, NDArray]:
        """In the form that `estilo.metrics.timbre_network.forward` takes."""
        state = dict(self.blocks.named_parameters()) | dict(self.blocks.named_buffers())
        arrays = {name: tensor.detach().double().numpy() for name, tensor in state.items()}
        out: dict[str, NDArray] = {}
        for block in range(len(net.SIZES)):
            conv, norm = f"{4 * block}.", f"{4 * block + 1}."
            gain = arrays[norm + "weight"] / np.sqrt(arrays[norm + "running_var"] + _EPSILON)
            taps = arrays[conv + "weight"] * gain[:, None, None]
            bias = arrays[conv + "bias"] - arrays[norm + "running_mean"]
            bias = arrays[norm + "bias"] + gain * bias
            if block == 0:
                taps = taps / self.deviation.numpy()
                bias = bias - (taps * self.mean.numpy()).sum((1, 2))
            taps = taps.transpose(2, 1, 0)
            out[f"block{block}"] = taps.reshape(-1, taps.shape[-1]).astype(np.float32)
            out[f"block{block}_bias"] = bias.astype(np.float32)
        return out


def triplet_loss(embeddings: Tensor, *, margin: float) -> Tensor:
    r"""Triplet margin loss over all triplets of a batch that violate the margin.

    .. math:: \operatorname{mean} \max(0, d(a, p) - d(a, n) + m)

    with *d* the cosine distance, and the mean over violations only (A. Hermans, L. Beyer, B. Leibe
    2017, https://arxiv.org/abs/1703.07737, section 2).

    **Shape**: embeddings ``(n_sources, n_segments, d)``; result ``()``.

    Args:
        embeddings: at least two segments of at least two sources.
        margin: as above.

    Example:
        >>> apart = torch.eye(2)[:, None].expand(2, 2, 2)
        >>> triplet_loss(apart, margin=0.1).item(), triplet_loss(apart, margin=1.5).item()
        (0.0, 0.5)
    """
    n_sources, n_segments, _ = embeddings.shape
    flat = nn.functional.normalize(embeddings.flatten(0, 1), dim=1)
    distances = 1.0 - flat @ flat.T
    source = torch.arange(n_sources).repeat_interleave(n_segments)
    is_same = source[:, None] == source
    positives = distances[is_same & ~torch.eye(len(flat), dtype=torch.bool)]
    negatives = distances[~is_same].reshape(len(flat), 1, -1)
    excess = positives.reshape(len(flat), n_segments - 1, 1) - negatives + margin
    violations = torch.relu(excess)
    return violations.sum() / (violations > 0.0).sum().clamp(min=1)


def triplet_accuracy(embeddings: NDArray) -> float:
    """Share of all triplets in which another segment of the source is nearer than another source.

    **Shape**: ``(n_sources, n_segments, d)``.

    Args:
        embeddings: of known sources; the distance is the cosine distance.

    Example:
        >>> triplet_accuracy(np.eye(3)[:, None].repeat(2, axis=1))
        1.0
    """
    n_sources, n_segments, _ = embeddings.shape
    flat = embeddings.reshape(n_sources * n_segments, -1).astype(np.float64)
    flat = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-12)
    similarity = (flat @ flat.T).reshape(n_sources, n_segments, n_sources, n_segments)
    shares = []
    for source in range(n_sources):
        others = np.delete(similarity[source], source, axis=1).reshape(n_segments, -1)
        own = similarity[source][:, source]
        is_pair = ~np.eye(n_segments, dtype=bool)
        shares.append((own[is_pair].reshape(n_segments, -1, 1) > others[:, None]).mean())
    return float(np.mean(shares))


def source_features(index: int, *, split: Split, family: str | None = None) -> NDArray:
    """MFCCs 1 to 12 of the segments of one source; **shape** ``(N_SEGMENTS, 12, n_frames)``.

    Args:
        index: of the source; every odd one has effects.
        split: its part of the seeds.
        family: of the instrument; any when None.
    """
    rng = np.random.default_rng([net.METRIC_SEED, SPLITS[split], index, *(family or "").encode()])
    patch = random_patch(rng, family=family)
    effects = random_effects(rng) if index % 2 else None
    rows = []
    for segment in range(N_SEGMENTS):
        # An instrument is the same one in every register.
        low = 48 if rng.random() < 0.5 else int(rng.integers(33, 61))
        notes = random_phrase(
            rng, duration_s=SEGMENT_S, is_polyphonic=segment % 2 == 1, low=low, high=low + 36
        )
        samples = render(notes, patch, sample_rate=RATE_HZ, duration_s=SEGMENT_S, rng=rng)
        if effects is not None:
            samples = apply_effects(samples, effects, RATE_HZ)
        rows.append(mfcc(Sound(samples, RATE_HZ))[1:])
    return np.stack(rows)


def sources_features(n_sources: int, *, split: Split, family: str | None = None) -> Rendered:
    """`source_features` of the first sources, kept in the cache some at a time."""
    folder = cache_folder() / f"timbre-v{_VERSION}" / (family or "any") / split
    rows: list[Features] = []
    cpu_s = 0.0
    for start in range(0, n_sources, _PER_FILE):
        file = folder / f"{start}.npz"
        if not file.is_file():
            began_s = time.process_time()
            indices = range(start, start + _PER_FILE)
            new = np.stack([source_features(i, split=split, family=family) for i in indices])
            file.parent.mkdir(parents=True, exist_ok=True)
            np.savez(file, features=new.astype(np.float16), cpu_s=time.process_time() - began_s)
            _log.info("rendered %s %s %d", family or "any", split, start + _PER_FILE)
        with np.load(file) as kept:
            rows.append(kept["features"])
            cpu_s += float(kept["cpu_s"])
    return Rendered(np.concatenate(rows)[:n_sources], cpu_s)


def embedded(features: Features, weights: Mapping[str, NDArray]) -> NDArray:
    """Embeddings of segments; **shape** ``(n_sources, n_segments, 64)``."""
    return np.array([[net.forward(net.continued(s), weights) for s in row] for row in features])


def fit(features: Features, *, validation: Features, n_steps: int, seed: int) -> Network:
    """Adam on crops of two segments of some sources, its rate falling to zero along a cosine."""
    torch.manual_seed(seed)
    rng = np.random.default_rng([net.METRIC_SEED, seed])
    network = Network(
        features.mean((0, 1, 3), dtype=np.float64), features.std((0, 1, 3), dtype=np.float64)
    )
    optimiser = torch.optim.AdamW(network.parameters(), lr=_RATE, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=_RATE, total_steps=n_steps, pct_start=0.1
    )
    smooth, began = 0.0, time.monotonic()
    for step in range(n_steps):
        sources = rng.choice(len(features), size=_BATCH, replace=False)
        pairs = np.stack([rng.permutation(N_SEGMENTS)[:2] for _ in sources])
        crops = [
            _crop(features[s, i], rng) for s, pair in zip(sources, pairs, strict=True) for i in pair
        ]
        embeddings = network(torch.from_numpy(np.stack(crops).astype(np.float32)))
        loss = triplet_loss(embeddings.reshape(_BATCH, 2, -1), margin=net.MARGIN)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        smooth += (loss.item() - smooth) / min(step + 1, 100)
        if step % 200 == 199:
            network.eval()
            accuracy = triplet_accuracy(embedded(validation, network.weights()))
            network.train()
            _log.info(
                "step %d: loss %.4f, held out %.4f, %.0f s",
                step + 1,
                smooth,
                accuracy,
                time.monotonic() - began,
            )
    return network.eval()


def _crop(segment: NDArray, rng: np.random.Generator) -> NDArray:
    """Half of the segments whole, the others cut to 2 s or more and continued."""
    n_frames = segment.shape[1]
    if rng.random() < 0.5:
        n_frames = int(np.exp(rng.uniform(np.log(_SHORTEST_FRAMES), np.log(n_frames))))
    start = int(rng.integers(segment.shape[1] - n_frames + 1))
    return net.continued(segment[:, start : start + n_frames])[:, : net.N_FRAMES]


def train(output: Path, *, seed: int, n_sources: int, n_steps: int) -> None:
    """Everything: sounds, fit, accuracy, and both files."""
    sources = sources_features(n_sources, split="train")
    validation = sources_features(_N_VALIDATION, split="validation")
    began_s = time.process_time()
    network = fit(sources.features, validation=validation.features, n_steps=n_steps, seed=seed)
    fitted_s = time.process_time() - began_s
    halves = {name: array.astype(np.float16) for name, array in network.weights().items()}
    weights = {name: array.astype(np.float32) for name, array in halves.items()}
    output.mkdir(parents=True, exist_ok=True)
    file = output / "timbre.npz"
    np.savez(file, **halves)  # type: ignore[arg-type]
    card = {
        "what": "weights of estilo.metrics.timbre_network",
        "data": f"{n_sources} instruments of estilo's synthesiser, all families, every second one "
        f"with effects of its own; {N_SEGMENTS} random phrases of {SEGMENT_S:g} s each, melodies "
        "and polyphony, between A1 and C7; half of them cut to 2 s or more",
        "loss": f"triplet margin {net.MARGIN:g} on cosine distances, all violating triplets of "
        f"two segments of {_BATCH} sources; {n_steps} steps",
        "command": "python -m estilo.evaluation.train_timbre "
        f"--output src/estilo/metrics/weights --seed {seed} --n-sources {n_sources} "
        f"--n-steps {n_steps}",
        "seed": seed,
        "reserved_seed": net.METRIC_SEED,
        "hardware": "one CPU core",
        "minutes_rendering": round((sources.cpu_s + validation.cpu_s) / 60.0, 1),
        "minutes_fitting": round(fitted_s / 60.0, 1),
        "torch": torch.__version__,
        "n_weights": sum(array.size for array in halves.values()),
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "accuracy": {
            "what": "share of triplets in which another phrase of the instrument is nearer than "
            "another instrument; instruments that training has not heard, of any family and of "
            "one family at a time",
            **accuracies(weights),
        },
        "golden": {
            "what": "embedding of a square wave, 220 Hz, amplitude 0.1, 2 s at 16 kHz: "
            "0.1 * sign(sin(2 π 220 t))",
            "embedding": _golden(weights),
        },
    }
    text = json.dumps(card, indent=2, ensure_ascii=False) + "\n"
    (output / "timbre.json").write_text(text, encoding="utf-8")
    _log.info("%s", text)


def _golden(weights: Mapping[str, NDArray]) -> list[float]:
    time_s = np.arange(2 * RATE_HZ) / RATE_HZ
    sound = Sound(0.1 * np.sign(np.sin(2.0 * np.pi * 220.0 * time_s)), RATE_HZ)
    embedding = net.forward(net.continued(mfcc(sound)[1:]), weights)
    return np.round(embedding.astype(float), 4).tolist()


def accuracies(weights: Mapping[str, NDArray]) -> dict[str, float]:
    """Accuracy on instruments of the test split: of any family, and of one family at a time."""
    out = {
        "any": triplet_accuracy(embedded(sources_features(_N_TEST, split="test").features, weights))
    }
    for family in FAMILIES:
        features = sources_features(_N_TEST_OF_FAMILY, split="test", family=family).features
        out[family] = triplet_accuracy(embedded(features, weights))
    return {name: round(accuracy, 4) for name, accuracy in out.items()}


def main() -> None:
    """The command line; see the head of this file."""
    parser = argparse.ArgumentParser(description="Training of the timbre network.")
    parser.add_argument("--output", type=Path, required=True, help="folder of both files")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--n-sources", type=int, default=2000)
    parser.add_argument("--n-steps", type=int, default=3000)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    train(options.output, seed=options.seed, n_sources=options.n_sources, n_steps=options.n_steps)


if __name__ == "__main__":
    main()
