"""Sounds that an embedding of textures learns to tell apart.

A source is a generated texture, noises and grains layered at random, or an instrument of estilo's
synthesiser playing; two in five have effects. Beside every source stand three imitations of it that
share its spectrum but not what happens in time, each to be told from it and from the others: its
grains in another order, noise of its average spectrum, and its short-time spectra with phases at
random.
"""

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.sound import RATE_HZ
from estilo.synthesis.effects import apply_effects, random_effects
from estilo.synthesis.filters import bandpass, shaped_noise
from estilo.synthesis.notes import random_phrase
from estilo.synthesis.patches import random_patch, render
from estilo.synthesis.shaping import log_uniform, signal_time
from estilo.synthesis.textures import TEXTURES
from estilo.synthesis.textures.scatter import poisson_starts, settled, silence, strew, weather

IMITATIONS = ("shuffled", "noise", "scrambled")

_SHARES = {"texture": 0.4, "layers": 0.3, "instrument": 0.3}
_EFFECTS_SHARE = 0.4
_LOWEST_HZ, _HIGHEST_HZ = 60.0, 6500.0
_MOST_GRAINS = 64
_GRAIN_FLOOR = 1e-4
_TINY = 1e-20

Waveform = NDArray[np.float32]


def random_source(rng: np.random.Generator, *, duration_s: float) -> Waveform:
    """A sound that is much the same throughout; **shape** ``(time,)``, at 16 kHz.

    Args:
        rng: source of all draws.
        duration_s: length of the sound, in seconds.

    Example:
        >>> random_source(np.random.default_rng(0), duration_s=1.0).shape
        (16000,)
    """
    kind = rng.choice(list(_SHARES), p=list(_SHARES.values()))
    if kind == "texture":
        out = TEXTURES[str(rng.choice(list(TEXTURES)))](duration_s, RATE_HZ, rng)
    elif kind == "layers":
        out = layered_noise(rng, duration_s=duration_s)
    else:
        # Any instrument, and as often the ones that have no pitch.
        family = (None, "noise", "drums")[int(rng.integers(3))]
        patch = random_patch(rng, family=family)
        phrase = random_phrase(rng, duration_s=duration_s, is_polyphonic=bool(rng.random() < 0.7))
        out = render(phrase, patch, sample_rate=RATE_HZ, duration_s=duration_s, rng=rng)
    if rng.random() < _EFFECTS_SHARE:
        out = apply_effects(out, random_effects(rng), RATE_HZ)
    return np.asarray(out, dtype=np.float32)


def layered_noise(rng: np.random.Generator, *, duration_s: float) -> Waveform:
    """One to four layers, each a band of noise that swells or pulses, or grains strewn at random.

    **Shape**: ``(time,)``, at 16 kHz.

    Args:
        rng: source of all draws.
        duration_s: length of the sound, in seconds.

    Example:
        >>> layered_noise(np.random.default_rng(0), duration_s=0.5).shape
        (8000,)
    """
    out = silence(duration_s, RATE_HZ)
    for _ in range(int(rng.integers(1, 5))):
        layer = (_band if rng.random() < 0.5 else _grains)(rng, len(out))
        rms = np.sqrt(np.mean(np.square(layer)))
        if rms > 0.0:
            out += layer / rms * 10.0 ** (-rng.exponential(6.0) / 20.0)
    return settled(out + _GRAIN_FLOOR * rng.standard_normal(len(out)))


def imitations(waveform: NDArray, rng: np.random.Generator) -> list[Waveform]:
    """The three imitations of a source, in the order of `IMITATIONS`.

    Args:
        waveform: **shape** ``(time,)``, at 16 kHz.
        rng: source of all draws.
    """
    n_fft = int(rng.choice((512, 1024, 2048, 4096)))
    return [
        shuffled(waveform, rng, grain_s=log_uniform(rng, 0.03, 0.2)),
        noise_like(waveform, rng),
        scrambled(waveform, rng, n_fft=n_fft),
    ]


