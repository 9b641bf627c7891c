"""How notes end where no style tells: their levels are known, as they are made here."""

import numpy as np
import pytest

from estilo.analysis.transcription import HeardNote, Transcription
from estilo.engines.notes.let_go import let_go_as, release_db_s
from estilo.sampler.instrument import Instrument
from estilo.sampler.releases import RINGS, USUAL_RELEASE_DB_S

NOTES = tuple(HeardNote(start, start + 0.5, 60.0, -20.0) for start in (0.0, 1.0, 2.0))


def powers(fall_db_s: float, notes: tuple[HeardNote, ...] = NOTES) -> np.ndarray:
    """Notes that fall at a rate to a floor 60 dB down; **shape** ``(2, steps)``."""
    time_s = 0.01 * np.arange(350)
    since_s = np.min([np.abs(time_s - np.clip(time_s, n.start_s, n.end_s)) for n in notes], axis=0)
    return np.tile(10.0 ** (-0.1 * np.minimum(fall_db_s * since_s, 60.0)), (2, 1))


@pytest.mark.parametrize("fall_db_s", [50.0, 200.0, 800.0])
def test_the_fall_is_heard(fall_db_s: float) -> None:
    assert release_db_s(NOTES, powers(fall_db_s)) == pytest.approx(fall_db_s, rel=0.05)


def test_ends_that_others_cover_tell_nothing() -> None:
    slurred = tuple(HeardNote(start, start + 1.02, 60.0, -20.0) for start in (0.0, 1.0, 2.0))
    assert release_db_s(slurred, powers(800.0, slurred)) is None
    assert release_db_s((), np.zeros(0)) is None


@pytest.mark.parametrize(
    ("own_db_s", "expected_db_s"),
    [(USUAL_RELEASE_DB_S, 800.0), (300.0, 300.0), (RINGS, RINGS)],
)
def test_only_what_the_style_does_not_tell_is_the_contents(
    own_db_s: float, expected_db_s: float
) -> None:
    instrument = Instrument((), 0.0, own_db_s)
    heard = Transcription(NOTES, powers=powers(800.0))
    assert let_go_as(instrument, heard).release_db_s == pytest.approx(expected_db_s, rel=0.05)


def test_it_is_never_slower_than_usual() -> None:
    heard = Transcription(NOTES, powers=powers(40.0))
    assert let_go_as(Instrument((), 0.0), heard).release_db_s == USUAL_RELEASE_DB_S
