"""What a source of instruments offers."""

from collections.abc import Sequence
from typing import Protocol

from estilo.datasets.instruments.takes import Take


class Instrument(Protocol):
    """An instrument that plays its notes when it is asked to; it can be pickled."""

    @property
    def name(self) -> str:
        """Name, which no other instrument of any source has."""
        ...

    @property
    def source(self) -> str:
        """Library, soundfont or program that it comes from."""
        ...

    @property
    def licence(self) -> str:
        """Terms of use, as an SPDX identifier where there is one."""
        ...

    def play(self) -> Sequence[Take]:
        """All its notes, mono at 44.1 kHz, at levels that are those of one another.

        Raises:
            InputError: it cannot be played.
        """
        ...
