"""One channel for all: powers that are known, whatever stands where and in which polarity."""

import numpy as np
import pytest
import torch
from clips import melody, stereo

from estilo.dsp.downmix import downmix, downmix_axes, mixed_by

RATE = 16_000


def power(samples: np.ndarray) -> float:
    return float(np.mean(np.square(samples, dtype=np.float64)))


@pytest.mark.parametrize("gains", [(1, 1), (1, 0), (0.2, -0.9), (1, -1), (-0.5, 0.5)])
def test_a_source_is_as_loud_wherever_it_stands(gains: tuple[float, float]) -> None:
    source = melody(1.0, RATE)
    found = power(downmix(np.outer(gains, source).astype(np.float32), RATE))
    assert found == pytest.approx(np.mean(np.square(gains)) * power(source), rel=0.03)


def test_two_sources_of_which_one_cancels_are_both_heard() -> None:
    """Their powers add up, and each is heard in the mix at its own."""
    centre, wide = melody(1.0, RATE, seed=1), melody(1.0, RATE, seed=2)
    made = downmix(np.stack([centre + wide, centre - wide]), RATE)
    assert power(made) == pytest.approx(power(centre) + power(wide), rel=0.1)
    spectrum, theirs = np.abs(np.fft.rfft(made)), np.abs(np.fft.rfft(wide))
    loudest = np.argsort(theirs)[-20:]
    assert np.median(spectrum[loudest] / theirs[loudest]) > 0.8


def test_equal_channels_are_what_each_is() -> None:
    mono = melody(0.5, RATE)
    for n_channels in (1, 2, 6):
        made = downmix(np.stack([mono] * n_channels), RATE)
        np.testing.assert_allclose(made, mono, atol=1e-7)


def test_channels_may_change_places() -> None:
    samples = stereo(0.5, RATE)
    np.testing.assert_allclose(downmix(samples[::-1], RATE), downmix(samples, RATE), atol=1e-5)


def test_stretches_are_those_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = stereo(1.0, RATE)
    whole = downmix(samples, RATE)
    monkeypatch.setattr("estilo.dsp.downmix._BLOCK", 3001)
    np.testing.assert_allclose(downmix(samples, RATE), whole, atol=1e-6)
    part = mixed_by(downmix_axes(samples), samples[:, 4000:12_000], RATE)
    np.testing.assert_allclose(part[2000:-2000], whole[6000:10_000], atol=1e-6)


@pytest.mark.parametrize("n_channels", [1, 2, 5])
def test_nothing_stays_nothing(n_channels: int) -> None:
    for n_samples in (0, 1, 7):
        assert not downmix(np.zeros((n_channels, n_samples), np.float32), RATE).any()


def test_a_turned_channel_is_that_of_another_library() -> None:
    from scipy.signal import hilbert

    side = melody(1.0, RATE)
    axes = np.array([[0.5, 0.5], [0.5, -0.5]], np.float32)
    turned = mixed_by(axes, np.stack([side, -side]), RATE)
    theirs = np.imag(hilbert(side.astype(np.float64)))
    error = power(turned[2000:-2000] - theirs[2000:-2000]) / power(theirs)
    assert error < 1e-4
    assert torch.isfinite(torch.from_numpy(turned)).all()
