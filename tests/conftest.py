import os
import shutil
import sys
from pathlib import Path

# Clips in tests are tiny: more threads only wait for each other, for seconds on a busy machine.
# Before numpy comes, which asks once: with two it rounds otherwise than a process that is started.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Recordings that are not part of the repository.
os.environ.setdefault("ESTILO_AUDIO", str(Path(__file__).parents[2] / "shared" / "audio"))

import numpy as np
import pytest

from estilo.errors import InputError
from estilo.synthesis import fluidsynth

# What several test files share is imported from here by its plain name.
sys.path.append(str(Path(__file__).parent / "helpers"))

# So that a machine that has the optional programs shows what one without them does.
ARE_HIDDEN = bool(os.environ.get("ESTILO_TESTS_HIDE_PROGRAMS"))
SYNTHESISERS = (
    Path("/usr/lib/dssi/amsynth_dssi.so"),
    Path("/usr/lib/lv2/ZynAddSubFX.lv2/ZynAddSubFX.so"),
)
PAGE = Path(__file__).parents[1] / "src" / "estilo" / "web" / "ui"
CHROMIUM = Path("/usr/bin/chromium")
FOR_THE_PAGE = (
    (
        lambda: shutil.which("node") is not None,
        "Node.js is missing; install it (apt install nodejs npm)",
    ),
    (CHROMIUM.exists, f"{CHROMIUM} is missing; install it (apt install chromium)"),
    ((PAGE / "dist" / "index.html").exists, "the page is not built; run make web"),
)


@pytest.fixture
def rng() -> np.random.Generator:
    """The one source of randomness in tests; the same numbers in every run."""
    return np.random.default_rng(20_260_117)


def pytest_runtest_setup(item):
    """Skip what needs something that is missing: here, so that one line tells of all such tests."""
    if item.get_closest_marker("needs_fluidsynth") is not None:
        with pytest.MonkeyPatch.context() as patch:
            if ARE_HIDDEN:
                _hide_programs(patch)
            try:
                fluidsynth.find_player("TimGM6mb")
            except InputError as error:
                pytest.skip(str(error))
    if item.get_closest_marker("needs_synthesisers") is not None:
        missing = [path for path in SYNTHESISERS if ARE_HIDDEN or not path.exists()]
        if missing:
            pytest.skip(f"{missing[0]} is missing; apt install amsynth zynaddsubfx-lv2")
    if item.get_closest_marker("needs_browser") is not None:
        missing = [how for there, how in FOR_THE_PAGE if ARE_HIDDEN or not there()]
        if missing:
            pytest.skip(missing[0])
    if item.get_closest_marker("needs_git") is not None and shutil.which("git") is None:
        pytest.skip("git is missing; install it (apt install git)")
    if item.get_closest_marker("needs_recordings") is not None:
        recording = Path(os.environ["ESTILO_AUDIO"]) / item.callspec.params["name"]
        if not recording.is_file():
            pytest.skip("recordings are missing; name a folder that has them in ESTILO_AUDIO")


@pytest.fixture(autouse=True)
def _no_optional_programs(request, monkeypatch):
    """Hide FluidSynth from every test but those that are marked: none depends on it unawares."""
    if request.node.get_closest_marker("needs_fluidsynth") is None:
        _hide_programs(monkeypatch)


def _hide_programs(patch):
    patch.setattr(fluidsynth, "_EXECUTABLE", "a program that is nowhere")
    patch.setattr(fluidsynth, "_FOLDERS", ())
    patch.delenv("ESTILO_SOUNDFONTS", raising=False)
