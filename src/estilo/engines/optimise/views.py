"""What the terms look at: log spectra of a waveform in ERB bands, at one resolution each."""

from collections.abc import Callable

import torch
from torch import Tensor

from estilo.dsp.mel import filterbank
from estilo.dsp.stft import power_of_two_near, stft

View = Callable[[Tensor], Tensor]

LOW_HZ = 30.0


class LogBands:
    """Half the logarithm of the power in ERB bands, in nepers (1 neper = 8.69 dB).

    The floor lies 50 dB under white noise of the level that the engine works at: quieter than
    that is silence to every term, so that no effort goes into shaping what nobody hears.

    Args:
        window_s: analysis window in seconds.
        hop_s: distance of frames in seconds.
        n_bands: evenly spaced on the ERB-rate scale.
        sample_rate: sample rate in Hz.
        high_hz: top of the highest band: what the styles do not hold is not compared.
        level: root mean square of the waveforms that will be viewed.

    **Shape**: ``(time,)`` to ``(n_bands, frames)``.
    """

    def __init__(
        self,
        *,
        window_s: float,
        hop_s: float,
        n_bands: int,
        sample_rate: int,
        high_hz: float,
        level: float,
    ) -> None:
        self.n_fft = power_of_two_near(window_s, sample_rate=sample_rate)
        self.hop_length = max(1, self.n_fft // max(1, round(window_s / hop_s)))
        self.frame_rate_hz = sample_rate / self.hop_length
        self._bank = {
            "n_bands": n_bands,
            "n_fft": self.n_fft,
            "sample_rate": sample_rate,
            "scale": "erb",
            "low_hz": LOW_HZ,
            "high_hz": high_hz,
        }
        self._floor = 10.0 ** (FLOOR_DB / 10.0) * level**2

    def __call__(self, waveform: Tensor) -> Tensor:
        """Log band spectra."""
        spectrum = stft(waveform, n_fft=self.n_fft, hop_length=self.hop_length)
        power = spectrum.real.square() + spectrum.imag.square()
        bank = filterbank(**self._bank, dtype=power.dtype, device=power.device)
        # 3/8 n_fft is the energy of a Hann window: white noise then has its own variance per bin.
        return 0.5 * torch.log(bank @ power / (0.375 * self.n_fft) + self._floor)


FLOOR_DB = -50.0


class Partials:
    """Log bands less their average over neighbouring bands: what the spectral envelope leaves.

    Args:
        bands: bands to take the average from.
        n_neighbours: number of neighbours on each side that are averaged.

    **Shape**: ``(time,)`` to ``(n_bands, frames)``.
    """

    def __init__(self, bands: LogBands, *, n_neighbours: int = 6) -> None:
        self.bands = bands
        self.n_neighbours = n_neighbours

    def __call__(self, waveform: Tensor) -> Tensor:
        """Fine structure over frequency."""
        frames = self.bands(waveform)
        n = self.n_neighbours
        padded = torch.nn.functional.pad(frames.T[:, None], (n, n), mode="replicate")
        envelope = torch.nn.functional.avg_pool1d(padded, 2 * n + 1, stride=1)[:, 0].T
        return frames - envelope


class Dynamics:
    """Log bands less their average over time: what a static equaliser leaves.

    **Shape**: ``(time,)`` to ``(n_bands, frames)``.
    """

    def __init__(self, bands: LogBands) -> None:
        self.bands = bands

    def __call__(self, waveform: Tensor) -> Tensor:
        """Movement of every band."""
        frames = self.bands(waveform)
        return frames - frames.mean(1, keepdim=True)


class Standardised:
    """A view centred and scaled per band by the mean and deviation of the styles.

    Log spectra are all of one sign: uncentred, all angles between patches are small and the mean
    drowns the others. A band that does not move is not blown up: the deviation has a floor.

    Args:
        view: view whose frames are standardised.
        styles: waveforms of the styles, ``(time,)``.
        weights: weights of the styles, which sum to 1.

    **Shape**: as the view within.
    """

    def __init__(self, view: View, styles: list[Tensor], weights: tuple[float, ...]) -> None:
        frames = [view(style) for style in styles]
        means = [f.mean(1, keepdim=True) for f in frames]
        squares = [f.square().mean(1, keepdim=True) for f in frames]
        mean = sum(w * m for w, m in zip(weights, means, strict=True))
        square = sum(w * s for w, s in zip(weights, squares, strict=True))
        self.view = view
        self.mean = torch.as_tensor(mean)
        self.deviation = (torch.as_tensor(square) - self.mean.square()).clamp_min(0.0).sqrt()
        self.deviation = self.deviation.clamp_min(DEVIATION_FLOOR)

    def __call__(self, candidate: Tensor) -> Tensor:
        """Frames in units of the styles' deviations."""
        return (self.view(candidate) - self.mean) / self.deviation


DEVIATION_FLOOR = 0.3
