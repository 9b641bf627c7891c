"""One engine after another: what refine does."""

import threading
from typing import Any

import numpy as np
import pytest
from clips import melody, rain, stereo

from estilo.analysis.sound import Sound
from estilo.audio import Audio
from estilo.engines import ENGINES
from estilo.errors import Cancelled, SettingsError
from estilo.metrics import METRICS
from estilo.pipeline.report import Report
from estilo.pipeline.transfer import Transfer, texture, transfer

RATE = 16_000
CONTENT, STYLE = Audio(0.3 * melody(0.8, RATE), RATE), Audio(rain(0.7, RATE), RATE)
FIRST_ENGINES = [name for name in ENGINES if ENGINES[name].is_refinable]


def timbre(result: Any) -> float:
    return METRICS["timbre_mfcc"].measure(Sound.of(result.audio), Sound.of(STYLE))


def test_it_is_the_second_engine_on_what_the_first_has_made() -> None:
    """The first result is at the content's level, which changes nothing but the level."""
    by_hand = transfer(transfer(CONTENT, STYLE, engine="eq").audio, STYLE, strength=0.6)
    result = transfer(CONTENT, STYLE, engine="eq", refine=0.6)
    np.testing.assert_allclose(result.audio.samples, by_hand.audio.samples, atol=2e-3)


def test_it_takes_more_of_the_style() -> None:
    bare, half, whole = (
        timbre(transfer(CONTENT, STYLE, engine="eq", refine=refine)) for refine in (0, 0.5, 1)
    )
    assert whole < half < bare


@pytest.mark.parametrize("engine", FIRST_ENGINES)
@pytest.mark.parametrize("sample_rate", [RATE, 96_000])
def test_every_engine_can_be_refined(engine: str, sample_rate: int) -> None:
    content = Audio(0.3 * stereo(0.5, sample_rate), sample_rate)
    result = transfer(content, STYLE, engine=engine, refine=0.5, scores=False)
    assert result.audio.samples.shape == content.samples.shape
    assert result.report.plan.refine == 0.5
    assert result.report.is_complete
    assert len(result.report.loss_curve) > 1


def test_strength_weighs_it() -> None:
    results = [
        transfer(CONTENT, STYLE, engine="eq", strength=strength, refine=refine)
        for strength, refine in ((0.0, 1.0), (0.5, 1.0), (0.5, 0.5))
    ]
    np.testing.assert_array_equal(results[0].audio.samples, CONTENT.samples)
    by_hand = transfer(
        transfer(CONTENT, STYLE, engine="eq", strength=0.5).audio, STYLE, strength=0.5
    )
    np.testing.assert_allclose(results[1].audio.samples, by_hand.audio.samples, atol=2e-3)
    assert timbre(results[1]) < timbre(results[2])


def test_the_report_renders_it_again() -> None:
    first = transfer(CONTENT, STYLE, engine="eq", refine=0.7, seed=3)
    report = Report.model_validate_json(first.report.to_json())
    again = Transfer(report.plan)(CONTENT, STYLE)
    np.testing.assert_array_equal(first.audio.samples, again.audio.samples)


def test_progress_goes_once_from_0_to_1() -> None:
    seen = []
    transfer(CONTENT, STYLE, engine="eq", refine=1.0, on_progress=seen.append)
    fractions = [each.fraction for each in seen]
    assert fractions == sorted(fractions)
    assert fractions[0] <= 0.5 < fractions[1] < fractions[-1] == 1.0
    elapsed = [each.elapsed_s for each in seen]
    assert elapsed == sorted(elapsed)
    assert seen[-1].remaining_s == 0.0


@pytest.mark.parametrize("n_steps", [1, 3])
def test_it_can_be_cancelled_in_either_stage(n_steps: int) -> None:
    def options() -> dict[str, Any]:
        stop, seen = threading.Event(), []

        def count(progress: Any) -> None:
            seen.append(progress)
            if len(seen) == n_steps:
                stop.set()

        return {"engine": "eq", "refine": 1.0, "on_progress": count, "cancel": stop}

    with pytest.raises(Cancelled):
        transfer(CONTENT, STYLE, **options())
    kept = transfer(CONTENT, STYLE, keep_best=True, **options())
    assert kept.audio.samples.shape == CONTENT.samples.shape
    assert not kept.report.is_complete


def test_a_preset_may_ask_for_it(tmp_path) -> None:
    path = tmp_path / "both.toml"
    path.write_text('summary = "EQ, refined"\nengine = "eq"\nrefine = 0.5\n', encoding="utf-8")
    assert Transfer(preset=str(path)).plan.refine == 0.5
    assert Transfer(preset=str(path), refine=0.0).plan.refine == 0.0
    path.write_text('summary = "too much"\nengine = "eq"\nrefine = 2\n', encoding="utf-8")
    with pytest.raises(SettingsError, match=r"refine must lie between 0 and 1, got 2"):
        Transfer(preset=str(path))


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"refine must lie between 0 and 1, got 1\.5"):
        Transfer(engine="eq", refine=1.5)
    with pytest.raises(SettingsError, match="the one that was chosen; leave it out"):
        Transfer(engine="optimise", refine=0.5)
    with pytest.raises(SettingsError, match="chooses refine by what it hears; leave it out"):
        Transfer(refine=0.5)
    with pytest.raises(SettingsError, match="match, mix, refine and raw mean nothing"):
        texture([STYLE], seconds=1.0, engine="style", refine=0.5)
