"""The mosaic against the plain algorithm at equal cost, and what a refinement gives."""

import argparse
import math
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from common import Section, left_out_where_missing, write_table
from estilo.audio import Audio
from estilo.dsp.resample import resample
from estilo.dsp.stft import istft, stft
from estilo.engines.base import Task
from estilo.engines.mosaic.activations import divergence
from estilo.engines.mosaic.engine import OVERLAP, MosaicEngine, MosaicState
from estilo.engines.mosaic.index import GrainIndex
from estilo.engines.mosaic.settings import MosaicSettings
from estilo.evaluation.makers import Maker, TransferMaker
from estilo.evaluation.sets.base import Item
from estilo.evaluation.sets.synthetic import SyntheticTriplets
from exam import Exam, Values, against, cell, make_parser, tuning_triplets
from material import DURATION_S, MadeTriplets
from plain_musaicing import Restrictions, musaicing

RATE = 22_050
RACED = MosaicSettings(polyphony=10)
N_UPDATES = 10
METRICS = ("lsd", "timbre_mfcc", "timbre_triplet", "pitch", "copy_score")
HEADINGS = ("LSD", "timbre (MFCC)", "timbre (triplet)", "pitch", "copy score")
COMPARED = ("timbre_mfcc", "timbre_triplet", "pitch")
STRENGTHS = (0.25, 0.5, 0.75, 1.0)
REFINED = "mosaic, refined"


def medley(clips: Iterable[Audio | None], seconds: float) -> Tensor:
    """Clips one after another, as many as it takes.

    Args:
        clips: at one sample rate; those that are None are passed over.
        seconds: length of the result.

    Returns:
        **Shape** ``(1, time)``, at `RATE`.
    """
    parts: list[np.ndarray] = []
    n_left = round(seconds * RATE)
    for each in clips:
        if each is not None and n_left > 0:
            mono = each.samples.mean(0, keepdims=True)
            parts.append(resample(mono, each.sample_rate, RATE)[:, :n_left])
            n_left -= parts[-1].shape[1]
    assert n_left == 0
    return torch.from_numpy(np.concatenate(parts, axis=1))


def job_of(content: Tensor, style: Tensor, *, sample_rate: int) -> Task:
    """A job without channels to care for."""
    return Task(content, (style,), (1.0,), sample_rate, content.shape[-1], 0)


def all_grains(index: GrainIndex) -> Tensor:
    """Numbers of all grains, strip by strip."""
    return torch.cat([strip.first + torch.arange(strip.count) for strip in index.strips])


@dataclass
class Race:
    """How the cost fell over time: seconds since the start, and the divergence."""

    seconds: list[float]
    costs: list[float]

    def reaches(self, cost: float) -> float:
        """Seconds until a cost is reached; infinity if it never was."""
        for seconds, own in zip(self.seconds, self.costs, strict=True):
            if own <= cost:
                return seconds
        return float("inf")


def fast_races(job: Task) -> tuple[Race, Race]:
    """The engine until grains are taken away, and after that: of three races the median."""
    races = sorted((fast_race(job) for _ in range(3)), key=lambda race: race[1].seconds[-1])
    return races[1]


def fast_race(job: Task) -> tuple[Race, Race]:
    """One of them; costs are not counted as work."""
    engine = MosaicEngine(RACED)
    start = time.process_time()
    state: MosaicState = engine.init(job, engine.prepare(job))
    races = {"nearest": Race([], []), "halve": Race([], []), "keep": Race([], [])}
    race, told = races["nearest"], 0.0
    for name in state.plan:
        race = races.get(name, race)
        state = engine.step(state)
        race.seconds.append(time.process_time() - start - told)
        asked = time.process_time()
        assert state.activations is not None
        race.costs.append(state.activations.divergence())
        told += time.process_time() - asked
    engine.finish(state)
    race.seconds[-1] = time.process_time() - start - told
    return races["nearest"], race


