"""Faults put into played phrases in known amounts: each should move its own score, and no other.

They act on notes that are known one by one, or on their sum. Scores of faults and of content kept
are judged by them, as scores of attributes are by manipulations of attributes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.sound import Sound
from estilo.metrics import METRICS
from estilo.metrics.base import Metric
from estilo.metrics.faults import KINDS, Compared
from estilo.metrics.scores import nothing_is_fine

LARGEST_SHARE = 0.2
"""How far another score may move, as a share of the fault's own."""

SPANS: Mapping[str, float] = {"note_levels_db": 7.0, "pauses_db": 43.0, "image_db": 10.7}
"""Content metrics that are looked at, and what they span from identical to unrelated recordings."""

NAMES = (*KINDS, *SPANS)
"""Names of the scores, in the order of tables."""

COUPLED: Mapping[tuple[str, str], str] = {
    ("noise in pauses", "pauses_db"): "pauses with noise are louder",
    ("noise between partials", "flicker"): "noise makes partials flicker, and flickers itself",
    ("noise between partials", "doubled"): "noise beside the waveform is another sound",
    ("noise between partials", "onsets"): "noise that follows the loudness begins before an attack",
    ("flicker", "noise between partials"): "partials that flicker spread into noise",
    ("flicker", "onsets"): "levels that jump everywhere hide attacks",
    ("flicker", "doubled"): "levels that jump everywhere rise like attacks",
    ("flicker", "note_levels_db"): "levels that jump everywhere change the peaks of notes",
    ("smeared attacks", "flicker"): "partials that are smeared with random phases flicker",
    ("smeared attacks", "noise in pauses"): "what is smeared fills pauses",
    ("smeared attacks", "noise between partials"): "partials that are smeared widen into noise",
    ("smeared attacks", "pauses_db"): "what is smeared fills pauses",
    ("smeared attacks", "level jumps"): "levels of what is smeared with random phases swing",
    ("smeared attacks", "note_levels_db"): "short notes that are smeared have lower peaks",
    ("crossfade", "pauses_db"): "the other sound has other pauses",
    ("crossfade", "noise in pauses"): "the other sound has other pauses",
    ("crossfade", "noise between partials"): "the other sound has its own noise",
    ("crossfade", "level jumps"): "the other sound begins and ends elsewhere",
    ("crossfade", "onsets"): "the other sound covers attacks",
    ("level jumps", "note_levels_db"): "the notes after a jump are louder than those before",
    ("edge burst", "clicks"): "the end of a burst may be a jump of the waveform",
    ("mono collapse", "image_db"): "what cancels in mono is the side",
    ("clipping", "noise between partials"): "distortion of several tones is dense",
    ("clipping", "clicks"): "the corners of a flat top are jumps",
}
"""Faults and scores that are physically coupled, and why."""

Waveform = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Played:
    """A phrase, note by note, and another sound.

    Args:
        notes: notes, each at its place in the whole. **Shape** ``(notes, time)``.
        style: another sound of the same length. **Shape** ``(time,)``.
        sample_rate: sample rate in Hz.
    """

    notes: NDArray[np.float64]
    style: Waveform
    sample_rate: int

    @property
    def mixed(self) -> Waveform:
        """The notes together. **Shape** ``(time,)``."""
        return self.notes.sum(axis=0)


@dataclass(frozen=True)
class KnownFault:
    """A fault that is put into a phrase.

    Args:
        name: name in tables.
        moves: name of the score that it moves, one of `NAMES`.
        unit: unit of its strengths.
        strengths: five strengths, from just audible to strong.
        apply: function of the phrase, a strength and a random generator.
    """

    name: str
    moves: str
    unit: str
    strengths: tuple[float, ...]
    apply: Callable[[Played, float, np.random.Generator], Waveform]


@dataclass(frozen=True, eq=False)
class Moved:
    """What a fault did to the scores of phrases.

    Args:
        fault: fault that was put in.
        scores: scores as shares of their spans. **Shape** ``(phrases, strengths, NAMES)``.
    """

    fault: KnownFault
    scores: NDArray[np.float64]

    @property
    def mean(self) -> NDArray[np.float64]:
        """Mean over phrases. **Shape** ``(strengths, NAMES)``."""
        return self.scores.mean(axis=0)

    @property
    def own(self) -> NDArray[np.float64]:
        """`mean` of the fault's own score. **Shape** ``(strengths,)``."""
        return self.mean[:, NAMES.index(self.fault.moves)]

    @property
    def shares(self) -> dict[str, float]:
        """How far the other scores moved at most, as shares of the own one."""
        most = self.mean.max(axis=0) / max(float(self.own.max()), 1e-9)
        others = zip(NAMES, most.tolist(), strict=True)
        return {name: share for name, share in others if name != self.fault.moves}

    @property
    def leaks(self) -> dict[str, float]:
        """`shares` above a fifth of scores that are not coupled."""
        return {
            name: share
            for name, share in self.shares.items()
            if share > LARGEST_SHARE and (self.fault.name, name) not in COUPLED
        }

    @property
    def is_monotonic(self) -> bool:
        """Whether the own score rises with every strength."""
        return bool((np.diff(self.own, prepend=0.0) > 0.0).all())


def moved(phrases: Iterable[Played], known: Sequence[KnownFault]) -> list[Moved]:
    """Put every fault into every phrase.

    Args:
        phrases: phrases, played by different instruments.
        known: what is put in.
    """
    every = [[_scores(phrase, fault) for fault in known] for phrase in phrases]
    return [
        Moved(fault, np.array([rows[place] for rows in every])) for place, fault in enumerate(known)
    ]


def scores_of(compared: Compared) -> list[float]:
    """All scores of an output, as shares of their spans, in the order of `NAMES`.

    Args:
        compared: output, and what it is held against, at least a content signal.
    """
    severities = [
        max((fault.severity for find in detectors for fault in find(compared)), default=0.0)
        for detectors in KINDS.values()
    ]
    shares = []
    with nothing_is_fine():
        for name, span in SPANS.items():
            metric: Metric = METRICS[name]
            shares.append(float(np.nan_to_num(metric.measure(compared.output, compared.content))))
            shares[-1] /= span
    return [*severities, *shares]


def _scores(phrase: Played, fault: KnownFault) -> NDArray[np.float64]:
    rate = phrase.sample_rate
    style, contents = Sound(phrase.style, rate), {}
    rows = []
    for strength in fault.strengths:
        made = fault.apply(phrase, strength, np.random.default_rng(0))
        n_channels = made.shape[0] if made.ndim == 2 else 1
        if n_channels not in contents:
            contents[n_channels] = Sound(np.tile(phrase.mixed, (n_channels, 1)), rate)
        rows.append(scores_of(Compared(Sound(made, rate), contents[n_channels], style)))
    return np.array(rows)
