"""One step of a network as an ONNX file that any host can run, verified against torch."""

from itertools import pairwise
from os import PathLike
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from estilo.engines.neural.controls import HOST_NAMES, NAMES
from estilo.engines.neural.graph import build_graph
from estilo.engines.neural.listening import encode
from estilo.engines.neural.runtimes import OnnxRuntime, TorchRuntime, can_build
from estilo.engines.neural.streaming_step import StreamingStep
from estilo.errors import OutputError, SettingsError
from estilo.export.base import Exported, Exporter
from estilo.io.atomic import check_free, write_atomic
from estilo.models.network import SAMPLE_RATE, Network
from estilo.version import __version__

TOLERANCE = 1e-4
"""Largest difference from torch that is accepted, relative to full scale."""

_DURATION_S = 60.0
_STRETCHES = (
    (),
    ("wet",),
    ("strength", "noise"),
    ("timbre", "eq"),
    ("dynamics", "level_matching"),
    (),
)
_TURNED_DOWN = 0.3


class OnnxExporter(Exporter):
    """One step of the network as an ONNX file, which any host can run; see docs/streaming.md."""

    suffix = ".onnx"

    def export(
        self,
        network: Network,
        path: str | PathLike[str],
        *,
        channels: int = 1,
        n_hops: int = 1,
        force: bool = False,
    ) -> Exported:
        """See `Exporter.export` and `export_onnx`."""
        return export_onnx(network, path, channels=channels, n_hops=n_hops, force=force)


def export_onnx(
    network: Network,
    path: str | PathLike[str],
    *,
    channels: int = 1,
    n_hops: int = 1,
    force: bool = False,
) -> Exported:
    """Write one step of a network, and prove before that it computes what torch does.

    The graph takes ``samples``, ``controls``, a style's code (any number of tokens) and the state,
    and gives ``output`` and the next state; see `estilo.engines.neural.graph.build_graph`. The
    output is one hop behind the input, ``latency`` in the metadata; a host whose blocks are others
    adds ``block_size`` - 1 to that. A state begins with zeros, and ``in.controls`` with -1, so that
    the first block's controls hold from its first sample; with another style, ``in.fit.counts``
    begins with zeros again. The metadata also say the sample rate,
    channels, the controls' names and estilo's version.

    The proof is a minute of tones, noise, clicks and silence, with controls that change, against
    torch.

    Args:
        network: network on the processor.
        path: where the file is wanted.
        channels: number of channels of the waveform.
        n_hops: number of hops in a block, 512 samples each.
        force: replace a file that is already there.

    Raises:
        SettingsError: packages that make ONNX files are not installed, or there are no channels
            or hops.
        OutputError: the graph computes something else than torch, or the file exists or cannot be
            written; nothing was written.
    """
    path = Path(path)
    if not can_build():
        raise SettingsError(
            "expected the packages onnx, onnxscript and onnxruntime, of which some are not "
            "installed; install estilo[onnx]"
        )
    if channels < 1 or n_hops < 1:
        raise SettingsError(
            f"expected at least 1 channel and 1 hop, got {channels} and {n_hops}; give 1 of each"
        )
    check_free(path, force=force)
    graph = _labelled(
        build_graph(network, channels=channels, n_hops=n_hops),
        network,
        channels=channels,
        n_hops=n_hops,
    )
    error = verify(graph, network, channels=channels, n_hops=n_hops, duration_s=_DURATION_S)
    if not error <= TOLERANCE:
        raise OutputError(
            f"{path} was not written: expected the graph to differ from torch by at most "
            f"{TOLERANCE:g} of full scale, got {error:.2g}; try other versions of onnxruntime and "
            "onnxscript"
        )
    write_atomic(path, graph, force=force)
    return Exported(path, len(graph), error)


