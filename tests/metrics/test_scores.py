"""All scores of an output: which there are, in which order, and what becomes of failures."""

import json
import math
import warnings

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from estilo.analysis.sound import Sound
from estilo.errors import InputError
from estilo.metrics import METRICS
from estilo.metrics.base import Metric
from estilo.metrics.scores import References, ScoreWarning, measured, references, score

RATE = 22_050
# Of the recordings here, which have no pause, no voice and one channel.
NOT_HERE = {"pauses_db", "words_kept", "image_db"}
WHOLE = {
    *("content_kept", "style_taken", "style_taken_low", "style_taken_high"),
    *("artifacts", "moved_percent"),
}


def _sounds(rng: np.random.Generator, seconds: float = 4.0) -> tuple[np.ndarray, np.ndarray]:
    """Plucked notes, and noise that beats; **shape** ``(time,)`` both."""
    time_s = np.arange(round(seconds * RATE)) / RATE
    notes = 1e-4 * rng.standard_normal(len(time_s))
    for i, start_s in enumerate(np.arange(0.0, seconds, 0.25)):
        after = np.maximum(time_s - start_s, 0.0)
        decay = np.exp(-(5.0 + i) * after) * (time_s >= start_s)
        for k in range(1, 5):
            notes += 0.15 / k * decay * np.sin(2 * np.pi * k * (220 + 20 * i) * after)
    beat = 1.0 + 0.5 * np.sin(2 * np.pi * 3.1 * time_s)
    return notes, 0.05 * np.diff(rng.standard_normal(len(time_s) + 1)) * beat


@pytest.fixture
def content(rng: np.random.Generator) -> np.ndarray:
    return _sounds(rng)[0]


@pytest.fixture
def style(rng: np.random.Generator) -> np.ndarray:
    return _sounds(rng)[1]


def _names(*roles: str | None) -> set[str]:
    return {name for name in METRICS if METRICS[name].against in roles}


def test_the_content_itself_keeps_all_and_takes_nothing(content, style) -> None:
    scores = score(Sound(content, RATE), content=Sound(content, RATE), styles=[Sound(style, RATE)])
    assert scores["content_kept"] == pytest.approx(1.0)
    assert scores["style_taken"] == pytest.approx(0.0, abs=1e-6)
    assert scores["artifacts"] == 0.0
    assert scores["moved_percent"] == pytest.approx(0.0, abs=1e-6)


def test_the_style_itself_takes_all(content, style) -> None:
    scores = score(Sound(style, RATE), content=Sound(content, RATE), styles=[Sound(style, RATE)])
    assert scores["style_taken"] > 1.0  # another phrase of the style would score 1
    assert scores["moved_percent"] == pytest.approx(100.0)
    assert scores["copy_score"] == pytest.approx(1.0, abs=1e-3)
    assert scores["content_kept"] < 0.3


def test_a_crossfade_goes_from_one_to_the_other(content, style) -> None:
    against = references(content=Sound(content, RATE), styles=[Sound(style, RATE)])
    ways = [
        measured(Sound((1 - x) * content + x * style, RATE), against).values
        for x in (0.0, 0.1, 0.3, 0.6, 1.0)
    ]
    kept, taken = ([way[name] for way in ways] for name in ("content_kept", "style_taken"))
    assert kept == sorted(kept, reverse=True)
    assert taken == sorted(taken)
    assert ways[0]["moved_percent"] < ways[2]["moved_percent"] < ways[-1]["moved_percent"]


def test_flat_finite_numbers_with_the_summary_first(content, style) -> None:
    scores = score(
        Sound(0.7 * content + 0.3 * style, RATE),
        content=Sound(content, RATE),
        styles=[Sound(style, RATE)],
        target=Sound(content, RATE),
    )
    assert all(type(value) is float and math.isfinite(value) for value in scores.values())
    assert json.loads(json.dumps(scores, allow_nan=False)) == scores
    assert set(list(scores)[:6]) == WHOLE
    bandwidth = {"bandwidth_db"}  # of 22 kHz nothing is known above 11
    everything = (
        _names(None, "content", "style", "target", "timbre", "notes") - bandwidth - NOT_HERE
    )
    whole = WHOLE | {"new_partials_percent"}
    assert everything | whole == {name for name in scores if not name.startswith("moved_")} | {
        "moved_percent"
    }
    assert 0.0 <= scores["new_partials_percent"] <= 100.0


