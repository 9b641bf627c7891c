"""Effects of chains, each against what is known of it, and the chains that are drawn of them."""

import numpy as np
import pytest

from estilo.synthesis.effects import (
    KINDS,
    Amplifier,
    Cabinet,
    Chorus,
    Compressor,
    Overdrive,
    process,
    random_chain,
)

RATE = 44_100


def _tone(frequency_hz, amplitude, n_samples=RATE):
    return amplitude * np.sin(2.0 * np.pi * frequency_hz * np.arange(n_samples) / RATE)


def _middle(out):
    """Amplitudes at whole frequencies in Hz over a second, away from the ends."""
    assert len(out) == 2 * RATE
    return 2.0 * np.abs(np.fft.rfft(out[RATE // 2 : 3 * RATE // 2])) / RATE


def _harmonics(curve, amplitude, n=6):
    """Fourier's integrals of a bent cosine, by the midpoint rule, which is exact to rounding."""
    phase = 2.0 * np.pi * (np.arange(4096) + 0.5) / 4096
    bent = curve(amplitude * np.cos(phase))
    return np.abs([2.0 * np.mean(bent * np.cos(k * phase)) for k in range(1, n + 1)])


@pytest.mark.parametrize("drive_db", [0.0, 12.0, 24.0])
def test_an_amplifier_has_the_harmonics_of_its_curve(drive_db):
    stage = Amplifier(drive_db, bias=0.4, emphasis_db=0.0)
    found = _middle(stage.apply(_tone(1000.0, 0.3, 2 * RATE), RATE))[1000:6001:1000]
    driven = 0.3 * 10.0 ** (drive_db / 20.0)

    assert found == pytest.approx(
        _harmonics(lambda x: np.tanh(x + 0.4), driven), rel=1e-3, abs=1e-5
    )


def test_an_overdrive_has_the_harmonics_of_its_curve_above_its_corner():
    stage = Overdrive(18.0, low_hz=0.01, tone_hz=1e9)
    found = _middle(stage.apply(_tone(1000.0, 0.3, 2 * RATE), RATE))[1000:6001:1000]
    gain = 10.0 ** (18.0 / 20.0)

    assert found == pytest.approx(
        _harmonics(lambda x: x + np.tanh(gain * x), 0.3), rel=1e-3, abs=1e-5
    )


def test_below_its_corner_an_overdrive_bends_nothing():
    found = _middle(Overdrive(18.0, low_hz=1e5).apply(_tone(100.0, 0.3, 2 * RATE), RATE))

    assert found[200:1000:100].max() < 1e-3 * found[100]


@pytest.mark.parametrize("stage", [Amplifier(26.0, bias=0.6), Overdrive(26.0)])
@pytest.mark.parametrize("frequency_hz", [1237, 4999])
def test_what_lies_between_the_harmonics_is_60_db_down(stage, frequency_hz):
    found = _middle(stage.apply(_tone(frequency_hz, 0.5, 2 * RATE), RATE))
    is_harmonic = np.zeros(len(found), bool)
    is_harmonic[::frequency_hz] = True

    assert found[20:20_000][~is_harmonic[20:20_000]].max() < 1e-3 * found[frequency_hz]


def test_an_amplifier_only_makes_quiet_sounds_louder(rng):
    quiet = 1e-5 * np.convolve(rng.standard_normal(RATE), np.hanning(20) / 10.0, "same")
    quiet[-4000:] = 0.0
    stage = Amplifier(20.0, bias=0.0, emphasis_db=9.0)
    spectra = [np.fft.rfft(each)[100:8000] for each in (stage.apply(quiet, RATE), quiet)]
    change_db = 20.0 * np.log10(np.abs(spectra[0]) / np.abs(spectra[1]))

    assert np.median(change_db) == pytest.approx(20.0, abs=0.1)
    assert np.percentile(change_db, [10, 90]) == pytest.approx([20.0, 20.0], abs=0.3)


def test_a_cabinet_rings_at_its_box_and_falls_above_5_khz():
    with_box, without = (
        Cabinet(resonance_hz=110.0, resonance_db=each, presence_db=0.0) for each in (6.0, 0.0)
    )
    at_hz = np.array([27.5, 55.0, 110.0, 1000.0, 5000.0, 10_000.0, 20_000.0])
    db, flat_db = (20.0 * np.log10(np.abs(each.response(at_hz))) for each in (with_box, without))

    assert (db - flat_db)[2] == pytest.approx(6.0, abs=1e-6)
    assert flat_db[1] - flat_db[0] > 9.0
    assert flat_db[4] - flat_db[3] == pytest.approx(-3.0, abs=0.1)
    assert flat_db[6] - flat_db[5] == pytest.approx(-24.0, abs=0.3)


@pytest.mark.parametrize(("level_db", "expected_db"), [(-6.0, 16.0), (-18.0, 8.0), (-40.0, 0.0)])
def test_a_compressor_at_rest_turns_down_by_its_ratio(level_db, expected_db):
    """Of what is above the threshold of −30 dB, a ratio of three leaves a third."""
    tone = _tone(2000.0, np.sqrt(2.0) * 10.0 ** (level_db / 20.0), 2 * RATE)
    out = Compressor(-30.0, 3.0, attack_s=0.02).apply(tone, RATE)
    change = np.sqrt(np.mean(np.square(out[RATE:])) / np.mean(np.square(tone[RATE:])))

    assert -20.0 * np.log10(change) == pytest.approx(expected_db, abs=0.05)


def test_a_compressor_takes_its_time():
    loud, quiet = (_tone(2000.0, each, RATE) for each in (0.5, 0.005))
    stage = Compressor(-26.0, 4.0, attack_s=0.03, release_s=0.2)
    reduction_db = stage.reduction_db(np.concatenate([quiet, loud, quiet]), RATE)
    most_db = reduction_db.max()
    risen = np.searchsorted(reduction_db[1000:2000], (1.0 - np.exp(-1.0)) * most_db)
    fallen = np.searchsorted(-reduction_db[2000:], -np.exp(-1.0) * most_db)

    assert (risen / 1000, fallen / 1000) == pytest.approx((0.03, 0.2), abs=0.002)


def test_the_copy_of_a_chorus_comes_as_late_as_it_says():
    """Clicks far apart, each of which has its own copy; the delay sways around 20 ms by 4 ms."""
    clicks = np.zeros(4 * RATE)
    places = np.arange(0, len(clicks) - 3000, 3001)
    clicks[places] = 1.0
    out = Chorus(0.7, 1.3, 0.004, delay_s=0.02).apply(clicks, RATE)
    between = [out[place + 1 : place + 2000] for place in places]
    delay_s = np.array([1 + (each @ np.arange(len(each))) / each.sum() for each in between]) / RATE
    heard_at_s = places / RATE + delay_s

    assert delay_s == pytest.approx(
        0.02 + 0.004 * np.sin(2.0 * np.pi * 1.3 * heard_at_s), abs=1.5 / RATE
    )


@pytest.mark.parametrize("kind", KINDS)
def test_chains_of_every_kind(kind, rng):
    silence, sound = np.zeros(5000), 0.1 * rng.standard_normal(5000)
    sound[4000:] = 0.0
    before = sound.copy()
    for seed in range(10):
        chain = random_chain(np.random.default_rng(seed), kind)
        first, again = (process(sound, chain, RATE) for _ in range(2))

        assert chain == random_chain(np.random.default_rng(seed), kind)
        assert first.shape == sound.shape
        assert np.isfinite(first).all()
        assert first.tobytes() == again.tobytes()
        assert not np.allclose(first, sound, atol=1e-3)
        assert np.abs(process(silence, chain, RATE)).max() < 1e-12
    assert (sound == before).all()
