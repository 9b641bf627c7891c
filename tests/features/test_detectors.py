import pytest
import torch

from estilo.errors import SettingsError
from estilo.features.detectors import Detectors, detector_kernels


def _energies(frames: torch.Tensor) -> dict[str, float]:
    network = Detectors(frames.shape[0], blob_sizes=(5, 9))
    maps = network(frames)["detectors"]
    return dict(zip(network.filter_names, maps.square().sum(dim=1).tolist(), strict=True))


def test_filters_have_zero_mean_unit_norm_and_one_size() -> None:
    kernels = detector_kernels((5, 9))
    assert {tuple(kernel.shape) for kernel in kernels.values()} == {(9, 9)}
    for kernel in kernels.values():
        assert kernel.sum().item() == pytest.approx(0.0, abs=1e-6)
        assert kernel.norm().item() == pytest.approx(1.0, abs=1e-6)


def test_a_constant_leaves_no_trace() -> None:
    assert max(_energies(torch.full((20, 30), 3.0)).values()) < 1e-9


def test_an_onset_is_found_and_told_from_an_offset() -> None:
    frames = torch.zeros(20, 30)
    frames[:, 15:] = 1.0
    energies = _energies(frames)
    assert energies["onset+"] == max(energies.values())
    assert energies["onset-"] == pytest.approx(0.0, abs=1e-9)
    assert _energies(frames.flip(1))["onset+"] == pytest.approx(0.0, abs=1e-9)


def test_a_partial_and_a_click_are_told_apart() -> None:
    partial = torch.zeros(20, 30)
    partial[10] = 1.0
    energies = _energies(partial)
    assert energies["partial+"] == max(energies.values())
    click = torch.zeros(20, 30)
    click[:, 15] = 1.0
    energies = _energies(click)
    assert energies["click+"] == max(energies.values())


def test_glides_up_and_down_are_told_apart() -> None:
    # Energy that starts later the higher the band is the lower right half of a rising glide.
    later_above = (torch.arange(30) >= torch.arange(20)[:, None] + 5).float()
    later_below = (torch.arange(30) >= 25 - torch.arange(20)[:, None]).float()
    energies = _energies(later_above)
    assert energies["rising-"] == max(energies.values())
    energies = _energies(later_below)
    assert energies["falling+"] == max(energies.values())


@pytest.mark.parametrize("size", [5, 9])
def test_a_blob_answers_most_to_its_own_size(size: int) -> None:
    kernel = detector_kernels((5, 9))[f"blob-{size}"]
    frames = torch.zeros(20, 30)
    frames[5:14, 10:19] = kernel.clamp_min(0.0)
    network = Detectors(20, blob_sizes=(5, 9))
    peaks = dict(zip(network.filter_names, network(frames)["detectors"].amax(dim=1), strict=True))
    assert max(peaks, key=lambda name: peaks[name].item()) == f"blob-{size}+"


@pytest.mark.parametrize("sizes", [(4,), (1,), (5, 5)])
def test_sizes_of_blobs_out_of_bounds_are_refused(sizes: tuple[int, ...]) -> None:
    with pytest.raises(SettingsError, match="odd numbers of at least 3 that differ"):
        Detectors(20, blob_sizes=sizes)


def test_too_few_bands_are_refused() -> None:
    with pytest.raises(SettingsError, match="at least 9 bands, got 8"):
        Detectors(8)
