"""Trained weights in a file, and the card that says where they come from."""

import hashlib
import threading
from functools import lru_cache
from importlib.resources import files
from os import PathLike
from pathlib import Path
from typing import Any

import torch
from pydantic import Field, ValidationError

from estilo.engines.neural.style_card import flaw_of
from estilo.errors import TensorFileError
from estilo.fields import Documented
from estilo.io.tensors import expect_shapes, read_tensors, write_tensors
from estilo.models.generator import Generator
from estilo.models.network import N_BANDS, Network
from estilo.models.settings import GeneratorSettings
from estilo.surroundings import own_surroundings

MAX_BYTES = 25 * 2**20
SHIPPED = "base.safetensors"
_lock = threading.Lock()


class ModelCard(Documented):
    """What is known of a network's weights."""

    name: str
    """What the weights are called."""
    licence: str
    """Terms of the weights."""
    generator: dict[str, Any]
    """Sizes of the network."""
    data: tuple[str, ...] = ()
    """What was heard in training, with licences."""
    seed: int = 0
    """Random seed of the training."""
    command: str = ""
    """The command that trained it."""
    steps: int = 0
    """Steps of the training."""
    hours: float = 0.0
    """Hours of computing."""
    hardware: str = ""
    """What it was computed on."""
    table: dict[str, float] = Field(default_factory=dict)
    """Scores on the validation set."""


def write_weights(
    path: str | PathLike[str], network: Network, card: ModelCard, *, force: bool = False
) -> Path:
    """Write a network to a file, at half precision, with its card.

    Args:
        path: where the file is wanted.
        network: network whose weights are written.
        card: what is known of them.
        force: replace a file that is already there.

    Raises:
        TensorFileError: a weight is not finite, or too large for half precision.
        OutputError: it cannot be written.
    """
    tensors = {
        name: tensor.detach().cpu().half().numpy() for name, tensor in network.state_dict().items()
    }
    return write_tensors(path, tensors, card.model_dump(mode="json"), force=force)


@own_surroundings()
def read_weights(path: str | PathLike[str] | None = None) -> tuple[Network, ModelCard]:
    """A trained network, ready to be used, and its card.

    Args:
        path: path of a file of weights; those that come with estilo by default.

    Raises:
        TensorFileError: it holds no weights of such a network.
    """
    path = shipped_path() if path is None else Path(path)
    try:
        found = path.stat()
        kept = found.st_mtime_ns, found.st_size
    except (OSError, ValueError):  # ValueError: a null character in the name
        kept = None  # the reader says what is wrong
    with _lock:  # once for all threads, and torch's random state is of the process
        return _read(path, kept)


def shipped_path() -> Path:
    """The weights that come with estilo."""
    return Path(str(files("estilo.engines.neural") / "weights" / SHIPPED))


def network_id(network: Network) -> str:
    """A short name for weights: codes of styles fit only the weights that made them."""
    digest = hashlib.sha256()
    for name, tensor in sorted(network.state_dict().items()):
        digest.update(name.encode() + tensor.detach().cpu().half().numpy().tobytes())
    return digest.hexdigest()[:16]


def weights_id(path: str | PathLike[str] | None = None) -> str:
    """`network_id` of what is in a file of weights, wherever it lies; see `read_weights`."""
    return network_id(read_weights(path)[0])


@lru_cache(maxsize=2)
def _read(path: Path, _version: tuple[int, int] | None) -> tuple[Network, ModelCard]:
    """Read once, and again when the file is another one."""
    file = read_tensors(path, max_bytes=MAX_BYTES)
    try:
        card = ModelCard.model_validate(file.card)
        settings = GeneratorSettings.model_validate(card.generator)
    except ValidationError as error:
        raise TensorFileError(
            f"{path}: its card is not one of weights: {flaw_of(error)}; get the file again"
        ) from error
    with torch.device("meta"):
        generator = Generator(N_BANDS, settings).state_dict()
    shapes = {f"generator.{name}": tuple(each.shape) for name, each in generator.items()}
    expect_shapes(file, shapes, what="weights of the neural engine")
    with torch.random.fork_rng(devices=[]):
        network = Network(settings)
    network.load_state_dict({name: torch.from_numpy(each) for name, each in file.tensors.items()})
    return network.eval().requires_grad_(requires_grad=False), card
