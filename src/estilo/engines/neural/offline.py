"""A network over a whole waveform, in chunks that bound the memory."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import pad

from estilo.engines.neural.controls import Controls, numbers
from estilo.engines.neural.leveler import LEVEL_DB, start_at
from estilo.engines.neural.streaming_step import StreamingStep
from estilo.engines.neural.style_file import Style, code_for
from estilo.models.network import Network

CHUNK_HOPS = 512
"""Hops that are computed at once: 5.5 s."""


@torch.inference_mode()
def transfer_waveform(
    network: Network,
    waveform: Tensor,
    style: Style,
    controls: Controls | None = None,
    *,
    level_db: float = LEVEL_DB,
    out: Tensor | None = None,
    on_chunk: Callable[[int], None] | None = None,
) -> Tensor:
    """A waveform played in a style, at the same length and in time with it.

    What is remembered goes on from chunk to chunk, so that the output does not depend on them; it
    is that of `estilo.engines.neural.stream.NeuralStream`, `latency` samples earlier.

    Args:
        network: network that plays.
        waveform: ``(channels, time)`` at 48 kHz, on the network's device or another.
        style: style that it is played in.
        controls: `Controls` as they are by default.
        level_db: root mean square that is expected of the waveform, in dBFS, see `start_at`; its
            own is found within some seconds.
        out: array to write to, in the waveform's shape, for instance a mapped one; may be the
            waveform itself.
        on_chunk: is told the samples that are done after each chunk; may raise to stop.

    Returns:
        In the waveform's shape.

    Raises:
        InputError: the style is of other sizes than this network's, or a style file of other
            weights; or the level is NaN.
    """
    code = code_for(style, network)
    channels, n_samples = waveform.shape
    out = torch.empty_like(waveform) if out is None else out
    step = StreamingStep(network, channels=channels).eval()
    hop, state = step.hop_length, step.initial_state()
    state |= {
        name: torch.full_like(state[name], value) for name, value in start_at(level_db).items()
    }
    values = state["controls"].new_tensor([numbers(controls or Controls())])
    for start in range(0, n_samples + hop, CHUNK_HOPS * hop):
        chunk = waveform[:, start : start + CHUNK_HOPS * hop].to(values)
        length = min(CHUNK_HOPS * hop, n_samples + hop - start)
        missing = -(-length // hop) * hop - chunk.shape[1]
        played, state = step(pad(chunk, (0, missing))[None], values, code, state)
        # The output is one hop late: the first hop is before the start.
        place, skip = max(0, start - hop), max(0, hop - start)
        played = played[0, :, skip : skip + n_samples - place]
        out[:, place : place + played.shape[1]] = played.to(out)
        if on_chunk is not None:
            on_chunk(place + played.shape[1])
    return out
