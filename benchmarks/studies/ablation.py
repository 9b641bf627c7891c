"""What each part of the network and of its training is worth.

Every variant is trained as long as the others, from nothing or from the weights that come with
estilo, and judged by its last weights. What was trained and measured before is taken as it is:
after a change of the code, name another folder.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from common import write_table
from estilo.engines.neural.weights import network_id, read_weights, shipped_path
from estilo.training.recipe import Recipe, read_recipe
from exam import (
    N_BOARD_PAIRS,
    TUNING_FONT,
    TUNING_SEED,
    Exam,
    Values,
    against,
    cell,
    make_parser,
    network_alone,
    number,
    tuning_pairs,
    tuning_triplets,
)
from studies.training_runs import Run, changed

FROM_NOTHING: dict[str, tuple[str, dict[str, Any]]] = {
    "base": ("as the recipe says", {}),
    "no-lstm": ("without LSTM", {"model.memory": False}),
    "no-cross-attention": ("without cross-attention", {"model.cross_attention": False}),
    "no-notes": ("without the loss of notes", {"loss.notes": 0.0}),
}
GOING_ON: dict[str, tuple[str, dict[str, Any]]] = {
    "more-base": ("as the recipe says", {}),
    "more-adversarial": ("with the adversarial stage", {"adversarial.from_step": 0}),
    "more-no-paired": ("without paired", {"batch.paired": 0.0}),
    "more-no-perturbed": ("without perturbed", {"batch.perturbed": 0.0}),
    "more-no-unpaired": ("without unpaired", {"batch.unpaired": 0.0}),
    "more-paired": ("paired alone", {"batch.perturbed": 0.0, "batch.unpaired": 0.0}),
}
TRIPLET_METRICS = {
    "lsd": "LSD",
    "timbre_mfcc": "timbre (MFCC)",
    "timbre_triplet": "timbre (triplet)",
    "pitch": "pitch",
}
PAIR_METRICS = {
    "timbre_mfcc": "timbre (MFCC)",
    "timbre_mfcc_eq": "equalised",
    "timbre_triplet": "timbre (triplet)",
    "timbre_triplet_eq": "equalised",
    "pitch": "pitch",
}
LOSSES = ("level", "notes")
BEFORE = "the weights begun from"

_HOW = """\
*Level*, *notes*: terms of the training loss, mean of the last 50 steps; shares of the batches
differ, so they compare only where the kinds of batch are the same. *Score*: of the last weights on
the recipe's validation set. *Minutes*: of the steps, with {n_processes} cores."""
_CELLS = """\
Lower is better; shares of the content copied, pitch as a difference from it, with 95 % bootstrap
intervals over the items. *Better* and *worse*: against the first row, item by item, where the
interval leaves out equality. One training each: how much another seed would change is in no
interval."""


def plan(arguments: argparse.Namespace) -> tuple[dict[str, Run], dict[str, Run]]:
    """Both groups of trainings."""
    recipe = read_recipe(arguments.recipe)
    common = {"optimiser.warmup": 50, "optimiser.decay_from": 0.5}

    def made(changes: Mapping[str, Any], n_steps: int, **own: Any) -> Recipe:
        length = {"n_steps": n_steps, "validate_every": n_steps}
        return changed(recipe, {**common, **length, **own, **changes})

    folder: Path = arguments.folder
    first = {
        name: Run(folder / name, made(changes, arguments.steps))
        for name, (_, changes) in FROM_NOTHING.items()
    }
    network, _ = read_weights(arguments.weights)
    model = network.generator.settings.model_dump(mode="json")
    # Other weights to begin with are another training.
    begun = network_id(network)[:8]
    second = {
        name: Run(
            folder / f"{name}-{begun}",
            made(changes, arguments.more_steps, model=model),
            arguments.weights,
        )
        for name, (_, changes) in GOING_ON.items()
    }
    return first, second


def judged(runs: Mapping[str, Run], exam: Exam) -> dict[str, Values]:
    """Values of the finished runs."""
    return {name: exam.values(name, network_alone(run.write_last())) for name, run in runs.items()}


def row_of(values: Values, base: Values | None, exam: Exam, metrics: Sequence[str]) -> list[str]:
    """Cells of the metrics, against the content copied and against the first row."""
    copied, cells = exam.copied(), []
    for name in metrics:
        text = cell(against(values, copied, name), n=len(exam.items))
        if base is not None and values is not base:
            compared = against(values, base, name)
            same = 0.0 if name == "pitch" else 1.0
            text += " worse" if compared.low > same else ""
            text += " **better**" if compared.high < same else ""
        cells.append(text)
    return cells


