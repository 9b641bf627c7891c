"""Pictures come out the same whatever the program, its environment or its user's files have set."""

import os
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest

import estilo
from estilo.plots import png

NOISE = 0.1 * np.random.default_rng(0).standard_normal(4000), 8000
DRAWN = """
import os, sys
import numpy as np
import estilo
from estilo.plots import png
noise = 0.1 * np.random.default_rng(0).standard_normal(4000), 8000
assert png(estilo.plot(noise)).startswith(b"\\x89PNG")
import matplotlib
backend = matplotlib.rcParams._get("backend")
backend = backend if isinstance(backend, str) else "pyplot's"
print(os.environ["MPLBACKEND"], backend, "matplotlib.pyplot" in sys.modules)
"""


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("module://matplotlib_inline.backend_inline", "module://matplotlib_inline.backend_inline"),
        ("module://no_such_module_at_all", "module://no_such_module_at_all"),
        ("tkagg", "tkagg"),
        ("nonsense", "pyplot's"),
    ],
)
def test_no_backend_costs_the_picture_and_each_stays_the_callers_choice(name, chosen) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "DISPLAY"}
    run = subprocess.run(
        [sys.executable, "-c", DRAWN],
        env={**environment, "MPLBACKEND": name},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == [name, chosen, "False"]


def test_somebodys_style_changes_no_picture_and_stays_theirs() -> None:
    plain = png(estilo.plot(NOISE))
    theirs = {
        "text.usetex": True,
        "font.family": ["no such font"],
        "axes.facecolor": "red",
        "savefig.format": "pdf",
        "figure.dpi": 7.0,
        "axes.unicode_minus": False,
    }
    with mpl.rc_context(theirs):
        assert png(estilo.plot(NOISE)) == plain
        assert {name: mpl.rcParams[name] for name in theirs} == theirs
