"""Frequency modulation with two to four operators (Chowning 1973): pianos, brass, bells."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estilo.synthesis.notes import Note
from estilo.synthesis.shaping import (
    Envelope,
    Motion,
    control_time,
    from_control,
    held,
    levelled,
    log_uniform,
    struck,
)
from estilo.units import midi_to_hz

# Which operators modulate which, the modulators of operator i at place i; operators that
# modulate nothing are heard. Modulators always come later in the list than what they modulate.
ALGORITHMS: dict[str, tuple[tuple[int, ...], ...]] = {
    "pair": ((1,), ()),
    "stack of three": ((1,), (2,), ()),
    "two into one": ((1, 2), (), ()),
    "one into two": ((2,), (2,), ()),
    "two pairs": ((2,), (3,), (), ()),
    "stack of four": ((1,), (2,), (3,), ()),
    "three into one": ((1, 2, 3), (), (), ()),
    "branch": ((1, 2), (3,), (), ()),
    "pair and stack": ((2,), (), (3,), ()),
}


@dataclass(frozen=True)
class Operator:
    """A sine oscillator.

    Args:
        ratio: ratio of its frequency to the note's.
        level: amplitude of an operator that is heard; peak phase deviation of a modulator, in
            radians.
        envelope: envelope of its level.
        feedback: peak phase deviation by its own output, in radians.
        touch: share of its level that depends on the velocity, 0 to 1.
    """

    ratio: float
    level: float
    envelope: Envelope
    feedback: float
    touch: float


@dataclass(frozen=True)
class FmPatch:
    """Sine oscillators that modulate each other's phase.

    Args:
        algorithm: a name in `ALGORITHMS`.
        operators: oscillators, as many as the algorithm has.
        motion: motion of the pitch.
    """

    algorithm: str
    operators: tuple[Operator, ...]
    motion: Motion

    is_pitched = True

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "FmPatch":
        """Any algorithm, whole-numbered ratios for most, struck or held.

        Example:
            >>> patch = FmPatch.draw(np.random.default_rng(0))
            >>> len(patch.operators) == len(ALGORITHMS[patch.algorithm])
            True
        """
        algorithm = str(rng.choice(list(ALGORITHMS)))
        modulators = ALGORITHMS[algorithm]
        is_modulator = {m for inputs in modulators for m in inputs}
        is_struck = bool(rng.random() < 0.5)
        is_harmonic = bool(rng.random() < 0.75)
        operators = [
            _draw_modulator(rng, is_struck=is_struck, is_harmonic=is_harmonic)
            if place in is_modulator
            else _draw_carrier(rng, is_struck=is_struck, is_first=place == 0)
            for place in range(len(modulators))
        ]
        motion = Motion(detune_cents=rng.normal(0.0, 2.0)) if is_struck else Motion.draw(rng)
        return cls(algorithm, tuple(operators), motion)

    def play(
        self, note: Note, *, sample_rate: int, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Play one note with its release, ``(time,)``; see `Patch.play`."""
        modulators = ALGORITHMS[self.algorithm]
        is_modulator = {m for inputs in modulators for m in inputs}
        heard = [i for i in range(len(modulators)) if i not in is_modulator]
        n_samples = max(
            self.operators[i].envelope.n_samples(note.duration_s, sample_rate) for i in heard
        )
        cycles = self.motion.cycles(note.pitch, n_samples, sample_rate=sample_rate, rng=rng)
        waves: dict[int, NDArray] = {}
        for i in reversed(range(len(modulators))):
            bend = sum((waves[m] for m in modulators[i]), np.zeros(1, dtype=np.float32))
            ceiling = self._ceiling(i, note, sample_rate) if i in is_modulator else np.inf
            waves[i] = _oscillate(
                self.operators[i], cycles, bend, note, ceiling=ceiling, sample_rate=sample_rate
            )
        sound = sum((waves[i] for i in heard), np.zeros(n_samples, dtype=np.float32))
        return levelled(sound, velocity=note.velocity, sample_rate=sample_rate)

    def _ceiling(self, place: int, note: Note, sample_rate: int) -> float:
        """Deviation that keeps the sidebands (Carson's rule) below the Nyquist frequency."""
        fundamental_hz = float(midi_to_hz(note.pitch))
        room = 0.45 * sample_rate / fundamental_hz - max(op.ratio for op in self.operators)
        return max(room / self.operators[place].ratio - 1.0, 0.05) * 0.7


def _oscillate(
    operator: Operator,
    cycles: NDArray,
    bend: NDArray,
    note: Note,
    *,
    ceiling: float,
    sample_rate: int,
) -> NDArray[np.float32]:
    """One operator's output, ``(time,)``, its phase bent by that of others in radians."""
    phase = cycles * operator.ratio
    phase -= np.floor(phase)
    angle = (2.0 * np.pi * phase).astype(np.float32)
    if operator.feedback:
        angle = angle + np.float32(operator.feedback) * np.sin(angle)
    time_s = control_time(len(cycles), sample_rate)
    level = operator.envelope.level(time_s, duration_s=note.duration_s)
    level = level * min(operator.level, ceiling)
    level *= 1.0 - operator.touch * (1.0 - note.velocity)
    return np.sin(angle + bend) * from_control(level.astype(np.float32), len(cycles))


def _draw_carrier(rng: np.random.Generator, *, is_struck: bool, is_first: bool) -> Operator:
    ratio = 1.0 if is_first or rng.random() < 0.4 else float(rng.integers(1, 5))
    if not is_first and rng.random() < 0.5:
        ratio *= 1.0 + rng.normal(0.0, 0.0015)
    return Operator(
        ratio=ratio,
        level=1.0 if is_first else rng.uniform(0.1, 0.8),
        envelope=struck(rng) if is_struck else held(rng),
        feedback=0.0,
        touch=0.0,
    )


def _draw_modulator(rng: np.random.Generator, *, is_struck: bool, is_harmonic: bool) -> Operator:
    if is_harmonic:
        ratio = float(
            rng.choice(
                (1, 2, 3, 4, 5, 6, 7, 9, 11, 14),
                p=(0.35, 0.2, 0.13, 0.09, 0.06, 0.04, 0.05, 0.03, 0.02, 0.03),
            )
        )
        ratio *= 1.0 + (rng.normal(0.0, 0.001) if rng.random() < 0.3 else 0.0)
    else:
        ratio = log_uniform(rng, 1.05, 9.0)
    envelope = struck(rng) if is_struck or rng.random() < 0.3 else held(rng)
    return Operator(
        ratio=ratio,
        level=log_uniform(rng, 0.3, 9.0) / max(ratio, 1.0) ** 0.3,
        envelope=envelope,
        feedback=rng.uniform(0.1, 0.9) if rng.random() < 0.25 else 0.0,
        touch=rng.uniform(0.1, 0.9),
    )
