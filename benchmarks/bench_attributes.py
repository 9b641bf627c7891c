"""Twelve known manipulations at five strengths: each should move the score of its own attribute.

Phrases are played on the recorded instruments of the half that anything may be tuned on, and on
patches of the own synthesiser. With ``--spreads`` the spreads are measured by which changes are
divided: those in the code come from there.
"""

import argparse
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Literal

import numpy as np

from common import Section, left_out_where_missing, processor_s, write_table
from estilo.analysis.attributes.description import Attributes, attributes_of
from estilo.analysis.attributes.spectrum import spectral_distance_db
from estilo.analysis.sound import Sound
from estilo.datasets.instruments.library import by_instrument, read_library, recorded_folder
from estilo.datasets.instruments.playing import SampledInstrument
from estilo.evaluation.manipulations import Phrase
from estilo.evaluation.separation import (
    COUPLED,
    LARGEST_SHARE,
    NAMES,
    Moved,
    moved,
    played_by_patch,
    played_by_recordings,
)
from estilo.metrics.attributes import ATTRIBUTES, SPECTRUM

SEED = 20_261_201
RATE_HZ = 44_100
FAMILIES = ("additive", "fm", "subtractive", "plucked")
N_PATCHES, N_SPREAD_PATCHES, N_SPREAD_PHRASES = 2, 9, 3


def recorded(
    phrase: int, *, n_instruments: int | None = None, half: Literal["train", "test"] = "train"
) -> Iterator[tuple[str, Phrase]]:
    """Names of recorded instruments, and a phrase on each: the notes differ with the number."""
    folder = recorded_folder()
    instruments = by_instrument(read_library(folder, split=half))
    for place, (name, notes) in enumerate(sorted(instruments.items())[:n_instruments]):
        rng = np.random.default_rng([SEED, phrase, place])
        instrument = SampledInstrument(folder, notes, sample_rate=RATE_HZ)
        yield name, played_by_recordings(instrument, rng=rng, sample_rate=RATE_HZ)


def made(phrase: int, *, first: int, n_patches: int) -> Iterator[tuple[str, Phrase]]:
    """Names of patches of the own synthesiser, and a phrase on each."""
    for place, family in enumerate(FAMILIES):
        for seed in range(first, first + n_patches):
            rng = np.random.default_rng([SEED, phrase, place, seed])
            played = played_by_patch(family, SEED + seed, rng=rng, sample_rate=RATE_HZ)
            yield f"{family} {seed}", played


def table_of_changes(title: str, rows: Sequence[Moved]) -> Section:
    """Largest mean change of every attribute, in spreads; coupled ones in brackets."""
    text = (
        f"{title} Largest mean change over the strengths, in spreads between instruments; **own** "
        f"attribute bold; in brackets what is coupled; with a cross what moves by more than "
        f"{LARGEST_SHARE:g} of the own one. *Worst*: the largest share among the others."
    )
    cells = []
    for each in rows:
        row: list[object] = [each.manipulation.name]
        for name, change in zip(NAMES, each.mean.max(0), strict=True):
            cell = f"{change:.2f}"
            if name == each.manipulation.moves:
                cell = f"**{cell}**"
            elif (each.manipulation.name, name) in COUPLED:
                cell = f"({cell})"
            elif name in each.leaks:
                cell = f"{cell} ×"
            row.append(cell)
        free = [
            x for name, x in each.shares.items() if (each.manipulation.name, name) not in COUPLED
        ]
        cells.append([*row, f"{max(free):.2f}"])
    return text, ["manipulation", *NAMES, "worst"], cells


def table_of_strengths(title: str, rows: Sequence[Moved]) -> Section:
    """The own attribute at every strength, and how many phrases are monotonic by themselves."""
    cells = []
    for each in rows:
        own = np.abs(each.changes[:, :, NAMES.index(each.manipulation.moves)])
        own = own[~np.isnan(own).any(1)]
        alone = float((np.diff(own, axis=1) > 0.0).all(1).mean()) if len(own) else 0.0
        cells.append(
            [
                each.manipulation.name,
                each.manipulation.unit,
                " / ".join(f"{strength:g}" for strength in each.manipulation.strengths),
                " / ".join(f"{change:.2f}" for change in each.own),
                "yes" if each.is_monotonic else "**no**",
                f"{alone:.0%}".replace("%", " %"),
            ]
        )
    text = f"{title} Own attribute at each strength, in spreads; phrases that are monotonic alone."
    columns = ["manipulation", "unit", "strengths", "own", "monotonic", "phrases"]
    return text, columns, cells


