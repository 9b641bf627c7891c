"""The scripts run as their help says."""

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from clips import audio, melody, rain

import estilo
from estilo.engines.neural import runtimes

FOLDER = Path(__file__).parents[2] / "examples"
RATE = 22_050


@pytest.fixture
def clips(tmp_path: Path) -> dict[str, Path]:
    sounds = {
        "melody": melody(1.5, RATE),
        "low": melody(1.2, RATE, seed=4),
        "rain": 0.2 * rain(1.2, RATE),
    }
    for name, samples in sounds.items():
        estilo.save(audio(samples[None], RATE), tmp_path / f"{name}.wav")
    return {name: tmp_path / f"{name}.wav" for name in sounds}


def run(name: str, *arguments: object) -> None:
    path = FOLDER / name
    before = sys.argv
    sys.argv = [str(path), *map(str, arguments)]
    try:
        runpy.run_path(str(path), run_name="__main__")
    finally:
        sys.argv = before


def test_between_styles(clips: dict[str, Path], tmp_path: Path) -> None:
    run("between_styles.py", clips["melody"], clips["low"], clips["rain"], tmp_path / "steps")
    steps = [estilo.load(tmp_path / "steps" / f"{step}.wav").samples for step in range(5)]
    for end, near, far in ((0, 1, 4), (4, 3, 0)):
        distances = [float(np.abs(steps[other] - steps[end]).mean()) for other in (near, far)]
        assert 0.0 < distances[0] < distances[1]


@pytest.fixture
def in_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams compute in torch, as where ONNX is missing: both are the same (tests/export)."""
    monkeypatch.setattr(runtimes, "can_build", lambda: False)


@pytest.mark.usefixtures("in_torch")
def test_stream_blocks(clips: dict[str, Path], tmp_path: Path) -> None:
    """Until the change it is the stream of one style, afterwards not any more."""
    files = [clips[name] for name in ("melody", "rain", "low")]
    run("stream_blocks.py", *files, tmp_path / "both.wav")
    run("stream_blocks.py", files[0], files[1], files[1], tmp_path / "first.wav")
    both, first = (estilo.load(tmp_path / f"{n}.wav").samples[0] for n in ("both", "first"))
    content = estilo.load(files[0])
    assert len(both) == content.n_samples
    half = content.n_samples // 2
    np.testing.assert_allclose(both[: half - RATE // 10], first[: half - RATE // 10], atol=1e-6)
    assert np.abs(both[half + RATE // 10 :] - first[half + RATE // 10 :]).max() > 0.01
