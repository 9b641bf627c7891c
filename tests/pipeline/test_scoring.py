"""Scores in reports: of any length, with any input, and never at the price of the result."""

from typing import Any

import numpy as np
import pytest
from clips import audio, melody, rain, stereo

from estilo.audio import Audio
from estilo.metrics import scores as metric_scores
from estilo.pipeline import scoring
from estilo.pipeline.report import Report
from estilo.pipeline.scoring import LONGEST_S, excerpt, heard, scores
from estilo.pipeline.transfer import Transfer, texture, transfer

RATE = 16_000
QUICK: dict[str, Any] = {"n_steps": 2}
WHOLE = [
    *("content_kept", "style_taken", "style_taken_low", "style_taken_high"),
    *("artifacts", "moved_percent"),
]


def _content(seconds: float = 2.0) -> Audio:
    return audio(stereo(seconds, RATE), RATE)


def _style(seconds: float = 4.0) -> Audio:
    return audio(rain(seconds, 22_050), 22_050)


def test_a_transfer_has_scores_and_the_recipe_holds_them() -> None:
    report = transfer(_content(), _style(), **QUICK).report
    assert list(report.scores)[:6] == WHOLE
    assert 0.0 < report.scores["content_kept"] < 1.0
    assert report.timings_s["scores"] > 0.0
    assert report.timings_s["total"] >= report.timings_s["scores"] + report.timings_s["engine"]
    assert report.warnings == []
    assert Report.model_validate_json(report.to_json()) == report


def test_faults_are_in_the_recipe_with_their_times() -> None:
    report = transfer(_content(4.0), _style(4.0), engine="crossfade", strength=0.5).report
    doubled = [fault for fault in report.faults if fault.kind == "doubled"]
    assert doubled
    assert report.scores["artifacts"] == max(fault.severity for fault in report.faults)
    assert Report.model_validate_json(report.to_json()).faults == report.faults
    assert transfer(_content(), _style(), strength=0.0).report.faults == []


def test_without_scores_there_are_none_and_the_samples_are_the_same() -> None:
    with_scores = transfer(_content(), _style(), **QUICK)
    without = transfer(_content(), _style(), **QUICK, scores=False)
    assert without.report.scores == {}
    assert "scores" not in without.report.timings_s
    assert {"read", "engine", "levels", "total"} <= without.report.timings_s.keys()
    np.testing.assert_array_equal(with_scores.audio.samples, without.audio.samples)
    assert texture(_style(), seconds=1.0, **QUICK, scores=False).report.scores == {}


@pytest.mark.parametrize("options", [{"strength": 0.0}, {"mix": 0.0}])
def test_the_content_unchanged_has_taken_nothing(options: dict[str, float]) -> None:
    found = transfer(_content(), _style(), **options).report.scores
    assert found["content_kept"] == pytest.approx(1.0)
    assert found["style_taken"] == pytest.approx(0.0, abs=1e-6)
    assert found["artifacts"] == 0.0


def test_mixing_content_in_keeps_more_and_takes_less() -> None:
    full, half = (
        transfer(_content(), _style(), **QUICK, mix=mix).report.scores for mix in (1, 0.5)
    )
    assert half["content_kept"] > full["content_kept"]
    assert half["style_taken"] < full["style_taken"]


def test_a_raw_output_is_held_against_as_much_of_the_content() -> None:
    raw = Transfer(
        preset="lebedev-ulyanov", raw=True, network={"n_filters": 4}, n_phase_iterations=1
    )
    short = raw(_content(1.0), _style(1.0))
    cut = raw(_content(3.0), _style(1.0))  # the original method stops where the style does
    assert cut.audio.duration_s == pytest.approx(1.0)
    assert cut.report.scores["content_kept"] == pytest.approx(
        short.report.scores["content_kept"], abs=0.15
    )


def test_silence_is_no_failure() -> None:
    report = transfer(Audio(np.zeros((1, RATE)), RATE), _style(), **QUICK).report
    assert report.scores["n_non_finite"] == 0.0
    assert "content_kept" not in report.scores
    assert report.warnings == []


