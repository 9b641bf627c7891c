import math
from collections.abc import Callable

import numpy as np
import pytest
import scipy.signal
import torch

from estilo.errors import SettingsError
from estilo.features.initialisers import INITIALISERS, lebedev_deviation
from estilo.features.random1d import Random1d


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _weight(network: Random1d, name: str) -> torch.Tensor:
    return network.get_buffer(f"banks.{name}.weight")


def test_maps_are_correlations_with_the_filters(rng: np.random.Generator) -> None:
    frames = rng.standard_normal((5, 30))
    network = Random1d(5, n_filters=4, kernel=(3, 6), activation="none", generator=_generator())
    maps = network(torch.from_numpy(frames))
    for width in (3, 6):
        weight = _weight(network, f"width-{width}").double().numpy()
        for map_, filters in zip(maps[f"width-{width}"].numpy(), weight, strict=True):
            expected = scipy.signal.correlate(frames, filters, mode="valid")[0]
            np.testing.assert_allclose(map_, expected, atol=1e-12)


@pytest.mark.parametrize(("stride", "kernel"), [(1, 3), (1, 4), (2, 3), (3, 4), (2, 1)])
def test_same_padding_keeps_the_frames_and_strides_skip(
    stride: int, kernel: int, rng: np.random.Generator
) -> None:
    frames = rng.standard_normal((5, 29))
    network = Random1d(
        5,
        n_filters=3,
        kernel=kernel,
        stride=stride,
        padding="same",
        activation="none",
        generator=_generator(),
    )
    weight = _weight(network, f"width-{kernel}").double().numpy()
    padded = np.pad(frames, [(0, 0), ((kernel - 1) // 2, kernel // 2)])
    expected = scipy.signal.correlate(padded, weight[0], mode="valid")[0]
    assert len(expected) == 29
    got = network(torch.from_numpy(frames))[f"width-{kernel}"][0].numpy()
    np.testing.assert_allclose(got, expected[::stride], atol=1e-12)


def test_each_band_has_its_own_filters_and_sees_no_other(rng: np.random.Generator) -> None:
    frames = rng.standard_normal((5, 30))
    network = Random1d(
        5, n_filters=2, kernel=3, per_band=True, activation="none", generator=_generator()
    )
    maps = network(torch.from_numpy(frames))["width-3"].numpy()
    weight = _weight(network, "width-3").double().numpy()
    assert maps.shape == (10, 28)
    for row, (map_, filters) in enumerate(zip(maps, weight, strict=True)):
        expected = scipy.signal.correlate(frames[row // 2], filters[0], mode="valid")
        np.testing.assert_allclose(map_, expected, atol=1e-12)


def test_pooling_takes_blocks_of_positions(rng: np.random.Generator) -> None:
    frames = torch.from_numpy(rng.standard_normal((5, 30)))

    def maps(pooling: str) -> np.ndarray:
        network = Random1d(
            5, n_filters=3, kernel=3, pooling=pooling, pool_size=4, generator=_generator()
        )
        return network(frames)["width-3"].numpy()

    blocks = maps("none").reshape(3, 7, 4)
    np.testing.assert_allclose(maps("max"), blocks.max(axis=2))
    np.testing.assert_allclose(maps("average"), blocks.mean(axis=2))


@pytest.mark.parametrize(
    ("activation", "expected"),
    [
        ("none", lambda x: x),
        ("relu", lambda x: np.maximum(x, 0)),
        ("tanh", np.tanh),
        ("elu", lambda x: np.where(x > 0, x, np.expm1(x))),
        ("abs", np.abs),
        ("sigmoid", lambda x: 1 / (1 + np.exp(-x))),
        ("softplus", lambda x: np.log1p(np.exp(x))),
        ("leaky-relu", lambda x: np.where(x > 0, x, 0.01 * x)),
        ("cosine", np.cos),
    ],
)
def test_activations(
    activation: str, expected: Callable[[np.ndarray], np.ndarray], rng: np.random.Generator
) -> None:
    frames = torch.from_numpy(rng.standard_normal((5, 30)))
    linear, network = (
        Random1d(5, n_filters=3, kernel=3, activation=name, generator=_generator())
        for name in ("none", activation)
    )
    np.testing.assert_allclose(
        network(frames)["width-3"], expected(linear(frames)["width-3"].numpy()), atol=1e-12
    )


def test_weights_of_lebedev_and_ulyanov() -> None:
    # 1025 bands, 4096 filters, width 11: the number in the published notebook's formula.
    assert lebedev_deviation(1025, 4096, 11) == pytest.approx(0.00843, abs=5e-6)
    weight = _weight(Random1d(200, n_filters=300, kernel=11, generator=_generator()), "width-11")
    assert weight.std().item() == pytest.approx(math.sqrt(4 / (500 * 11)), rel=0.01)
    assert weight.mean().item() == pytest.approx(0.0, abs=1e-4)


def test_weights_of_he() -> None:
    network = Random1d(200, n_filters=300, kernel=11, initialiser="he", generator=_generator())
    expected = math.sqrt(2 / (200 * 11))
    assert _weight(network, "width-11").std().item() == pytest.approx(expected, rel=0.01)


def test_uniform_weights_and_biases_are_those_of_a_torch_convolution() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(5)
        convolution = torch.nn.Conv1d(20, 30, 3)
    network = Random1d(
        20, n_filters=30, kernel=3, bias=True, initialiser="uniform", generator=_generator(5)
    )
    assert convolution.bias is not None
    torch.testing.assert_close(_weight(network, "width-3"), convolution.weight.detach())
    torch.testing.assert_close(network.get_buffer("banks.width-3.bias"), convolution.bias.detach())


def test_no_initialiser_is_left_untested() -> None:
    assert set(INITIALISERS) == {"lebedev", "he", "uniform"}


def _arccos_kernel(p: np.ndarray, q: np.ndarray, scale: float) -> np.ndarray:
    """Arc-cosine kernel of order 1 between rows, Cho & Saul (2009), equation 3."""
    norms = np.linalg.norm(p, axis=1)[:, None] * np.linalg.norm(q, axis=1)
    theta = np.arccos(np.clip(p @ q.T / norms, -1, 1))
    return scale / (2 * np.pi) * norms * (np.sin(theta) + (np.pi - theta) * np.cos(theta))


def test_more_filters_converge_to_the_arc_cosine_kernel(rng: np.random.Generator) -> None:
    frames = rng.standard_normal((6, 7)) + 0.5
    patches = np.stack([frames[:, t : t + 3].ravel() for t in range(5)])
    counts = [64, 256, 1024, 4096]
    errors = []
    for n_filters in counts:
        scale = n_filters * lebedev_deviation(6, n_filters, 3) ** 2
        expected = _arccos_kernel(patches, patches, scale)
        per_seed = []
        for seed in range(24):
            network = Random1d(
                6, n_filters=n_filters, kernel=3, generator=_generator(100 * seed + n_filters)
            )
            maps = network(torch.from_numpy(frames))["width-3"].numpy()
            per_seed.append(np.linalg.norm(maps.T @ maps - expected) / np.linalg.norm(expected))
        errors.append(np.mean(per_seed))
    slope = np.polyfit(np.log(counts), np.log(errors), 1)[0]
    assert -0.65 < slope < -0.35
    assert errors[-1] < 0.05


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kernel": ()}, "kernel must be one width"),
        ({"kernel": (3, 3)}, "several that differ"),
        ({"kernel": 0}, "kernel must be .*at least 1"),
        ({"n_filters": 0}, "n_filters must be a whole number, at least 1, got 0"),
        ({"stride": 0}, "stride must be"),
        ({"padding": -1}, "padding must be .*at least 0"),
        ({"padding": "sane"}, "'valid', 'same' or a number, got 'sane'"),
        ({"pooling": "mean"}, "unknown pooling 'mean'"),
        ({"pool_size": 0}, "pool_size must be"),
        ({"activation": "rely"}, "did you mean 'relu'"),
        ({"initialiser": "lebedew"}, "did you mean 'lebedev'"),
    ],
)
def test_settings_out_of_bounds_are_refused(settings: dict, message: str) -> None:
    small = {"n_filters": 2, "kernel": 3}
    with pytest.raises(SettingsError, match=message):
        Random1d(4, generator=_generator(), **(small | settings))
