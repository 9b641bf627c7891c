import itertools

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from estilo.errors import InputError, SettingsError
from estilo.features.random1d import Random1d
from estilo.losses.gram import Form, GramLoss, cheaper_form, count_multiplications

FORMS: tuple[Form, Form] = ("primal", "dual")


def _maps(rng: np.random.Generator, n_filters: int, n_positions: int) -> torch.Tensor:
    """Maps as a ReLU makes them, with silent positions among them."""
    maps = np.maximum(rng.standard_normal((n_filters, n_positions)) + 0.3, 0.0)
    maps[:, :: max(2, n_positions // 3)] = 0.0
    return torch.from_numpy(maps)


def _gram(maps: torch.Tensor, normaliser: float) -> np.ndarray:
    return maps.numpy() @ maps.numpy().T / normaliser


def _value_and_gradient(
    term: GramLoss, candidate: torch.Tensor, styles: list[torch.Tensor], weights: list[float]
) -> tuple[float, torch.Tensor]:
    candidate = candidate.clone().requires_grad_()
    loss = term.forward(candidate, term.prepare(styles, weights))
    loss.backward()
    assert candidate.grad is not None
    return loss.item(), candidate.grad


# Fewer filters than positions, more, as many; short and long styles.
SIZES = [(5, 30, 20), (60, 12, 7), (60, 7, 12), (20, 20, 20), (30, 12, 45), (40, 1, 1)]


@pytest.mark.parametrize(("n_filters", "n_positions", "n_style"), SIZES)
def test_golden_both_forms_agree_with_the_definition(
    n_filters: int, n_positions: int, n_style: int, rng: np.random.Generator
) -> None:
    candidate, style = _maps(rng, n_filters, n_positions), _maps(rng, n_filters, n_style)
    difference = _gram(candidate, n_positions) - _gram(style, n_style)
    gradient = 4 / n_positions * difference @ candidate.numpy()
    for form in FORMS:
        value, got = _value_and_gradient(GramLoss(form=form), candidate, [style], [1.0])
        assert value == pytest.approx(np.sum(difference**2), rel=1e-12)
        np.testing.assert_allclose(got, gradient, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("n_filters", "n_positions", "n_style"), SIZES)
def test_golden_both_forms_agree_for_several_weighted_styles(
    n_filters: int, n_positions: int, n_style: int, rng: np.random.Generator
) -> None:
    candidate = _maps(rng, n_filters, n_positions)
    styles = [_maps(rng, n_filters, n_style + extra) for extra in (0, 3, 1)]
    weights = [0.5, 0.2, 0.3]
    mean = sum(
        weight * _gram(style, style.shape[1]) for weight, style in zip(weights, styles, strict=True)
    )
    difference = _gram(candidate, n_positions) - mean
    for form in FORMS:
        value, got = _value_and_gradient(GramLoss(form=form), candidate, styles, weights)
        assert value == pytest.approx(np.sum(difference**2), rel=1e-12)
        expected = 4 / n_positions * difference @ candidate.numpy()
        np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-12)


def test_golden_both_forms_agree_with_the_same_random_network(rng: np.random.Generator) -> None:
    network = Random1d(10, n_filters=64, kernel=3, generator=torch.Generator().manual_seed(1))
    content, style = torch.from_numpy(rng.standard_normal((2, 10, 20)))
    results = []
    for form in FORMS:
        term = GramLoss(form=form)
        target = term.prepare([network(style)["width-3"]], [1.0])
        frames = content.clone().requires_grad_()
        loss = term.forward(network(frames)["width-3"], target)
        loss.backward()
        results.append((loss.detach(), frames.grad))
    torch.testing.assert_close(results[0], results[1], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("form", FORMS)
def test_gradient_is_that_of_finite_differences(form: Form, rng: np.random.Generator) -> None:
    term = GramLoss(form=form, normaliser="filters-positions", scale=30.0, reduction="mean")
    target = term.prepare([_maps(rng, 8, 5)], [1.0])
    candidate = _maps(rng, 8, 4).requires_grad_()
    assert torch.autograd.gradcheck(lambda maps: term.forward(maps, target), candidate)


# The choices of the original methods, against the formulas as published.


def test_normaliser_of_lebedev_and_ulyanov_in_lasagne(rng: np.random.Generator) -> None:
    # 430 frames through a kernel of 11 leave 420 positions.
    network = Random1d(3, n_filters=6, kernel=11, generator=torch.Generator().manual_seed(0))
    content, style = (
        network(torch.from_numpy(rng.standard_normal((3, 430))))["width-11"] for _ in range(2)
    )
    assert content.shape == (6, 420)
    term = GramLoss(normaliser="positions", reduction="sum")
    expected = np.sum((_gram(content, 420) - _gram(style, 420)) ** 2)
    assert term.forward(content, term.prepare([style], [1.0])).item() == pytest.approx(expected)


def test_normaliser_of_lebedev_and_ulyanov_in_tensorflow(rng: np.random.Generator) -> None:
    content, style = _maps(rng, 6, 420), _maps(rng, 6, 420)
    term = GramLoss(normaliser=430, reduction="sum")
    expected = np.sum((_gram(content, 430) - _gram(style, 430)) ** 2)
    assert term.forward(content, term.prepare([style], [1.0])).item() == pytest.approx(expected)


def test_normaliser_and_factor_of_dipani(rng: np.random.Generator) -> None:
    content, style = _maps(rng, 40, 25), _maps(rng, 40, 25)
    term = GramLoss(normaliser="filters-positions", scale=2500, reduction="mean")
    grams = [2500 * _gram(maps, 40 * 25) for maps in (content, style)]
    expected = np.mean((grams[0] - grams[1]) ** 2)
    assert term.forward(content, term.prepare([style], [1.0])).item() == pytest.approx(expected)


# Invariants.


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_zero_when_equal(form: Form, dtype: torch.dtype, rng: np.random.Generator) -> None:
    style = _maps(rng, 50, 20).to(dtype)
    term = GramLoss(form=form)
    loss = term.forward(style, term.prepare([style], [1.0])).item()
    size = np.sum(_gram(style, 20) ** 2)
    assert 0.0 <= loss <= size * (100 * torch.finfo(dtype).eps) ** 2


@pytest.mark.parametrize("form", FORMS)
def test_the_order_of_positions_does_not_count(form: Form, rng: np.random.Generator) -> None:
    candidate, style = _maps(rng, 30, 12), _maps(rng, 30, 9)
    term = GramLoss(form=form)
    loss = term.forward(candidate, term.prepare([style], [1.0])).item()
    shuffled = term.prepare([style[:, torch.from_numpy(rng.permutation(9))]], [1.0])
    other = term.forward(candidate[:, torch.from_numpy(rng.permutation(12))], shuffled).item()
    assert other == pytest.approx(loss, rel=1e-12)


@pytest.mark.parametrize("form", FORMS)
def test_repeating_every_position_does_not_count(form: Form, rng: np.random.Generator) -> None:
    style = _maps(rng, 30, 9)
    term = GramLoss(form=form)
    target = term.prepare([style], [1.0])
    assert term.forward(style.repeat(1, 3), target).item() == pytest.approx(0.0, abs=1e-20)


@pytest.mark.parametrize("form", FORMS)
def test_silence_has_a_finite_loss_and_gradient(form: Form, rng: np.random.Generator) -> None:
    style, silence = _maps(rng, 30, 9), torch.zeros(30, 9, dtype=torch.float64)
    for candidate, target in itertools.product((style, silence), repeat=2):
        value, gradient = _value_and_gradient(GramLoss(form=form), candidate, [target], [1.0])
        assert np.isfinite(value)
        assert value >= 0.0
        assert torch.isfinite(gradient).all()


@pytest.mark.parametrize("distance", [1e-1, 1e-2, 1e-3, 1e-4])
def test_float32_keeps_digits_near_the_style_where_the_textbook_dual_does_not(
    distance: float, rng: np.random.Generator
) -> None:
    style = _maps(rng, 300, 40)
    candidate = style + distance * torch.from_numpy(rng.standard_normal((300, 40)))
    exact, exact_gradient = _value_and_gradient(GramLoss(form="primal"), candidate, [style], [1.0])
    for form in FORMS:
        loss, gradient = _value_and_gradient(
            GramLoss(form=form), candidate.float(), [style.float()], [1.0]
        )
        # Rounding of the maps alone moves the loss by about eps / distance.
        allowed = 30 * torch.finfo(torch.float32).eps / distance
        assert loss == pytest.approx(exact, rel=allowed)
        error = (gradient - exact_gradient).norm() / exact_gradient.norm()
        assert error.item() < allowed

    f, s = candidate.float(), style.float()
    products = [(a.T @ b).square().sum() / 40**2 for a, b in ((f, f), (f, s), (s, s))]
    textbook = (products[0] - 2 * products[1] + products[2]).item()
    if distance < 1e-3:
        assert abs(textbook - exact) > 0.5 * exact


@pytest.mark.parametrize("form", FORMS)
def test_inputs_are_left_as_they_were(form: Form, rng: np.random.Generator) -> None:
    candidate, style = _maps(rng, 30, 12), _maps(rng, 30, 9)
    before = candidate.clone(), style.clone()
    _value_and_gradient(GramLoss(form=form), candidate, [style], [1.0])
    assert torch.equal(candidate, before[0])
    assert torch.equal(style, before[1])


# The choice of form.


def test_the_form_with_fewer_multiplications_is_taken(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n_filters, n_positions, n_style in SIZES:
        counts = {
            form: count_multiplications(form, n_filters, n_positions, n_style) for form in FORMS
        }
        assert counts[cheaper_form(n_filters, n_positions, n_style)] == min(counts.values())
    style = _maps(rng, 60, 9)
    term = GramLoss()
    target = term.prepare([style], [1.0])
    term.forward(style, target)
    assert "basis_and_core" in vars(target)
    assert "gram" not in vars(target)
    style = _maps(rng, 6, 90)
    target = term.prepare([style], [1.0])
    term.forward(style, target)
    assert "basis_and_core" not in vars(target)


@pytest.mark.parametrize("form", FORMS)
def test_counted_multiplications_are_those_of_the_products(
    form: Form,
    rng: np.random.Generator,
) -> None:
    term = GramLoss(form=form)
    target = term.prepare([_maps(rng, 50, 8)], [1.0])
    candidate = _maps(rng, 50, 12).requires_grad_()
    term.forward(candidate, target)  # what is prepared once does not count
    with FlopCounterMode(display=False) as counter:
        term.forward(candidate, target).backward()
    assert counter.get_total_flops() == 2 * count_multiplications(form, 50, 12, 8)


# Words.


def test_references_that_do_not_fit_are_refused() -> None:
    term = GramLoss()
    maps = torch.ones(4, 5)
    with pytest.raises(InputError, match=r"one or several references.*got 0 and 0"):
        term.prepare([], [])
    with pytest.raises(InputError, match="a weight for each, got 2 and 1"):
        term.prepare([maps, maps], [1.0])
    for weights in ([0.5, 0.6], [1.5, -0.5]):
        with pytest.raises(InputError, match="positive and sum to 1"):
            term.prepare([maps, maps], weights)
    with pytest.raises(InputError, match=r"as many filters each, got \[\(4, 5\), \(3, 5\)\]"):
        term.prepare([maps, torch.ones(3, 5)], [0.5, 0.5])
    with pytest.raises(InputError, match=r"\(3, 5\), expected \(4, positions\)"):
        term.forward(torch.ones(3, 5), term.prepare([maps], [1.0]))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"normaliser": "frames"}, "normaliser must be 'positions'.*got 'frames'"),
        ({"normaliser": 0}, "normaliser must be positive, got 0"),
        ({"scale": -1.0}, "scale must be positive"),
        ({"reduction": "max"}, "'sum' or 'mean', got 'max'"),
        ({"form": "both"}, "'auto', 'primal' or 'dual', got 'both'"),
    ],
)
def test_settings_out_of_bounds_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        GramLoss(**settings)
