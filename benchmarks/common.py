"""What all benchmarks share: recordings, the header of a table, and where it goes."""

import os
import platform
import subprocess
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import torch

from estilo.audio import Audio
from estilo.dsp.resample import resample
from estilo.io import load

ROOT = Path(__file__).resolve().parent.parent
AUDIO = Path(os.environ.get("ESTILO_AUDIO", ROOT.parent / "shared" / "audio"))

# Chosen before the first measurement: instruments, voices, drums and textures, both ways.
PAIRS = (
    ("cello-phrase.wav", "sax-phrase.wav"),
    ("sax-phrase.wav", "cello-phrase.wav"),
    ("piano.wav", "strings-brahms.ogg"),
    ("speech-female.wav", "orchestra.wav"),
    ("singing-female.wav", "trumpet-loop.ogg"),
    ("orchestra.wav", "rain.wav"),
    ("trumpet-loop.ogg", "ocean.wav"),
    ("jazz-vibraphone.ogg", "piano.wav"),
    ("mridangam.wav", "jazz-vibraphone.ogg"),
    ("strings-brahms.ogg", "speech-reading.ogg"),
)


def recording(name: str, *, duration_s: float, sample_rate: int = 22050) -> Audio:
    """A mono recording at a rate, cut to a length at most."""
    if not AUDIO.is_dir():
        raise SystemExit(f"the recordings are not in {AUDIO}; set ESTILO_AUDIO to their folder")
    audio = load(AUDIO / name)
    samples = audio.samples[:, : round(duration_s * audio.sample_rate)].mean(0, keepdims=True)
    return Audio(resample(samples, audio.sample_rate, sample_rate), sample_rate)


def looped(audio: Audio, *, duration_s: float) -> Audio:
    """A recording repeated to a length."""
    n_samples = round(duration_s * audio.sample_rate)
    times = -(-n_samples // audio.n_samples)
    return Audio(np.tile(audio.samples, (1, times))[:, :n_samples], audio.sample_rate)


def write_table(
    name: str, title: str, sections: Iterable[tuple[str, Sequence[str], Iterable[Sequence[object]]]]
) -> None:
    """Write ``docs/benchmarks/NAME.md`` and print it.

    Args:
        name: of the file.
        title: heading.
        sections: text before, column names and rows, each.
    """
    lines = [f"# {title}", "", _circumstances(), ""]
    for text, columns, rows in sections:
        lines += [text, ""]
        if columns:
            lines += [_row(columns), _row(["---"] * len(columns))]
            lines += [_row(row) for row in rows]
            lines.append("")
    path = ROOT / "docs" / "benchmarks" / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))
    print(f"written: {path.relative_to(ROOT)}")


def _row(cells: Sequence[object]) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def _circumstances() -> str:
    commit = _git("rev-parse", "--short", "HEAD") or "unknown"
    if _git("status", "--porcelain", "--", "src"):
        commit += " and changes"
    return (
        f"{date.today().isoformat()}, commit {commit}, "
        f"{os.cpu_count()} CPU cores ({platform.machine()}), {torch.get_num_threads()} threads, "
        f"torch {torch.__version__}, Python {platform.python_version()}."
    )


def _git(*arguments: str) -> str:
    run = subprocess.run(["git", *arguments], capture_output=True, text=True, cwd=ROOT, check=False)
    return run.stdout.strip()
