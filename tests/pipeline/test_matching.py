"""Styles that are matched to the content before the engine hears them."""

from typing import Any

import numpy as np
import pytest

from estilo.analysis.key import key
from estilo.analysis.sound import Sound
from estilo.analysis.tempo import tempo
from estilo.audio import Audio
from estilo.engines.base import Engine
from estilo.errors import SettingsError
from estilo.pipeline.clips import Clip
from estilo.pipeline.matching import matched_styles
from estilo.pipeline.sources import CodedSource, read_styles
from estilo.pipeline.transfer import Transfer, texture, transfer

RATE = 16_000
BOTH = ("tempo", "key")
QUICK: dict[str, Any] = {"n_steps": 1, "scores": False}


def tune(bpm: float, tonic: int, *, seconds: float = 9.0, channels: int = 1) -> Audio:
    """A major cadence in broken chords, a note a beat, of known tempo and key (0 is A)."""
    time_s = np.arange(round(seconds * RATE)) / RATE
    out = np.zeros(len(time_s))
    steps = (0, 4, 7, 12, 5, 9, 12, 17, 7, 11, 14, 19, 0, 4, 7, 12)
    for beat, start_s in enumerate(np.arange(0.1, seconds, 60.0 / bpm)):
        hz = 220.0 * 2.0 ** ((tonic + steps[beat % len(steps)]) / 12.0)
        after = np.maximum(time_s - start_s, 0.0)
        for n in (1, 2, 3):
            rise = (time_s >= start_s) * np.minimum(after / 0.003, 1.0)
            out += 0.1 / n * rise * np.exp(-7.0 * after) * np.sin(2 * np.pi * n * hz * after)
    return Audio(np.tile(out, (channels, 1)), RATE)


@pytest.fixture
def noise(rng) -> Audio:
    return Audio(0.1 * rng.standard_normal(5 * RATE), RATE)


def matched(content: Audio, *styles: Audio, matches=BOTH):
    return matched_styles(content, read_styles(list(styles), None), matches)


def test_a_style_gets_the_contents_tempo_and_key():
    content = tune(112.0, 0)
    (made,) = matched(content, tune(90.0, 3, channels=2))
    assert tempo(Sound.of(made.audio)).bpm == pytest.approx(112.0, rel=0.01)
    assert key(Sound.of(made.audio)).name == key(Sound.of(content)).name == "A major"
    assert (made.audio.n_channels, made.audio.sample_rate) == (2, RATE)
    assert made.audio.duration_s == pytest.approx(9.0 * 90 / 112, rel=0.01)
    report = made.match
    assert report is not None
    assert (report.speed, report.semitones) == (pytest.approx(112 / 90, rel=0.01), -3)
    assert report.words.startswith("style: 90 bpm played 1.2")
    assert report.words.endswith("shifted down 3 semitones, C major to A major")


@pytest.mark.parametrize(("matches", "speed", "semitones"), [(["tempo"], 1.25, 0), (["key"], 1, 2)])
def test_one_of_the_two(matches, speed, semitones):
    (made,) = matched(tune(125.0, 2), tune(100.0, 0), matches=matches)
    assert made.match is not None
    assert made.match.speed == pytest.approx(speed, rel=0.01)
    assert made.match.semitones == semitones


def test_what_has_neither_pulse_nor_key_stays_as_it_is(noise):
    (made,) = matched(tune(120.0, 0), noise)
    assert made.audio is not None
    np.testing.assert_array_equal(made.audio.samples, noise.samples)
    assert made.match is not None
    assert made.match.words == (
        "style: no clear pulse, tempo left as it is; no clear key, pitch left as it is"
    )
    (made,) = matched(noise, tune(120.0, 0))
    assert made.match is not None
    assert made.match.words.startswith("style: the content has no clear pulse")


def test_each_of_several_styles(noise):
    first, second = matched(tune(120.0, 0), tune(100.0, 0), noise, matches=["tempo"])
    assert [each.match.words.split(":")[0] for each in (first, second)] == [
        "style 1",
        "style 2",
    ]
    assert first.audio.n_samples != second.audio.n_samples


