"""The mosaic against the plain algorithm at equal cost, and what a refinement gives."""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from common import AUDIO, ROOT, recording, write_table
from estilo.audio import Audio
from estilo.dsp.stft import istft, stft
from estilo.engines.base import Job
from estilo.engines.mosaic.activations import divergence
from estilo.engines.mosaic.engine import OVERLAP, MosaicEngine, MosaicState
from estilo.engines.mosaic.index import GrainIndex
from estilo.engines.mosaic.settings import MosaicSettings
from estilo.evaluation.makers import Maker, TransferMaker
from estilo.evaluation.sets.base import Item
from estilo.evaluation.sets.synthetic import SyntheticTriplets
from plain_musaicing import Restrictions, musaicing
from training_runs import Exam, Values, against, cell, tuning_triplets

RATE = 22_050
CONTENT_S, STYLE_S = 30.0, 300.0
N_UPDATES = 12
CONTENTS = ("sax-phrase.wav", "jazz-vibraphone.ogg", "cello-phrase.wav", "singing-female.wav")
STYLES = (
    "strings-brahms.ogg",
    "orchestra.wav",
    "trumpet-loop.ogg",
    "piano.wav",
    "speech-reading.ogg",
)
METRICS = ("lsd", "timbre_mfcc", "timbre_triplet", "pitch", "copy_score")
HEADINGS = ("LSD", "timbre (MFCC)", "timbre (triplet)", "pitch", "copy score")
STRENGTHS, REFINES = (0.25, 0.5, 0.75), (0.25, 0.5, 0.75, 1.0)


