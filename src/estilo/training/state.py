"""The state of a training, and its checkpoints."""

import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from estilo.errors import InputError
from estilo.io.atomic import write_atomic
from estilo.models.discriminators import MultiScaleDiscriminator
from estilo.models.network import Network
from estilo.models.settings import GeneratorSettings
from estilo.training.muon import Muon
from estilo.training.recipe import OptimiserPart, Recipe

CHECKPOINT = "checkpoint.pt"

Optimiser = torch.optim.Optimizer | Muon
_NUMBERS = {"step": 0, "rate_scale": 1.0, "best": float("inf"), "seconds": 0.0}
_MAY_CHANGE = {"n_steps", "checkpoint_every", "validate_every"}


@dataclass(frozen=True)
class Origin:
    """Weights that a training started from.

    Args:
        name: name on their card.
        weights: `network_id` of the weights, by which they are known.
        data: what they were trained on, as their card says it.
    """

    name: str
    weights: str
    data: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"the weights {self.name} ({self.weights})"


@dataclass
class TrainState:
    """The whole state of a training between two steps.

    Args:
        network: network that is trained.
        average: running average of its weights, by name.
        optimiser: optimiser of the network, with its moments.
        judge: the discriminators.
        judge_optimiser: optimiser of the discriminators.
        origin: weights that the training started from; None where they were drawn at random.
        step: number of steps done.
        rate_scale: factor on the learning rate, halved whenever the training was rolled back.
        best: lowest score on the validation set so far.
        seconds: time that the steps took, in seconds.
        n_bad: number of the latest steps in a row whose gradient was not finite; not kept.
    """

    network: Network
    average: dict[str, Tensor]
    optimiser: Optimiser
    judge: MultiScaleDiscriminator
    judge_optimiser: Optimiser
    origin: Origin | None = None
    step: int = 0
    rate_scale: float = 1.0
    best: float = float("inf")
    seconds: float = 0.0
    n_bad: int = 0

    @property
    def device(self) -> torch.device:
        """Device of the network."""
        return next(self.network.parameters()).device

    def follow(self, decay: float) -> None:
        """Draw the average after the weights; early on faster, so that the start is forgotten."""
        decay = min(decay, (1.0 + self.step) / (10.0 + self.step))
        with torch.no_grad():
            for name, weight in self.network.named_parameters():
                self.average[name].lerp_(weight, 1.0 - decay)

    def averaged(self) -> Network:
        """A copy of the network with the average as its weights."""
        with torch.random.fork_rng(devices=[]):
            copy = Network(self.network.generator.settings)
        copy.load_state_dict(self.average)
        return copy.to(self.device).eval()


