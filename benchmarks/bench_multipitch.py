"""The notes that `estilo.analysis.multipitch` finds in pieces whose notes are known.

The threshold and all weights come from `estilo.evaluation.networks.multipitch`, on
MuseScore_General; TimGM6mb was heard by neither. Figures are those of mir_eval (within half a
semitone, every 32 ms).
"""

import argparse
import time
from collections import defaultdict

import mir_eval
import numpy as np

from common import Section, left_out_where_missing, write_table
from estilo.analysis.multipitch import FRAME_RATE_HZ, multipitch, notes_per_frame
from estilo.analysis.sound import RATE_HZ, Sound
from estilo.evaluation.networks.pitch_pieces import (
    FAMILIES,
    OWN_RANGE_DB,
    PIECE_RANGE_DB,
    known_pieces,
    phrases_of,
)
from material import has_recordings, recording

FONTS = ("TimGM6mb", "MuseScore_General")
SEED = 20_261_121
PIECE_S = 8.5
TEXTURES = ("rain.wav", "ocean.wav")

_HEAD = f"""\
Each General MIDI program of a family plays two polyphonic phrases and a melody, 8 s each (C3 to C6,
bass E1 to C4; seed {SEED}), through FluidSynth, dry. A note counts as audible while it is within
{OWN_RANGE_DB:g} dB of its own loudest frame and within {PIECE_RANGE_DB:g} dB of the loudest of the
piece, each rendered alone. Means over pieces of mir_eval's multipitch precision and recall
(±50 cents, every 32 ms) and of their F1."""

Scores = dict[tuple[str, bool], list[tuple[float, float, float]]]


def scored(found: np.ndarray, truth: np.ndarray) -> tuple[float, float, float]:
    """Precision, recall and their F1 by mir_eval."""
    times = np.arange(len(truth)) / FRAME_RATE_HZ
    lists = [
        [
            440.0 * 2.0 ** ((np.array(notes, dtype=float) - 69) / 12)
            for notes in notes_per_frame(frames)
        ]
        for frames in (truth, found)
    ]
    precision, recall = mir_eval.multipitch.metrics(times, lists[0], times, lists[1])[:2]
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def measured(soundfont: str, *, n_programs: int) -> Scores:
    """Scores by family and by whether a piece is polyphonic.

    Args:
        soundfont: name of the soundfont.
        n_programs: programs of each family at most.
    """
    scores: Scores = defaultdict(list)
    for family, programs in FAMILIES.items():
        for program in programs[:n_programs]:
            phrases = phrases_of(program, seed=SEED)
            pieces = known_pieces(
                [phrase for _, phrase in phrases],
                program=program,
                soundfont=soundfont,
                duration_s=PIECE_S,
            )
            for (is_polyphonic, _), (sound, truth) in zip(phrases, pieces, strict=True):
                scores[family, is_polyphonic].append(scored(multipitch(sound), truth))
    return scores


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--programs", type=int, default=99, help="Of each family at most.")
    n_programs: int = parser.parse_args().programs
    sections: list[Section] = [(_HEAD, (), ())]
    for font in FONTS:
        with left_out_where_missing(f"pieces through {font}"):
            sections.append(_section(font, measured(font, n_programs=n_programs)))
    sections += [_noise_section(), _speed_section()]
    write_table("multipitch", "Notes found in pieces whose notes are known", sections)


def _section(font: str, scores: Scores) -> Section:
    rows = [
        (family, *_cells(scores[family, True]), *_cells(scores[family, False]))
        for family in FAMILIES
    ]
    polyphonic = [s for family in FAMILIES for s in scores[family, True]]
    melodies = [s for family in FAMILIES for s in scores[family, False]]
    rows.append(("**all**", *_cells(polyphonic), *_cells(melodies)))
    heard = "never heard in training or tuning" if font == "TimGM6mb" else "other phrases of it"
    columns = (
        "family",
        "precision",
        "recall",
        "F1, polyphonic",
        "precision",
        "recall",
        "F1, melody",
    )
    return f"## {font}: {heard}", columns, rows


def _cells(scores: list[tuple[float, float, float]]) -> tuple[str, str, str]:
    precision, recall, f1 = np.mean(scores, axis=0)
    return f"{precision:.3f}", f"{recall:.3f}", f"**{f1:.3f}**"


def _noise_section() -> Section:
    rng = np.random.default_rng(SEED)
    white = rng.standard_normal(10 * RATE_HZ)
    spectrum = np.fft.rfft(white) / np.sqrt(np.maximum(np.arange(5 * RATE_HZ + 1), 100))
    sounds = {"white noise": Sound(0.1 * white, RATE_HZ)}
    sounds["pink noise"] = Sound(np.fft.irfft(spectrum), RATE_HZ)
    if has_recordings("textures"):
        sounds |= {name: Sound.of(recording(name, duration_s=10.0)) for name in TEXTURES}
    rows = [(name, f"{multipitch(sound).sum(1).mean():.3f}") for name, sound in sounds.items()]
    return "## What has no notes", ("sound", "notes found per frame"), rows


def _speed_section() -> Section:
    rng = np.random.default_rng(SEED)
    samples = 0.1 * rng.standard_normal((2, 10 * 44_100))
    multipitch(Sound(samples, 44_100))
    times_s = []
    for _ in range(7):
        sound = Sound(samples, 44_100)
        start = time.process_time()
        multipitch(sound)
        times_s.append(time.process_time() - start)
    rows = [("10 s of stereo at 44.1 kHz, resampling included", f"{np.median(times_s):.2f} s")]
    return "## Time", ("what", "processor time, median of 7"), rows


if __name__ == "__main__":
    main()
