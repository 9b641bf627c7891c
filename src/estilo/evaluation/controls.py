"""Controls that no listener would take for a transfer: the content with a bed of noise under it.

The noise has the style's average spectrum and nothing else of it. Levels are in dB against the
content's own, which is its RMS over sounding parts: frames of 50 ms that are at most 40 dB below
its loudest one.
"""

import numpy as np

from estilo.analysis.spectral_shape import spectrum_of
from estilo.audio import Audio
from estilo.dsp.resample import resample
from estilo.errors import InputError

FRAME_S = 0.05
RANGE_DB = 40.0


def with_noise_bed(
    content: Audio,
    style: Audio,
    *,
    level_db: float,
    rng: np.random.Generator,
    base: Audio | None = None,
    is_gated: bool = False,
) -> Audio:
    """A recording with noise of the style's average spectrum under it.

    Args:
        content: recording whose level and course of loudness the noise takes.
        style: recording of any rate, length and channels, whose spectrum it takes.
        level_db: level of the noise against the content's, in dB.
        rng: random generator of the noise.
        base: what the noise is laid under; the content if not given.
        is_gated: whether the noise follows the content's loudness, instead of going on through its
            pauses.

    Returns:
        As long as the base, at the content's rate; turned down where it would pass full scale.

    Raises:
        InputError: content or style is silent.

    Example:
        >>> tone = Audio(0.5 * np.sin(0.1 * np.arange(8000)), 8000)
        >>> hiss = Audio(np.random.default_rng(0).uniform(-1, 1, 8000), 8000)
        >>> out = with_noise_bed(tone, hiss, level_db=-20, rng=np.random.default_rng(1))
        >>> round(float(10 * np.log10(np.mean((out.samples - tone.samples) ** 2) / 0.125)), 1)
        -20.0
    """
    base = content if base is None else base
    noise = spectral_noise(
        style, sample_rate=content.sample_rate, shape=base.samples.shape, rng=rng
    )
    level = sounding_level(content)
    if is_gated:
        noise *= _fitted(loudness_curve(content) / level, noise.shape[1])
    out = base.samples + noise * (level * 10.0 ** (level_db / 20.0))
    return Audio(out / max(float(np.abs(out).max()), 1.0), content.sample_rate)


def spectral_noise(
    style: Audio, *, sample_rate: int, shape: tuple[int, int], rng: np.random.Generator
) -> np.ndarray:
    """Stationary noise with a recording's average spectrum, of RMS 1 in each channel.

    Args:
        style: recording of any rate, length and channels.
        sample_rate: rate of the noise, in Hz.
        shape: channels and samples; each channel is noise of its own.
        rng: random generator.

    Returns:
        **Shape** as given.

    Raises:
        InputError: the recording is silent.
    """
    samples = style.samples
    if style.sample_rate != sample_rate:
        samples = resample(samples, style.sample_rate, sample_rate)
    if not samples.any():
        raise InputError("the style is silent: it has no spectrum to give to noise; give sound")
    powers = [spectrum_of(each, sample_rate) for each in samples if each.any()]
    power = np.mean([each.mean_power for each in powers], axis=0)
    n_channels, n_samples = shape
    frequency_hz = np.fft.rfftfreq(n_samples, 1.0 / sample_rate)
    amplitude = np.sqrt(np.interp(frequency_hz, powers[0].frequency_hz, power))
    parts = rng.standard_normal((2, n_channels, len(frequency_hz)))
    noise = np.fft.irfft(amplitude * (parts[0] + 1j * parts[1]), n_samples, axis=1)
    return noise / np.sqrt(np.mean(noise**2, axis=1, keepdims=True))


def sounding_level(audio: Audio) -> float:
    """RMS over sounding parts, mean power over channels.

    Args:
        audio: recording that is not silent.

    Raises:
        InputError: it is silent.

    Example:
        >>> tone = 0.5 * np.sin(0.1 * np.arange(8000))
        >>> round(sounding_level(Audio(np.concatenate([tone, np.zeros(8000)]), 8000)), 2)
        0.35
    """
    power = audio.samples.astype(np.float64) ** 2
    size = max(round(FRAME_S * audio.sample_rate), 1)
    starts = np.arange(0, power.shape[1], size)
    frames = np.add.reduceat(power.mean(0), starts) / np.diff([*starts, power.shape[1]])
    if not frames.any():
        raise InputError("the content is silent: noise has no level beside it; give sound")
    return float(np.sqrt(frames[frames >= frames.max() * 10.0 ** (-RANGE_DB / 10.0)].mean()))


def loudness_curve(audio: Audio) -> np.ndarray:
    """RMS in a Hann window of 50 ms around each sample, mean power over channels.

    Args:
        audio: any recording.

    Returns:
        **Shape** ``(time,)``.

    Example:
        >>> curve = loudness_curve(Audio(np.r_[np.zeros(400), np.ones(400)], 8000))
        >>> curve.shape, float(curve[100]), round(float(curve[600]), 2)
        ((800,), 0.0, 1.0)
    """
    power = np.mean(audio.samples.astype(np.float64) ** 2, axis=0)
    window = np.hanning(2 * max(round(FRAME_S * audio.sample_rate / 2.0), 1) + 1)
    n_fft = 1 << (len(power) + len(window) - 1).bit_length()
    spectrum = np.fft.rfft(power, n_fft) * np.fft.rfft(window / window.sum(), n_fft)
    smooth = np.fft.irfft(spectrum, n_fft)[len(window) // 2 :][: len(power)]
    # What a transform leaves of silence is no sound.
    return np.sqrt(np.where(smooth > 1e-12 * power.max(), smooth, 0.0))


def _fitted(curve: np.ndarray, n_samples: int) -> np.ndarray:
    """A curve cut, or padded with zeros, to a length."""
    return np.pad(curve[:n_samples], (0, max(n_samples - len(curve), 0)))
