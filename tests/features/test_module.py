import numpy as np
import pytest
import torch
from torch import nn

from estilo.errors import InputError, SettingsError
from estilo.features.module import ModuleFeatures


def _image_network() -> nn.Sequential:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(1, 4, 3),
            nn.ReLU(inplace=True),
            nn.Sequential(nn.Conv2d(4, 6, 3), nn.BatchNorm2d(6), nn.Dropout(0.5)),
            nn.Flatten(),
        )


def _as_image(frames: torch.Tensor) -> torch.Tensor:
    return frames[:, None]


def test_layers_of_a_network_over_images_become_maps(rng: np.random.Generator) -> None:
    module = _image_network()
    network = ModuleFeatures(module, layers=["2.1", "0"], adapt=_as_image)
    frames = torch.from_numpy(rng.standard_normal((2, 10, 12))).float()
    maps = network(frames)
    assert list(maps) == ["2.1", "0"]
    # Not what the ReLU, which works in place, makes of it.
    expected = module[0](frames[:, None]).flatten(2)
    torch.testing.assert_close(maps["0"], expected)
    assert (maps["0"] < 0).any()
    module.eval()
    torch.testing.assert_close(
        maps["2.1"], module[:2].append(module[2])(frames[:, None]).flatten(2)
    )


def test_the_module_is_left_as_it_was(rng: np.random.Generator) -> None:
    module = _image_network().train()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    network = ModuleFeatures(module, layers=["0", "2.2"], adapt=_as_image)
    network.train()
    network(torch.from_numpy(rng.standard_normal((2, 10, 12))).float())
    assert all(parameter.requires_grad for parameter in module.parameters())
    assert all(part.training for part in module.modules())
    assert not any(part._forward_hooks for part in module.modules())
    assert not any(part._forward_hooks for part in network.modules())
    assert not any(part.training for part in network.modules())
    assert all(torch.equal(module.state_dict()[name], before[name]) for name in before)


def test_training_the_module_further_does_not_move_the_features() -> None:
    module = nn.Sequential(nn.Conv1d(5, 3, 2))
    network = ModuleFeatures(module, layers=["0"])
    frames = torch.ones(5, 8)
    before = network(frames)["0"]
    with torch.no_grad():
        module[0].weight.add_(1.0)
    assert torch.equal(network(frames)["0"], before)


def test_without_layers_the_output_is_the_map() -> None:
    network = ModuleFeatures(nn.Conv1d(5, 3, 2))
    assert {name: map_.shape for name, map_ in network(torch.ones(5, 8)).items()} == {
        "output": (3, 7)
    }


def test_a_layer_that_gives_a_tuple_counts_by_its_first_tensor() -> None:
    network = ModuleFeatures(
        nn.LSTM(5, 3, batch_first=True), adapt=lambda frames: frames.transpose(1, 2)
    )
    assert network(torch.ones(5, 8))["output"].shape == (8, 3)


class _Shared(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.activation = nn.ReLU()
        self.idle = nn.ReLU()

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        return self.activation(self.activation(frames) - 1.0)


def test_of_a_layer_that_runs_twice_the_last_output_counts() -> None:
    maps = ModuleFeatures(_Shared(), layers=["activation"])(torch.full((2, 3), 1.5))
    torch.testing.assert_close(maps["activation"], torch.full((2, 3), 0.5))


def test_a_layer_that_never_runs_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"never calls the layers idle; choose .*activation"):
        ModuleFeatures(_Shared(), layers=["idle"])(torch.ones(2, 3))


def test_unknown_layers_are_refused_with_the_known_ones() -> None:
    with pytest.raises(SettingsError, match=r"no layer 'conv1'; its layers are: 0, 1, 2, 2\.0"):
        ModuleFeatures(_image_network(), layers=["0", "conv1"])
    for layers in ([], ["0", "0"]):
        with pytest.raises(SettingsError, match="one name or several that differ"):
            ModuleFeatures(_image_network(), layers=layers)


def test_outputs_that_are_no_maps_are_refused() -> None:
    frames = torch.ones(10, 12)
    with pytest.raises(SettingsError, match=r"layer '3' gives the shape \(1, 288\)"):
        ModuleFeatures(_image_network(), layers=["3"], adapt=_as_image)(frames)
    with pytest.raises(SettingsError, match=r"torch\.complex64, not real"):
        ModuleFeatures(_Spectrum())(frames)
    with pytest.raises(SettingsError, match="gives dict, not a tensor"):
        ModuleFeatures(_Named())(frames)


class _Spectrum(nn.Module):
    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        return torch.fft.rfft(frames)


class _Named(nn.Module):
    def forward(self, frames: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"maps": frames}


class _Uncopyable(nn.Module):
    def __deepcopy__(self, memo: dict) -> nn.Module:
        raise RuntimeError("only leaves")


def test_a_module_that_cannot_be_copied_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"cannot be copied \(only leaves\); remove"):
        ModuleFeatures(_Uncopyable())


def test_the_shortest_clip_is_found_through_strides() -> None:
    # (8 - 4) / 4 + 1 = 2 positions, which the second layer needs.
    network = ModuleFeatures(nn.Sequential(nn.Conv1d(5, 3, 4, stride=4), nn.Conv1d(3, 2, 2)))
    assert network(torch.ones(5, 8))["output"].shape == (2, 1)
    for n_frames in (1, 5, 7):
        message = f"has {n_frames} frames, the shortest .* is 8;"
        with pytest.raises(InputError, match=message):
            network(torch.ones(5, n_frames))


def test_a_failure_of_another_kind_is_not_called_too_short() -> None:
    with pytest.raises(RuntimeError, match="channels"):
        ModuleFeatures(nn.Conv1d(5, 3, 4))(torch.ones(6, 8))