@torch.inference_mode()
def verify(
    graph: bytes,
    network: Network,
    *,
    channels: int = 1,
    n_hops: int = 1,
    duration_s: float,
) -> float:
    """Largest difference between a graph run block by block and torch run in long stretches.

    Torch transforms by FFT, the graph by matrices, and all states go on from block to block.

    Args:
        graph: graph, as `build_graph` makes it.
        network: network that it was made of.
        channels: number of channels of the waveform.
        n_hops: number of hops in a block.
        duration_s: duration of the material, in seconds.

    Returns:
        Relative to full scale, or to the output's peak where that is larger; infinity where
        something is not finite.
    """
    step = StreamingStep(network, channels=channels)
    in_torch, in_onnx = TorchRuntime(step), OnnxRuntime(graph, step.initial_state())
    block = n_hops * step.hop_length
    n_blocks = max(len(_STRETCHES), round(duration_s * SAMPLE_RATE / block))
    samples = material(channels, n_blocks * block)
    style = encode(network, network.hear_levels(pad(samples, (step.n_past, 0))[..., : 2**18]))
    states = [in_torch.initial_state(), in_onnx.initial_state()]
    differences, peak = [], 1.0
    for names, stretch in zip(_STRETCHES, _split(samples, block), strict=True):
        controls = _controls(names)
        outputs = []
        for place, runtime in enumerate((in_torch, in_onnx)):
            output, states[place] = runtime.step(stretch, controls, style, states[place])
            outputs.append(output)
        differences.append((outputs[1] - outputs[0]).abs().max())
        peak = max(peak, float(outputs[0].abs().max()))
    error = float(torch.stack(differences).max()) / peak
    is_finite = all(bool(each.isfinite().all()) for state in states for each in state.values())
    return error if is_finite and np.isfinite(error) else float("inf")


def material(channels: int, n_samples: int, *, seed: int = 1) -> Tensor:
    """Notes that decay, bursts of noise, clicks and silence at 48 kHz.

    **Shape**: ``(1, channels, n_samples)``.

    Args:
        channels: number of channels of the waveform, which have the same notes at other levels.
        n_samples: length.
        seed: random seed of the notes.
    """
    rng = np.random.default_rng(seed)
    sound = np.zeros((channels, n_samples))
    for start in range(0, n_samples, SAMPLE_RATE // 4):
        length = min(SAMPLE_RATE // 2, n_samples - start)
        time_s = np.arange(length) / SAMPLE_RATE
        kind = rng.integers(8)
        if kind < 5:
            partials = np.arange(1, 16)[:, None]
            pitch_hz = 55.0 * 2.0 ** (rng.integers(0, 48) / 12.0)
            note = np.sin(2.0 * np.pi * pitch_hz * partials * time_s) / partials**1.2
            note = note.sum(0) * np.exp(-6.0 * time_s)
        elif kind == 5:
            note = rng.standard_normal(length) * np.exp(-30.0 * time_s)
        elif kind == 6:
            note = (rng.random(length) < 1e-3).astype(float)
        else:  # silence, from which everything must come back
            sound[:, start : start + length] = 0.0
            continue
        sound[:, start : start + length] += rng.uniform(0.02, 0.3, (channels, 1)) * note
    return torch.from_numpy(sound).float()[None]


def _split(samples: Tensor, block: int) -> list[Tensor]:
    """As many stretches as there are settings of the controls, of whole blocks."""
    n_blocks = samples.shape[-1] // block
    ends = [round(n_blocks * place / len(_STRETCHES)) for place in range(len(_STRETCHES) + 1)]
    return [samples[..., a * block : b * block] for a, b in pairwise(ends)]


def _controls(turned_down: tuple[str, ...]) -> Tensor:
    return torch.tensor([[_TURNED_DOWN if name in turned_down else 1.0 for name in NAMES]])


def _labelled(graph: bytes, network: Network, *, channels: int, n_hops: int) -> bytes:
    """The graph with what a host must know."""
    import onnx

    model = onnx.load_from_string(graph)
    hop = network.framing.hop_length
    facts = {
        "estilo_version": __version__,
        "sample_rate": SAMPLE_RATE,
        "block_size": n_hops * hop,
        "latency": hop,
        "channels": channels,
        "controls": ",".join(HOST_NAMES),
        "initial_controls": -1,
    }
    for name, fact in facts.items():
        model.metadata_props.add(key=name, value=str(fact))
    model.producer_name, model.producer_version = "estilo", __version__
    onnx.checker.check_model(model)
    return model.SerializeToString()
