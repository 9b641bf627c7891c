import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import estilo
from estilo.cli import main

RATE = 8_000


@dataclass(frozen=True)
class Run:
    code: int
    out: str
    err: str


@pytest.fixture
def run(capfdbinary):
    """Run a command in this process; its exit code and what it said."""

    def run(*arguments) -> Run:
        capfdbinary.readouterr()
        code = main([str(each) for each in arguments])
        said = capfdbinary.readouterr()
        return Run(code, os.fsdecode(said.out), said.err.decode())

    return run


@pytest.fixture
def folder(tmp_path, rng) -> Path:
    """A folder with content.wav (stereo, 24 bit), style.wav and other.wav, a second each."""
    t = np.arange(RATE) / RATE
    tone = 0.2 * np.sin(2 * np.pi * 440 * t) * (1 + np.sign(np.sin(2 * np.pi * 4 * t)))
    content = estilo.Audio(np.stack([tone, 0.5 * tone]), RATE)
    estilo.save(content, tmp_path / "content.wav", bit_depth=24, tags={"title": "Tone"})
    for name, scale in (("style", 0.1), ("other", 0.05)):
        noise = scale * rng.standard_normal(RATE)
        estilo.save(estilo.Audio(noise, RATE), tmp_path / f"{name}.wav")
    return tmp_path


@pytest.fixture
def transfer(run, folder):
    """`estilo transfer` of content.wav and style.wav into out.wav, with two steps."""

    def transfer(*options, output="out.wav", steps=("--set", "n_steps=2")) -> Run:
        files = [folder / "content.wav", folder / "style.wav", "-o", folder / output]
        return run("transfer", *files, *steps, *options)

    return transfer


@pytest.fixture
def listing(folder):
    """Names and contents of all files in the folder."""

    def listing() -> dict[str, bytes]:
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file() and path.stat().st_mode & 0o400
        }

    return listing
