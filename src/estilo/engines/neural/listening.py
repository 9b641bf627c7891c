"""What a network knows of a style, from clips of it."""

import torch
from torch import Tensor
from torch.nn.functional import pad

from estilo.engines.excerpts import excerpt_spans, require_sound, root_mean_square
from estilo.engines.neural.level_matching import quantile_ranks
from estilo.engines.neural.leveler import LEVEL_DB, hop_powers, soundness
from estilo.engines.neural.style_card import N_LEVELS
from estilo.models.network import SAMPLE_RATE, Network
from estilo.models.style_encoder import StyleCode

LEVEL = 10.0 ** (LEVEL_DB / 20.0)
"""Root mean square that styles were heard at in training."""

_LONGEST_S = 24.0
_SHORTEST_FRAMES = 16


@torch.inference_mode()
def listen(network: Network, style: Tensor) -> StyleCode:
    """The code of a clip; of a long one, of a few stretches of it.

    Args:
        network: network that will play in this style.
        style: ``(channels, time)`` at 48 kHz, any level; on the network's device or another.

    Raises:
        AudioFileError: the clip is silent.
    """
    return encode(network, *hear_style(network, style))


@torch.inference_mode()
def hear_style(network: Network, style: Tensor) -> tuple[Tensor, Tensor]:
    """Levels of a clip, or of a few stretches of a long one, at the level of training.

    Args:
        network: network, as for `listen`.
        style: style, as for `listen`.

    **Shape**: as of `hear_levels`.

    Raises:
        AudioFileError: the clip is silent.
    """
    require_sound([style])
    gain = LEVEL / max(root_mean_square(channel) for channel in style)
    parts = stretches(style, longest=round(_LONGEST_S * SAMPLE_RATE))
    heard = [hear_levels(network, gain * part) for part in parts]
    levels, counting = (torch.cat(each, 1) for each in zip(*heard, strict=True))
    return levels, counting


def encode(network: Network, levels: Tensor, counting: Tensor | None = None) -> StyleCode:
    """The code of a style from its levels, with their quantiles.

    Args:
        network: network that will play in this style.
        levels: levels of the style, ``(1, frames, n_bands)``, in units of 20 dB.
        counting: how far each frame counts, ``(1, frames)``; quantiles are of those that do.
    """
    sounding = levels
    if counting is not None and bool((counting > 0.5).any()):
        sounding = levels[:, counting[0] > 0.5]
    ranks = quantile_ranks(N_LEVELS).to(levels)
    quantiles = torch.quantile(sounding, ranks, 1).movedim(0, -1).contiguous()
    return network.encode_style(levels)._replace(levels=quantiles)


@torch.inference_mode()
def hear_levels(network: Network, waveform: Tensor) -> tuple[Tensor, Tensor]:
    """Levels of a waveform from its start, and how far each frame counts.

    Args:
        network: network whose bands are used.
        waveform: ``(channels, time)`` at 48 kHz, on the network's device or another.

    **Shape**: result ``(1, frames, n_bands)``, in units of 20 dB, and ``(1, frames)``, 0 to 1, on
    the network's device.
    """
    framing = network.framing
    n_frames = max(-(-waveform.shape[-1] // framing.hop_length), _SHORTEST_FRAMES)
    missing = n_frames * framing.hop_length - waveform.shape[-1]
    padded = pad(waveform.to(framing.analysis.device), (framing.n_past, missing))[None]
    powers = hop_powers(padded[..., framing.n_past :], framing.hop_length)
    return network.hear_levels(padded), soundness(powers)


def stretches(waveform: Tensor, *, longest: int) -> list[Tensor]:
    """The whole recording if it is short enough, else a few stretches of it.

    Args:
        waveform: ``(channels, time)``.
        longest: how many samples all stretches may have together.
    """
    spans = excerpt_spans(waveform.shape[-1], longest=longest)
    return [waveform[:, start:stop] for start, stop in spans]