def test_a_tempo_that_is_said_is_matched_and_in_the_recipe():
    content, style = tune(181.0, 0), tune(100.0, 0)
    made = transfer(content, style, match="tempo", tempo_bpm=90.5, **QUICK)
    (said,) = (each.match for each in made.report.styles)
    assert said is not None
    assert said.speed == pytest.approx(0.905, rel=0.01)
    assert made.report.plan.tempo_bpm == 90.5
    with pytest.raises(SettingsError, match=r"90 bpm, was given.*match tempo too"):
        Transfer(match="key", tempo_bpm=90.0)


class _SeenError(Exception):
    """What an engine was given."""


@pytest.mark.parametrize("engine", ["optimise", "eq"])
def test_every_engine_hears_the_matched_style(monkeypatch, engine):
    from estilo.pipeline import running

    def stop(engine: Engine[Any], job: Any, **_: Any) -> None:
        raise _SeenError(job.styles[0].shape[-1] / job.sample_rate)

    monkeypatch.setattr(running, "run", stop)
    with pytest.raises(_SeenError) as seen:
        transfer(tune(120.0, 0), tune(100.0, 0), match="tempo", engine=engine, scores=False)
    # The silence before its first note is no style.
    assert seen.value.args[0] == pytest.approx((9.0 - 0.1) / 1.2, rel=0.01)


def test_it_is_in_the_report_and_changes_the_result():
    content, style = tune(120.0, 0, seconds=5.0), tune(96.0, 2, seconds=5.0)
    plain = transfer(content, style, **QUICK)
    both = transfer(content, style, match="key,tempo", **QUICK)
    assert (plain.report.plan.match, both.report.plan.match) == ((), BOTH)
    assert plain.report.styles[0].match is None
    assert both.report.styles[0].match is not None
    assert both.audio.n_samples == plain.audio.n_samples
    assert not np.array_equal(both.audio.samples, plain.audio.samples)
    assert both.report.timings_s["match"] > 0.0


def test_scores_are_against_the_style_as_it_was_given():
    content, style = tune(120.0, 0, seconds=4.0), tune(96.0, 2, seconds=4.0)
    made = transfer(content, style, match=BOTH, n_steps=1)
    from estilo.pipeline.scoring import heard, scores

    assert made.report.scores == scores(heard(made.audio, content=content, styles=[style])).values


@pytest.mark.parametrize("strength_or_mix", [{"strength": 0.0}, {"mix": 0.0}])
def test_nothing_is_matched_where_no_style_is_heard(strength_or_mix):
    made = transfer(tune(200.0, 0), tune(50.0, 0), match=BOTH, scores=False, **strength_or_mix)
    assert made.report.styles[0].match is None


def test_what_cannot_be_matched(tmp_path):
    with pytest.raises(SettingsError, match="got 'pitch'; give tempo, key or both"):
        Transfer(match=("pitch",))
    with pytest.raises(SettingsError, match="neither mix nor match"):
        Transfer(preset="dipani", raw=True, match="key")
    with pytest.raises(SettingsError, match="match, mix, refine and raw mean nothing"):
        texture(tune(100.0, 0), seconds=1.0, match="tempo")


def test_names_in_any_form():
    assert Transfer(match=["key"]).plan.match == ("key",)
    assert Transfer(match="tempo").plan.match == ("tempo",)
    assert Transfer(match=("key", "tempo", "key")).plan.match == BOTH


def test_a_style_file_has_nothing_to_stretch():
    clip = Clip("/there/warm.estilo-style")
    coded = CodedSource(clip, file=None, format=None, sha256="")  # pyright: ignore[reportArgumentType]
    with pytest.raises(SettingsError, match=r"match needs .*warm\.estilo-style is a style"):
        matched_styles(tune(120.0, 0), [coded], BOTH)


def test_grains_are_told_in_the_time_of_the_styles_file():
    """Played faster, a second of the output is more of the style."""
    content, style = tune(120.0, 0), tune(100.0, 0)
    report = transfer(
        content, style, match="tempo", engine="mosaic", transposition=0, scores=False
    ).report
    match = report.styles[0].match
    assert match is not None
    assert match.speed == pytest.approx(1.2, rel=0.01)
    for grain in report.grains:
        assert grain.speed == pytest.approx(match.speed, rel=0.01)
        assert grain.style_stop_s < 9.1
    assert max(grain.style_stop_s for grain in report.grains) > 7.6  # 9 s / 1.2, and beyond
