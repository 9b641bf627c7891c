"""Products in bfloat16, where the hardware has them."""

from functools import lru_cache

import torch
from torch import nn


def half_precision(device: torch.device, *, wanted: bool) -> torch.autocast:
    """A context in which products are of bfloat16, if that is wanted and can be had.

    Processors without AVX-512 have no LSTM in bfloat16; there everything stays in float32.

    Args:
        device: device that computes.
        wanted: whether the recipe asks for it.
    """
    enabled = wanted and _is_there(device.type)
    return torch.autocast(device.type, torch.bfloat16, enabled=enabled)


@lru_cache
def _is_there(device_type: str) -> bool:
    if device_type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    try:
        with (
            torch.random.fork_rng(devices=[]),  # a training's draws go on as if nothing was asked
            torch.no_grad(),
            torch.autocast(device_type, torch.bfloat16),
        ):
            nn.LSTM(16, 16).to(device_type)(torch.zeros(2, 1, 16, device=device_type))
    except RuntimeError:
        return False
    return True
