"""The stereo image: narrowed, widened and cancelled by known amounts."""

import numpy as np
import pytest

from estilo.analysis.sound import Sound
from estilo.metrics.base import NothingToMeasure
from estilo.metrics.image import image_db
from estilo.metrics.scores import score

RATE = 16_000


def _stereo(mid: np.ndarray, side: np.ndarray) -> Sound:
    return Sound(0.1 * np.stack([mid + side, mid - side]), RATE)


@pytest.mark.parametrize("change_db", [-12.0, -3.0, 6.0, 20.0])
def test_a_changed_balance_is_read_in_db(change_db: float, rng: np.random.Generator) -> None:
    mid, side = rng.standard_normal((2, 2 * RATE))
    content = _stereo(mid, side)
    output = _stereo(mid, side * 10.0 ** (change_db / 20.0))
    assert image_db(output, content) == pytest.approx(abs(change_db), abs=0.2)


def test_a_melody_that_sinks_under_a_cancelling_pad_is_heard(rng: np.random.Generator) -> None:
    time_s = np.arange(3 * RATE) / RATE
    pitches_hz = 220.0 * 2.0 ** (rng.integers(0, 12, 6) / 12)
    melody = np.concatenate(
        [
            np.sin(2 * np.pi * f * time_s[: RATE // 2]) * np.exp(-3 * time_s[: RATE // 2])
            for f in pitches_hz
        ]
    )
    pad = 0.3 * np.sin(2 * np.pi * 330 * time_s)
    content = _stereo(melody, pad)
    assert image_db(content, content) == 0.0
    sunk = _stereo(melody * 10.0 ** (-36 / 20.0), pad)
    assert image_db(sunk, content) > 10.0
    kept = [score(each, content=content)["content_kept"] for each in (content, sunk)]
    assert kept[0] == pytest.approx(1.0)
    assert kept[1] < 0.75


def test_mono_has_no_image_and_may_lose_one(rng: np.random.Generator) -> None:
    mid, side = rng.standard_normal((2, RATE))
    mono, dual, wide = Sound(mid, RATE), _stereo(mid, 0 * side), _stereo(mid, side)
    assert np.isnan(image_db(mono, mono))
    assert np.isnan(image_db(mono, dual))
    assert image_db(mono, wide) == pytest.approx(30.0, abs=1.5)
    cancelled = _stereo(0 * mid, side)
    assert image_db(cancelled, wide) == pytest.approx(30.0, abs=1.5)
    with pytest.warns(NothingToMeasure):
        assert np.isnan(image_db(Sound(np.zeros((2, RATE)), RATE), wide))
