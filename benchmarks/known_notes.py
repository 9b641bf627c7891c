"""Recorded triplets whose notes are known."""

from dataclasses import dataclass

from estilo.evaluation.known import KnownNotes
from estilo.evaluation.sets.base import Item
from estilo.evaluation.sets.recorded import RecordedDev
from estilo.sampler.instrument import Instrument


@dataclass(frozen=True, eq=False)
class KnownTriplet:
    """A triplet, and who played which notes of it.

    Args:
        item: content, style and target.
        known: their notes and instruments.
        pair: names of both instruments.
    """

    item: Item
    known: KnownNotes
    pair: str

    @classmethod
    def of(cls, triplets: RecordedDev, name: str) -> "KnownTriplet":
        """A triplet of a set.

        Args:
            triplets: the set.
            name: name of the item.
        """
        item = triplets.load(name)
        assert item.known is not None
        return cls(item, item.known, triplets.alike(name))

    def clip_instrument(self) -> Instrument:
        """The instrument that the style clip gives."""
        return Instrument.of([self.item.style], [self.known.style_notes])
