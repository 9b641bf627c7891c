"""Loudness and true peak as broadcasters measure them, and the gain that matches two levels.

Everything runs in blocks, so an hour of stereo in a mapped array takes a few megabytes.

References: ITU-R BS.1770-4 (2015), Algorithms to measure audio programme loudness and true-peak
audio level; EBU R 128 (2020). The filters for any rate are those of B. De Man (2018), Evaluation of
implementations of the EBU R128 loudness measurement, AES 145, which give the table of BS.1770 at
48 kHz.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

# Nothing here is scipy.signal's, whose import takes half a second.

_SUBBLOCKS_PER_CHUNK = 16
_DECAYED = 1e-15
_ABSOLUTE_GATE_LUFS = -70.0
_RELATIVE_GATE_LU = -10.0
_OFFSET_LUFS = -0.691  # so that a 997 Hz sine at full scale in one channel gives -3.01

# BS.1770-4 table 3 for the channel orders of wav files: surrounds between 60° and 120° count 1.41,
# the low-frequency channel does not count, all others count 1.
_CHANNEL_WEIGHTS: dict[int, tuple[float, ...]] = {
    4: (1.0, 1.0, 1.41, 1.41),
    5: (1.0, 1.0, 1.0, 1.41, 1.41),
    6: (1.0, 1.0, 1.0, 0.0, 1.41, 1.41),
    7: (1.0, 1.0, 1.0, 0.0, 1.0, 1.41, 1.41),
    8: (1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.41, 1.41),
}

_PEAK_CHUNK = 2**12
_PEAK_REACH = 24  # samples to each side that an interpolated value depends on
_GAIN_CHUNK = 2**18


@dataclass(frozen=True)
class LevelMatch:
    """What one static gain achieves.

    Args:
        target_lufs: loudness of the reference, in LUFS.
        measured_lufs: loudness before the gain, in LUFS.
        achieved_lufs: loudness after the gain, in LUFS.
        gain_db: the gain, in dB.
    """

    target_lufs: float
    measured_lufs: float
    achieved_lufs: float
    gain_db: float


def integrated_loudness(samples: np.ndarray, sample_rate: int) -> float:
    r"""Gated loudness of BS.1770-4 in LUFS; -inf when all of it is below -70 LUFS.

    .. math:: L = -0.691 + 10 \log_{10} \sum_i G_i \overline{z_i^2}

    over the blocks of 0.4 s (75 % overlap) that pass the gates at -70 LUFS and at 10 LU below the
    mean of those. Clips shorter than a block are measured whole and ungated. Weights of channels:
    one to three count 1; with 4, 5, 6 (5.1), 7 and 8 (7.1, wav order) the side surrounds count 1.41
    and the low-frequency channel 0.

    Args:
        samples: full scale at ±1. **Shape** ``(channels, time)``.
        sample_rate: sample rate in Hz, 8 000 to 192 000.

    Example:
        >>> time_s = np.arange(96_000) / 48_000
        >>> tone = np.sin(2 * np.pi * 997 * time_s)[None]
        >>> round(integrated_loudness(tone, 48_000), 1)
        -3.0
    """
    return _gated(_block_powers(samples, sample_rate))


def true_peak(samples: np.ndarray, sample_rate: int) -> float:
    """Highest value between the samples too, in dBTP; -inf for silence.

    Oversampled 4 times up to 50 kHz and 2 times up to 100 kHz; above that the samples themselves
    are taken. At 48 kHz and more a tone is read at most 0.2 dB too low up to 12 kHz, 0.5 dB at
    20 kHz.

    Args:
        samples: full scale at ±1. **Shape** ``(channels, time)``.
        sample_rate: sample rate in Hz.

    Example:
        >>> tone = np.sin(np.pi / 2 * np.arange(4800) + np.pi / 4) * np.hanning(4800)
        >>> round(float(20 * np.log10(np.abs(tone).max())), 1)
        -3.0
        >>> abs(true_peak(tone[None], 48_000)) < 0.02
        True
    """
    factor, taps, most = oversampling(sample_rate)
    peak = max((_sample_peak(channel) for channel in samples), default=0.0)
    if factor > 1 and peak > 0.0:
        for channel in samples:
            peak = _interpolated_peak(channel, taps, factor, most, peak)
    return 20.0 * math.log10(peak) if peak > 0.0 else -math.inf


def oversampling(sample_rate: int) -> tuple[int, np.ndarray, float]:
    """How a true peak is looked for: a factor, taps for `oversampled`, and the most that they give.

    No value between samples exceeds the largest sample near it times the last, so that quiet
    stretches need no interpolation.

    Args:
        sample_rate: sample rate in Hz.
    """
    factor = 4 if sample_rate <= 50_000 else 2 if sample_rate <= 100_000 else 1
    taps = _interpolator(factor)
    return factor, taps, float(np.abs(taps.reshape(-1, factor)).sum(axis=0).max())


def oversampled(
    channel: np.ndarray, start: int, stop: int, taps: np.ndarray, factor: int
) -> np.ndarray:
    """The samples of a stretch, and ``factor - 1`` values after each; silence around the channel.

    Args:
        channel: samples of one channel, ``(time,)``.
        start: first sample; may lie before the channel.
        stop: sample after the last; may lie beyond the channel.
        taps: taps from `oversampling`.
        factor: factor from `oversampling`.

    **Shape**: result ``((stop - start) * factor,)``, float64.
    """
    first, last = start - _PEAK_REACH, stop + _PEAK_REACH
    chunk = np.asarray(channel[max(first, 0) : max(last, 0)], dtype=np.float64)
    chunk = np.pad(chunk, (max(-first, 0), max(last - len(channel), 0)))
    # Between the samples, phase by phase; taps are those of all phases in turn.
    values = np.stack([np.convolve(chunk, taps[i::factor]) for i in range(factor)], axis=1)
    middle = 2 * _PEAK_REACH * factor
    return values.ravel()[middle : middle + (stop - start) * factor]


def match_level(samples: np.ndarray, reference: np.ndarray, sample_rate: int) -> LevelMatch:
    """Find the static gain that makes ``samples`` as loud as ``reference``.

    Recordings that the gate calls silent are compared ungated; digital silence on either side gives
    a gain of 0 dB.

    Args:
        samples: samples to be made louder or softer; left as they are. **Shape** ``(channels,
            time)``.
        reference: samples whose loudness is wanted. **Shape** ``(channels, time)``.
        sample_rate: sample rate of both, in Hz.

    Example:
        >>> time_s = np.arange(48_000) / 48_000
        >>> tone = 0.1 * np.sin(2 * np.pi * 997 * time_s)[None]
        >>> round(match_level(tone / 2, tone, 48_000).gain_db, 2)
        6.02
    """
    powers, target_powers = (_block_powers(each, sample_rate) for each in (samples, reference))
    measure = _gated
    if math.isinf(_gated(powers)) or math.isinf(_gated(target_powers)):
        measure = _ungated
    target, measured = measure(target_powers), measure(powers)
    gain_db = 0.0
    if math.isfinite(target) and math.isfinite(measured):
        # The gates do not move with the gain, so the difference is only nearly the gain.
        for _ in range(8):
            gain_db += target - measure(powers * 10.0 ** (gain_db / 10.0))
            if not math.isfinite(gain_db):
                gain_db = target - measured
                break
    achieved = measure(powers * 10.0 ** (gain_db / 10.0))
    return LevelMatch(target, measured, achieved, gain_db)


def apply_gain(samples: np.ndarray, gain_db: float, *, out: np.ndarray | None = None) -> np.ndarray:
    """Samples times a gain, in blocks.

    Args:
        samples: samples. **Shape** ``(channels, time)``.
        gain_db: gain in dB; 0 returns the same bits.
        out: array to write to, which may be ``samples`` itself; a new array when None.

    Example:
        >>> apply_gain(np.ones((1, 2), dtype=np.float32), -20.0)
        array([[0.1, 0.1]], dtype=float32)
    """
    out = np.empty_like(samples) if out is None else out
    gain = samples.dtype.type(10.0 ** (gain_db / 20.0))
    for start in range(0, samples.shape[1], _GAIN_CHUNK):
        chunk = slice(start, start + _GAIN_CHUNK)
        np.multiply(samples[:, chunk], gain, out=out[:, chunk])
    return out


def k_weighting(sample_rate: int) -> np.ndarray:
    """The two filters of BS.1770, a shelf and a high pass, as second-order sections.

    Args:
        sample_rate: sample rate in Hz.

    **Shape**: ``(2, 6)``.

    Example:
        >>> k_weighting(48_000)[0].round(8)
        array([ 1.53512486, -2.69169619,  1.19839281,  1.        , -1.69065929,
                0.73248077])
    """
    gain_db, quality, centre_hz = 3.999843853973347, 0.7071752369554196, 1681.974450955533
    k = math.tan(math.pi * centre_hz / sample_rate)
    high = 10.0 ** (gain_db / 20.0)
    band = high**0.4996667741545416
    norm = 1.0 + k / quality + k * k
    shelf = [
        (high + band * k / quality + k * k) / norm,
        2.0 * (k * k - high) / norm,
        (high - band * k / quality + k * k) / norm,
        1.0,
        2.0 * (k * k - 1.0) / norm,
        (1.0 - k / quality + k * k) / norm,
    ]
    quality, centre_hz = 0.5003270373238773, 38.13547087602444
    k = math.tan(math.pi * centre_hz / sample_rate)
    norm = 1.0 + k / quality + k * k
    poles = [1.0, 2.0 * (k * k - 1.0) / norm, (1.0 - k / quality + k * k) / norm]
    return np.array([shelf, [1.0, -2.0, 1.0, *poles]])


def _block_powers(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """Weighted mean squares of the gating blocks, or of the whole when it is shorter than one."""
    n_channels, n_samples = samples.shape
    weights = np.array(_CHANNEL_WEIGHTS.get(n_channels, (1.0,) * n_channels))
    n_subblocks = n_samples * 10 // sample_rate
    if n_subblocks < 4:
        edges = np.array([0, n_samples])
    else:
        edges = np.rint(np.arange(n_subblocks + 1) * sample_rate / 10).astype(np.int64)
    energies = _weighted_energies(samples, weights, sample_rate, edges)
    if n_subblocks < 4:
        return energies / max(n_samples, 1)
    totals = np.concatenate([[0.0], np.cumsum(energies)])
    return (totals[4:] - totals[:-4]) / (edges[4:] - edges[:-4])


def _weighted_energies(
    samples: np.ndarray, weights: np.ndarray, sample_rate: int, edges: np.ndarray
) -> np.ndarray:
    """Energy between neighbouring edges, summed over channels; the filters run on across chunks."""
    reach = _reach(sample_rate)
    longest = int(edges[min(_SUBBLOCKS_PER_CHUNK, len(edges) - 1)]) + 1
    n_fft = _fast_size(reach + longest)
    response = _k_response(sample_rate, n_fft)
    energies = []
    for first in range(0, len(edges) - 1, _SUBBLOCKS_PER_CHUNK):
        chunk_edges = edges[first : first + _SUBBLOCKS_PER_CHUNK + 1]
        start, stop = int(chunk_edges[0]), int(chunk_edges[-1])
        if stop == start:
            energies.append(np.zeros(len(chunk_edges) - 1))
            continue
        before = max(start - reach, 0)
        squares = np.zeros(stop - start)
        for weight, channel in zip(weights, samples, strict=True):
            if weight == 0.0:
                continue
            spectrum = np.fft.rfft(np.asarray(channel[before:stop], dtype=np.float64), n_fft)
            weighted = np.fft.irfft(spectrum * response, n_fft)[start - before : stop - before]
            squares += weight * np.square(weighted)
        energies.append(np.add.reduceat(squares, chunk_edges[:-1] - start))
    return np.concatenate(energies)


def _reach(sample_rate: int) -> int:
    """Samples after which nothing is left of the response of the filters to a click."""
    slowest = max(
        float(np.abs(np.roots(section[3:])).max()) for section in k_weighting(sample_rate)
    )
    return math.ceil(math.log(_DECAYED) / math.log(slowest))


def _fast_size(size: int) -> int:
    """A length, at most an eighth longer, whose Fourier transform is fast."""
    step = 1 << max(size.bit_length() - 4, 0)
    return -(-size // step) * step


@lru_cache(maxsize=4)
def _k_response(sample_rate: int, n_fft: int) -> np.ndarray:
    """Frequency response of the two filters; **shape** ``(n_fft // 2 + 1,)``."""
    delay = np.exp(-2j * np.pi * np.arange(n_fft // 2 + 1) / n_fft)
    response = np.ones_like(delay)
    for section in k_weighting(sample_rate):
        response *= np.polyval(section[2::-1], delay) / np.polyval(section[:2:-1], delay)
    return response


def _ungated(powers: np.ndarray) -> float:
    mean = float(powers.mean()) if len(powers) else 0.0
    return _OFFSET_LUFS + 10.0 * math.log10(mean) if mean > 0.0 else -math.inf


def _gated(powers: np.ndarray) -> float:
    if len(powers) == 1:
        return _ungated(powers)
    floor = 10.0 ** ((_ABSOLUTE_GATE_LUFS - _OFFSET_LUFS) / 10.0)
    loud = powers[powers > floor]
    if len(loud) == 0:
        return -math.inf
    return _ungated(loud[loud > loud.mean() * 10.0 ** (_RELATIVE_GATE_LU / 10.0)])


def _sample_peak(channel: np.ndarray) -> float:
    return max(
        (
            float(np.abs(channel[start : start + _GAIN_CHUNK]).max())
            for start in range(0, len(channel), _GAIN_CHUNK)
        ),
        default=0.0,
    )


def _interpolator(factor: int) -> np.ndarray:
    """Windowed sinc that keeps the samples and finds ``factor - 1`` values between each two."""
    n = np.arange(-_PEAK_REACH * factor, _PEAK_REACH * factor)
    return np.sinc(n / factor) * np.kaiser(2 * _PEAK_REACH * factor + 1, 7.0)[:-1]


def _interpolated_peak(
    channel: np.ndarray, taps: np.ndarray, factor: int, most: float, peak: float
) -> float:
    """The larger of ``peak`` and the interpolated peak of one channel; silence around it."""
    for start in range(-_PEAK_REACH, len(channel) + _PEAK_REACH, _PEAK_CHUNK):
        first, last = start - _PEAK_REACH, start + _PEAK_CHUNK + _PEAK_REACH
        near = channel[max(first, 0) : max(last, 0)]
        if len(near) == 0 or np.abs(near).max() * most <= peak:
            continue
        values = oversampled(channel, start, start + _PEAK_CHUNK, taps, factor)
        peak = max(peak, float(np.abs(values).max()))
    return peak