def coupled() -> Section:
    """Pairs that were listed before anything was measured."""
    rows = [[*pair, reason] for pair, reason in COUPLED.items()]
    return "Coupled pairs.", ["manipulation", "attribute", "why"], rows


def spreads() -> Section:
    """Spread of every attribute within and between instruments."""
    played = [
        dict([*recorded(phrase), *made(phrase, first=1000, n_patches=N_SPREAD_PATCHES)])
        for phrase in range(N_SPREAD_PHRASES)
    ]
    heard = [{name: Sound.of(each.audio()) for name, each in phrases.items()} for phrases in played]
    within = [
        differences(one[name], other[name]) for one, other in combinations(heard, 2) for name in one
    ]
    between = [
        differences(phrases[one], phrases[other])
        for phrases in heard
        for one, other in combinations(phrases, 2)
    ]
    rows = []
    for name in NAMES:
        same, apart = (
            np.array([each[name] for each in pairs if name in each]) for pairs in (within, between)
        )
        if len(same):
            rows.append(
                [
                    name,
                    f"{np.quantile(np.abs(same), 0.5):.3g}",
                    f"{np.quantile(np.abs(same), 0.9):.3g}",
                    f"{np.sqrt(np.mean(np.square(apart)) / 2.0):.3g}",
                    f"{len(apart) / len(between):.0%}".replace("%", " %"),
                ]
            )
    text = (
        f"Spreads over {len(heard[0])} instruments, {N_SPREAD_PHRASES} phrases each, on the scale "
        "of each attribute. *Measured*: pairs of instruments of which both have it."
    )
    columns = ["attribute", "within, median", "within, 90 %", "between", "measured"]
    return text, columns, rows


def differences(one: Sound, other: Sound) -> dict[str, float]:
    """How far two sounds lie apart in every attribute, on its scale."""
    both: list[Attributes] = [attributes_of(each) for each in (one, other)]
    found = {SPECTRUM: spectral_distance_db(*(each.spectrum_db for each in both)) or 0.0}
    for name, attribute in ATTRIBUTES.items():
        first, second = attribute.places(both)
        if first is not None and second is not None:
            found[name] = second - first
    return found


def cost_ms(phrase: Phrase) -> float:
    """Processor time of all attributes of 10 s in one channel, in ms."""
    samples = np.resize(phrase.mixed(), 10 * RATE_HZ)
    return 1000.0 * processor_s(lambda: attributes_of(Sound(samples, RATE_HZ)), n_times=15)


def main() -> None:
    """See the head of this file."""
    parser = argparse.ArgumentParser(prog="python benchmarks attributes", description=__doc__)
    parser.add_argument("--instruments", type=int, help="recorded instruments; all if not given")
    parser.add_argument("--patches", type=int, default=N_PATCHES, help="patches of each family")
    parser.add_argument("--spreads", action="store_true", help="measure the spreads as well")
    arguments = parser.parse_args()
    sections: list[Section] = []
    own = dict(made(0, first=0, n_patches=arguments.patches))
    cost = cost_ms(next(iter(own.values())))
    groups = {f"Patches of the own synthesiser ({len(own)}).": own}
    with left_out_where_missing("recorded instruments"):
        real = dict(recorded(0, n_instruments=arguments.instruments))
        groups = {f"Recorded instruments ({len(real)}).": real} | groups
        fresh = dict(recorded(0, n_instruments=arguments.instruments, half="test"))
        groups[f"Recorded instruments on which no constant was chosen ({len(fresh)})."] = fresh
    for title, phrases in groups.items():
        rows = moved(phrases.values())
        sections += [table_of_changes(title, rows), table_of_strengths(title, rows)]
    sections.append(coupled())
    if arguments.spreads:
        with left_out_where_missing("spreads"):
            sections.append(spreads())
    sections.append((f"All attributes of 10 s in one channel take {cost:.0f} ms.", [], []))
    write_table("attributes", "Attributes apart", sections)


if __name__ == "__main__":
    main()
