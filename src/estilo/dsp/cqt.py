"""An invertible constant-Q transform: the non-stationary Gabor transform, painless case.

The whole signal is transformed once; every band is a window on its spectrum, brought back to time
at a common, lower rate. Windows overlap their neighbours only, and the sum of their squares is
one, so the transform keeps energy and is inverted by its own windows (Velasco, Holighaus, Dörfler
& Grill 2011, "Constructing an invertible constant-Q transform with nonstationary Gabor frames",
DAFx-11). A band around 0 Hz and one around half the sample rate complete it.

The transform is circular. The end is joined to the start by a crossfade of their reflections, so
that no jump is heard in the bands there; those frames follow the signal's own.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from estilo.errors import InputError, SettingsError

_MIN_FRAMES = 16
_MIN_HALF_WIDTH = 2.0  # bins; narrower windows would ring for as long as the signal


def cqt_frequencies_hz(
    *, sample_rate: int, bins_per_octave: int = 24, low_hz: float = 32.703
) -> NDArray[np.float64]:
    """Centre frequencies of `cqt`'s bands, the bands at 0 Hz and half the sample rate included.

    **Shape**: ``(n_bands,)``, in Hz.

    Args:
        sample_rate: sample rate in Hz.
        bins_per_octave: bands per octave.
        low_hz: centre of the lowest constant-Q band, in Hz; C1 by default.

    Raises:
        SettingsError: there is less than one band per octave, or ``low_hz`` is not between 0 and
            half the sample rate.

    Example:
        >>> cqt_frequencies_hz(sample_rate=8000, bins_per_octave=1, low_hz=1000.0).tolist()
        [0.0, 1000.0, 2000.0, 4000.0]
    """
    nyquist_hz = sample_rate / 2.0
    if bins_per_octave < 1 or not 0.0 < low_hz < nyquist_hz:
        raise SettingsError(
            f"expected bins_per_octave ≥ 1 and 0 < low_hz < {nyquist_hz:g} (half the sample rate), "
            f"got {bins_per_octave} and {low_hz:g}; change the one that is outside"
        )
    # A quarter of a step at least is left to the band at half the sample rate: closer, it would be
    # so narrow that it rings; further, so wide that it shortens the hop of all.
    n_steps = int(np.floor(bins_per_octave * np.log2(nyquist_hz / low_hz) - 0.25)) + 1
    steps = np.arange(max(n_steps, 1)) / bins_per_octave
    return np.concatenate([[0.0], low_hz * 2.0**steps, [nyquist_hz]])


def cqt_hop_length(*, sample_rate: int, bins_per_octave: int = 24, low_hz: float = 32.703) -> int:
    """The longest hop, a power of two, at which `cqt` can be inverted.

    Every band must fit into the common rate: ``sample_rate / hop_length ≥`` the widest band.

    Args:
        sample_rate: sample rate in Hz.
        bins_per_octave: number of bands per octave.
        low_hz: centre of the lowest constant-Q band, in Hz.

    Returns:
        The hop in samples.

    Raises:
        SettingsError: for the reasons that `cqt_frequencies_hz` gives.

    Example:
        >>> cqt_hop_length(sample_rate=22050)
        32
    """
    centres_hz = cqt_frequencies_hz(
        sample_rate=sample_rate, bins_per_octave=bins_per_octave, low_hz=low_hz
    )
    below_hz, above_hz = _half_widths(centres_hz)
    return 2 ** int(np.floor(np.log2(sample_rate / (below_hz + above_hz).max())))


def cqt(
    waveform: Tensor,
    *,
    sample_rate: int,
    bins_per_octave: int = 24,
    low_hz: float = 32.703,
    hop_length: int | None = None,
) -> Tensor:
    """Constant-Q transform with perfect reconstruction.

    Frame ``n`` looks at sample ``n * hop_length``; a full-scale sine on a band's centre has the
    magnitude 1 there.

    **Shape**: waveform ``(..., time)``, result complex ``(..., n_bands, frames)``; see
    `cqt_frequencies_hz` for the bands and `cqt_n_frames` for the frames.

    Args:
        waveform: real samples.
        sample_rate: sample rate in Hz.
        bins_per_octave: bands per octave.
        low_hz: centre of the lowest constant-Q band, in Hz.
        hop_length: hop in samples; `cqt_hop_length` by default, and never longer.

    Raises:
        InputError: the waveform is not real or has no time axis.
        SettingsError: the hop is too long, or a reason that `cqt_frequencies_hz` gives.

    Example:
        >>> noise = torch.randn(3000, generator=torch.Generator().manual_seed(0))
        >>> again = icqt(cqt(noise, sample_rate=8000), length=3000, sample_rate=8000)
        >>> bool((again - noise).abs().max() < 1e-5)
        True
    """
    if waveform.ndim == 0 or not waveform.is_floating_point():
        raise InputError(
            f"waveform must hold real samples along time, got {waveform.dtype} of shape "
            f"{tuple(waveform.shape)}; give a float tensor (..., time)"
        )
    plan = _plan(sample_rate, bins_per_octave, low_hz, hop_length, waveform.shape[-1])
    spectrum = torch.fft.fft(_join_ends(waveform, plan=plan))
    windowed = spectrum[..., plan.bins.to(waveform.device)] * plan.weights.to(waveform)
    bands = spectrum.new_zeros(*waveform.shape[:-1], plan.n_bands * plan.n_frames)
    bands = bands.index_copy(-1, plan.places.to(waveform.device), windowed)
    bands = torch.fft.ifft(bands.unflatten(-1, (plan.n_bands, plan.n_frames)))
    return bands * _to_amplitude(plan).to(waveform)


def icqt(
    spectrum: Tensor,
    *,
    length: int,
    sample_rate: int,
    bins_per_octave: int = 24,
    low_hz: float = 32.703,
    hop_length: int | None = None,
) -> Tensor:
    """The waveform of a constant-Q spectrum; inverts `cqt` exactly.

    **Shape**: spectrum complex ``(..., n_bands, frames)``, result ``(..., length)``.

    Args:
        spectrum: spectrum that `cqt` gave for a waveform of this length.
        length: length of the result, in samples.
        sample_rate: sample rate, as in `cqt`, in Hz.
        bins_per_octave: number of bands per octave, as in `cqt`.
        low_hz: lowest frequency, as in `cqt`, in Hz.
        hop_length: hop, as in `cqt`, in samples.

    Raises:
        InputError: the spectrum is not complex, or does not have the bands and frames of a
            waveform of this length.
        SettingsError: for the reasons that `cqt` gives.
    """
    plan = _plan(sample_rate, bins_per_octave, low_hz, hop_length, length)
    expected = (plan.n_bands, plan.n_frames)
    if not spectrum.is_complex() or tuple(spectrum.shape[-2:]) != expected:
        raise InputError(
            f"spectrum must be complex (..., {expected[0]}, {expected[1]}) for {length} samples, "
            f"got {spectrum.dtype} of shape {tuple(spectrum.shape)}; give what cqt returned for "
            "the same settings"
        )
    real = spectrum.real
    bands = torch.fft.fft(spectrum / _to_amplitude(plan).to(real)).flatten(-2)
    windowed = bands[..., plan.places.to(real.device)] * plan.weights.to(real)
    # The windows beyond half the sample rate mirror those below: the upper half is not needed.
    n_half = plan.n_padded // 2 + 1
    lower = plan.bins < n_half
    half = bands.new_zeros(*spectrum.shape[:-2], n_half)
    half = half.index_add(-1, plan.bins[lower].to(real.device), windowed[..., lower])
    return torch.fft.irfft(half, n=plan.n_padded)[..., :length]


def cqt_n_frames(
    length: int,
    *,
    sample_rate: int,
    bins_per_octave: int = 24,
    low_hz: float = 32.703,
    hop_length: int | None = None,
) -> int:
    """Number of frames that `cqt` gives; the last few join the end to the start.

    Args:
        length: length of the waveform, in samples.
        sample_rate: sample rate, as in `cqt`, in Hz.
        bins_per_octave: number of bands per octave, as in `cqt`.
        low_hz: lowest frequency, as in `cqt`, in Hz.
        hop_length: hop, as in `cqt`, in samples.

    Raises:
        SettingsError: for the reasons that `cqt` gives.

    Example:
        >>> cqt_n_frames(8000, sample_rate=8000, bins_per_octave=12, low_hz=100.0, hop_length=8)
        1169
    """
    return _plan(sample_rate, bins_per_octave, low_hz, hop_length, length).n_frames


@dataclass(frozen=True, eq=False)
class _Plan:
    """Where each windowed bin of the spectrum goes: ``bands[places] = spectrum[bins] * weights``.

    Only the windows' supports are listed: about two entries per sample, whatever the bands.
    """

    n_bands: int
    n_frames: int
    n_padded: int
    n_joint: int
    hop_length: int
    bins: Tensor
    places: Tensor
    weights: Tensor


def _half_widths(centres: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distance of each centre to its neighbours below and above; mirrored at both ends."""
    gaps = np.diff(centres)
    return np.concatenate([gaps[:1], gaps]), np.concatenate([gaps, gaps[-1:]])


