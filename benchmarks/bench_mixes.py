"""Whole mixes as content and as style: what engines make of many instruments at once."""

import argparse
from collections.abc import Sequence

import numpy as np
import torch

from chosen import AUTO, SCORES, Result, results
from common import write_table
from estilo.audio import Audio
from estilo.errors import InputError
from estilo.evaluation.sets.base import Item, TestSet
from estilo.io import load
from material import SEED, audio_folder, made_songs

EXCERPT_S = 10.0
ENGINES = ("optimise", "notes", AUTO)
SONGS = ("song 1", "song 2")
"""Pieces that the project makes: drums, bass, chords and a melody."""

PAIRS = (
    ("jazz-vibraphone.ogg", "strings-brahms.ogg"),
    ("strings-brahms.ogg", "jazz-vibraphone.ogg"),
    ("jazz-vibraphone.ogg", "piano.wav"),
    ("strings-brahms.ogg", "trumpet-loop.ogg"),
    ("cello-phrase.wav", "jazz-vibraphone.ogg"),
    ("singing-female.wav", "strings-brahms.ogg"),
    ("song 1", "song 2"),
    ("song 1", "jazz-vibraphone.ogg"),
    ("jazz-vibraphone.ogg", "song 2"),
    ("song 2", "sax-phrase.wav"),
)
"""Content and style, of which one at least is a whole mix; chosen before the first measurement."""


class Mixes(TestSet):
    """Ten seconds from the middle of each recording, mono."""

    def names(self, n: int | None = None) -> list[str]:
        """Pairs in the order of `PAIRS`.

        Args:
            n: how many; all by default.
        """
        if audio_folder() is None:
            raise InputError("there are no recordings; name their folder in ESTILO_AUDIO")
        return [" → ".join(pair) for pair in PAIRS[:n]]

    def load(self, name: str) -> Item:
        """One pair; there is no target.

        Args:
            name: one of `names`.
        """
        content, style = (excerpt(each) for each in name.split(" → "))
        return Item(name, "mixes", content, style, None)


def excerpt(name: str) -> Audio:
    """The middle of a recording, or of a piece that the project makes.

    Args:
        name: of a file, or one of `SONGS`.
    """
    folder = audio_folder()
    if name in SONGS:
        whole = [audio for _, audio in made_songs(len(SONGS), seed=SEED)][SONGS.index(name)]
    else:
        assert folder is not None
        whole = load(folder / name)
    size = round(EXCERPT_S * whole.sample_rate)
    start = max(whole.n_samples - size, 0) // 2
    samples = whole.samples[:, start : start + size].mean(0, keepdims=True)
    return Audio(samples, whole.sample_rate)


def means(found: Sequence[Sequence[Result]]) -> list[tuple[object, ...]]:
    """Means over all pairs, a row for each engine.

    Args:
        found: results of each pair.
    """
    rows: list[tuple[object, ...]] = []
    for place, engine in enumerate(ENGINES):
        scores = [[pair[place].scores[each] for each in SCORES] for pair in found]
        rows.append((engine, *(f"{each:.2f}" for each in np.nanmean(scores, axis=0))))
    return rows


def main() -> None:
    """Render, measure, and write the table."""
    parser = argparse.ArgumentParser(prog="python benchmarks mixes", description=__doc__)
    parser.add_argument("--pairs", type=int, default=len(PAIRS), help="Number of pairs.")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    mixes = Mixes()
    found = list(results(mixes, mixes.names(asked.pairs), ENGINES))
    rows = [(each.name, each.engine, each.chosen, *each.cells()) for pair in found for each in pair]
    head = (
        f"{EXCERPT_S:g} s from the middle of each recording (all of shorter ones), mono; every "
        "engine at its defaults. Songs are pieces of the project's own synthesiser: drums, bass, "
        "chords and a melody. *Pitch lost*: 1 − Jaccard against the content's notes; *timbre*: "
        "distances to the style, by MFCC and by the judge. Means over all pairs:"
    )
    write_table(
        "mixes",
        "Whole mixes",
        [
            (head, ("engine", *SCORES.values()), means(found)),
            ("Pair by pair:", ("content → style", "engine", "ran", *SCORES.values()), rows),
        ],
    )


if __name__ == "__main__":
    main()
