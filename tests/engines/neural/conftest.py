import pytest
from players import PLAYER, player, style_code

from estilo.engines.neural.weights import ModelCard, write_weights


@pytest.fixture(scope="session")
def network():
    return player()


@pytest.fixture(scope="session")
def code(network):
    return style_code(network)


@pytest.fixture(scope="session")
def weights(tmp_path_factory):
    """Path of the network's weights."""
    card = ModelCard(name="P", licence="CC0-1.0", generator=PLAYER.model_dump(mode="json"))
    return str(write_weights(tmp_path_factory.mktemp("w") / "p.safetensors", player(), card))
