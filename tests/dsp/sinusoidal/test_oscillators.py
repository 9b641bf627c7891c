"""Sums of sines against the sums written out."""

import numpy as np
import pytest
import torch

from estilo.dsp.sinusoidal.oscillators import BLOCK, demodulate, oscillate


@pytest.fixture
def sines(rng):
    """Amplitude, slope, phase and step of 7 sines in 3 blocks."""
    scales = (1.0, 0.01, 2.0 * np.pi, np.pi)
    return [torch.from_numpy(scale * rng.uniform(size=(3, 7))) for scale in scales]


def test_oscillate_is_the_sum_of_cosines(sines):
    amplitude, slope, phase, step = (each.numpy()[..., None] for each in sines)
    time = np.arange(BLOCK)
    written_out = ((amplitude + slope * time) * np.cos(phase + step * time)).sum(1)
    np.testing.assert_allclose(oscillate(*sines), written_out, atol=1e-12)


def test_demodulate_is_the_inner_product_with_every_sine(sines, rng):
    _, _, phase, step = sines
    blocks = torch.from_numpy(rng.standard_normal((3, BLOCK)))
    real, imag = demodulate(blocks, phase, step)
    angle = phase.numpy()[..., None] + step.numpy()[..., None] * np.arange(BLOCK)
    written_out = (blocks.numpy()[:, None] * np.exp(-1j * angle)).sum(-1)
    np.testing.assert_allclose(real + 1j * imag, written_out, atol=1e-12)


def test_single_precision_is_enough_for_music(sines):
    exact, single = oscillate(*sines), oscillate(*(each.float() for each in sines))
    assert float((single - exact).abs().max()) < 1e-4
