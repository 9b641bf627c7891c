"""Training of the network behind `estilo.metrics.embedding`.

Textures, noises and instruments of `estilo.evaluation.networks.texture_examples`; the network
learns to tell their windows from those of other sources and of their imitations.
"""

import time
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from estilo.analysis.sound import RATE_HZ, Sound
from estilo.evaluation.networks.runner import Trained, Training, learn, rounded
from estilo.evaluation.networks.sources import SPLITS, Rendered, Split, costs, rendered_sources
from estilo.evaluation.networks.texture_examples import IMITATIONS, imitations, random_source
from estilo.evaluation.networks.triplets import triplet_accuracy, triplet_loss
from estilo.metrics import embedding as net
from estilo.metrics.distribution import kernel_audio_distance
from estilo.metrics.timbre_network import METRIC_SEED

SOURCE_S = 8.0
MARGIN = 0.1
N_HIDDEN = 256
_VERSION = 2
_N_VALIDATION = 100
_N_TEST = 200
_N_HALVES = 100
_RATE = 2e-3
_BATCH = 32
_EPSILON = 1e-5
_CHOSEN_OVER = (
    "the statistics alone (above as 'statistics'); one transform of 512 for all bands, a linear "
    "map, and dropout, each worse against most imitations; and a convolutional network of 96 000 "
    "weights on 64 log-mel bands (the same loss on 1200 such sources; 700 steps, 15 minutes "
    "against 2 on one busy core, perhaps not its best). Triplets of windows right, that network "
    "against this one trained on 1000 sources, on 40 other sources: another source 0.995 and "
    "0.995, grains of 100 ms shuffled 0.69 and 0.70, noise 0.97 and 0.98, phases at random (n_fft "
    "512) 0.79 and 0.89; on 10 recordings, mostly of music and speech: 0.99 and 0.96, 0.69 and "
    "0.63, 0.84 and 0.86, 0.62 and 0.74. The convolutions tell recordings and their shuffled "
    "grains apart better, fine structure in time worse"
)

Embed = Callable[[NDArray], NDArray]


