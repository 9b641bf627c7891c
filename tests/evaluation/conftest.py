import shutil

import pytest

from estilo.errors import InputError
from estilo.evaluation.fluidsynth import find_soundfont


@pytest.fixture
def test_bank():
    """Skip where FluidSynth or the soundfont of the test set is missing."""
    if shutil.which("fluidsynth") is None:
        pytest.skip("fluidsynth is not installed")
    try:
        find_soundfont("TimGM6mb")
    except InputError as error:
        pytest.skip(str(error))


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """An empty cache of its own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("ESTILO_CACHE", str(folder))
    return folder
