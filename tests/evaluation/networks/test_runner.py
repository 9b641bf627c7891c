import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from estilo.evaluation.networks import embedding, judge, multipitch, timbre
from estilo.evaluation.networks.runner import Trained, Training, learn, rounded, run

TRAININGS = [embedding.TRAINING, judge.TRAINING, multipitch.TRAINING, timbre.TRAINING]


def _tiny(seen: dict[str, int]) -> Training:
    def train(*, seed: int, n_steps: int) -> Trained:
        seen.update(seed=seed, n_steps=n_steps)
        weights = rounded({"bias": np.array([0.1, 0.2])})
        extras = {"threshold": np.float32(0.3)}
        return Trained(weights, {"what": "two numbers"}, {"accuracy": 1.0}, extras)

    return Training("tiny", "A network of two numbers.", "estilo/nowhere", {"n_steps": 5}, train)


def test_weights_and_card_belong_together(tmp_path: Path) -> None:
    seen: dict[str, int] = {}
    card_path = run([_tiny(seen)], ["tiny", "--output", str(tmp_path / "new"), "--seed", "7"])
    assert seen == {"seed": 7, "n_steps": 5}
    card = json.loads(card_path.read_text(encoding="utf-8"))
    file = tmp_path / "new" / "tiny.npz"
    assert card["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert card["n_weights"] == 2
    assert card["command"] == (
        "python -m estilo.evaluation.networks tiny --output src/estilo/nowhere --seed 7 --n-steps 5"
    )
    assert list(card) == ["what", "command", "seed", "torch", "n_weights", "sha256", "accuracy"]
    with np.load(file) as arrays:
        assert arrays["bias"].dtype == np.float16
        np.testing.assert_array_equal(arrays["bias"], rounded({"b": np.array([0.1, 0.2])})["b"])
        assert arrays["threshold"] == np.float32(0.3)


@pytest.mark.parametrize("text", ["0", "-3", "many"])
def test_a_count_is_at_least_one(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        run([_tiny({})], ["tiny", "--output", "x", "--n-steps", text])
    assert "--n-steps" in capsys.readouterr().err


def test_help_lists_all_networks(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        run(TRAININGS, ["--help"])
    told = capsys.readouterr().out
    assert all(each.name in told for each in TRAININGS)


@pytest.mark.parametrize("training", TRAININGS, ids=lambda each: each.name)
def test_cards_name_the_command_of_their_training(training: Training) -> None:
    folder = Path(__file__).parents[3] / "src" / training.folder
    card = json.loads((folder / f"{training.name}.json").read_text(encoding="utf-8"))
    words = card["command"].split()
    start = f"python -m estilo.evaluation.networks {training.name} --output src/{training.folder}"
    assert card["command"].startswith(start)
    options = {"--" + name.replace("_", "-") for name in (*training.counts, *training.inputs)}
    assert {word for word in words if word.startswith("--")} == {"--output", "--seed"} | options


def test_learning_watches_in_the_mode_of_evaluation(caplog: pytest.LogCaptureFixture) -> None:
    torch.manual_seed(0)
    network = nn.Linear(3, 1)
    inputs = torch.randn(16, 3)
    wanted = inputs.sum(1, keepdim=True)
    modes: list[tuple[int, bool]] = []
    steps: list[int] = []

    def loss_of(step: int) -> torch.Tensor:
        steps.append(step)
        assert network.training
        return (network(inputs) - wanted).square().mean()

    def watch() -> str:
        modes.append((len(steps), network.training))
        return "well"

    first = loss_of(-1).item()
    with caplog.at_level("INFO"):
        learn(
            network,
            loss_of,
            n_steps=40,
            rate=0.1,
            weight_decay=0.0,
            warm_up=0.25,
            watch=watch,
            watch_every=20,
        )
    assert steps == [-1, *range(40)]
    assert modes == [(21, False), (41, False)]
    assert not network.training
    assert "step 40: loss" in caplog.text
    assert "held out well" in caplog.text
    with torch.no_grad():
        assert (network(inputs) - wanted).square().mean() < 0.1 * first