def shuffled(waveform: NDArray, rng: np.random.Generator, *, grain_s: float) -> Waveform:
    """A recording cut into grains that are put together in random order, with soft joints.

    **Shape**: ``(time,)`` to the same.

    Args:
        waveform: waveform at 16 kHz.
        rng: source of the order.
        grain_s: length of the grains, in seconds.

    Example:
        >>> ones = shuffled(np.ones(1600), np.random.default_rng(0), grain_s=0.02)
        >>> ones.shape, bool(abs(ones[200] - 1.0) < 1e-6)
        ((1600,), True)
    """
    grain = min(round(grain_s * RATE_HZ), len(waveform) // 2)
    joint = grain // 4
    window = np.ones(grain + joint)
    window[:joint] = np.sin(0.5 * np.pi * (np.arange(joint) + 0.5) / max(joint, 1))
    window[grain:] = window[:joint][::-1]
    n_grains = -(-len(waveform) // grain)
    out = np.zeros((n_grains + 1) * grain + joint)
    places = np.minimum(rng.permutation(n_grains) * grain, len(waveform) - grain - joint)
    for number, place in enumerate(np.maximum(places, 0)):
        start = number * grain
        out[start : start + grain + joint] += window * waveform[place : place + grain + joint]
    return out[: len(waveform)].astype(np.float32)


def noise_like(waveform: NDArray, rng: np.random.Generator) -> Waveform:
    """Stationary noise with a recording's average spectrum; **shape** ``(time,)`` to the same.

    Args:
        waveform: waveform at any rate.
        rng: source of the phases.

    Example:
        >>> noise_like(np.ones(100), np.random.default_rng(0)).shape
        (100,)
    """
    spectrum = np.fft.rfft(waveform)
    turned = np.abs(spectrum) * np.exp(2j * np.pi * rng.random(len(spectrum)))
    return np.fft.irfft(turned, len(waveform)).astype(np.float32)


def scrambled(waveform: NDArray, rng: np.random.Generator, *, n_fft: int) -> Waveform:
    """A recording whose short-time spectra keep their magnitudes and get random phases.

    **Shape**: ``(time,)`` to the same.

    Args:
        waveform: waveform at any rate.
        rng: source of the phases.
        n_fft: length of the frames, in samples; what is shorter is smeared.

    Example:
        >>> scrambled(np.ones(1000), np.random.default_rng(0), n_fft=128).shape
        (1000,)
    """
    hop = n_fft // 4
    window = np.sin(np.pi * (np.arange(n_fft) + 0.5) / n_fft)
    padded = np.pad(waveform, (n_fft, 2 * n_fft))
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop] * window
    magnitude = np.abs(np.fft.rfft(frames))
    turned = magnitude * np.exp(2j * np.pi * rng.random(magnitude.shape))
    frames = np.fft.irfft(turned, n_fft) * window
    out = np.zeros(len(padded))
    for number, frame in enumerate(frames):
        out[number * hop : number * hop + n_fft] += frame
    out = out[n_fft : n_fft + len(waveform)]
    gain = np.sqrt(np.mean(np.square(waveform)) / max(float(np.mean(np.square(out))), _TINY))
    return (gain * out).astype(np.float32)


def _band(rng: np.random.Generator, n_samples: int) -> NDArray:
    """A band of noise that swells at random and, one time in three, pulses."""
    centre_hz, q = log_uniform(rng, _LOWEST_HZ, _HIGHEST_HZ), log_uniform(rng, 0.3, 12.0)
    noise = shaped_noise(
        rng, n_samples, lambda hz: bandpass(hz, centre_hz, q=q), sample_rate=RATE_HZ
    )
    rate_hz = log_uniform(rng, 0.7, 90.0)
    swell = weather(rng, n_samples, sample_rate=RATE_HZ, rate_hz=rate_hz)
    out = noise * np.exp(rng.uniform(0.0, 1.5) * swell)
    if rng.random() < 0.3:
        turn = 2.0 * np.pi * log_uniform(rng, 1.5, 120.0) * signal_time(n_samples, RATE_HZ)
        pulse = 0.5 + 0.5 * np.sin(turn + rng.uniform(0.0, 2.0 * np.pi))
        out *= pulse ** rng.uniform(0.5, 3.0)
    return out


def _grains(rng: np.random.Generator, n_samples: int) -> NDArray:
    """Decaying tones and noises, a few hundred a second or one now and then."""
    centre_hz, q = log_uniform(rng, _LOWEST_HZ, _HIGHEST_HZ), log_uniform(rng, 0.3, 12.0)
    rate_hz, decay_s = log_uniform(rng, 1.5, 400.0), log_uniform(rng, 0.001, 0.12)
    length = max(round(min(6.0 * decay_s, 0.5) * RATE_HZ), 16)
    out = np.zeros(n_samples)
    starts = poisson_starts(rng, out, rate_hz=rate_hz, sample_rate=RATE_HZ, lead=length)
    n_kinds = min(len(starts), _MOST_GRAINS) + 1
    pitch_hz = centre_hz * np.exp(rng.normal(0.0, rng.uniform(0.0, 0.7), (n_kinds, 1)))
    time_s = signal_time(length, RATE_HZ)
    bend = 1.0 + rng.normal(0.0, 0.2) * time_s / (6.0 * decay_s)
    phase = np.minimum(pitch_hz, 0.47 * RATE_HZ) * time_s * bend + rng.random((n_kinds, 1))
    noise = np.stack(
        [
            shaped_noise(rng, length, lambda hz: bandpass(hz, centre_hz, q=q), sample_rate=RATE_HZ)
            for _ in range(n_kinds)
        ]
    )
    tonality = rng.random()
    grains = tonality * np.sin(2.0 * np.pi * phase) + (1.0 - tonality) * noise
    attack = np.minimum(time_s / log_uniform(rng, 0.0005, 0.02), 1.0)
    sizes = rng.lognormal(0.0, rng.uniform(0.0, 1.0), (n_kinds, 1))
    grains *= sizes * attack * np.exp(-time_s / decay_s)
    return strew(out, grains[rng.integers(0, n_kinds, len(starts))], starts)
