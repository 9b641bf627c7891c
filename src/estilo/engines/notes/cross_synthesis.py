r"""A tune made of rain: the sound of a style without notes, shaped by the content's notes.

Of the styles a texture of the content's length is arranged. Its events (drops, crackle, claps) are
transients and pass as they are; its bed, which is the rest of it, is filtered so that the content's
partials stand out (`estilo.engines.notes.emphasis`); and both together get the content's loudness
from moment to moment:

.. math:: y = \frac{\ell_c}{\ell_t}\, t, \qquad t = e + E * b

with the events :math:`e`, the bed :math:`b`, the emphasis :math:`E`, the content's loudness
:math:`\ell_c` over 46 ms and the texture's own :math:`\ell_t` over 0.4 s. So swells of the style
give way to those of the content, and what is shorter stays the style's.

Two controls, as a musician asks two questions. *Strength* is how much of the content's sound is
replaced: 0 is the content bit for bit, 1 has nothing of its sound, and between them the level of
every frequency is between the two, in dB. *Depth* is how much tune and how much rain there is in
what replaces it: at 0 rain that swells with the content, at 1 a tune of which each partial is rain.

Cross-synthesis by the levels of the content goes back to the vocoder (H. Dudley 1939,
https://doi.org/10.1121/1.1916020); that events are kept apart from the bed follows how textures are
heard (J. McDermott & E. Simoncelli 2011, https://doi.org/10.1016/j.neuron.2011.06.032).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from estilo.analysis.transcription.heard import HeardNote
from estilo.dsp.loudness import k_weighting
from estilo.dsp.sinusoidal.parts import find_transients
from estilo.dsp.stft import istft, stft
from estilo.engines.notes.arrangement import Arrangement
from estilo.engines.notes.emphasis import contrast_of_levels, contrast_of_notes, emphasis
from estilo.engines.notes.partials import Grid
from estilo.engines.stereo import mixed_down
from estilo.errors import InputError, SettingsError

DEPTH = 0.5
"""Usual depth: the notes are recovered and the texture is heard (docs/cross-synthesis.md)."""

_SWELL_S = 0.4
_BLOCK = 1 << 19
_TINY = 1e-12


class CrossSynthesis:
    """The styles' texture with the content's notes, readable at any place in bounded memory.

    Args:
        content: ``(channels, time)``; whatever is sliced like a tensor, as a mapped file.
        styles: ``(channels, time)`` each; mixed down, as the image is the content's.
        sample_rate: sample rate of all, in Hz.
        weights: how often each style is drawn from; equally often by default.
        notes: notes of the content; its narrow levels take their place where there are none.
        depth: depth of the valleys between the partials, 0 to 1.
        strength: share of the content's sound that is replaced, 0 to 1.
        seed: random seed of the texture's order.

    Raises:
        InputError: the content has no samples, or a style is silent or too short.
        SettingsError: depth or strength is not between 0 and 1.

    Example:
        >>> generator = torch.Generator().manual_seed(0)
        >>> tune = torch.sin(0.3 * torch.arange(16_000.0))[None]
        >>> rain = torch.randn(1, 8000, generator=generator)
        >>> made = CrossSynthesis(tune, [rain], sample_rate=8000)
        >>> made.read(1000, 1500).shape
        torch.Size([1, 500])
    """

    def __init__(
        self,
        content: Tensor,
        styles: Sequence[Tensor],
        *,
        sample_rate: int,
        weights: Sequence[float] | None = None,
        notes: Sequence[HeardNote] = (),
        depth: float = DEPTH,
        strength: float = 1.0,
        seed: int = 0,
    ) -> None:
        for name, value in (("depth", depth), ("strength", strength)):
            if not 0.0 <= value <= 1.0:
                raise SettingsError(f"{name} must be between 0 and 1, got {value}")
        if content.ndim != 2 or not content.shape[-1]:
            raise InputError(
                f"expected a content signal (channels, time) with samples, got shape "
                f"{tuple(content.shape)}; give a recording"
            )
        self.content, self.notes = content, tuple(notes)
        self.depth, self.strength = depth, strength
        self.grid = Grid.fine(sample_rate)
        layers = [_events_and_bed(style, sample_rate) for style in styles]
        self.mixing = _mixing(content)
        self.textures = [
            Arrangement(
                layers,
                weights=weights,
                n_samples=content.shape[-1],
                sample_rate=sample_rate,
                seed=seed + 7919 * channel,
            )
            for channel in range(content.shape[0])
        ]
        self.weighting = _loudness_weights(sample_rate, self.grid.n_fft // 2)

    def read(self, start: int, stop: int) -> Tensor:
        """A part of the result: the same samples whatever else is read.

        Args:
            start: number of its first sample.
            stop: number of the sample after its last.

        **Shape**: result ``(channels, stop - start)``.
        """
        if self.strength == 0.0:
            return self.content[:, start:stop].clone()
        grid, hop = self.grid, self.grid.hop_length
        reach = 2 * grid.n_fft + 2 * round(_SWELL_S * grid.sample_rate)
        first = max(0, start - reach) // hop * hop
        last = min(self.content.shape[-1], stop + reach)
        content = self.content[:, first:last]
        grid = Grid(grid.n_fft, hop, grid.sample_rate, first // hop, 1 + content.shape[-1] // hop)
        layers = torch.stack([each.read(first, last) for each in self.textures])
        events, bed = torch.einsum("cd,dlt->lct", self.mixing, layers).unbind(0)
        made = self._levelled(events + self._filtered(bed, content, grid), content)
        if self.strength < 1.0:
            made = between(content, made, share=self.strength, n_fft=grid.n_fft // 4)
        return made[:, start - first : stop - first]

    def _filtered(self, bed: Tensor, content: Tensor, grid: Grid) -> Tensor:
        sizes: dict[str, Any] = {"n_fft": grid.n_fft, "hop_length": grid.hop_length}
        power = stft(content, **sizes).abs().square()
        contrast = (
            contrast_of_notes(self.notes, power, grid)
            if self.notes
            else contrast_of_levels(power, grid)
        )
        spectrum = stft(bed, **sizes) * emphasis(contrast, grid, depth=self.depth)
        return istft(spectrum, length=bed.shape[-1], **sizes)

    def _levelled(self, texture: Tensor, content: Tensor) -> Tensor:
        """The texture with the content's course of loudness instead of its own swells."""
        n_fft = self.grid.n_fft // 2
        sizes: dict[str, Any] = {"n_fft": n_fft, "hop_length": n_fft // 4}
        wanted, own = (
            torch.einsum("b,cbf->cf", self.weighting.to(each), stft(each, **sizes).abs().square())
            for each in (content, texture)
        )
        n_around = round(_SWELL_S * self.grid.sample_rate / sizes["hop_length"]) // 2
        window = torch.hann_window(2 * n_around + 3)[1:-1].to(own)
        window = window[None, None]
        present = F.conv1d(torch.ones_like(own[:1, None]), window, padding=n_around)
        swell = F.conv1d(own[:, None], window, padding=n_around) / present
        gain = (wanted / swell[:, 0].clamp_min(_TINY)).sqrt()
        # Frames are centred on multiples of the hop, and gains go straight from one to the next.
        gain = torch.cat([gain, gain[:, -1:]], dim=1)
        ramp = torch.arange(sizes["hop_length"]).to(gain) / sizes["hop_length"]
        course = gain[:, :-1, None] + ramp * (gain[:, 1:] - gain[:, :-1])[..., None]
        return texture * course.flatten(1)[:, : texture.shape[-1]]


def cross_synthesise(
    content: Tensor,
    styles: Sequence[Tensor],
    *,
    sample_rate: int,
    weights: Sequence[float] | None = None,
    notes: Sequence[HeardNote] = (),
    depth: float = DEPTH,
    strength: float = 1.0,
    seed: int = 0,
) -> Tensor:
    """The styles' texture with the content's notes, all of it.

    Args:
        content: ``(channels, time)``.
        styles: ``(channels, time)`` each; mixed down.
        sample_rate: sample rate of all, in Hz.
        weights: how often each style is drawn from; equally often by default.
        notes: notes of the content; its narrow levels take their place where there are none.
        depth: depth of the valleys between the partials, 0 to 1.
        strength: share of the content's sound that is replaced, 0 to 1.
        seed: random seed of the texture's order.

    **Shape**: result that of the content.

    Raises:
        InputError: for the reasons of `CrossSynthesis`.
        SettingsError: for the reasons of `CrossSynthesis`.

    Example:
        >>> tune = torch.sin(0.3 * torch.arange(16_000.0))[None]
        >>> rain = torch.randn(1, 8000, generator=torch.Generator().manual_seed(0))
        >>> made = cross_synthesise(tune, [rain], sample_rate=8000, strength=0.0)
        >>> bool((made == tune).all())
        True
    """
    made = CrossSynthesis(
        content,
        styles,
        sample_rate=sample_rate,
        weights=weights,
        notes=notes,
        depth=depth,
        strength=strength,
        seed=seed,
    )
    time = content.shape[-1]
    parts = [made.read(start, min(start + _BLOCK, time)) for start in range(0, time, _BLOCK)]
    return torch.cat(parts, dim=1)


def between(content: Tensor, made: Tensor, *, share: float, n_fft: int) -> Tensor:
    """A waveform between two: levels by their geometric mean, phases those of a mixture.

    Args:
        content: waveform at a share of 0, ``(channels, time)``.
        made: waveform at a share of 1, of the same shape.
        share: how far from the one to the other.
        n_fft: length of the transform in samples.

    **Shape**: result that of the waveforms.

    >>> tone = torch.sin(0.3 * torch.arange(4000.0))[None]
    >>> half = between(tone, 0.25 * tone, share=0.5, n_fft=256)
    >>> bool((half - 0.5 * tone).abs().max() < 0.01)
    True
    """
    sizes: dict[str, Any] = {"n_fft": n_fft, "hop_length": n_fft // 4}
    one, other = stft(content, **sizes), stft(made, **sizes)
    floor = 1e-6 * n_fft
    level = (one.abs() + floor) ** (1.0 - share) * (other.abs() + floor) ** share - floor
    mixture = (1.0 - share) * one + share * other
    return istft(
        torch.polar(level.clamp_min(0.0), mixture.angle()), length=content.shape[-1], **sizes
    )


def _events_and_bed(style: Tensor, sample_rate: int) -> Tensor:
    """Events and bed of a style at a level of 1, ``(2, time)``."""
    mono = mixed_down(torch.atleast_2d(style), sample_rate=sample_rate)[0]
    rms = mono.double().square().mean().sqrt() if mono.numel() else torch.zeros(())
    if not float(rms) > _TINY:
        raise InputError(
            "expected a style that sounds, got silence; give a recording of a texture, as of rain"
        )
    mono = mono / rms.to(mono)
    events = find_transients(mono, sample_rate=sample_rate)
    return torch.stack([events, mono - events])


def _mixing(content: Tensor) -> Tensor:
    """Matrix that gives unrelated textures the correlations of the content's channels."""
    n_channels = content.shape[0]
    products = torch.zeros(n_channels, n_channels, dtype=torch.float64)
    for start in range(0, content.shape[-1], _BLOCK):
        block = content[:, start : start + _BLOCK].double()
        products += block @ block.T
    level = products.diagonal().clamp_min(_TINY).sqrt()
    correlation = products / level / level[:, None]
    # Equal channels have no proper root: a little of the diagonal gives them one.
    correlation = correlation + 1e-6 * torch.eye(n_channels)
    return torch.linalg.cholesky(correlation).to(content.dtype)


def _loudness_weights(sample_rate: int, n_fft: int) -> Tensor:
    """Weight of each bin's power in loudness (BS.1770), for windows of Hann."""
    turn = np.exp(-2j * np.pi * np.arange(n_fft // 2 + 1) / n_fft)[:, None]
    powers = turn ** np.arange(3)
    sections = k_weighting(sample_rate)
    response = np.prod((powers @ sections[:, :3].T) / (powers @ sections[:, 3:].T), axis=1)
    return torch.from_numpy(np.square(np.abs(response)) / n_fft**2).float()