@pytest.mark.parametrize(
    ("given", "roles"),
    [
        ((), {None}),
        (("content",), {None, "content", "notes"}),
        (("styles",), {None, "style", "timbre"}),
        (("target",), {None, "target", "timbre", "notes"}),
        (("content", "styles"), {None, "content", "notes", "style", "timbre"}),
    ],
)
def test_only_what_there_is_a_reference_for(content, style, given, roles) -> None:
    known = {
        "content": Sound(content, RATE),
        "styles": [Sound(style, RATE)],
        "target": Sound(content, RATE),
    }
    scores = score(Sound(content, RATE), **{name: known[name] for name in given})
    assert set(scores) & set(METRICS) == _names(*roles) - {"bandwidth_db"} - NOT_HERE
    assert ("content_kept" in scores) == ("content" in given)
    assert ("style_taken" in scores) == ({"content", "styles"} <= set(given))
    assert "artifacts" in scores


def test_the_target_comes_first_for_timbre_and_notes() -> None:
    content, style, target = (Sound(np.ones(8), RATE) for _ in range(3))
    known = references(content=content, styles=[style], target=target)
    assert known.of_role("timbre") is known.of_role("notes") is known.of_role("target") is target
    known = references(content=content, styles=[style])
    assert (known.of_role("timbre"), known.of_role("notes")) == (style, content)
    assert known.of_role("target") is None


def test_the_weights_of_styles_count(content, style) -> None:
    """An output like one style has taken the more, the more that style weighs."""
    bright = Sound(style, RATE)
    square = np.sign(np.sin(2 * np.pi * 110.0 * np.arange(len(style)) / RATE))
    hollow = Sound(0.1 * square * (1.0 + np.sin(np.arange(len(style)) / RATE * 12.0)), RATE)
    taken = [
        score(
            bright,
            content=Sound(content, RATE),
            styles=[bright, hollow],
            style_weights=[weight, 1.0 - weight],
        )["style_taken"]
        for weight in (0.1, 0.5, 0.9)
    ]
    assert taken == sorted(taken)
    assert taken[0] < taken[-1] - 0.1


def test_nothing_to_measure_is_left_out_without_a_word(content, style) -> None:
    silence = Sound(np.zeros(RATE), RATE)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores = score(silence, content=Sound(content, RATE), styles=[Sound(style, RATE)])
        nothing = score(Sound(np.zeros(0), RATE), content=silence, styles=[silence])
    assert {"style_taken", "chroma"}.isdisjoint(scores)
    assert scores["clipping_share"] == 0.0
    assert not set(nothing) & WHOLE


def test_of_a_silent_output_nothing_is_kept_and_that_is_said(content, style) -> None:
    against = references(content=Sound(content, RATE), styles=[Sound(style, RATE)])
    found = measured(Sound(np.zeros((2, RATE)), RATE), against)
    assert found.values["content_kept"] == 0.0
    assert found.values["artifacts"] == 1.0
    assert [(each.kind, each.end_s) for each in found.faults] == [("silence", 4.0)]
    assert found.remarks == {"style_taken": "the output is silent"}
    silence = references(content=Sound(np.zeros(RATE), RATE))
    found = measured(Sound(np.zeros(RATE), RATE), silence)
    assert not found.faults
    assert "content_kept" not in found.values


def test_a_metric_that_fails_is_a_warning(monkeypatch, content) -> None:
    def fail(output: Sound) -> float:
        raise ZeroDivisionError("of all things")

    broken = Metric("broken", "broken", "lower", 0.0, None, fail)
    monkeypatch.setitem(METRICS._paths, "broken", f"{__name__}:broken")
    monkeypatch.setattr(type(METRICS), "__getitem__", _with("broken", broken))
    sound = Sound(content, RATE)
    said = r"broken could not be measured \(ZeroDivisionError: of all things\); the result stands"
    with pytest.warns(ScoreWarning, match=said):
        scores = score(sound, content=sound)
    assert "broken" not in scores
    assert scores["content_kept"] == pytest.approx(1.0)
    assert len(measured(sound, References(content=sound)).failures) == 1


def _with(name: str, part: Metric):
    look_up = type(METRICS).__getitem__
    return lambda self, key: part if key == name else look_up(self, key)


def test_what_is_no_sound_is_refused(content) -> None:
    with pytest.raises(InputError, match=r"score measures Sounds, got ndarray; give Sound\("):
        score(content)
    with pytest.raises(InputError, match="score measures Sounds, got ndarray"):
        score(Sound(content, RATE), styles=[content])
    with pytest.raises(InputError, match="1 style weights for 2 styles; give one"):
        score(
            Sound(content, RATE),
            styles=[Sound(content, RATE), Sound(content, RATE)],
            style_weights=[1.0],
        )


def test_scores_are_measured_by_one_thread_of_every_pool(content, style, monkeypatch) -> None:
    seen = []

    def look(*_) -> dict[str, float]:
        seen.append({pool["num_threads"] for pool in threadpool_info()})
        return {}

    monkeypatch.setattr("estilo.metrics.scores._measured", look)
    with threadpool_limits(2):
        measured(Sound(content, RATE), references(styles=[Sound(style, RATE)]))
        assert {pool["num_threads"] for pool in threadpool_info()} == {2}
    assert seen == [{1}] * len(METRICS)
