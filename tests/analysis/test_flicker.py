"""Flicker of partials: known for tones and noise, and ordered as phases get worse."""

import numpy as np
import pytest
import torch

from estilo.analysis.flicker import flicker_db
from estilo.analysis.sound import Sound
from estilo.dsp.phase import griffin_lim, random_phase
from estilo.dsp.stft import istft, stft

RATE = 16_000
SIZES = {"n_fft": 1024, "hop_length": 256}


def _notes(rng: np.random.Generator, *, seconds: float = 4.0) -> np.ndarray:
    """Decaying notes with vibrato over a little noise; **shape** ``(time,)``."""
    time_s = np.arange(round(seconds * RATE)) / RATE
    out = 1e-4 * rng.standard_normal(len(time_s))
    for start_s in np.arange(0.0, seconds, 0.5):
        pitch_hz = 220.0 * 2.0 ** (rng.integers(0, 13) / 12)
        after = np.maximum(time_s - start_s, 0.0)
        envelope = np.exp(-3.0 * after) * np.minimum(after / 0.01, 1.0)
        phase = 2 * np.pi * pitch_hz * after + 0.5 * np.sin(2 * np.pi * 5.0 * after)
        for partial in range(1, 9):
            out += 0.2 / partial * envelope * np.sin(partial * phase)
    return out.astype(np.float32)


def _flicker(waveform: torch.Tensor | np.ndarray) -> float:
    return flicker_db(Sound(np.asarray(waveform), RATE))


def test_of_tones_none_of_decays_none_of_gaussian_noise_five(rng: np.random.Generator) -> None:
    time_s = np.arange(2 * RATE) / RATE
    tone = sum(np.sin(2 * np.pi * f * time_s) for f in (310.0, 905.0, 2222.0))
    assert _flicker(tone) < 0.05
    assert _flicker(tone * np.exp(-4 * time_s)) < 0.1
    assert _flicker(rng.standard_normal(4 * RATE)) == pytest.approx(5.2, abs=0.2)


def test_rises_as_phases_fit_less(rng: np.random.Generator) -> None:
    clean = torch.from_numpy(_notes(rng))
    length = len(clean)
    magnitude = stft(clean, **SIZES).abs()
    generator = torch.Generator().manual_seed(0)
    values = [_flicker(clean)]
    for n_iterations, momentum in ((60, 0.99), (5, 0.0)):
        phase = griffin_lim(
            magnitude,
            length=length,
            n_iterations=n_iterations,
            momentum=momentum,
            generator=generator,
            **SIZES,
        )
        values.append(_flicker(istft(magnitude * phase, length=length, **SIZES)))
    random = magnitude * random_phase(magnitude, generator=generator)
    values.append(_flicker(istft(random, length=length, **SIZES)))
    assert values == sorted(values)
    assert values[1] < values[0] + 0.5
    assert values[2] > values[0] + 1.0
    assert values[3] > values[2] + 1.0


@pytest.mark.parametrize("is_tonal", [True, False])
def test_rises_where_noise_was_subtracted(is_tonal: bool, rng: np.random.Generator) -> None:
    clean = _notes(rng) if is_tonal else rng.standard_normal(4 * RATE).astype(np.float32)
    level = 0.3 * float(np.sqrt(np.mean(clean**2)))
    noise = (level * rng.standard_normal(len(clean))).astype(np.float32)
    noisy = stft(torch.from_numpy(clean + noise), **SIZES)
    floor = stft(torch.from_numpy(noise), **SIZES).abs().square().mean()
    if not is_tonal:
        floor = noisy.abs().square().mean()
    gain = (1.0 - 1.5 * floor / noisy.abs().square()).clamp(min=1e-3).sqrt()
    subtracted = istft(noisy * gain, length=len(clean), **SIZES)
    assert _flicker(subtracted) > _flicker(clean) + 0.5


def test_gain_changes_nothing(rng: np.random.Generator) -> None:
    clean = _notes(rng)
    assert _flicker(1e-6 * clean) == pytest.approx(_flicker(clean), rel=1e-3)


def test_blocks_do_not_show(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    clean = _notes(rng)
    whole = _flicker(clean)
    monkeypatch.setattr("estilo.analysis.flicker._BLOCK_FRAMES", 37)
    assert _flicker(clean) == pytest.approx(whole, rel=1e-6)


@pytest.mark.parametrize("n_samples", [0, 1, 400])
def test_too_short_or_silent_has_none(n_samples: int) -> None:
    assert np.isnan(_flicker(np.ones(n_samples)))
    assert np.isnan(_flicker(np.zeros(RATE)))
