"""Small random networks whose output really differs from the content, and styles for them."""

import torch
from networks import small_network
from torch import Tensor
from torch.nn.functional import pad

from estilo.engines.neural.listening import encode
from estilo.models.network import Network
from estilo.models.settings import GeneratorSettings
from estilo.models.style_encoder import StyleCode

PLAYER = GeneratorSettings(n_channels=32, n_vector=16, n_key=16, n_value=16)


def player(settings: GeneratorSettings = PLAYER, *, seed: int = 3) -> Network:
    """A network that plays levels as of noise at -20 dBFS, give or take some 10 dB."""
    network = small_network(seed=seed, settings=settings)
    network.generator.exit.bias.sub_(0.4)
    return network


def style_code(network: Network, *, seed: int = 0, n_frames: int = 64) -> StyleCode:
    """The code of a random spectrogram."""
    generator = torch.Generator().manual_seed(seed)
    levels = torch.randn(1, n_frames, network.bands.n_bands, generator=generator)
    levels = 0.5 * levels + torch.randn(1, 1, network.bands.n_bands, generator=generator) - 0.5
    with torch.no_grad():
        return encode(network, levels)


def noise(*shape: int, seed: int = 1, rms: float = 0.1) -> Tensor:
    """White and Gaussian."""
    return rms * torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def streamed(stream, waveform, style, lengths, controls=None):
    """A waveform and the latency's worth of silence, cut into blocks of these lengths in turn."""
    state = style if isinstance(style, dict) else stream.start(style)
    out, start = [], 0
    waveform = pad(waveform, (0, stream.latency))
    number = 0
    while start < waveform.shape[1]:
        length = lengths[number % len(lengths)]
        block, state = stream.process(waveform[:, start : start + length], state, controls)
        out.append(block)
        start, number = start + length, number + 1
    return torch.cat(out, 1)
