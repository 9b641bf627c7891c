import numpy as np
import pytest

from estilo.audio import Audio
from estilo.datasets.instruments.library import InstrumentNote
from estilo.datasets.instruments.playing import SampledInstrument
from estilo.errors import InputError
from estilo.io import save
from estilo.synthesis.notes import Note

RATE = 8000


def recorded(folder, pitch, velocity, held_s, level):
    """A note of one level, whose value tells which one is heard."""
    path = folder / f"{pitch}-{velocity}-{held_s}.wav"
    save(Audio(np.full((1, round(held_s * RATE)), level, np.float32), RATE), path)
    return InstrumentNote(path.name, "flute", pitch, velocity, held_s, "train", "own", "mine")


@pytest.fixture
def flute(tmp_path):
    notes = [
        recorded(tmp_path, 60, 60, 0.25, 0.125),
        recorded(tmp_path, 60, 60, 1.0, 0.25),
        recorded(tmp_path, 60, 110, 1.0, 0.5),
        recorded(tmp_path, 61, 60, 1.0, 0.0625),
    ]
    return SampledInstrument(tmp_path, notes, sample_rate=RATE)


@pytest.mark.parametrize(
    ("pitch", "velocity", "duration_s", "level"),
    [
        (60, 0.5, 0.5, 0.125),  # the longest that is not longer
        (60, 0.5, 1.0, 0.25),
        (60, 0.5, 0.1, 0.125),  # all are longer: the shortest
        (60, 0.9, 0.3, 0.5),
        (61, 0.9, 5.0, 0.0625),
    ],
)
def test_the_nearest_note_is_played(flute, pitch, velocity, duration_s, level):
    out = flute.play([Note(0.5, duration_s, pitch, velocity)], duration_s=2.0)
    assert out.shape == (2 * RATE,)
    assert not out[: RATE // 2].any()
    assert out[RATE // 2] == pytest.approx(level, abs=1e-4)


def test_notes_add_up_and_the_end_fades(flute):
    chord = [Note(0.25, 1.0, 60, 0.5), Note(0.25, 1.0, 61, 0.5)]
    out = flute.play(chord, duration_s=0.5)
    assert out[RATE // 4] == pytest.approx(0.3125, abs=1e-3)
    assert out[-1] == 0.0


def test_what_it_cannot_play_is_refused(flute, tmp_path):
    with pytest.raises(InputError, match="no note of the pitch 62; it has 60 to 61"):
        flute.play([Note(0.0, 1.0, 62, 0.5)], duration_s=1.0)
    with pytest.raises(InputError, match="one instrument, got none"):
        SampledInstrument(tmp_path, [], sample_rate=RATE)
