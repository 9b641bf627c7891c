"""Soft clipping: an overdrive, and the stage of an amplifier.

A waveform that is bent has harmonics without end, and those above half the sample rate would come
back as tones that belong to no note. So the waveform is bent at eight times its sample rate, and
what lies above its own band is left out: J. Pakarinen, D. T. Yeh 2009, "A review of digital
techniques for modeling vacuum-tube guitar amplifiers", Computer Music Journal 33(2).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estilo.synthesis.effects.equaliser import Equaliser
from estilo.synthesis.filters import fast_length, filtered

_OVERSAMPLING = 8
_MARGIN = 2048  # samples of silence between the end and the beginning, which meet in the transform
_COUPLING_HZ = 10.0  # below which an amplifier passes nothing


@dataclass(frozen=True)
class Overdrive:
    """A pedal: the sound, and above a corner a softly clipped copy of it, through a tone control.

    Args:
        drive_db: gain into the clipping, in dB; what is as loud as 0 dB behind it is bent.
        low_hz: corner in Hz below which the sound is left as it is.
        tone_hz: corner in Hz above which the result falls by 6 dB per octave.
    """

    drive_db: float
    low_hz: float = 720.0
    tone_hz: float = 6000.0

    def apply(self, waveform: NDArray, sample_rate: int) -> NDArray:
        """The driven sound.

        Args:
            waveform: samples, ``(time,)``, full scale at 1.
            sample_rate: sample rate in Hz.

        **Shape**: result ``(time,)``.
        """
        gain = 10.0 ** (self.drive_db / 20.0)
        high = filtered(waveform, lambda hz: _above(hz, self.low_hz), sample_rate=sample_rate)
        out = waveform + oversampled(gain * high, np.tanh)
        return filtered(
            out, lambda hz: 1.0 / (1.0 + 1j * hz / self.tone_hz), sample_rate=sample_rate
        )


@dataclass(frozen=True)
class Amplifier:
    """An amplifier that clips one side of the waveform before the other, and highs before lows.

    What the emphasis raises before the clipping is lowered after it, so that a quiet sound is only
    made louder.

    Args:
        drive_db: gain into the clipping, in dB.
        bias: place on the curve at which the waveform rests, 0 for the middle: the further from it,
            the stronger the even harmonics.
        emphasis_db: gain of highs before the clipping, in dB.
        emphasis_hz: corner of the emphasis, in Hz.
    """

    drive_db: float
    bias: float = 0.3
    emphasis_db: float = 6.0
    emphasis_hz: float = 700.0

    def apply(self, waveform: NDArray, sample_rate: int) -> NDArray:
        """The amplified sound.

        Args:
            waveform: samples, ``(time,)``, full scale at 1.
            sample_rate: sample rate in Hz.

        **Shape**: result ``(time,)``.
        """
        highs = 10.0 ** (self.emphasis_db / 20.0)
        before = Equaliser(high_hz=self.emphasis_hz, high_db=self.emphasis_db)
        after = Equaliser(high_hz=self.emphasis_hz / highs, high_db=-self.emphasis_db)
        driven = 10.0 ** (self.drive_db / 20.0) * before.apply(waveform, sample_rate)
        bent = oversampled(driven, lambda x: np.tanh(x + self.bias) - np.tanh(self.bias))
        out = after.apply(bent, sample_rate)
        return filtered(out, lambda hz: _above(hz, _COUPLING_HZ), sample_rate=sample_rate)


def oversampled(waveform: NDArray, curve: Callable[[NDArray], NDArray]) -> NDArray:
    """Bend a waveform by a curve, with harmonics up to half the sample rate and none folded back.

    Args:
        waveform: ``(time,)``.
        curve: function of the samples, 0 at 0.

    **Shape**: result ``(time,)``.

    Example:
        >>> wave = np.sin(0.1 * np.arange(400.0))
        >>> bool(np.allclose(oversampled(wave, lambda x: x)[50:350], wave[50:350], atol=1e-3))
        True
    """
    n_fft = 2 * fast_length((len(waveform) + _MARGIN) // 2 + 1)
    many = _OVERSAMPLING * n_fft
    dense = np.fft.irfft(np.fft.rfft(waveform, n_fft), many) * _OVERSAMPLING
    spectrum = np.fft.rfft(curve(dense))[: n_fft // 2 + 1]
    return np.fft.irfft(spectrum, n_fft)[: len(waveform)] / _OVERSAMPLING


def _above(frequency_hz: NDArray, corner_hz: float) -> NDArray[np.complex128]:
    """A high-pass of one pole."""
    return 1j * frequency_hz / (1j * frequency_hz + corner_hz)
