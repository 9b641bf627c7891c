"""The network as a stream: time per block, latency, half an hour without growth, the ONNX file.

One thread. Times are of the wall; the processor time beside them tells what others took.
"""

import argparse
import math
import resource
import tempfile
import time
from array import array
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from busy import busy_processes, with_count
from common import leave_out, looped, write_table
from estilo.engines.neural.controls import Controls
from estilo.engines.neural.listening import listen
from estilo.engines.neural.real_voice import Analysis
from estilo.engines.neural.runtimes import make_session
from estilo.engines.neural.stream import NeuralStream
from estilo.engines.neural.weights import read_weights, shipped_path
from estilo.export.onnx import TOLERANCE, export_onnx
from estilo.models.framing import Framing
from estilo.models.network import SAMPLE_RATE, Network
from material import clip as clip_named

CONTENT, STYLE = "plucked", "subtractive"
BLOCK, WARM_UP = 256, 20
PERIOD = 2**18  # samples, after which the carrier's noise comes again too
RATES = (8000, 22050, 44100, 48000, 88200, 96000, 192000)


def network() -> tuple[Network, str]:
    """Trained where there are weights, random otherwise: the time is the same."""
    if shipped_path().is_file():
        return read_weights()[0], "trained weights"
    torch.manual_seed(1)
    random = Network().eval().requires_grad_(requires_grad=False)
    nn.init.normal_(random.generator.exit.weight, std=0.03)
    return random, "random weights"


def clip(name: str, *, duration_s: float, channels: int = 1) -> Tensor:
    """A clip at the network's rate, repeated to a length."""
    audio = clip_named(name, duration_s=duration_s, sample_rate=SAMPLE_RATE)
    samples = looped(audio, duration_s=duration_s).samples
    return torch.from_numpy(samples.repeat(channels, 0))


def blocks(waveform: Tensor, length: int) -> Iterator[Tensor]:
    """All whole ones."""
    return (block for block in waveform.split(length, 1) if block.shape[1] == length)


def timed(stream: NeuralStream, code, waveform: Tensor, length: int) -> tuple[np.ndarray, ...]:
    """Seconds of the wall and of the processor that each block took."""
    state, wall_s, processor_s = stream.start(code), [], []
    for block in blocks(waveform, length):
        start, start_processor = time.perf_counter(), time.thread_time()
        _, state = stream.process(block, state)
        wall_s.append(time.perf_counter() - start)
        processor_s.append(time.thread_time() - start_processor)
    return np.array(wall_s[WARM_UP:]), np.array(processor_s[WARM_UP:])


def speed(stream: NeuralStream, code, waveform: Tensor, length: int) -> tuple[object, ...]:
    """Real-time factors and times per block."""
    wall, processor = timed(stream, code, waveform, length)
    period_s = length / stream.sample_rate
    return (
        f"{processor.mean() / period_s:.3f}",
        f"{wall.mean() / period_s:.3f}",
        *(f"{1000.0 * np.quantile(processor, share):.2f}" for share in (0.5, 0.99, 1.0)),
        f"{1000.0 * np.quantile(wall, 0.99):.2f}",
        f"{1000.0 * period_s:.2f}",
    )


def speed_section(net: Network, code, *, seconds: float) -> tuple:
    rows = []
    runtimes = {}
    for channels in (1, 2):
        waveform = clip(CONTENT, duration_s=seconds, channels=channels)
        for name in ("onnx", "torch"):
            stream = NeuralStream(net, channels=channels, runtime=name)
            runtimes[name, channels] = stream.runtime
            lengths = (64, 256, 1024) if channels == 1 else (256,)
            rows += [
                (name, channels, 48000, length, *speed(stream, code, waveform, length))
                for length in lengths
            ]
    waveform = clip(CONTENT, duration_s=seconds)
    for rate in (44100, 96000):
        stream = NeuralStream(net, sample_rate=rate, runtime=runtimes["onnx", 1])
        rows.append(("onnx", 1, rate, BLOCK, *speed(stream, code, waveform, BLOCK)))
    columns = (
        "runtime",
        "channels",
        "rate, Hz",
        "block",
        "real-time factor",
        "of the wall",
        "p50, ms",
        "p99, ms",
        "longest, ms",
        "p99 of the wall, ms",
        "a block lasts, ms",
    )
    text = (
        f"## Time\n\n{seconds:g} s of {CONTENT} in the style of {STYLE}. A frame is computed every "
        "512 samples, so that of two blocks of 256 one costs next to nothing. Asked: a real-time "
        "factor of at most 0.25 in mono, and p99 below the block."
    )
    return text, columns, rows


