"""The hits of recordings as a kit: classes of those that sound alike, and hits played on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import scipy.cluster.hierarchy
import scipy.optimize
import scipy.spatial.distance
from numpy.typing import NDArray

from estilo.analysis.transcription.heard import Transcription
from estilo.audio import Audio
from estilo.dsp.reading import read_at
from estilo.errors import InputError
from estilo.sampler.hits import HitZone, cut_hits
from estilo.sampler.player import Played, usual_level_db

_ALIKE_DB = 9.0
_LEVEL_DB = 8.0
_SAME_AGAIN = 0.6
_MOST_COMPARED = 2000
_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class Kit:
    """Percussive sounds by class.

    Args:
        hits: hits in the order of their classes, the darkest class first.
        classes: number of the class of each.
        level_db: median of their levels.
    """

    hits: tuple[HitZone, ...]
    classes: tuple[int, ...]
    level_db: float

    @classmethod
    def of(cls, recordings: Sequence[Audio], transcriptions: Sequence[Transcription]) -> Self:
        """The kit that is heard in recordings.

        Args:
            recordings: recordings of one kit.
            transcriptions: what was heard of each.

        Raises:
            InputError: they are not as many as the recordings, or there is no hit.
        """
        if len(recordings) != len(transcriptions):
            raise InputError(
                f"expected a transcription of each recording, got {len(recordings)} recordings and "
                f"{len(transcriptions)} transcriptions"
            )
        pairs = zip(recordings, transcriptions, strict=True)
        hits = [
            hit
            for source, (recording, transcription) in enumerate(pairs)
            for hit in cut_hits(recording, transcription, source=source)
        ]
        if not hits:
            raise InputError("no hit can be cut out of the recordings; give one with drums")
        classes = classify(hits)
        order = np.argsort(classes, kind="stable")
        level_db = usual_level_db(hits)
        return cls(tuple(hits[k] for k in order), tuple(int(classes[k]) for k in order), level_db)


class Alike(Protocol):
    """A hit as far as it counts for its class; see `hits.HitZone`."""

    @property
    def features(self) -> NDArray[np.float64]:
        """What tells it from others."""
        ...

    @property
    def brightness(self) -> float:
        """Mean of log2 of its frequencies in Hz."""
        ...


def classify(hits: Sequence[Alike]) -> NDArray[np.int64]:
    """Number of the class of each hit, 0 for the darkest.

    Hits are alike if their third-octave spectra and decays differ by less than 9 dB on average
    (average linkage; R. Sokal, C. Michener 1958). Of more than 2000 hits as many, spread evenly,
    make the classes, as all pairs are compared; each other hit is in the class that it differs
    least from on average.

    Args:
        hits: hits of one recording, or of several.

    **Shape**: result ``(hits,)``.
    """
    if len(hits) < 2:
        return np.zeros(len(hits), np.int64)
    features = np.stack([hit.features for hit in hits]) / np.sqrt(hits[0].features.size)
    n_compared = min(len(hits), _MOST_COMPARED)
    compared = np.linspace(0, len(hits) - 1, n_compared).round().astype(int)
    tree = scipy.cluster.hierarchy.linkage(features[compared], "average")
    found = classes = scipy.cluster.hierarchy.fcluster(tree, _ALIKE_DB, "distance")
    if n_compared < len(hits):
        found = _likest(features, features[compared], classes)
        found[compared] = classes
    names = np.unique(found)
    brightness = np.array([hit.brightness for hit in hits])
    by_brightness = sorted(names, key=lambda name: float(brightness[found == name].mean()))
    rank = {name: place for place, name in enumerate(by_brightness)}
    return np.array([rank[name] for name in found], np.int64)


def _likest(
    features: NDArray[np.float64], known: NDArray[np.float64], classes: NDArray[np.int32]
) -> NDArray[np.int32]:
    """The class, of those of known hits, from whose hits each hit differs least on average."""
    names, place, counts = np.unique(classes, return_inverse=True, return_counts=True)
    shares = np.eye(len(names))[place] / counts
    found = np.empty(len(features), classes.dtype)
    for start in range(0, len(features), _AT_ONCE):
        part = features[start : start + _AT_ONCE]
        distances = scipy.spatial.distance.cdist(part, known) @ shares
        found[start : start + _AT_ONCE] = names[distances.argmin(1)]
    return found


def play_hits(hits: Sequence[HitZone], kit: Kit, *, sample_rate: int, duration_s: float) -> Played:
    """Play hits that were cut from the content on the kit of a style.

    Classes of the content meet those of the kit one to one, so that brightness and decay, each
    about its own recording's mean, differ least; where the content has more, the rest goes to the
    likest. Within a class the hit of the nearest level plays, and repeated ones take turns.

    Args:
        hits: hits of the content.
        kit: kit that plays them.
        sample_rate: sample rate of the result, in Hz.
        duration_s: duration of the result, in seconds.

    Returns:
        Sound, and for each hit the number of the kit's hit that played it.

    Raises:
        InputError: the duration has no sample.
    """
    n_samples = round(duration_s * sample_rate)
    if n_samples < 1:
        raise InputError(
            f"expected at least one sample, got {duration_s} s at {sample_rate} Hz; ask for more"
        )
    n_channels = max(hit.samples.shape[0] for hit in kit.hits)
    out = np.zeros((n_channels, n_samples), np.float64)
    chosen = choose_hits(hits, classify(hits), kit)
    usual_db = usual_level_db(hits)
    for hit, number in zip(hits, chosen, strict=True):
        level_db = kit.level_db + hit.level_db - usual_db
        add_hit(out, kit.hits[number], level_db, hit.start_s, sample_rate)
    return Played(Audio(out.astype(np.float32), sample_rate), tuple(chosen))


class Struck(Protocol):
    """A hit as far as it counts for what plays it; see `hits.HitZone`."""

    @property
    def level_db(self) -> float:
        """Level while it is loudest, in dB."""
        ...

    @property
    def brightness(self) -> float:
        """Mean of log2 of its frequencies in Hz."""
        ...

    @property
    def decay_s(self) -> float:
        """Time in which it falls by 20 dB, in seconds."""
        ...


def choose_hits(hits: Sequence[Struck], own: NDArray[np.int64], kit: Kit) -> list[int]:
    """Number of the kit's hit that plays each hit of the content, as `play_hits` says.

    Args:
        hits: hits of the content.
        own: number of the class of each, from 0, as from `classify`.
        kit: kit that plays them.
    """
    partner = _partners(hits, own, kit)
    usual_db = usual_level_db(hits)
    chosen: list[int] = []
    last: dict[int, int] = {}
    for hit, name in zip(hits, own.tolist(), strict=True):
        level_db = kit.level_db + hit.level_db - usual_db
        number = _choose(kit, partner[name], level_db, last.get(name, -1))
        last[name] = number
        chosen.append(number)
    return chosen


def _partners(hits: Sequence[Struck], own: NDArray, kit: Kit) -> dict[int, int]:
    """The kit's class for each class of the content."""
    if not hits:
        return {}
    ours = _places(hits, own)
    theirs = _places(kit.hits, np.array(kit.classes))
    distance = np.abs(ours[:, None] - theirs[None]).sum(-1)
    rows, columns = scipy.optimize.linear_sum_assignment(distance)
    partner = {row: int(distance[row].argmin()) for row in range(len(ours))}
    return partner | dict(zip(rows.tolist(), columns.tolist(), strict=True))


