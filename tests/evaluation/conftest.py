import shutil

import pytest
from instrument_folder import write_instruments


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """An empty cache of its own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("ESTILO_CACHE", str(folder))
    return folder


@pytest.fixture(scope="session")
def _written_instruments(tmp_path_factory):
    folder = tmp_path_factory.mktemp("instruments")
    return folder, write_instruments(folder)


@pytest.fixture
def instruments(monkeypatch, tmp_path, _written_instruments):
    """A folder of small instruments under the name of the recorded ones, and its notes."""
    written, notes = _written_instruments
    folder = shutil.copytree(written, tmp_path / "instruments")
    monkeypatch.setenv("ESTILO_INSTRUMENTS", str(folder))
    return folder, notes