def medley(names: tuple[str, ...], seconds: float) -> Tensor:
    """Recordings one after another, again and again for as long as is asked: ``(1, time)``."""
    parts = [recording(name, duration_s=120.0, sample_rate=RATE).samples for name in names]
    whole = np.concatenate(parts, axis=1)
    n_samples = round(seconds * RATE)
    times = -(-n_samples // whole.shape[1])
    return torch.from_numpy(np.ascontiguousarray(np.tile(whole, (1, times))[:, :n_samples]))


def job_of(content: Tensor, style: Tensor, *, sample_rate: int) -> Job:
    """A job without channels to care for."""
    return Job(content, (style,), (1.0,), sample_rate, content.shape[-1], 0)


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


def fast_race(job: Job) -> tuple[Race, Race]:
    """The engine until grains are taken away, and to its end; costs are not counted as work."""
    engine = MosaicEngine(MosaicSettings())
    start = time.perf_counter()
    state: MosaicState = engine.init(job, engine.prepare(job))
    before, whole = Race([], []), Race([], [])
    told = 0.0
    for name in state.plan:
        race = whole if name == "halve" or whole.costs else before
        state = engine.step(state)
        race.seconds.append(time.perf_counter() - start - told)
        asked = time.perf_counter()
        assert state.activations is not None
        race.costs.append(state.activations.divergence())
        told += time.perf_counter() - asked
    engine.finish(state)
    whole.seconds[-1] = time.perf_counter() - start - told
    return before, whole


def plain_race(job: Job, restrictions: Restrictions | None) -> Race:
    """The plain algorithm; its time includes that of all grains' spectra."""
    settings = MosaicSettings()
    start = time.perf_counter()
    engine = MosaicEngine(settings)
    index = engine.prepare(job)
    assert job.content is not None
    n_fft = index.n_fft
    magnitude = stft(job.content[0], n_fft=n_fft, hop_length=n_fft // OVERLAP).abs()
    grains = index.magnitudes(all_grains(index)).T.contiguous()
    race, told = Race([], []), 0.0
    for found in musaicing(magnitude, grains, n_updates=N_UPDATES, restrictions=restrictions):
        race.seconds.append(time.perf_counter() - start - told)
        asked = time.perf_counter()
        race.costs.append(
            float(divergence(magnitude, grains @ found).sum() / magnitude.double().sum())
        )
        told += time.perf_counter() - asked
        print(f"plain: {race.seconds[-1]:.1f} s, cost {race.costs[-1]:.4f}", flush=True)
    return race


def speed_rows() -> Iterator[tuple[object, ...]]:
    """The race on half a minute against five."""
    job = job_of(medley(CONTENTS, CONTENT_S), medley(STYLES, STYLE_S), sample_rate=RATE)
    free, whole = fast_race(job)
    settings = MosaicSettings()
    limits = Restrictions(settings.repetition, settings.polyphony, settings.continuity)
    for name, fast, restrictions in (
        ("none", free, None),
        ("repetition, polyphony, continuity", whole, limits),
    ):
        plain = plain_race(job, restrictions)
        least = min(plain.costs) if restrictions is None else plain.costs[-1]
        reached = fast.reaches(least)
        yield (
            name,
            f"{plain.seconds[-1]:.1f}",
            "never" if reached == float("inf") else f"{reached:.1f}",
            f"{plain.seconds[-1] / reached:.0f}",
            f"{least:.4f}",
            f"{fast.seconds[-1]:.1f}",
            f"{fast.costs[-1]:.4f}",
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
    mosaic = {"engine": "mosaic"}
    return {
        "EQ match": TransferMaker({"engine": "eq", "strength": 1.0}),
        "optimise 0.75": TransferMaker({"engine": "optimise"}),
        "musaicing as published": Published(),
        **{
            f"mosaic, strength {each:g}": TransferMaker({**mosaic, "strength": each})
            for each in STRENGTHS
        },
        "mosaic": TransferMaker(mosaic),
        **{
            f"mosaic, refine {each:g}": TransferMaker({**mosaic, "refine": each})
            for each in REFINES
        },
    }


def score_rows(exam: Exam) -> Iterator[tuple[object, ...]]:
    """Means, and what a refinement changes, pair by pair."""
    found: dict[str, Values] = {"content copied": exam.copied()}
    for name, maker in makers().items():
        found[name] = exam.values(name, maker)
    alone, n = found["mosaic"], len(exam.items)
    for name, values in found.items():
        yield (
            name,
            *(f"{np.nanmean(values[metric]):.3f}" for metric in METRICS),
            *(cell(against(values, alone, each), n=n) for each in ("timbre_mfcc", "pitch")),
        )


def main() -> None:
    """Race, then scores."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--triplets", type=int, default=20)
    parser.add_argument("--folder", type=Path, default=ROOT / "runs" / "mosaic")
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    if not AUDIO.is_dir():
        raise SystemExit(f"the recordings are not in {AUDIO}; set ESTILO_AUDIO to their folder")
    torch.set_num_threads(1)
    test = SyntheticTriplets("TimGM6mb")
    exams = {
        "TimGM6mb, on which nothing was chosen": Exam(
            "synthetic, TimGM6mb, seed 0",
            test,
            test.names(options.triplets),
            folder=options.folder,
            n_jobs=options.processes,
        ),
        "MuseScore_General, on which defaults were chosen": tuning_triplets(
            options.triplets, folder=options.folder, n_jobs=options.processes
        ),
    }
    columns = ("", *HEADINGS, "MFCC / mosaic's", "pitch − mosaic's")
    race = ("restrictions", *(f"{who} (s)" for who in ("plain", "mosaic at its cost")), "ratio")
    about = (
        f"**Speed.** {CONTENT_S:g} s of content against {STYLE_S:g} s of style at {RATE} Hz, one "
        "thread. Cost: KL divergence of the content's magnitudes from the grains', as a share of "
        f"their sum. Plain: {N_UPDATES} updates with every grain for every frame, and the spectra "
        "of all grains. Mosaic: index, searches, updates and, at the end, synthesis."
    )
    sections = [(about, (*race, "plain, cost", "mosaic, all (s)", "mosaic, cost"), speed_rows())]
    for name, exam in exams.items():
        text = (
            f"**Scores**, {options.triplets} synthetic triplets of {name}: means against the true "
            "answer (copy score: against the style). The last two columns: against the mosaic "
            "alone, pair by pair, with 95 % intervals."
        )
        sections.append((text, columns, score_rows(exam)))
    write_table("mosaic", "Mosaic", sections)


if __name__ == "__main__":
    main()
