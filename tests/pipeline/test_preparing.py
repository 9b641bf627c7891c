"""What engines hear of a recording, and what comes back."""

import numpy as np
import pytest
from clips import melody, rain

from estilo.audio import Audio
from estilo.dsp.loudness import integrated_loudness
from estilo.engines.grains import Grain
from estilo.pipeline.clips import Clip
from estilo.pipeline.preparing import Content, in_their_styles, prepared_styles, sounding
from estilo.pipeline.sources import Source, read_styles

RATE = 16_000
BELL = np.exp(-3.0 * np.arange(RATE) / RATE) * np.sin(0.3 * np.arange(RATE))


def silence(seconds: float, level: float = 0.0) -> np.ndarray:
    return level * np.random.default_rng(0).standard_normal(round(seconds * RATE))


def heard(samples: np.ndarray) -> Source:
    (style,) = prepared_styles(read_styles([Clip(Audio(samples, RATE))], None))
    assert isinstance(style, Source)
    return style


@pytest.mark.parametrize("level", [0.0, 1e-5, 1e-4])
@pytest.mark.parametrize("order", ["before", "after", "both", "within"])
def test_silence_is_no_style(order: str, level: float) -> None:
    quiet = silence(2.0, level)
    bare = [BELL, BELL] if order == "within" else [BELL]
    parts = {
        "before": [quiet, BELL],
        "after": [BELL, quiet],
        "both": [quiet, BELL, quiet],
        "within": [BELL, quiet, BELL],
    }[order]
    with_silence, without = heard(np.concatenate(parts)).audio, heard(np.concatenate(bare)).audio
    assert with_silence.n_samples == pytest.approx(without.n_samples, abs=0.021 * RATE)
    a, b = (np.abs(np.fft.rfft(each.samples[0], 1 << 17)) for each in (with_silence, without))
    assert np.abs(a - b).max() < 0.02 * b.max()


def test_short_rests_noise_and_what_dies_away_are_style() -> None:
    with_rest = np.concatenate([BELL, silence(0.5), BELL])
    for samples in (with_rest, rain(2.0, RATE), silence(2.0, 1e-3), BELL):
        style = heard(samples)
        np.testing.assert_allclose(style.audio.samples[0], samples, atol=0.01)
        assert style.kept_s == ()
    assert sounding(np.zeros((1, 100), np.float32), RATE) == [(0, 100)]
    assert sounding(np.zeros((1, 0), np.float32), RATE) == [(0, 0)]


def test_grains_are_told_in_the_time_of_the_file() -> None:
    style = heard(np.concatenate([silence(2.0), BELL, silence(3.0), BELL]))
    np.testing.assert_allclose(style.kept_s, [(2.0, 3.0), (6.0, 7.0)], atol=0.021)
    grains = [Grain(0.0, 0.2, 0, at, at + 0.2, 0.0, 1.0) for at in (0.1, 1.3)]
    found = in_their_styles(grains, [style])
    assert [each.style_start_s for each in found] == pytest.approx([2.1, 6.3], abs=0.03)
    assert [each.style_stop_s for each in found] == pytest.approx([2.3, 6.5], abs=0.03)


def test_bursts_come_back_at_their_level_whatever_became_of_the_rest() -> None:
    calm = Audio(melody(3.0, RATE), RATE)
    samples = calm.samples.copy()
    samples[:, 21_500:22_000] += np.random.default_rng(0).uniform(-3.0, 3.0, 500)
    content = Content.of(Audio(samples, RATE))
    assert len(content.bursts) == 1
    own, with_burst = (integrated_loudness(each.samples, RATE) for each in (calm, content.audio))
    assert with_burst == pytest.approx(own, abs=0.2)
    output = np.float32(0.1) * content.audio.samples
    content.restore(output)
    burst = slice(21_400, 22_100)
    assert np.corrcoef(output[0, burst], samples[0, burst])[0, 1] > 0.99
    assert np.abs(output - samples).max() < 0.05 * np.abs(samples).max()


def test_what_has_nothing_to_take_out_is_the_same_audio() -> None:
    tone = Audio(0.1 * np.sin(0.25 * np.pi * np.arange(2 * RATE)), RATE)
    content = Content.of(tone)
    assert content.audio is tone
    output = np.zeros((1, 2 * RATE), np.float32)
    content.restore(output)
    assert not output.any()


def test_the_recording_itself_is_left_as_it_is() -> None:
    samples = (melody(2.0, RATE) + 0.1).astype(np.float32)[None]
    samples[0, 9000] = 5.0
    before = samples.copy()
    audio = Audio(samples, RATE)
    made = Content.of(audio)
    np.testing.assert_array_equal(audio.samples, before)
    assert abs(made.audio.samples.mean()) < 5e-4
