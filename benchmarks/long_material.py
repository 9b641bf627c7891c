"""Stereo recordings of any length, written stretch by stretch, for `bench_long`."""

from pathlib import Path

import numpy as np
import soundfile

from estilo.audio import Audio
from estilo.dsp.resample import resample
from material import made, made_songs

RATE_HZ = 48_000
_N_SONGS, _SEED = 5, 11
_FAINTEST = 0.6
_LATER_S = 0.011


def band(path: Path, *, duration_s: float) -> None:
    """Write pieces for a band with drums, over and over, no two times at the same level.

    Args:
        path: file to write, 16 bits at 48 kHz in stereo.
        duration_s: its length, in seconds.
    """
    pieces = [audio for _, audio in made_songs(_N_SONGS, seed=_SEED)]
    _write(path, pieces, duration_s=duration_s)


def stream(path: Path, *, duration_s: float) -> None:
    """Write the sound of a stream, over and over, no two times at the same level.

    Args:
        path: file to write, as in `band`.
        duration_s: its length, in seconds.
    """
    _write(path, [made("stream", duration_s=30.0, sample_rate=RATE_HZ)], duration_s=duration_s)


def _write(path: Path, pieces: list[Audio], *, duration_s: float) -> None:
    rng = np.random.default_rng(_SEED)
    pairs = [_widened(each) for each in pieces]
    left = round(duration_s * RATE_HZ)
    with soundfile.SoundFile(path, "w", RATE_HZ, 2, "PCM_16") as file:
        number = 0
        while left:
            part = pairs[number % len(pairs)][:left]
            file.write(part * rng.uniform(_FAINTEST, 1.0))
            left, number = left - len(part), number + 1


def _widened(audio: Audio) -> np.ndarray:
    """A mono piece with a width, ``(time, 2)``: its right side has an echo."""
    samples = audio.samples[0]
    if audio.sample_rate != RATE_HZ:
        samples = resample(samples[None], audio.sample_rate, RATE_HZ)[0]
    echo = np.roll(samples, round(_LATER_S * RATE_HZ))
    sides = np.stack([samples, 0.6 * samples + 0.4 * echo], axis=1)
    return 0.8 * sides / np.abs(sides).max()
