"""Triplets of which the style is no other instrument but what a sound was sent through.

Content: notes *m* on an instrument; style: notes *m'* on the same one, through a chain of effects
(`estilo.synthesis.effects`); target: *m* through that chain. The instruments are those of
`recorded-dev`, so that anything may be tuned on it.
"""

from collections import Counter

import numpy as np

from estilo.audio import Audio
from estilo.errors import InputError, SettingsError
from estilo.evaluation.cache import cached
from estilo.evaluation.sets.base import Item, TestSet
from estilo.evaluation.sets.recorded import (
    DURATION_S,
    FEWEST_COMMON,
    SAMPLE_RATE_HZ,
    TAIL_S,
    Half,
    levelled,
    longest_row,
)
from estilo.synthesis.effects import KINDS, Chain, process, random_chain
from estilo.synthesis.notes import Note, random_phrase

N_DEFAULT = 40
_LARGEST = 2000
_SEED = 19
_VERSION = 1  # of phrases and chains: another one is another set


class Processing(TestSet):
    """Triplets of one recorded instrument without and with a chain of effects."""

    def names(self, n: int | None = None) -> list[str]:
        """Kinds of chains in turn, each item named after its own and its instrument; 40 by default.

        Args:
            n: number of items.
        """
        n = N_DEFAULT if n is None else n
        if not 1 <= n <= _LARGEST:
            raise SettingsError(f"the processing set holds 1 to {_LARGEST} triplets, got {n}")
        kinds = list(KINDS)
        players = list(self._rows())
        order = np.random.default_rng(_SEED).permutation(len(players))
        times: Counter[tuple[str, str]] = Counter()
        names = []
        for index in range(n):
            kind = kinds[index % len(kinds)]
            player = min(
                (players[place] for place in order),
                key=lambda each: (times[kind, each], times["", each]),
            )
            times.update([(kind, player), ("", player)])
            names.append(f"{kind}-{index:04d}-{player}")
        return names

    def alike(self, name: str) -> str:
        """The instrument.

        Args:
            name: name of the item.
        """
        return name.split("-", 2)[2]

    def chain(self, name: str) -> Chain:
        """The effects that style and target of an item were sent through.

        Args:
            name: name of the item.
        """
        kind, index, _ = name.split("-", 2)
        return random_chain(np.random.default_rng([_SEED, int(index), 1]), kind)

    def phrases(self, name: str) -> tuple[tuple[Note, ...], tuple[Note, ...]]:
        """The notes of content and target, and those of the style.

        Args:
            name: name of the item.
        """
        _, index, player = name.split("-", 2)
        row = self._rows()[player]
        rng = np.random.default_rng([_SEED, int(index), 0])
        played, other = (
            random_phrase(
                rng,
                duration_s=DURATION_S - TAIL_S,
                is_polyphonic=bool(int(index) // len(KINDS) % 2),
                low=row[0],
                high=row[-1],
            )
            for _ in range(2)
        )
        return played, other

    def load(self, name: str) -> Item:
        """One triplet, from the cache once it was played.

        Args:
            name: name of the item.
        """
        kind, _, player = name.split("-", 2)
        half = self._half()
        place = f"processing-v{_VERSION}/{name}"
        dry = [
            half.play(f"{place}-{role}", phrase, player)
            for role, phrase in zip(("content", "dry-style"), self.phrases(name), strict=True)
        ]

        def processed(audio: Audio, role: str) -> Audio:
            def make() -> Audio:
                samples = process(audio.samples[0], self.chain(name), SAMPLE_RATE_HZ)
                return levelled(samples[None])

            return cached(f"{half.kept_in}/{place}-{role}", make)

        content, style = dry
        return Item(
            name=name,
            group=kind,
            content=content,
            style=processed(style, "style"),
            target=processed(content, "target"),
        )

    def _half(self) -> Half:
        return Half.read("train", fewest=1)

    def _rows(self) -> dict[str, list[int]]:
        """Semitones in a row of each instrument that has enough of them."""
        half = self._half()
        rows = {name: longest_row(pitches) for name, pitches in half.pitches().items()}
        enough = {name: row for name, row in rows.items() if len(row) >= FEWEST_COMMON}
        if not enough:
            raise InputError(
                f"no instrument of {half.folder} has {FEWEST_COMMON} semitones in a row; name "
                "another folder in the environment variable ESTILO_INSTRUMENTS"
            )
        return enough
