"""What is optimised: the start comes back before the first step, gradients reach everything."""

import torch
from clips import melody

from estilo.engines.optimise.variables import GAIN_LIMIT, N_GAIN_BANDS, Frames, ShapedWaveform
from estilo.representations import REPRESENTATIONS

RATE = 8000


def _start() -> torch.Tensor:
    return torch.from_numpy(melody(1.0, RATE))


def _frames(name: str, *, is_seen_as_waveform: bool = False) -> Frames:
    representation = REPRESENTATIONS[name](sample_rate=RATE)
    start = _start()
    return Frames(
        representation.analyse(start[None])[0],
        representation=representation,
        length=len(start),
        reference=start,
        generator=torch.Generator().manual_seed(1),
        is_seen_as_waveform=is_seen_as_waveform,
    )


def test_a_shaped_waveform_starts_as_its_start() -> None:
    start = _start()
    variable = ShapedWaveform(start, sample_rate=RATE)
    torch.testing.assert_close(variable.waveform(), start, atol=1e-5, rtol=0)
    assert not variable.waveform().requires_grad
    assert variable.parameters[0].shape[0] == N_GAIN_BANDS


def test_equal_gains_are_a_gain_and_bounded() -> None:
    start = _start()
    variable = ShapedWaveform(start, sample_rate=RATE)
    for gain in (0.5, -1.0, 100.0):
        with torch.no_grad():
            variable.parameters[0].fill_(gain)
        bounded = GAIN_LIMIT * torch.tanh(torch.tensor(gain / GAIN_LIMIT))
        expected = start * torch.exp(bounded)
        torch.testing.assert_close(variable.waveform(), expected, atol=1e-3, rtol=1e-3)


def test_the_residual_reaches_any_waveform() -> None:
    start = _start()
    variable = ShapedWaveform(start, sample_rate=RATE)
    goal = start.flip(0)
    with torch.no_grad():
        variable.parameters[1].copy_((goal - start) / variable._envelope)
    torch.testing.assert_close(variable.waveform(), goal, atol=1e-4, rtol=0)


def test_gradients_reach_all_parameters_even_from_silence() -> None:
    for start in (_start(), torch.zeros(RATE)):
        variable = ShapedWaveform(start, sample_rate=RATE)
        loss = (variable.candidate() - 0.1).square().sum()
        gradients = torch.autograd.grad(loss, variable.parameters)
        assert all(torch.isfinite(gradient).all() for gradient in gradients)


def test_frames_start_as_their_waveform_and_are_leaves() -> None:
    for name in REPRESENTATIONS:
        variable = _frames(name)
        torch.testing.assert_close(variable.waveform(), _start(), atol=1e-3, rtol=0)
        (parameter,) = variable.parameters
        assert parameter.is_leaf
        assert parameter.requires_grad
        assert variable.candidate() is parameter


def test_terms_may_see_the_waveform_of_frames() -> None:
    variable = _frames("real-imag", is_seen_as_waveform=True)
    candidate = variable.candidate()
    assert candidate.shape == _start().shape
    (gradient,) = torch.autograd.grad(candidate.square().sum(), variable.parameters)
    assert torch.isfinite(gradient).all()
    assert gradient.any()
