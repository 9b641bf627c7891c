r"""The grains of the styles: where they lie, what they sound like, and their spectra.

A grain is transposed by reading more or less of the style into a frame: a window of
:math:`\rho n` samples has, in its first bins, the spectrum of the same stretch played
:math:`\rho` times as fast in a frame of :math:`n` samples. So no style is ever resampled, and one
Fourier transform per grain is exact.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from estilo.analysis.tuning import Tuning, tuning
from estilo.dsp.mel import band_interpolation
from estilo.dsp.stft import window_function
from estilo.engines.base import Task
from estilo.io import scratch_array

NONE = -1
"""Stands for no grain."""
N_BANDS = 128
GAP = 20  # numbers between strips that are nobody's: no grain plays on one of another strip
_LOW_HZ = 40.0
LOG_FLOOR = -11.5  # log of a share of a grain's magnitude below which bands are not told apart
_QUIET = 1e-3  # of a style's loudest grain: what is quieter would bring its noise with it
_FAVOUR = 0.25  # power of a style's weight; at 1 a style of half the weight would hardly be used
_FINER = 2  # untransposed grains per hop, of which the nearest stands for a transposed one
_CLEAR = 0.3  # of a tuning; noise has .01, speech .1, played instruments .4 to 1
_HEARD_CENTS = 4.0
_BLOCK = 512  # grains whose spectra are taken at once


@dataclass(frozen=True)
class Strip:
    """One style at one transposition: its grains, one hop after the other.

    Args:
        style: number of the style.
        semitones: transposition in semitones, upwards; not whole where the style's tuning is
            brought to the content's.
        first: number of its first grain.
        count: how many there are.
        length: length of a grain in the style, in samples.
        hop: distance of grains in the style, in samples.
    """

    style: int
    semitones: float
    first: int
    count: int
    length: int
    hop: float

    def centres(self, places: Tensor) -> Tensor:
        """Samples of the style at grains, counted from the first; halves lie between two."""
        return torch.round(places.double() * self.hop).long()


class GrainIndex:
    r"""All grains of all styles at all transpositions, numbered strip by strip.

    Args:
        task: task whose styles are cut into grains; the first channel of each.
        n_fft: window length of the content's frames, in samples.
        hop_length: distance of the content's frames, in samples.
        transposition: most semitones up and down.

    Attributes:
        strips: in the order of their grains.
        favours: favours of each style, 1 for the one with the largest weight: its grains must lower
            the divergence so much more. It is :math:`1 / (1 + \lambda)` where the cost has a term
            :math:`\lambda \sum H` over the style's grains.
        bands: a matrix that gathers bins into bands.
        log_bands: logarithm of the bands' shares of a grain's magnitude, half precision:
            **Shape** ``(numbers, N_BANDS)``.
    """

    def __init__(self, task: Task, *, n_fft: int, hop_length: int, transposition: int) -> None:
        self.styles = [style[0] for style in task.styles]
        self.n_fft = n_fft
        self._hop_length = hop_length
        self.strips: list[Strip] = []
        largest = max(task.style_weights)
        self.favours = [(each / largest) ** _FAVOUR for each in task.style_weights]
        self.bands = band_sums(n_fft, task)
        n_grains = 0
        own = None if task.content is None else _tuning(task.content[0], task.sample_rate)
        for style, waveform in enumerate(self.styles):
            between = 0.0
            if own is not None and transposition > 0:
                between = _semitones_between(_tuning(waveform, task.sample_rate), own)
            for whole in range(-transposition, transposition + 1):
                semitones = whole + between
                ratio = 2.0 ** (semitones / 12.0)
                hop = ratio * hop_length
                count = 1 + int(waveform.shape[-1] / hop)
                length = max(2, round(ratio * n_fft))
                self.strips.append(Strip(style, semitones, n_grains, count, length, hop))
                n_grains += count + GAP
        # Two of half precision are as long as one of single: an hour's are mapped from a file.
        halves = torch.from_numpy(scratch_array((n_grains, N_BANDS // 2))).view(torch.float16)
        self.log_bands = halves.fill_(LOG_FLOOR).to(self.device)
        for style in range(len(self.styles)):
            self._fill(style)

    @property
    def device(self) -> torch.device:
        """Device of the styles, and of everything that is returned."""
        return self.styles[0].device

    def spectra(self, grains: Tensor, *, later_by: Tensor | None = None) -> Tensor:
        """Complex spectra of grains, ``(grains,)`` to ``(grains, n_fft // 2 + 1)``.

        Args:
            grains: numbers of grains.
            later_by: how many samples of the content's frames later each is read, if not where
                it lies.
        """
        out = torch.zeros(
            len(grains), self.n_fft // 2 + 1, dtype=torch.complex64, device=self.device
        )
        strips = self.strip_of(grains)
        for number in torch.unique(strips).tolist():
            strip = self.strips[number]
            chosen = torch.nonzero(strips == number)[:, 0]
            for part in chosen.split(_BLOCK):
                places = (grains[part] - strip.first).double()
                if later_by is not None:
                    places += later_by[part] / self._hop_length
                out[part] = self._transformed(strip, places)
        return out

    def magnitudes(self, grains: Tensor) -> Tensor:
        """Magnitudes of grains, each summing to 1: ``(grains, n_fft // 2 + 1)``."""
        found = torch.empty(len(grains), self.n_fft // 2 + 1, device=self.device)
        for part, own in zip(grains.split(_BLOCK), found.split(_BLOCK), strict=True):
            torch.abs(self.spectra(part), out=own)
        return found.div_(found.sum(1, keepdim=True).clamp_min(1e-20))

    def favours_of(self, grains: Tensor) -> Tensor:
        """Favours of the styles that grains are from, of the grains' shape."""
        by_strip = [self.favours[strip.style] for strip in self.strips]
        return torch.tensor(by_strip, device=self.device)[self.strip_of(grains)]

    def strip_of(self, grains: Tensor) -> Tensor:
        """Numbers of the strips that grains belong to."""
        firsts = torch.tensor([strip.first for strip in self.strips], device=self.device)
        return torch.searchsorted(firsts, grains, right=True) - 1

    def _fill(self, style: int) -> None:
        """Bands of one style; those of grains with next to nothing in them stay at the floor.

        Bands of the nearest untransposed grain, read where its bins will lie: good enough for a
        search, and with 13 transpositions it takes a thirteenth of the transforms.
        """
        strips = [each for each in self.strips if each.style == style]
        rows = slice(strips[0].first, strips[-1].first + strips[-1].count)
        logs, totals = self.log_bands[rows], torch.zeros(rows.stop - rows.start, device=self.device)
        matrices = [transposed(self.bands, each.semitones) for each in strips]
        fine = replace(strips[len(strips) // 2], hop=self._hop_length / _FINER)
        sources = [self._numbers(each.count, each.hop / fine.hop) for each in strips]
        n_fine = 1 + int(self.styles[style].shape[-1] / fine.hop)
        for places in self._numbers(n_fine, 1.0).split(_BLOCK):
            magnitude, ends = self._transformed(fine, places).abs(), places[[0, -1]]
            for strip, source, matrix in zip(strips, sources, matrices, strict=True):
                begin = int(torch.searchsorted(source, ends[0]))
                end = int(torch.searchsorted(source, ends[1], right=True))
                bands = magnitude[source[begin:end] - ends[0]] @ matrix
                own = slice(strip.first + begin - rows.start, strip.first + end - rows.start)
                totals[own] = bands.sum(1)
                shares = bands / totals[own, None].clamp_min(1e-20)
                logs[own] = torch.log(shares).clamp_min(LOG_FLOOR).half()
        logs[totals < _QUIET * totals.max()] = LOG_FLOOR

    def _numbers(self, count: int, factor: float) -> Tensor:
        """Multiples of a factor, rounded."""
        return torch.round(torch.arange(count, device=self.device).double() * factor).long()

    def _transformed(self, strip: Strip, places: Tensor) -> Tensor:
        """Spectra of some grains of a strip, scaled as those of frames of ``n_fft`` samples."""
        starts = strip.centres(places) - strip.length // 2
        samples = stretches(self.styles[strip.style], starts, strip.length)
        window = window_function("hann", length=strip.length).to(samples)
        spectrum = torch.fft.rfft(samples * (window * (self.n_fft / strip.length)))
        n_missing = self.n_fft // 2 + 1 - spectrum.shape[-1]
        if n_missing > 0:
            return torch.nn.functional.pad(spectrum, (0, n_missing))
        return spectrum[:, : self.n_fft // 2 + 1]


def _tuning(waveform: Tensor, sample_rate: int) -> Tuning:
    return tuning(waveform.detach().cpu().numpy(), sample_rate)


def _semitones_between(style: Tuning, content: Tuning) -> float:
    """From one tuning to the other, -0.5 to 0.5; 0 where none is clear or nobody hears it."""
    cents = (content.cents - style.cents + 50.0) % 100.0 - 50.0
    is_clear = min(style.clarity, content.clarity) >= _CLEAR
    return cents / 100.0 if is_clear and abs(cents) >= _HEARD_CENTS else 0.0


def stretches(waveform: Tensor, starts: Tensor, length: int) -> Tensor:
    """Parts of a waveform, with silence beyond its ends.

    Args:
        waveform: ``(time,)``.
        starts: first sample of each part, ``(parts,)``; may be negative.
        length: length of each part, in samples.

    **Shape**: result ``(parts, length)``.

    >>> stretches(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([-1, 0, 2]), 2).tolist()
    [[0.0, 1.0], [1.0, 2.0], [3.0, 0.0]]
    """
    n_samples = waveform.shape[-1]
    if n_samples < length:
        waveform = torch.nn.functional.pad(waveform, (0, length - n_samples))
    last = waveform.shape[-1] - length
    out = waveform.unfold(0, length, 1)[starts.clamp(0, last)]
    for row in torch.nonzero((starts < 0) | (starts > last))[:, 0].tolist():
        start = int(starts[row])
        begin, end = max(start, 0), min(start + length, waveform.shape[-1])
        out[row] = 0.0
        out[row, begin - start : end - start] = waveform[begin:end]
    return out


def transposed(bands: Tensor, semitones: float) -> Tensor:
    """A matrix that gathers bins into the bands that they lie in when transposed.

    Args:
        bands: a matrix that gathers bins into bands, ``(bins, bands)``.
        semitones: transposition of the spectrum, in semitones upwards.

    **Shape**: result ``(bins, bands)``; bins that leave the spectrum are in no band.

    >>> transposed(torch.eye(4), 12.0).tolist()[1]
    [0.0, 0.0, 1.0, 0.0]
    """
    place = torch.arange(len(bands), dtype=bands.dtype, device=bands.device)
    place = place * 2.0 ** (semitones / 12.0)
    below = place.long().clamp_max(len(bands) - 1)
    above = (below + 1).clamp_max(len(bands) - 1)
    part = (place - below)[:, None].clamp(0.0, 1.0)
    inside = (place <= len(bands) - 1)[:, None]
    return inside * ((1.0 - part) * bands[below] + part * bands[above])


def band_sums(n_fft: int, task: Task) -> Tensor:
    """A matrix that gathers bins into bands, every bin in full.

    Args:
        n_fft: window length of the frames, in samples.
        task: task that tells the sample rate and the device of the styles.

    **Shape**: result ``(n_fft // 2 + 1, N_BANDS)``.
    """
    return band_interpolation(
        n_bands=N_BANDS,
        n_fft=n_fft,
        sample_rate=task.sample_rate,
        scale="erb",
        low_hz=_LOW_HZ,
        device=task.styles[0].device,
    )
