"""Notes whose timbre is known."""

import numpy as np


def tone(
    pitches_hz: list[float], slope: float, *, sample_rate: int, note_s: float = 0.5
) -> np.ndarray:
    """Decaying notes whose partial *k* has the amplitude k ** -slope; **shape** ``(time,)``.

    Args:
        pitches_hz: of the notes, one after another.
        slope: see above; the higher, the duller.
        sample_rate: in Hz; partials reach up to almost half of it.
        note_s: length of a note, in seconds.
    """
    time_s = np.arange(round(note_s * sample_rate)) / sample_rate
    notes = []
    for pitch_hz in pitches_hz:
        partials = np.arange(1, int((0.5 * sample_rate - 100) // pitch_hz) + 1)[:, None]
        waves = np.sin(2 * np.pi * pitch_hz * partials * time_s)
        notes.append((partials**-slope * waves).sum(0) * np.exp(-3 * time_s))
    return np.concatenate(notes)
