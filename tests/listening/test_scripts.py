import os
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

PAGE = Path(str(files("estilo.listening") / "page"))
NODE = shutil.which("node")


def node(*arguments):
    if NODE is None:
        pytest.skip("Node is missing; install it (apt install nodejs)")
    version = subprocess.run([NODE, "--version"], capture_output=True, text=True, check=True)
    if int(version.stdout.strip().lstrip("v").partition(".")[0]) < 20:
        pytest.skip(f"Node is {version.stdout.strip()}; install 20 or newer")
    return subprocess.run(
        [NODE, *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "ESTILO_PAGE": str(PAGE)},
    )


def test_the_logic_of_the_page():
    done = node("--test", Path(__file__).with_name("logic.test.mjs"))
    assert done.returncode == 0, done.stdout
    assert "# pass 13" in done.stdout


@pytest.mark.parametrize("name", [each.name for each in sorted(PAGE.glob("*.mjs"))])
def test_scripts_are_javascript(name):
    done = node("--check", PAGE / name)
    assert done.returncode == 0, done.stderr


def test_files_are_short():
    for path in PAGE.iterdir():
        assert path.read_text().count("\n") < 400, path.name
