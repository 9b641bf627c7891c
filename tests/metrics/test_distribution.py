"""Distances of sets: closed forms, the definitions by loops, and what must not matter."""

import numpy as np
import pytest
from scipy import linalg

from estilo.errors import InputError
from estilo.metrics.distribution import frechet_audio_distance, kernel_audio_distance


def _exactly(rng: np.random.Generator, n: int, mean: np.ndarray, covariance: np.ndarray):
    """Rows with just this mean and covariance; **shape** ``(n, d)``."""
    rows = rng.standard_normal((n, len(mean)))
    rows -= rows.mean(0)
    rows = rows @ np.linalg.inv(linalg.cholesky(np.cov(rows.T)))
    return mean + rows @ linalg.cholesky(covariance)


def test_frechet_is_the_closed_form(rng: np.random.Generator) -> None:
    first_mean, second_mean = rng.standard_normal((2, 5))
    first, second = (a @ a.T + np.eye(5) for a in rng.standard_normal((2, 5, 5)))
    expected = np.square(first_mean - second_mean).sum()
    expected += np.trace(first + second - 2 * linalg.sqrtm(first @ second).real)
    outputs = _exactly(rng, 30, first_mean, first)
    reference = _exactly(rng, 41, second_mean, second)
    assert frechet_audio_distance(outputs, reference) == pytest.approx(expected, rel=1e-9)


def test_frechet_of_one_dimension_and_of_commuting_covariances(rng: np.random.Generator) -> None:
    outputs = _exactly(rng, 20, np.zeros(1), np.array([[9.0]]))
    reference = _exactly(rng, 20, np.ones(1), np.array([[4.0]]))
    assert frechet_audio_distance(outputs, reference) == pytest.approx(1.0 + (3.0 - 2.0) ** 2)
    outputs = _exactly(rng, 20, np.zeros(3), np.diag([1.0, 4.0, 9.0]))
    reference = _exactly(rng, 20, np.zeros(3), np.diag([1.0, 1.0, 16.0]))
    assert frechet_audio_distance(outputs, reference) == pytest.approx(0.0 + 1.0 + 1.0)


def test_frechet_of_less_rows_than_columns_needs_no_care(rng: np.random.Generator) -> None:
    outputs, reference = rng.standard_normal((6, 12)), 1.0 + rng.standard_normal((7, 12))
    first, second = np.cov(outputs.T), np.cov(reference.T)
    roots = np.sqrt(np.maximum(np.linalg.eigvals(first @ second).real, 0.0))
    expected = np.square(outputs.mean(0) - reference.mean(0)).sum()
    expected += np.trace(first) + np.trace(second) - 2 * roots.sum()
    assert frechet_audio_distance(outputs, reference) == pytest.approx(expected, rel=1e-5)


def test_frechet_is_zero_symmetric_and_blind_to_rotation(rng: np.random.Generator) -> None:
    outputs, reference = rng.standard_normal((40, 6)), 2.0 * rng.standard_normal((50, 6)) + 1.0
    assert frechet_audio_distance(outputs, rng.permutation(outputs)) == pytest.approx(0.0, abs=1e-9)
    value = frechet_audio_distance(outputs, reference)
    assert frechet_audio_distance(reference, outputs) == pytest.approx(value)
    turn = np.linalg.qr(rng.standard_normal((6, 6)))[0]
    turned = frechet_audio_distance(outputs @ turn + 5, reference @ turn + 5)
    assert turned == pytest.approx(value)
    assert frechet_audio_distance(3 * outputs, 3 * reference) == pytest.approx(9 * value)


def test_frechet_is_biased_for_few_clips_as_said(rng: np.random.Generator) -> None:
    def value(n: int) -> float:
        return frechet_audio_distance(*rng.standard_normal((2, n, 20)))

    assert value(50) > 5 * value(1000) > 0.0


def _kernel_by_loops(outputs: np.ndarray, reference: np.ndarray) -> float:
    pairs = [np.linalg.norm(a - b) for i, a in enumerate(reference) for b in reference[:i]]
    width = np.median(pairs)

    def mean(first: np.ndarray, second: np.ndarray, *, same: bool) -> float:
        values = [
            np.exp(-np.sum((a - b) ** 2) / (2 * width**2))
            for i, a in enumerate(first)
            for j, b in enumerate(second)
            if not (same and i == j)
        ]
        return float(np.mean(values))

    within = mean(outputs, outputs, same=True) + mean(reference, reference, same=True)
    return 100.0 * (within - 2.0 * mean(outputs, reference, same=False))


