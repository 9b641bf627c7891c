"""SFZ files in a player that is not our own: sfizz, through the package pysfizz (BSD-2)."""

import time

import numpy as np
import pytest
import sampled
from sampled import instrument

from estilo.analysis.transcription.heard import HeardNote
from estilo.sampler.player import play
from estilo.sampler.sfz import write_sfz

pysfizz = pytest.importorskip("pysfizz", reason="needs a player of SFZ files: pip install pysfizz")

RATE = 44_100
NOTES = tuple(
    HeardNote(start_s, start_s + 0.8, pitch, -12.0)
    for start_s, pitch in ((0.1, 48.2), (1.3, 55.9), (2.6, 63.1))
)
KEYS = ((48, 100), (50, 60), (56, 127), (60, 90), (64, 30))
_LOWEST_HZ, _N_BANDS, _RANGE_DB = 100.0, 21, 50.0  # third octaves up to 10 kHz


def third_octaves_db(samples: np.ndarray) -> np.ndarray:
    middle_hz = _LOWEST_HZ * 2.0 ** (np.arange(_N_BANDS) / 3.0)
    power = np.square(np.abs(np.fft.rfft(samples)))
    hz = np.fft.rfftfreq(len(samples), 1.0 / RATE)
    bands = [
        power[(hz >= each * 2.0 ** (-1 / 6)) & (hz < each * 2.0 ** (1 / 6))].sum()
        for each in middle_hz
    ]
    return 10.0 * np.log10(np.array(bands) + 1e-12)


def rendered(player, key: int, velocity: int, held_s: float, duration_s: float) -> np.ndarray:
    """A note, once its samples are loaded, which the player does beside its own work."""
    before = np.zeros(0)
    for _ in range(50):
        now = player.render_note(key, velocity, held_s, duration_s).mean(0)
        if len(before) == len(now) and np.abs(now - before).max() < 1e-4 * np.abs(now).max():
            return now
        before = now
        time.sleep(0.1)
    raise AssertionError("the player does not play a note twice in the same way")


@pytest.mark.parametrize("decays_db_s", [(0.0,) * 6, (10.0, 12.0, 15.0, 20.0, 25.0, 30.0)])
@pytest.mark.parametrize("held_s", [0.5, 2.0])
def test_a_player_makes_of_it_what_our_own_does(tmp_path, monkeypatch, decays_db_s, held_s):
    monkeypatch.setattr(sampled, "RATE", RATE)
    made = instrument(NOTES, 4.5, decays_db_s=decays_db_s)
    path = write_sfz(made, tmp_path / "made.sfz")
    player = pysfizz.Synth(RATE, 64)
    assert player.load_sfz_file(str(path))
    duration_s = held_s + 1.5
    for key, velocity in KEYS:
        theirs = rendered(player, key, velocity, held_s, duration_s)
        note = HeardNote(0.0, held_s, float(key), 0.0)
        own = play([note], made, sample_rate=RATE, duration_s=duration_s).audio.samples[0]
        expected = third_octaves_db(own)
        difference = (third_octaves_db(theirs[: len(own)]) - expected)[
            expected > expected.max() - _RANGE_DB
        ]
        assert len(difference) >= 6
        # How loud a player is in all is its own matter.
        assert np.ptp(difference) < 1.0, (key, difference)


def test_velocity_is_the_level(tmp_path, monkeypatch):
    monkeypatch.setattr(sampled, "RATE", RATE)
    path = write_sfz(instrument(NOTES, 4.5), tmp_path / "made.sfz")
    player = pysfizz.Synth(RATE, 64)
    assert player.load_sfz_file(str(path))
    loud, soft = (
        np.square(rendered(player, 48, velocity, 0.5, 1.0)).mean() for velocity in (127, 40)
    )
    assert 10.0 * np.log10(loud / soft) == pytest.approx(40.0 * np.log10(127 / 40), abs=0.5)
