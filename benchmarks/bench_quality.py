"""Content kept against distance to the style, on clips made by the project and on recordings.

For every strength: chroma cosine and onset F1 with the content, MFCC distance to the style, and the
least MFCC distance of any crossfade (21 weights) that keeps at least as much content. Then the ways
to make a waveform, at one strength. Ten further pairs of recordings, on which no default was
chosen, have a document of their own (held-out).
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

import estilo
from common import Section, write_table
from estilo.audio import Audio
from estilo.engines.base import Task, run
from estilo.engines.optimise.engine import OptimiseEngine
from estilo.engines.optimise.settings import OptimiseSettings
from estilo.presets import build_settings
from material import PAIRS, Pairs, pairs_at_hand
from scores import chroma_cosine, onset_f1, timbre_distance, timbre_vector

# On these no default was chosen: recordings recur, pairs do not.
HELD_OUT = (
    ("speech-reading.ogg", "cello-phrase.wav"),
    ("humpback.ogg", "orchestra.wav"),
    ("singing-female.wav", "rain.wav"),
    ("piano.wav", "ocean.wav"),
    ("robin.ogg", "sax-phrase.wav"),
    ("orchestra.wav", "jazz-vibraphone.ogg"),
    ("strings-brahms.ogg", "trumpet-loop.ogg"),
    ("cello-phrase.wav", "speech-female.wav"),
    ("jazz-vibraphone.ogg", "humpback.ogg"),
    ("mridangam.wav", "strings-brahms.ogg"),
)
DURATION_S = 8.0
STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
WEIGHTS = np.linspace(0.0, 1.0, 21) ** 1.5
COMPARED = 0.75
VARIANTS: dict[str, dict[str, object]] = {
    "mel, content phase (default)": {},
    "mel, Griffin-Lim 32 from the content's phase": {"phase": "griffin-lim"},
    "mel, fast Griffin-Lim 32 from the content's phase": {"phase": "fast-griffin-lim"},
    "mel, PGHI": {"phase": "pghi"},
    "mel, Griffin-Lim 500 from noise (as the original method)": {
        "phase": "griffin-lim",
        "phase_start": "random",
        "n_phase_iterations": 500,
    },
    "stft, content phase": {"representation": "stft"},
    "cqt, content phase": {"representation": "cqt"},
    "waveform": {"representation": "waveform"},
    "real-imag": {"representation": "real-imag"},
}


def scored(output: Audio, content: Audio, style: Audio) -> tuple[float, float, float]:
    """Chroma cosine, onset F1, MFCC distance to the style.

    Args:
        output: what is judged, mono.
        content: what it was made from, at the same rate.
        style: what it should sound like.
    """
    rate = content.sample_rate
    signal, wanted = output.samples[0], content.samples[0]
    distance = timbre_distance(
        timbre_vector(signal, rate), timbre_vector(style.samples[0], style.sample_rate)
    )
    return chroma_cosine(signal, wanted, rate), onset_f1(signal, wanted, rate), distance


def crossfades(content: Audio, style: Audio) -> np.ndarray:
    """Scores of all crossfades at equal level, (weights, 3).

    Args:
        content: clip at one end.
        style: clip at the other end, repeated to the content's length.
    """
    wet = np.resize(style.samples[0], content.n_samples)
    wet = wet * (content.samples.std() / wet.std())
    rows = []
    for weight in WEIGHTS:
        blend = (1.0 - weight) * content.samples[0] + weight * wet
        rows.append(scored(Audio(blend, content.sample_rate), content, style))
    return np.array(rows)


def kept(scores: np.ndarray) -> np.ndarray:
    """Content kept: mean of chroma cosine and onset F1."""
    return scores[..., :2].mean(-1)


def best_crossfade(fades: np.ndarray, content_kept: np.ndarray) -> float:
    """Least distance to the style of a crossfade that keeps as much content.

    Args:
        fades: scores as from `crossfades`.
        content_kept: content that has to be kept; **shape** ``()``.
    """
    return float(fades[kept(fades) >= content_kept - 1e-9, 2].min())


@dataclass(frozen=True, eq=False)
class Measured:
    """Scores of some pairs at every strength, beside those of crossfades.

    Args:
        pairs: the pairs.
        scores: chroma cosine, onset F1 and MFCC distance; **shape** ``(pairs, strengths, 3)``.
        crossfade: least distance of a crossfade that keeps as much; ``(pairs, strengths)``.
    """

    pairs: Pairs
    scores: np.ndarray
    crossfade: np.ndarray

    @classmethod
    def of(cls, pairs: Pairs) -> "Measured":
        """Measure some pairs.

        Args:
            pairs: the pairs.
        """
        scores, crossfade = [], []
        for content, style in pairs.clips(duration_s=DURATION_S):
            fades = crossfades(content, style)
            outputs = [
                estilo.transfer(
                    content, style, engine="optimise", strength=each, scores=False
                ).audio
                for each in STRENGTHS
            ]
            scores.append([scored(output, content, style) for output in outputs])
            crossfade.append([best_crossfade(fades, kept(np.array(row))) for row in scores[-1]])
        return cls(pairs, np.array(scores), np.array(crossfade))

    def means(self) -> list[tuple[object, ...]]:
        """A row for every strength."""
        closer = (self.scores[..., 2] < self.crossfade).sum(0)
        return [
            (
                strength,
                *(f"{mean[0]:.3f}", f"{mean[1]:.3f}", f"{kept(mean):.3f}"),
                *(f"**{mean[2]:.3f}**", f"{cross:.3f}", f"{n} of {len(self.scores)}"),
            )
            for strength, mean, cross, n in zip(
                STRENGTHS, self.scores.mean(0), self.crossfade.mean(0), closer, strict=True
            )
        ]

    def each(self) -> list[tuple[object, ...]]:
        """A row for every pair."""
        return [
            (
                f"{Path(content).stem} → {Path(style).stem}",
                *(
                    f"{kept(row):.2f} / {row[2]:.3f} ({x:.3f})"
                    for row, x in zip(scores, crossfade, strict=True)
                ),
            )
            for (content, style), scores, crossfade in zip(
                self.pairs.names, self.scores, self.crossfade, strict=True
            )
        ]


def variant(settings: OptimiseSettings, content: Audio, style: Audio) -> tuple[Audio, float, float]:
    """Output, relative distance of its frames from those that were optimised, seconds.

    Args:
        settings: settings of the engine.
        content: mono clip.
        style: mono clip at the same rate.
    """
    engine = OptimiseEngine(settings)
    job = Task(
        torch.from_numpy(content.samples),
        (torch.from_numpy(style.samples),),
        (1.0,),
        content.sample_rate,
        content.n_samples,
        0,
    )
    start = time.perf_counter()
    output, state = run(engine, job)
    seconds = time.perf_counter() - start
    audio = Audio(output.numpy(), content.sample_rate)
    if settings.representation in ("waveform", "real-imag") or state.variable is None:
        return audio, 0.0, seconds
    wanted = state.variable.parameters[0].detach()
    got = engine.prepare(job).representation.analyse(state.variable.waveform()[None])[0]
    return audio, float((got - wanted).norm() / wanted.norm()), seconds


def variant_rows(pairs: Pairs) -> list[tuple[object, ...]]:
    """A row for every way to make a waveform.

    Args:
        pairs: the pairs over which means are taken.
    """
    clips = pairs.clips(duration_s=DURATION_S)
    rows: list[tuple[object, ...]] = []
    for name, changes in VARIANTS.items():
        settings = build_settings("optimise", {"strength": COMPARED, **changes})
        outcomes = [variant(settings, c, s) for c, s in clips]
        values = [scored(out, c, s) for (out, _, _), (c, s) in zip(outcomes, clips, strict=True)]
        misses = [miss for _, miss, _ in outcomes]
        seconds = [
            took * 10.0 / c.duration_s for (_, _, took), (c, _) in zip(outcomes, clips, strict=True)
        ]
        rows.append(
            (
                name,
                *(f"{x:.3f}" for x in np.mean(values, 0)),
                f"{np.mean(misses):.3f}" if any(misses) else "–",
                f"{np.mean(seconds):.2f} s",
            )
        )
        print("measured", name, flush=True)
    return rows


def strength_section(measured: Measured) -> Section:
    """Means over some pairs, strength by strength.

    Args:
        measured: of the pairs.
    """
    text = (
        f"## {measured.pairs.title}\n\n{len(measured.scores)} pairs ({DURATION_S:g} s, mono, "
        "22 050 Hz), means. Chroma cosine over frames that sound, onset F1 within 50 ms; MFCC "
        "distance: cosine distance of means and deviations of 12 MFCCs. *Crossfade's*: the least "
        "distance of any of 21 crossfades that keeps at least as much content (mean of chroma and "
        "onsets); *closer*: pairs whose output is closer to the style than that crossfade."
    )
    columns = ("strength", "chroma", "onset F1", "kept", "distance to style", "crossfade's")
    return text, (*columns, "closer"), measured.means()


def pair_section(measured: Measured) -> Section:
    """Pair by pair.

    Args:
        measured: of the pairs.
    """
    text = "Pair by pair: content kept / distance to the style (crossfade's)."
    return text, ("pair", *(f"{s:g}" for s in STRENGTHS)), measured.each()


def main() -> None:
    """Measure and write the tables."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=99, help="Pairs of each kind at most.")
    options = parser.parse_args()
    sets = [Pairs(each.title, each.names[: options.pairs]) for each in pairs_at_hand(PAIRS)]
    sections: list[Section] = []
    for pairs in sets:
        measured = Measured.of(pairs)
        sections += [strength_section(measured), pair_section(measured)]
    sections.append(
        (
            f"## Ways to make a waveform\n\n{sets[-1].title}: what is optimised and where the "
            f"phase comes from, at strength {COMPARED}. *Missed*: relative distance between the "
            "frames that were optimised and those of the waveform that was made of them. *Time*: "
            "of the engine for 10 s of audio.",
            ("variant", "chroma", "onset F1", "distance to style", "missed", "time"),
            variant_rows(sets[-1]),
        )
    )
    write_table("quality", "Content kept and style taken", sections)
    held_out(sets[1:], n_pairs=options.pairs)


def held_out(recorded: Sequence[Pairs], *, n_pairs: int) -> None:
    """The same on other pairs, where there are recordings.

    Args:
        recorded: pairs of recordings of the table before, if there are any.
        n_pairs: number of pairs at most.
    """
    for each in recorded:
        pairs = Pairs(each.title, HELD_OUT[:n_pairs])
        text, columns, rows = strength_section(Measured.of(pairs))
        text += (
            " As in [quality.md](quality.md), on whose pairs the bands, the strength curve and the "
            "limit of the gains were chosen."
        )
        title = "Content kept and style taken on pairs that no default was chosen with"
        write_table("held-out", title, [(text, columns, rows)])


if __name__ == "__main__":
    main()
