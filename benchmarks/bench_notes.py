"""The notes that `estilo.analysis.transcription` hears in pieces whose notes are known.

Its weights and thresholds come from `estilo.evaluation.networks.notes`, which hears neither
TimGM6mb nor the phrases here. Figures are those of mir_eval (starts within 50 ms, pitch within 50
cents).
"""

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import mir_eval
import numpy as np

from common import Section, left_out_where_missing, processor_s, write_table
from estilo.analysis.multipitch import FRAME_RATE_HZ, LOWEST_MIDI, multipitch
from estilo.analysis.sound import Sound
from estilo.analysis.transcription import HeardNote, transcribe
from estilo.evaluation.networks.pitch_pieces import FAMILIES
from estilo.evaluation.sets.recorded import RecordedDev
from estilo.synthesis.fluidsynth import render_parts
from estilo.synthesis.notes import Note
from material import has_recordings, recording
from played import CHORDS, DURATION_S, MELODIES, phrase

SEED = 20_261_130
RATE_HZ = 44_100
SLOW_S = 0.08
_TAIL_S = 0.5
_HEAD = f"""\
Phrases of {DURATION_S:g} s on each program (C3 to C6, bass E1 to C4; seed {SEED}) through
TimGM6mb, dry, with 20 dB of dynamics. A note is found if it starts within 50 ms of where it is
written and lies within 50 cents; figures are means over pieces. The baseline takes each run of a
note in `estilo.analysis.multipitch` for a note. Programs that take {1000 * SLOW_S:g} ms or more to
come within 6 dB of their loudest are in rows of their own, at 100 ms."""

Found = Callable[[Sound], Sequence[HeardNote]]


@dataclass(frozen=True)
class Piece:
    """A piece whose notes are known.

    Args:
        group: row of the table.
        kind: kind of its phrase.
        notes: its notes.
        sound: how they sound.
        tolerance_s: how far from its place a start may be found.
    """

    group: str
    kind: str
    notes: tuple[Note, ...]
    sound: Sound
    tolerance_s: float = 0.05


def baseline(sound: Sound) -> list[HeardNote]:
    """Each run of a note in the multi-pitch matrix."""
    edges = np.diff(np.pad(multipitch(sound), ((1, 1), (0, 0))).astype(np.int8), axis=0)
    found = []
    for column, row in enumerate(edges.T):
        places = np.flatnonzero(row).reshape(-1, 2) / FRAME_RATE_HZ
        found += [HeardNote(a, b, LOWEST_MIDI + column, 0.0) for a, b in places]
    return found


def score(
    notes: Sequence[Note | HeardNote],
    found: Sequence[HeardNote],
    *,
    tolerance_s: float,
    ends: float | None,
) -> tuple[float, float, float]:
    """Precision, recall and F1 by mir_eval."""
    known, guessed = (
        (
            np.array([(n.start_s, n.start_s + max(n.duration_s, 0.01)) for n in each]).reshape(
                -1, 2
            ),
            440.0 * 2.0 ** ((np.array([n.pitch for n in each]) - 69) / 12),
        )
        for each in (notes, found)
    )
    if not found:
        return 0.0, 0.0, 0.0
    return mir_eval.transcription.precision_recall_f1_overlap(
        *known,
        *guessed,
        onset_tolerance=tolerance_s,
        offset_ratio=ends,  # type: ignore[arg-type]
    )[:3]


def soundfont_pieces(kinds: Sequence[str], *, n_programs: int) -> Iterator[Piece]:
    """Phrases of every kind on the programs of all families."""
    for family, programs in FAMILIES.items():
        low, high = (28, 60) if family == "bass" else (48, 84)
        for program in programs[:n_programs]:
            rng = np.random.default_rng((SEED, program))
            phrases = [phrase(kind, rng, low=low, high=high) for kind in kinds]
            single = (Note(0.0, 2.0, (low + high) / 2.0, 0.8),)
            alone, *sounds = render_parts(
                [(each, program) for each in (single, *phrases)],
                soundfont="TimGM6mb",
                sample_rate=RATE_HZ,
                duration_s=DURATION_S + _TAIL_S,
            )
            is_slow = attack_s(alone) > SLOW_S
            group, tolerance_s = (f"{family}, slow", 0.1) if is_slow else (family, 0.05)
            for kind, notes, samples in zip(kinds, phrases, sounds, strict=True):
                yield Piece(group, kind, notes, Sound(samples, RATE_HZ), tolerance_s)


