"""Clicks: found where they were put, and not in what only sounds sharp."""

import numpy as np
import pytest

from estilo.analysis.clicks import click_times
from estilo.dsp.resample import resample
from estilo.errors import InputError


def _notes(rate: int, rng: np.random.Generator) -> np.ndarray:
    """Plucked notes with sharp attacks over a little noise; **shape** ``(time,)``."""
    time_s = np.arange(2 * rate) / rate
    out = 1e-4 * rng.standard_normal(len(time_s))
    for start_s in np.arange(0.0, 2.0, 0.25):
        after = np.maximum(time_s - start_s, 0.0)
        envelope = np.exp(-8.0 * after) * np.minimum(after / 0.002, 1.0)
        for partial in range(1, 9):
            out += 0.1 / partial * envelope * np.sin(2 * np.pi * 330.0 * partial * after)
    return out


@pytest.mark.parametrize("rate", [16_000, 44_100, 96_000])
def test_impulses_and_steps_are_found_where_they_are(rate: int, rng: np.random.Generator) -> None:
    truth_s = np.array([0.11, 0.62, 1.43])
    for length in (1, 2, 3 * rate // 10):
        waveform = _notes(rate, rng)
        for start in np.round(truth_s * rate).astype(int):
            waveform[start : start + length] += 0.1
        ends_s = truth_s + length / rate
        expected_s = truth_s if length < 10 else np.sort(np.r_[truth_s, ends_s])
        np.testing.assert_allclose(click_times(waveform, rate), expected_s, atol=3 / rate)


def test_what_only_sounds_sharp_is_no_click(rng: np.random.Generator) -> None:
    rate = 44_100
    time_s = np.arange(2 * rate) / rate
    assert len(click_times(_notes(rate, rng), rate)) == 0
    saw = 0.5 * np.mod(110.0 * time_s, 1.0)
    assert len(click_times(saw[100:-100], rate)) == 0
    assert len(click_times(rng.standard_normal(rate), rate)) == 0
    bursts = rng.standard_normal(2 * rate) * np.exp(-30.0 * np.mod(time_s, 0.3))
    assert len(click_times(bursts, rate)) == 0
    gated = np.sin(2 * np.pi * 440 * time_s) * (np.abs(time_s - 1.0) < 0.5)
    fade = np.round(200 * gated * np.exp(-4 * time_s)) / 32768  # the last bits switch
    assert len(click_times(fade, rate)) <= 2


def test_resampling_and_gain_hide_no_click(rng: np.random.Generator) -> None:
    waveform = _notes(44_100, rng)
    waveform[30_000] += 0.5
    halved = resample(waveform[None], 44_100, 22_050)[0]
    back = resample(halved[None], 22_050, 44_100)[0]
    for version, rate in ((halved, 22_050), (back, 44_100), (1e-5 * back, 44_100)):
        np.testing.assert_allclose(click_times(version, rate), [30_000 / 44_100], atol=1e-3)


def test_chunks_do_not_show(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    waveform = _notes(44_100, rng)
    waveform[rng.integers(0, len(waveform), 20)] += 0.3
    whole = click_times(waveform, 44_100)
    assert len(whole) >= 15
    monkeypatch.setattr("estilo.analysis.clicks._CHUNK_BLOCKS", 7)
    np.testing.assert_array_equal(click_times(waveform, 44_100), whole)


@pytest.mark.parametrize("n_samples", [0, 1, 2, 3, 40])
def test_short_and_silent_have_none(n_samples: int) -> None:
    assert len(click_times(np.zeros(n_samples), 44_100)) == 0
    assert len(click_times(np.ones(n_samples), 44_100)) == 0


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match="one channel and a positive rate"):
        click_times(np.zeros((2, 100)), 44_100)
    with pytest.raises(InputError, match="one channel and a positive rate"):
        click_times(np.zeros(100), 0)
