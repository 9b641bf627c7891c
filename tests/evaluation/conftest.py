import pytest


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """An empty cache of its own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("ESTILO_CACHE", str(folder))
    return folder
