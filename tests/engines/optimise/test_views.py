"""Log band views: what they must read on signals whose answer is known."""

import numpy as np
import torch
from clips import melody

from estilo.engines.optimise.views import (
    DEVIATION_FLOOR,
    FLOOR_DB,
    Dynamics,
    LogBands,
    Partials,
    Standardised,
)

RATE = 16_000
NEPER_DB = 20.0 / np.log(10.0)


def _bands(**more) -> LogBands:
    sizes = {"window_s": 0.064, "hop_s": 0.016, "n_bands": 24, "high_hz": RATE / 2, "level": 0.1}
    return LogBands(**(sizes | more), sample_rate=RATE)


def _noise(rng: np.random.Generator, level: float = 0.1) -> torch.Tensor:
    return torch.from_numpy(level * rng.standard_normal(4 * RATE)).float()


def test_white_noise_reads_its_own_level_per_bin(rng: np.random.Generator) -> None:
    frames = _bands()(_noise(rng, level=0.1))
    power = np.exp(2 * frames.numpy()).mean(1)
    np.testing.assert_allclose(10 * np.log10(power), 20 * np.log10(0.1), atol=0.6)


def test_gain_moves_all_bands_alike_and_silence_reads_the_floor(rng: np.random.Generator) -> None:
    bands, noise = _bands(), _noise(rng)
    louder = bands(10.0 * noise) - bands(noise)
    torch.testing.assert_close(louder, torch.full_like(louder, 20 / NEPER_DB), atol=0.02, rtol=0)
    floor = bands(torch.zeros(RATE))
    expected = (20 * np.log10(0.1) + FLOOR_DB) / NEPER_DB
    torch.testing.assert_close(floor, torch.full_like(floor, expected), atol=1e-4, rtol=0)


def test_frame_rate_is_that_of_the_frames() -> None:
    bands = _bands()
    assert bands(torch.zeros(10 * RATE)).shape == (24, 1 + 10 * RATE // bands.hop_length)
    assert bands.frame_rate_hz == RATE / bands.hop_length


def test_partials_are_blind_to_smooth_envelopes_and_dynamics_to_static_ones(
    rng: np.random.Generator,
) -> None:
    bands = _bands(n_bands=48)
    noise = _noise(rng)
    signal = noise * (1.0 + 0.8 * torch.sin(1e-3 * torch.arange(len(noise))))
    difference = torch.diff(signal, prepend=signal[:1])  # 6 dB per octave
    for view, allowed in ((Partials(bands), 0.35), (Dynamics(bands), 0.25)):
        moved = (view(difference) - view(signal)).square().mean().sqrt()
        assert moved < allowed * (bands(difference) - bands(signal)).square().mean().sqrt()
    assert Dynamics(bands)(signal).mean(1).abs().max() < 1e-5


def test_standardised_styles_have_mean_0_and_deviation_1(rng: np.random.Generator) -> None:
    bands = _bands()
    styles = [torch.from_numpy(melody(2.0, RATE, seed=i)) for i in (0, 1)]
    view = Standardised(bands, styles, (0.25, 0.75))
    frames = [view(style) for style in styles]
    mean = 0.25 * frames[0].mean(1) + 0.75 * frames[1].mean(1)
    square = 0.25 * frames[0].square().mean(1) + 0.75 * frames[1].square().mean(1)
    torch.testing.assert_close(mean, torch.zeros(24), atol=1e-4, rtol=0)
    moving = (view.deviation[:, 0] > DEVIATION_FLOOR).nonzero()[:, 0]
    assert len(moving) > 12
    torch.testing.assert_close(square[moving], torch.ones(len(moving)), atol=1e-3, rtol=0)


def test_a_band_that_does_not_move_is_not_blown_up() -> None:
    tone = torch.sin(0.5 * torch.arange(2.0 * RATE))
    view = Standardised(_bands(), [tone], (1.0,))
    assert view.deviation.min() >= DEVIATION_FLOOR
    assert view(tone)[:, 10:-10].abs().max() < 5.0


def test_gradients_of_silence_are_finite() -> None:
    silence = torch.zeros(RATE, requires_grad=True)
    bands = _bands()
    for view in (bands, Partials(bands), Dynamics(bands)):
        (gradient,) = torch.autograd.grad(view(silence).square().sum(), silence)
        assert torch.isfinite(gradient).all()
