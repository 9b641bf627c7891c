import numpy as np
import pytest
import scipy.signal
import torch

from estilo.errors import SettingsError
from estilo.features.random2d import Random2d


def _generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_maps_are_correlations_over_the_plane(rng: np.random.Generator) -> None:
    frames = rng.standard_normal((9, 20))
    network = Random2d(9, n_filters=4, kernel=(3, 5), activation="none", generator=_generator())
    maps = network(torch.from_numpy(frames))["plane"].numpy()
    weight = network.layer.weight.double().numpy()
    for map_, kernel in zip(maps, weight, strict=True):
        expected = scipy.signal.correlate(frames, kernel[0], mode="valid")
        np.testing.assert_allclose(map_.reshape(expected.shape), expected, atol=1e-12)


def test_rows_can_be_filters(rng: np.random.Generator) -> None:
    frames = torch.from_numpy(rng.standard_normal((9, 20)))
    by_position, by_row = (
        Random2d(9, n_filters=4, kernel=(3, 5), rows=rows, generator=_generator())(frames)["plane"]
        for rows in ("positions", "filters")
    )
    assert by_position.shape == (4, 7 * 16)
    assert by_row.shape == (4 * 7, 16)
    assert torch.equal(by_position.reshape(-1), by_row.reshape(-1))


@pytest.mark.parametrize("kernel", [3, 4, (2, 5)])
def test_same_padding_keeps_the_plane(
    kernel: int | tuple[int, int], rng: np.random.Generator
) -> None:
    frames = torch.from_numpy(rng.standard_normal((9, 20)))
    network = Random2d(
        9, n_filters=2, kernel=kernel, padding="same", rows="filters", generator=_generator()
    )
    assert network(frames)["plane"].shape == (2 * 9, 20)


def test_strides_paddings_and_pooling_per_axis(rng: np.random.Generator) -> None:
    frames = torch.from_numpy(rng.standard_normal((9, 20)))
    network = Random2d(
        9,
        n_filters=2,
        kernel=3,
        stride=(2, 1),
        padding=(1, 0),
        pooling="max",
        pool_size=(1, 3),
        rows="filters",
        generator=_generator(),
    )
    plane = Random2d(
        9, n_filters=2, kernel=3, padding=(1, 0), rows="filters", generator=_generator()
    )(frames)["plane"].reshape(2, 9, 18)
    expected = plane[:, ::2].reshape(2, 5, 6, 3).amax(dim=3)
    torch.testing.assert_close(network(frames)["plane"], expected.reshape(10, 6))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kernel": (10, 3)}, "over 10 bands.*at least 10 bands, got 9"),
        ({"kernel": (3, 3, 3)}, "kernel must be a whole number or 2 of them"),
        ({"n_filters": 0}, "n_filters must be"),
        ({"rows": "bands"}, "'positions' or 'filters', got 'bands'"),
        ({"kernel": 5, "pooling": "max", "pool_size": 6}, "at least 10 bands, got 9"),
    ],
)
def test_settings_out_of_bounds_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Random2d(9, generator=_generator(), **settings)
