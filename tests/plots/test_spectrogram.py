import itertools

import numpy as np
import pytest

from estilo.audio import Audio
from estilo.plots.spectrogram import envelope, log_spectrogram


def tone(hz, seconds=1.0, rate=44_100, amplitude=1.0):
    return Audio(amplitude * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate), rate)


def row_hz(picture, row):
    n_rows = len(picture.level_db)
    return picture.low_hz * (picture.high_hz / picture.low_hz) ** ((row + 0.5) / n_rows)


@pytest.mark.parametrize(
    ("hz", "seconds"),
    [*itertools.product([60, 110, 440, 3_000, 12_000], [0.2, 1.0]), (60, 90.0), (12_000, 90.0)],
)
def test_a_sine_is_a_line_at_its_frequency_and_level(hz, seconds):
    """Half of full scale is −6.02 dB wherever the line lies and however long it lasts."""
    picture = log_spectrogram(tone(hz, seconds, amplitude=0.5))
    middle = picture.level_db[:, picture.level_db.shape[1] // 2]
    assert row_hz(picture, int(middle.argmax())) == pytest.approx(hz, rel=0.06)
    assert middle.max() == pytest.approx(-6.02, abs=0.7)


def test_channels_do_not_cancel():
    one = tone(1000)
    both = Audio(np.concatenate([one.samples, -one.samples]), one.sample_rate)
    assert np.allclose(log_spectrogram(both).level_db, log_spectrogram(one).level_db, atol=1e-3)


@pytest.mark.parametrize("n_samples", [1, 2, 63, 64, 65, 1000, 44_101, 500_000])
@pytest.mark.parametrize("rate", [8_000, 192_000])
def test_any_length_and_rate(n_samples, rate):
    picture = log_spectrogram(Audio(np.zeros((2, n_samples)), rate))
    n_rows, n_columns = picture.level_db.shape
    assert n_rows == 300
    assert 1 <= n_columns <= 900
    assert np.allclose(picture.level_db, -200.0)
    assert picture.high_hz == min(20_000, rate / 2)


def test_a_click_shows_when_it_was():
    samples = np.zeros(44_100)
    samples[33_075] = 1.0
    levels = log_spectrogram(Audio(samples, 44_100)).level_db.max(0)
    assert levels.argmax() / len(levels) == pytest.approx(0.75, abs=0.01)


def test_no_peak_is_lost_in_an_envelope(rng):
    samples = rng.uniform(-0.1, 0.1, (2, 100_003))
    samples[0, 77_777], samples[1, 3] = 0.9, -0.8
    times_s, low, high = envelope(Audio(samples, 8_000))
    assert times_s.shape == (900,)
    assert high[0].max() == np.float32(0.9)
    assert low[1].min() == np.float32(-0.8)
    assert times_s[high[0].argmax()] == pytest.approx(77_777 / 8_000, abs=0.02)
