"""Power spectra, mel bands, MFCCs and chroma of recordings, in numpy alone.

Conventions: frames are centred and padded with zeros, so there are ``1 + time // hop_length`` of
them; windows are periodic Hann windows; nothing is scaled. Mel bands, decibels and MFCCs are those
of librosa 0.11 with its defaults (Slaney's mel scale, bands of equal area), so that figures equal
those computed with it; before 0.10 librosa mirrored the ends instead, which changes the outermost
two frames. Blocks of frames bound the memory of long recordings.

Functions that take a `Sound` are meant for `Sound.once` and hear `Sound.mono`, at 16 kHz.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from estilo.analysis.sound import RATE_HZ, Sound
from estilo.analysis.transforms import forward
from estilo.errors import InputError
from estilo.units import hz_to_midi

N_FFT = 2048
N_BANDS = 128
MFCC_HOP = 500
N_MFCC = 13
CHROMA_N_FFT = 4096
CHROMA_HOP = 1024

_FLOOR_POWER = 1e-10
_BLOCK_FRAMES = 64  # larger blocks leave the cache: half as fast
# Slaney's Auditory Toolbox (1998): linear up to 1 kHz, 27 bands per factor 6.4 above.
_LINEAR_HZ_PER_MEL = 200.0 / 3.0
_BREAK_HZ = 1000.0
_BREAK_MEL = _BREAK_HZ / _LINEAR_HZ_PER_MEL
_LOG_STEP = np.log(6.4) / 27.0
# Below, neighbouring semitones share bins; above, there are partials rather than notes.
_CHROMA_LOW_HZ = 65.0
_CHROMA_CENTRE_HZ = 300.0
_CHROMA_WIDTH_OCTAVES = 1.2
_CHROMA_WIDTH_SEMITONES = 0.4

Array = NDArray[np.float32]


def power_spectrogram(waveform: ArrayLike, *, n_fft: int, hop_length: int) -> Array:
    r"""Squared magnitude of the short-time Fourier transform.

    **Shape**: waveform ``(time,)``, result ``(n_fft // 2 + 1, 1 + time // hop_length)``, float32.

    Args:
        waveform: real samples.
        n_fft: length of the transform and its window, in samples.
        hop_length: distance of two frames, in samples.

    Raises:
        InputError: the waveform is not a vector of real numbers, or a size is not positive.

    Example:
        >>> tone = np.cos(2 * np.pi * 8 / 64 * np.arange(640))
        >>> power = power_spectrogram(tone, n_fft=64, hop_length=16)
        >>> power.shape, round(float(power[8, 20]))  # (sum(window) / 2) ** 2
        ((33, 41), 256)
    """
    blocks = _power_blocks(_vector(waveform), n_fft, hop_length)
    return np.concatenate(list(blocks)).T


def banded_power(
    waveform: ArrayLike, weights: ArrayLike, *, n_fft: int, hop_length: int
) -> NDArray[np.float32]:
    """Weighted sums of a power spectrogram's bins, without holding all of it.

    **Shape**: waveform ``(time,)``, weights ``(bands, bins)``, result ``(bands, frames)``;
    there are ``n_fft // 2 + 1`` bins.

    Args:
        waveform: real samples.
        weights: weight of every bin in every band.
        n_fft: length of the transform and its window, in samples.
        hop_length: distance of two frames, in samples.

    Raises:
        InputError: for the reasons that `power_spectrogram` gives, or the weights are for another
            transform.

    Example:
        >>> banded_power(np.ones(640), np.ones((2, 33)), n_fft=64, hop_length=16).shape
        (2, 41)
    """
    matrix = np.asarray(weights, np.float32)
    if matrix.ndim != 2 or matrix.shape[1] != n_fft // 2 + 1:
        raise InputError(
            f"weights must be (bands, {n_fft // 2 + 1}) for n_fft={n_fft}, got {matrix.shape}; "
            "give one weight per bin"
        )
    blocks = _power_blocks(_vector(waveform), n_fft, hop_length)
    return np.concatenate([block @ matrix.T for block in blocks]).T


@lru_cache(maxsize=16)
def mel_weights(*, n_bands: int = N_BANDS, n_fft: int = N_FFT, sample_rate: int = RATE_HZ) -> Array:
    """Triangular bands of equal area on Slaney's mel scale, from 0 Hz to half the sample rate.

    A row sums to about ``n_fft / sample_rate``. (`estilo.dsp.mel` has the engines' bands, which
    average.) The array is shared between calls and cannot be written to.

    **Shape**: ``(n_bands, n_fft // 2 + 1)``.

    Args:
        n_bands: number of bands.
        n_fft: length of the transform, in samples.
        sample_rate: sample rate in Hz.

    Example:
        >>> mel_weights(n_bands=40).shape, round(float(mel_weights(n_bands=40)[20].sum()), 3)
        ((40, 1025), 0.128)
    """
    top_mel = _BREAK_MEL + np.log(max(sample_rate / 2.0 / _BREAK_HZ, 1.0)) / _LOG_STEP
    if sample_rate / 2.0 < _BREAK_HZ:
        top_mel = sample_rate / 2.0 / _LINEAR_HZ_PER_MEL
    mels = np.linspace(0.0, top_mel, n_bands + 2)
    log_hz = _BREAK_HZ * np.exp(_LOG_STEP * (mels - _BREAK_MEL))
    edges_hz = np.where(mels < _BREAK_MEL, mels * _LINEAR_HZ_PER_MEL, log_hz)
    bins_hz = np.arange(n_fft // 2 + 1) * (sample_rate / n_fft)
    low_hz, centre_hz, high_hz = edges_hz[:-2, None], edges_hz[1:-1, None], edges_hz[2:, None]
    rise = (bins_hz - low_hz) / (centre_hz - low_hz)
    fall = (high_hz - bins_hz) / (high_hz - centre_hz)
    weights = np.maximum(np.minimum(rise, fall), 0.0) * (2.0 / (high_hz - low_hz))
    weights = weights.astype(np.float32)
    weights.flags.writeable = False
    return weights


def power_to_db(power: ArrayLike, *, range_db: float = 80.0) -> Array:
    """Power in dB re 1, cut off at a distance below its peak and at -100 dB.

    **Shape**: any; the result has the same.

    Args:
        power: not negative.
        range_db: everything further below the peak is raised to it, in dB.

    Example:
        >>> power_to_db([1.0, 0.1, 1e-30]).round(3).tolist()
        [0.0, -10.0, -80.0]
    """
    level_db = 10.0 * np.log10(np.maximum(power, _FLOOR_POWER, dtype=np.float32))
    return np.maximum(level_db, level_db.max(initial=-np.inf) - np.float32(range_db))


def mfcc(sound: Sound) -> NDArray[np.float32]:
    """Mel-frequency cepstral coefficients 0 to 12 of a recording at 16 kHz.

    The orthonormal DCT-II over 128 mel bands (``n_fft`` 2048, hop 500 samples) in dB with a floor
    80 dB below the loudest, as ``librosa.feature.mfcc`` computes them. Gain moves coefficient 0
    only, unless the recording is so quiet that bands fall under -100 dB.

    **Shape**: ``(13, frames)``.

    Args:
        sound: any length.

    Source: S. Davis, P. Mermelstein 1980, https://doi.org/10.1109/TASSP.1980.1163420

    Example:
        >>> mfcc(Sound(np.sin(0.1 * np.arange(16000)), 16000)).shape
        (13, 33)
    """
    power = banded_power(sound.mono, mel_weights(), n_fft=N_FFT, hop_length=MFCC_HOP)
    return _cosines() @ power_to_db(power)


def chroma(sound: Sound) -> NDArray[np.float32]:
    r"""Strength of each pitch class, whatever the octave, from C to B.

    Each bin's magnitude (``n_fft`` 4096, hop 1024 samples) counts for the pitch classes near it
    with :math:`e^{-d^2/2\sigma^2}`, *d* the distance on the circle of twelve semitones and σ 0.4
    semitones, weighed by a bell of 1.2 octaves around 300 Hz so that neither rumble nor upper
    partials decide: one phrase on two instruments is more alike, and two phrases on one instrument
    less, than with powers or a bell around 440 Hz. Not normalised: quiet frames are small.

    **Shape**: ``(12, frames)``.

    Args:
        sound: any length.

    Source: after D. Ellis 2007, Chroma feature analysis and synthesis.

    Example:
        >>> tone = np.sin(2 * np.pi * 220 * np.arange(16000) / 16000)
        >>> int(chroma(Sound(tone, 16000)).sum(1).argmax())  # an A
        9
    """
    weights = _chroma_weights().T
    blocks = _power_blocks(sound.mono, CHROMA_N_FFT, CHROMA_HOP)
    return np.concatenate([np.sqrt(block) @ weights for block in blocks]).T


def _vector(waveform: ArrayLike) -> NDArray[np.float32]:
    samples = np.asarray(waveform)
    if samples.ndim != 1 or samples.dtype.kind not in "fiu":
        raise InputError(
            f"waveform must be a vector of real numbers, got {samples.dtype} of shape "
            f"{samples.shape}; give one channel"
        )
    return samples.astype(np.float32, copy=False)


def _power_blocks(samples: Array, n_fft: int, hop_length: int) -> Iterator[Array]:
    """Power spectra of a few frames at a time, **Shape** ``(frames, bins)``."""
    if n_fft < 2 or hop_length < 1:
        raise InputError(
            f"expected n_fft ≥ 2 and hop_length ≥ 1, got {n_fft} and {hop_length}; give both in "
            "samples"
        )
    window = (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(n_fft) / n_fft)).astype(np.float32)
    padded = np.pad(samples, (n_fft // 2, n_fft - n_fft // 2))
    n_frames = 1 + len(samples) // hop_length
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop_length][:n_frames]
    for start in range(0, n_frames, _BLOCK_FRAMES):
        spectrum = forward(frames[start : start + _BLOCK_FRAMES] * window)
        yield np.square(spectrum.real) + np.square(spectrum.imag)


@lru_cache(maxsize=1)
def _cosines() -> Array:
    """First rows of the orthonormal DCT-II over the mel bands."""
    order, band = np.arange(N_MFCC)[:, None], np.arange(N_BANDS)[None, :]
    rows = np.sqrt(2.0 / N_BANDS) * np.cos(np.pi * order * (band + 0.5) / N_BANDS)
    rows[0] /= np.sqrt(2.0)
    return rows.astype(np.float32)


@lru_cache(maxsize=1)
def _chroma_weights() -> Array:
    bins_hz = np.arange(CHROMA_N_FFT // 2 + 1) * (RATE_HZ / CHROMA_N_FFT)
    heard = bins_hz >= _CHROMA_LOW_HZ
    notes = hz_to_midi(np.where(heard, bins_hz, _CHROMA_CENTRE_HZ))
    distance = np.mod(notes - np.arange(12)[:, None] + 6.0, 12.0) - 6.0
    octaves = (notes - hz_to_midi(_CHROMA_CENTRE_HZ)) / 12.0
    bell = np.exp(-0.5 * np.square(octaves / _CHROMA_WIDTH_OCTAVES)) * heard
    return (np.exp(-0.5 * np.square(distance / _CHROMA_WIDTH_SEMITONES)) * bell).astype(np.float32)
