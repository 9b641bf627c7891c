import numpy as np
import pytest
import torch

from estilo.dsp.crossfade import crossfade


def _level_db(signal: torch.Tensor) -> float:
    return float(10 * torch.log10(signal.square().mean()))


def _noise(rng: np.random.Generator) -> torch.Tensor:
    return torch.from_numpy(rng.standard_normal((1, 48_000)))


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.7, 1.0])
def test_level_is_kept_whatever_the_correlation(
    correlation: float, rng: np.random.Generator
) -> None:
    leaving, other = _noise(rng), _noise(rng)
    entering = correlation * leaving + (1 - correlation**2) ** 0.5 * other
    joined = crossfade(leaving, entering)
    for part in joined.split(4800, dim=-1):
        assert _level_db(part) == pytest.approx(0.0, abs=0.35)


def test_equal_signals_pass_unchanged(rng: np.random.Generator) -> None:
    noise = _noise(rng)
    torch.testing.assert_close(crossfade(noise, noise), noise)


def test_ends_are_those_of_the_two(rng: np.random.Generator) -> None:
    leaving, entering = _noise(rng), _noise(rng)
    joined = crossfade(leaving, entering)
    assert joined[0, 0] == leaving[0, 0]
    assert joined[0, -1] == entering[0, -1]


def test_opposite_and_silent_signals_stay_bounded(rng: np.random.Generator) -> None:
    noise = _noise(rng)
    for other in (-noise, torch.zeros_like(noise)):
        joined = crossfade(noise, other)
        assert torch.isfinite(joined).all()
        assert joined.abs().max() <= 1.5 * noise.abs().max()
