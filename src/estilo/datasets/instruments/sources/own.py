"""Patches of estilo's own synthesiser."""

from dataclasses import dataclass

import numpy as np

from estilo.datasets.instruments.drawing import generator
from estilo.datasets.instruments.keys import keys_around
from estilo.datasets.instruments.settings import InstrumentSettings
from estilo.datasets.instruments.takes import SAMPLE_RATE, Take
from estilo.synthesis.notes import Note
from estilo.synthesis.patches import Patch, random_patch

_CENTRES = (50, 54, 58, 62, 66)


@dataclass(frozen=True)
class PatchInstrument:
    """A patch that is drawn at random.

    Args:
        settings: settings that say the seed.
        number: number of the patch.
    """

    settings: InstrumentSettings
    number: int

    source = "estilo's synthesiser"
    licence = "CC0-1.0"

    @property
    def name(self) -> str:
        """Name of the instrument."""
        return f"own-{self.number:05d}"

    def play(self) -> list[Take]:
        """Its notes; see `estilo.datasets.instruments.sources.base.Instrument`."""
        rng = generator(self.settings, self.name)
        patch = _pitched(rng)
        takes = []
        for key in keys_around(int(rng.choice(_CENTRES))):
            note = Note(0.0, key.held_s, float(key.midi_pitch), key.velocity / 127.0)
            samples = patch.play(note, sample_rate=SAMPLE_RATE, rng=rng)
            takes.append(Take(key, np.asarray(samples, np.float32)))
        return takes


def patches(settings: InstrumentSettings) -> list[PatchInstrument]:
    """Patches of estilo's own synthesiser, drawn at random.

    Args:
        settings: settings that say how many, and from which seed.

    Example:
        >>> [patch.name for patch in patches(InstrumentSettings(n_patches=2))]
        ['own-00000', 'own-00001']
    """
    return [PatchInstrument(settings, number) for number in range(settings.n_patches)]


def _pitched(rng: np.random.Generator) -> Patch:
    while True:
        patch = random_patch(rng)
        if patch.is_pitched:
            return patch
