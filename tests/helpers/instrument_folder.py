"""A small folder of instruments, each with a waveform of its own."""

from pathlib import Path

import numpy as np

from estilo.audio import Audio
from estilo.datasets.instruments.library import InstrumentNote, write_library
from estilo.io import save
from estilo.units import midi_to_hz

RATE = 8000
HELD_S, VELOCITIES = (0.2, 0.4), (60, 110)
PARTIALS = {"flute": (1.0, 0.1), "reed-a": (1.0, 0.0, 0.5, 0.0, 0.3), "reed-b": (1.0, 0.9, 0.8)}


def write_instruments(folder: Path, *, pitches: range = range(60, 72)) -> list[InstrumentNote]:
    """Three instruments in either half; the test half's own begin a tone lower.

    Args:
        folder: folder to write to.
        pitches: pitches of the training half.
    """
    notes = []
    for split, lower in (("train", 0), ("test", 2)):
        for name, partials in PARTIALS.items():
            for pitch in range(pitches.start - lower, pitches.stop):
                for velocity in VELOCITIES:
                    for held_s in HELD_S:
                        path = f"{split}/{name}/{pitch}-{velocity}-{held_s}.wav"
                        note = InstrumentNote(
                            path, name, pitch, velocity, held_s, split, "CC0-1.0", "made up"
                        )
                        write_note(folder, note, sounding=pitch, partials=partials)
                        notes.append(note)
    write_library(folder, notes)
    return notes


def write_note(
    folder: Path, note: InstrumentNote, *, sounding: float, partials: tuple[float, ...]
) -> None:
    """The file of a note, at any pitch that it should sound at.

    Args:
        folder: folder of the table.
        note: what the table says.
        sounding: MIDI pitch that it has.
        partials: amplitudes of its partials.
    """
    time_s = np.arange(round((note.held_s + 0.05) * RATE)) / RATE
    phase = 2.0 * np.pi * float(midi_to_hz(sounding)) * time_s
    wave = sum(a * np.sin(n * phase) for n, a in enumerate(partials, 1))
    fade = np.minimum(1.0, (time_s[-1] - time_s) / 0.05)
    (folder / note.path).parent.mkdir(parents=True, exist_ok=True)
    samples = 0.2 * note.velocity / 127 * wave * fade
    save(Audio(samples, RATE), folder / note.path, force=True)
