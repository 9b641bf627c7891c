import sys
from pathlib import Path

import numpy as np
import pytest

# What several test files share is imported from here by its plain name.
sys.path.append(str(Path(__file__).parent / "helpers"))


@pytest.fixture
def rng() -> np.random.Generator:
    """The one source of randomness in tests; the same numbers in every run."""
    return np.random.default_rng(20_260_117)
