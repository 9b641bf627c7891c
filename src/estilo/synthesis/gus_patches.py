"""Patches of the Gravis Ultrasound: instruments of a few recorded notes that are looped and bent.

The layout is that of version 1.10 of the format (Gravis, Ultrasound Software Development Kit 2.22,
1996, appendix E): a header of 239 bytes for the only instrument and layer, then for each sample 96
bytes and the samples. Of what the format has, loops (also those that go to and fro) and the
six-stage envelope are played; vibrato and tremolo, which few patches have, are not.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from estilo.dsp.resample import resample
from estilo.errors import InputError
from estilo.files import read_plain
from estilo.synthesis.notes import Note
from estilo.units import midi_to_hz

_MOST_BYTES = 2**28
_MAGIC = b"GF1PATCH110\0ID#000002\0"
_N_SAMPLES_AT, _FIRST_AT = 198, 239
_SAMPLE = struct.Struct("<7sB3IH3IHB6s6s6sBHH36s")
_16_BIT, _UNSIGNED, _LOOPED, _TO_AND_FRO, _BACKWARDS, _SUSTAINED, _ENVELOPE = (
    1 << bit for bit in range(7)
)
_STEPS_HZ = 44_100.0  # steps of a volume ramp per second, with 14 voices
_DB_PER_UNIT = 20.0 * np.log10(2.0) / 16.0  # of an envelope's level: 16 units double the amplitude
_TOP = 255.0
_N_STAGES, _SUSTAIN_STAGE = 6, 2


@dataclass(frozen=True, eq=False)
class GusSample:
    """A recorded note of a patch.

    Args:
        samples: what was recorded. **Shape** ``(time,)``, float32.
        sample_rate: its rate, in Hz.
        lowest_hz: lowest note that is made of it.
        highest_hz: highest note that is made of it.
        root_hz: its own pitch.
        loop: where the loop starts and ends, in samples; None where there is none.
        is_to_and_fro: whether the loop is played backwards every other time.
        is_sustained: whether the envelope waits in its third stage for the key's release.
        stages: time in seconds per level unit, and level (0 to 255) of the envelope's six stages;
            empty where there is none.
    """

    samples: NDArray[np.float32]
    sample_rate: int
    lowest_hz: float
    highest_hz: float
    root_hz: float
    loop: tuple[int, int] | None
    is_to_and_fro: bool
    is_sustained: bool
    stages: tuple[tuple[float, float], ...]


def read_patch(path: Path) -> list[GusSample]:
    """The samples of a patch.

    Args:
        path: path of a ``.pat`` file.

    Raises:
        InputError: it is not a patch, is cut short, or has nothing that could be played.
    """
    data = read_plain(path, most_bytes=_MOST_BYTES)
    if not data.startswith(_MAGIC) or len(data) < _FIRST_AT:
        raise InputError(f"{path} is not a patch of the Gravis Ultrasound; give a .pat file")
    found, at = [], _FIRST_AT
    try:
        for _ in range(data[_N_SAMPLES_AT]):
            sample, at = _read_sample(data, at)
            found.append(sample)
    except (struct.error, ValueError) as error:
        raise InputError(f"{path} is cut short; get it anew") from error
    if not all(len(each.samples) and each.sample_rate and each.root_hz for each in found):
        raise InputError(f"{path} has a sample without sound, rate or pitch; get it anew")
    if not found:
        raise InputError(f"{path} holds no samples; give a patch of an instrument")
    return found


def _read_sample(data: bytes, at: int) -> tuple[GusSample, int]:
    fields = _SAMPLE.unpack_from(data, at)
    _, _, n_bytes, loop_start, loop_end, rate, low, high, root, _, _, rates, levels, _ = fields[:14]
    modes = fields[14]
    start = at + _SAMPLE.size
    width = 2 if modes & _16_BIT else 1
    kind = f"<{'u' if modes & _UNSIGNED else 'i'}{width}"
    codes = np.frombuffer(data, kind, n_bytes // width, start).astype(np.float32)
    full = float(1 << (8 * width - 1))
    samples = codes / full - (1.0 if modes & _UNSIGNED else 0.0)
    if modes & _BACKWARDS:
        samples = samples[::-1]
    loop = (loop_start // width, loop_end // width)
    is_looped = bool(modes & _LOOPED) and 0 <= loop[0] < loop[1] <= len(samples)
    return (
        GusSample(
            samples=np.ascontiguousarray(samples, np.float32),
            sample_rate=rate,
            lowest_hz=low / 1000.0,
            highest_hz=high / 1000.0,
            root_hz=root / 1000.0,
            loop=loop if is_looped else None,
            is_to_and_fro=bool(modes & _TO_AND_FRO),
            is_sustained=bool(modes & _SUSTAINED),
            stages=_stages(rates, levels) if modes & _ENVELOPE else (),
        ),
        start + n_bytes,
    )


def _stages(rates: bytes, levels: bytes) -> tuple[tuple[float, float], ...]:
    """A rate is six bits of steps and, above them, by which power of 8 they come more slowly."""
    stages = []
    for rate, level in zip(rates, levels, strict=True):
        units_per_s = (rate & 0x3F) / 16.0 * _STEPS_HZ / 8.0 ** (rate >> 6)
        stages.append((1.0 / units_per_s if units_per_s else np.inf, float(level)))
    return tuple(stages)


def play_patch(
    patch: list[GusSample], note: Note, *, sample_rate: int, duration_s: float
) -> NDArray[np.float32]:
    """One note of a patch, from its start.

    Args:
        patch: samples that `read_patch` gave.
        note: note whose pitch, velocity and duration count, and whose start does not.
        sample_rate: sample rate of the result, in Hz.
        duration_s: duration of the result, in seconds.

    **Shape**: result ``(time,)``, zeros where the note has ended.
    """
    hz = float(midi_to_hz(note.pitch))
    sample = _nearest(patch, hz)
    n_samples = round(duration_s * sample_rate)
    speed_hz = round(sample.sample_rate * hz / sample.root_hz)
    n_needed = 1 + round(duration_s * speed_hz)
    long = resample(_unrolled(sample, n_needed)[None], speed_hz, sample_rate)[0][:n_samples]
    out = np.zeros(n_samples, np.float32)
    out[: len(long)] = long * np.float32(note.velocity)
    return out * _envelope(sample, note.duration_s, np.arange(n_samples) / sample_rate)


def _nearest(patch: list[GusSample], hz: float) -> GusSample:
    """The sample whose range has the note, else the one of the nearest pitch."""

    def distance(sample: GusSample) -> tuple[bool, float]:
        is_outside = not sample.lowest_hz <= hz <= sample.highest_hz
        return is_outside, abs(np.log2(hz / sample.root_hz))

    return min(patch, key=distance)


def _unrolled(sample: GusSample, n_needed: int) -> NDArray[np.float32]:
    if sample.loop is None:
        return sample.samples[:n_needed]
    start, end = sample.loop
    once = sample.samples[start:end]
    if sample.is_to_and_fro:
        once = np.concatenate([once, once[::-1]])
    n_times = max(-(-(n_needed - start) // len(once)), 1)
    return np.concatenate([sample.samples[:start], np.tile(once, n_times)])[:n_needed]


def _envelope(sample: GusSample, held_s: float, time_s: NDArray[np.float64]) -> NDArray[np.float32]:
    """Amplitude at each time; straight lines in dB."""
    if not sample.stages:
        return np.ones(len(time_s), np.float32)
    times, levels = [0.0], [0.0]
    for place, (s_per_unit, level) in enumerate(sample.stages):
        if place == _SUSTAIN_STAGE + 1 and sample.is_sustained:
            # The release may come before the envelope has arrived.
            level_then = float(np.interp(held_s, times, levels))
            earlier = [i for i, time in enumerate(times) if time < held_s]
            times = [times[i] for i in earlier] + [held_s]
            levels = [levels[i] for i in earlier] + [level_then]
        times.append(times[-1] + min(s_per_unit * abs(level - levels[-1]), 1e3))
        levels.append(level)
    units = np.interp(time_s, times, levels)
    amplitude = 10.0 ** ((units - _TOP) * _DB_PER_UNIT / 20.0)
    is_over = time_s > times[-1] if levels[-1] < 16.0 else np.zeros(len(time_s), bool)
    return np.where(is_over, 0.0, amplitude).astype(np.float32)
