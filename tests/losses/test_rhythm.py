"""Clicks of known tempo: what the rhythm term hears and what it must not."""

import numpy as np
import pytest
import torch

from estilo.errors import InputError
from estilo.losses.rhythm import Rhythm

RATE_HZ = 100.0


def _clicks(period_s: float, *, duration_s: float = 12.0, first_s: float = 0.0) -> torch.Tensor:
    frames = torch.zeros(2, round(duration_s * RATE_HZ))
    times = np.arange(first_s, duration_s, period_s)
    frames[:, np.round(times * RATE_HZ).astype(int)] = 1.0
    return frames


def _distance(candidate: torch.Tensor, style: torch.Tensor) -> float:
    loss = Rhythm(frame_rate_hz=RATE_HZ)
    return float(loss.forward(candidate, loss.prepare([style], [1.0])))


def test_equal_tempo_is_near_and_another_is_far() -> None:
    style = _clicks(0.5)
    assert _distance(style, style) == 0.0
    near = _distance(_clicks(0.5, first_s=0.13), style)
    far = [_distance(_clicks(period), style) for period in (0.37, 0.61, 0.83)]
    assert near < 0.02 * min(far)


def test_tempo_error_grows_with_the_difference_of_onsets() -> None:
    style = _clicks(0.5)
    same, half, unrelated = (_distance(_clicks(period), style) for period in (0.5, 1.0, 0.37))
    assert same < half < unrelated


def test_shift_and_gain_do_not_count() -> None:
    style, other = _clicks(0.4), _clicks(0.55)
    plain = _distance(other, style)
    assert _distance(5.0 * other, style) == pytest.approx(plain, rel=1e-4)
    assert _distance(other, 0.2 * style) == pytest.approx(plain, rel=1e-4)
    assert _distance(_clicks(0.55, first_s=0.2), style) == pytest.approx(plain, rel=0.15)


def test_several_styles_are_a_mixture() -> None:
    loss = Rhythm(frame_rate_hz=RATE_HZ)
    first, second = _clicks(0.4), _clicks(0.55)
    curves = [loss.prepare([style], [1.0]).curve for style in (first, second)]
    mixed = loss.prepare([first, second], [0.3, 0.7]).curve
    torch.testing.assert_close(mixed, 0.3 * curves[0] + 0.7 * curves[1])


def test_silence_has_a_finite_gradient() -> None:
    loss = Rhythm(frame_rate_hz=RATE_HZ)
    target = loss.prepare([_clicks(0.5)], [1.0])
    silence = torch.zeros(2, 1200, requires_grad=True)
    value = loss.forward(silence, target)
    value.backward()
    assert torch.isfinite(value)
    assert silence.grad is not None
    assert torch.isfinite(silence.grad).all()
    assert torch.isfinite(loss.prepare([torch.zeros(2, 1200)], [1.0]).curve).all()


def test_gradient_is_that_of_finite_differences(rng: np.random.Generator) -> None:
    loss = Rhythm(frame_rate_hz=20.0)
    target = loss.prepare([torch.from_numpy(rng.standard_normal((2, 40)))], [1.0])
    frames = torch.from_numpy(rng.standard_normal((2, 40))).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: loss.forward(x, target), (frames,))


def test_lengths_may_differ_and_the_shortest_is_said() -> None:
    loss = Rhythm(frame_rate_hz=RATE_HZ)
    target = loss.prepare([_clicks(0.25, duration_s=2.0)], [1.0])
    assert float(loss.forward(_clicks(0.25, duration_s=9.0), target)) < 0.2
    with pytest.raises(InputError, match="at least 40 frames, got 30"):
        loss.prepare([torch.zeros(2, 30)], [1.0])