class Network(nn.Module):
    """The same computation as `estilo.metrics.embedding.forward`, with gradients.

    **Shape**: ``(n, 598)`` to ``(n, 96)``, not yet of length 1.

    Args:
        mean: mean of the statistics over the training data; **shape** ``(598,)``.
        deviation: their standard deviation.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, mean: NDArray, deviation: NDArray) -> None:
        super().__init__()
        self.register_buffer("mean", torch.from_numpy(mean.astype(np.float32)))
        self.register_buffer("deviation", torch.from_numpy(deviation.astype(np.float32)))
        self.layers = nn.Sequential(
            nn.Linear(net.N_STATISTICS, N_HIDDEN),
            nn.BatchNorm1d(N_HIDDEN, eps=_EPSILON),
            nn.ReLU(),
            nn.Linear(N_HIDDEN, net.N_DIMENSIONS),
        )

    def forward(self, statistics: Tensor) -> Tensor:
        """Embeddings; see the class."""
        return self.layers((statistics - self.mean) / self.deviation)

    def weights(self) -> dict[str, NDArray]:
        """The weights in the form that `estilo.metrics.embedding.forward` takes."""
        state = dict(self.layers.named_parameters()) | dict(self.layers.named_buffers())
        arrays = {name: tensor.detach().double().numpy() for name, tensor in state.items()}
        gain = arrays["1.weight"] / np.sqrt(arrays["1.running_var"] + _EPSILON)
        taps = arrays["0.weight"] * gain[:, None] / self.deviation.numpy()
        bias = arrays["1.bias"] + gain * (arrays["0.bias"] - arrays["1.running_mean"])
        out = {
            "layer0": taps.T,
            "layer0_bias": bias - taps @ self.mean.numpy(),
            "layer1": arrays["3.weight"].T,
            "layer1_bias": arrays["3.bias"],
        }
        return {name: array.astype(np.float32) for name, array in out.items()}


def source_statistics(index: int, *, split: Split) -> NDArray:
    """Statistics of the windows of a source and its imitations, one window a second.

    **Shape**: ``(4, n_windows, 598)``.

    Args:
        index: index of the source.
        split: its part of the seeds.
    """
    rng = np.random.default_rng([METRIC_SEED, SPLITS[split], index, *b"embedding"])
    source = random_source(rng, duration_s=SOURCE_S)
    return np.stack(
        [
            net.texture_statistics(Sound(waveform, RATE_HZ), hop_s=net.WINDOW_S)
            for waveform in (source, *imitations(source, rng))
        ]
    )


def sources_statistics(n_sources: int, *, split: Split) -> Rendered:
    """`source_statistics` of the first sources.

    **Shape**: features ``(n_sources, 4, n_windows, 598)``, the source itself first.

    Args:
        n_sources: number of sources.
        split: their part of the seeds.
    """
    return rendered_sources(
        n_sources,
        folder=f"embedding-v{_VERSION}/{split}",
        features_of=partial(source_statistics, split=split),
    )


def fit(statistics: NDArray, *, validation: NDArray, n_steps: int, seed: int) -> Network:
    """Train on two windows of some sources and of all their imitations, each its own class.

    **Shape**: statistics and validation ``(n_sources, 4, n_windows, 598)``.

    Args:
        statistics: statistics of the sources to learn from.
        validation: statistics of other sources, whose accuracies are printed on the way.
        n_steps: number of steps.
        seed: random seed of the first weights and of all draws.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng([METRIC_SEED, seed])
    network = Network(
        statistics.mean((0, 1, 2), dtype=np.float64),
        statistics.std((0, 1, 2), dtype=np.float64) + 1e-3,
    )

    def loss_of(_step: int) -> Tensor:
        sources = rng.choice(len(statistics), size=_BATCH, replace=False)
        windows = np.concatenate(
            [
                statistics[source, kind, rng.choice(statistics.shape[2], 2, replace=False)]
                for source in sources
                for kind in range(statistics.shape[1])
            ]
        )
        embeddings = network(torch.from_numpy(windows.astype(np.float32)))
        return triplet_loss(embeddings.reshape(len(windows) // 2, 2, -1), margin=MARGIN)

    learn(
        network,
        loss_of,
        n_steps=n_steps,
        rate=_RATE,
        weight_decay=1e-2,
        warm_up=0.1,
        watch=lambda: window_accuracies(
            validation, partial(net.forward, weights=network.weights())
        ),
        watch_every=500,
    )
    return network


def window_accuracies(statistics: NDArray, embed: Embed) -> dict[str, float]:
    """Share of triplets of windows in which another of the source is nearer than a negative.

    Args:
        statistics: statistics of sources and imitations, as from `sources_statistics`.
        embed: rows of statistics to rows whose cosine distances count.

    Returns:
        By what the negative is of: another source, or an imitation of the same one.
    """
    n_sources, n_kinds, n_windows, _ = statistics.shape
    rows = embed(statistics.reshape(-1, statistics.shape[-1]).astype(np.float32))
    rows = rows.reshape(n_sources, n_kinds, n_windows, -1)
    out = {"other source": triplet_accuracy(rows[:, 0])}
    for kind, name in enumerate(IMITATIONS, 1):
        pairs = [_one_way(source[[0, kind]]) for source in rows]
        out[name] = float(np.mean(pairs))
    return {name: round(value, 4) for name, value in out.items()}


def _one_way(pair: NDArray) -> float:
    """As `triplet_accuracy` of two sources, anchors being of the first alone."""
    flat = pair / np.maximum(np.linalg.norm(pair, axis=2, keepdims=True), 1e-12)
    own, other = flat[0] @ flat[0].T, flat[0] @ flat[1].T
    is_pair = ~np.eye(len(own), dtype=bool)
    return float((own[is_pair].reshape(len(own), -1, 1) > other[:, None]).mean())


def kad_accuracies(n_sources: int, embed: Embed) -> dict[str, float]:
    """How often a kernel audio distance puts a recording's first half before its imitation.

    Both are held against the second half.

    Args:
        n_sources: number of sources of the test split, 16 s each.
        embed: function from statistics to embeddings, as in `window_accuracies`.

    Returns:
        Share of the sources, by the kind of imitation.
    """
    right: dict[str, list[bool]] = {name: [] for name in IMITATIONS}
    for index in range(n_sources):
        rng = np.random.default_rng([METRIC_SEED, SPLITS["test"], index, *b"halves"])
        first, second = np.split(random_source(rng, duration_s=2 * SOURCE_S), 2)
        rows = [
            embed(net.texture_statistics(Sound(waveform, RATE_HZ)))
            for waveform in (second, first, *imitations(first, rng))
        ]
        distances = [kernel_audio_distance(candidate, rows[0]) for candidate in rows[1:]]
        for name, distance in zip(IMITATIONS, distances[1:], strict=True):
            right[name].append(distances[0] < distance)
    return {name: round(float(np.mean(values)), 4) for name, values in right.items()}


def standardised(statistics: NDArray) -> Embed:
    """What the network is compared with: the statistics themselves, each of unit deviation."""
    mean = statistics.mean((0, 1, 2), dtype=np.float64)
    deviation = statistics.std((0, 1, 2), dtype=np.float64) + 1e-3
    return lambda rows: (rows - mean) / deviation


def train(*, seed: int, n_sources: int, n_steps: int) -> Trained:
    """Render, train and judge.

    Args:
        seed: random seed of the training; the sounds have seeds of their own.
        n_sources: number of sources to learn from.
        n_steps: number of steps of the training.
    """
    sources = sources_statistics(n_sources, split="train")
    validation = sources_statistics(_N_VALIDATION, split="validation")
    test = sources_statistics(_N_TEST, split="test").features
    began_s = time.process_time()
    network = fit(sources.features, validation=validation.features, n_steps=n_steps, seed=seed)
    fitted_s = time.process_time() - began_s
    weights = rounded(network.weights())
    embeds: dict[str, Embed] = {
        "network": partial(net.forward, weights=weights),
        "statistics": standardised(sources.features),
    }
    about = {
        "what": "weights of estilo.metrics.embedding",
        "data": f"{n_sources} sources of {SOURCE_S:g} s from estilo's synthesiser: textures, "
        "layered noises and grains, instruments, two in five with effects; and three imitations of "
        "each: grains in another order, noise of its average spectrum, phases at random",
        "loss": f"triplet margin {MARGIN:g} on cosine distances, all violating triplets of two "
        f"windows of {_BATCH} sources and their imitations; {n_steps} steps",
    }
    figures = {
        "reserved_seed": METRIC_SEED,
        **costs(sources, validation, fitted_s=fitted_s),
        "accuracy": {
            "what": f"on {_N_TEST} sources that training has not heard, share of triplets of "
            "windows in which another window of the source is nearer than one of another source or "
            f"of an imitation; and on {_N_HALVES} such sources, share in which the kernel audio "
            "distance to the second half is less for the first half than for its imitation",
            **{
                name: {
                    "windows": window_accuracies(test, embed),
                    "kad": kad_accuracies(_N_HALVES, embed),
                }
                for name, embed in embeds.items()
            },
        },
        "chosen_over": _CHOSEN_OVER,
        "golden": {
            "what": "embedding of the first second of sin(1000 t²), t in seconds, at 16 kHz",
            "embedding": _golden(weights),
        },
    }
    return Trained(weights, about, figures)


def _golden(weights: Mapping[str, NDArray]) -> list[float]:
    time_s = np.arange(RATE_HZ) / RATE_HZ
    statistics = net.texture_statistics(Sound(np.sin(1000.0 * time_s**2), RATE_HZ))
    return np.round(net.forward(statistics, weights)[0].astype(float), 4).tolist()


TRAINING = Training(
    name="embedding",
    title="The embedding of textures (estilo.metrics.embedding).",
    folder="estilo/metrics/weights",
    counts={"n_sources": 2000, "n_steps": 4000},
    train=train,
)
