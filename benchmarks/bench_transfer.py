"""The whole command, start-up included: wall time, peak memory, and where the time goes."""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
import torch

import estilo
from busy import Cost, busy_processes, cost_of, with_count
from common import write_table
from estilo.engines.base import Task
from estilo.engines.optimise.engine import OptimiseEngine
from estilo.engines.optimise.settings import OptimiseSettings
from estilo.io import scratch_array
from material import clip

STYLE = "rain"
PARTS = ("read", "engine", "levels", "scores")


def stereo(duration_s: float) -> estilo.Audio:
    """A stereo programme at 44.1 kHz of any length."""
    sides = [clip(name, duration_s=20.0, sample_rate=44_100) for name in ("plucked", "additive")]
    medley = np.concatenate([side.samples for side in sides])
    n_samples = round(duration_s * 44_100)
    samples = scratch_array((2, n_samples))
    for start in range(0, n_samples, medley.shape[1]):
        part = samples[:, start : start + medley.shape[1]]
        part[:] = medley[:, : part.shape[1]]
    return estilo.Audio(samples, 44_100)


# The process says its own peak: what its parent would be told includes the parent's memory.
RUN = """
import sys
from pathlib import Path
from estilo.cli import main
code = main(sys.argv[1:])
status = Path("/proc/self/status").read_text()
print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
raise SystemExit(code)
"""


def command(content: Path, folder: Path) -> tuple[Cost, float, dict[str, float]]:
    """Cost, peak MiB and the timings of the report of one ``estilo transfer``."""
    output = folder / "out.wav"
    arguments = ["transfer", content, folder / "style.wav", "-o", output, "--force", "--quiet"]
    cost = cost_of([sys.executable, "-c", RUN, *map(str, arguments)])
    report = json.loads((folder / "out.wav.json").read_text(encoding="utf-8"))
    output.unlink()
    return cost, int(cost.said.split()[-1]) / 1024.0, report["timings_s"]


def busy_section(content: Path, folder: Path, *, n_times: int) -> tuple:
    """The command, and what it cannot do without, alone and beside other work in one go."""
    costs: dict[tuple[str, int], list[Cost]] = {}
    for _ in range(n_times):
        for count in (0, 1, 2):
            with busy_processes(count):
                bare = cost_of([sys.executable, "-c", "import torch"])
                whole = command(content, folder)[0]
            costs.setdefault(("import torch", count), []).append(bare)
            costs.setdefault(("estilo transfer", count), []).append(whole)
    processor_s, wall_s = (
        {case: median(getattr(each, of) for each in found) for case, found in costs.items()}
        for of in ("processor_s", "wall_s")
    )
    rows = [
        (
            f"`{what}`",
            with_count(count),
            f"{wall_s[what, count]:.1f} s",
            f"{wall_s[what, count] / wall_s['import torch', count]:.2f}",
            f"{processor_s[what, count]:.2f} s",
            f"{processor_s[what, count] / processor_s['import torch', count]:.2f}",
            f"**{processor_s[what, count] / processor_s[what, 0]:.2f}**",
        )
        for what, count in costs
    ]
    columns = (
        "command",
        "",
        "wall time",
        "of `import torch`",
        "processor time",
        "of `import torch`",
        "of alone",
    )
    text = (
        "## Beside other work\n\n10 s mono at 22.05 kHz, scores included, and `python -c 'import "
        f"torch'`, medians of {n_times}, taken in turn; a busy process computes without a pause. "
        "Asked: at most 2.5 times a bare `import torch` alone, and beside two busy processes at "
        "most 1.5 times the processor time alone."
    )
    return text, columns, rows


