"""FreePats: patches of the Gravis Ultrasound, which estilo plays by itself."""

import re
from dataclasses import dataclass
from pathlib import Path

from estilo.datasets.instruments.general_midi import CENTRES
from estilo.datasets.instruments.keys import keys_around
from estilo.datasets.instruments.settings import InstrumentSettings
from estilo.datasets.instruments.takes import SAMPLE_RATE, TAIL_S, Take
from estilo.errors import InputError
from estilo.synthesis.gus_patches import play_patch, read_patch
from estilo.synthesis.notes import Note

_FILE = re.compile(r"(\d{3})_.*\.pat")
_TONES = "Tone_000"


@dataclass(frozen=True)
class GusInstrument:
    """A patch in a file.

    Args:
        path: path of the file.
        program: program of General MIDI that it stands for.
    """

    path: Path
    program: int

    source = "FreePats"
    licence = "GPL-2.0-or-later"

    @property
    def name(self) -> str:
        """Name of the instrument."""
        return f"freepats-{self.program:03d}"

    def play(self) -> list[Take]:
        """Its notes; see `estilo.datasets.instruments.sources.base.Instrument`."""
        patch = read_patch(self.path)
        takes = []
        for key in keys_around(CENTRES[self.program]):
            note = Note(0.0, key.held_s, float(key.midi_pitch), key.velocity / 127.0)
            samples = play_patch(
                patch, note, sample_rate=SAMPLE_RATE, duration_s=key.held_s + TAIL_S
            )
            takes.append(Take(key, samples))
        return takes


def freepats(settings: InstrumentSettings) -> list[GusInstrument]:
    """Patches of FreePats, in the folder of Debian's package freepats or another one.

    Args:
        settings: settings that name the folder.

    Raises:
        InputError: there are no patches in it.
    """
    folder = Path(settings.freepats)
    found = [
        GusInstrument(path, int(match[1]))
        for path in sorted((folder / _TONES).glob("*.pat"))
        if (match := _FILE.fullmatch(path.name)) and int(match[1]) < len(CENTRES)
    ]
    if not found:
        raise InputError(
            f"there are no patches in {folder / _TONES}; install them (apt install freepats), or "
            "name their folder by --freepats"
        )
    return found
