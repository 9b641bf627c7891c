"""The closed form against its formula, against random networks, and against finite differences."""

import itertools
import math

import numpy as np
import pytest
import torch

from estilo.errors import InputError
from estilo.losses import arccos
from estilo.losses.arccos import ArccosContent, ArccosStyle, arccos_kernel, diagonal_sum


def _frames(rng: np.random.Generator, n_frames: int, n_bands: int = 5) -> torch.Tensor:
    return torch.from_numpy(rng.standard_normal((n_bands, n_frames)))


def _patches(frames: np.ndarray, width: int) -> list[np.ndarray]:
    return [frames[:, t : t + width].ravel() for t in range(frames.shape[1] - width + 1)]


def _cho_saul(p: np.ndarray, q: np.ndarray) -> float:
    """Cho & Saul (2009), order 1, times the half that a ReLU of Gaussian filters gives."""
    n, m = np.linalg.norm(p), np.linalg.norm(q)
    if n == 0 or m == 0:
        return 0.0
    theta = math.acos(np.clip(p @ q / (n * m), -1.0, 1.0))
    return n * m * (math.sin(theta) + (math.pi - theta) * math.cos(theta)) / (2.0 * math.pi)


def _matrix(left: torch.Tensor, right: torch.Tensor, width: int) -> np.ndarray:
    return np.array(
        [
            [_cho_saul(p, q) for q in _patches(right.numpy(), width)]
            for p in _patches(left.numpy(), width)
        ]
    )


def _style_by_loops(x: torch.Tensor, s: torch.Tensor, widths: tuple[int, ...]) -> float:
    return sum(
        float(
            np.mean(_matrix(x, x, w) ** 2)
            - 2 * np.mean(_matrix(x, s, w) ** 2)
            + np.mean(_matrix(s, s, w) ** 2)
        )
        for w in widths
    )


@pytest.mark.parametrize("width", range(1, 12))
def test_diagonal_sum_is_the_sum_along_diagonals(width: int, rng: np.random.Generator) -> None:
    products = rng.standard_normal((15, 12))
    expected = [
        [sum(products[t + j, u + j] for j in range(width)) for u in range(13 - width)]
        for t in range(16 - width)
    ]
    torch.testing.assert_close(
        diagonal_sum(torch.from_numpy(products), width), torch.tensor(expected, dtype=torch.float64)
    )


@pytest.mark.parametrize("width", [1, 3, 6])
def test_kernel_is_that_of_cho_and_saul(width: int, rng: np.random.Generator) -> None:
    left, right = _frames(rng, 11), _frames(rng, 9)
    left[:, 2:9] = 0.0  # some patches are silent
    expected = torch.from_numpy(_matrix(left, right, width))
    torch.testing.assert_close(
        arccos_kernel(left, right, width=width), expected, rtol=1e-6, atol=1e-6
    )


