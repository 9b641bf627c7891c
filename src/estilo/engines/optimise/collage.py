"""Where a texture starts: a shuffle of the style's spectrogram on a waveform of its own.

Stretches of the style, 0.6 s long, are laid over each other in random order. Of that collage only
the magnitudes of short frames (12 ms) are kept; the phases are found anew from noise (Griffin & Lim
1984). So events keep their attacks and their courses, and the waveform is nowhere the style's:
correlated with it, it scores like another recording of the same texture (docs/method.md).
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from estilo.dsp.phase import griffin_lim, phase_of
from estilo.dsp.stft import istft, power_of_two_near, stft

_STRETCH_S = 0.6
_FADE_S = 0.1
_FRAME_S = 0.0116
_N_ITERATIONS = 16


def collage(
    styles: Sequence[Tensor],
    weights: Sequence[float],
    *,
    sample_rate: int,
    n_samples: int,
    seed: int,
) -> Tensor:
    """New audio whose spectrogram is made of the styles'.

    Args:
        styles: ``(time,)`` each.
        weights: how often each is drawn from.
        sample_rate: sample rate in Hz.
        n_samples: number of samples of the result.
        seed: random seed of order and phases.

    **Shape**: result ``(n_samples,)``.

    Example:
        >>> noise = torch.randn(8000, generator=torch.Generator().manual_seed(0))
        >>> collage([noise], [1.0], sample_rate=8000, n_samples=12_000, seed=0).shape
        torch.Size([12000])
    """
    generator = torch.Generator().manual_seed(seed)
    shuffled = _shuffled(styles, weights, sample_rate, n_samples, generator)
    n_fft = power_of_two_near(_FRAME_S, sample_rate=sample_rate)
    hop_length = n_fft // 4
    magnitude = stft(shuffled, n_fft=n_fft, hop_length=hop_length).abs()
    noise = torch.randn(n_samples, generator=generator).to(shuffled)
    phase = griffin_lim(
        magnitude,
        length=n_samples,
        n_fft=n_fft,
        hop_length=hop_length,
        n_iterations=_N_ITERATIONS,
        initial_phase=phase_of(stft(noise, n_fft=n_fft, hop_length=hop_length)),
    )
    return istft(magnitude * phase, length=n_samples, n_fft=n_fft, hop_length=hop_length)


def _shuffled(
    styles: Sequence[Tensor],
    weights: Sequence[float],
    sample_rate: int,
    n_samples: int,
    generator: torch.Generator,
) -> Tensor:
    """Stretches from random places, joined by crossfades that keep the power."""
    shortest = min(len(style) for style in styles)
    fade = max(1, min(round(_FADE_S * sample_rate), shortest // 4))
    step = max(1, min(round(_STRETCH_S * sample_rate), shortest - fade))
    ramp = torch.sin(0.5 * torch.pi * (torch.arange(fade, dtype=torch.float32) + 0.5) / fade)
    window = torch.cat([ramp, torch.ones(step - fade), ramp.flip(0)]).to(styles[0])
    n_stretches = -(-n_samples // step) + 1
    chosen = torch.multinomial(
        torch.tensor(weights), n_stretches, replacement=True, generator=generator
    )
    out = styles[0].new_zeros((n_stretches + 1) * step + fade)
    for i, style in enumerate(styles[index] for index in chosen.tolist()):
        first = int(torch.randint(len(style) - len(window) + 1, (1,), generator=generator))
        stretch = style[first : first + len(window)]
        out[i * step : i * step + len(window)] += window * stretch
    # The first stretch fades in before the result begins.
    return out[fade : fade + n_samples]
