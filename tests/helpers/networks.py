"""Small networks with random weights, to be kept in a file and played with."""

from pathlib import Path

import torch

from estilo.engines.neural.weights import ModelCard, write_weights
from estilo.models.network import Network
from estilo.models.settings import GeneratorSettings

SMALL = GeneratorSettings(n_channels=8, n_vector=12, n_key=8, n_value=16, dilations=(1, 2))


def small_network(*, seed: int = 0, settings: GeneratorSettings = SMALL) -> Network:
    """With weights that half precision holds, as those in a file."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Network(settings).eval().requires_grad_(requires_grad=False)
    for parameter in network.parameters():
        parameter.copy_(parameter.half())
    return network


def small_card(settings: GeneratorSettings = SMALL, **changes) -> ModelCard:
    sizes = settings.model_dump(mode="json")
    return ModelCard(**{"name": "Small", "licence": "CC0-1.0", "generator": sizes} | changes)


def write_small(path: Path, *, seed: int = 0) -> Path:
    return write_weights(path, small_network(seed=seed), small_card())