def one_step() -> tuple[float, float, float]:
    """Seconds of one evaluation of the engine optimise, its matrix products, at the best rate."""
    content = clip("plucked", duration_s=10.0)
    style = clip(STYLE, duration_s=30.0)
    engine = OptimiseEngine(OptimiseSettings())
    job = Task(
        torch.from_numpy(content.samples),
        (torch.from_numpy(style.samples),),
        (1.0,),
        22_050,
        content.n_samples,
        0,
    )
    state = engine.init(job, engine.prepare(job))
    assert state.descent is not None
    engine.step(state)
    before, start = state.descent.n_evaluations, time.perf_counter()
    for _ in range(6):
        engine.step(state)
    seconds = (time.perf_counter() - start) / (state.descent.n_evaluations - before)
    n_bands, n_frames = engine.settings.stft.n_bands, content.n_samples // 512 + 1
    n_style = style.n_samples // 512 + 1
    # Products and their gradient: output with itself and with the style.
    operations = 2 * 2 * n_bands * n_frames * (n_frames + n_style)
    left, right = torch.randn(1024, 1024), torch.randn(1024, 1024)
    torch.mm(left, right)
    start = time.perf_counter()
    for _ in range(20):
        torch.mm(left, right)
    peak = 20 * 2 * 1024**3 / (time.perf_counter() - start)
    return seconds, operations / 1e9, operations / peak


def main() -> None:
    """Run the cases and write the table."""
    parser = argparse.ArgumentParser(description=str(__doc__))
    parser.add_argument(
        "--longest", type=float, default=3600.0, help="Duration of the longest content, in seconds."
    )
    parser.add_argument("--times", type=int, default=5, help="Runs beside other work.")
    options = parser.parse_args()
    mono = clip("plucked", duration_s=10.0)
    cases = {
        "10 s mono 22.05 kHz": (mono, "at most 6 s"),
        "3 min stereo 44.1 kHz": (stereo(180.0), "at most 360 s, 4 GB"),
    }
    if options.longest >= 3600.0:
        cases["1 h stereo 44.1 kHz"] = stereo(3600.0), "4 GB"
    rows, parts = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        estilo.save(clip(STYLE, duration_s=7.0), folder / "style.wav")
        for title, (audio, asked) in cases.items():
            path = folder / "content.wav"
            estilo.save(audio, path, bit_depth=16, force=True)
            cost, mib, timings = command(path, folder)
            seconds = cost.wall_s
            share = seconds / audio.duration_s
            rows.append((title, f"**{seconds:.1f} s**", f"{share:.2f}", f"{mib:.0f} MiB", asked))
            rest = seconds - timings["total"]
            parts.append(
                (
                    title,
                    f"{rest:.1f}",
                    *(f"{timings[part]:.2f}" for part in PARTS),
                )
            )
            print(rows[-1], parts[-1], flush=True)
        estilo.save(mono, folder / "content.wav", bit_depth=16, force=True)
        busy = busy_section(folder / "content.wav", folder, n_times=options.times)
    evaluation_s, gigaflop, limit_s = one_step()
    write_table(
        "transfer",
        "The whole command",
        [
            (
                "`estilo transfer CONTENT STYLE -o out.wav`, default settings, 7 s of rain as "
                "the style, every case in a process of its own, the first with cold imports.",
                ("content", "wall time", "of its duration", "peak memory", "asked"),
                rows,
            ),
            (
                "Where the time goes, in seconds. *Start-up and files*: interpreter, imports of "
                "torch, checking, writing the output and the recipe.",
                ("content", "start-up and files", *PARTS),
                parts,
            ),
            busy,
            (
                "## One step\n\n"
                f"One loss with its gradient for 10 s takes {evaluation_s * 1e3:.1f} "
                f"ms. Its matrix products are {gigaflop:.3f} GFLOP, {limit_s * 1e3:.2f} ms at this "
                "machine's best rate for large ones: the distance to that limit is a factor of "
                f"{evaluation_s / limit_s:.0f}. The rest is element by element: arccos, square "
                "root and about ten passes over frames × frames for every patch width.",
                (),
                (),
            ),
        ],
    )


if __name__ == "__main__":
    main()
