"""One step of a network as an ONNX graph, states and style and controls going in and out."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from estilo.engines.neural.controls import NAMES
from estilo.engines.neural.real_voice import RealVoice
from estilo.engines.neural.streaming_step import StreamingStep
from estilo.engines.neural.style_card import N_LEVELS
from estilo.errors import SettingsError
from estilo.models.network import Network
from estilo.models.style_encoder import StyleCode
from estilo.remarks import ignoring

OPSET = 18
STYLE_NAMES = tuple(f"style.{name}" for name in StyleCode._fields)


def state_name(name: str, side: str) -> str:
    """What a part of the state is called in a graph.

    Args:
        name: name of the part.
        side: ``"in"`` or ``"out"``.
    """
    return f"{side}.{name}"


def build_graph(network: Network, *, channels: int = 1, n_hops: int = 1) -> bytes:
    """The graph of one step, in ONNX; takes some seconds.

    Inputs: ``samples`` ``(1, channels, n_hops * hop_length)``, ``controls`` ``(1, 7)``, those of
    `STYLE_NAMES` (any number of tokens) and ``in.NAME`` for each part of the state; outputs:
    ``output`` like ``samples`` and ``out.NAME``.

    Args:
        network: network on the processor.
        channels: number of channels of the waveform.
        n_hops: number of hops in a block.

    Raises:
        SettingsError: the network is elsewhere.
    """
    device = network.framing.analysis.device
    if device.type != "cpu":
        raise SettingsError(
            f"expected a network on cpu to make a graph of, got one on {device}; move it, or "
            "choose the runtime 'torch'"
        )
    step = StreamingStep(network, channels=channels, voice=RealVoice(network)).eval()
    # Each of its own memory: one tensor under two names is taken for one input.
    state = {name: tensor.clone() for name, tensor in sorted(step.initial_state().items())}
    settings = network.generator.settings
    style = StyleCode(
        torch.zeros(1, settings.n_vector),
        torch.zeros(1, 8, settings.n_key),
        torch.zeros(1, 8, settings.n_value),
        torch.zeros(1, 8),
        torch.zeros(1, network.bands.n_bands, N_LEVELS),
    )
    samples = torch.zeros(1, channels, n_hops * step.hop_length)
    tokens = {1: torch.export.Dim("n_tokens", min=2, max=2**20)}
    with _quiet(), torch.no_grad():
        program = torch.onnx.export(
            _Flat(step, tuple(state)),
            (samples, torch.ones(1, len(NAMES)), *style, *state.values()),
            dynamo=True,
            opset_version=OPSET,
            verbose=False,
            external_data=False,
            dynamic_shapes=({}, {}, {}, tokens, tokens, tokens, {}, tuple({} for _ in state)),
            input_names=[
                "samples",
                "controls",
                *STYLE_NAMES,
                *(state_name(n, "in") for n in state),
            ],
            output_names=["output", *(state_name(name, "out") for name in state)],
        )
    assert program is not None  # noqa: S101 - with dynamo it is not
    return program.model_proto.SerializeToString()


class _Flat(nn.Module):
    """A step that takes and gives tensors in a row."""

    def __init__(self, step: StreamingStep, names: tuple[str, ...]) -> None:
        super().__init__()
        self.step, self.names = step, names

    def forward(
        self,
        samples: Tensor,
        controls: Tensor,
        vector: Tensor,
        keys: Tensor,
        values: Tensor,
        weights: Tensor,
        levels: Tensor,
        *state: Tensor,
    ) -> tuple[Tensor, ...]:
        style = StyleCode(vector, keys, values, weights, levels)
        named = dict(zip(self.names, state, strict=True))
        played, after = self.step(samples, controls, style, named)
        return played, *(after[name] for name in self.names)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the exporter's remarks about its own future and about packages not installed."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with ignoring("", Warning):
            yield
    finally:
        logger.setLevel(level)
