"""Any torch module from spectrogram to maps, in the place of the random networks."""

import copy
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from estilo.errors import SettingsError
from estilo.features.base import Features, too_short

# Longest clip that is tried when looking for the shortest one that a module takes.
_LONGEST_TRIAL = 4096


class ModuleFeatures(Features):
    """Chosen layers of any torch module, a trained network for instance.

    The network works on a frozen copy in evaluation mode: the module that was given keeps its
    gradients, its mode and its hooks, and training it further does not move the features.

    Where a layer runs several times in one pass, its last output counts. Only tensors that torch
    calls a layer for can be had: the result of a function such as ``torch.relu`` inside a module's
    ``forward`` is that module's own output or none.

    Args:
        module: module from frames, or what `adapt` makes of them, to anything.
        layers: names of submodules as in ``module.named_modules()``, in the order wanted; None
            for the module's own output alone, under the name ``output``.
        adapt: frames ``(batch, bands, frames)`` to the module's input, for instance ``lambda
            frames: frames[:, None]`` for a network over images.

    **Shape**: ``(batch, bands, frames)`` to ``(batch, filters, positions)`` under each layer's
    name; the last two axes of a map ``(batch, filters, height, width)`` become positions.

    Raises:
        SettingsError: a layer is unknown, comes twice, did not run, or gives anything but maps;
            or the module cannot be copied.

    Example:
        >>> trained = nn.Sequential(nn.Conv1d(40, 8, 3), nn.ReLU(), nn.Conv1d(8, 4, 3))
        >>> network = ModuleFeatures(trained, layers=["1", "2"])
        >>> maps = network(torch.rand(40, 100))
        >>> {name: tuple(map_.shape) for name, map_ in maps.items()}
        {'1': (8, 98), '2': (4, 96)}
    """

    def __init__(
        self,
        module: nn.Module,
        *,
        layers: Sequence[str] | None = None,
        adapt: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        super().__init__(n_bands=None, n_frames_min=1)
        self.layers = None if layers is None else _known(module, layers)
        self.module = _frozen(module)
        self.adapt = adapt
        self.train(False)

    def train(self, mode: bool = True) -> "ModuleFeatures":  # noqa: ARG002
        """Stay in evaluation mode: dropout or moving statistics would make the target drift."""
        super().train(False)
        return self

    def maps(self, frames: Tensor) -> dict[str, Tensor]:
        """The output of each layer, as maps over positions."""
        try:
            outputs = self._outputs(frames)
        except RuntimeError as error:
            # Torch words a clip that is too short in many ways; ask the module itself.
            shortest = self._shortest(frames)
            if shortest is None:
                raise
            raise too_short(frames.shape[-1], shortest=shortest) from error
        maps = {
            name: _as_maps(name, output, n_items=frames.shape[0]).to(frames)
            for name, output in outputs.items()
        }
        if any(map_.shape[-1] == 0 for map_ in maps.values()):
            shortest = self._shortest(frames)
            raise too_short(frames.shape[-1], shortest=shortest or frames.shape[-1] + 1)
        return maps

    def _outputs(self, frames: Tensor) -> dict[str, Any]:
        captured: dict[str, Any] = {}
        # Clones, because an in-place activation may follow, or come first and change our input.
        inputs = frames.clone()
        parameter = next(self.module.parameters(), None)
        if parameter is not None:
            inputs = inputs.to(parameter)
        if self.adapt is not None:
            inputs = self.adapt(inputs)
        with ExitStack() as stack:
            for name in self.layers or ():
                hook = partial(_capture, captured, name)
                handle = self.module.get_submodule(name).register_forward_hook(hook)
                stack.callback(handle.remove)
            output = self.module(inputs)
        if self.layers is None:
            return {"output": output}
        idle = [name for name in self.layers if name not in captured]
        if idle:
            raise SettingsError(
                f"the module never calls the layers {', '.join(idle)}; choose others of: "
                f"{_layer_names(self.module)}"
            )
        return {name: captured[name] for name in self.layers}

    def _gives_positions(self, frames: Tensor, n_frames: int) -> bool:
        try:
            with torch.no_grad():
                outputs = self._outputs(frames.new_zeros(1, frames.shape[1], n_frames))
        except RuntimeError:
            return False
        firsts = [_first_tensor(output) for output in outputs.values()]
        return all(isinstance(first, Tensor) and first.numel() > 0 for first in firsts)

    def _shortest(self, frames: Tensor) -> int | None:
        """Fewest frames that the module takes, by doubling and then halving the interval."""
        lower, upper = frames.shape[-1], 2 * frames.shape[-1]
        while upper <= _LONGEST_TRIAL and not self._gives_positions(frames, upper):
            lower, upper = upper, 2 * upper
        if upper > _LONGEST_TRIAL:
            return None
        while upper - lower > 1:
            middle = (lower + upper) // 2
            if self._gives_positions(frames, middle):
                upper = middle
            else:
                lower = middle
        return upper


def _known(module: nn.Module, layers: Sequence[str]) -> tuple[str, ...]:
    names = dict(module.named_modules())
    for layer in layers:
        if not layer or layer not in names:
            raise SettingsError(
                f"the module has no layer {layer!r}; its layers are: {_layer_names(module)}"
            )
    if not layers or len(set(layers)) < len(layers):
        raise SettingsError(
            f"layers must be one name or several that differ, got {list(layers)}; the module's "
            f"layers are: {_layer_names(module)}"
        )
    return tuple(layers)


def _layer_names(module: nn.Module) -> str:
    return ", ".join(name for name, _ in module.named_modules() if name) or "none"


def _frozen(module: nn.Module) -> nn.Module:
    try:
        frozen = copy.deepcopy(module)
    except (RuntimeError, TypeError) as error:
        raise SettingsError(
            f"the module cannot be copied ({error}); remove its weight norm or similar wrappers "
            "first"
        ) from error
    return frozen.requires_grad_(False)


def _capture(
    captured: dict[str, Any], name: str, _module: nn.Module, _inputs: Any, output: Any
) -> None:
    first = _first_tensor(output)
    captured[name] = first.clone() if isinstance(first, Tensor) else first


def _first_tensor(output: Any) -> Any:
    # Recurrent layers give (output, state).
    return output[0] if isinstance(output, tuple | list) and output else output


def _as_maps(name: str, output: Any, *, n_items: int) -> Tensor:
    maps = _first_tensor(output)
    if not isinstance(maps, Tensor):
        raise SettingsError(
            f"layer {name!r} gives {type(maps).__name__}, not a tensor; choose another layer"
        )
    if maps.ndim not in (3, 4) or maps.shape[0] != n_items:
        raise SettingsError(
            f"layer {name!r} gives the shape {tuple(maps.shape)} for a batch of {n_items}; a map "
            "has the shape (batch, filters, positions) or (batch, filters, height, width)"
        )
    if not maps.is_floating_point():
        raise SettingsError(f"layer {name!r} gives {maps.dtype}, not real floats")
    return maps.flatten(2)
