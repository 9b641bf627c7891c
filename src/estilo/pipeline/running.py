"""From recordings to the engine and back: sample rates, devices, threads, and the run itself."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from estilo.analysis.transcription.heard import Transcription
from estilo.audio import Audio
from estilo.dsp.resample import resample
from estilo.engines.base import Engine, Progress, Task, run
from estilo.engines.grains import Grain
from estilo.engines.style_files import CodedStyle
from estilo.errors import SettingsError
from estilo.io import release, scratch_array, scratch_copy
from estilo.pipeline.watch import Watch
from estilo.threads import default_threads, limited

_BLOCK = 1 << 22


@dataclass
class Outcome:
    """What the engine made, ``(channels, time)``, and how its losses went.

    Args:
        samples: the output.
        losses: the last ones by term.
        loss_curve: total after every step.
        is_complete: False where the work was stopped.
        weights_id: identifier of the trained weights that were used, if any.
        grains: stretches of the styles that it was copied from, if any.
        remarks: what a user should know of it, in sentences.
        is_loop: whether the content's end goes on at its start, so that the output's does too.
    """

    samples: np.ndarray
    losses: dict[str, float] = field(default_factory=dict)
    loss_curve: list[float] = field(default_factory=list)
    is_complete: bool = True
    weights_id: str | None = None
    grains: list[Grain] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    is_loop: bool = False


@contextmanager
def environment(threads: int | None) -> Iterator[None]:
    """Threads for the time of a run: see `estilo.threads.limited`."""
    with limited(threads):
        yield


def n_threads(threads: int | None) -> int:
    """Threads that `environment` sets."""
    return threads or default_threads()


def check_device(device: str) -> None:
    """Refuse a device that is not there.

    Raises:
        SettingsError: it is neither the processor nor a CUDA GPU, or there is no such GPU.
    """
    try:
        kind = torch.device(device).type
    except RuntimeError:
        kind = None
    if kind not in ("cpu", "cuda"):
        raise SettingsError(f"unknown device {device!r}; use cpu or cuda")
    if kind == "cuda" and not torch.cuda.is_available():
        raise SettingsError("device 'cuda' was asked for and no CUDA GPU is at hand; use cpu")


def allocate(shape: tuple[int, ...]) -> Tensor:
    """Zeros in memory, or in a temporary file where they are large."""
    return torch.from_numpy(scratch_array(shape))


def run_engine(
    engine: Engine[Any],
    content: Audio | None,
    styles: Sequence[Audio | CodedStyle],
    weights: Sequence[float],
    *,
    sample_rate: int,
    n_samples: int,
    seed: int,
    device: str,
    watch: Watch,
    start: Audio | None = None,
    notes: Transcription | None = None,
) -> Outcome:
    """Run an engine at a rate and come back at that rate.

    Args:
        engine: any engine.
        content: the content; None for textures.
        styles: the styles; style files only for an engine that takes them.
        weights: one per style, summing to 1.
        sample_rate: sample rate that the engine works at, in Hz.
        n_samples: number of samples of the output at that rate.
        seed: random seed.
        device: where the engine computes.
        watch: progress and cancellation.
        start: what an engine begins with that goes on from another's output, if not the content.
        notes: notes of the content where they are written and it has no sound.
    """
    own, begun = (
        None if each is None else as_tensor(each, sample_rate, device, n_samples=n_samples)
        for each in (content, start)
    )
    task = Task(
        content=own,
        styles=tuple(
            as_tensor(style, sample_rate, device) if isinstance(style, Audio) else style.to(device)
            for style in styles
        ),
        style_weights=tuple(weights),
        sample_rate=sample_rate,
        n_samples=n_samples,
        seed=seed,
        start=begun,
        notes=notes,
    )
    outcome = Outcome(np.zeros((1, 0), dtype=np.float32))

    def record(progress: Progress) -> None:
        if progress.loss is not None:
            outcome.loss_curve.append(progress.loss)
            outcome.losses = progress.losses
        outcome.is_complete = progress.fraction >= 1.0
        if watch.on_progress is not None:
            watch.on_progress(progress)

    waveform, state = run(
        engine, task, on_step=record, cancel=watch.cancel, keep_best=watch.keep_best
    )
    outcome.samples = waveform.detach().cpu().numpy()
    outcome.grains = engine.grains(state)
    outcome.remarks = engine.remarks(state)
    outcome.weights_id = engine.weights_id
    return outcome


def to_content_rate(
    samples: np.ndarray, content: Audio, sample_rate: int, *, keeps_highs: bool
) -> np.ndarray:
    """An output back at the content's rate and length.

    Args:
        samples: samples of the engine's output, ``(channels, time)``.
        content: the content.
        sample_rate: sample rate that the engine worked at, in Hz.
        keeps_highs: add back what the content holds above the engine's band, which the engine
            left out because nobody hears it.
    """
    if sample_rate == content.sample_rate:
        return samples
    out = resample(
        samples,
        sample_rate,
        content.sample_rate,
        n_samples=content.n_samples,
        out=scratch_array((samples.shape[0], content.n_samples)),
    )
    if keeps_highs and sample_rate < content.sample_rate:
        n_low = round(content.n_samples * sample_rate / content.sample_rate)
        down = resample(
            content.samples,
            content.sample_rate,
            sample_rate,
            n_samples=n_low,
            out=scratch_array((content.n_channels, n_low)),
        )
        again = resample(
            down,
            sample_rate,
            content.sample_rate,
            n_samples=content.n_samples,
            out=scratch_array(content.samples.shape),
        )
        for start in range(0, content.n_samples, _BLOCK):
            part = slice(start, start + _BLOCK)
            out[:, part] += content.samples[:, part] - again[:, part]
    release(content.samples)
    return out


def mix_in(wet: np.ndarray, dry: np.ndarray, *, mix: float) -> None:
    """Crossfade of samples, in blocks and in place.

    Args:
        wet: samples of the result, ``(channels, time)``; the mix takes their place.
        dry: samples of the content, of the same shape.
        mix: share of the result, 0 to 1.
    """
    for start in range(0, wet.shape[1], _BLOCK):
        part = slice(start, start + _BLOCK)
        wet[:, part] = mix * wet[:, part] + (1.0 - mix) * dry[:, part]


def as_tensor(
    audio: Audio, sample_rate: int, device: str = "cpu", *, n_samples: int | None = None
) -> Tensor:
    """A recording as engines take it, ``(channels, time)``.

    Args:
        audio: any rate.
        sample_rate: sample rate that is wanted, in Hz.
        device: where it is wanted.
        n_samples: length at that rate, where rounding is not to choose it.
    """
    samples = audio.samples
    if audio.sample_rate != sample_rate:
        if n_samples is None:
            n_samples = round(audio.n_samples * sample_rate / audio.sample_rate)
        out = scratch_array((audio.n_channels, n_samples))
        samples = resample(samples, audio.sample_rate, sample_rate, n_samples=n_samples, out=out)
    if not (samples.flags.writeable and samples.flags.c_contiguous):
        samples = scratch_copy(samples)
    return torch.from_numpy(samples).to(device)


class Clock:
    """Wall-clock times of the parts of a job, in seconds."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._start = self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """End a part under its name."""
        now = time.perf_counter()
        self.laps[name] = round(now - self._last, 3)
        self.laps["total"] = round(now - self._start, 3)
        self._last = now
