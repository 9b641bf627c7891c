import numpy as np
import pytest
from clips import melody, rain

from estilo.analysis.fades import without_fades
from estilo.audio import Audio

RATE = 8000


def faded(samples: np.ndarray, seconds: float) -> Audio:
    ramp = np.minimum(np.arange(samples.shape[-1]) / (seconds * RATE), 1.0)
    return Audio((samples * ramp * ramp[::-1]).astype(np.float32), RATE)


@pytest.mark.parametrize("seconds", [0.3, 1.0, 1.5])
def test_most_of_a_fade_goes_and_nothing_of_the_inside(seconds: float) -> None:
    whole = faded(np.stack([rain(8.0, RATE), rain(8.0, RATE, seed=5)]), seconds)
    rest = without_fades(whole)
    assert rest.n_channels == 2
    assert 8.0 - 2.2 * seconds < rest.duration_s < 8.0 - seconds
    levels = np.square(rest.samples[0][: rest.n_samples // 800 * 800]).reshape(-1, 800).mean(1)
    assert 10 * np.log10(np.median(levels) / min(levels[0], levels[-1])) < 6.0


def test_silence_around_goes() -> None:
    samples = np.pad(rain(4.0, RATE), (4000, 8000))
    assert without_fades(Audio(samples, RATE)).duration_s == pytest.approx(4.0, abs=0.2)


@pytest.mark.parametrize("phase", [0.0, 1.5, 3.0, 4.5])
def test_waves_are_no_fades(phase: float) -> None:
    time = np.arange(10 * RATE) / RATE
    waves = rain(10.0, RATE) * (1.0 + 0.8 * np.sin(2 * np.pi * 0.5 * time + phase))
    assert without_fades(Audio(waves.astype(np.float32), RATE)).duration_s > 9.3


def test_short_and_even_recordings_are_given_back() -> None:
    for samples in (melody(0.5, RATE), np.ones(3, np.float32), 0.1 * np.ones(3 * RATE)):
        audio = Audio(samples, RATE)
        assert without_fades(audio).n_samples == audio.n_samples


def test_blocks_change_nothing(monkeypatch) -> None:
    noise = np.random.default_rng(0).standard_normal((2, 80_000))
    faded = Audio(noise * np.minimum(np.arange(80_000) / 8000, 1.0), 8000)
    whole = without_fades(faded)
    monkeypatch.setattr("estilo.analysis.fades._BLOCK_FRAMES", 7)
    np.testing.assert_array_equal(without_fades(faded).samples, whole.samples)
