import shutil

import pytest
from heard_folder import make_heard

from estilo.listening.material import material
from estilo.listening.trials import Wish, design


@pytest.fixture(scope="session")
def heard_once(tmp_path_factory):
    """A folder of outputs of three items with targets; nobody changes it."""
    return make_heard(tmp_path_factory.mktemp("outputs") / "heard")


@pytest.fixture
def heard(heard_once, tmp_path):
    """The same, for whoever changes it."""
    return shutil.copytree(heard_once, tmp_path / "heard")


@pytest.fixture
def designed(heard_once):
    """A test of the folder, of the kind that is asked for."""

    def designed(**wish):
        return design(material(heard_once), Wish(**wish))

    return designed
