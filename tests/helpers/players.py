"""Small random networks whose output really differs from the content, and styles for them."""

import torch
from networks import small_network
from torch import Tensor

from estilo.models.network import Network
from estilo.models.settings import GeneratorSettings
from estilo.models.style_encoder import StyleCode

PLAYER = GeneratorSettings(n_channels=32, n_vector=16, n_key=16, n_value=16)


def player(settings: GeneratorSettings = PLAYER, *, seed: int = 3) -> Network:
    """A network that changes levels by some 10 dB."""
    network = small_network(seed=seed, settings=settings)
    network.generator.exit.weight.mul_(10.0)
    return network


def style_code(network: Network, *, seed: int = 0, n_frames: int = 64) -> StyleCode:
    """The code of a random spectrogram."""
    generator = torch.Generator().manual_seed(seed)
    levels = torch.randn(1, n_frames, network.bands.n_bands, generator=generator)
    levels = levels + 2.0 * torch.randn(1, 1, network.bands.n_bands, generator=generator)
    with torch.no_grad():
        return network.encode_style(levels)


def noise(*shape: int, seed: int = 1, rms: float = 0.1) -> Tensor:
    """White and Gaussian."""
    return rms * torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
