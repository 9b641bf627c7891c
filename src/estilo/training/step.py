"""One step of a training."""

import math

import torch
from torch import Tensor, nn

from estilo.training.adversarial import discriminator_loss, generator_loss, matching_loss
from estilo.training.batches import UNPAIRED, Batch
from estilo.training.objective import Made, make, objective
from estilo.training.parallel import Team
from estilo.training.precision import half_precision
from estilo.training.recipe import AdversarialPart, OptimiserPart, Recipe
from estilo.training.state import Optimiser, TrainState


def take_step(state: TrainState, batch: Batch, recipe: Recipe, *, team: Team) -> dict[str, float]:
    """Follow the gradient of a batch; stay where it is not finite.

    Args:
        state: state, changed in place; its step counts up in either case.
        batch: examples: this process's share of them.
        recipe: recipe of the training.
        team: all processes.

    Returns:
        Losses by name, ``gradient`` (its length before it was shortened) and ``rate``. The terms
        are means over this process's share.
    """
    own = recipe.optimiser
    rate = rate_at(state.step, recipe.n_steps, own) * state.rate_scale
    with half_precision(state.device, wanted=recipe.half_precision):
        made = make(state.network, batch)
    loss, figures = objective(
        made,
        batch,
        recipe.loss,
        bands=state.network.bands,
        n_examples=recipe.batch.size,
    )
    share = 0.0
    if state.step >= recipe.adversarial.from_step:
        share = _share(batch, team)
        extra, more = _convince(state, made, batch, recipe.adversarial, share=share)
        loss, figures = loss + extra, figures | more
    whole = team.total(float(loss.detach()), device=state.device)
    norm = _descend(loss, state.network, state.optimiser, rate=rate, clip=own.clip, team=team)
    norms = [norm]
    if math.isfinite(norm):
        state.follow(own.average)
        if state.step >= recipe.adversarial.from_step:
            more = _judge(state, made, batch, own, share=share, rate=rate, team=team)
            norms.append(more["judge_gradient"])
            figures |= more
    state.step += 1
    state.n_bad = 0 if all(map(math.isfinite, norms)) else state.n_bad + 1
    return {"loss": whole, "gradient": norm, "rate": rate} | figures


def rate_at(step: int, n_steps: int, settings: OptimiserPart) -> float:
    """Learning rate of a step: up over the warm-up, level, then down to a hundredth.

    Args:
        step: number of the step.
        n_steps: number of steps in the training.
        settings: settings of the optimiser.

    Example:
        >>> plan = OptimiserPart(rate=1.0, warmup=10, decay_from=0.5)
        >>> [round(rate_at(step, 100, plan), 3) for step in (0, 9, 50, 75, 100)]
        [0.1, 1.0, 1.0, 0.505, 0.01]
    """
    up = min(1.0, (step + 1) / max(1, settings.warmup))
    begin_at = settings.decay_from * n_steps
    down = (step - begin_at) / max(1.0, n_steps - begin_at)
    return settings.rate * up * (1.0 - 0.99 * min(max(down, 0.0), 1.0))


def _share(batch: Batch, team: Team) -> float:
    """This process's part of the batch's examples that have a target."""
    own = int((batch.kind != UNPAIRED).sum())
    return own / max(team.total(own, device=batch.kind.device), 1.0)


def _convince(
    state: TrainState, made: Made, batch: Batch, weights: AdversarialPart, *, share: float
) -> tuple[Tensor, dict[str, float]]:
    """The discriminators' loss for the outputs that have a target."""
    if share == 0.0:
        return made.levels.new_zeros(()), {}
    answered = batch.kind != UNPAIRED
    vector = made.code.vector[answered].detach().float()
    state.judge.requires_grad_(requires_grad=False)
    ours = state.judge(made.levels[answered], vector)
    with torch.no_grad():
        theirs = state.judge(batch.target[answered], vector)
    state.judge.requires_grad_(requires_grad=True)
    convince, match = generator_loss(ours), matching_loss(theirs, ours)
    loss = share * (weights.weight * convince + weights.matching * match)
    return loss, {"convince": float(convince.detach()), "match": float(match.detach())}


def _judge(
    state: TrainState,
    made: Made,
    batch: Batch,
    settings: OptimiserPart,
    *,
    share: float,
    rate: float,
    team: Team,
) -> dict[str, float]:
    """A step of the discriminators."""
    figures, loss = {}, made.levels.new_zeros(())
    if share > 0.0:
        answered = batch.kind != UNPAIRED
        vector = made.code.vector[answered].detach().float()
        loss = discriminator_loss(
            state.judge(batch.target[answered], vector),
            state.judge(made.levels[answered].detach(), vector),
        )
        figures["judge"] = float(loss.detach())
    clip = settings.clip
    norm = _descend(
        share * loss, state.judge, state.judge_optimiser, rate=rate, clip=clip, team=team
    )
    return figures | {"judge_gradient": norm}


def _descend(
    loss: Tensor,
    module: nn.Module,
    optimiser: Optimiser,
    *,
    rate: float,
    clip: float,
    team: Team,
) -> float:
    """Take one step of an optimiser, if the gradient is finite; returns the gradient's norm."""
    optimiser.zero_grad(set_to_none=True)
    if loss.requires_grad:  # else this process has no example for it
        loss.backward()
    team.add_gradients(module)
    norm = float(nn.utils.clip_grad_norm_(module.parameters(), clip))
    if math.isfinite(norm):
        for group in optimiser.param_groups:
            group["lr"] = rate
        optimiser.step()
    return norm
