import os
import shutil
import sys
from pathlib import Path

# Clips in tests are tiny: more threads only wait for each other, for seconds on a busy machine.
# Before numpy comes, which asks once: with two it rounds otherwise than a process that is started.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest

# What several test files share is imported from here by its plain name.
sys.path.append(str(Path(__file__).parent / "helpers"))


@pytest.fixture
def rng() -> np.random.Generator:
    """The one source of randomness in tests; the same numbers in every run."""
    return np.random.default_rng(20_260_117)


@pytest.fixture
def test_bank():
    """Skip where FluidSynth or the soundfont of the test set is missing."""
    from estilo.errors import InputError
    from estilo.synthesis.fluidsynth import find_soundfont

    if shutil.which("fluidsynth") is None:
        pytest.skip("fluidsynth is not installed")
    try:
        find_soundfont("TimGM6mb")
    except InputError as error:
        pytest.skip(str(error))
