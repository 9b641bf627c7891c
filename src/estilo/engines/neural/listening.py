"""From clips of a style to what a network knows of it."""

import torch
from torch import Tensor
from torch.nn.functional import pad

from estilo.engines.excerpts import excerpts, require_sound, root_mean_square
from estilo.models.network import SAMPLE_RATE, Network
from estilo.models.style_encoder import StyleCode

LEVEL = 0.1  # RMS that styles were heard at in training
_LONGEST_S = 24.0
_SHORTEST_FRAMES = 16


def listen(network: Network, style: Tensor) -> StyleCode:
    """The code of a clip; of a long one, of a few stretches of it.

    Args:
        network: that will play in this style.
        style: ``(channels, time)`` at 48 kHz, any level.

    Raises:
        AudioFileError: the clip is silent.
    """
    with torch.inference_mode():
        return network.encode_style(style_levels(network, style))


@torch.inference_mode()
def style_levels(network: Network, style: Tensor) -> Tensor:
    """Levels of a clip's bands at the level of training, ``(1, frames, n_bands)``.

    Args:
        network: whose bands they are.
        style: ``(channels, time)`` at 48 kHz, any level.

    Raises:
        AudioFileError: the clip is silent.
    """
    require_sound([style])
    gain = LEVEL / max(root_mean_square(channel) for channel in style)
    parts = stretches(style, longest=round(_LONGEST_S * SAMPLE_RATE))
    return torch.cat([hear_levels(network, gain * part) for part in parts], 1)


def hear_levels(network: Network, waveform: Tensor) -> Tensor:
    """Levels of a waveform ``(channels, time)`` from its start, ``(1, frames, n_bands)``."""
    framing = network.framing
    n_frames = max(-(-waveform.shape[-1] // framing.hop_length), _SHORTEST_FRAMES)
    missing = n_frames * framing.hop_length - waveform.shape[-1]
    return network.hear_levels(pad(waveform, (framing.n_past, missing))[None])


def stretches(waveform: Tensor, *, longest: int) -> list[Tensor]:
    """A recording ``(channels, time)``, or a few stretches of it that last so many samples."""
    places = excerpts(torch.arange(waveform.shape[-1]), longest=longest)
    return [waveform[:, int(part[0]) : int(part[-1]) + 1] for part in places]
