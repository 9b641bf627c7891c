"""Several styles as one: whose statistics they are, by arithmetic."""

import numpy as np
import pytest

from estilo.analysis.sound import Sound
from estilo.errors import InputError
from estilo.metrics.joining import BLEND_S, blended, joined

RATE = 8000


def _tone(frequency_hz: float, seconds: float, *, rate: int = RATE, gain: float = 0.5) -> Sound:
    return Sound(gain * np.sin(2 * np.pi * frequency_hz * np.arange(seconds * rate) / rate), rate)


def _shares(sound: Sound, frequencies_hz: list[float]) -> list[float]:
    """Power at each frequency, summing to 1."""
    waveform, rate = sound.mono_full_rate, sound.audio.sample_rate
    time_s = np.arange(len(waveform)) / rate
    power = [abs(np.mean(waveform * np.exp(-2j * np.pi * f * time_s))) for f in frequencies_hz]
    return [each / sum(power) for each in power]


def test_one_style_is_itself() -> None:
    style = _tone(440, 1)
    assert joined([style]) is style
    assert blended([style], [3.0]) is style


def test_joined_is_all_of_each_at_one_level() -> None:
    quiet, loud = _tone(440, 1, gain=0.01), _tone(1000, 2, rate=16_000)
    both = joined([quiet, loud])
    assert (both.audio.sample_rate, both.audio.n_channels, both.duration_s) == (16_000, 1, 3.0)
    levels = [np.sqrt(np.mean(part**2)) for part in np.split(both.mono_full_rate, [16_000])]
    assert levels == pytest.approx([0.1, 0.1], rel=0.01)


@pytest.mark.parametrize("seconds", [(1, 1), (1, 7), (5, 2), (100, 1)])
@pytest.mark.parametrize("weights", [(1.0, 1.0), (3.0, 1.0), (0.2, 0.8)])
def test_blends_are_as_long_as_their_weights(seconds, weights) -> None:
    styles = [_tone(f, s) for f, s in zip((440, 1000), seconds, strict=True)]
    blend = blended(styles, weights)
    expected = [weight / sum(weights) for weight in weights]
    assert _shares(blend, [440, 1000]) == pytest.approx(expected, abs=0.02)
    assert blend.duration_s <= BLEND_S


def test_without_weights_all_count_the_same() -> None:
    assert _shares(blended([_tone(440, 3), _tone(1000, 1)]), [440, 1000]) == pytest.approx(
        [0.5, 0.5], abs=0.01
    )


def test_a_silent_style_stays_silent() -> None:
    both = joined([Sound(np.zeros(RATE), RATE), _tone(440, 1)])
    assert not both.mono_full_rate[:RATE].any()
    assert np.isfinite(both.mono_full_rate).all()


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match="no style was given"):
        joined([])
    with pytest.raises(InputError, match="1 style weights for 2 styles; give one weight per"):
        blended([_tone(440, 1), _tone(550, 1)], [1.0])
