from itertools import pairwise

import numpy as np
import pytest
from scipy.signal import firwin, lfilter, welch
from tiny_set import RATE, TinyPairs

from estilo.audio import Audio
from estilo.errors import InputError
from estilo.evaluation.controls import (
    loudness_curve,
    sounding_level,
    spectral_noise,
    with_noise_bed,
)
from estilo.evaluation.makers import NoiseBed, TransferMaker


def rng_of(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture
def style():
    """Noise of a known colour, with tones in it, half as long and at another rate."""
    time_s = np.arange(4 * 22_050) / 22_050
    noise = lfilter(
        firwin(101, [1000, 3000], fs=22_050, pass_zero=False),
        1.0,
        rng_of().normal(size=len(time_s)),
    )
    return Audio(0.1 * noise + 0.2 * np.sin(2 * np.pi * 440 * time_s), 22_050)


@pytest.fixture
def content():
    """Two bursts of a tone with silence before, between and after them."""
    tone = 0.3 * np.sin(2 * np.pi * 300 * np.arange(RATE) / RATE)
    rest = np.zeros(RATE)
    return Audio(np.concatenate([rest, tone, rest, 0.5 * tone, rest]), RATE)


def band_levels_db(samples, rate):
    """Levels in third-octave bands from 200 Hz to 5 kHz, by scipy."""
    frequency_hz, power = welch(samples, rate, nperseg=round(0.1 * rate))
    edges = 200.0 * 2.0 ** (np.arange(15) / 3)
    levels = [power[(frequency_hz >= a) & (frequency_hz < b)].mean() for a, b in pairwise(edges)]
    return 10.0 * np.log10(np.array(levels))


def test_its_average_spectrum_is_the_styles(style):
    noise = spectral_noise(style, sample_rate=RATE, shape=(1, 8 * RATE), rng=rng_of())[0]
    ours, theirs = band_levels_db(noise, RATE), band_levels_db(style.samples[0], 22_050)
    is_heard = theirs > theirs.max() - 40.0
    difference = (ours - theirs)[is_heard]
    assert is_heard.sum() >= 6
    assert is_heard[3]  # the tone
    assert np.abs(difference - difference.mean()).max() < 1.0


def test_it_is_stationary_and_nothing_of_the_styles_own(style):
    noise = spectral_noise(style, sample_rate=RATE, shape=(2, 8 * RATE), rng=rng_of())
    np.testing.assert_allclose(np.sqrt(np.mean(noise**2, axis=1)), 1.0)
    parts = np.sqrt(np.mean(noise.reshape(2, 8, RATE) ** 2, axis=2))
    assert parts.min() > 0.6
    assert abs(np.corrcoef(noise)[0, 1]) < 0.1
    again = spectral_noise(style, sample_rate=RATE, shape=(2, 8 * RATE), rng=rng_of())
    np.testing.assert_array_equal(noise, again)


@pytest.mark.parametrize("level_db", [-20.0, -30.0, -40.0])
def test_its_level_is_against_sounding_parts(content, style, level_db):
    out = with_noise_bed(content, style, level_db=level_db, rng=rng_of())
    bed = out.samples - content.samples
    # Two tones of RMS .3 and .15 over the square root of two, and no pause.
    expected = np.sqrt((0.3**2 + 0.15**2) / 2 / 2)
    assert sounding_level(content) == pytest.approx(expected, rel=0.01)
    level = 20.0 * np.log10(np.sqrt(np.mean(bed**2)) / expected)
    assert level == pytest.approx(level_db, abs=0.1)
    assert np.sqrt(np.mean(bed[0, :RATE] ** 2)) > 0.5 * np.sqrt(np.mean(bed**2))


def test_gated_it_follows_the_content(content, style):
    out = with_noise_bed(content, style, level_db=-25.0, rng=rng_of(), is_gated=True)
    bed = (out.samples - content.samples).reshape(5, RATE)
    rest, loud, between, soft, end = 20.0 * np.log10(
        np.sqrt(np.mean(bed[:, RATE // 10 : -RATE // 10] ** 2, axis=1)) + 1e-9
    )
    assert max(rest, between, end) < -150.0
    assert loud - soft == pytest.approx(20.0 * np.log10(2.0), abs=1.5)
    tone_db = 20.0 * np.log10(0.3 / np.sqrt(2.0))
    assert loud - tone_db == pytest.approx(-25.0, abs=1.5)


def test_the_loudness_curve_of_a_tone(content):
    curve = loudness_curve(content)
    middle = curve[round(1.2 * RATE) : round(1.8 * RATE)]
    np.testing.assert_allclose(middle, 0.3 / np.sqrt(2.0), rtol=0.02)
    assert not curve[: round(0.9 * RATE)].any()


def test_what_would_pass_full_scale_is_turned_down(style):
    content = Audio(np.sin(0.1 * np.arange(RATE)), RATE)
    out = with_noise_bed(content, style, level_db=-20.0, rng=rng_of())
    assert np.abs(out.samples).max() == pytest.approx(1.0)


def test_silence_is_refused(content, style):
    silent = Audio(np.zeros(RATE), RATE)
    with pytest.raises(InputError, match="the content is silent"):
        with_noise_bed(silent, style, level_db=-20.0, rng=rng_of())
    with pytest.raises(InputError, match="the style is silent"):
        with_noise_bed(content, silent, level_db=-20.0, rng=rng_of())


def test_what_a_row_makes():
    item = TinyPairs().load("a-0")
    bed = NoiseBed(-25.0, eq_strength=0.5)
    bed.warm()
    out, equalised = bed.make(item), TransferMaker({"engine": "eq", "strength": 0.5}).make(item)
    rest = out.samples - equalised.samples
    level = np.sqrt(np.mean(rest**2)) / sounding_level(item.content)
    assert 20.0 * np.log10(level) == pytest.approx(-25.0, abs=0.1)
    np.testing.assert_array_equal(out.samples, bed.make(item).samples)
    rows = [NoiseBed(-20.0), NoiseBed(-25.0), NoiseBed(-25.0, is_gated=True), bed]
    assert len({repr(row.recipe()) for row in rows}) == 4
    assert bed.recipe()["equaliser"]["settings"]["strength"] == 0.5