def trained_section(
    title: str,
    runs: Mapping[str, Run],
    names: Mapping[str, tuple[str, Any]],
    *,
    exam: Exam,
    weights: Path | None = None,
) -> tuple:
    """Losses, scores on the triplets, and what it took; the weights begun from in the last row."""
    values = judged(runs, exam)
    base = values.get(next(iter(names)))
    metrics = list(TRIPLET_METRICS)
    rows = [
        (
            names[name][0],
            *(number(run.loss(term)) for term in LOSSES),
            number(run.score),
            *row_of(values[name], base, exam, metrics),
            number(run.steps_s / 60.0, 1),
        )
        for name, run in runs.items()
    ]
    if weights is not None:
        blank = ("–",) * (len(LOSSES) + 1)
        before = exam.values("begun from", network_alone(weights))
        rows.append((BEFORE, *blank, *row_of(before, base, exam, metrics), "–"))
    columns = ("variant", *LOSSES, "score", *TRIPLET_METRICS.values(), "minutes")
    return f"{title}{_missing(runs, names)}", columns, rows


def heard_section(runs: Mapping[str, Run], *, exam: Exam, weights: Path) -> tuple:
    """Scores on real pairs alone."""
    values = judged(runs, exam)
    base = values.get(next(iter(GOING_ON)))
    metrics = list(PAIR_METRICS)
    before = exam.values("begun from", network_alone(weights))
    rows = [(GOING_ON[name][0], *row_of(values[name], base, exam, metrics)) for name in values]
    rows.append((BEFORE, *row_of(before, base, exam, metrics)))
    return "The same weights on real pairs:", ("variant", *PAIR_METRICS.values()), rows


def _missing(runs: Mapping[str, Run], names: Mapping[str, Any]) -> str:
    missing = [name for name in names if name not in runs]
    return f"\n\nNot trained yet: {', '.join(missing)}." if missing else ""


def write(arguments: argparse.Namespace, first: dict[str, Run], second: dict[str, Run]) -> None:
    """The tables, of all runs that are finished."""
    first, second = (
        {name: run for name, run in runs.items() if run.is_finished} for runs in (first, second)
    )
    where = {"folder": arguments.folder, "n_jobs": arguments.processes}
    triplets = tuning_triplets(arguments.triplets, **where)
    pairs = tuning_pairs(arguments.pairs, **where)
    head = (
        f"Recipe {Path(arguments.recipe).stem}, with 50 steps of warm-up and a rate that falls "
        "from the half on. The last averaged weights of each run, not the best: at equal budgets. "
        f"The network alone (level matching 0). Triplets: {len(triplets.items)} of {TUNING_FONT} "
        f"(seed {TUNING_SEED}), instruments that training may have heard and notes that it has "
        "not; "
        f"the soundfont of the scoreboard was not looked at. Real pairs: {len(pairs.items)} "
        f"that are not among the scoreboard's {N_BOARD_PAIRS}.\n\n{_CELLS}\n\n"
        f"{_HOW.format(n_processes=arguments.processes)}"
    )
    nothing = f"## From nothing, {arguments.steps} steps"
    more = f"## Going on from trained weights, {arguments.more_steps} steps"
    weights: Path = arguments.weights
    sections = [
        (head, (), ()),
        trained_section(nothing, first, FROM_NOTHING, exam=triplets),
        trained_section(more, second, GOING_ON, exam=triplets, weights=weights),
        heard_section(second, exam=pairs, weights=weights),
    ]
    write_table("ablation", "What each part is worth", sections)


def parsed() -> argparse.Namespace:
    """What was asked for."""
    names = [*FROM_NOTHING, *GOING_ON]
    parser = make_parser(__doc__ or "", folder="ablation")
    parser.add_argument("--recipe", default="base", help="name or TOML file; its data are used")
    parser.add_argument("--steps", type=int, default=400, help="of a training from nothing")
    parser.add_argument("--more-steps", type=int, default=300, help="of one that goes on")
    parser.add_argument("--weights", type=Path, default=shipped_path(), help="to go on from")
    parser.add_argument("--triplets", type=int, default=30)
    parser.add_argument("--pairs", type=int, default=18)
    parser.add_argument("--only", nargs="+", choices=names, default=names, help="train only these")
    return parser.parse_args()


def main() -> None:
    """Train what is missing, measure, and write the tables."""
    torch.set_num_threads(1)
    arguments = parsed()
    first, second = plan(arguments)
    for name, run in (first | second).items():
        if name in arguments.only:
            print("training", name, flush=True)
            run.complete(n_processes=arguments.processes)
    write(arguments, first, second)
