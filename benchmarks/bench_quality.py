"""Content kept against distance to the style, on ten pairs of real recordings.

For every strength: chroma cosine and onset F1 with the content, MFCC distance to the style, and the
least MFCC distance of any crossfade (21 weights) that keeps at least as much content. Then the ways
to make a waveform, at one strength.
"""

import time

import numpy as np
import torch

import estilo
from common import PAIRS, recording, write_table
from estilo.audio import Audio
from estilo.engines.base import Task, run
from estilo.engines.optimise.engine import OptimiseEngine
from estilo.engines.optimise.settings import OptimiseSettings
from estilo.presets import build_settings
from scores import chroma_cosine, onset_f1, timbre_distance, timbre_vector

STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
WEIGHTS = np.linspace(0.0, 1.0, 21) ** 1.5
COMPARED = 0.75
VARIANTS: dict[str, dict[str, object]] = {
    "mel, content phase (default)": {},
    "mel, Griffin-Lim 32 from the content's phase": {"phase": "griffin-lim"},
    "mel, fast Griffin-Lim 32 from the content's phase": {"phase": "fast-griffin-lim"},
    "mel, PGHI": {"phase": "pghi"},
    "mel, Griffin-Lim 500 from noise (as the seeds)": {
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
    """Chroma cosine, onset F1, MFCC distance to the style."""
    rate = content.sample_rate
    signal, wanted = output.samples[0], content.samples[0]
    distance = timbre_distance(
        timbre_vector(signal, rate), timbre_vector(style.samples[0], style.sample_rate)
    )
    return chroma_cosine(signal, wanted, rate), onset_f1(signal, wanted, rate), distance


def crossfades(content: Audio, style: Audio) -> np.ndarray:
    """Scores of all crossfades at equal level, (weights, 3)."""
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
    """Least distance to the style of a crossfade that keeps as much content."""
    return float(fades[kept(fades) >= content_kept - 1e-9, 2].min())


def variant(settings: OptimiseSettings, content: Audio, style: Audio) -> tuple[Audio, float, float]:
    """Output, relative distance of its frames from those that were optimised, seconds."""
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


def main() -> None:
    """Measure and write the table."""
    clips = [(recording(c, duration_s=8.0), recording(s, duration_s=8.0)) for c, s in PAIRS]
    fades = np.array([crossfades(*pair) for pair in clips])
    scores = np.array(
        [
            [scored(estilo.transfer(c, s, strength=strength).audio, c, s) for strength in STRENGTHS]
            for c, s in clips
        ]
    )
    crossfade = np.array(
        [
            [best_crossfade(fades[i], kept(scores[i, j])) for j in range(len(STRENGTHS))]
            for i in range(len(clips))
        ]
    )
    mean, cross = scores.mean(0), crossfade.mean(0)
    strength_rows = [
        (s, f"{m[0]:.3f}", f"{m[1]:.3f}", f"{kept(m):.3f}", f"**{m[2]:.3f}**", f"{x:.3f}")
        for s, m, x in zip(STRENGTHS, mean, cross, strict=True)
    ]
    pair_rows = [
        (
            f"{c.split('.')[0]} → {s.split('.')[0]}",
            *(
                f"{kept(row):.2f} / {row[2]:.3f} ({x:.3f})"
                for row, x in zip(scores[i], crossfade[i], strict=True)
            ),
        )
        for i, (c, s) in enumerate(PAIRS)
    ]
    variant_rows = []
    for name, changes in VARIANTS.items():
        settings = build_settings("optimise", {"strength": COMPARED, **changes})
        outcomes = [variant(settings, c, s) for c, s in clips]
        values = [scored(out, c, s) for (out, _, _), (c, s) in zip(outcomes, clips, strict=True)]
        misses = [miss for _, miss, _ in outcomes]
        seconds = [
            took * 10.0 / c.duration_s for (_, _, took), (c, _) in zip(outcomes, clips, strict=True)
        ]
        variant_rows.append(
            (
                name,
                *(f"{x:.3f}" for x in np.mean(values, 0)),
                f"{np.mean(misses):.3f}" if any(misses) else "–",
                f"{np.mean(seconds):.2f} s",
            )
        )
        print("measured", name, flush=True)
    write_table(
        "quality",
        "Content kept and style taken",
        [
            (
                "Ten pairs of real recordings (8 s, mono, 22 050 Hz), means. Chroma cosine over "
                "frames that sound, onset F1 within 50 ms; MFCC distance: cosine distance of means "
                "and deviations of 12 MFCCs. The last column is the least distance of any of 21 "
                "crossfades that keeps at least as much content (mean of chroma and onsets).",
                ("strength", "chroma", "onset F1", "kept", "distance to style", "crossfade's"),
                strength_rows,
            ),
            (
                "Pair by pair: content kept / distance to the style (crossfade's).",
                ("pair", *(f"{s:g}" for s in STRENGTHS)),
                pair_rows,
            ),
            (
                f"What is optimised and where the phase comes from, at strength {COMPARED}. "
                "*Missed*: relative distance between the frames that were optimised and those of "
                "the waveform that was made of them. *Time*: of the engine for 10 s of audio.",
                ("variant", "chroma", "onset F1", "distance to style", "missed", "time"),
                variant_rows,
            ),
        ],
    )


if __name__ == "__main__":
    main()
