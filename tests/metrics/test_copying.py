"""The copy score: what it must read on copies, on what is new, and on anything in between."""

import numpy as np
import pytest

from estilo.analysis.sound import Sound
from estilo.errors import InputError
from estilo.metrics.copying import copy_score, copying

RATE = 4000


def _noise(rng: np.random.Generator, seconds: float = 6.0) -> np.ndarray:
    return rng.standard_normal(round(seconds * RATE))


def _by_loops(output: np.ndarray, style: np.ndarray) -> float:
    size, hop = RATE // 2, RATE // 4
    best = []
    for start in range(0, len(output) - size + 1, hop):
        window = output[start : start + size]
        scores = [
            abs(window @ style[lag : lag + size])
            / (np.linalg.norm(window) * np.linalg.norm(style[lag : lag + size]))
            for lag in range(len(style) - size + 1)
        ]
        best.append(max(scores))
    return float(np.mean(best))


def test_equals_the_definition(rng: np.random.Generator) -> None:
    output, style = _noise(rng, 1.3), np.cumsum(_noise(rng, 1.1))
    assert copy_score(output, style, RATE) == pytest.approx(_by_loops(output, style), rel=1e-6)


def test_a_copy_anywhere_at_any_gain_and_sign_is_found(rng: np.random.Generator) -> None:
    style = _noise(rng)
    assert copy_score(-0.03 * style[777 : 777 + 2 * RATE], style, RATE) == pytest.approx(1.0)


def test_half_copied_reads_in_between(rng: np.random.Generator) -> None:
    style, other = _noise(rng), _noise(rng)
    new = copy_score(other, style, RATE)
    assert new < 0.15
    mixed = copy_score(style + other, style, RATE)
    assert mixed == pytest.approx(0.5**0.5, abs=0.02)
    half = np.concatenate([style[:12000], other[:12000]])
    assert copy_score(half, style, RATE) == pytest.approx((1.0 + new) / 2, abs=0.06)


def test_silence_counts_as_not_copied(rng: np.random.Generator) -> None:
    style = _noise(rng)
    assert copy_score(np.zeros_like(style), style, RATE) == 0.0
    assert copy_score(style, np.zeros_like(style), RATE) == 0.0


def test_too_short_or_not_mono_is_refused(rng: np.random.Generator) -> None:
    style = _noise(rng)
    with pytest.raises(InputError, match=r"output must be mono and at least 0\.5 s long"):
        copy_score(style[:1999], style, RATE)
    with pytest.raises(InputError, match="style must be mono"):
        copy_score(style, style[None], RATE)


def test_of_sounds_is_that_of_their_mono_samples(rng: np.random.Generator) -> None:
    output, style = (Sound(rng.standard_normal((2, 30_000)), 22_050) for _ in range(2))
    assert copying(output, style) == copy_score(output.mono, style.mono, 16_000)
    assert copying(style, style) == pytest.approx(1.0)
    short = Sound(rng.standard_normal(7_999), 16_000)
    for pair in ((short, style), (style, short)):
        with pytest.warns(UserWarning, match=r"copy_score is not a number: .* shorter than 0\.5 s"):
            assert np.isnan(copying(*pair))


def test_windows_and_style_longer_than_a_block(rng: np.random.Generator) -> None:
    style = _noise(rng, 30.0)
    output = np.concatenate([_noise(rng, 20.0), style[-9_000:]])  # more than 64 windows
    score = copy_score(output, style, RATE)
    assert 8 / 88 * 0.9 < score < 8 / 88 + 0.15
    assert copy_score(style[: RATE // 2], style[: RATE // 2], RATE) == pytest.approx(1.0)
