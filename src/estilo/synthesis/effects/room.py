"""A room made of noise that dies away."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estilo.synthesis.filters import fast_length, lowpass, shaped_noise
from estilo.synthesis.shaping import signal_time


@dataclass(frozen=True)
class Room:
    """Reflections and a decaying tail.

    Args:
        decay_s: time of 60 dB of decay, in seconds.
        wet_db: energy of all reflections relative to the direct sound, in dB.
        delay_s: delay of the first reflection, in seconds.
        n_early: number of reflections that stand alone before the tail.
        damping_hz: frequency above which the tail decays twice as fast, in Hz.
        seed: random seed of the reflections; the same seed is the same room.
    """

    decay_s: float
    wet_db: float
    delay_s: float
    n_early: int
    damping_hz: float
    seed: int

    def impulse_response(self, sample_rate: int) -> NDArray[np.float64]:
        """The direct sound at 1 and what follows it, ``(time,)``; the sample rate is in Hz.

        Example:
            >>> room = Room(0.5, -6.0, 0.01, 5, 4000.0, seed=1)
            >>> float(room.impulse_response(8000)[0])
            1.0
        """
        rng = np.random.default_rng(self.seed)
        delay = round(self.delay_s * sample_rate)
        n_samples = max(round(1.1 * self.decay_s * sample_rate), 1) + delay
        time_s = signal_time(n_samples, sample_rate)
        low = shaped_noise(
            rng, n_samples, lambda hz: lowpass(hz, self.damping_hz), sample_rate=sample_rate
        )
        full = rng.standard_normal(n_samples)
        tail = low * np.exp(-6.9 * time_s / self.decay_s)
        tail = tail + 0.5 * full * np.exp(-13.8 * time_s / self.decay_s)
        wet = np.zeros(n_samples)
        wet[delay:] = tail[: n_samples - delay] / np.sqrt(np.square(tail).sum())
        early_s = self.delay_s + rng.exponential(0.012, self.n_early)
        places = np.minimum((early_s * sample_rate).astype(int), n_samples - 1)
        signs = rng.choice((-1.0, 1.0), self.n_early)
        np.add.at(wet, places, 0.4 * signs * np.exp(-6.9 * early_s / self.decay_s))
        wet *= 10.0 ** (self.wet_db / 20.0) / np.sqrt(np.square(wet).sum())
        wet[0] += 1.0 - wet[0]
        return wet

    def apply(self, waveform: NDArray, sample_rate: int) -> NDArray:
        """The sound in the room, its tail cut to the length of the input.

        Args:
            waveform: samples, ``(time,)``, full scale at 1.
            sample_rate: sample rate in Hz.

        **Shape**: result ``(time,)``.
        """
        response = self.impulse_response(sample_rate)
        n_fft = fast_length(len(waveform) + len(response) - 1)
        spectrum = np.fft.rfft(waveform, n_fft) * np.fft.rfft(response, n_fft)
        return np.fft.irfft(spectrum, n_fft)[: len(waveform)]
