import numpy as np
import pytest
import torch
from clips import rain

from estilo.dsp.mel import filterbank
from estilo.dsp.stft import stft
from estilo.engines.optimise.collage import collage
from estilo.metrics.copying import copy_score

RATE = 16_000


def made(styles, *, seconds=4.0, weights=None, seed=0):
    styles = [torch.as_tensor(style, dtype=torch.float32) for style in styles]
    return collage(
        styles,
        weights or [1.0 / len(styles)] * len(styles),
        sample_rate=RATE,
        n_samples=round(seconds * RATE),
        seed=seed,
    )


def band_levels_db(waveform):
    power = stft(torch.as_tensor(waveform).float(), n_fft=1024, hop_length=256).abs().square()
    bands = filterbank(n_bands=20, n_fft=1024, sample_rate=RATE) @ power.mean(-1)
    return 10.0 * torch.log10(bands)


def crackles(rng, seconds):
    """Clicks that ring for a few milliseconds, at random times."""
    clicks = (rng.random(round(seconds * RATE)) < 12.0 / RATE) * rng.standard_normal(1)
    ringing = np.exp(-np.arange(200) / 40.0) * np.sin(0.9 * np.arange(200))
    return 0.3 * np.convolve(clicks, ringing)[: len(clicks)]


def test_the_spectrum_is_the_styles() -> None:
    style = rain(6.0, RATE)
    assert (band_levels_db(made([style])) - band_levels_db(style)).abs().max() < 1.5


def test_the_waveform_is_new(rng) -> None:
    """No nearer to the style than another recording of the same noise."""
    style, other = (0.1 * rng.standard_normal(4 * RATE) for _ in range(2))
    assert copy_score(made([style]), style, RATE) < copy_score(other, style, RATE) + 0.03


def test_events_keep_their_attacks(rng) -> None:
    style = crackles(rng, 6.0)
    kurtosis = [
        float(np.mean(x**4) / np.mean(x**2) ** 2) for x in (style, made([style]).double().numpy())
    ]
    assert kurtosis[1] > 0.5 * kurtosis[0]


def test_styles_are_drawn_by_weight(rng) -> None:
    low = np.sin(2 * np.pi * 300 / RATE * np.arange(3 * RATE))
    high = np.sin(2 * np.pi * 3000 / RATE * np.arange(3 * RATE))
    out = made([low, high], weights=[0.9, 0.1], seconds=60.0)
    power = stft(out, n_fft=256, hop_length=64).abs().square().mean(-1)
    share = float(power[30:].sum() / power.sum())
    assert share == pytest.approx(0.1, abs=0.07)


def test_seeds_decide() -> None:
    style = rain(2.0, RATE)
    assert torch.equal(made([style], seed=3), made([style], seed=3))
    assert not torch.equal(made([style], seed=3), made([style], seed=4))


@pytest.mark.parametrize("n_samples", [400, 3000])
def test_short_styles_are_enough(n_samples: int, rng) -> None:
    out = made([0.1 * rng.standard_normal(n_samples)], seconds=0.7)
    assert out.shape == (round(0.7 * RATE),)
    assert bool(torch.isfinite(out).all())
    assert float(out.square().mean().sqrt()) == pytest.approx(0.1, rel=0.3)
