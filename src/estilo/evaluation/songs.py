"""Pieces whose tempo, beats and key are known, through a soundfont.

TimGM6mb is what the analyses are judged on; they are tuned on MuseScore_General, with another seed.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from estilo.audio import Audio
from estilo.evaluation.cache import cached
from estilo.synthesis.fluidsynth import DRUM_CHANNEL, render_parts
from estilo.synthesis.songs import Line, Song, random_song

SLOWEST_BPM, FASTEST_BPM = 60.0, 180.0
DURATION_S = 24.0
RATE_HZ = 44_100
_RMS, _PEAK = 0.1, 0.95
_VERSION = 2


def known_songs(n: int, *, seed: int, soundfont: str) -> Iterator[tuple[Song, Audio]]:
    """Pieces of 24 s from 60 to 180 bpm, evenly spread, in all keys, as they would be recorded.

    Args:
        n: how many.
        seed: random seed of all draws; another seed gives other pieces.
        soundfont: soundfont, as in `estilo.synthesis.fluidsynth.render`.

    Yields:
        Each piece and its sound, from the cache once it was rendered.

    Raises:
        InputError: FluidSynth or the soundfont is missing.
    """
    font = soundfont.rpartition("/")[2]
    for index, song in enumerate(drawn_songs(n, seed=seed)):
        name = f"songs-v{_VERSION}/{font}-{seed}-{n}/{index:04d}"
        yield song, cached(name, lambda song=song: played(song, soundfont=soundfont))


def drawn_songs(n: int, *, seed: int) -> Iterator[Song]:
    """The pieces of `known_songs`, unplayed.

    Args:
        n: how many.
        seed: random seed of all draws; another seed gives other pieces.

    Yields:
        Each piece.

    Example:
        >>> [song.bpm < 180.0 for song in drawn_songs(2, seed=0)]
        [True, True]
    """
    rng = np.random.default_rng([seed, n])
    places = rng.permutation(n) + rng.random(n)
    tempos = SLOWEST_BPM * (FASTEST_BPM / SLOWEST_BPM) ** (places / n)
    keys = np.concatenate([rng.permutation(24) for _ in range(-(-n // 24))])
    for index in range(n):
        is_minor, tonic = divmod(int(keys[index]), 12)
        yield random_song(
            np.random.default_rng([seed, n, index]),
            bpm=float(tempos[index]),
            tonic=tonic,
            is_minor=bool(is_minor),
            duration_s=DURATION_S,
        )


def played(song: Song, *, soundfont: str) -> Audio:
    """A piece as FluidSynth plays it, in one channel.

    Args:
        song: any piece.
        soundfont: soundfont, as in `estilo.synthesis.fluidsynth.render`.

    Raises:
        InputError: FluidSynth or the soundfont is missing.
    """
    parts: list[tuple[Line, np.ndarray]] = []
    for is_drums in (False, True):
        lines = [line for line in song.lines if line.is_drums == is_drums]
        if not lines:
            continue
        samples = render_parts(
            [(line.notes, line.program) for line in lines],
            soundfont=soundfont,
            sample_rate=RATE_HZ,
            duration_s=DURATION_S,
            channel=DRUM_CHANNEL if is_drums else 0,
        )
        parts += zip(lines, samples, strict=True)
    return mixed(parts)


def mixed(parts: Iterable[tuple[Line, np.ndarray]]) -> Audio:
    """The parts of a piece at their levels, in one channel.

    Args:
        parts: players and what they play, each of **shape** ``(time,)`` at `RATE_HZ`.
    """
    total = np.zeros(round(DURATION_S * RATE_HZ))
    for line, samples in parts:
        total += _levelled(line, samples)
    rms, peak = float(np.sqrt(np.mean(total**2))), float(np.abs(total).max())
    return Audio(total * min(_RMS / max(rms, 1e-9), _PEAK / max(peak, 1e-9)), RATE_HZ)


def _levelled(line: Line, samples: np.ndarray) -> np.ndarray:
    rms = float(np.sqrt(np.mean(np.square(samples))))
    return samples * (10.0 ** (line.level_db / 20.0) / max(rms, 1e-9))