@lru_cache(maxsize=16)
@torch.inference_mode(mode=False)  # or what is cached under inference could not be trained through
def _plan(
    sample_rate: int, bins_per_octave: int, low_hz: float, hop_length: int | None, length: int
) -> _Plan:
    grid = {"sample_rate": sample_rate, "bins_per_octave": bins_per_octave, "low_hz": low_hz}
    longest = cqt_hop_length(**grid)
    hop_length = longest if hop_length is None else hop_length
    if not 1 <= hop_length <= longest:
        raise SettingsError(
            f"hop_length must be between 1 and {longest} samples for {bins_per_octave} bands per "
            f"octave at {sample_rate} Hz, got {hop_length}; shorten the hop or ask for more bands "
            "per octave"
        )
    centres_hz = cqt_frequencies_hz(**grid)
    # As long as the response of the lowest band, so that the ends do not hear each other.
    n_joint = max(min(length - 1, round(sample_rate / (centres_hz[2] - centres_hz[1]))), 0)
    n_frames = max(-(-(length + n_joint) // hop_length), _MIN_FRAMES)
    n_padded = n_frames * hop_length
    centres = centres_hz * n_padded / sample_rate
    below, above = (np.maximum(width, _MIN_HALF_WIDTH) for width in _half_widths(centres))
    bins, bands, weights = _windows(centres, below, above, n_padded)
    return _Plan(
        n_bands=centres.size,
        n_frames=n_frames,
        n_padded=n_padded,
        n_joint=n_joint,
        hop_length=hop_length,
        bins=torch.from_numpy(bins % n_padded),
        places=torch.from_numpy(bands * n_frames + bins % n_frames),
        weights=torch.from_numpy(weights),
    )


def _windows(
    centres: NDArray[np.float64],
    below: NDArray[np.float64],
    above: NDArray[np.float64],
    n_padded: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Bin, band and weight of every entry of the windows, squares summing to 1 in every bin.

    Each is ``sin²`` of a triangle between its neighbours. All but the first and the last stay on
    the positive frequencies, so their bands are analytic.
    """
    last = centres.size - 1
    entries: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]] = []
    for band, centre in enumerate(centres):
        low, high = np.ceil(centre - below[band]), np.floor(centre + above[band])
        if 0 < band < last:
            low, high = max(low, 0.0), min(high, float(n_padded // 2))
        bins = np.arange(int(low), int(high) + 1)
        offset = bins - centre
        triangle = 1.0 - np.abs(offset) / np.where(offset < 0, below[band], above[band])
        window = np.sin(0.5 * np.pi * triangle) ** 2
        inside = window > 1e-12
        bins = bins[inside]
        entries.append((bins, np.full(bins.size, band), window[inside]))
    bins, bands, weights = (np.concatenate(column) for column in zip(*entries, strict=True))
    half = n_padded // 2
    mirrored = np.abs(np.where(bins > half, n_padded - bins, bins))
    power = np.zeros(half + 1)
    lower = (bins >= 0) & (bins <= half)
    np.add.at(power, bins[lower], weights[lower] ** 2)
    return bins, bands, weights / np.sqrt(power[mirrored])


def _to_amplitude(plan: _Plan) -> Tensor:
    """Factor per band that gives a full-scale sine the magnitude 1; float64 ``(n_bands, 1)``."""
    factor = torch.full((plan.n_bands, 1), 2.0 / plan.hop_length, dtype=torch.float64)
    factor[0] /= 2.0  # the first and the last band see both the sine and its mirror image
    factor[-1] /= 2.0
    return factor


def _join_ends(waveform: Tensor, *, plan: _Plan) -> Tensor:
    """The waveform, then a crossfade from its end's reflection to its start's, then zeros."""
    n = plan.n_joint
    ramp = (torch.arange(n, device=waveform.device) + 0.5) / max(n, 1)
    fade = torch.sin(0.5 * torch.pi * ramp).square().to(waveform)
    after = waveform[..., waveform.shape[-1] - 1 - n : waveform.shape[-1] - 1].flip(-1)
    before = waveform[..., 1 : n + 1].flip(-1)
    joined = torch.cat([waveform, after * (1.0 - fade) + before * fade], dim=-1)
    return F.pad(joined, (0, plan.n_padded - joined.shape[-1]))