@pytest.mark.parametrize("tile", [4, 7, 1024])
@pytest.mark.parametrize("widths", [(1,), (3,), (1, 2, 5)])
def test_style_is_the_squared_discrepancy(
    widths: tuple[int, ...],
    tile: int,
    rng: np.random.Generator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(arccos, "_TILE_FRAMES", tile)
    x, s = _frames(rng, 14), 1.5 * _frames(rng, 10)
    loss = ArccosStyle(widths=widths)
    value = float(loss.forward(x, loss.prepare([s], [1.0])))
    assert value == pytest.approx(_style_by_loops(x, s, widths), rel=1e-5)


def test_content_is_the_mean_distance_of_rectified_projections(rng: np.random.Generator) -> None:
    x, c = _frames(rng, 14), _frames(rng, 14)
    n_filters = 400_000
    filters = torch.from_numpy(rng.standard_normal((n_filters, 5 * 3)))
    maps = [torch.relu(filters @ f.T.unfold(0, 3, 1).flatten(1).T) for f in (x, c)]
    expected = float((maps[0] - maps[1]).square().sum(0).mean()) / n_filters
    loss = ArccosContent(width=3)
    assert float(loss.forward(x, loss.prepare([c], [1.0]))) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("width", [1, 4])
def test_random_networks_tend_to_the_closed_form(width: int, rng: np.random.Generator) -> None:
    """The relative error of explicit Gram matrices falls like one over the root of the filters."""
    x, s = _frames(rng, 30), 1.4 * _frames(rng, 24) + 0.3
    kernels = [(a, b, _matrix(a, b, width)) for a, b in ((x, x), (x, s), (s, s))]
    errors = []
    for n_filters in (64, 1024, 16384):
        squares = []
        for _ in range(8):
            weights = torch.from_numpy(rng.standard_normal((n_filters, 5, width)))
            maps = {
                id(f): torch.relu(torch.nn.functional.conv1d(f[None], weights))[0] for f in (x, s)
            }
            for a, b, exact in kernels:
                products = (maps[id(a)].T @ maps[id(b)]).numpy() / n_filters
                squares.append(np.mean((products - exact) ** 2) / np.mean(exact**2))
        errors.append(math.sqrt(np.mean(squares)))
    for wide, wider in itertools.pairwise(errors):
        assert wide / wider == pytest.approx(4.0, rel=0.35)
    assert errors[-1] < 0.03


@pytest.mark.parametrize("tile", [4, 1024])
@pytest.mark.parametrize("widths", [(1,), (3,), (1, 2, 5)])
def test_gradient_is_that_of_finite_differences(
    widths: tuple[int, ...],
    tile: int,
    rng: np.random.Generator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(arccos, "_TILE_FRAMES", tile)
    x, s = _frames(rng, 9, 3).requires_grad_(), _frames(rng, 7, 3)
    style = ArccosStyle(widths=widths)
    target = style.prepare([s, _frames(rng, 6, 3)], [0.7, 0.3])
    assert torch.autograd.gradcheck(lambda y: style.forward(y, target), (x,), rtol=1e-3, atol=1e-5)
    content = ArccosContent(width=widths[-1])
    other = content.prepare([_frames(rng, 9, 3)], [1.0])
    assert torch.autograd.gradcheck(lambda y: content.forward(y, other), (x,), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("silent", ["candidate", "style", "both", "some frames"])
def test_silence_is_finite(silent: str, rng: np.random.Generator) -> None:
    x, s = _frames(rng, 12).float(), _frames(rng, 12).float()
    if silent in ("candidate", "both"):
        x = torch.zeros_like(x)
    if silent in ("style", "both"):
        s = torch.zeros_like(s)
    if silent == "some frames":
        x[:, 3:8] = 0.0
    x.requires_grad_()
    style, content = ArccosStyle(widths=(1, 4)), ArccosContent(width=4)
    value = style.forward(x, style.prepare([s], [1.0]))
    value = value + content.forward(x, content.prepare([s], [1.0]))
    value.backward()
    assert torch.isfinite(value)
    assert x.grad is not None
    assert torch.isfinite(x.grad).all()


def test_the_order_of_frames_does_not_count_at_width_1(rng: np.random.Generator) -> None:
    x, s = _frames(rng, 20), _frames(rng, 15)
    shuffled = x[:, torch.from_numpy(rng.permutation(20))]
    for widths, is_same in (((1,), True), ((3,), False)):
        loss = ArccosStyle(widths=widths)
        target = loss.prepare([s], [1.0])
        one, other = float(loss.forward(x, target)), float(loss.forward(shuffled, target))
        assert (one == pytest.approx(other, rel=1e-9)) == is_same


def test_several_styles_are_a_mixture_of_kernel_means(rng: np.random.Generator) -> None:
    x, first, second = _frames(rng, 14), _frames(rng, 9), 2.0 * _frames(rng, 11)
    weights = (0.25, 0.75)
    loss = ArccosStyle(widths=(2,))
    value = float(loss.forward(x, loss.prepare([first, second], weights)))
    styles = list(zip((first, second), weights, strict=True))
    expected = np.mean(_matrix(x, x, 2) ** 2)
    expected -= 2 * sum(w * np.mean(_matrix(x, s, 2) ** 2) for s, w in styles)
    expected += sum(v * w * np.mean(_matrix(s, t, 2) ** 2) for s, v in styles for t, w in styles)
    assert value == pytest.approx(float(expected), rel=1e-5)


def test_two_halves_of_one_style_weigh_as_the_whole(rng: np.random.Generator) -> None:
    x, s = _frames(rng, 14), _frames(rng, 10)
    loss = ArccosStyle(widths=(1,))
    whole = float(loss.forward(x, loss.prepare([s], [1.0])))
    halves = float(loss.forward(x, loss.prepare([s[:, :5], s[:, 5:]], [0.5, 0.5])))
    assert halves == pytest.approx(whole, rel=1e-9)


def test_too_few_frames_are_refused(rng: np.random.Generator) -> None:
    loss = ArccosStyle(widths=(1, 8))
    with pytest.raises(InputError, match="the style has 5 frames, the widest patch 8"):
        loss.prepare([_frames(rng, 5)], [1.0])
    target = loss.prepare([_frames(rng, 9)], [1.0])
    with pytest.raises(InputError, match=r"the candidate has 7 frames.*give more audio"):
        loss.forward(_frames(rng, 7), target)


def test_content_that_does_not_fit_is_refused(rng: np.random.Generator) -> None:
    loss = ArccosContent()
    with pytest.raises(InputError, match="a content term takes one reference, got 2"):
        loss.prepare([_frames(rng, 5)] * 2, [0.5, 0.5])
    with pytest.raises(InputError, match=r"\(5, 6\) and content \(5, 5\) must have the same shape"):
        loss.forward(_frames(rng, 6), loss.prepare([_frames(rng, 5)], [1.0]))