def attack_s(samples: np.ndarray) -> float:
    """Time until a note comes within 6 dB of its loudest 10 ms."""
    blocks = samples[: len(samples) // 441 * 441].reshape(-1, 441)
    power = np.square(blocks).mean(1)
    return float(np.flatnonzero(power > 0.25 * power.max())[0]) * 0.01


def recorded_pieces(n: int) -> Iterator[Piece]:
    """Contents of the recorded triplets that may be tuned on."""
    those = RecordedDev()
    for name in those.names(n):
        item = those.load(name)
        assert item.content is not None
        kind = "melodies" if item.group == "mono" else "chords"
        notes = those.phrases(name)[0]
        yield Piece(kind, kind, notes, Sound.of(item.content))


def main() -> None:
    """Measure and write the tables."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--programs", type=int, default=99, help="Of each family at most.")
    parser.add_argument("--recorded", type=int, default=40, help="Recorded pieces.")
    options = parser.parse_args()
    sections: list[Section] = [(_HEAD, (), ())]
    with left_out_where_missing("pieces through TimGM6mb"):
        for title, kinds in (("Melodies", MELODIES), ("Chords", CHORDS)):
            pieces = list(soundfont_pieces(list(kinds), n_programs=options.programs))
            sections += _sections(f"## TimGM6mb: {title.lower()}", pieces)
    with left_out_where_missing("recorded instruments"):
        pieces = list(recorded_pieces(options.recorded))
        sections += _sections("## Recorded instruments (recorded-dev, training half)", pieces)
    sections.append(_speed_section())
    write_table("notes", "Notes heard in pieces whose notes are known", sections)


def _sections(title: str, pieces: Sequence[Piece]) -> list[Section]:
    rows: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    for piece in pieces:
        heard = transcribe(piece.sound).notes
        own = score(piece.notes, heard, tolerance_s=piece.tolerance_s, ends=None)
        ends = score(piece.notes, heard, tolerance_s=piece.tolerance_s, ends=0.2)[2]
        plain = score(piece.notes, baseline(piece.sound), tolerance_s=piece.tolerance_s, ends=None)[
            2
        ]
        octaves = _octave_errors(piece, heard)
        scores = (*own, ends, octaves, plain)
        names = {piece.group, piece.kind}
        if not piece.group.endswith("slow"):
            names.add("**all** but slow attacks")
        for name in names:
            rows[name].append(scores)
    columns = (
        "pieces",
        "n",
        "precision",
        "recall",
        "F1",
        "F1 with ends",
        "octave errors",
        "baseline F1",
    )
    table = [
        (name, len(of), *(f"{value:.3f}" for value in np.mean(of, axis=0)))
        for name, of in rows.items()
    ]
    return [(title, columns, table)]


def _octave_errors(piece: Piece, heard: Sequence[HeardNote]) -> float:
    """Share of the heard notes that start with a true one, an octave or a twelfth from it."""
    wrong = 0
    for note in heard:
        near = [n for n in piece.notes if abs(n.start_s - note.start_s) < piece.tolerance_s]
        far = {round(abs(n.pitch - note.pitch)) for n in near}
        wrong += 0 not in far and bool(far & {12, 19, 24})
    return wrong / max(len(heard), 1)


def _speed_section() -> Section:
    rng = np.random.default_rng(SEED)
    kinds = ["melody", "two hands"]
    sounds = {"noise": Sound(0.1 * rng.standard_normal((2, 10 * RATE_HZ)), RATE_HZ)}
    with left_out_where_missing("speed on phrases"):
        phrases = [(phrase(kind, rng, low=48, high=84), 0) for kind in kinds]
        played = render_parts(
            phrases, soundfont="TimGM6mb", sample_rate=RATE_HZ, duration_s=DURATION_S
        )
        sounds |= {k: Sound(each, RATE_HZ) for k, each in zip(kinds, played, strict=True)}
    if has_recordings("speed"):
        sounds["orchestra"] = Sound.of(recording("orchestra.wav", duration_s=10.0))

    def time_of(sound: Sound) -> float:
        audio = sound.audio
        took_s = processor_s(lambda: transcribe(Sound.of(audio)), n_times=3)
        return took_s / sound.duration_s

    rows = [(name, f"{time_of(sound):.3f}") for name, sound in sounds.items()]
    return "## Time", ("what", "processor time, share of the duration"), rows


if __name__ == "__main__":
    main()
