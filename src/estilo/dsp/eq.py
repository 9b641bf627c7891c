r"""Equaliser matching: the static filter that gives one recording another's average spectrum.

Average spectra are compared in bands on the ERB-rate scale, half as wide as the ear's own filters
unless told otherwise, and the gains are joined smoothly (linear in dB and ERB) to one filter for
the whole recording.

The filter is zero-phase by default: every partial stays where it was in time, a mix with the
content does not comb, and gains in dB scale with the strength. The price is that it rings before an
attack as long as after it; since the gains bend no faster than the bands are wide, that is a few
milliseconds at high frequencies, which backward masking hides, and more only in the bass. Where
that is heard (drums under a steep match) ``"minimum"`` rings only after the attack, as an analogue
equaliser does, by the real cepstrum (Oppenheim & Schafer 1975, Digital Signal Processing, ch. 10).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from estilo.dsp.mel import band_interpolation, filterbank
from estilo.dsp.stft import power_of_two_near, window_function
from estilo.errors import InputError
from estilo.units import hz_to_erb_number

LIMIT_DB = 30.0
WIDTH_ERB = 0.5
"""Width of the bands in ERB: 64 of them lie below 8 kHz."""

Phase = Literal["zero", "minimum"]

_LOW_HZ = 30.0
_SILENT_DB = -80.0
_FADE_S = 0.005
_FRAMES_PER_BLOCK = 256
_REFINEMENTS = 2  # halve what bands that overlap leave of the difference, on average 1.7 dB
_OVERSAMPLED = 4  # the filter is designed on a finer grid, so that its tails do not fold back


def average_power(waveform: Tensor, *, sample_rate: int) -> Tensor:
    r"""Mean power spectrum over time and channels, in blocks, however long the recording is.

    Frames of about 93 ms under a Hann window, each half over the one before, all within the
    recording (Welch 1967, doi:10.1109/TAU.1967.1161901); the last one ends where it ends. A
    recording shorter than one frame has silence around it.

    Args:
        waveform: ``(..., time)``.
        sample_rate: sample rate in Hz.

    **Shape**: result ``(n_fft // 2 + 1,)``, float64, unscaled.

    Raises:
        InputError: there are no samples.

    Example:
        >>> average_power(torch.ones(2, 4000), sample_rate=8000).argmax()
        tensor(0)
    """
    n_fft = _n_fft(sample_rate)
    time, hop = waveform.shape[-1], n_fft // 2
    if waveform.numel() == 0:
        raise InputError("a spectrum needs samples, got 0 samples; give audio")
    channels = waveform.reshape(-1, time)
    window = window_function("hann", length=n_fft).to(waveform)
    if time < n_fft:
        missing = n_fft - time
        channels = torch.nn.functional.pad(channels, (missing // 2, missing - missing // 2))
        time = n_fft
    n_frames = 1 + (time - n_fft) // hop
    spans = [
        (first * hop, (min(first + _FRAMES_PER_BLOCK, n_frames) - 1) * hop + n_fft)
        for first in range(0, n_frames, _FRAMES_PER_BLOCK)
    ]
    if (time - n_fft) % hop:
        spans.append((time - n_fft, time))
        n_frames += 1
    total = torch.zeros(n_fft // 2 + 1, dtype=torch.float64, device=waveform.device)
    for start, stop in spans:
        for channel in channels[:, start:stop]:
            spectrum = torch.fft.rfft(channel.unfold(-1, n_fft, hop) * window)
            power = spectrum.real.square() + spectrum.imag.square()
            total += power.sum(0, dtype=torch.float64)
    return total / (n_frames * len(channels))


def band_power(waveform: Tensor, *, sample_rate: int, n_bands: int) -> Tensor:
    """Average power in ERB bands.

    Args:
        waveform: ``(..., time)``.
        sample_rate: sample rate in Hz.
        n_bands: number of bands, evenly spaced on the ERB-rate scale from 30 Hz up.

    **Shape**: result ``(n_bands,)``.

    Raises:
        InputError: there are no samples.
    """
    power = average_power(waveform, sample_rate=sample_rate)
    return (_bank(n_bands, sample_rate, power) @ power).to(waveform.dtype)


def matching_gains(
    source_power: Tensor, target_power: Tensor, *, limit_db: float = LIMIT_DB
) -> Tensor:
    """Gains per band that turn one average spectrum into another, level aside.

    Bands that the target does not hold at all (more than 80 dB below its strongest: above the
    bandwidth of a low-rate file, say) take the gain of the nearest lower band that it does, or of
    the lowest one.

    Args:
        source_power: power in bands before, ``(n_bands,)``.
        target_power: power in bands that is wanted, ``(n_bands,)``.
        limit_db: largest gain, up or down, in dB.

    **Shape**: result ``(n_bands,)`` in dB.

    >>> matching_gains(torch.tensor([1.0, 1.0]), torch.tensor([1.0, 100.0]))
    tensor([-17.0329,   2.9671])
    """
    source = source_power / source_power.sum().clamp_min(1e-30)
    target = target_power / target_power.sum().clamp_min(1e-30)
    gains = 10.0 * torch.log10((target + 1e-12) / (source + 1e-12))
    held = target > 10.0 ** (_SILENT_DB / 10.0) * target.max()
    bands = torch.arange(len(gains), device=gains.device)
    nearest = torch.where(held, bands, -1).cummax(0).values
    lowest = int(held.int().argmax())
    return gains[nearest.clamp_min(lowest)].clamp(-limit_db, limit_db)


@dataclass(frozen=True)
class Filter:
    """A finite impulse response.

    Args:
        taps: impulse response, ``(n_taps,)``.
        centre: index of the tap that meets the sample that is being computed.
    """

    taps: Tensor
    centre: int


UNCHANGED = Filter(torch.ones(1, dtype=torch.float64), 0)


def matching_filter(
    source: Tensor,
    target: Tensor,
    *,
    sample_rate: int,
    strength: float = 1.0,
    width_erb: float = WIDTH_ERB,
    limit_db: float = LIMIT_DB,
    phase: Phase = "zero",
) -> Filter:
    """The filter that gives a recording another's average spectrum and leaves its level.

    Args:
        source: average power spectrum of the recording that will be filtered, from `average_power`,
            ``(bins,)``.
        target: average power spectrum that it should have, at any level, ``(bins,)``.
        sample_rate: sample rate in Hz.
        strength: factor on the gains in dB, 0 to 1.
        width_erb: width of the bands that are compared, in ERB.
        limit_db: largest gain or attenuation of a band against the median band, in dB.
        phase: ``"zero"`` or ``"minimum"``.

    Example:
        >>> noise = torch.randn(1, 8000, generator=torch.Generator().manual_seed(0))
        >>> spectrum = average_power(noise, sample_rate=8000)
        >>> matching_filter(spectrum, 9.0 * spectrum, sample_rate=8000).taps
        tensor([1.], dtype=torch.float64)
    """
    bank = _bank(n_bands_of(width_erb, sample_rate), sample_rate, source)
    wanted = bank @ target
    gains_db = _left_db(bank @ source, wanted).clamp(-limit_db, limit_db)
    if strength == 0.0 or float(gains_db.abs().max()) < 1e-3:
        return Filter(UNCHANGED.taps.to(source.device), 0)
    for _ in range(_REFINEMENTS):
        reached = source * _response(gain_filter(gains_db, sample_rate=sample_rate), source)
        gains_db = (gains_db + _left_db(bank @ reached, wanted)).clamp(-limit_db, limit_db)
    return level_keeping_filter(strength * gains_db, source, sample_rate=sample_rate, phase=phase)


def level_keeping_filter(
    gains_db: Tensor, source: Tensor, *, sample_rate: int, phase: Phase = "zero"
) -> Filter:
    """The filter of smooth gains per band that leaves a recording's level.

    Args:
        gains_db: gains in dB, ``(n_bands,)``, evenly spaced on the ERB-rate scale from 30 Hz up.
        source: average power spectrum of the recording, from `average_power`, ``(bins,)``.
        sample_rate: sample rate in Hz.
        phase: ``"zero"`` or ``"minimum"``.

    Example:
        >>> flat = torch.ones(513, dtype=torch.float64)
        >>> louder = level_keeping_filter(torch.full((24,), 6.0), flat, sample_rate=8000)
        >>> round(float(louder.taps.sum()), 6)
        1.0
    """
    chosen = gain_filter(gains_db, sample_rate=sample_rate, phase=phase)
    before, after = float(source.sum()), float((source * _response(chosen, source)).sum())
    level = (before / after) ** 0.5 if before > 0.0 and after > 0.0 else 1.0
    return Filter(level * chosen.taps, chosen.centre)


def n_bands_of(width_erb: float, sample_rate: int) -> int:
    """Number of bands of a width from 30 Hz to half the sample rate.

    Args:
        width_erb: width of a band, in ERB.
        sample_rate: sample rate in Hz.

    Example:
        >>> n_bands_of(0.5, 16_000)
        64
    """
    span = float(hz_to_erb_number(sample_rate / 2.0) - hz_to_erb_number(_LOW_HZ))
    return max(2, round(span / width_erb))


def gain_filter(gains_db: Tensor, *, sample_rate: int, phase: Phase = "zero") -> Filter:
    """The filter, 93 ms long, of smooth gains per band.

    Args:
        gains_db: gains in dB, ``(n_bands,)``, evenly spaced on the ERB-rate scale from 30 Hz up.
        sample_rate: sample rate in Hz.
        phase: ``"zero"`` or ``"minimum"``.

    Example:
        >>> gain_filter(torch.zeros(24), sample_rate=8000).centre
        512
    """
    n_taps = _n_fft(sample_rate)
    n_fft = _OVERSAMPLED * n_taps
    spread = band_interpolation(
        n_bands=len(gains_db),
        n_fft=n_fft,
        sample_rate=sample_rate,
        scale="erb",
        low_hz=_LOW_HZ,
        dtype=torch.float64,
        device=gains_db.device,
    )
    log_gains = (np.log(10.0) / 20.0) * (spread @ gains_db.double())
    # A Hann window of twice the reach, whose middle is 1: tails fade out instead of breaking off.
    window = window_function("hann", length=n_taps).to(gains_db.device)
    if phase == "minimum":
        cepstrum = torch.fft.irfft(log_gains.to(torch.complex128), n=n_fft)
        cepstrum[1 : n_fft // 2] *= 2.0
        cepstrum[n_fft // 2 + 1 :] = 0.0
        response = torch.fft.irfft(torch.exp(torch.fft.rfft(cepstrum)), n=n_fft)
        fade = window_function("hann", length=2 * n_taps)[n_taps:].to(gains_db.device)
        return Filter(response[:n_taps] * fade, 0)
    response = torch.fft.irfft(torch.exp(log_gains).to(torch.complex128), n=n_fft)
    half = n_taps // 2
    return Filter(torch.cat([response[-half:], response[:half]]) * window, half)


def filtered(
    waveform: Tensor, chosen: Filter, *, start: int = 0, stop: int | None = None
) -> Tensor:
    """A stretch of a filtered recording, with silence before its beginning and after its end.

    Stretches that lie end to end give what the whole would: blocks leave no seams.

    Args:
        waveform: ``(..., time)``.
        chosen: filter to apply.
        start: first sample of the stretch.
        stop: sample after the last one; the end of the recording if not given.

    **Shape**: result ``(..., stop - start)``.

    Example:
        >>> echo = Filter(torch.tensor([1.0, 0.0, 0.5]), 0)
        >>> filtered(torch.tensor([1.0, 0.0, 0.0, 0.0]), echo).round(decimals=4)
        tensor([1.0000, 0.0000, 0.5000, 0.0000])
    """
    time = waveform.shape[-1]
    stop = time if stop is None else stop
    taps = chosen.taps.to(waveform)
    if len(taps) == 1:
        return waveform[..., start:stop] * taps
    first, last = start - (len(taps) - 1 - chosen.centre), stop + chosen.centre
    stretch = waveform[..., max(first, 0) : min(last, time)]
    stretch = torch.nn.functional.pad(stretch, (max(-first, 0), max(last - time, 0)))
    # What wraps around lands on the first samples, which lie before the stretch.
    n_fft = 1 << (stretch.shape[-1] - 1).bit_length()
    spectrum = torch.fft.rfft(stretch, n=n_fft) * torch.fft.rfft(taps, n=n_fft)
    begin = len(taps) - 1
    return torch.fft.irfft(spectrum, n=n_fft)[..., begin : begin + stop - start]


def matched(
    waveform: Tensor,
    chosen: Filter,
    *,
    sample_rate: int,
    start: int = 0,
    stop: int | None = None,
) -> Tensor:
    """`filtered`, with ends that fade within 5 ms where the filter rings over them.

    A recording that fades to nothing at its end would end with a click: what it rang there goes on,
    and is cut off. The same is so of a beginning that rings before it, which no filter of minimum
    phase does.

    Args:
        waveform: ``(..., time)``.
        chosen: filter to apply.
        sample_rate: sample rate in Hz.
        start: first sample of the stretch.
        stop: sample after the last one; the end of the recording if not given.

    **Shape**: result ``(..., stop - start)``.

    Example:
        >>> echo = Filter(torch.tensor([1.0, 0.0, 0.5]), 0)
        >>> matched(torch.ones(1000), echo, sample_rate=8000)[[0, 500, 999]].round(decimals=4)
        tensor([1.0000, 1.5000, 0.0000])
    """
    stop = waveform.shape[-1] if stop is None else stop
    made = filtered(waveform, chosen, start=start, stop=stop)
    if len(chosen.taps) == 1:
        return made
    places = torch.arange(start, stop, device=made.device)
    left = waveform.shape[-1] - 1 - places
    nearest = torch.minimum(places, left) if chosen.centre > 0 else left
    ramp = (nearest / max(round(_FADE_S * sample_rate), 1)).clamp(max=1.0)
    return made * (0.5 - 0.5 * torch.cos(torch.pi * ramp)).to(made)


def apply_gains(waveform: Tensor, gains_db: Tensor, *, sample_rate: int) -> Tensor:
    """Filter with smooth, zero-phase gains per band.

    Args:
        waveform: ``(..., time)``.
        gains_db: gains in dB, ``(n_bands,)``, as `matching_gains` gives them.
        sample_rate: sample rate in Hz.

    **Shape**: result ``(..., time)``.
    """
    return filtered(waveform, gain_filter(gains_db, sample_rate=sample_rate))


def eq_match(waveform: np.ndarray, reference: np.ndarray, sample_rate: int) -> np.ndarray:
    """A recording equalised to another's average spectrum, at its own level.

    One zero-phase filter for all channels, gains up to 30 dB in 64 bands up to 8 kHz.

    Args:
        waveform: ``(time,)`` or ``(channels, time)``.
        reference: recording of the same rate; length, level and channels do not matter.
        sample_rate: sample rate of both, in Hz.

    **Shape**: result as the waveform, float32.

    Raises:
        InputError: there are no samples, or the reference is silent.

    Example:
        >>> noise = np.random.default_rng(0).standard_normal(8000)
        >>> matched = eq_match(noise, np.diff(noise), 8000)
        >>> bool(np.abs(np.diff(matched)).mean() > 1.2 * np.abs(np.diff(noise)).mean())
        True
    """
    # Copies: torch warns of arrays that may not be written to.
    source, target = (
        torch.from_numpy(np.array(each, dtype=np.float32, order="C"))
        for each in (waveform, reference)
    )
    wanted = average_power(target, sample_rate=sample_rate)
    if not float(wanted.max()) > 0.0:
        raise InputError("the reference is silent: it has no spectrum to match; give sound")
    own = average_power(source, sample_rate=sample_rate)
    chosen = matching_filter(own, wanted, sample_rate=sample_rate)
    return matched(source, chosen, sample_rate=sample_rate).numpy()


def _left_db(source_power: Tensor, target_power: Tensor) -> Tensor:
    """Gains without limit, 0 in the median band: a limit then takes as little as it can."""
    gains_db = matching_gains(source_power, target_power, limit_db=float("inf"))
    return gains_db - gains_db.median()


def _response(chosen: Filter, like: Tensor) -> Tensor:
    """Squared magnitude of a filter at the bins of an average spectrum."""
    n_fft = 2 * (len(like) - 1)
    spectrum = torch.fft.rfft(chosen.taps, n=n_fft)
    return spectrum.real.square() + spectrum.imag.square()


def _bank(n_bands: int, sample_rate: int, like: Tensor) -> Tensor:
    return filterbank(
        n_bands=n_bands,
        n_fft=_n_fft(sample_rate),
        sample_rate=sample_rate,
        scale="erb",
        low_hz=_LOW_HZ,
        dtype=like.dtype,
        device=like.device,
    )


def _n_fft(sample_rate: int) -> int:
    return power_of_two_near(0.093, sample_rate=sample_rate)
