"""Whether known manipulations move the score of their own attribute and no other.

Phrases have eight notes, short and long, with pauses between them, so that attack, held part and
release of each can be heard.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.sound import Sound
from estilo.datasets.instruments.playing import SampledInstrument
from estilo.evaluation.manipulations import MANIPULATIONS, Manipulation, Phrase
from estilo.metrics.attributes import ATTRIBUTES, PARTIALS, SPECTRUM, changes
from estilo.synthesis.notes import Note
from estilo.synthesis.patches import random_patch

LARGEST_SHARE = 0.2
"""How far another attribute may move, as a share of the manipulation's own."""

NAMES = (SPECTRUM, *ATTRIBUTES, PARTIALS)
"""Names of the attributes, in the order of tables."""

COUPLED: Mapping[tuple[str, str], str] = {
    ("faster decay", "room"): "a note that has faded before its release rings as it fades",
    ("added partials", SPECTRUM): "partials where an instrument has none are part of its spectrum",
    ("roughness", PARTIALS): "the sidebands of a modulation are partials where they are resolved",
    ("reverberation", "roughness"): "reflections interfere: partials beat with earlier ones",
    ("reverberation", "tone_to_noise"): "earlier notes sound on between the partials of later ones",
}
"""Manipulations and attributes that are physically coupled, and why."""

_HELD_S = (1.5, 1.5, 1.5, 1.5, 0.3, 0.3, 0.3, 0.3)
_PAUSE_S, _START_S, _TAIL_S = 0.2, 0.05, 0.4
_SPAN = 12  # semitones
_RELEASE_S = 0.7


@dataclass(frozen=True, eq=False)
class Moved:
    """What a manipulation did to phrases, in spreads between instruments.

    Args:
        manipulation: what was done.
        changes: changes of each attribute; NaN where it cannot be measured.
            **Shape** ``(phrases, strengths, attributes)``, attributes as in `NAMES`.
    """

    manipulation: Manipulation
    changes: NDArray[np.float64]

    @property
    def mean(self) -> NDArray[np.float64]:
        """Mean size of the changes over phrases; **shape** ``(strengths, attributes)``."""
        sizes = np.abs(self.changes)
        n_known = np.maximum((~np.isnan(sizes)).sum(0), 1)
        return np.nansum(sizes, axis=0) / n_known

    @property
    def own(self) -> NDArray[np.float64]:
        """`mean` of the manipulation's own attribute; **shape** ``(strengths,)``."""
        return self.mean[:, NAMES.index(self.manipulation.moves)]

    @property
    def shares(self) -> dict[str, float]:
        """How far the other attributes moved at most, as shares of the own one."""
        most = self.mean.max(0) / self.own.max()
        return {
            name: float(share)
            for name, share in zip(NAMES, most, strict=True)
            if name != self.manipulation.moves
        }

    @property
    def leaks(self) -> dict[str, float]:
        """`shares` that are larger than a fifth, of attributes that are not coupled."""
        return {
            name: share
            for name, share in self.shares.items()
            if share > LARGEST_SHARE and (self.manipulation.name, name) not in COUPLED
        }

    @property
    def is_monotonic(self) -> bool:
        """Whether the own attribute moves the more, the stronger the manipulation is."""
        return bool((np.diff(self.own, prepend=0.0) > 0.0).all())


def moved(
    phrases: Iterable[Phrase], manipulations: Sequence[Manipulation] = MANIPULATIONS
) -> list[Moved]:
    """Do everything to every phrase.

    Args:
        phrases: phrases on different instruments.
        manipulations: what to do.
    """
    every = [[_changes(phrase, each) for each in manipulations] for phrase in phrases]
    return [
        Moved(manipulation, np.array([rows[place] for rows in every]))
        for place, manipulation in enumerate(manipulations)
    ]


def _changes(phrase: Phrase, manipulation: Manipulation) -> NDArray[np.float64]:
    """Changes of a phrase; **shape** ``(strengths, attributes)``."""
    before = Sound.of(phrase.audio())
    rows = []
    for strength in manipulation.strengths:
        found = changes(before, Sound.of(manipulation.apply(phrase, strength)))
        rows.append([found.get(name, np.nan) for name in NAMES])
    return np.array(rows)


def drawn_notes(
    rng: np.random.Generator, pitches: Sequence[int], *, velocity: float
) -> tuple[tuple[Note, ...], float]:
    """Eight notes of an octave, in any order, and the duration of the phrase in seconds.

    Args:
        rng: random generator.
        pitches: MIDI pitches that the instrument has.
        velocity: strength, 0 to 1.

    Example:
        >>> notes, duration_s = drawn_notes(np.random.default_rng(0), range(60, 72), velocity=0.8)
        >>> len(notes), round(duration_s, 2)
        (8, 9.25)
    """
    low = int(rng.integers(min(pitches), max(max(pitches) - _SPAN, min(pitches)) + 1))
    near = [pitch for pitch in pitches if low <= pitch <= low + _SPAN]
    notes, start_s = [], _START_S
    for held_s in rng.permutation(_HELD_S).tolist():
        notes.append(Note(start_s, held_s, float(rng.choice(near)), velocity))
        start_s += held_s + _PAUSE_S
    return tuple(notes), start_s + _TAIL_S


def played_by_patch(
    family: str, seed: int, *, rng: np.random.Generator, sample_rate: int = 44_100
) -> Phrase:
    """A phrase on a patch of the own synthesiser.

    Args:
        family: name in `estilo.synthesis.patches.FAMILIES`.
        seed: random seed of the patch.
        rng: random generator of the notes and of how they sound.
        sample_rate: sample rate in Hz.

    Example:
        >>> phrase = played_by_patch("fm", 1, rng=np.random.default_rng(0), sample_rate=8000)
        >>> phrase.mixed().shape
        (74000,)
    """
    patch = random_patch(np.random.default_rng(seed), family=family)
    notes, duration_s = drawn_notes(rng, range(50, 75), velocity=0.8)
    sounds = tuple(patch.play(each, sample_rate=sample_rate, rng=rng) for each in notes)
    return Phrase(notes, sounds, sample_rate, duration_s)


def played_by_recordings(
    instrument: SampledInstrument, *, rng: np.random.Generator, sample_rate: int
) -> Phrase:
    """A phrase on an instrument of which there are single notes.

    Args:
        instrument: the instrument, playing at the sample rate.
        rng: random generator of the notes.
        sample_rate: sample rate in Hz.
    """
    velocity = float(rng.choice((60, 110))) / 127.0
    notes, duration_s = drawn_notes(rng, instrument.pitches, velocity=velocity)
    sounds = tuple(
        instrument.play([replace(each, start_s=0.0)], duration_s=each.duration_s + _RELEASE_S)
        for each in notes
    )
    return Phrase(notes, sounds, sample_rate, duration_s)