def test_kernel_distance_is_the_definition_by_loops(rng: np.random.Generator) -> None:
    outputs, reference = rng.standard_normal((13, 4)), 0.5 + rng.standard_normal((17, 4))
    expected = _kernel_by_loops(outputs, reference)
    assert kernel_audio_distance(outputs, reference) == pytest.approx(expected, rel=1e-9)
    far = kernel_audio_distance(outputs + 1e6, reference + 1e6)
    assert far == pytest.approx(expected, rel=1e-5)


def test_kernel_distance_is_the_closed_form_for_gaussians(rng: np.random.Generator) -> None:
    outputs, reference = rng.standard_normal((2, 3000, 2))
    outputs = outputs + np.array([1.5, 0.0])
    # E k for a difference N(m, 2I): (w / (w + 2))^(d/2) exp(-m² / 2(w + 2)), w the width squared.
    expected = 100 * 2 * (4 / 6) * (1 - np.exp(-(1.5**2) / (2 * 6)))
    value = kernel_audio_distance(outputs, reference, bandwidth=2.0)
    assert value == pytest.approx(expected, rel=0.05)


def test_kernel_distance_is_unbiased_where_frechet_is_not(rng: np.random.Generator) -> None:
    values = [kernel_audio_distance(*rng.standard_normal((2, 30, 8))) for _ in range(200)]
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(200)
    assert min(values) < 0.0 < max(values)


def test_kernel_distance_ignores_order_rotation_and_scale(rng: np.random.Generator) -> None:
    outputs, reference = rng.standard_normal((40, 6)), 2.0 * rng.standard_normal((50, 6)) + 1.0
    value = kernel_audio_distance(outputs, reference)
    assert kernel_audio_distance(rng.permutation(outputs), reference) == pytest.approx(value)
    turn = np.linalg.qr(rng.standard_normal((6, 6)))[0]
    turned = kernel_audio_distance(7 * outputs @ turn, 7 * reference @ turn)
    assert turned == pytest.approx(value)


def test_kernel_distance_of_many_rows_takes_blocks_and_a_part_for_the_width(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs, reference = rng.standard_normal((90, 3)), 1.0 + rng.standard_normal((80, 3))
    value = kernel_audio_distance(outputs, reference, bandwidth=1.5)
    width = kernel_audio_distance(outputs, reference)
    monkeypatch.setattr("estilo.metrics.distribution._BLOCK", 7)
    assert kernel_audio_distance(outputs, reference, bandwidth=1.5) == pytest.approx(value)
    monkeypatch.setattr("estilo.metrics.distribution._MOST_FOR_MEDIAN", 40)
    assert kernel_audio_distance(outputs, reference) == pytest.approx(width, rel=0.1)


@pytest.mark.parametrize("distance", [frechet_audio_distance, kernel_audio_distance])
def test_farther_is_more_and_bad_sets_are_refused(distance, rng: np.random.Generator) -> None:
    reference, outputs = rng.standard_normal((2, 100, 4))
    values = [distance(outputs + shift, reference) for shift in (0.0, 0.5, 1.0, 2.0)]
    assert values == sorted(values)
    assert all(type(value) is float for value in values)
    with pytest.raises(InputError, match=r"outputs must be .* got float64 of shape \(4,\)"):
        distance(outputs[0], reference)
    with pytest.raises(InputError, match=r"reference must be .* shape \(1, 4\)"):
        distance(outputs, reference[:1])
    with pytest.raises(InputError, match="got 3 and 4 columns"):
        distance(outputs[:, :3], reference)
    with pytest.raises(InputError, match="outputs must be finite"):
        distance(np.where(outputs > 1, np.nan, outputs), reference)
    with pytest.raises(InputError, match="got complex128"):
        distance(outputs, reference + 1j)


def test_a_reference_without_spread_has_no_bandwidth(rng: np.random.Generator) -> None:
    with pytest.raises(InputError, match="bandwidth must be positive and finite, got 0"):
        kernel_audio_distance(rng.standard_normal((9, 2)), np.ones((9, 2)))
    with pytest.raises(InputError, match="got nan"):
        kernel_audio_distance(*rng.standard_normal((2, 9, 2)), bandwidth=np.nan)