def begin(
    recipe: Recipe,
    *,
    weights: Network | None = None,
    origin: Origin | None = None,
    device: str | torch.device = "cpu",
) -> TrainState:
    """The state before the first step.

    Args:
        recipe: recipe of the training.
        weights: weights to start from; drawn at random when None.
        origin: where these weights come from.
        device: device to compute on.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        network = Network(recipe.model)
        judge = MultiScaleDiscriminator(recipe.model.n_vector)
    if weights is not None:
        network.load_state_dict(weights.state_dict())
    network, judge = network.to(device), judge.to(device)
    average = {name: each.detach().clone() for name, each in network.named_parameters()}
    return TrainState(
        network,
        average,
        _optimiser(network, recipe.optimiser),
        judge,
        _optimiser(judge, recipe.optimiser),
        origin,
    )


def save_checkpoint(state: TrainState, path: Path, *, recipe: Recipe) -> None:
    """Keep a state; the one before stays until this one is whole.

    Args:
        state: state to keep.
        path: path of the file.
        recipe: recipe of the training.

    Raises:
        OutputError: it cannot be written.
    """
    buffer = io.BytesIO()
    parts: dict[str, Any] = {name: each.state_dict() for name, each in _parts(state).items()}
    parts["average"] = state.average
    parts["recipe"] = recipe.model_dump_json()
    parts["origin"] = None if state.origin is None else asdict(state.origin)
    parts |= {name: getattr(state, name) for name in _NUMBERS}
    torch.save(parts, buffer)
    write_atomic(path, buffer.getvalue(), force=True)


def load_checkpoint(
    path: Path,
    recipe: Recipe,
    *,
    origin: Origin | None = None,
    device: str | torch.device = "cpu",
) -> TrainState:
    """Load the state from a checkpoint. Nothing in the file can run code.

    Args:
        path: path of the file.
        recipe: recipe of the training.
        origin: weights that it must have started from; any, or none, if not given. A checkpoint
            from before they were kept is taken to have started from these.
        device: device to compute on.

    Raises:
        InputError: it is not a checkpoint, or one of another recipe or of other weights; how long
            a training is and how often it is looked at may differ.
    """
    state = begin(recipe, device=device)
    try:
        parts = torch.load(path, map_location=device, weights_only=True)
        state.origin = _origin(parts["origin"]) if "origin" in parts else origin
        is_other = origin is not None and _id(state.origin) != _id(origin)
        differing = _differing(json.loads(parts.get("recipe", "{}")), recipe)
        if not is_other and not differing:
            _fill(state, parts)
    except Exception as error:
        raise InputError(
            f"{path} is not a checkpoint of this recipe ({error}); name another folder, or the "
            "recipe that it was begun with"
        ) from error
    if is_other:
        raise InputError(
            f"{path} was begun from {state.origin or 'weights drawn at random'}, not from "
            f"{origin}; leave the weights out, or name another folder"
        )
    if differing:
        raise InputError(
            f"{path} was begun with another recipe ({', '.join(differing)}); give that one again, "
            "or name another folder"
        )
    return state


def kept_model(path: Path) -> GeneratorSettings | None:
    """Sizes of the network in a checkpoint that started from other weights; None in any other.

    Raises:
        InputError: it is not a checkpoint.
    """
    try:
        parts = torch.load(path, map_location="cpu", weights_only=True)
        if parts.get("origin") is None:
            return None
        return GeneratorSettings.model_validate(json.loads(parts["recipe"])["model"])
    except Exception as error:
        raise InputError(f"{path} is not a checkpoint ({error}); name another folder") from error


def _origin(kept: Mapping[str, Any] | None) -> Origin | None:
    if kept is None:
        return None
    return Origin(str(kept["name"]), str(kept["weights"]), tuple(map(str, kept["data"])))


def _id(origin: Origin | None) -> str:
    return "" if origin is None else origin.weights


def _fill(state: TrainState, parts: Mapping[str, Any]) -> None:
    for name, each in _parts(state).items():
        each.load_state_dict(parts[name])
    for name, average in state.average.items():
        average.copy_(parts["average"][name])
    for name, default in _NUMBERS.items():
        setattr(state, name, type(default)(parts.get(name, default)))


def _differing(before: Mapping[str, Any], recipe: Recipe) -> list[str]:
    """Settings that differ, as "seed 1 then, 2 now"; those that are new count as equal."""
    now = _flat(recipe.model_dump(mode="json"))
    return [
        f"{name} {value!r} then, {now[name]!r} now"
        for name, value in _flat(before).items()
        if name not in _MAY_CHANGE and now.get(name, value) != value
    ]


def _flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, value in tree.items():
        is_tree = isinstance(value, Mapping)
        out |= _flat(value, f"{prefix}{name}.") if is_tree else {f"{prefix}{name}": value}
    return out


def _parts(state: TrainState) -> dict[str, Any]:
    return {
        "network": state.network,
        "optimiser": state.optimiser,
        "judge": state.judge,
        "judge_optimiser": state.judge_optimiser,
    }


def _optimiser(module: nn.Module, settings: OptimiserPart) -> Optimiser:
    parameters = list(module.parameters())
    if settings.name == "muon":
        return Muon(parameters, rate=settings.rate)
    if settings.name == "rmsprop":
        return torch.optim.RMSprop(parameters, lr=settings.rate)
    return torch.optim.Adam(parameters, lr=settings.rate, betas=(0.9, 0.99))
