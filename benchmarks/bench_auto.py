"""The engine `auto` against `optimise` on real pairs that served no choice.

The real set has 132 pairs in a fixed order. The first 18 are the scoreboard's; of the others some
are taken here, evenly spread.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch

from chosen import AUTO, SCORES, Result, results
from common import left_out_where_missing, write_table
from estilo.analysis.sound import Sound
from estilo.evaluation.bootstrap import Interval, mean_interval
from estilo.evaluation.makers import Copy, Maker, TransferMaker
from estilo.evaluation.measuring import references_of
from estilo.evaluation.sets import TEST_SETS
from estilo.evaluation.sets.base import TestSet
from estilo.evaluation.sets.real import RealPairs
from estilo.metrics.scores import measured

N_BOARD, N_PAIRS = 18, 20
OTHER = "optimise"
TRIPLETS, N_TRIPLETS = ("recorded-dev", "synthetic"), 14
TARGET_SCORES = {
    "onset_f1": "onset F1",
    "pitch": "pitch lost",
    "timbre_mfcc": "timbre (MFCC)",
    "timbre_judge": "timbre (judge)",
}


def held_out(n: int) -> list[str]:
    """Names of pairs beyond the scoreboard's, evenly spread.

    Args:
        n: how many.
    """
    rest = RealPairs().names()[N_BOARD:]
    return [rest[place] for place in np.linspace(0, len(rest) - 1, N_PAIRS).round().astype(int)][:n]


def recordings(name: str) -> str:
    """The two recordings of a pair, whichever is the content.

    Args:
        name: of the pair.

    Example:
        >>> recordings("b--a") == recordings("a--b")
        True
    """
    return "--".join(sorted(name.split("--")))


def differences(pairs: Sequence[Sequence[Result]]) -> list[tuple[str, str]]:
    """Mean of `AUTO` less that of `OTHER`, with intervals that draw two recordings together.

    Args:
        pairs: results of both, pair by pair.
    """
    alike = [recordings(pair[0].name) for pair in pairs]
    rows = []
    for score, label in SCORES.items():
        values = [pair[1].scores[score] - pair[0].scores[score] for pair in pairs]
        rows.append((label, _words(mean_interval(values, alike=alike))))
    return rows


def counts(pairs: Sequence[Sequence[Result]]) -> list[tuple[str, str]]:
    """On how many pairs `AUTO` is better.

    Args:
        pairs: results of both, pair by pair.
    """

    def closer(score: str) -> Callable[[Sequence[Result]], bool]:
        return lambda pair: pair[1].scores[score] < pair[0].scores[score]

    judge, mfcc = closer("timbre_judge"), closer("timbre_mfcc")
    return [
        ("closer to the style by the judge", _of(pairs, judge)),
        ("closer to the style by MFCC", _of(pairs, mfcc)),
        ("closer by both", _of(pairs, lambda pair: judge(pair) and mfcc(pair))),
        (
            "onset F1 no lower",
            _of(pairs, lambda pair: pair[1].scores["onset_f1"] >= pair[0].scores["onset_f1"]),
        ),
    ]


def targets_scored(n: int) -> list[tuple[str, ...]]:
    """What targets score, measured as real pairs are: a row per set and kind.

    Args:
        n: items of each set.
    """
    rows: list[tuple[str, ...]] = []
    for name in TRIPLETS:
        with left_out_where_missing(f"targets of {name}"):
            rows += _rows_of_triplets(name, TEST_SETS[name](), n)
    return rows


def main() -> None:
    """Render, measure, and write the table."""
    parser = argparse.ArgumentParser(prog="python benchmarks auto", description=__doc__)
    parser.add_argument("--pairs", type=int, default=N_PAIRS, help="Number of pairs.")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    found = list(results(RealPairs(), held_out(asked.pairs), (OTHER, AUTO)))
    leaving = [pair for pair in found if pair[1].chosen != OTHER]
    rows = [(each.name, each.chosen, *each.cells()) for pair in found for each in pair]
    head = (
        f"{len(found)} pairs of the real set beyond its first {N_BOARD}, evenly spread, both "
        f"engines at their defaults. `{AUTO}` leaves `{OTHER}` on {len(leaving)}. Over all pairs, "
        f"`{AUTO}` less `{OTHER}`, with 95 % intervals that draw both orders of two recordings "
        "together:"
    )
    sections: list = [(head, ("score", "difference"), differences(found))]
    if leaving:
        sections += [
            ("Where it leaves:", ("score", "difference"), differences(leaving)),
            (f"`{AUTO}` is there", ("", "pairs"), counts(leaving)),
        ]
    truth = targets_scored(N_TRIPLETS)
    if truth:
        about = (
            "What a target scores: triplets whose target is known, measured as if it were "
            "not, so that notes are held against the content and timbre against the style. Played "
            "by the style's own instrument, notes begin as that instrument begins them, and last "
            "as long as it rings: an engine that loses less than the target does has not played it."
        )
        sections.append((about, ("set", "output", *TARGET_SCORES.values()), truth))
    columns = ("content--style", "ran", *SCORES.values())
    sections.append(("Pair by pair; two equal rows where it stays:", columns, rows))
    write_table("auto", "The engine that is chosen by what is heard", sections)


def _rows_of_triplets(name: str, test_set: TestSet, n: int) -> Iterator[tuple[str, ...]]:
    makers: dict[str, Maker] = {
        "target": Copy("target"),
        **{engine: TransferMaker({"engine": engine}) for engine in (OTHER, "notes")},
    }
    found: dict[str, list[list[float]]] = {label: [] for label in makers}
    for each in test_set.names()[:n]:
        item = test_set.load(each)
        unknown = references_of(replace(item, target=None))
        for label, maker in makers.items():
            values = measured(Sound.of(maker.make(item)), unknown, names=TARGET_SCORES).values
            found[label].append([values.get(score, np.nan) for score in TARGET_SCORES])
    for label, scores in found.items():
        yield (name, label, *(f"{mean:.2f}" for mean in np.nanmean(scores, axis=0)))


def _of(pairs: Sequence[Sequence[Result]], is_it: Callable[[Sequence[Result]], bool]) -> str:
    return f"{sum(map(is_it, pairs))} of {len(pairs)}"


def _words(interval: Interval) -> str:
    return f"{interval.value:+.3f} [{interval.low:+.3f}, {interval.high:+.3f}] (n = {interval.n})"


if __name__ == "__main__":
    main()
