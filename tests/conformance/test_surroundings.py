"""What a program has changed of numpy and torch changes no sample, and is found again as it was."""

import random
import subprocess
import sys
import threading
import warnings
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch
from clips import melody, rain

import estilo
from estilo import neural, streaming
from estilo.engines import ENGINES
from estilo.threads import limited

RATE = 8000
CONTENT, STYLE = estilo.Audio(melody(1.0, RATE), RATE), estilo.Audio(rain(1.0, RATE), RATE)
SHORT = {"optimise": {"n_steps": 3}, "auto": {}}
JOBS = {
    **{
        name: lambda name=name: (
            estilo.transfer(
                CONTENT, STYLE, engine=name, scores=False, **SHORT.get(name, {})
            ).audio.samples
        )
        for name in ENGINES
    },
    "texture": lambda: estilo.texture(STYLE, seconds=0.5, n_steps=3, scores=False).audio.samples,
    "describe": lambda: list(estilo.describe(CONTENT).model_dump().items()),
    "evaluate": lambda: sorted(estilo.evaluate(STYLE, content=CONTENT).values.items()),
    "decode": lambda: neural.decode(neural.encode(CONTENT), neural.encode(STYLE).style).samples,
    "stream": lambda: streamed(),
}


def streamed() -> np.ndarray:
    network, _ = streaming.read_weights()
    stream = streaming.NeuralStream(network, sample_rate=RATE, channels=1, runtime="torch")
    state = stream.start(neural.encode(STYLE).style)
    block = torch.from_numpy(CONTENT.samples[:, :500].copy())
    return stream.process(block, state)[0].numpy()


def found() -> dict[str, Any]:
    """All that a program may have changed, as it is now."""
    return {
        "dtype": torch.get_default_dtype(),
        "device": torch.get_default_device(),
        "gradients": torch.is_grad_enabled(),
        "inference": torch.is_inference_mode_enabled(),
        "autocast": torch.is_autocast_enabled("cpu"),
        "precision": torch.get_float32_matmul_precision(),
        "threads": torch.get_num_threads(),
        "subnormal": bool(np.array([1e-40], dtype=np.float32) * np.float32(0.5)),
        "errors": np.geterr(),
        "filters": list(warnings.filters),
        "randomness": (random.getstate(), torch.get_rng_state().tolist(), np.random.rand()),  # noqa: NPY002
    }


@contextmanager
def changed():
    """A program that has changed all of it."""
    before = np.seterr(all="raise")
    torch.set_default_dtype(torch.float64)
    torch.set_default_device("meta")
    torch.set_float32_matmul_precision("medium")
    torch.set_flush_denormal(True)
    try:
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            yield
    finally:
        torch.set_flush_denormal(False)
        torch.set_float32_matmul_precision("highest")
        torch.set_default_device(None)
        torch.set_default_dtype(torch.float32)
        np.seterr(**before)


@pytest.mark.parametrize("job", JOBS)
def test_nothing_that_a_program_changed_is_heard_or_lost(job: str) -> None:
    with changed():
        np.random.seed(1)  # noqa: NPY002
        before = found()
        np.random.seed(1)  # noqa: NPY002
        got = JOBS[job]()
        after = found()
        # A library that is loaded for the first time may add filters of its own.
        after["filters"] = [each for each in after["filters"] if each in before["filters"]]
        assert after == before
    assert_same(got, JOBS[job]())


def assert_same(got: Any, expected: Any) -> None:
    if isinstance(expected, np.ndarray):
        np.testing.assert_array_equal(got, expected)
    else:
        assert got == expected


def test_without_gradients_alone_the_samples_are_the_same() -> None:
    with torch.no_grad():
        got = JOBS["optimise"]()
    np.testing.assert_array_equal(got, JOBS["optimise"]())


def test_reading_and_writing_bear_errors_of_numpy_that_raise(tmp_path) -> None:
    faint = estilo.Audio(CONTENT.samples * np.float32(1e-40), RATE)
    with changed():
        estilo.save(faint, tmp_path / "a.wav", bit_depth="float")
        estilo.save(CONTENT, tmp_path / "b.ogg")
        estilo.Audio(np.array([1e-300, 0.5]), RATE)
        assert estilo.load(tmp_path / "a.wav").n_samples == CONTENT.n_samples
        estilo.plot(tmp_path / "b.ogg")


def test_threads_that_overlap_put_back_what_was_there_before_the_first() -> None:
    first_in, second_in, first_out = (threading.Event() for _ in range(3))
    left = []

    def first() -> None:
        with limited(1):
            first_in.set()
            second_in.wait(10)
        first_out.set()

    def second() -> None:
        first_in.wait(10)
        with limited(1):
            second_in.set()
            first_out.wait(10)
        left.append(torch.get_num_threads())

    own = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        pair = [threading.Thread(target=each) for each in (first, second)]
        for each in pair:
            each.start()
        for each in pair:
            each.join()
    finally:
        torch.set_num_threads(own)
    assert left == [3]


BROKEN = """
import importlib.util, pathlib, sys
path = pathlib.Path(sys.argv[1]) / "lazy_thing.py"
path.write_text("import no_such_module_at_all")
spec = importlib.util.spec_from_file_location("lazy_thing", path)
spec.loader = importlib.util.LazyLoader(spec.loader)
module = importlib.util.module_from_spec(spec)
sys.modules["lazy_thing"] = module
spec.loader.exec_module(module)
import estilo, numpy
noise = 0.1 * numpy.random.default_rng(0).standard_normal(8000), 8000
estilo.neural.encode
estilo.transfer(noise, noise, engine="optimise", n_steps=2)
estilo.plot(noise)
assert sys.modules["lazy_thing"] is module
print(estilo.settings.Eq.model_fields["strength"].description)
"""


def test_a_broken_module_of_somebody_else_breaks_nothing_here(tmp_path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", BROKEN, tmp_path], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert "How much" in run.stdout
