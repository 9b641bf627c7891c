"""What the recipe half-hour gives: trained from nothing, beside EQ match on the scoreboard's bank.

A report: nothing is chosen by these triplets.
"""

from pathlib import Path

import torch

from common import write_table
from estilo.evaluation.bootstrap import Interval
from estilo.evaluation.makers import TransferMaker
from estilo.evaluation.sets.synthetic import SyntheticTriplets
from estilo.training.recipe import read_recipe
from exam import Exam, Values, against, cell, make_parser, network_alone, number
from studies.training_runs import Run, changed

METRICS = {
    "lsd": "LSD",
    "timbre_mfcc": "timbre (MFCC)",
    "timbre_mfcc_eq": "equalised",
    "timbre_triplet": "timbre (triplet)",
    "timbre_triplet_eq": "equalised",
    "pitch": "pitch",
}
COMPARED = ("lsd", "timbre_mfcc", "timbre_triplet")
LIMIT_S = 1800.0
ALONE, SHIPPED, EQ = "network alone (level matching 0)", "engine's defaults", "EQ match"


def time_section(run: Run) -> tuple:
    """How long it took, and whether that is what the recipe promises."""
    excess_s = run.wall_s - LIMIT_S
    verdict = (
        f"**It needed {excess_s / 60.0:.1f} minutes more than half an hour.**"
        if excess_s > 0.0
        else "Within half an hour."
    )
    rows = [
        (
            run.recipe.n_steps,
            number(run.steps_s / run.recipe.n_steps, 2),
            number(run.steps_s / 60.0, 1),
            number(run.wall_s / 60.0, 1),
            number(run.score),
        )
    ]
    columns = ("steps", "s per step", "minutes of steps", "of the whole command", "score")
    text = (
        "## Training\n\nMinutes of steps are those of the log; the whole command also starts, "
        f"validates and writes. *Score*: on the validation set, after the last step. {verdict}"
    )
    return text, columns, rows


def scores_section(values: dict[str, Values], exam: Exam) -> tuple:
    """Every row as shares of the content copied."""
    copied, n = exam.copied(), len(exam.items)
    rows = [
        (row, *(cell(against(each, copied, name), n=n) for name in METRICS))
        for row, each in {"content copied": copied, **values}.items()
    ]
    text = (
        f"## Scores\n\n{n} triplets of TimGM6mb, the scoreboard's first. Lower is better; shares "
        "of the content copied, pitch as a difference from it, with 95 % bootstrap intervals."
    )
    return text, ("row", *METRICS.values()), rows


def verdict_section(values: dict[str, Values], exam: Exam) -> tuple:
    """Whether it beats EQ match, item by item."""
    rows = []
    for row in (ALONE, SHIPPED):
        for name in COMPARED:
            share = against(values[row], values[EQ], name)
            rows.append((row, METRICS[name], cell(share, n=len(exam.items)), _verdict(share)))
    text = (
        "## Against EQ match\n\nShare of EQ match's mean over the same triplets. It beats EQ match "
        "where the whole interval is below 1."
    )
    return text, ("row", "metric", "share of EQ match's", "beats it"), rows


def _verdict(share: Interval) -> str:
    if share.high < 1.0:
        return "**yes**"
    return "no" if share.value >= 1.0 else "not surely"


def main() -> None:
    """Train what is missing, measure, and write the table."""
    torch.set_num_threads(1)
    parser = make_parser(__doc__ or "", folder="half-hour")
    parser.add_argument("--recipe", default="half-hour", help="name or TOML file")
    parser.add_argument("--data", nargs="+", help="folders of the datasets; the recipe's otherwise")
    parser.add_argument("--triplets", type=int, default=30)
    arguments = parser.parse_args()
    recipe = read_recipe(arguments.recipe)
    if arguments.data:
        recipe = changed(recipe, {"data": arguments.data})
    run = Run(arguments.folder, recipe)
    run.complete(n_processes=arguments.processes)
    triplets = SyntheticTriplets()
    exam = Exam(
        "synthetic",
        triplets,
        triplets.names(arguments.triplets),
        folder=arguments.folder,
        n_jobs=arguments.processes,
    )
    weights = {"engine": "neural", "weights": str(run.best.resolve())}
    makers = {
        EQ: TransferMaker({"engine": "eq", "strength": 1.0}),
        ALONE: network_alone(run.best),
        SHIPPED: TransferMaker(weights),
    }
    values = {row: exam.values(row, maker) for row, maker in makers.items()}
    data = ", ".join(Path(each).name for each in recipe.data)
    head = (
        f"From nothing by the recipe {Path(arguments.recipe).stem}, {arguments.processes} "
        f"processes of one thread, data {data}; the weights that did best on the validation set, "
        "which is what the command gives. A report: nothing was chosen by it."
    )
    sections = [
        (head, (), ()),
        time_section(run),
        scores_section(values, exam),
        verdict_section(values, exam),
    ]
    write_table("half-hour", "Half an hour of training on two cores", sections)
