"""Pieces whose notes are known, to judge the transcriber by."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.sound import Sound
from estilo.evaluation.networks.pitch_pieces import FAMILIES
from estilo.evaluation.sets.recorded import Recorded, RecordedDev
from estilo.synthesis.fluidsynth import render_parts
from estilo.synthesis.notes import Note
from played import DURATION_S, phrase
from sung import sung, tune

SEED = 20_261_130
RATE_HZ = 44_100
SLOW_S = 0.08
"""Programs that take longer to come within 6 dB of their loudest are judged apart, in seconds."""

NEAR_S, NEAR_SLOW_S = 0.05, 0.1
"""How far from its place a start may be found, in seconds."""

SUSTAINED = ("sax-", "bass-arco", "flute", "tuba")
"""What the names of recorded instruments begin with whose notes last until they are let go."""

_TAIL_S = 0.5
_SUSTAINED_DB = -12.0


@dataclass(frozen=True)
class Piece:
    """A piece whose notes are known.

    Args:
        group: family of instruments, or what sings.
        kind: kind of its phrase.
        notes: its notes.
        sound: how they sound.
        is_slow: whether its notes rise slowly.
        is_sustained: whether its notes last until they are let go.
    """

    group: str
    kind: str
    notes: tuple[Note, ...]
    sound: Sound
    is_slow: bool = False
    is_sustained: bool = True

    @property
    def tolerance_s(self) -> float:
        """How far from its place a start may be found, in seconds."""
        return NEAR_SLOW_S if self.is_slow else NEAR_S


def soundfont_pieces(
    kinds: Sequence[str], *, n_programs: int, soundfont: str = "TimGM6mb"
) -> Iterator[Piece]:
    """Phrases of every kind on the programs of all families, and one of two programs at once.

    Args:
        kinds: names of phrases, as for `played.phrase`.
        n_programs: programs of each family at most, spread over it.
        soundfont: what plays them.
    """
    for family, programs in FAMILIES.items():
        low, high = (28, 60) if family == "bass" else (48, 84)
        n = min(n_programs, len(programs))
        for place in np.linspace(0, len(programs) - 1, n).round().astype(int):
            program = programs[int(place)]
            rng = np.random.default_rng((SEED, program))
            phrases = [phrase(kind, rng, low=low, high=high) for kind in kinds]
            single = (Note(0.0, 2.0, (low + high) / 2.0, 0.8),)
            alone, *sounds = render_parts(
                [(each, program) for each in (single, *phrases)],
                soundfont=soundfont,
                sample_rate=RATE_HZ,
                duration_s=DURATION_S + _TAIL_S,
            )
            traits = {"is_slow": attack_s(alone) > SLOW_S, "is_sustained": lasts(alone)}
            for kind, notes, samples in zip(kinds, phrases, sounds, strict=True):
                yield Piece(family, kind, notes, Sound(samples, RATE_HZ), **traits)


def attack_s(samples: NDArray) -> float:
    """Time until a note comes within 6 dB of its loudest 10 ms, in seconds.

    Args:
        samples: the note from its beginning, at `RATE_HZ`. **Shape** ``(time,)``.
    """
    power = _power(samples)
    return float(np.flatnonzero(power > 0.25 * power.max())[0]) * 0.01


def lasts(samples: NDArray) -> bool:
    """Whether a note that is held for 2 s still sounds then.

    Args:
        samples: the note from its beginning, at `RATE_HZ`. **Shape** ``(time,)``.
    """
    power = _power(samples)
    return bool(power[180:200].mean() > power.max() * 10.0 ** (_SUSTAINED_DB / 10.0))


def two_instruments(pieces: Sequence[Piece], *, kind: str) -> Iterator[Piece]:
    """Pieces of a kind two at a time, each with the next of another family, at the same loudness.

    Args:
        pieces: pieces to take them from.
        kind: kind of their phrases.
    """
    of_kind = [each for each in pieces if each.kind == kind and not each.is_slow]
    for one, other in zip(of_kind, of_kind[len(of_kind) // 2 :], strict=False):
        if one.group == other.group:
            continue
        sounds = [each.sound.audio.samples for each in (one, other)]
        mixed = sum(each / np.sqrt(np.mean(each**2) + 1e-12) for each in sounds)
        yield Piece(
            "two instruments",
            "two instruments",
            tuple(sorted((*one.notes, *other.notes))),
            Sound(0.05 * np.asarray(mixed), RATE_HZ),
            is_sustained=one.is_sustained and other.is_sustained,
        )


def sung_pieces(n: int) -> Iterator[Piece]:
    """Tunes that a voice made of numbers sings: low and high ones in turn.

    Args:
        n: how many.
    """
    for number in range(n):
        rng = np.random.default_rng((SEED, 2000 + number))
        low, high = ((45, 62), (57, 76))[number % 2]
        notes = tune(rng, low=low, high=high, duration_s=DURATION_S)
        samples = sung(notes, rng, duration_s=DURATION_S + _TAIL_S)
        yield Piece("singing", "low" if low < 50 else "high", notes, Sound(samples, RATE_HZ))


def recorded_pieces(triplets: Recorded | RecordedDev, n: int) -> Iterator[Piece]:
    """Contents of recorded triplets.

    Their notes last for as long as the recorded ones were held that play them.

    Args:
        triplets: the set.
        n: how many.
    """
    for name in triplets.names(n):
        item = triplets.load(name)
        assert item.content is not None
        assert item.known is not None
        instrument = item.known.content_player.name
        yield Piece(
            instrument,
            "melodies" if item.group == "mono" else "chords",
            tuple(
                replace(note, duration_s=item.known.content_player.nearest(note).held_s)
                for note in item.known.content_phrase
            ),
            Sound.of(item.content),
            is_sustained=instrument.startswith(SUSTAINED),
        )


def _power(samples: NDArray) -> NDArray:
    """Power of each 10 ms."""
    blocks = samples[: len(samples) // 441 * 441].reshape(-1, 441)
    return np.square(blocks).mean(1)
