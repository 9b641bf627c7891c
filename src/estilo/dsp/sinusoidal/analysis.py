"""Analysis of a waveform into tracks of sines."""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from estilo.dsp.sinusoidal.oscillators import BLOCK
from estilo.dsp.sinusoidal.peaks import spectral_peaks
from estilo.dsp.sinusoidal.synthesis import heard, synthesise
from estilo.dsp.sinusoidal.tracks import Tracks, link
from estilo.dsp.stft import power_of_two_near, window_function

_MOST_BINS = 2.0  # from frame to frame


@dataclass(frozen=True, kw_only=True)
class SineAnalysis:
    """Settings of the search for tracks.

    Args:
        n_sines: largest number of sines that sound at once.
        window_s: length of the window in seconds; rounded to a power of two of samples.
        floor_db: level below which there are no sines, in dB of the waveform's peak.
        n_frames_min: smallest number of frames of a track: a peak of noise lasts for a window,
            which is 4.
        bend_most: largest bend of a track's frequency (its mean second difference from frame to
            frame), as a share of the window's resolution: noise bends more, and instruments and
            speech, by energy, less.
        n_refinements: number of times that tracks are corrected by the residual.
    """

    n_sines: int = 100
    window_s: float = 0.04
    floor_db: float = -80.0
    n_frames_min: int = 7
    bend_most: float = 0.6
    n_refinements: int = 1

    def __call__(self, waveform: Tensor, *, sample_rate: int) -> Tracks:
        """Find the tracks of a waveform.

        Args:
            waveform: ``(time,)``.
            sample_rate: sample rate in Hz.
        """
        win_length = power_of_two_near(self.window_s, sample_rate=sample_rate, least=4 * BLOCK)
        hop_length = max(BLOCK, win_length // 4)
        bin_hz = sample_rate / win_length
        waveform = waveform - waveform.mean()  # an offset is no sine, and can hide them all
        peak = float(waveform.abs().max())
        n_hops = -(-waveform.shape[-1] // hop_length)
        padded = torch.nn.functional.pad(waveform, (0, n_hops * hop_length - len(waveform)))
        peaks = spectral_peaks(
            padded,
            sample_rate=sample_rate,
            n_fft=2 * win_length,
            hop_length=hop_length,
            win_length=win_length,
            window="blackman",
            n_peaks=self.n_sines,
            floor_db=self.floor_db + 20.0 * math.log10(max(peak, 1e-9)),
        )
        tracks = link(
            peaks,
            sample_rate=sample_rate,
            hop_length=hop_length,
            deviation_hz=20.0,
            deviation_share=0.02,
            deviation_most_hz=_MOST_BINS * bin_hz,
            bend_most_hz=self.bend_most * bin_hz,
            n_frames_min=self.n_frames_min,
        )
        for _ in range(self.n_refinements):
            tracks = refined(tracks, waveform, win_length=win_length)
        return tracks


def refined(tracks: Tracks, waveform: Tensor, *, win_length: int) -> Tracks:
    """Correct tracks by what remains of them in the residual.

    A window smears what moves within it. Demodulated by its own glide a track stands still, and its
    complex amplitude in the residual is its error: of amplitude, of phase and, by the slope of the
    phase's error, of frequency (Pantazis, Rosec & Stylianou 2011,
    https://doi.org/10.1109/TASL.2010.2047682, find it by least squares).

    Args:
        tracks: tracks to correct.
        waveform: waveform that they were found in, ``(time,)``.
        win_length: length of the window that the error is averaged over, in samples.
    """
    residual = waveform - synthesise(tracks, length=len(waveform))
    window = window_function("hann", length=win_length // BLOCK).to(waveform)
    error = heard(residual, tracks, window=window)
    amplitude = tracks.amplitude + error
    turn = torch.where(tracks.gate, amplitude.angle(), 0.0)
    frequency = tracks.frequency_hz + _slope(turn, tracks) / (2.0 * math.pi)
    nyquist_hz = tracks.sample_rate / 2.0
    return replace(
        tracks,
        amplitude=torch.where(tracks.gate, amplitude.abs(), 0.0),
        phase=torch.where(tracks.gate, tracks.phase + turn, 0.0),
        frequency_hz=torch.where(tracks.gate, frequency.clamp(1.0, nyquist_hz), 0.0),
    )


def _slope(turn: Tensor, tracks: Tracks) -> Tensor:
    """Change of an angle per second along the tracks."""
    step = torch.where(tracks.goes_on, turn.diff(dim=1), 0.0)
    step = torch.remainder(step + math.pi, 2.0 * math.pi) - math.pi
    before = torch.nn.functional.pad(step, (1, 0))
    after = torch.nn.functional.pad(step, (0, 1))
    n = torch.nn.functional.pad(tracks.goes_on, (1, 0)).int()
    n = n + torch.nn.functional.pad(tracks.goes_on, (0, 1)).int()
    return (before + after) / n.clamp_min(1) * tracks.sample_rate / tracks.hop_length
