"""Recorded triplets: phrases of single notes that were recorded, so that the target is known.

Content: notes *m* on instrument *a*; style: notes *m'* on *b*; target: *m* on *b*. Both come from a
folder of instruments (`estilo.datasets.instruments.library`): one set from its test half, on which
nothing is trained, tuned or chosen, the other from its training half. Only pitches are played of
which an instrument has every note, each sounding as it is written.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from itertools import permutations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.sound import Sound
from estilo.audio import Audio
from estilo.datasets.instruments.library import (
    InstrumentNote,
    Split,
    by_instrument,
    read_library,
    recorded_folder,
)
from estilo.datasets.instruments.pitch_check import check_pitch
from estilo.datasets.instruments.playing import SampledInstrument
from estilo.errors import InputError, SettingsError
from estilo.evaluation.cache import cached, cached_text
from estilo.evaluation.known import KnownNotes
from estilo.evaluation.sets.base import Item, TestSet
from estilo.io import load
from estilo.synthesis.notes import Note, random_phrase

DURATION_S = 8.0
SAMPLE_RATE_HZ = 44_100
N_DEFAULT = 40
FEWEST_COMMON = 9
"""Semitones in a row that both instruments of a pair have."""

TAIL_S = 0.6
"""Time before the end in which the last notes die away, in seconds."""

_LARGEST = 2000
_RMS = 0.1
_PEAK = 0.95
_VERSION = 1  # of phrases and of the check of pitches: another one is another set
_SEED = 0


@dataclass(frozen=True)
class Half:
    """The instruments of one half of a folder.

    Args:
        folder: folder of the files.
        notes: notes by instrument, in the order of their names.
        kept_in: folder in the cache; other notes are kept in another one.
    """

    folder: Path
    notes: dict[str, list[InstrumentNote]]
    kept_in: str

    @classmethod
    def read(cls, split: Split, *, fewest: int = 2) -> "Half":
        """One half of the folder of recorded instruments.

        Args:
            split: half of the folder: the one to train on, or the one to test on.
            fewest: number of instruments without which there is no set.

        Raises:
            InputError: it holds fewer.
        """
        folder = recorded_folder()
        notes = read_library(folder, split=split)
        digest = hashlib.sha256(json.dumps([astuple(note) for note in notes]).encode()).hexdigest()
        by_name = dict(sorted(by_instrument(notes).items()))
        if len(by_name) < fewest:
            raise InputError(
                f"the {split} half of {folder} holds {len(by_name)} instruments, and the set needs "
                f"{fewest}; name another folder in the environment variable ESTILO_INSTRUMENTS"
            )
        return cls(folder, by_name, f"recorded-v{_VERSION}/{split}-{digest[:12]}")

    def pitches(self) -> dict[str, list[int]]:
        """Pitches of each instrument that can be trusted; all are checked the first time."""

        def check() -> str:
            return json.dumps(
                {name: right_pitches(self.folder, of) for name, of in self.notes.items()}
            )

        return json.loads(cached_text(f"{self.kept_in}/pitches.json", check))

    def player(self, notes: Sequence[InstrumentNote]) -> SampledInstrument:
        """An instrument of notes, at the rate of the set."""
        return SampledInstrument(self.folder, notes, sample_rate=SAMPLE_RATE_HZ)

    def play(self, name: str, phrase: Sequence[Note], instrument: str) -> Audio:
        """A phrase at the level of the other sets, from the cache once it was played.

        Args:
            name: name under which it is kept.
            phrase: its notes.
            instrument: name of the instrument.
        """

        def make() -> Audio:
            return levelled(self.player(self.notes[instrument]).play(phrase, duration_s=DURATION_S))

        return cached(f"{self.kept_in}/{name}", make)


def levelled(samples: NDArray) -> Audio:
    """A recording at the level of the other sets: an RMS of 0.1, less where peaks would pass 0.95.

    Args:
        samples: ``(1, time)`` at `SAMPLE_RATE_HZ`.
    """
    rms, peak = float(np.sqrt(np.mean(samples**2))), float(np.abs(samples).max())
    gain = min(_RMS / max(rms, 1e-9), _PEAK / max(peak, 1e-9))
    return Audio(samples * gain, SAMPLE_RATE_HZ)


class _Triplets(TestSet):
    """Triplets of the instruments of one half."""

    split: Split

    def names(self, n: int | None = None) -> list[str]:
        """Melodies and chords in turn, each named after its instruments; 40 by default."""
        n = N_DEFAULT if n is None else n
        if not 1 <= n <= _LARGEST:
            raise SettingsError(f"a recorded set holds 1 to {_LARGEST} triplets, got {n}")
        chosen = pairs(Half.read(self.split).pitches(), n)
        return [
            f"{'poly' if index % 2 else 'mono'}-{index:04d}-{first}--{second}"
            for index, (first, second) in enumerate(chosen)
        ]

    def phrases(self, name: str) -> tuple[tuple[Note, ...], tuple[Note, ...]]:
        """The notes of content and target, and those of the style.

        Args:
            name: name of the item.
        """
        group, index, both = name.split("-", 2)
        first, second = both.split("--")
        pitches = Half.read(self.split).pitches()
        # Each item has a seed of its own: a larger set begins with the smaller one.
        rng = np.random.default_rng([_SEED, int(index)])
        played, other = (
            random_phrase(
                rng,
                duration_s=DURATION_S - TAIL_S,
                is_polyphonic=group == "poly",
                low=row[0],
                high=row[-1],
            )
            for row in (
                longest_row(pitches[first], pitches[second]),
                longest_row(pitches[second]),
            )
        )
        return played, other

    def alike(self, name: str) -> str:
        """The pair of instruments, of which there may be a melody and chords.

        Args:
            name: name of the item.
        """
        return name.split("-", 2)[2]

    def players(self, name: str) -> tuple[SampledInstrument, SampledInstrument]:
        """The instruments of content and style, with every note that can be trusted.

        Args:
            name: name of the item.
        """
        half = Half.read(self.split)
        pitches = half.pitches()
        first, second = (
            half.player([note for note in half.notes[each] if note.midi_pitch in pitches[each]])
            for each in name.split("-", 2)[2].split("--")
        )
        return first, second

    def load(self, name: str) -> Item:
        """One triplet, from the cache once it was played."""
        first, second = name.split("-", 2)[2].split("--")
        half = Half.read(self.split)
        played, other = self.phrases(name)
        return Item(
            name=name,
            group=name.partition("-")[0],
            content=half.play(f"{name}-content", played, first),
            style=half.play(f"{name}-style", other, second),
            target=half.play(f"{name}-target", played, second),
            known=KnownNotes(played, other, *self.players(name)),
        )


class Recorded(_Triplets):
    """Triplets of recorded instruments that serve nothing else; looked at five times at most."""

    split = "test"
    looks = 5


class RecordedDev(_Triplets):
    """Triplets of recorded instruments that anything may be tuned on."""

    split = "train"


def right_pitches(folder: Path, notes: Sequence[InstrumentNote]) -> list[int]:
    """Pitches of which an instrument has every note, all of them sounding as written.

    Args:
        folder: folder of the files.
        notes: notes of one instrument.

    Raises:
        InputError: a file cannot be read.
    """
    ways = {(note.velocity, note.held_s) for note in notes}
    found: dict[int, set[tuple[int, float]]] = {}
    for note in notes:
        if check_pitch(Sound.of(load(folder / note.path)), note.midi_pitch).is_right:
            found.setdefault(note.midi_pitch, set()).add((note.velocity, note.held_s))
    return sorted(pitch for pitch, there in found.items() if there == ways)


def pairs(pitches: Mapping[str, Sequence[int]], n: int) -> list[tuple[str, str]]:
    """Content's and style's instrument of each of `n` triplets, as different as can be.

    Two instruments make a pair if they are of different kinds (the first words of their names) and
    have nine semitones in a row in common. A pair comes again when all have come, if possible as
    chords where it came as a melody; before that, instruments take turns.

    Args:
        pitches: pitches of each instrument by its name, ``kind-rest``.
        n: number of triplets.

    Raises:
        InputError: no two instruments make a pair.

    Example:
        >>> row = range(60, 72)
        >>> pairs({"flute": row, "sax-alto": row, "sax-tenor": row}, 2)
        [('sax-alto', 'flute'), ('flute', 'sax-alto')]
    """
    possible = [
        (one, other)
        for one, other in permutations(sorted(pitches), 2)
        if one.partition("-")[0] != other.partition("-")[0]
        and len(longest_row(pitches[one], pitches[other])) >= FEWEST_COMMON
    ]
    if not possible:
        raise InputError(
            f"no two instruments of {', '.join(sorted(pitches)) or 'none'} are of different kinds "
            f"and have {FEWEST_COMMON} semitones in common"
        )
    order = np.random.default_rng(_SEED).permutation(len(possible))
    drawn = [possible[place] for place in order]
    chosen: list[tuple[str, str]] = []
    for index in range(n):
        times = Counter(chosen)
        in_group = Counter(chosen[index % 2 :: 2])
        contents, styles = (Counter(pair[side] for pair in chosen) for side in (0, 1))
        chosen.append(
            min(
                drawn,
                key=lambda pair: (times[pair], in_group[pair], contents[pair[0]] + styles[pair[1]]),
            )
        )
    return chosen


def longest_row(*pitches: Iterable[int]) -> list[int]:
    """The longest run of semitones that all have, the lowest of several.

    Example:
        >>> longest_row([60, 61, 62, 64], [61, 62, 63, 64])
        [61, 62]
    """
    best: list[int] = []
    row: list[int] = []
    for pitch in sorted(set(pitches[0]).intersection(*pitches[1:])):
        row = [*row, pitch] if row and pitch == row[-1] + 1 else [pitch]
        best = max(best, row, key=len)
    return best
