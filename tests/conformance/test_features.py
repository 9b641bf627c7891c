"""What every registered feature network keeps to, whatever it computes."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from estilo.engines.optimise.settings import NetworkSettings, OptimiseSettings
from estilo.errors import InputError
from estilo.features import FEATURES, NOT_FROM_SETTINGS, settings_of
from estilo.features.base import Features

N_BANDS = 12


def _module(generator: torch.Generator) -> Features:
    layers = nn.Sequential(nn.Conv1d(N_BANDS, 6, 3), nn.ReLU(inplace=True), nn.Conv1d(6, 4, 2))
    for parameter in layers.parameters():
        parameter.data.normal_(generator=generator)
    return FEATURES["module"](layers, layers=["0", "2"])


def _built(name: str, **settings: object) -> Callable[[torch.Generator], Features]:
    return lambda generator: FEATURES[name](N_BANDS, generator=generator, **settings)


def _small(name: str) -> Callable[[torch.Generator], Features]:
    settings = NetworkSettings(n_filters=6, kernel=3)
    return lambda generator: FEATURES[name].from_settings(
        settings, n_bands=N_BANDS, generator=generator
    )


# Every network that settings can build is tested as they build it; these beside it.
VARIANTS: dict[str, list[Callable[[torch.Generator], Features]]] = {
    "random-1d": [
        _built("random-1d", n_filters=7, kernel=(3, 5)),
        _built("random-1d", n_filters=7, kernel=4, padding="same", stride=2, bias=True),
        _built("random-1d", n_filters=2, kernel=3, per_band=True, pooling="max", pool_size=3),
    ],
    "random-2d": [
        _built("random-2d", n_filters=5, kernel=(3, 4)),
        _built("random-2d", n_filters=5, kernel=4, padding="same", rows="filters", bias=True),
        _built("random-2d", n_filters=5, kernel=3, stride=(1, 2), pooling="average"),
    ],
    "detectors": [
        _built("detectors", blob_sizes=(3,), padding="same", rows="filters"),
    ],
    "module": [_module],
}
CASES = [
    pytest.param(builder, id=f"{name}-{number}")
    for name in FEATURES
    for number, builder in enumerate(
        [*([] if name in NOT_FROM_SETTINGS else [_small(name)]), *VARIANTS.get(name, [])]
    )
]


@pytest.fixture(params=CASES)
def build(request: pytest.FixtureRequest) -> Callable[[torch.Generator], Features]:
    return request.param


@pytest.fixture
def network(build: Callable[[torch.Generator], Features]) -> Features:
    return build(torch.Generator().manual_seed(3))


def _frames(rng: np.random.Generator, *shape: int) -> torch.Tensor:
    return torch.from_numpy(rng.standard_normal(shape)).float()


def test_every_network_is_one_and_says_what_it_is() -> None:
    assert set(NOT_FROM_SETTINGS) <= set(VARIANTS) <= set(FEATURES)
    assert all(issubclass(FEATURES[name], Features) for name in FEATURES)
    assert all(FEATURES.summary(name) for name in FEATURES)


@pytest.mark.parametrize("name", [name for name in FEATURES if name not in NOT_FROM_SETTINGS])
def test_settings_choose_it_and_it_takes_what_it_says(name: str) -> None:
    assert OptimiseSettings(features=name).features == name
    assert settings_of(name) == FEATURES[name].settings <= set(NetworkSettings.model_fields)


def test_a_batch_equals_item_by_item(network: Features, rng: np.random.Generator) -> None:
    frames = _frames(rng, 3, N_BANDS, 30)
    batch = network(frames)
    for index, item in enumerate(frames):
        lone = network(item)
        assert list(lone) == list(batch)
        for name, maps in lone.items():
            assert maps.ndim == 2
            torch.testing.assert_close(maps, batch[name][index], rtol=1e-4, atol=1e-5)


def test_names_and_filters_are_the_same_at_every_length(
    network: Features, rng: np.random.Generator
) -> None:
    at_lengths = [network(_frames(rng, N_BANDS, n_frames)) for n_frames in (16, 31, 64)]
    assert len({tuple(maps) for maps in at_lengths}) == 1
    for name in at_lengths[0]:
        assert len({maps[name].shape[0] for maps in at_lengths}) == 1
        n_positions = [maps[name].shape[1] for maps in at_lengths]
        assert n_positions == sorted(set(n_positions))


def test_gradient_is_finite_and_reaches_the_frames(
    network: Features, rng: np.random.Generator
) -> None:
    frames = _frames(rng, 2, N_BANDS, 20).requires_grad_()
    sum(maps.square().sum() for maps in network(frames).values()).backward()
    assert frames.grad is not None
    assert torch.isfinite(frames.grad).all()
    assert frames.grad.abs().sum() > 0


def test_silence_gives_finite_maps_and_gradient(network: Features) -> None:
    frames = torch.zeros(N_BANDS, 20, requires_grad=True)
    maps = network(frames)
    sum(map_.square().sum() for map_ in maps.values()).backward()
    assert frames.grad is not None
    assert torch.isfinite(frames.grad).all()
    assert all(torch.isfinite(map_).all() for map_ in maps.values())


def test_nothing_in_it_can_be_trained(network: Features) -> None:
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_the_same_seed_gives_the_same_network(
    build: Callable[[torch.Generator], Features], rng: np.random.Generator
) -> None:
    frames = _frames(rng, N_BANDS, 20)
    first, again = (build(torch.Generator().manual_seed(3)) for _ in range(2))
    for (name, weights), (name_again, weights_again) in zip(
        first.state_dict().items(), again.state_dict().items(), strict=True
    ):
        assert name == name_again
        assert torch.equal(weights, weights_again)
    maps, maps_again = first(frames), again(frames)
    assert all(torch.equal(maps[name], maps_again[name]) for name in maps)


@pytest.mark.parametrize("name", ["random-1d", "random-2d", "module"])
def test_another_seed_gives_another_network(name: str) -> None:
    one, other = (VARIANTS[name][0](torch.Generator().manual_seed(seed)) for seed in (3, 4))
    weights, others = (next(iter(network.state_dict().values())) for network in (one, other))
    assert not torch.equal(weights, others)


def test_the_frames_are_left_as_they_were(network: Features, rng: np.random.Generator) -> None:
    frames = _frames(rng, 2, N_BANDS, 20)
    before = frames.clone()
    network(frames)
    assert torch.equal(frames, before)


def test_maps_follow_the_dtype_of_the_frames(network: Features, rng: np.random.Generator) -> None:
    frames = _frames(rng, N_BANDS, 20)
    for name, maps in network(frames.double()).items():
        assert maps.dtype == torch.float64
        torch.testing.assert_close(maps.float(), network(frames)[name], rtol=1e-4, atol=1e-5)


def test_a_clip_that_is_too_short_is_refused_and_the_shortest_accepted(
    network: Features, rng: np.random.Generator
) -> None:
    shortest = 1
    if network.n_frames_min > 1:
        shortest = network.n_frames_min
    elif type(network) is FEATURES["module"]:
        shortest = 4  # widths 3 and 2, one after the other
    for maps in network(_frames(rng, N_BANDS, shortest)).values():
        assert maps.shape[1] >= 1
    message = rf"clip has {shortest - 1} frames.*the shortest .* takes is {shortest};"
    with pytest.raises(InputError, match=message):
        network(_frames(rng, N_BANDS, shortest - 1))


def test_frames_of_the_wrong_kind_are_refused(network: Features) -> None:
    with pytest.raises(InputError, match=r"\(batch, bands, frames\).*got \(12,\)"):
        network(torch.zeros(N_BANDS))
    with pytest.raises(InputError, match=r"real floats, got torch\.complex64"):
        network(torch.zeros(N_BANDS, 20, dtype=torch.complex64))
    if network.n_bands is not None:
        with pytest.raises(InputError, match="built for 12 bands, got 13"):
            network(torch.zeros(N_BANDS + 1, 20))