def test_a_texture_is_told_how_much_was_copied() -> None:
    found = texture([_style(), _content()], seconds=1.5, **QUICK).report.scores
    assert {"copy_score", "copy_score_of_style", "timbre_mfcc", "artifacts"} <= found.keys()
    assert {"content_kept", "style_taken", "chroma", "moved_percent"}.isdisjoint(found)


@pytest.mark.parametrize("fails", ["content_kept", "movement"])
def test_a_failure_is_a_warning_in_the_report(monkeypatch, fails: str) -> None:
    def fail(*_: Any) -> float:
        raise ZeroDivisionError("of all things")

    monkeypatch.setattr(metric_scores, fails, fail)
    report = transfer(_content(), _style(), **QUICK).report
    assert report.warnings == [
        f"{fails} could not be measured (ZeroDivisionError: of all things); the result stands"
    ]
    assert fails not in report.scores
    assert "style_taken" in report.scores


def test_even_if_nothing_can_be_heard_the_result_is_there(monkeypatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise MemoryError("too much")

    monkeypatch.setattr(scoring, "heard", fail)
    result = transfer(_content(), _style(), **QUICK)
    assert result.audio.duration_s == 2.0
    assert result.report.scores == {}
    assert result.report.warnings == [
        "the result has no scores (MemoryError: too much); it stands all the same"
    ]


# Long recordings.


def _long(seconds: float) -> Audio:
    """Four seconds of a melody again and again, ever louder."""
    samples = np.resize(melody(4.0, 8000), round(seconds * 8000))
    return audio(samples * np.linspace(0.2, 1.0, len(samples), dtype=np.float32), 8000)


def test_up_to_40_s_are_heard_whole() -> None:
    recording = _long(LONGEST_S)
    assert excerpt(recording) is recording
    assert heard(recording).is_whole
    assert not heard(_long(LONGEST_S + 1.0)).is_whole


def test_of_more_four_stretches_are_from_first_to_last() -> None:
    rate, seconds = 1000, 200
    ramp = Audio(np.arange(seconds * rate) / (seconds * rate), rate)
    part = excerpt(ramp)
    assert part.duration_s == LONGEST_S
    starts = part.samples[0, rate // 2 :: 10 * rate] * seconds - 0.5
    assert starts == pytest.approx(np.linspace(0, seconds - 10, 4), abs=0.01)
    assert part.samples[0, -1] == ramp.samples[0, -1]
    assert part.samples[0, 10 * rate - 1] < 0.03 * ramp.samples[0, 10 * rate - 1]


def test_the_same_stretches_of_content_and_output() -> None:
    content = _long(70.0)
    parts = heard(content, content=content, styles=[audio(rain(2.0, 8000), 8000)])
    assert parts.against.content is not None
    np.testing.assert_array_equal(parts.output.mono, parts.against.content.mono)
    assert parts.output.duration_s == LONGEST_S
    found = scores(parts).values
    assert found["scored_s"] == LONGEST_S
    assert found["content_kept"] == pytest.approx(1.0)
    assert found["clicks_per_s"] == 0.0  # joints are no clicks


def test_faults_of_a_long_recording_have_the_times_of_all_of_it() -> None:
    content = _long(100.0)
    torn = content.samples.copy()
    for second in (5.0, 33.0, 95.0):  # stretches begin at 0, 30, 60 and 90 s
        torn[:, round(second * 8000)] += 0.5
    faults = scores(heard(Audio(torn, 8000), content=content)).faults
    assert [fault.kind for fault in faults] == ["clicks"] * 3
    assert [fault.start_s for fault in faults] == pytest.approx([5.0, 33.0, 95.0], abs=0.01)


def test_what_an_output_lacks_at_its_end_is_lost() -> None:
    content = _long(70.0)
    short = Audio(content.samples[:, : 45 * 8000], 8000)
    parts = heard(short, content=content)
    assert parts.output.duration_s == 10.0 + 10.0 + 5.0  # from 0, 20, 40 and 60 s
    assert scores(parts).values["content_kept"] < 0.9
