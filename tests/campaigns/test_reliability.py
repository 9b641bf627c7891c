"""A small campaign of kills and signals, and whether a campaign sees what it is there for."""

import hashlib
import signal
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

import bench_reliability as campaign

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    # Processes are forked, as one that begins from nothing takes seconds; no thread is in the way.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture
def root(tmp_path):
    for name in ("inputs", "folder"):
        (tmp_path / name).mkdir()
    campaign.make_inputs(tmp_path / "inputs")
    return tmp_path


def test_no_command_loses_a_file(tmp_path):
    """Two kills and a signal or two of each command, one at a step and one at any time."""
    n = 2 * len(campaign.COMMANDS)
    totals = campaign.campaign(n, n // 2, log=tmp_path / "log.jsonl")
    assert [name for name, *_ in totals] == ["SIGKILL", "SIGINT", "SIGTERM"]
    for _, _, total in totals:
        assert set(total.elements()) <= {"interrupted"}
    assert totals[0][2]["interrupted"] >= n // 2
    # The log is complete, so nothing is done again.
    assert campaign.campaign(n, n // 2, log=tmp_path / "log.jsonl") == totals


def test_damage_is_seen(root):
    command = campaign.COMMANDS[0]
    folder = root / "folder"
    campaign.usual(command, root)
    assert campaign.state(command, folder) == "old"
    sound, recipe = (folder / name for name in command.names)
    kept = recipe.read_text()
    recipe.write_text(kept.replace(hashlib.sha256(sound.read_bytes()).hexdigest(), "0" * 64))
    assert campaign.state(command, folder) == "does not fit"
    recipe.write_text(kept[:-20])
    assert campaign.state(command, folder) == "damaged"
    recipe.unlink()
    sound.write_bytes(sound.read_bytes()[:-9])
    assert campaign.state(command, folder) == "damaged"
    sound.unlink()
    assert campaign.state(command, folder) == "lost"


def test_what_does_not_wait_is_seen(root, monkeypatch):
    """A writer that writes in place is caught by kills at its steps."""
    from estilo.io import atomic

    monkeypatch.setattr(atomic.Claim, "publish", _in_place)
    command = campaign.COMMANDS[0]
    known = campaign.usual(command, root)
    found = [
        campaign.run(command, signal.SIGKILL, 2 * seed, root, known)
        for seed in range(known.n_steps)
    ]
    assert any(each["damaged"] or each["does not fit"] or each["left over"] for each in found)


def _in_place(claim, *, force):
    for part, target in zip(claim.parts, claim._targets, strict=True):
        if part.exists():
            with target.open("wb") as stream:
                data = part.read_bytes()
                stream.write(data[: len(data) // 2])
                stream.flush()
                stream.truncate()
                stream.write(data[len(data) // 2 :])
