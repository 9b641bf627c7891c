"""The page in Chromium, by the scripts in the folder `browser`, and its own tests without one.

The scripts end with status 1 and a sentence for everything that is not as it should be.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "browser"
UI = Path(__file__).parents[2] / "src" / "estilo" / "web" / "ui"

pytestmark = [pytest.mark.needs_browser, pytest.mark.slow, pytest.mark.timeout(900)]


def run_node(*arguments: str | Path, folder: Path = HERE) -> subprocess.CompletedProcess[str]:
    node = shutil.which("node")
    assert node is not None
    return subprocess.run(
        [node, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("script", ["drive.mjs", "switching.mjs"])
def test_the_page_in_a_browser_is_as_it_should_be(script: str) -> None:
    done = run_node(script)
    assert done.returncode == 0, done.stdout + done.stderr


def test_words_settings_and_arithmetic_of_the_page_hold_without_a_browser() -> None:
    done = run_node("node_modules/vitest/vitest.mjs", "run", folder=UI)
    assert done.returncode == 0, done.stdout + done.stderr