def plain_race(job: Task, restrictions: Restrictions | None) -> Race:
    """The plain algorithm; its time includes that of all grains' spectra.

    Args:
        job: content and style.
        restrictions: restrictions that were published, or None for none.
    """
    index = MosaicEngine(RACED).prepare(job)
    assert job.content is not None
    start, n_fft = time.process_time(), index.n_fft
    magnitude = stft(job.content[0], n_fft=n_fft, hop_length=n_fft // OVERLAP).abs()
    grains = index.magnitudes(all_grains(index)).T.contiguous()
    race, told = Race([], []), 0.0
    for found in musaicing(magnitude, grains, n_updates=N_UPDATES, restrictions=restrictions):
        race.seconds.append(time.process_time() - start - told)
        asked = time.process_time()
        race.costs.append(
            float(divergence(magnitude, grains @ found).sum() / magnitude.double().sum())
        )
        told += time.process_time() - asked
        print(f"plain: {race.seconds[-1]:.1f} s, cost {race.costs[-1]:.4f}", flush=True)
    return race


def speed_rows(*, content_s: float, style_s: float) -> Iterator[tuple[object, ...]]:
    """The race on a content signal of several instruments against a style of many.

    Args:
        content_s: length of the content, in seconds.
        style_s: length of the style, in seconds.
    """
    triplets = MadeTriplets()
    n_items = math.ceil(max(content_s, style_s / 2.0) / DURATION_S)
    items = [triplets.load(name) for name in triplets.names(n_items)]
    styles = (each for item in items for each in (item.style, item.target))
    content = medley((item.content for item in items), content_s)
    job = job_of(content, medley(styles, style_s), sample_rate=RATE)
    free, whole = fast_races(job)
    for name, fast, restrictions in (("no", free, None), ("yes", whole, Restrictions())):
        plain = plain_race(job, restrictions)
        # What both reach in the end; restricted, the plain algorithm is at its cost only there.
        common = max(plain.costs[-1], fast.costs[-1])
        slow_s = plain.reaches(common) if restrictions is None else plain.seconds[-1]
        fast_s = fast.reaches(common)
        yield (
            name,
            f"{common:.3f}",
            f"{slow_s:.1f}",
            f"{fast_s:.1f}",
            f"{slow_s / fast_s:.0f}",
            f"{plain.seconds[-1]:.1f} ({plain.costs[-1]:.3f})",
            f"{fast.seconds[-1]:.1f} ({fast.costs[-1]:.3f})",
        )


@dataclass(frozen=True)
class Published(Maker):
    """Driedger's algorithm with every grain for every frame."""

    n_updates: int = 20

    def recipe(self) -> dict[str, Any]:
        """See `Maker.recipe`."""
        return {"musaicing": "as published", "n_updates": self.n_updates}

    def warm(self) -> None:
        """Everything is imported."""

    def make(self, item: Item) -> Audio:
        """See `Maker.make`."""
        assert item.content is not None
        rate = item.content.sample_rate
        content, style = (
            torch.from_numpy(each.samples.mean(0, keepdims=True))
            for each in (item.content, item.style)
        )
        job = job_of(content, style, sample_rate=rate)
        index = MosaicEngine(MosaicSettings()).prepare(job)
        n_fft, hop_length = index.n_fft, index.n_fft // OVERLAP
        spectra = index.spectra(all_grains(index)).T
        totals = spectra.abs().sum(0).clamp_min(1e-20)
        magnitude = stft(content[0], n_fft=n_fft, hop_length=hop_length).abs()
        *_, found = musaicing(
            magnitude,
            spectra.abs() / totals,
            n_updates=self.n_updates,
            restrictions=Restrictions(),
        )
        made = istft(
            (spectra / totals) @ found.to(spectra),
            length=content.shape[-1],
            n_fft=n_fft,
            hop_length=hop_length,
        )
        return Audio(made[None].numpy(), rate)


def makers() -> dict[str, Maker]:
    """Rows by name."""
    return {
        "musaicing as published": Published(),
        "mosaic": TransferMaker({"engine": "mosaic"}),
        REFINED: TransferMaker({"preset": "mosaic-refined"}),
    }


def found_values(exam: Exam) -> dict[str, Values]:
    """Every triplet's values by row."""
    found: dict[str, Values] = {"content copied": exam.copied()}
    for name, maker in makers().items():
        found[name] = exam.values(name, maker)
    return found


def refinement_rows(found: dict[str, Values], *, n: int) -> Iterator[tuple[object, ...]]:
    """What a refinement changes, triplet by triplet.

    Args:
        found: values of every row.
        n: number of triplets.
    """
    for alone in ("musaicing as published", "mosaic"):
        changes = (cell(against(found[REFINED], found[alone], each), n=n) for each in COMPARED)
        yield (alone, *changes)


def strength_rows(exam: Exam) -> Iterator[tuple[object, ...]]:
    """Means at every strength, from the content itself."""
    yield ("0", *_means(exam.copied()))
    for strength in STRENGTHS:
        maker = TransferMaker({"engine": "mosaic", "strength": strength})
        yield (f"{strength:g}", *_means(exam.values(f"mosaic, strength {strength:g}", maker)))


def _means(values: Values) -> list[str]:
    return [f"{np.nanmean(values[metric]):.3f}" for metric in METRICS]


def scores_sections(exam: Exam, *, title: str) -> list[Section]:
    """Scores against the target, and what a refinement changes.

    Args:
        exam: the triplets.
        title: what they are.
    """
    found, n = found_values(exam), len(exam.items)
    return [
        (
            f"**Scores**, {n} {title}: means against the target (copy score: against the style).",
            ("", *HEADINGS),
            [(name, *_means(values)) for name, values in found.items()],
        ),
        (
            "**Refinement**: the mosaic refined against one that is not, triplet by triplet, "
            "with 95 % intervals; ratios, for pitch the difference. Asked: timbre no worse, "
            "pitch at least 0.10 nearer.",
            ("against", *(HEADINGS[METRICS.index(each)] for each in COMPARED)),
            list(refinement_rows(found, n=n)),
        ),
    ]


def main() -> None:
    """Race, then scores."""
    parser = make_parser(__doc__ or "", folder="mosaic")
    parser.add_argument("--triplets", type=int, default=20, help="Of each kind.")
    parser.add_argument("--content-s", type=float, default=30.0, help="Content that is raced with.")
    parser.add_argument("--style-s", type=float, default=300.0, help="Style that is raced with.")
    # Results that were kept would hide what a change of the code does: only a named folder is kept.
    with tempfile.TemporaryDirectory() as folder:
        parser.set_defaults(folder=Path(folder))
        measure(parser.parse_args())


def measure(options: argparse.Namespace) -> None:
    """Measure and write the table.

    Args:
        options: what was asked for.
    """
    torch.set_num_threads(1)
    n, placed = options.triplets, {"folder": options.folder, "n_jobs": options.processes}
    # Before anything else runs beside them.
    races = list(speed_rows(content_s=options.content_s, style_s=options.style_s))
    sections: list[Section] = [
        (
            f"**Speed.** {options.content_s:g} s of content against {options.style_s:g} s of style "
            f"at {RATE} Hz, in seconds of processor time, with the restrictions that were "
            "published (a grain not again within 3, 10 at once, 3 played on) and without any. "
            "Cost: KL divergence of the content's magnitudes from the grains', as a share of "
            f"their sum. Plain: {N_UPDATES} updates with every grain for every frame, and the "
            "spectra of all grains. Mosaic: index, searches and updates, the median of three "
            "runs; restricted, its end includes synthesis.",
            (
                "restricted",
                "cost that both reach",
                "plain (s)",
                "mosaic (s)",
                "times faster",
                "plain at its end (s, cost)",
                "mosaic at its end (s, cost)",
            ),
            races,
        )
    ]
    made = MadeTriplets()
    exam = Exam("made", made, made.names(n), **placed)
    sections += scores_sections(exam, title="triplets of the project's own synthesiser")
    with left_out_where_missing("triplets of TimGM6mb"):
        test = SyntheticTriplets("TimGM6mb")
        exam = Exam("synthetic, TimGM6mb, seed 0", test, test.names(n), **placed)
        title = "synthetic triplets of TimGM6mb, on which nothing was chosen"
        sections += scores_sections(exam, title=title)
    with left_out_where_missing("strengths on triplets of MuseScore_General"):
        tuning = tuning_triplets(max(1, n // 4), **placed)
        sections.append(
            (
                f"**Strength**, {len(tuning.items)} triplets of MuseScore_General, on which "
                "defaults were chosen; without refinement.",
                ("strength", *HEADINGS),
                list(strength_rows(tuning)),
            )
        )
    write_table("mosaic", "Mosaic", sections)
