"""Real pairs: what the trained engine takes of a style, what it costs in pitch, and what could be.

The target is known for rendered triplets only. There it is measured as real pairs are, against the
style's own clip, which plays other notes: a perfect transfer of real recordings would not be
further from its style than that, nor much nearer.
"""

from dataclasses import dataclass, replace
from typing import Any

from common import write_picture, write_table
from estilo.audio import Audio
from estilo.evaluation.makers import Maker, TransferMaker
from estilo.evaluation.sets.base import Item, TestSet
from estilo.evaluation.sets.real import RealPairs
from estilo.evaluation.sets.synthetic import SyntheticTriplets
from estilo.plots import png
from estilo.plots.scatter import Panel, Point, plot_points
from exam import N_BOARD_PAIRS, Exam, Values, against, cell, make_parser

TIMBRES = {
    "timbre_mfcc": "timbre (MFCC)",
    "timbre_mfcc_eq": "timbre (MFCC), equalised",
    "timbre_triplet": "timbre (triplet)",
    "timbre_triplet_eq": "timbre (triplet), equalised",
}
FITS, REFINES, STRENGTHS = (0.0, 0.5, 1.0), (0.0, 0.5, 1.0), (0.5, 0.75, 1.0)
ADAPT_STEPS = 150
ASKED_RATIO, ASKED_PITCH = 0.30, 0.297
N_TRIPLETS = 40


class Blind(TestSet):
    """Rendered triplets whose target is kept back.

    Args:
        triplets: that they are.
    """

    def __init__(self, triplets: TestSet) -> None:
        self.triplets = triplets

    def names(self, n: int | None = None) -> list[str]:
        """See `TestSet.names`."""
        return self.triplets.names(n)

    def load(self, name: str) -> Item:
        """See `TestSet.load`."""
        return replace(self.triplets.load(name), target=None)


@dataclass(frozen=True)
class Target(Maker):
    """The target of a triplet, as an output.

    Args:
        triplets: where it is from.
    """

    triplets: TestSet

    def recipe(self) -> dict[str, Any]:
        """See `Maker.recipe`."""
        return {"copy": "target"}

    def warm(self) -> None:
        """Nothing to import."""

    def make(self, item: Item) -> Audio:
        """See `Maker.make`."""
        target = self.triplets.load(item.name).target
        assert target is not None
        return target


def makers() -> dict[str, list[tuple[str, TransferMaker]]]:
    """Rows by series, each in the order of its strength."""
    series = {
        "EQ match": [("EQ match", TransferMaker({"engine": "eq", "strength": 1.0}))],
        "optimise": [
            (f"optimise {each:g}", TransferMaker({"engine": "optimise", "strength": each}))
            for each in STRENGTHS
        ],
    }
    for refine in REFINES:
        name = f"neural, refine {refine:g}" if refine else "neural"
        options = {"engine": "neural", "refine": refine} if refine else {"engine": "neural"}
        series[name] = [
            (f"{name}, level matching {fit:g}", TransferMaker({**options, "level_matching": fit}))
            for fit in FITS
        ]
    name, options = (
        "neural, adapted",
        {"engine": "neural", "adapt": ADAPT_STEPS, "level_matching": 0.0},
    )
    series[name] = [
        (f"{name}, refine {refine:g}", TransferMaker({**options, "refine": refine}))
        if refine
        else (f"{name}, level matching 0", TransferMaker(options))
        for refine in (0.0, 0.5)
    ]
    return series


def row(name: str, values: Values, base: Values, n: int) -> tuple[str, ...]:
    """Ratios of timbre, difference of pitch."""
    return (name, *(cell(against(values, base, each), n=n) for each in (*TIMBRES, "pitch")))


def picture(
    points: dict[str, list[tuple[str, Values]]], base: Values, copied: Values, true: Values
) -> bytes:
    """Every timbre against pitch, with what was asked as a line."""
    panels = []
    for timbre, label in TIMBRES.items():
        found = [
            Point(
                name.rpartition(" ")[2] if len(rows) > 1 else name,
                series,
                float(values["pitch"].mean()),
                against(values, base, timbre).value,
                is_control=not series.startswith("neural"),
            )
            for series, rows in points.items()
            for name, values in rows
        ]
        answer = Point(
            "target, rendered",
            "target",
            float(true["pitch"].mean()),
            against(true, copied, timbre).value,
        )
        panels.append(
            Panel(
                [*found, answer],
                "pitch (1 − Jaccard), lower is better",
                f"{label}, ratio to the content copied",
                title=label,
                guide=(ASKED_PITCH, "asked"),
            )
        )
    return png(plot_points(panels, title="Real pairs: timbre against pitch"))


def main() -> None:
    parser = make_parser(str(__doc__), folder="front")
    parser.add_argument("--pairs", type=int, default=N_BOARD_PAIRS)
    parser.add_argument("--triplets", type=int, default=N_TRIPLETS)
    parser.add_argument("--series", nargs="+", choices=makers(), help="measure only these")
    options = parser.parse_args()
    same = {"folder": options.folder, "n_jobs": options.processes}
    pairs, triplets = RealPairs(), SyntheticTriplets()
    exam = Exam("real", pairs, pairs.names(options.pairs), **same)
    base = exam.copied()
    points = {
        series: [(name, exam.values(name, maker)) for name, maker in rows]
        for series, rows in makers().items()
        if options.series is None or series in options.series
    }
    blind = Exam("triplets, blind", Blind(triplets), triplets.names(options.triplets), **same)
    copied, true = blind.copied(), blind.values("target", Target(triplets))
    figure = picture(points, base, copied, true)
    write_picture("front.png", figure)
    columns = ("", *TIMBRES.values(), "pitch")
    write_table(
        "front",
        "Real pairs: the front",
        [
            (
                f"The first {options.pairs} of the real pairs (nothing of them in training): "
                "timbre as a ratio to the content copied, pitch (1 − Jaccard) against the content, "
                f"with 95 % intervals. *Adapted*: {ADAPT_STEPS} steps, then level matching 0. "
                "*Equalised*: after the output was equalised to the style's average spectrum. "
                f"Asked: each timbre at most {ASKED_RATIO:.2f} at a pitch of at most "
                f"{ASKED_PITCH:.3f}."
                "\n\n![Timbre against pitch](front.png)",
                columns,
                [
                    row(name, values, base, options.pairs)
                    for rows in points.values()
                    for name, values in rows
                ],
            ),
            (
                "## What the target itself scores\n\nTriplets of TimGM6mb, measured as if they "
                "were real pairs: the target against the style's clip, which plays other notes, as "
                "a ratio to the content copied. A transfer that is nearer to its style than this "
                "has taken more than the sound of the instrument.",
                columns,
                [row("target", true, copied, options.triplets)],
            ),
        ],
    )
