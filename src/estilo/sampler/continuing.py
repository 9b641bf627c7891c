"""A note that goes on for as long as it is asked to: its loop repeated, its decay continued.

Band by band (third octaves), the level of the loop is a straight line in dB over time. Where the
note fades, what is repeated is brought to where that line has come by then: a struck string goes
on to fade, its high partials faster than its low ones. Where it does not, it stays as it was last.
What else the level does within a short loop is taken out of its repetitions, or it would be heard
as a tremolo; of a note that fades, in each band and however long the loop is, as other notes that
ring beside it do not stop at its bands.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.ndimage
from numpy.typing import NDArray

from estilo.analysis.transforms import backward, forward, quick_length
from estilo.sampler.looping import Loop

_LOWEST_HZ = 90.0
_PER_OCTAVE = 3
_STEADY_DB_S = 5.0
_FASTEST_DB_S = 400.0
_FRAME_S = 0.02
_TINY = 1e-12
_EVEN_S, _UNEVEN_S = 0.3, 0.6  # lengths of loops that are made even, and left as they are
_SMOOTH_S = 0.02
_MOST_DB = 12.0


@dataclass(frozen=True, eq=False)
class Continued:
    """A note whose loop can be repeated without an end.

    Args:
        samples: samples of a note, **Shape** ``(channels, time)``.
        sample_rate: sample rate in Hz.
        loop: the part of it that is repeated.
        fades: whether the note is known to fade by itself, so that what does not in the loop is
            another note, or known to be held up by whoever plays it; None where its loop has to
            tell.
    """

    samples: NDArray[np.float32]
    sample_rate: int
    loop: Loop
    fades: bool | None = None

    @cached_property
    def bands(self) -> NDArray[np.float32]:
        """The note in bands that add up to it; **shape** ``(bands, channels, time)``."""
        return _bands(self.samples, self.sample_rate)

    @cached_property
    def slope_db_s(self) -> float:
        """Change of the level of the loop, in dB per second."""
        return float(self._slopes(self.samples[None])[0])

    @cached_property
    def slopes_db_s(self) -> NDArray[np.float64]:
        """Change of each band's level in the loop, in dB per second; **shape** ``(bands,)``."""
        return self._slopes(self.bands)

    @cached_property
    def fades_db_s(self) -> NDArray[np.float64]:
        """Change of each band's level after the loop, in dB per second; **shape** ``(bands,)``.

        That in the loop, where the note fades; above the strongest band no slower than there, as
        damping grows with frequency: what stays there is noise, or belongs to other notes.
        """
        if self.is_steady:
            return np.zeros(len(self.bands))
        fades = np.minimum(self.slopes_db_s, -_STEADY_DB_S if self.fades else 0.0)
        strongest = int(self._powers.argmax())
        fades[strongest:] = np.minimum(fades[strongest:], fades[strongest])
        return fades

    @property
    def is_steady(self) -> bool:
        """Whether the note is held up by whoever plays it, and does not fade by itself."""
        return self.slope_db_s > -_STEADY_DB_S if self.fades is None else not self.fades

    @property
    def fading_share(self) -> float:
        """Share of the loop's power that lies in bands that fade, 0 to 1."""
        fading = self._powers[self.slopes_db_s < -_STEADY_DB_S].sum()
        return float(fading / (self._powers.sum() + _TINY))

    @cached_property
    def _powers(self) -> NDArray[np.float64]:
        """Energy of each band in the loop; **shape** ``(bands,)``."""
        loop = self.bands[..., self.loop.start : self.loop.end]
        return np.square(loop, dtype=np.float64).sum((1, 2))

    def _slopes(self, bands: NDArray) -> NDArray[np.float64]:
        """Between the loop's two ends, so that a repetition begins where the last one ended."""
        loop = self.loop
        before = np.square(bands[..., loop.start - loop.fade : loop.start]).mean((1, 2))
        after = np.square(bands[..., loop.end - loop.fade : loop.end]).mean((1, 2))
        floor = 1e-8 * before.sum() + _TINY
        change_db = 10.0 * np.log10((after + floor) / (before + floor))
        slopes = change_db * self.sample_rate / loop.length
        return np.clip(slopes, -_FASTEST_DB_S, _FASTEST_DB_S)

    def until(self, n_samples: int) -> NDArray[np.float32]:
        """The note up to a sample, its loop repeated as often as that takes.

        Example:
            >>> tone = np.sin(2 * np.pi * 0.01 * np.arange(4000))[None].astype(np.float32)
            >>> endless = Continued(tone, 8000, Loop(1000, 3000, 200, 1.0)).until(9000)
            >>> bool(np.abs(endless[0] - np.sin(2 * np.pi * 0.01 * np.arange(9000))).max() < 1e-2)
            True
        """
        end = self.loop.end
        if n_samples <= end - self.loop.fade:
            return self.samples[:, :n_samples]
        out = np.zeros((self.samples.shape[0], n_samples), np.float32)
        n_plain = min(end - self.loop.fade, n_samples)
        for number in range(len(self.bands)):
            band = self._looped(number, n_samples)
            if not self.is_steady and n_samples > end:
                band[:, end:] *= self._even([number], n_samples - end)
            out[:, n_plain:] += band[:, n_plain:]
        out[:, :n_plain] = self.samples[:, :n_plain]
        length_s = self.loop.length / self.sample_rate
        share = np.clip((_UNEVEN_S - length_s) / (_UNEVEN_S - _EVEN_S), 0.0, 1.0)
        if self.is_steady and share > 0.0 and n_samples > end:
            out[:, end:] *= self._even(range(len(self.bands)), n_samples - end) ** np.float32(share)
        return out

    def _even(self, numbers: Iterable[int], n_samples: int) -> NDArray[np.float32]:
        """Gains after the end of the loop with which repetitions of bands follow straight lines."""
        loop, size = self.loop, round(_SMOOTH_S * self.sample_rate)
        size = min(size, loop.fade, loop.length // 2)
        until = loop.end + loop.length + size
        around = sum(self._looped(number, until)[:, loop.end - size :] for number in numbers)
        power = np.square(around, dtype=np.float64).mean(0)
        # Twice, so that the periods of low notes leave no ripple.
        for _ in range(2):
            power = scipy.ndimage.uniform_filter1d(power, size)
        smooth = power[size : size + loop.length + 1]
        level_db = 10.0 * np.log10(smooth + _TINY)
        line_db = np.linspace(level_db[0], level_db[-1], len(level_db))
        uneven_db = np.clip(level_db - line_db, -_MOST_DB, _MOST_DB)[:-1]
        return np.resize(10.0 ** (-uneven_db / 20.0), n_samples).astype(np.float32)

    def _looped(self, number: int, n_samples: int) -> NDArray:
        """A band up to a sample, its loop repeated."""
        loop, rate = self.loop, self.sample_rate
        slope_db_s, fade_db_s = self.slopes_db_s[number], self.fades_db_s[number]
        steady = self._seamless(self.bands[number], slope_db_s)
        time = np.arange(n_samples)
        repeated = np.maximum(time - loop.start, 0) % loop.length
        level_db = slope_db_s * repeated / rate
        gone_on = np.maximum(time - loop.end, 0)
        wanted_db = (slope_db_s * loop.length + fade_db_s * gone_on) / rate
        gain = np.where(time < loop.end, 1.0, 10.0 ** ((wanted_db - level_db) / 20.0))
        place = np.where(time < loop.end, time, loop.start + repeated)
        return steady[:, place] * gain.astype(np.float32)

    def _seamless(self, band: NDArray, slope_db_s: float) -> NDArray:
        """The band up to the loop's end, where it becomes what is before the loop's start."""
        loop = self.loop
        out = band[:, : loop.end].copy()
        gain = 10.0 ** (slope_db_s * loop.length / self.sample_rate / 20.0)
        leaving = band[:, loop.end - loop.fade : loop.end]
        entering = np.float32(gain) * band[:, loop.start - loop.fade : loop.start]
        out[:, loop.end - loop.fade :] = _matched(leaving, entering)
        return out


def _matched(leaving: NDArray, entering: NDArray) -> NDArray:
    """A crossfade at constant power, whatever the two have in common (see `dsp.crossfade`)."""
    energies = np.square(leaving).sum() * np.square(entering).sum()
    likeness = float(np.clip((leaving * entering).sum() / np.sqrt(energies + _TINY), 0.0, 1.0))
    rising = np.linspace(0.0, 1.0, leaving.shape[1] + 1, dtype=np.float32)[1:]
    falling = 1.0 - rising
    power = falling**2 + rising**2 + 2.0 * falling * rising * likeness
    return (falling * leaving + rising * entering) / np.sqrt(power)


def _bands(samples: NDArray, rate: int) -> NDArray[np.float32]:
    """Third octaves that overlap by halves and add up to the whole."""
    n_samples = samples.shape[1]
    n_fft = quick_length(n_samples + rate // 10)
    spectrum = forward(samples.astype(np.float32), n_fft) / np.float32(n_fft)
    hz = np.arange(spectrum.shape[1]) * rate / n_fft
    number = _PER_OCTAVE * np.log2(np.maximum(hz, 1e-3) / _LOWEST_HZ)
    n_bands = int(_PER_OCTAVE * np.log2(0.5 * rate / _LOWEST_HZ)) + 1
    number = np.clip(number, 0.0, n_bands - 1.0)
    out = np.empty((n_bands, *samples.shape), np.float32)
    for band in range(n_bands):
        near = np.clip(1.0 - np.abs(number - band), 0.0, 1.0)
        weight = (np.sin(0.5 * np.pi * near) ** 2).astype(np.float32)
        out[band] = backward(spectrum * weight, n_fft)[:, :n_samples]
    return out
