"""Clips that benchmarks work on: made by the project, and recordings where there are any.

The recordings lie in the folder that the environment variable ESTILO_AUDIO names. Without them
benchmarks have their rows of made clips alone, and say so.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common import leave_out, looped
from estilo import demo
from estilo.audio import Audio
from estilo.dsp.resample import resample
from estilo.errors import InputError
from estilo.evaluation.sets.base import Item, TestSet
from estilo.evaluation.songs import DURATION_S as SONG_S
from estilo.evaluation.songs import drawn_songs, mixed
from estilo.io import load
from estilo.synthesis.notes import Note, random_phrase
from estilo.synthesis.patches import FAMILIES, Patch, random_patch, render
from estilo.synthesis.songs import Song
from estilo.synthesis.textures import TEXTURES

SEED = 20_261_130
RATE_HZ = 44_100
DURATION_S = 8.0

MADE_PAIRS = (
    ("melody", "bells"),
    ("plucked", "additive"),
    ("additive", "fm"),
    ("fm", "rain"),
    ("drums", "plucked"),
    ("subtractive", "stream"),
)
"""Contents and styles by the names of `made`: instruments, drums and textures."""

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


@dataclass(frozen=True)
class Pairs:
    """Pairs of content and style that have a row or a table of their own.

    Args:
        title: what they are.
        names: of the clips; see `clip`.
    """

    title: str
    names: tuple[tuple[str, str], ...]

    def clips(self, *, duration_s: float, sample_rate: int = 22_050) -> list[tuple[Audio, Audio]]:
        """Content and style of every pair.

        Args:
            duration_s: length at most, in seconds.
            sample_rate: in Hz.
        """
        return [
            (
                clip(content, duration_s=duration_s, sample_rate=sample_rate),
                clip(style, duration_s=duration_s, sample_rate=sample_rate),
            )
            for content, style in self.names
        ]


def pairs_at_hand(recorded: Iterable[tuple[str, str]] = PAIRS) -> list[Pairs]:
    """Pairs that the project makes, and pairs of recordings where these are there.

    Args:
        recorded: names of the recordings.
    """
    found = [Pairs("Clips that the project makes", MADE_PAIRS)]
    if has_recordings("rows of recordings"):
        found.append(Pairs("Recordings", tuple(recorded)))
    return found


def audio_folder() -> Path | None:
    """The folder of the recordings, if there is one."""
    name = os.environ.get("ESTILO_AUDIO")
    folder = Path(name) if name else None
    return folder if folder is not None and folder.is_dir() else None


def has_recordings(what: str) -> bool:
    """Whether there are recordings; says that something is left out where there are none.

    Args:
        what: the part of a benchmark that needs them.
    """
    if audio_folder() is None:
        leave_out(what, "there are no recordings; name their folder in ESTILO_AUDIO")
        return False
    return True


def clip(name: str, *, duration_s: float, sample_rate: int = 22_050) -> Audio:
    """A mono clip: a recording where its name ends like a file's, one that is made otherwise.

    Args:
        name: of the recording, or as for `made`.
        duration_s: length at most, in seconds.
        sample_rate: in Hz.
    """
    load_clip = recording if Path(name).suffix else made
    return load_clip(name, duration_s=duration_s, sample_rate=sample_rate)


def recording(name: str, *, duration_s: float, sample_rate: int = 22_050) -> Audio:
    """A mono recording at a rate.

    Args:
        name: of its file.
        duration_s: length at most, in seconds.
        sample_rate: in Hz.

    Raises:
        InputError: there are no recordings.
    """
    folder = audio_folder()
    if folder is None:
        raise InputError(f"{name} is missing; name the folder of recordings in ESTILO_AUDIO")
    audio = load(folder / name)
    samples = audio.samples[:, : round(duration_s * audio.sample_rate)].mean(0, keepdims=True)
    return Audio(resample(samples, audio.sample_rate, sample_rate), sample_rate)


def made(name: str, *, duration_s: float, sample_rate: int = 22_050) -> Audio:
    """A mono clip that the project makes: the same at every call.

    Args:
        name: a clip of `estilo.demo`, which repeats after 7 s; a texture of
            `estilo.synthesis.textures`; or a family of instruments, of which one plays a random
            phrase.
        duration_s: length, in seconds.
        sample_rate: in Hz.
    """
    rng = np.random.default_rng([SEED, *name.encode()])
    if name in demo.CLIPS:
        samples = demo.clip(name)
        at_rate = resample(samples.samples, samples.sample_rate, sample_rate)
        return looped(Audio(at_rate, sample_rate), duration_s=duration_s)
    if name in TEXTURES:
        return Audio(TEXTURES[name](duration_s, sample_rate, rng), sample_rate)
    patch = random_patch(rng, family=name)
    return played(rng, patch, duration_s=duration_s, sample_rate=sample_rate)


def played(
    rng: np.random.Generator,
    patch: Patch,
    *,
    duration_s: float,
    sample_rate: int = RATE_HZ,
    phrase: tuple[Note, ...] | None = None,
) -> Audio:
    """A phrase on an instrument of the project's synthesiser.

    Args:
        rng: source of all draws.
        patch: the instrument.
        duration_s: length, in seconds.
        sample_rate: in Hz.
        phrase: its notes; random ones if not given.
    """
    notes = phrase or random_phrase(rng, duration_s=duration_s, is_polyphonic=False)
    samples = render(notes, patch, sample_rate=sample_rate, duration_s=duration_s, rng=rng)
    return Audio(samples, sample_rate)


def made_songs(n: int, *, seed: int) -> Iterator[tuple[Song, Audio]]:
    """Pieces of known tempo and key, as the project's own synthesiser plays them.

    Args:
        n: how many.
        seed: random seed of all draws; another seed gives other pieces.

    Yields:
        Each piece and its sound.
    """
    pitched = [family for family in FAMILIES if family not in ("drums", "noise")]
    for number, song in enumerate(drawn_songs(n, seed=seed)):
        parts = []
        for place, line in enumerate(song.lines):
            rng = np.random.default_rng([seed, n, number, place])
            patch = random_patch(rng, family="drums" if line.is_drums else str(rng.choice(pitched)))
            samples = render(line.notes, patch, sample_rate=RATE_HZ, duration_s=SONG_S, rng=rng)
            parts.append((line, samples))
        yield song, mixed(parts)


class MadeTriplets(TestSet):
    """Triplets with a target, by the project's own synthesiser: two instruments, two phrases."""

    def names(self, n: int | None = None) -> list[str]:
        """Melodies and polyphony in turn.

        Args:
            n: how many; 12 by default.
        """
        return [f"{'poly' if index % 2 else 'mono'}-{index:04d}" for index in range(n or 12)]

    def load(self, name: str) -> Item:
        """One triplet, the same at every call.

        Args:
            name: one of `names`.
        """
        group, _, index = name.partition("-")
        rng = np.random.default_rng([SEED, int(index)])
        pitched = [family for family in FAMILIES if family not in ("drums", "noise")]
        families = rng.choice(pitched, size=2, replace=False)
        first, second = (random_patch(rng, family=str(family)) for family in families)
        phrase, other = (
            random_phrase(rng, duration_s=DURATION_S, is_polyphonic=group == "poly")
            for _ in range(2)
        )
        content, style, target = (
            played(rng, patch, duration_s=DURATION_S, phrase=notes)
            for patch, notes in ((first, phrase), (second, other), (second, phrase))
        )
        return Item(name, group, content=content, style=style, target=target)
