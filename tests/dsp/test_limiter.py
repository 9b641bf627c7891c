"""Peaks turned down where they are; scipy's resampling tells what lies between samples."""

import numpy as np
import pytest
from scipy.signal import resample_poly

from estilo.dsp.limiter import limit_peaks, usual_peak

LIMIT_DBTP = -1.0


def loud(sample_rate: int) -> np.ndarray:
    """Quiet noise with a peak inside, one at the very end, and a clipped start."""
    samples = 0.05 * np.random.default_rng(0).standard_normal((2, sample_rate))
    samples[0, sample_rate // 2] = 2.5
    samples[1, -1] = 1.5
    samples[1, : sample_rate // 100] = 1.0
    return samples.astype(np.float32)


@pytest.mark.parametrize("sample_rate", [8000, 44_100, 96_000, 192_000])
def test_no_peak_is_left_and_the_rest_keeps_its_bits(sample_rate: int) -> None:
    samples = loud(sample_rate)
    before = samples.copy()
    limited_s = limit_peaks(samples, sample_rate, limit_dbtp=LIMIT_DBTP)
    assert 0.0 < limited_s < 0.2
    padded = np.pad(samples.astype(float), ((0, 0), (200, 200)))
    factor = 8 if sample_rate <= 50_000 else 1
    peak_db = 20.0 * np.log10(np.abs(resample_poly(padded, factor, 1, axis=1)).max())
    assert peak_db == pytest.approx(LIMIT_DBTP, abs=0.1)
    far = np.ones(samples.shape[1], bool)
    near = round(0.04 * sample_rate)
    for place in (0, sample_rate // 100, sample_rate // 2, sample_rate):
        far[max(place - near, 0) : place + near] = False
    np.testing.assert_array_equal(samples[:, far], before[:, far])
    assert far.mean() > 0.75


def test_what_is_turned_down_is_turned_down_alike_in_all_channels() -> None:
    samples = loud(48_000)
    before = samples.copy()
    limit_peaks(samples, 48_000, limit_dbtp=LIMIT_DBTP)
    gains = samples / np.where(before == 0.0, 1.0, before)
    np.testing.assert_allclose(gains[0], gains[1], atol=1e-6)
    assert np.abs(np.diff(gains[0])).max() < 0.01  # a gain that jumps is a click
    assert 0.0 < gains.min() < 0.5
    assert gains.max() <= 1.0


def test_what_peaks_low_enough_keeps_every_bit() -> None:
    samples = np.float32(0.1) * loud(44_100)
    before = samples.copy()
    assert limit_peaks(samples, 44_100, limit_dbtp=LIMIT_DBTP) == 0.0
    np.testing.assert_array_equal(samples, before)
    empty = np.zeros((1, 0), np.float32)
    assert limit_peaks(empty, 44_100, limit_dbtp=LIMIT_DBTP) == 0.0


def test_the_usual_peak_does_not_hear_one_peak_nor_the_silence() -> None:
    tone = np.float32(0.1) * np.sin(0.1 * np.arange(48_000, dtype=np.float32))[None]
    tone[0, 20_000] = 1.0
    longer = np.pad(tone, ((0, 0), (0, 480_000)))
    assert usual_peak(tone, 48_000) == pytest.approx(-20.0, abs=0.1)
    assert usual_peak(longer, 48_000) == pytest.approx(-20.0, abs=0.1)
    assert usual_peak(np.zeros((1, 10), np.float32), 48_000) == -np.inf
