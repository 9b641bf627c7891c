import pytest
from tiny_training import SMALL_JUDGE, QuickValidation, make_dataset

from estilo.training import records


@pytest.fixture(scope="session")
def dataset(tmp_path_factory):
    return make_dataset(tmp_path_factory.mktemp("data"))


@pytest.fixture(autouse=True)
def _small_judge(monkeypatch):
    monkeypatch.setattr("estilo.training.state.MultiScaleDiscriminator", SMALL_JUDGE)


@pytest.fixture
def quick(monkeypatch):
    """No sound is made to judge the weights."""
    monkeypatch.setattr(records, "validation", lambda folders: QuickValidation())


@pytest.fixture
def no_board(monkeypatch):
    """As where TensorBoard is not installed, which saves its start."""
    monkeypatch.setattr("estilo.training.logs._board", lambda folder, step: None)
