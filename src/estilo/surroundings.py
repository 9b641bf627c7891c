"""The caller's settings of numpy and torch, laid aside while estilo computes and put back after.

A program may call estilo with gradients off, another default type or device, half precision, or
errors of numpy that raise; and with modules loaded that are broken. Samples must not depend on
that, nor may the program find it changed.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np

_NUMPY: dict[str, Any] = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}
_SUBNORMAL = np.array([1e-40], dtype=np.float32)


@contextmanager
def own_surroundings() -> Iterator[None]:
    """Compute as if nobody had changed a setting of numpy or torch, for the time of the context.

    torch is looked at only where it is loaded: by itself it comes with the settings that are
    wanted. It decorates functions as well.

    Example:
        >>> with np.errstate(all="raise"), own_surroundings():
        ...     float(np.float32(1e-30) * np.float32(1e-30))
        0.0
    """
    with ExitStack() as stack:
        stack.enter_context(np.errstate(**_NUMPY))
        torch = sys.modules.get("torch")
        if hasattr(torch, "get_default_device"):
            _enter_torch(torch, stack)
        else:  # it is not loaded, or not to its end
            stack.enter_context(sound_modules())
        yield


@contextmanager
def sound_modules() -> Iterator[None]:
    """Leave modules that cannot be looked at out of `sys.modules`, for the time of the context.

    Python's ``inspect`` looks at every module that is loaded, and torch and others ask it while
    they are loaded: they would fail for a stranger's lazy module whose own import fails.
    """
    broken = {}
    for name, module in list(sys.modules.items()):
        try:
            hasattr(module, "__file__")
        except Exception:
            broken[name] = sys.modules.pop(name)
    try:
        yield
    finally:
        for name, module in broken.items():
            sys.modules.setdefault(name, module)


def loaded(name: str) -> ModuleType:
    """A module, whatever else is loaded; see `sound_modules`.

    Args:
        name: full name of the module.

    Example:
        >>> loaded("estilo.audio").__name__
        'estilo.audio'
    """
    if name not in sys.modules:
        with sound_modules():
            return import_module(name)
    return sys.modules[name]


def _enter_torch(torch: Any, stack: ExitStack) -> None:
    stack.enter_context(_of_process.changed(torch))
    stack.enter_context(torch.inference_mode(False))
    stack.enter_context(torch.enable_grad())
    if torch.get_default_device().type != "cpu":  # a mode of torch makes every call slower
        stack.enter_context(torch.device("cpu"))
    for kind in ("cpu", "cuda"):
        if torch.is_autocast_enabled(kind):
            stack.enter_context(torch.autocast(kind, enabled=False))
    stack.enter_context(tiny_numbers(are_zero=False))


@contextmanager
def tiny_numbers(*, are_zero: bool) -> Iterator[None]:
    """Whether this thread's processor takes numbers for 0 that are too small to be normal ones.

    Afterwards it does as it did before, whatever was called meanwhile: a session of onnxruntime
    changes it and leaves it so.

    Args:
        are_zero: whether it does, which is quicker, while the context lasts.

    Example:
        >>> with tiny_numbers(are_zero=True):
        ...     print((np.full(1, 1e-40, np.float32) * np.float32(0.5))[0] > 0.0)
        False
    """
    import torch

    were_zero = not (_SUBNORMAL * np.float32(0.5)).all()
    torch.set_flush_denormal(are_zero)
    try:
        yield
    finally:
        torch.set_flush_denormal(were_zero)


class _OfProcess:
    """Settings that all threads share: the first to come changes them, the last to go restores."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._n_inside = 0
        self._before: tuple[Any, str] | None = None

    @contextmanager
    def changed(self, torch: ModuleType) -> Iterator[None]:
        with self._lock:
            if self._n_inside == 0:
                self._before = self._got(torch)
                self._set(torch, (torch.float32, "highest"))
            self._n_inside += 1
        try:
            yield
        finally:
            with self._lock:
                self._n_inside -= 1
                if self._n_inside == 0 and self._before is not None:
                    self._set(torch, self._before)

    def _got(self, torch: ModuleType) -> tuple[Any, str]:
        return torch.get_default_dtype(), torch.get_float32_matmul_precision()

    def _set(self, torch: ModuleType, wanted: tuple[Any, str]) -> None:
        if self._got(torch) != wanted:
            torch.set_default_dtype(wanted[0])
            torch.set_float32_matmul_precision(wanted[1])


_of_process = _OfProcess()
