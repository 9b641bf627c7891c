"""What computes the steps of a stream: torch, or onnxruntime."""

import importlib.util
import time
from typing import Any, Literal, Protocol

import numpy as np
import torch
from torch import Tensor

from estilo.engines.neural.graph import STYLE_NAMES, build_graph, state_name
from estilo.engines.neural.listening import encode
from estilo.engines.neural.streaming_step import StreamingStep
from estilo.errors import SettingsError
from estilo.models.network import Network
from estilo.models.style_encoder import StyleCode
from estilo.nn import State
from estilo.surroundings import tiny_numbers

RuntimeName = Literal["auto", "onnx", "torch"]

_N_TRIALS = 20
_TOLERANCE = 1e-4


class Runtime(Protocol):
    """Hops in, hops out; see `estilo.engines.neural.streaming_step.StreamingStep`."""

    name: str
    block_size: int
    """Steps are of so many samples, or a multiple of them."""

    def initial_state(self) -> dict[str, Tensor]:
        """Nothing heard yet."""
        ...

    def step(
        self, samples: Tensor, controls: Tensor, style: StyleCode, state: State
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Play some hops; see `StreamingStep.forward`.

        Args:
            samples: samples of the content, ``(batch, channels, n_blocks * block_size)``.
            controls: controls in the order of `controls.NAMES`, ``(batch, 7)``.
            style: code of the style.
            state: state after the samples before, or the initial one.
        """
        ...


class TorchRuntime:
    """All hops of a block at once, in torch.

    Args:
        step: what is computed.
    """

    name = "torch"

    def __init__(self, step: StreamingStep) -> None:
        self._step, self.block_size = step.eval(), step.hop_length

    def initial_state(self) -> dict[str, Tensor]:
        """See `Runtime`."""
        return self._step.initial_state()

    @torch.inference_mode()
    def step(
        self, samples: Tensor, controls: Tensor, style: StyleCode, state: State
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """See `Runtime.step`."""
        return self._step(samples, controls, style, state)


class OnnxRuntime:
    """Hop by hop, in onnxruntime, on one thread of the processor.

    Args:
        graph: graph of one step, as `build_graph` makes it or as it was exported: bytes or a path.
        initial: the state of `StreamingStep.initial_state`.

    Raises:
        SettingsError: the graph is of another network or of other channels, or onnxruntime is not
            installed.
    """

    name = "onnx"

    def __init__(self, graph: bytes | str, initial: State) -> None:
        self._session = make_session(graph)
        self._initial = {name: tensor.clone() for name, tensor in initial.items()}
        self._outputs = [each.name for each in self._session.get_outputs()]
        # What decides nothing (tokens of a network without cross-attention) is not in the graph.
        self._inputs = {each.name: each.shape for each in self._session.get_inputs()}
        for name, tensor in initial.items():
            expected, got = list(tensor.shape), self._inputs.get(state_name(name, "in"))
            if got != expected:
                raise SettingsError(
                    f"expected a graph with the state {name!r} of shape {expected}, got {got}; "
                    "export it from this network, with as many channels"
                )
        self.block_size = self._inputs["samples"][-1]

    def initial_state(self) -> dict[str, Tensor]:
        """See `Runtime`."""
        return dict(self._initial)

    def step(
        self, samples: Tensor, controls: Tensor, style: StyleCode, state: State
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """See `Runtime.step`."""
        given = {"controls": controls, **dict(zip(STYLE_NAMES, style, strict=True))}
        fixed = {name: _array(each) for name, each in given.items()}
        arrays = {state_name(name, "in"): _array(each) for name, each in state.items()}
        played = []
        with tiny_numbers(are_zero=True):
            for hop in samples.split(self.block_size, -1):
                feed: dict[str, np.ndarray] = {"samples": _array(hop), **fixed, **arrays}
                feed = {name: each for name, each in feed.items() if name in self._inputs}
                results = dict(zip(self._outputs, self._session.run(None, feed), strict=True))
                played.append(torch.from_numpy(results["output"]))
                arrays = {name: results[name.replace("in.", "out.", 1)] for name in arrays}
        after = {name.removeprefix("in."): torch.from_numpy(each) for name, each in arrays.items()}
        return torch.cat(played, -1), after


def make_session(graph: bytes | str) -> Any:
    """A session of onnxruntime on one thread.

    Raises:
        SettingsError: onnxruntime is not installed.
    """
    if importlib.util.find_spec("onnxruntime") is None:
        raise SettingsError(
            "expected onnxruntime, which is not installed; install estilo[onnx] or choose the "
            "runtime 'torch'"
        )
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    with tiny_numbers(are_zero=True):
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def make_runtime(
    network: Network, *, channels: int = 1, name: RuntimeName = "auto"
) -> TorchRuntime | OnnxRuntime:
    """The runtime of that name; with ``auto`` onnxruntime where it is installed, right and faster.

    A network that is not on the processor is played by torch.

    Args:
        network: network that plays.
        channels: number of channels of the waveform.
        name: name of the runtime.

    Raises:
        SettingsError: there is no such runtime, what it needs is not installed, or it cannot play
            on the network's device.
    """
    if name not in ("auto", "onnx", "torch"):
        raise SettingsError(f"expected a runtime auto, onnx or torch, got {name!r}; choose one")
    step = StreamingStep(network, channels=channels)
    in_torch = TorchRuntime(step)
    can_choose = network.framing.analysis.device.type == "cpu" and can_build()
    if name == "torch" or (name == "auto" and not can_choose):
        return in_torch
    in_onnx = OnnxRuntime(build_graph(network, channels=channels), step.initial_state())
    if name == "auto" and not _is_better(in_onnx, in_torch, network, channels):
        return in_torch
    return in_onnx


def can_build() -> bool:
    """Whether everything is installed that a graph is made and run with."""
    return all(importlib.util.find_spec(each) for each in ("onnxruntime", "onnxscript", "onnx"))


def _is_better(one: Runtime, other: Runtime, network: Network, channels: int) -> bool:
    """Whether ``one`` computes the same as ``other`` in less time."""
    generator = torch.Generator().manual_seed(1)
    samples = 0.1 * torch.randn(
        1, channels, _N_TRIALS * network.framing.hop_length, generator=generator
    )
    style = encode(network, torch.rand(1, 64, network.bands.n_bands, generator=generator))
    results = [_timed(each, samples, style, network.framing.hop_length) for each in (one, other)]
    (first, first_s), (second, second_s) = results
    return first_s < second_s and bool((first - second).abs().max() < _TOLERANCE)


@torch.inference_mode()
def _timed(
    runtime: Runtime, samples: Tensor, style: StyleCode, hop_length: int
) -> tuple[Tensor, float]:
    """What comes out hop by hop, and the median time that a hop took, in seconds."""
    state, played, times_s = runtime.initial_state(), [], []
    controls = samples.new_ones(1, state["controls"].shape[1])
    for hop in samples.split(hop_length, -1):
        start = time.perf_counter()
        out, state = runtime.step(hop, controls, style, state)
        times_s.append(time.perf_counter() - start)
        played.append(out)
    return torch.cat(played, -1), float(np.median(times_s))


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.detach().cpu().numpy()
