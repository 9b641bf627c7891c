"""One training on several processes, as `torchrun` starts them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import nn


@dataclass(frozen=True)
class Team:
    """Processes that share every batch, and stay in step: each calls the same functions in turn.

    Args:
        rank: number of this process; the first one writes files.
        size: number of processes.
    """

    rank: int = 0
    size: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this process writes files and speaks."""
        return self.rank == 0

    def add_gradients(self, module: nn.Module) -> None:
        """Replace gradients by their sums over all processes; one that has none adds nothing."""
        if self.size == 1:
            return
        parameters = list(module.parameters())
        flat = torch.cat([_gradient(each).flatten() for each in parameters])
        dist.all_reduce(flat)
        pieces = flat.split([each.numel() for each in parameters])
        for parameter, piece in zip(parameters, pieces, strict=True):
            parameter.grad = piece.view_as(parameter)

    def total(self, number: float, *, device: torch.device | str) -> float:
        """Sum of a number over all processes.

        Args:
            number: summand of this process.
            device: device to compute on.
        """
        if self.size == 1:
            return number
        own = torch.tensor(float(number), device=device)
        dist.all_reduce(own)
        return float(own)

    def wait(self) -> None:
        """Wait until all processes have arrived here."""
        if self.size > 1:
            dist.barrier()


@contextmanager
def team(device: str) -> Iterator[tuple[Team, str]]:
    """The processes that `torchrun` started, and this one's device; alone where there are none."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield Team(), device
        return
    if device == "cuda":
        device = f"cuda:{os.environ.get('LOCAL_RANK', '0')}"
        torch.cuda.set_device(device)
        dist.init_process_group("nccl", device_id=torch.device(device))
    else:
        dist.init_process_group("gloo")
    try:
        yield Team(dist.get_rank(), size), device
    finally:
        dist.destroy_process_group()


def _gradient(parameter: nn.Parameter) -> torch.Tensor:
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
