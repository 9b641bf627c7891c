"""Textures: level, stationarity, and the physics that each is named after."""

from functools import cache

import numpy as np
import pytest
from scipy import signal

from estilo.errors import InputError
from estilo.synthesis.textures import TEXTURES
from estilo.synthesis.textures.scatter import poisson_starts, strew

RATE = 16_000


@cache
def _texture(name, *, seed=0, duration_s=6.0):
    return TEXTURES[name](duration_s, RATE, np.random.default_rng(seed))


def _bands_db(waveform):
    """Levels in octave bands from 62 Hz to 8 kHz, of the whole."""
    power = np.abs(np.fft.rfft(waveform.astype(float))) ** 2
    edges = 62.5 * 2.0 ** np.arange(8)
    band = np.digitize(np.fft.rfftfreq(len(waveform), 1.0 / RATE), edges)
    totals = np.bincount(band, power, minlength=9)[1:8]
    return 10.0 * np.log10(totals / totals.sum() + 1e-6)


@pytest.mark.parametrize("name", TEXTURES)
def test_level_length_and_determinism(name):
    for seed in range(2):
        first, again = (TEXTURES[name](2.5, RATE, np.random.default_rng(seed)) for _ in range(2))

        assert first.shape == (int(2.5 * RATE),)
        assert first.dtype == np.float32
        assert np.isfinite(first).all()
        assert 0.07 < np.sqrt(np.square(first).mean()) < 0.105
        assert np.abs(first).max() < 1.0
        assert first.tobytes() == again.tobytes()
    assert not np.allclose(first, _texture(name, seed=9, duration_s=2.5))


@pytest.mark.parametrize("name", TEXTURES)
def test_both_halves_have_the_same_spectrum(name):
    """Mean difference of octave bands between halves of 20 s, over two seeds."""
    differences = []
    for seed in range(2):
        halves = np.split(_texture(name, seed=seed, duration_s=20.0), 2)
        first, second = map(_bands_db, halves)
        differences.append(np.abs(first - second)[_bands_db(np.concatenate(halves)) > -25.0].mean())
    assert np.mean(differences) < 2.0


@pytest.mark.parametrize("name", TEXTURES)
def test_texture_sounds_from_its_first_moment(name):
    """No fade-in: the first two seconds are as loud as the rest within 6 dB."""
    waveform = _texture(name)
    start = np.square(waveform[: 2 * RATE]).mean()

    assert abs(10.0 * np.log10(start / np.square(waveform).mean())) < 6.0


def test_textures_differ_from_each_other():
    """Another texture is further than another seed, by octave bands and burstiness together."""
    vectors = {
        name: [_description(_texture(name, seed=seed)) for seed in (0, 1, 2)] for name in TEXTURES
    }
    centres = {name: np.mean(v, axis=0) for name, v in vectors.items()}
    n_right = sum(
        min(centres, key=lambda other, v=v: np.abs(centres[other] - v).sum()) == name
        for name, group in vectors.items()
        for v in group
    )
    assert n_right >= 22  # of 24


def test_fire_crackles():
    """Its highs come in bursts: far more kurtosis than noise, which has 3."""
    assert _kurtosis(_band(_texture("fire-crackle"), 2000.0, 7000.0)) > 10.0
    assert _kurtosis(_band(_texture("wind"), 2000.0, 7000.0)) < 8.0


def test_insects_sing_high_and_in_pulses():
    waveform = _texture("insects")
    assert np.square(_band(waveform, 2000.0, 7900.0)).sum() > 0.9 * np.square(waveform).sum()


def test_bubbles_ring_and_rise():
    """Single decaying tones: within frames, most power is in few bins."""
    _, _, spectrogram = signal.stft(_texture("bubbles"), RATE, nperseg=512)
    power = np.abs(spectrogram) ** 2
    loud = power[:, power.sum(axis=0) > np.median(power.sum(axis=0))]
    share = np.sort(loud, axis=0)[-12:].sum(axis=0) / loud.sum(axis=0)
    assert np.median(share) > 0.8


def test_a_stream_is_denser_than_bubbles():
    stream, bubbles = (_loudness_spread_db(_texture(n)) for n in ("stream", "bubbles"))
    assert stream < 0.5 * bubbles


def test_an_engine_is_periodic_at_its_firings():
    """The envelope's spectrum has a line between 5 and 180 Hz, far above its surroundings."""
    for seed in range(3):
        envelope = np.abs(signal.hilbert(_texture("engine", seed=seed)))
        frequency_hz, power = signal.welch(envelope - envelope.mean(), RATE, nperseg=2 * RATE)
        slow = power[(frequency_hz > 5.0) & (frequency_hz < 180.0)]
        assert slow.max() > 20.0 * np.median(slow)


def test_radio_whistles_in_its_band():
    frequency_hz, power = signal.welch(_texture("radio-static"), RATE, nperseg=8192)
    middle = (frequency_hz > 400.0) & (frequency_hz < 4000.0)
    assert power[middle].max() > 5.0 * np.median(power[middle])
    assert np.median(power[frequency_hz > 7500.0]) < 0.3 * np.median(power[middle])


def test_applause_is_a_crowd():
    """Broad, between 500 Hz and 3 kHz mostly, without a gap."""
    waveform = _texture("applause")
    assert np.square(_band(waveform, 400.0, 4000.0)).sum() > 0.6 * np.square(waveform).sum()
    assert _loudness_spread_db(waveform) < 2.5


@pytest.mark.parametrize("name", TEXTURES)
def test_no_length_is_refused(name):
    with pytest.raises(InputError, match=r"0\.1 s or longer"):
        _texture(name, duration_s=0.0)


def test_strewing_is_convolution(rng):
    out = rng.standard_normal(100)
    sounds = rng.standard_normal((5, 30))
    starts = np.array([-29, -5, 0, 60, 99])
    expected = np.zeros(200)
    expected[50:150] = out
    for sound, start in zip(sounds, starts, strict=True):
        expected[50 + start : 80 + start] += sound

    assert strew(out, sounds, starts) == pytest.approx(expected[50:150])


def test_events_are_poisson(rng):
    counts = [
        len(poisson_starts(rng, np.zeros(RATE), rate_hz=40.0, sample_rate=RATE, lead=0))
        for _ in range(500)
    ]
    assert np.mean(counts) == pytest.approx(40.0, rel=0.05)
    assert np.var(counts) == pytest.approx(40.0, rel=0.2)


def _band(waveform, low_hz, high_hz):
    sos = signal.butter(4, (low_hz, high_hz), "bandpass", fs=RATE, output="sos")
    return signal.sosfilt(sos, waveform)


def _kurtosis(waveform):
    return np.mean((waveform - waveform.mean()) ** 4) / np.var(waveform) ** 2


def _loudness_spread_db(waveform):
    frames = waveform[: len(waveform) // 800 * 800].reshape(-1, 800)
    return np.std(10.0 * np.log10(np.square(frames).mean(axis=1) + 1e-8))


def _description(waveform):
    highs = _band(waveform, 1000.0, 7000.0)
    return np.append(np.maximum(_bands_db(waveform), -40.0), 10.0 * np.log(_kurtosis(highs)))
