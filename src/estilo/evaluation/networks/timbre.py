"""Training of the network behind `estilo.metrics.timbre_network`.

Random phrases on random instruments of estilo's synthesiser, half of them through a chain of
effects of their own; the network learns to tell the sources apart.
"""

import time
from collections.abc import Mapping
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from estilo.analysis.sound import RATE_HZ, Sound
from estilo.analysis.spectra import mfcc
from estilo.evaluation.networks.runner import Trained, Training, learn, rounded
from estilo.evaluation.networks.sources import SPLITS, Rendered, Split, costs, rendered_sources
from estilo.evaluation.networks.triplets import triplet_accuracy, triplet_loss
from estilo.metrics import timbre_network as net
from estilo.synthesis.effects import apply_effects, random_effects
from estilo.synthesis.notes import random_phrase
from estilo.synthesis.patches import FAMILIES, random_patch, render

N_SEGMENTS = 4
"""Phrases of each source: melodies and polyphony in turn."""

SEGMENT_S = 8.0
_VERSION = 1
_N_VALIDATION = 200
_N_TEST = 300
_N_TEST_OF_FAMILY = 100
_RATE = 2e-3
_EPSILON = 1e-5
_BATCH = 48
_SHORTEST_FRAMES = 64  # 2 s


class Network(nn.Module):
    """The same computation as `estilo.metrics.timbre_network.forward`, with gradients.

    **Shape**: input ``(batch, N_INPUTS, n_frames)``; output ``(batch, N_CHANNELS)``.

    Args:
        mean: mean of the inputs over the training data; **shape** ``(N_INPUTS,)``.
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
        """The weights in the form that `estilo.metrics.timbre_network.forward` takes."""
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


def source_features(index: int, *, split: Split, family: str | None = None) -> NDArray:
    """MFCCs 1 to 12 of the segments of one source; **shape** ``(N_SEGMENTS, 12, n_frames)``.

    Args:
        index: index of the source; every odd one has effects.
        split: its part of the seeds.
        family: family of the instrument; any when None.
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
    """`source_features` of the first sources.

    **Shape**: features ``(n_sources, N_SEGMENTS, 12, n_frames)``.

    Args:
        n_sources: number of sources.
        split: their part of the seeds.
        family: family of the instruments; any when None.
    """
    return rendered_sources(
        n_sources,
        folder=f"timbre-v{_VERSION}/{family or 'any'}/{split}",
        features_of=partial(source_features, split=split, family=family),
    )


def embedded(features: NDArray, weights: Mapping[str, NDArray]) -> NDArray:
    """Embeddings of segments; **shape** ``(n_sources, n_segments, 64)``.

    Args:
        features: features, as from `sources_features`.
        weights: weights, as from `Network.weights`.
    """
    return np.array([[net.forward(net.continued(s), weights) for s in row] for row in features])


def fit(features: NDArray, *, validation: NDArray, n_steps: int, seed: int) -> Network:
    """Train on crops of two segments of some sources at a time.

    **Shape**: features and validation ``(n_sources, N_SEGMENTS, 12, n_frames)``.

    Args:
        features: features of the sources to learn from.
        validation: features of other sources, whose accuracy is printed on the way.
        n_steps: number of steps.
        seed: random seed of the first weights and of all draws.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng([net.METRIC_SEED, seed])
    network = Network(
        features.mean((0, 1, 3), dtype=np.float64), features.std((0, 1, 3), dtype=np.float64)
    )

    def loss_of(_step: int) -> Tensor:
        sources = rng.choice(len(features), size=_BATCH, replace=False)
        pairs = np.stack([rng.permutation(N_SEGMENTS)[:2] for _ in sources])
        crops = [
            _crop(features[s, i], rng) for s, pair in zip(sources, pairs, strict=True) for i in pair
        ]
        embeddings = network(torch.from_numpy(np.stack(crops).astype(np.float32)))
        return triplet_loss(embeddings.reshape(_BATCH, 2, -1), margin=net.MARGIN)

    learn(
        network,
        loss_of,
        n_steps=n_steps,
        rate=_RATE,
        weight_decay=1e-2,
        warm_up=0.1,
        watch=lambda: round(triplet_accuracy(embedded(validation, network.weights())), 4),
    )
    return network


def _crop(segment: NDArray, rng: np.random.Generator) -> NDArray:
    """Half of the segments whole, the others cut to 2 s or more and continued."""
    n_frames = segment.shape[1]
    if rng.random() < 0.5:
        n_frames = int(np.exp(rng.uniform(np.log(_SHORTEST_FRAMES), np.log(n_frames))))
    start = int(rng.integers(segment.shape[1] - n_frames + 1))
    return net.continued(segment[:, start : start + n_frames])[:, : net.N_FRAMES]


def train(*, seed: int, n_sources: int, n_steps: int) -> Trained:
    """Render, train and judge.

    Args:
        seed: random seed of the training; the sounds have seeds of their own.
        n_sources: instruments to learn from.
        n_steps: number of steps of the training.
    """
    sources = sources_features(n_sources, split="train")
    validation = sources_features(_N_VALIDATION, split="validation")
    began_s = time.process_time()
    network = fit(sources.features, validation=validation.features, n_steps=n_steps, seed=seed)
    fitted_s = time.process_time() - began_s
    weights = rounded(network.weights())
    about = {
        "what": "weights of estilo.metrics.timbre_network",
        "data": f"{n_sources} instruments of estilo's synthesiser, all families, every second one "
        f"with effects of its own; {N_SEGMENTS} random phrases of {SEGMENT_S:g} s each, melodies "
        "and polyphony, between A1 and C7; half of them cut to 2 s or more",
        "loss": f"triplet margin {net.MARGIN:g} on cosine distances, all violating triplets of "
        f"two segments of {_BATCH} sources; {n_steps} steps",
    }
    figures = {
        "reserved_seed": net.METRIC_SEED,
        **costs(sources, validation, fitted_s=fitted_s),
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
    return Trained(weights, about, figures)


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


TRAINING = Training(
    name="timbre",
    title="The network that tells instruments apart (estilo.metrics.timbre_network).",
    folder="estilo/metrics/weights",
    counts={"n_sources": 2000, "n_steps": 3000},
    train=train,
)
