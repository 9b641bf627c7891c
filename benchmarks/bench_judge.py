"""How often the judges of timbre are right about instruments that they have never heard.

The instruments of the `test` half (ESTILO_INSTRUMENTS), each clip through an equaliser, a room and
noise of its own, applied to the samples, so that no session can be told by its floor.
"""

import argparse
from collections.abc import Callable, Sequence

import numpy as np

from common import Section, left_out_where_missing, processor_s, write_table
from estilo.analysis.sound import RATE_HZ, Sound
from estilo.analysis.spectra import banded_power, mel_weights, mfcc, power_to_db
from estilo.datasets.instruments.library import (
    InstrumentNote,
    by_instrument,
    common_pitches,
    read_library,
    recorded_folder,
)
from estilo.datasets.instruments.pitch_check import check_pitch
from estilo.datasets.instruments.playing import SampledInstrument
from estilo.evaluation.bootstrap import mean_interval
from estilo.io import load
from estilo.metrics.judge.impression import impression
from estilo.metrics.judge.judging import timbre_judge
from estilo.metrics.timbre_network import timbre_embedding
from estilo.synthesis.effects import Effects, apply_effects, random_effects
from estilo.synthesis.notes import Note

RATE = 44_100
SEED = 20_261_130
OCTAVE = 12
PHRASE_S = 5.0
GAPS = ((1, 6), (7, 12), (13, 24))
_N_MFCC = 40

Distance = Callable[[Sound, Sound], float]


def cosine(embed: Callable[[Sound], np.ndarray]) -> Distance:
    """The cosine distance of embeddings."""

    def distance(one: Sound, other: Sound) -> float:
        a, b = (each.once(embed).astype(np.float64) for each in (one, other))
        return 1.0 - float(a @ b) / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-12)

    return distance


def mfcc_statistics(sound: Sound) -> np.ndarray:
    """The vector whose cosine distance `timbre_mfcc` is."""
    coefficients = sound.once(mfcc)[1:].astype(np.float64)
    return np.concatenate([coefficients.mean(1), coefficients.std(1)])


def many_mfccs(sound: Sound) -> np.ndarray:
    """Means and deviations of 40 MFCCs at 44.1 kHz, the zeroth included."""
    weights = mel_weights(sample_rate=RATE)
    level_db = power_to_db(banded_power(sound.mono_full_rate, weights, n_fft=2048, hop_length=512))
    order, band = np.arange(_N_MFCC)[:, None], np.arange(len(level_db))[None]
    rows = np.sqrt(2.0 / len(level_db)) * np.cos(np.pi * order * (band + 0.5) / len(level_db))
    rows[0] /= np.sqrt(2.0)
    coefficients = rows @ level_db
    return np.concatenate([coefficients.mean(1), coefficients.std(1)])


def euclidean(one: Sound, other: Sound) -> float:
    """Distance of `many_mfccs`."""
    return float(np.linalg.norm(one.once(many_mfccs) - other.once(many_mfccs)))


JUDGES: dict[str, Distance] = {
    "timbre_judge": timbre_judge,
    "timbre_mfcc": cosine(mfcc_statistics),
    "timbre_triplet": cosine(timbre_embedding),
    "40 MFCCs, Euclidean": euclidean,
}


class Exam:
    """The instruments and what is drawn from them.

    Args:
        split: half of the recorded instruments.
    """

    def __init__(self, split: str) -> None:
        self._folder = recorded_folder()
        notes = read_library(self._folder, split="test" if split == "test" else "train")
        sounding = [note for note in notes if self._is_right(note)]
        self.n_left_out = len(notes) - len(sounding)
        self.notes = by_instrument(sounding)
        self.players = {
            name: SampledInstrument(self._folder, of, sample_rate=RATE)
            for name, of in self.notes.items()
        }

    def _is_right(self, note: InstrumentNote) -> bool:
        return check_pitch(Sound.of(load(self._folder / note.path)), note.midi_pitch).is_right

    def note(self, note: InstrumentNote, rng: np.random.Generator) -> Sound:
        """A single note in a session of its own."""
        return in_a_session(load(self._folder / note.path).samples.mean(0), rng)

    def phrase(
        self, name: str, pitches: Sequence[int] | np.ndarray, rng: np.random.Generator
    ) -> Sound:
        """Notes of an instrument one after the other, in a session of its own."""
        starts = np.sort(rng.uniform(0.0, PHRASE_S - 1.0, len(pitches)))
        notes = [
            Note(float(start), float(rng.choice((0.5, 1.0))), pitch, rng.uniform(0.4, 0.9))
            for start, pitch in zip(starts, pitches, strict=True)
        ]
        return in_a_session(self.players[name].play(notes, duration_s=PHRASE_S), rng)


def in_a_session(samples: np.ndarray, rng: np.random.Generator) -> Sound:
    """A recording through an equaliser, a room and noise drawn at random, at a random level."""
    drawn = random_effects(rng)
    effects = Effects(
        equaliser=drawn.equaliser,
        room=drawn.room,
        snr_db=rng.uniform(25.0, 60.0),
        noise_hz=drawn.noise_hz,
        seed=drawn.seed,
    )
    gain = np.float32(10.0 ** rng.uniform(-1.0, 0.0))
    return Sound(gain * apply_effects(samples, effects, RATE), RATE)


