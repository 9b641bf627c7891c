"""Test sets of a second or less, and rows that take no time, for tests of the scoreboard."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from estilo.audio import Audio
from estilo.errors import InputError
from estilo.evaluation.entries import Entry
from estilo.evaluation.makers import Copy, Maker, TransferMaker
from estilo.evaluation.sets import Item, TestSet

RATE = 16_000


def tones(seed: int, *, n_partials: int, seconds: float = 1.0) -> np.ndarray:
    """A few notes whose timbre is their number of partials."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(seconds * RATE)) / RATE
    out = 1e-3 * rng.standard_normal(len(time_s))
    for start_s in np.arange(0.0, seconds, 0.25):
        pitch_hz = 220.0 * 2.0 ** (rng.integers(0, 13) / 12)
        after = np.maximum(time_s - start_s, 0.0)
        envelope = np.exp(-6.0 * after) * (time_s >= start_s)
        for partial in range(1, n_partials + 1):
            out += 0.1 / partial * envelope * np.sin(2 * np.pi * partial * pitch_hz * after)
    return out


class TinyPairs(TestSet):
    """Pairs with a target, in two groups; the item called "bad" cannot be made."""

    def __init__(self, names: tuple[str, ...] = ("a-0", "b-1", "a-2", "b-3")) -> None:
        self._names = names

    def names(self, n: int | None = None) -> list[str]:
        return list(self._names[:n])

    def load(self, name: str) -> Item:
        if name == "bad":
            raise InputError("there is no such recording; make one")
        group, _, seed = name.partition("-")
        sounds = [
            Audio(tones(int(seed) + other, n_partials=n), RATE)
            for other, n in ((0, 2), (100, 8), (0, 8))
        ]
        return Item(name, group, content=sounds[0], style=sounds[1], target=sounds[2])


class TinyTextures(TestSet):
    """Halves of noise."""

    def names(self, n: int | None = None) -> list[str]:
        return ["hiss", "hum"][:n]

    def load(self, name: str) -> Item:
        rng = np.random.default_rng(len(name))
        halves = 0.1 * rng.standard_normal((2, RATE))
        return Item(name, "noise", None, Audio(halves[0], RATE), Audio(halves[1], RATE))


@dataclass(frozen=True)
class Slow(Maker):
    """The style after a while; says in a file that it was made, and by which process."""

    seconds: float
    said: str = ""

    def recipe(self) -> dict[str, Any]:
        return {"slow": "style"}

    def warm(self) -> None:
        pass

    def make(self, item: Item) -> Audio:
        time.sleep(self.seconds)
        if self.said:
            with Path(self.said).open("a") as file:
                file.write(f"{item.name} {os.getpid()}\n")
        return item.style


@dataclass(frozen=True)
class Dying(Maker):
    """Takes its process with it."""

    def recipe(self) -> dict[str, Any]:
        return {"dying": True}

    def warm(self) -> None:
        pass

    def make(self, item: Item) -> Audio:
        os._exit(9)


QUICK = (
    Entry("target", "target", Copy("target"), is_control=True),
    Entry("content copied", "content", TransferMaker({"engine": "content"}), is_control=True),
    Entry("mix 0.5", "mix", TransferMaker({"engine": "crossfade", "strength": 0.5}), 0.5),
    Entry("mix 1", "mix", TransferMaker({"engine": "crossfade", "strength": 1.0}), 1.0),
)
"""Rows that take a moment."""
