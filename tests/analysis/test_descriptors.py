"""All descriptors together: what they must survive, and what they must not depend on."""

import json
import subprocess
import sys

import numpy as np
import pytest
from clips import melody, rain

from estilo.analysis.descriptors import Descriptors, describe, excerpt
from estilo.analysis.sound import Sound
from estilo.dsp.loudness import integrated_loudness, true_peak

RATE = 16_000
FORMAT = ("duration_s", "sample_rate_hz", "n_channels")


def clicks(times_s, seconds):
    samples = np.zeros(round(seconds * RATE))
    for start in np.rint(np.asarray(times_s) * RATE).astype(int):
        samples[start : start + 80] += np.hanning(82)[1:-1][: len(samples[start : start + 80])]
    return Sound(0.3 * np.diff(samples, prepend=0.0), RATE)


def measured(descriptors: Descriptors) -> dict:
    return {k: v for k, v in descriptors.model_dump().items() if k not in FORMAT and v is not None}


def test_levels_are_those_of_the_whole_recording():
    samples = np.stack([melody(3.0, 44_100), rain(3.0, 44_100)])
    of = describe(Sound(samples, 44_100))
    assert (of.duration_s, of.sample_rate_hz, of.n_channels) == (3.0, 44_100, 2)
    assert of.loudness_lufs == integrated_loudness(samples, 44_100)
    assert of.true_peak_dbtp == true_peak(samples, 44_100)


def test_music_and_noise_differ_the_way_they_should():
    music, noise = describe(Sound(melody(6.0, RATE), RATE)), describe(Sound(rain(6.0, RATE), RATE))
    assert music.pitch_salience > 0.8 > 0.3 > noise.pitch_salience
    assert music.spectral_centroid_hz < noise.spectral_centroid_hz
    assert music.high_frequency_share < 0.1 < 0.5 < noise.high_frequency_share
    assert music.spectral_flatness < 0.05 < 0.2 < noise.spectral_flatness
    assert noise.n_partials < 1 < 2 < music.n_partials
    assert music.onsets_per_s == pytest.approx(4.0, abs=0.6)
    assert music.tempo_bpm == pytest.approx(120, rel=0.01) or music.tempo_bpm == pytest.approx(
        240, rel=0.01
    )
    assert noise.tempo_bpm == pytest.approx(180, rel=0.01)  # its waves of level
    assert noise.key is None


@pytest.mark.parametrize("rate_hz", [1.0, 3.0, 6.0])
def test_onsets_of_poisson_clicks(rng, rate_hz):
    gaps_s = 0.08 + rng.exponential(1 / rate_hz, size=400)  # two within 50 ms are one onset
    times_s = np.cumsum(gaps_s)
    times_s = times_s[times_s < 39.5]
    assert describe(clicks(times_s, 40.0)).onsets_per_s == pytest.approx(len(times_s) / 40, rel=0.1)


def test_gain_moves_only_levels():
    loud, soft = (describe(Sound(gain * melody(4.0, RATE), RATE)) for gain in (1.0, 0.1))
    for name, value in measured(loud).items():
        if name in ("loudness_lufs", "true_peak_dbtp"):
            assert getattr(soft, name) == pytest.approx(value - 20.0, abs=0.1)
        elif isinstance(value, float):
            assert getattr(soft, name) == pytest.approx(value, rel=1e-2, abs=1e-3)
        else:
            assert getattr(soft, name) == value


def test_the_same_twice():
    sound = melody(3.0, RATE)
    assert describe(Sound(sound, RATE)) == describe(Sound(sound.copy(), RATE))


@pytest.mark.parametrize("shape", [(0,), (1,), (2, 700), (6, 48_000)])
def test_silence_has_only_a_format(shape):
    of = describe(Sound(np.zeros(shape), 48_000))
    assert measured(of) == {}
    assert of.n_channels == (shape[0] if len(shape) == 2 else 1)


@pytest.mark.parametrize("size", [1, 2, 17, 4000])
@pytest.mark.parametrize("rate", [8_000, 192_000])
def test_tiny_sounds(size, rate):
    of = describe(Sound(0.5 * np.ones(size), rate))
    assert of.spectral_centroid_hz is not None
    assert of.onsets_per_s is None or of.duration_s >= 0.5
    assert json.loads(of.model_dump_json()) == of.model_dump()
    assert np.isfinite([v for v in measured(of).values() if not isinstance(v, str)]).all()


def test_opposite_channels_have_a_level_but_no_middle():
    tone = melody(1.0, RATE)
    of = describe(Sound(np.stack([tone, -tone]), RATE))
    assert set(measured(of)) == {"loudness_lufs", "true_peak_dbtp"}


def test_bad_samples_and_extreme_levels():
    samples = melody(1.0, RATE)
    samples[100] = np.nan
    for gain in (1e-37, 1e9):
        of = describe(Sound(gain * samples, RATE))
        assert of.pitch_salience == pytest.approx(
            describe(Sound(samples, RATE)).pitch_salience, rel=0.01
        )


def test_long_recordings_are_read_from_all_over():
    rate, part = 8_000, 8_000 * 75
    time_s = np.arange(part) / rate
    parts = [np.sin(2 * np.pi * hz * time_s) for hz in (300.0, 600.0, 1200.0, 2400.0)]
    long = Sound(np.stack([np.concatenate(parts), np.zeros(4 * part)]), rate)
    heard = excerpt(long)
    assert (heard.duration_s, heard.audio.n_channels) == (120.0, 1)
    of = describe(long)
    assert (of.duration_s, of.n_channels) == (300.0, 2)
    assert of.spectral_centroid_hz == pytest.approx(np.mean([300, 600, 1200, 2400]), rel=0.03)
    short = Sound(melody(2.0, RATE), RATE)
    assert excerpt(short) is short


def test_loads_no_torch():
    code = (
        "import sys, numpy as np; from estilo.analysis.descriptors import describe; "
        "from estilo.analysis.sound import Sound; describe(Sound(np.ones(9), 9000)); "
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_every_field_says_what_it_is():
    fields = Descriptors.model_fields
    assert [name for name, field in fields.items() if not field.description] == []
