import numpy as np
import pytest

from estilo import demo
from estilo.analysis.sound import Sound
from estilo.analysis.transcription.transcribing import transcribe
from estilo.errors import SettingsError
from estilo.sampler.instrument import Instrument
from estilo.sampler.releases import RINGS


@pytest.mark.parametrize("name", demo.CLIPS)
def test_clips_are_the_same_every_time(name):
    audio = demo.clip(name)
    assert (audio.n_channels, audio.sample_rate, audio.duration_s) == (1, 22_050, 7.0)
    assert np.array_equal(audio.samples, demo.clip(name).samples)
    assert np.abs(audio.samples).max() == np.float32(0.5)
    assert np.sqrt(np.mean(audio.samples**2)) > 0.02


def test_the_melody_plays_its_notes():
    """The strongest partial of every long note is a harmonic of the note that is written."""
    samples = demo.clip("melody").samples[0]
    for start, length, note in demo._TUNE:
        first = round((start + 0.2) * demo._BEAT_S * demo.SAMPLE_RATE)
        last = round((start + 0.8 * length) * demo._BEAT_S * demo.SAMPLE_RATE)
        part = samples[first:last] * np.hanning(last - first)
        spectrum = np.abs(np.fft.rfft(part, 2**16))
        hz = spectrum.argmax() * demo.SAMPLE_RATE / 2**16
        harmonic = hz / (440 * 2 ** ((note - 69) / 12))
        assert harmonic == pytest.approx(round(harmonic), rel=0.02)


def test_drums_are_more_rhythmic_than_rain():
    def crest(name):
        blocks = demo.clip(name).samples[0, :154_000].reshape(-1, 220)
        power = np.mean(blocks**2, axis=1)
        return np.quantile(power, 0.9) / np.quantile(power, 0.1)

    assert crest("drums") > 10 * crest("rain")


def test_unknown_clips():
    with pytest.raises(SettingsError, match=r"unknown clip 'snow'\. Known: melody, rain, bells"):
        demo.clip("snow")


def test_the_bells_ring_on():
    recording = demo.clip("bells")
    heard = transcribe(Sound.of(recording))
    assert Instrument.of([recording], [heard]).release_db_s == RINGS
