"""What every registered metric keeps to, whatever it measures."""

import inspect
import math
import warnings

import numpy as np
import pytest

from estilo.analysis.sound import Sound
from estilo.errors import InputError
from estilo.metrics import METRICS
from estilo.metrics.base import Metric, NothingToMeasure

RATE = 44_100
# Silence has these faults or has them not; the others compare what sounds.
JUDGES_SILENCE = {"clipping_share", "n_non_finite", "clicks_per_s"}
# A copy is the worst there is, and what hides it is better; nor does noise break or tear samples.
IDENTICAL_GIVE = {"copy_score": 1.0}
NOT_WORSENED_BY_NOISE = {"copy_score", "n_non_finite", "clicks_per_s"}
# These say nothing of most recordings: of such as have no notes, no pause, no voice, no side.
ASKS_FOR_MORE = {"note_levels_db", "notes_kept", "pauses_db", "words_kept", "image_db"}


def _music(rng: np.random.Generator, *, seconds: float = 2.0, rate: int = RATE) -> np.ndarray:
    """Stereo notes and a little noise; **shape** ``(2, time)``, below full scale."""
    time_s = np.arange(round(seconds * rate)) / rate
    out = 1e-3 * rng.standard_normal((2, len(time_s)))
    for start_s in np.arange(0.0, seconds, 0.25):
        pitch_hz = 220.0 * 2.0 ** (rng.integers(0, 13) / 12)
        after = np.maximum(time_s - start_s, 0.0)
        envelope = np.exp(-6.0 * after) * (time_s >= start_s)
        for partial in range(1, 7):
            out += 0.1 / partial * envelope * np.sin(2 * np.pi * partial * pitch_hz * after)
    return out.astype(np.float32)


@pytest.fixture(params=sorted(METRICS))
def metric(request: pytest.FixtureRequest) -> Metric:
    return METRICS[request.param]


def _measure(metric: Metric, output: Sound, reference: Sound) -> float:
    return metric.measure(output) if metric.against is None else metric.measure(output, reference)


def _says_nothing(metric: Metric, output: Sound, reference: Sound) -> bool:
    """Whether a metric that asks for more than sound has nothing to measure here."""
    if metric.name not in ASKS_FOR_MORE:
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NothingToMeasure)
        return math.isnan(_measure(metric, output, reference))


def test_says_what_it_is(metric: Metric) -> None:
    assert METRICS[metric.name] is metric
    assert metric.label
    assert math.isfinite(metric.best)
    assert metric.better in ("lower", "higher")
    assert metric.against in (None, "content", "style", "target", "timbre", "notes")
    n_sounds = len(inspect.signature(metric.measure).parameters)
    assert n_sounds == (1 if metric.against is None else 2)
    assert (metric.measure.__doc__ or "").count("Raises:") == 1


def test_identical_recordings_give_the_best(metric: Metric, rng: np.random.Generator) -> None:
    samples = _music(rng)
    for scale in (1.0, 0.01):
        sound, same = Sound(scale * samples, RATE), Sound(scale * samples, RATE)
        expected = IDENTICAL_GIVE.get(metric.name, metric.best)
        if _says_nothing(metric, sound, same):
            continue
        assert _measure(metric, sound, same) == pytest.approx(expected, abs=1e-6)
        assert _measure(metric, sound, sound) == pytest.approx(expected, abs=1e-6)


def test_a_number_for_anything_audible(metric: Metric, rng: np.random.Generator) -> None:
    output = Sound(rng.standard_normal((2, 60_000)), 48_000)
    for reference in (
        _music(rng),
        rng.uniform(-1, 1, RATE),
        1e-6 * rng.standard_normal((1, 30_000)),
    ):
        if _says_nothing(metric, output, Sound(reference, RATE)):
            continue
        value = _measure(metric, output, Sound(reference, RATE))
        assert type(value) is float
        assert math.isfinite(value)


def test_noise_makes_it_worse(metric: Metric, rng: np.random.Generator) -> None:
    if metric.name in NOT_WORSENED_BY_NOISE:
        return
    samples = _music(rng)
    reference = Sound(samples, RATE)
    if _says_nothing(metric, reference, reference):
        return
    noise = rng.standard_normal(samples.shape)
    values = [
        _measure(metric, Sound(samples + gain * noise, RATE), reference)
        for gain in (0.0, 0.03, 3.0)
    ]
    worsening = values if metric.better == "lower" else values[::-1]
    assert worsening == sorted(worsening)
    assert abs(values[-1] - metric.best) > 1e-3 or metric.against is None


def test_empty_recordings_warn(metric: Metric, rng: np.random.Generator) -> None:
    sound = Sound(_music(rng), RATE)
    for nothing in (Sound(np.zeros(0), RATE), Sound(np.zeros((2, RATE)), RATE)):
        if metric.against is None and metric.name in JUDGES_SILENCE and nothing.duration_s:
            assert metric.measure(nothing) == metric.best
            continue
        with pytest.warns(NothingToMeasure, match=f"^{metric.name} is not a number: "):
            assert math.isnan(_measure(metric, nothing, sound))
        if metric.against is not None:
            with pytest.warns(NothingToMeasure, match=f"^{metric.name} is not a number: "):
                assert math.isnan(metric.measure(sound, nothing))


def test_what_is_no_sound_is_refused(metric: Metric, rng: np.random.Generator) -> None:
    samples = _music(rng)
    sound = Sound(samples, RATE)
    with pytest.raises(InputError, match=r"got ndarray; give Sound\(samples, sample_rate\)"):
        _measure(metric, samples, sound)  # type: ignore[arg-type]
    if metric.against is not None:
        with pytest.raises(InputError, match=r"got ndarray; give Sound\(samples, sample_rate\)"):
            metric.measure(sound, samples)


def test_repeats_and_leaves_its_input_alone(metric: Metric, rng: np.random.Generator) -> None:
    output, reference = _music(rng), rng.standard_normal((1, 70_000))
    kept = output.copy(), reference.copy()
    sounds = Sound(output, RATE), Sound(reference, RATE)
    if _says_nothing(metric, *sounds):
        return
    value = _measure(metric, *sounds)
    assert _measure(metric, *sounds) == value
    assert _measure(metric, Sound(output, RATE), Sound(reference, RATE)) == value
    np.testing.assert_array_equal(output, kept[0])
    np.testing.assert_array_equal(reference, kept[1])
    assert all(
        np.array_equal(sound.mono, Sound(sound.audio.samples, RATE).mono) for sound in sounds
    )


def test_shares_what_was_computed(metric: Metric, rng: np.random.Generator) -> None:
    output, reference = Sound(_music(rng), RATE), Sound(_music(rng), RATE)
    if _says_nothing(metric, output, reference):
        return
    _measure(metric, output, reference)
    known = dict(output._known)
    _measure(metric, output, reference)
    assert list(output._known) == list(known)
    assert all(output._known[key] is value for key, value in known.items())
