"""Long recordings take no more memory than short ones, whatever the engine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import memory_growth
import pytest

MOST_BYTES = 9_000_000  # of 180 s more; in one channel they are 11.5 MB

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux alone tells it"),
]


@pytest.fixture(scope="module")
def peaks() -> dict[tuple[str, str], tuple[int, int]]:
    # What is let go goes back to the system at once, so that it does not count any more.
    settings = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
    done = subprocess.run(
        [sys.executable, memory_growth.__file__],
        env=os.environ | settings | {"MALLOC_ARENA_MAX": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {(engine, role): (first, second) for engine, role, first, second in rows}


@pytest.mark.parametrize(("engine", "role"), memory_growth.ROLES)
def test_four_minutes_take_no_more_than_one(
    engine: str, role: str, peaks: dict[tuple[str, str], tuple[int, int]]
) -> None:
    first, second = peaks[engine, role]
    assert second - first < MOST_BYTES