def busy_section(net: Network, code, *, seconds: float) -> tuple:
    """One stream alone and beside other work, in one go."""
    waveform, rows = clip(CONTENT, duration_s=seconds), []
    period_s = BLOCK / SAMPLE_RATE
    for name in ("onnx", "torch"):
        stream, alone = NeuralStream(net, runtime=name), None
        for count in (0, 1, 2):
            with busy_processes(count):
                wall, processor = timed(stream, code, waveform, BLOCK)
            alone = processor.mean() if alone is None else alone
            rows.append(
                (
                    name,
                    with_count(count),
                    f"{processor.mean() / period_s:.3f}",
                    f"**{processor.mean() / alone:.2f}**",
                    f"{wall.mean() / period_s:.3f}",
                    f"{1000.0 * np.quantile(wall, 0.99):.2f}",
                    f"{100.0 * (wall > period_s).mean():.1f} %",
                )
            )
    columns = (
        "runtime",
        "",
        "real-time factor",
        "of alone",
        "of the wall",
        "p99 of the wall, ms",
        "blocks that took longer than they last",
    )
    text = (
        f"## Beside other work\n\n{seconds:g} s in mono, blocks of {BLOCK}, one after the other "
        "without a pause; a busy process computes without a pause as well."
    )
    return text, columns, rows


