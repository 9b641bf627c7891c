"""Which outputs have which faults, what is kept of the content, and known faults at five strengths.

On pairs of recordings and triplets: crossfades are two sounds, engines and targets are not. The
thresholds of the detectors were set on the first pairs of each set, which are left out.
"""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean

import numpy as np

from common import Section, left_out_where_missing, processor_s, write_table
from estilo.analysis.flicker import slope_changes
from estilo.analysis.multipitch import multipitch
from estilo.analysis.onsets import onset_times
from estilo.analysis.sound import Sound
from estilo.audio import Audio
from estilo.datasets.instruments.library import by_instrument, read_library, recorded_folder
from estilo.datasets.instruments.playing import SampledInstrument
from estilo.evaluation.entries import pair_entries
from estilo.evaluation.fault_makers import KNOWN_FAULTS
from estilo.evaluation.fault_phrases import patch_phrase, recorded_phrase
from estilo.evaluation.known_faults import COUPLED, LARGEST_SHARE, Moved, Played, moved
from estilo.evaluation.makers import TransferMaker
from estilo.evaluation.sets import TEST_SETS, Item, TestSet
from estilo.metrics import METRICS
from estilo.metrics.faults import KINDS, faults
from estilo.metrics.scores import References, measured, nothing_is_fine
from estilo.synthesis.patches import FAMILIES

SEED = 20_261_202
RATE_HZ = 44_100
SETS = {"real": (60, 1.0), "synthetic": (38, 0.5), "recorded-dev": (22, 0.5)}
"""Number of pairs that thresholds were set on, and share of the pairs that are looked at."""
ENGINES = ("optimise", "sines", "mosaic", "neural")
CLEAR = 0.25
"""Severity from which a fault is more than slight."""
SHIFTED = "crossfade 0.5, style from elsewhere"
CONTENT = (
    *("harmony_kept", "notes_kept", "note_levels_db", "onsets_kept", "pauses_db"),
    "loudness_correlation",
)
NEW = (
    "harmony_kept",
    "notes_kept",
    "onsets_kept",
    "note_levels_db",
    "pauses_db",
    "words_kept",
    "image_db",
)


@dataclass
class Row:
    """What was found in the outputs of one maker.

    Args:
        name: name of the row.
        severities: severest fault of every kind of every output.
        values: content scores of every output.
    """

    name: str
    severities: list[dict[str, float]] = field(default_factory=list)
    values: list[dict[str, float]] = field(default_factory=list)

    def add(self, output: Audio, item: Item) -> None:
        """Judge an output of an item."""
        assert item.content is not None
        content, style = Sound.of(item.content), Sound.of(item.style)
        against = References(content, style, style)
        found = measured(Sound.of(output), against, names=[*CONTENT, "words_kept", "image_db"])
        self.values.append(found.values)
        worst: dict[str, float] = {}
        for fault in found.faults:
            worst[fault.kind] = max(worst.get(fault.kind, 0.0), fault.severity)
        self.severities.append(worst)

    def share(self, kind: str, *, least: float) -> float:
        """Share of the outputs with a fault of this kind, and of this severity at least."""
        return fmean(each.get(kind, 0.0) >= least for each in self.severities)

    def mean(self, name: str) -> float:
        """Mean over the outputs that have a score."""
        known = [each[name] for each in self.values if name in each]
        return fmean(known) if known else float("nan")


def outputs(item: Item, *, has_engines: bool) -> Iterator[tuple[str, Audio]]:
    """Names of rows and their outputs for an item."""
    engines = ENGINES if has_engines else ()
    entries = pair_entries(engines, strengths=(1.0,), has_target=item.target is not None)
    for entry in entries:
        is_cheap = entry.is_control and entry.series != "musaicing"
        if entry.series != "lebedev-ulyanov" and (is_cheap or has_engines):
            yield entry.name, entry.maker.make(item)
    shift = item.style.n_samples // 2
    elsewhere = Audio(np.roll(item.style.samples, shift, axis=1), item.style.sample_rate)
    crossfade = TransferMaker({"engine": "crossfade", "strength": 0.5})
    yield SHIFTED, crossfade.make(replace(item, style=elsewhere))


def judged(test_set: TestSet, names: Sequence[str], *, n_engines: int) -> list[Row]:
    """A row for every maker; engines work on the first items only."""
    rows: dict[str, Row] = {}
    for number, name in enumerate(names):
        item = test_set.load(name)
        for row, output in outputs(item, has_engines=number < n_engines):
            rows.setdefault(row, Row(row)).add(output, item)
        print(f"judged {name}", flush=True)
    return list(rows.values())


def per_cent(share: float) -> str:
    return f"{100.0 * share:.0f} %"


def table_of_kinds(title: str, rows: Sequence[Row]) -> Section:
    text = (
        f"## {title}\n\nOutputs with a fault of each kind that is more than slight (severity "
        f"{CLEAR:g} or more); *doubled* also at any severity."
    )
    columns = ["output", "n", "doubled, any", *KINDS]
    cells = [
        [
            row.name,
            len(row.severities),
            per_cent(row.share("doubled", least=0.1)),
            *(per_cent(row.share(kind, least=CLEAR)) for kind in KINDS),
        ]
        for row in rows
    ]
    return text, columns, cells


