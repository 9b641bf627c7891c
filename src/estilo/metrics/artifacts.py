"""Faults of a result: clipping, broken samples, clicks, musical noise, missing highs.

Conventions: clipping, broken samples and clicks are counted in all channels at the output's own
rate and without a reference; musical noise is measured in mono at 16 kHz, bandwidth in mono at each
one's own rate, both against the target where there is one, else the style, at their own lengths.
None of these is in the table of the SS VQ-VAE paper.

Metrics: `clipping_share`, `n_non_finite`, `clicks_per_s`, `musical_noise_db`, `bandwidth_db`; for
engines that make spectrograms, `inconsistency`.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from estilo.analysis.clicks import clicks_of_channels
from estilo.analysis.flicker import flicker_db
from estilo.analysis.sound import Sound
from estilo.analysis.spectra import power_spectrogram
from estilo.errors import InputError
from estilo.metrics.base import Metric, are_audible, nothing_to_measure, require_sounds

HIGHS_HZ = (8_000.0, 20_000.0)
HIGHS_RATE_HZ = 40_000
"""Lowest sample rate at which a recording holds all of `HIGHS_HZ`, in Hz."""

_FLAT = 1e-4
_STEEP = 5e-4
_SHORTEST_RUN = 3
_HIGHS_FLOOR = 1e-10


def clipping_share(output: Sound) -> float:
    """Share of samples that are beyond full scale or in a flat top.

    A flat top is a run of three or more samples within 0.01 % of the highest (or lowest) of their
    channel that the waveform enters or leaves by a step, so that the round tops of slow waves do
    not count. Square waves and 8-bit recordings do. Clipping that was resampled afterwards is no
    longer flat and is not seen.

    Args:
        output: any length, rate and channels.

    Returns:
        0 to 1; NaN after a warning where there is no sample.

    Raises:
        InputError: it is not a `Sound`.

    Example:
        >>> wave = np.sin(0.05 * np.arange(44100))
        >>> clipped = Sound(0.5 * np.clip(1.1 * wave, -1, 1), 44100)
        >>> clipping_share(Sound(wave, 44100)), round(clipping_share(clipped), 2)
        (0.0, 0.27)
    """
    require_sounds("clipping_share", output)
    samples = output.audio.samples
    if samples.size == 0:
        return nothing_to_measure("clipping_share", "the recording is empty")
    return sum(int(clipped_samples(channel).sum()) for channel in samples) / samples.size


def clipped_samples(channel: np.ndarray) -> np.ndarray:
    """Which samples are beyond full scale or in a flat top; see `clipping_share`.

    **Shape**: ``(time,)`` both; the result is bool.

    Args:
        channel: samples of one channel.

    Example:
        >>> clipped_samples(np.array([0.0, 0.8, 0.8, 0.8, 0.1])).tolist()
        [False, True, True, True, False]
    """
    peak = float(np.abs(channel).max(initial=0.0))
    clipped = np.abs(channel) > 1.0
    for side in (channel, -channel):
        top = float(side.max(initial=0.0))
        if top > 0.0 and top >= 0.5 * peak:
            clipped |= _flat_tops(side, top)
    return clipped


def n_non_finite(output: Sound) -> float:
    """Samples that are NaN or infinite.

    Args:
        output: any length, rate and channels.

    Returns:
        A whole number; NaN after a warning where there is no sample.

    Raises:
        InputError: it is not a `Sound`.

    Example:
        >>> n_non_finite(Sound([0.1, np.nan, -np.inf], 16000))
        2.0
    """
    require_sounds("n_non_finite", output)
    if output.audio.samples.size == 0:
        return nothing_to_measure("n_non_finite", "the recording is empty")
    return float(output.n_non_finite)


def clicks_per_s(output: Sound) -> float:
    """Isolated jumps of the waveform per second, in the channel that has most.

    Those of `estilo.analysis.clicks`. Recordings have none, but for crackling ones.

    Args:
        output: any length, rate and channels.

    Returns:
        Per second; NaN after a warning where there is no sample.

    Raises:
        InputError: it is not a `Sound`.

    Example:
        >>> wave = np.sin(0.02 * np.arange(44100))
        >>> wave[22050:] += 0.3
        >>> clicks_per_s(Sound(wave, 44100))
        1.0
    """
    require_sounds("clicks_per_s", output)
    samples = output.audio.samples
    if samples.size == 0:
        return nothing_to_measure("clicks_per_s", "the recording is empty")
    most = max(len(times_s) for times_s in output.once(clicks_of_channels))
    return most / output.duration_s


def musical_noise_db(output: Sound, reference: Sound) -> float:
    """Excess of the flicker of the output's partials over that of its reference's, in dB.

    The difference of `estilo.analysis.flicker.flicker_db`, 0 where the output flickers less. For a
    tonal reference it finds the warble of phases that do not fit and the chirps of edited
    magnitudes; noise flickers anyhow, so under a noisy reference only strong musical noise shows.
    A tonal style that is put on noisy content is charged with the noise.

    Args:
        output: any length and rate.
        reference: any length and rate.

    Returns:
        dB, 0 or more: about 5 for noise in place of tones; NaN after a warning where one is silent
        or has no partial as long as 32 ms.

    Raises:
        InputError: one of them is not a `Sound`.

    Example:
        >>> time_s = np.arange(16000) / 16000
        >>> clean = np.sin(2 * np.pi * 440 * time_s)
        >>> warble = clean * (1 + 0.8 * np.sin(2 * np.pi * 30 * time_s))
        >>> musical_noise_db(Sound(warble, 16000), Sound(clean, 16000)) > 3.0
        True
    """
    if not are_audible("musical_noise", output, reference):
        return nothing_to_measure("musical_noise")
    excess_db = output.once(flicker_db) - reference.once(flicker_db)
    if math.isnan(excess_db):
        return nothing_to_measure("musical_noise", "no partial lasts long enough")
    return max(excess_db, 0.0)


def bandwidth_db(output: Sound, reference: Sound) -> float:
    """Difference of the share of 8 to 20 kHz in the power from the reference's, in dB.

    The other metrics stop at 8 kHz. `highs_db` says on which side the output is.

    Args:
        output: any length, at 40 kHz or more.
        reference: any length, at 40 kHz or more.

    Returns:
        dB, 0 where the highs are as strong; NaN after a warning where one is silent, and without
        one where a rate does not reach 20 kHz.

    Raises:
        InputError: one of them is not a `Sound`.

    Example:
        >>> noise = np.random.default_rng(0).normal(size=44100)
        >>> dull = np.convolve(noise, [0.25, 0.5, 0.25], mode="same")
        >>> round(bandwidth_db(Sound(dull, 44100), Sound(noise, 44100)), 1)
        4.1
    """
    if not are_audible("bandwidth_db", output, reference):
        return nothing_to_measure("bandwidth_db")
    return abs(output.once(highs_db) - reference.once(highs_db))


def highs_db(sound: Sound) -> float:
    """Power of 8 to 20 kHz relative to all power, in dB, at least -100.

    Args:
        sound: any length.

    Returns:
        dB; NaN where the rate does not reach 20 kHz or there is no power.

    Example:
        >>> noise = np.random.default_rng(0).normal(size=44100)
        >>> round(highs_db(Sound(noise, 44100)), 1)  # 12 of 22.05 kHz
        -2.7
    """
    rate = sound.audio.sample_rate
    power = np.zeros(1)
    if rate >= HIGHS_RATE_HZ:
        spectra = power_spectrogram(sound.mono_full_rate, n_fft=2048, hop_length=1024)
        power = spectra.sum(axis=1, dtype=np.float64)
    total = float(power.sum())
    if total == 0.0:
        return math.nan
    bins_hz = np.arange(len(power)) * (rate / 2048)
    highs = float(power[(bins_hz >= HIGHS_HZ[0]) & (bins_hz <= HIGHS_HZ[1])].sum())
    return 10.0 * math.log10(max(highs / total, _HIGHS_FLOOR))


def inconsistency(spectrum: ArrayLike, *, n_fft: int, hop_length: int) -> float:
    r"""Distance of a spectrogram from those that waveforms have.

    .. math:: \|S - \mathrm{STFT}(\mathrm{iSTFT}(S))\| / \|S\|

    with Hann windows and the least-squares inverse. A waveform's own spectrogram has 0, so this is
    a measure for engines that make spectrograms, before they are synthesised; for results see
    `musical_noise_db`. Independent complex noise has :math:`\sqrt{1 - 1/r}`, *r* the ratio of
    window to hop.

    Args:
        spectrum: complex spectrum. **Shape** ``(n_fft // 2 + 1, frames)``.
        n_fft: length of the transform and its window, in samples.
        hop_length: distance of two frames, in samples; at most half the window.

    Returns:
        0 to 1.

    Raises:
        InputError: the spectrum is not complex, not finite, of another shape or zero, or the
            windows do not overlap by half.

    Source: J. Le Roux et al. 2010, Fast signal reconstruction from magnitude STFT spectrogram based
        on spectrogram consistency, DAFx-10.

    Example:
        >>> inconsistency(np.ones((33, 20), complex), n_fft=64, hop_length=16) > 0.1
        True
    """
    frames = _complex_frames(spectrum, n_fft, hop_length)
    n_frames = len(frames)
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(n_fft) / n_fft)
    waveform = np.zeros((n_frames - 1) * hop_length + n_fft)
    weight = np.zeros_like(waveform)
    for number, frame in enumerate(np.fft.irfft(frames, n_fft, axis=1)):
        here = slice(number * hop_length, number * hop_length + n_fft)
        waveform[here] += window * frame
        weight[here] += np.square(window)
    # Where no window reaches, at the very ends, the sum is zero as well.
    waveform = np.divide(waveform, weight, out=np.zeros_like(waveform), where=weight > 1e-12)
    again = np.lib.stride_tricks.sliding_window_view(waveform, n_fft)[::hop_length]
    residual = frames - np.fft.rfft(again * window, axis=1)
    return float(np.linalg.norm(residual) / np.linalg.norm(frames))


def _complex_frames(spectrum: ArrayLike, n_fft: int, hop_length: int) -> np.ndarray:
    values = np.asarray(spectrum)
    shape = (n_fft // 2 + 1, "frames")
    if values.dtype.kind != "c" or values.ndim != 2 or values.shape[0] != n_fft // 2 + 1:
        raise InputError(
            f"spectrum must be complex ({shape[0]}, frames), got {values.dtype} {values.shape}; "
            "give the short-time Fourier transform of one channel"
        )
    if not 1 <= hop_length <= n_fft // 2:
        raise InputError(
            f"hop_length must be 1 to {n_fft // 2}, half of n_fft, got {hop_length}; overlap more"
        )
    if not np.isfinite(values).all() or not values.any():
        raise InputError("spectrum must be finite and not all zero; give one that sounds")
    return values.T.astype(np.complex128)


def _flat_tops(channel: np.ndarray, top: float) -> np.ndarray:
    """Which samples lie in long runs at the top that begin or end with a step."""
    at_top = channel >= top * (1.0 - _FLAT)
    if np.count_nonzero(at_top) < _SHORTEST_RUN:
        return at_top & False
    at_top = np.concatenate([[False], at_top, [False]])
    edges = np.flatnonzero(at_top[1:] != at_top[:-1])
    first, stop = edges[::2], edges[1::2]
    padded = np.pad(channel, 1, mode="edge")
    steps = np.maximum(padded[first + 1] - padded[first], padded[stop] - padded[stop + 1])
    is_flat = (stop - first >= _SHORTEST_RUN) & (steps > _STEEP * top)
    change = np.zeros(len(channel) + 1, np.int64)
    change[first[is_flat]] = 1
    change[stop[is_flat]] = -1
    return np.cumsum(change[:-1]) > 0


CLIPPING_SHARE = Metric("clipping_share", "clipped", "lower", 0.0, None, clipping_share)
N_NON_FINITE = Metric("n_non_finite", "NaN/inf samples", "lower", 0.0, None, n_non_finite)
CLICKS_PER_S = Metric("clicks_per_s", "clicks/s", "lower", 0.0, None, clicks_per_s)
MUSICAL_NOISE = Metric(
    "musical_noise", "musical noise (dB)", "lower", 0.0, "timbre", musical_noise_db
)
BANDWIDTH = Metric("bandwidth_db", "highs off by (dB)", "lower", 0.0, "timbre", bandwidth_db)