def _places(hits: Sequence[Struck], classes: NDArray) -> NDArray[np.float64]:
    """Brightness and decay of each class, in octaves about the mean of the hits."""
    of_hits = np.array([[hit.brightness, np.log2(hit.decay_s)] for hit in hits])
    of_hits -= of_hits.mean(0)
    return np.stack([of_hits[classes == name].mean(0) for name in range(classes.max() + 1)])


def _choose(kit: Kit, name: int, level_db: float, last: int) -> int:
    members = [number for number, each in enumerate(kit.classes) if each == name]

    def cost(number: int) -> float:
        away = abs(kit.hits[number].level_db - level_db) / _LEVEL_DB
        return away + _SAME_AGAIN * (number == last)

    return min(members, key=cost)


def add_hit(out: NDArray, hit: HitZone, level_db: float, start_s: float, rate: int) -> None:
    """Add a hit whose onset is at a time, to a fraction of a sample.

    Args:
        out: sound that it is added to. **Shape** ``(channels, time)``.
        hit: hit of a kit.
        level_db: level at which it is played.
        start_s: time of its onset after the first sample of the sound, in seconds.
        rate: sample rate of the sound, in Hz.
    """
    step = hit.sample_rate / rate
    first = int(np.floor((start_s - hit.onset / hit.sample_rate) * rate)) + 1
    count = int(hit.samples.shape[1] / step)
    numbers = np.arange(max(first, 0), min(first + count, out.shape[1]))
    if not len(numbers):
        return
    places = hit.onset + (numbers / rate - start_s) * hit.sample_rate
    gain = 10.0 ** ((level_db - hit.level_db) / 20.0)
    out[:, numbers[0] : numbers[-1] + 1] += gain * read_at(hit.samples, places, stride=step)