def table_of_content(rows: Sequence[Row]) -> Section:
    names = ["content_kept", *CONTENT, "words_kept"]
    cells = [[row.name, *(f"{row.mean(name):.2f}" for name in names)] for row in rows]
    return "Content kept, means (words: of voices only).", ["output", *names], cells


def table_of_strengths(title: str, found: Sequence[Moved]) -> Section:
    text = (
        f"{title} Own score at each strength (severity, or share of what lies between identical "
        f"and unrelated recordings). *Others*: the largest share of the own score by which a score "
        f"moves that is not coupled; it should be {LARGEST_SHARE:g} at most."
    )
    cells = []
    for each in found:
        fault = each.fault
        free = {name: x for name, x in each.shares.items() if (fault.name, name) not in COUPLED}
        worst = max(free, key=lambda name: free[name])
        cells.append(
            [
                fault.name,
                fault.unit,
                " / ".join(f"{strength:g}" for strength in fault.strengths),
                " / ".join(f"{score:.2f}" for score in each.own),
                "yes" if each.is_monotonic else "**no**",
                f"{free[worst]:.2f}" + (f" ({worst})" if free[worst] > 0.0 else ""),
            ]
        )
    return text, ["fault", "unit", "strengths", "own score", "monotonic", "others"], cells


def table_of_coupled(found: Iterable[Moved]) -> Section:
    shares = {(each.fault.name, name): x for each in found for name, x in each.shares.items()}
    cells = [[*pair, reason, f"{shares[pair]:.2f}"] for pair, reason in COUPLED.items()]
    return (
        "Pairs that are physically coupled, of the first kind of phrases.",
        ["fault", "score", "why", "share"],
        cells,
    )


def recorded_phrases(n: int) -> Iterator[Played]:
    """Phrases of recorded instruments that anything may be tuned on, each with the next one's."""
    folder = recorded_folder()
    instruments = sorted(by_instrument(read_library(folder, split="train")).values(), key=len)[-n:]
    played = [SampledInstrument(folder, notes, sample_rate=RATE_HZ) for notes in instruments]
    for number, instrument in enumerate(played):
        rng = np.random.default_rng([SEED, number])
        yield recorded_phrase(instrument, played[number - 1], rng=rng)


def cost() -> str:
    """Processor time of all that is new, content and style included, of 10 s in one channel."""
    rng = np.random.default_rng(SEED)
    phrase = patch_phrase("additive", 0)
    clips = [
        np.resize(each, 10 * RATE_HZ) + 1e-4 * rng.standard_normal(10 * RATE_HZ)
        for each in (phrase.mixed, phrase.mixed + 0.3 * phrase.style, phrase.style)
    ]

    def prepared() -> list[Sound]:
        sounds = [Sound(each, RATE_HZ) for each in clips]
        for sound in sounds:  # what the scores needed before
            for analysis in (onset_times, slope_changes, multipitch):
                sound.once(analysis)
        return sounds

    def all_of_it() -> None:
        content, output, style = prepared()
        faults(output, content, style)
        with nothing_is_fine():
            for name in NEW:
                METRICS[name].measure(output, content)

    spent_s = processor_s(all_of_it, n_times=9) - processor_s(prepared, n_times=9)
    return (
        f"Faults and the new content scores of 10 s in one channel take {1000 * spent_s:.0f} ms "
        "of one core, analyses of output, content and style included, besides what the scores "
        "needed before."
    )


def main() -> None:
    """See the head of this file."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument(
        "--pairs", type=int, default=44, help="real pairs; of triplets half as many"
    )
    parser.add_argument("--engine-pairs", type=int, default=12, help="pairs that engines work on")
    parser.add_argument("--phrases", type=int, default=2, help="phrases of each kind of instrument")
    options = parser.parse_args()
    sections: list[Section] = [(cost(), [], [])]
    for name, (n_set_on, share) in SETS.items():
        with left_out_where_missing(f"the set {name}"):
            test_set: TestSet = TEST_SETS[name]()
            names = test_set.names()[n_set_on : n_set_on + max(round(share * options.pairs), 1)]
            rows = judged(test_set, names, n_engines=options.engine_pairs)
            sections += [table_of_kinds(f"Test set {name}", rows), table_of_content(rows)]
    patches = moved(
        [patch_phrase(family, seed) for family in FAMILIES for seed in range(options.phrases)],
        KNOWN_FAULTS,
    )
    title = "## Known faults\n\nPhrases of the own synthesiser."
    sections.append(table_of_strengths(title, patches))
    with left_out_where_missing("phrases of recorded instruments"):
        recorded = moved(recorded_phrases(4 * options.phrases), KNOWN_FAULTS)
        sections.append(table_of_strengths("Phrases of recorded instruments.", recorded))
    sections.append(table_of_coupled(patches))
    write_table("faults", "Faults by kind, and content kept", sections)


if __name__ == "__main__":
    main()
