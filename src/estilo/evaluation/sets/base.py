"""What a test set is."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from estilo.audio import Audio
from estilo.evaluation.known import KnownNotes


@dataclass(frozen=True)
class Item:
    """One thing to do, with what the result is held against.

    Args:
        name: unique within its set.
        group: part of the set ("mono", "poly"), for separate means.
        content: None for textures.
        style: what the style is taken from.
        target: the ground truth (the content's notes with the style's sound); for textures other
            audio of the same texture; None where nobody knows it.
        known: notes and who plays them; None where nobody knows it.
    """

    name: str
    group: str
    content: Audio | None
    style: Audio
    target: Audio | None
    known: KnownNotes | None = None


class TestSet(ABC):
    """A fixed list of items; the same in every run and on every machine."""

    __test__ = False  # a name that pytest would collect

    looks: ClassVar[int | None] = None
    """How often it may be looked at, where it is reserved for judging: nothing is tuned on it."""

    @abstractmethod
    def names(self, n: int | None = None) -> list[str]:
        """Names of the first `n` items, or of all; a prefix of a fixed order.

        Raises:
            InputError: what the set is made from is missing.
            SettingsError: there are fewer than `n` items.
        """

    def alike(self, name: str) -> str:
        """Name of the group of items that are alike, which intervals have to draw together.

        Args:
            name: name of an item, which is a group of its own where nothing else is said.
        """
        return name

    @abstractmethod
    def load(self, name: str) -> Item:
        """One item; rendered and cached, or read.

        Raises:
            InputError: what it is made from is missing.
        """