def note_trials(exam: Exam, names: Sequence[str], gap: tuple[int, int], n: int) -> list[list[bool]]:
    """Whether each judge is right, trial by trial: a note, the same instrument at another pitch
    and velocity, and another instrument at the first pitch and velocity.
    """
    rng = np.random.default_rng([SEED, *gap, len(names)])
    found: list[list[bool]] = []
    while len(found) < n:
        one, other = rng.choice(names, 2, replace=False)
        anchor: InstrumentNote = rng.choice(np.array(exam.notes[one], dtype=object))
        same = [
            note
            for note in exam.notes[one]
            if gap[0] <= abs(note.midi_pitch - anchor.midi_pitch) <= gap[1]
            and note.velocity != anchor.velocity
        ]
        there = [note for note in exam.notes[other] if note.midi_pitch == anchor.midi_pitch]
        if same and there:
            chosen = (anchor, _one_of(same, rng), _one_of(there, rng))
            found.append(verdicts(*(exam.note(note, rng) for note in chosen)))
    return found


def phrase_trials(exam: Exam, names: Sequence[str], n: int) -> list[list[bool]]:
    """The same for phrases of six notes, up to an octave apart."""
    rng = np.random.default_rng([SEED, 99, len(names)])
    found: list[list[bool]] = []
    while len(found) < n:
        one, other = rng.choice(names, 2, replace=False)
        common = common_pitches(exam.notes[one], exam.notes[other])
        if not common:
            continue
        lowest = rng.choice(common)
        window = [pitch for pitch in common if lowest <= pitch <= lowest + OCTAVE]
        own = exam.players[one].pitches
        shift = int(rng.integers(-OCTAVE, OCTAVE + 1))
        moved = [pitch + shift for pitch in window if pitch + shift in own]
        if min(len(window), len(moved)) >= 4:
            pitches = rng.choice(window, 6)
            clips = (
                exam.phrase(one, pitches, rng),
                exam.phrase(one, rng.choice(moved, 6), rng),
                exam.phrase(other, pitches, rng),
            )
            found.append(verdicts(*clips))
    return found


def verdicts(anchor: Sound, same: Sound, other: Sound) -> list[bool]:
    """Whether each judge hears the same instrument nearer than the other one."""
    return [distance(anchor, same) < distance(anchor, other) for distance in JUDGES.values()]


def _one_of(notes: list[InstrumentNote], rng: np.random.Generator) -> InstrumentNote:
    return notes[int(rng.integers(len(notes)))]


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--trials", type=int, default=400, help="Trials of each row.")
    parser.add_argument("--split", choices=("train", "test"), default="test")
    options = parser.parse_args()
    sections: list[Section] = []
    with left_out_where_missing("recorded instruments"):
        sections.append(_trials_section(Exam(options.split), options.trials))
    sections.append(_speed_section())
    write_table("judge", "Judges of timbre on recorded instruments", sections)


def _trials_section(exam: Exam, n: int) -> Section:
    libraries = {
        name: notes[0].source.partition(",")[0].split()[0] for name, notes in exam.notes.items()
    }
    everyone = list(exam.notes)
    groups = {"any two instruments": everyone}
    for library in dict.fromkeys(libraries.values()):
        members = [name for name in everyone if libraries[name] == library]
        if len(members) > 1:
            groups[f"within {library} ({', '.join(members)})"] = members
    rows = []
    for group, names in groups.items():
        rows += [
            (
                group,
                f"notes, {gap[0]} to {gap[1]} semitones",
                *_cells(note_trials(exam, names, gap, n)),
            )
            for gap in GAPS
        ]
        rows.append((group, "phrases, up to an octave", *_cells(phrase_trials(exam, names, n))))
    text = (
        "Share of trials in which a judge hears the same instrument, at another pitch and "
        "velocity, nearer than another one at the same pitch; phrases are of six notes. Every clip "
        f"has an equaliser, a room and noise of its own. {n} trials a row, 95 % intervals; "
        f"{exam.n_left_out} notes that do not sound at their pitch are left out."
    )
    return text, ("instruments", "clips", *JUDGES), rows


def _cells(found: list[list[bool]]) -> list[str]:
    intervals = [mean_interval(100.0 * np.array(each)) for each in np.array(found).T]
    return [f"{each.value:.1f} [{each.low:.1f}, {each.high:.1f}] %" for each in intervals]


def _speed_section() -> Section:
    rng = np.random.default_rng(SEED)
    noise = rng.standard_normal((1, 10 * RATE)).astype(np.float32)
    works: dict[str, Callable[[], object]] = {
        "timbre_judge": lambda: impression(Sound(noise, RATE)),
        "timbre_mfcc": lambda: mfcc_statistics(Sound(noise, RATE)),
        "timbre_triplet": lambda: timbre_embedding(Sound(noise, RATE)),
    }
    rows = [
        (name, f"{1000.0 * processor_s(work, n_times=9):.0f} ms") for name, work in works.items()
    ]
    text = (
        f"## Time\n\nOne recording of 10 s at {RATE / 1000:g} kHz; the old ones hear {RATE_HZ} Hz."
    )
    return text, ("judge", "processor time, median of 9"), rows


if __name__ == "__main__":
    main()
