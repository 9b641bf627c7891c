"""Every engine on some jobs that musicians have: scores and spectrograms for the guide."""

from typing import Any

import torch

from common import write_picture, write_table
from estilo.analysis.kinds import character
from estilo.analysis.sound import Sound
from estilo.audio import Audio
from estilo.evaluation.makers import TransferMaker
from estilo.evaluation.sets.real import RealPairs
from estilo.plots import plot_recordings, png
from exam import Exam, Values, make_parser

JOBS = {
    "cello-phrase--sax-phrase": "a melody on another instrument",
    "piano--strings-brahms": "chords on another instrument",
    "orchestra--rain": "an orchestra made of rain",
    "mridangam--jazz-vibraphone": "drums that ring",
    "speech-female--orchestra": "speech with the body of an orchestra",
    "trumpet-loop--speech-female": "a tune that speaks",
    "ocean--singing-female": "the sea with the breath of a singer",
}
ENGINES: dict[str, dict[str, Any]] = {
    "optimise .4": {"strength": 0.4},
    "optimise .75 (default)": {},
    "neural": {"engine": "neural"},
    "neural, refine .5": {"preset": "neural-refined"},
    "mosaic": {"engine": "mosaic"},
    "mosaic, refine .5": {"engine": "mosaic", "refine": 0.5},
    "sines": {"engine": "sines"},
    "eq": {"engine": "eq"},
}
DRAWN = ("optimise .75 (default)", "neural, refine .5", "mosaic", "sines")
COLUMNS = {
    "content_kept": "content kept",
    "style_taken": "style taken",
    "artifacts": "artifacts",
    "timbre_triplet": "timbre left (triplet)",
    "timbre_triplet_eq": "equalised",
    "pitch": "pitch lost",
    "onset_f1": "onsets kept",
}
PICTURES = "../choose"
"""Folder of the pictures, from the folder of the tables."""


def main() -> None:
    """Render, measure, draw, and write the table."""
    torch.set_num_threads(1)
    arguments = make_parser(__doc__ or "", folder="choose").parse_args()
    pairs = RealPairs()
    exam = Exam("real", pairs, list(JOBS), folder=arguments.folder, n_jobs=arguments.processes)
    copied = exam.copied()
    values = {name: exam.values(name, TransferMaker(each)) for name, each in ENGINES.items()}
    head = (
        "First 8 s of two recordings each, mono. *Timbre left*: distance to the style as a share "
        "of the content's, as is and after the output was equalised to the style; *pitch lost*: "
        "1 − Jaccard against the content's notes; *onsets kept*: F1 against the content's."
    )
    sections = [
        section(pairs, index, item, copied=copied, values=values) for index, item in enumerate(JOBS)
    ]
    write_table("choose", "Every engine on some jobs", [(head, (), ()), *sections])


def section(
    pairs: RealPairs, index: int, name: str, *, copied: Values, values: dict[str, Values]
) -> tuple:
    """One job: its table, and its picture in the text before."""
    item = pairs.load(name)
    assert item.content is not None
    rows = []
    for engine, scores in values.items():
        cells = []
        for column in COLUMNS:
            value = float(scores[column][index])
            if column.startswith("timbre"):
                value /= float(copied[column][index])
            cells.append(f"{value:.2f}")
        rows.append((engine, *cells))
    outputs = [(each, TransferMaker(ENGINES[each]).make(item)) for each in DRAWN]
    panels: list[tuple[str, Audio]] = [("content", item.content), ("style", item.style), *outputs]
    write_picture(f"{PICTURES}/{name}.png", png(plot_recordings(panels), dpi=80))
    kinds = [character(Sound.of(each)) for each in (item.content, item.style)]
    heard = " in the style of ".join(each.kind if each else "silent" for each in kinds)
    job = JOBS[name]
    text = (
        f"## {job[0].upper()}{job[1:]}\n\n{name.replace('--', ' → ')}: {heard}.\n\n"
        f"![{job}]({PICTURES}/{name}.png)"
    )
    return text, ("engine", *COLUMNS.values()), rows
