import numpy as np
import pytest
import torch

from estilo.errors import InputError, SettingsError
from estilo.losses.feature_content import FeatureContent


def test_value_is_the_scaled_sum_or_mean_of_squares(rng: np.random.Generator) -> None:
    maps, content = rng.standard_normal((2, 6, 9))
    squares = (maps - content) ** 2
    for reduction, expected in (("sum", squares.sum()), ("mean", squares.mean())):
        term = FeatureContent(scale=1e-2, reduction=reduction)
        target = term.prepare([torch.from_numpy(content)], [1.0])
        assert term.forward(torch.from_numpy(maps), target).item() == pytest.approx(1e-2 * expected)


def test_zero_when_equal_and_the_order_of_positions_counts(rng: np.random.Generator) -> None:
    content = torch.from_numpy(rng.standard_normal((6, 9)))
    term = FeatureContent()
    target = term.prepare([content], [1.0])
    assert term.forward(content, target).item() == 0.0
    assert term.forward(content.flip(1), target).item() > 1.0


def test_gradient(rng: np.random.Generator) -> None:
    maps, content = torch.from_numpy(rng.standard_normal((2, 6, 9)))
    maps.requires_grad_()
    term = FeatureContent(scale=0.5)
    term.forward(maps, term.prepare([content], [1.0])).backward()
    torch.testing.assert_close(maps.grad, (maps - content).detach())


def test_other_shapes_are_refused_in_words() -> None:
    term = FeatureContent()
    target = term.prepare([torch.zeros(6, 9)], [1.0])
    message = r"candidate \(6, 10\) and content \(6, 9\).*at the same length"
    with pytest.raises(InputError, match=message):
        term.forward(torch.zeros(6, 10), target)
    # Not broadcast either.
    with pytest.raises(InputError, match=r"\(6, 1\)"):
        term.forward(torch.zeros(6, 1), target)


def test_one_content_only() -> None:
    with pytest.raises(InputError, match="takes one reference, got 2"):
        FeatureContent().prepare([torch.zeros(2, 3)] * 2, [0.5, 0.5])


def test_settings_out_of_bounds_are_refused() -> None:
    with pytest.raises(SettingsError, match="scale must be positive, got 0"):
        FeatureContent(scale=0)
    with pytest.raises(SettingsError, match="'sum' or 'mean', got 'max'"):
        FeatureContent(reduction="max")  # pyright: ignore[reportArgumentType]
