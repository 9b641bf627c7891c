"""The notebooks run from top to bottom, and are stored without what they print."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "examples"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


@pytest.fixture(params=NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def notebook(request: pytest.FixtureRequest) -> nbformat.NotebookNode:
    return nbformat.read(request.param, as_version=4)


def test_there_is_one() -> None:
    assert NOTEBOOKS


def test_outputs_are_stripped(notebook: nbformat.NotebookNode) -> None:
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # Jupyter's own
def test_it_runs(notebook: nbformat.NotebookNode) -> None:
    NotebookClient(notebook, timeout=240, kernel_name="python3").execute(cwd=FOLDER)
    players = [
        output
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "<audio" in output.get("data", {}).get("text/html", "")
    ]
    assert len(players) == 6
