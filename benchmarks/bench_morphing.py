"""Half way from one instrument to another: against an instrument that was built half way.

Instruments are made of numbers: how fast notes rise, fade and end, how fast partials fall, how much
noise there is. Half way between two of them lies the instrument whose numbers do (times in their
logarithms, everything else in dB). The engine hears a tune on the first and other notes on the
second, and is asked for a strength of .5; a crossfade is what a morph must not be.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from common import write_table
from estilo.analysis.sound import Sound
from estilo.audio import Audio
from estilo.engines.notes.attacks import attack_s
from estilo.metrics.faults.base import Compared
from estilo.metrics.faults.doubled import doubled_waveforms
from estilo.metrics.faults.onsets import doubled_attacks
from estilo.metrics.lsd import lsd
from estilo.pipeline.transfer import transfer
from estilo.units import midi_to_hz

RATE_HZ = 22_050
N_PARTIALS = 20
TUNE_S, STYLE_S = 4.5, 5.5
COLUMNS = ("LSD (dB)", "attack", "doubled")
MORPH, OWN, TRUE = (
    "the engine at .5",
    "crossfade of the content and the engine at 1",
    "crossfade of the content and the truth at 1",
)

Spans = Sequence[tuple[float, float, int]]
"""Start and end of each note in seconds, and its pitch."""

MELODY: Spans = (
    (0.3, 0.8, 60),
    (0.9, 1.5, 64),
    (1.6, 2.0, 67),
    (2.1, 3.0, 65),
    (3.1, 3.9, 72),
)
CHORDS: Spans = (
    *((0.3, 1.3, pitch) for pitch in (60, 64, 67)),
    *((1.5, 2.6, pitch) for pitch in (62, 65, 69)),
    *((2.8, 3.9, pitch) for pitch in (59, 67)),
)
STYLE: Spans = ((0.2, 1.0, 62), (1.2, 2.0, 66), (2.2, 3.0, 59), (3.2, 4.0, 69), (4.2, 5.0, 73))


@dataclass(frozen=True)
class Instrument:
    """An instrument made of numbers.

    Args:
        attack_s: time in which a note rises, in seconds.
        release_s: time in which it ends.
        fade_db_s: how fast it fades while it is held.
        slope_db: how much softer each octave of partials is.
        noise_db: level of its noise against the first partial.
    """

    attack_s: float
    release_s: float
    fade_db_s: float
    slope_db: float
    noise_db: float

    def half_way(self, other: "Instrument") -> "Instrument":
        """The instrument between two."""
        pairs = list(zip(astuple(self), astuple(other), strict=True))
        attack, release = (float(np.sqrt(own * theirs)) for own, theirs in pairs[:2])
        fade, slope, noise = (0.5 * (own + theirs) for own, theirs in pairs[2:])
        return Instrument(attack, release, fade, slope, noise)

    def play(self, notes: Spans, *, duration_s: float, rng: np.random.Generator) -> NDArray:
        """Notes with partials of random phases and noise; **shape** ``(time,)``."""
        time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
        out = np.zeros(len(time_s))
        for start_s, end_s, pitch in notes:
            age_s = np.maximum(time_s - start_s, 0.0)
            shape = np.clip(age_s / self.attack_s, 0.0, 1.0)
            shape *= np.clip((end_s + self.release_s - time_s) / self.release_s, 0.0, 1.0)
            shape *= 10.0 ** (-self.fade_db_s * np.maximum(age_s - self.attack_s, 0.0) / 20.0)
            hiss = signal.lfilter([1.0], [1.0, -0.5], rng.standard_normal(len(time_s)))
            sound = 10.0 ** (self.noise_db / 20.0) * np.asarray(hiss)
            pitch_hz = float(midi_to_hz(pitch))
            for order in range(1, min(N_PARTIALS, int(0.45 * RATE_HZ / pitch_hz)) + 1):
                phase = 2 * np.pi * order * pitch_hz * time_s + rng.uniform(0.0, 2 * np.pi)
                sound += 10.0 ** (-self.slope_db * np.log2(order) / 20.0) * np.sin(phase)
            out += 0.08 * shape * sound
        return out


ORGAN = Instrument(0.06, 0.08, 0.0, 6.0, -40.0)
BELLS = Instrument(0.004, 0.03, 30.0, 2.0, -50.0)
BOW = Instrument(0.12, 0.15, 0.0, 9.0, -25.0)
PLUCK = Instrument(0.003, 0.05, 18.0, 5.0, -35.0)
PAIRS = {
    "organ to bells": (ORGAN, BELLS),
    "bow to pluck": (BOW, PLUCK),
    "bells to bow": (BELLS, BOW),
}


@dataclass(frozen=True, eq=False)
class Case:
    """A tune on one instrument, in the style of another.

    Args:
        tune: its notes.
        content: tune on the first instrument. **Shape** ``(time,)``, as all.
        style: other notes on the second one.
        whole: tune on the second instrument.
        half: tune on the instrument half way.
    """

    tune: Spans
    content: NDArray
    style: NDArray
    whole: NDArray
    half: NDArray

    @classmethod
    def of(cls, first: Instrument, second: Instrument, tune: Spans) -> "Case":
        """A case; phases and noise are others in each recording."""
        played = (
            (first, tune, TUNE_S),
            (second, STYLE, STYLE_S),
            (second, tune, TUNE_S),
            (first.half_way(second), tune, TUNE_S),
        )
        return cls(
            tune,
            *(
                instrument.play(notes, duration_s=seconds, rng=np.random.default_rng(seed))
                for seed, (instrument, notes, seconds) in enumerate(played)
            ),
        )

    def outputs(self) -> Iterator[tuple[str, NDArray]]:
        """Rows of the table and what they make."""
        content, style = Audio(self.content, RATE_HZ), Audio(self.style, RATE_HZ)
        morph, own = (
            transfer(
                content, style, engine="notes", strength=strength, expression=0.0, scores=False
            ).audio.samples[0]
            for strength in (0.5, 1.0)
        )
        yield MORPH, morph
        yield OWN, _level(self.content) + _level(own)
        yield TRUE, _level(self.content) + _level(self.whole)

    def measured(self, output: NDArray) -> tuple[float, float, float]:
        """LSD to the instrument half way, attacks against its own, and share of doubled time."""
        made, wanted = Sound(output, RATE_HZ), Sound(self.half, RATE_HZ)
        of = Compared(made, Sound(self.content, RATE_HZ), Sound(self.style, RATE_HZ))
        faults = (*doubled_waveforms(of), *doubled_attacks(of))
        doubled_s = min(sum(fault.end_s - fault.start_s for fault in faults), TUNE_S)
        attacks_s = np.array(
            [
                [
                    attack_s(each, round(start_s * RATE_HZ), pitch=pitch, sample_rate=RATE_HZ)
                    for start_s, _, pitch in self.tune
                ]
                for each in (output, self.half)
            ]
        )
        ratios = attacks_s[0] / attacks_s[1]
        return lsd(made, wanted), float(np.exp(np.mean(np.log(ratios)))), doubled_s / TUNE_S


def _level(samples: NDArray) -> NDArray:
    """Samples at a root mean square of .05."""
    return 0.05 * samples / np.sqrt(np.mean(np.square(samples)))


def main() -> None:
    """See the head of this file."""
    parser = argparse.ArgumentParser(prog="python benchmarks morphing", description=__doc__)
    parser.add_argument("--pairs", type=int, default=len(PAIRS), help="Number of pairs.")
    asked = parser.parse_args()
    rows: list[tuple[str, ...]] = []
    found: dict[str, list[tuple[float, float, float]]] = {}
    for name, pair in list(PAIRS.items())[: asked.pairs]:
        for kind, tune in (("melody", MELODY), ("chords", CHORDS)):
            case = Case.of(*pair, tune)
            for method, output in case.outputs():
                values = case.measured(output)
                found.setdefault(method, []).append(values)
                rows.append((f"{name}, {kind}", method, *_cells(values)))
                print(*rows[-1], flush=True)
    means = [(method, *_cells(np.mean(each, axis=0))) for method, each in found.items()]
    text = (
        "Means. LSD: distance to the instrument half way. Attack: times of the notes' attacks, as "
        "a ratio to that instrument's. Doubled: share of the time in which two waveforms sound, or "
        "in which an attack has a second one; the notes of a crossfade begin together here."
    )
    sections: list = [
        (text, ("method", *COLUMNS), means),
        ("Pair by pair:", ("pair", "method", *COLUMNS), rows),
    ]
    write_table("morphing", "Half way between two instruments", sections)


def _cells(values: Sequence[float]) -> tuple[str, str, str]:
    return f"{values[0]:.2f}", f"{values[1]:.2f}", f"{100.0 * values[2]:.0f} %"


if __name__ == "__main__":
    main()
