"""Synthetic triplets: the one test where the target is known.

Content: notes *m* on instrument *a*; style: notes *m'* on *b*; target: *m* on *b*. Half of them are
melodies, half polyphonic. TimGM6mb is the test bank, on which nothing was ever trained or tuned;
MuseScore_General is there for tuning.
"""

import numpy as np

from estilo.audio import Audio
from estilo.errors import SettingsError
from estilo.evaluation.cache import cached
from estilo.evaluation.sets.base import Item, TestSet
from estilo.synthesis.fluidsynth import render
from estilo.synthesis.notes import Note, random_phrase

DURATION_S = 8.0
SAMPLE_RATE_HZ = 44_100
N_DEFAULT = 60
_LARGEST = 2000
_RMS = 0.1
_PEAK = 0.95
_VERSION = 1

FAMILIES = {
    "piano": (0, 1, 2, 4, 5, 6),
    "mallet": (8, 10, 11, 12, 13),
    "organ": (16, 17, 19, 20, 21),
    "guitar": (24, 25, 26, 27, 29, 30),
    "bass": (32, 33, 34, 38),
    "string": (40, 41, 42, 44, 46),
    "ensemble": (48, 50, 52, 54),
    "brass": (56, 57, 58, 60, 61),
    "reed": (64, 65, 66, 68, 70, 71),
    "pipe": (72, 73, 74, 75, 79),
    "lead": (80, 81, 85),
    "pad": (88, 89, 90),
}
"""General MIDI programs with a definite pitch, by family; drums and effects are left out."""


class SyntheticTriplets(TestSet):
    """Triplets rendered from generated notes through a soundfont.

    Args:
        soundfont: name or path; see `estilo.synthesis.fluidsynth.find_player`.
        seed: random seed of notes and instruments; another seed is another set.
    """

    def __init__(self, soundfont: str = "TimGM6mb", *, seed: int = 0) -> None:
        self.soundfont = soundfont
        self.seed = seed

    def names(self, n: int | None = None) -> list[str]:
        """Melodies and polyphony in turn; any number, 60 by default."""
        n = N_DEFAULT if n is None else n
        if not 1 <= n <= _LARGEST:
            raise SettingsError(f"a synthetic set holds 1 to {_LARGEST} triplets, got {n}")
        return [f"{'poly' if index % 2 else 'mono'}-{index:04d}" for index in range(n)]

    def load(self, name: str) -> Item:
        """One triplet, from the cache once it was rendered."""
        group, _, index = name.partition("-")
        # Each item has a seed of its own: a larger set begins with the smaller one.
        rng = np.random.default_rng([self.seed, int(index)])
        played, other = (
            random_phrase(rng, duration_s=DURATION_S, is_polyphonic=group == "poly")
            for _ in range(2)
        )
        first, second = rng.choice(len(FAMILIES), size=2, replace=False)
        families = list(FAMILIES.values())
        a, b = (int(rng.choice(families[family])) for family in (first, second))
        return Item(
            name=name,
            group=group,
            content=self._audio(f"{name}-content", played, a),
            style=self._audio(f"{name}-style", other, b),
            target=self._audio(f"{name}-target", played, b),
        )

    def _audio(self, name: str, notes: tuple[Note, ...], program: int) -> Audio:
        def make() -> Audio:
            samples = render(
                notes,
                program=program,
                soundfont=self.soundfont,
                sample_rate=SAMPLE_RATE_HZ,
                duration_s=DURATION_S,
            )
            rms = float(np.sqrt(np.mean(samples**2)))
            peak = float(np.abs(samples).max())
            gain = min(_RMS / max(rms, 1e-9), _PEAK / max(peak, 1e-9))
            return Audio(samples * gain, SAMPLE_RATE_HZ)

        font = self.soundfont.rpartition("/")[2]
        return cached(f"synthetic-v{_VERSION}/{font}-{self.seed}/{name}", make)