def latency_section(net: Network, code) -> tuple:
    rows = []
    for rate in RATES:
        stream = NeuralStream(net, sample_rate=rate, runtime="torch")
        waveform = 0.1 * torch.randn(1, rate, generator=torch.Generator().manual_seed(1))
        played, _ = stream.process(waveform, stream.start(code))
        impulse = torch.zeros(1, rate)
        impulse[0, rate // 4] = 1.0
        echo, _ = stream.process(impulse, stream.start(code), Controls(strength=0.0))
        rows.append(
            (
                rate,
                stream.latency,
                int(echo.abs().argmax()) - rate // 4,
                _lag(played, waveform),
                f"{1000.0 * stream.latency / rate:.2f}",
            )
        )
    columns = ("rate, Hz", "reported", "impulse", "cross-correlation", "ms")
    text = (
        "## Latency\n\nIn samples of the stream's rate: reported; where an impulse comes out at "
        "strength 0; and where noise played in style agrees best with what went in."
    )
    return text, columns, rows


def _lag(late: Tensor, early: Tensor) -> int:
    n_fft = 2 * late.shape[-1]
    spectrum = torch.fft.rfft(late, n_fft) * torch.fft.rfft(early, n_fft).conj()
    return int(torch.fft.irfft(spectrum).argmax())


def long_section(net: Network, code, *, minutes: float) -> tuple:
    stream = NeuralStream(net, runtime="onnx")
    loop = clip(CONTENT, duration_s=PERIOD / SAMPLE_RATE)[:, :PERIOD]
    n_loops = math.ceil(60.0 * minutes * SAMPLE_RATE / PERIOD)
    marks = {11, 66, 165, n_loops - 1}
    state, rows, first = stream.start(code), [], None
    times_s = array("d")  # a list would grow by more than the stream may
    for number in range(n_loops):
        out = []
        for block in blocks(loop, BLOCK):
            start = time.perf_counter()
            played, state = stream.process(block, state)
            times_s.append(time.perf_counter() - start)
            out.append(played)
        if number in marks:
            whole = torch.cat(out, 1)
            first = whole if first is None else first
            rows.append((*_figures(number, whole, first, state), _p99_ms(times_s)))
            times_s = array("d")
    columns = (
        "minute",
        "largest difference of the output from minute 1",
        "root mean square of output",
        "of the LSTM cells",
        "numbers in the state",
        "resident memory, MiB",
        "p99 of the wall since the row above, ms",
    )
    text = (
        f"## Without growth\n\n{minutes:g} minutes in blocks of {BLOCK}: a loop of "
        f"{PERIOD / SAMPLE_RATE:.2f} s again and again."
    )
    return text, columns, rows


def _figures(number: int, whole: Tensor, first: Tensor, state) -> tuple[object, ...]:
    cells = torch.cat([each.flatten() for name, each in state.items() if name.endswith("cell")])
    return (
        f"{(number + 1) * PERIOD / SAMPLE_RATE / 60.0:.1f}",
        f"{float((whole - first).abs().max()):.1e}",
        f"{float(whole.square().mean().sqrt()):.6f}",
        f"{float(cells.square().mean().sqrt()):.6f}",
        sum(each.numel() for each in state.values()),
        f"{_resident_mib():.1f}",
    )


def _resident_mib() -> float:
    n_pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return n_pages * resource.getpagesize() / 2**20


def _p99_ms(times_s: array) -> str:
    return f"{1000.0 * float(np.quantile(times_s, 0.99)):.2f}"


def export_section(net: Network) -> tuple:
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        done = export_onnx(net, Path(folder) / "step.onnx")
        elapsed_s = time.perf_counter() - start
    rows = [
        (f"{done.error:.1e}", f"{TOLERANCE:g}", f"{done.n_bytes / 2**20:.1f}", f"{elapsed_s:.0f}")
    ]
    columns = ("largest difference from torch in 60 s", "asked", "MiB", "s, verification included")
    return "## ONNX file\n\nRelative to full scale.", columns, rows


def transform_section() -> tuple:
    frames = np.random.default_rng(1).standard_normal((2, 2048)).astype(np.float32)
    rows = [
        ("DFT operator", _median_us(_dft_graph(), {"x": frames[..., None]})),
        ("one matrix, 2048 by 2050", _median_us(_traced(_OneMatrix(), frames), {"x": frames})),
        ("two of 32 and 64", _median_us(_traced(Analysis(Framing()), frames), {"x": frames})),
    ]
    text = (
        "## Transform in onnxruntime\n\nContent and carrier, 2048 samples each, to 1025 bins; "
        "the last one with window and order of bins."
    )
    return text, ("how", "processor time, median, µs"), rows


class _OneMatrix(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        turns = torch.arange(2048)[:, None] * torch.arange(1025) % 2048
        angles = 2.0 * math.pi / 2048 * turns.double()
        self.register_buffer("matrix", torch.cat((angles.cos(), -angles.sin()), 1).float())

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.get_buffer("matrix")


def _traced(module: nn.Module, frames: np.ndarray) -> bytes:
    program = torch.onnx.export(
        module,
        (torch.from_numpy(frames),),
        dynamo=True,
        opset_version=18,
        verbose=False,
        input_names=["x"],
    )
    assert program is not None
    return program.model_proto.SerializeToString()


def _dft_graph() -> bytes:
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [helper.make_node("DFT", ["x"], ["y"], axis=1, onesided=1)],
        "transform",
        [helper.make_tensor_value_info("x", kind, [2, 2048, 1])],
        [helper.make_tensor_value_info("y", kind, [2, 1025, 2])],
    )
    model = helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 18)])
    return model.SerializeToString()


def _median_us(graph: bytes, feed: dict[str, np.ndarray]) -> str:
    session, times_s = make_session(graph), []
    for _ in range(500):
        start = time.thread_time()
        session.run(None, feed)
        times_s.append(time.thread_time() - start)
    return f"{1e6 * float(np.median(times_s)):.0f}"


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=30.0, help="Length that is timed.")
    parser.add_argument("--minutes", type=float, default=30.0, help="Length of the long stream.")
    parser.add_argument("--without-export", action="store_true", help="Leave the ONNX file out.")
    options = parser.parse_args()
    torch.set_num_threads(1)
    net, what = network()
    with torch.inference_mode():
        code = listen(net, clip(STYLE, duration_s=10.0))
    n_tokens, n_weights = code.keys.shape[1], sum(each.numel() for each in net.parameters())
    head = (
        f"{n_weights / 1e6:.1f} million weights ({what}), a style of {n_tokens} tokens, one thread."
    )
    sections = [
        speed_section(net, code, seconds=options.seconds),
        busy_section(net, code, seconds=options.seconds),
        latency_section(net, code),
        long_section(net, code, minutes=options.minutes),
    ]
    if options.without_export:
        leave_out("the ONNX file", "--without-export")
    else:
        sections.append(export_section(net))
    sections.append(transform_section())
    write_table("stream", "The network as a stream", [(head, (), ()), *sections])


if __name__ == "__main__":
    main()
