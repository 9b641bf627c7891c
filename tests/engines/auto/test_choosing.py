"""The engine that is chosen by what is heard, on sounds whose kind is known."""

import numpy as np
import pytest
import torch

from estilo import Audio, Plan, Transfer
from estilo.analysis.transcription import recent
from estilo.engines.auto import choosing
from estilo.engines.choosing import choose_engine
from estilo.errors import SettingsError
from estilo.features.random1d import Random1d
from estilo.presets import build_settings

RATE = 16_000


def tune(seconds=3.0, octave=1.0):
    time_s = np.arange(round(seconds * RATE)) / RATE
    pitch_hz = octave * 220.0 * 2 ** (np.floor(2 * time_s) * 2 / 12)
    phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE
    return Audio(0.1 * sum(np.sin(k * phase) / k for k in range(1, 9)), RATE)


def hiss(rng, seconds=3.0):
    return Audio(0.1 * rng.normal(size=round(seconds * RATE)), RATE)


def choose(content, styles, **names):
    return choose_engine(build_settings("auto", {}), content, styles, **names)


def trills(seconds=3.0):
    """Twelve notes a second, more than are told apart."""
    time_s = np.arange(round(seconds * RATE)) / RATE
    pitch_hz = 220.0 * 2 ** (np.floor(12 * time_s) % 2 * 5 / 12)
    phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE
    return Audio(0.1 * sum(np.sin(k * phase) / k for k in range(1, 9)), RATE)


def test_notes_that_are_heard_out_are_played_on_the_style_s_instrument():
    choice = choose(tune(), [tune(octave=2.0), tune(octave=0.5)])
    assert (choice.engine, choice.refine, choice.settings) == ("notes", 0.0, {})
    assert "the content is pitched, the style 1 is pitched" in choice.words
    assert "made of notes that can be heard out" in choice.words


def test_a_strength_that_was_set_is_passed_on():
    settings = build_settings("auto", {"strength": 0.75})
    assert choose_engine(settings, tune(), [tune(octave=2.0)]).settings == {"strength": 0.75}


@pytest.mark.parametrize("order", [1, -1])
def test_other_notes_in_the_style_of_notes_are_played_by_the_network(order):
    content, style = (tune(), trills())[::order]
    choice = choose(content, [style])
    assert (choice.engine, choice.refine) == ("neural", 0.5)


@pytest.mark.parametrize("order", [1, -1])
def test_notes_that_are_hardly_heard_are_left_to_optimise(monkeypatch, rng, order):
    monkeypatch.setattr(choosing, "_kind", lambda audio: "pitched")
    # An orchestra far away: a tune whose power is a tenth of all that sounds.
    noise = hiss(rng).samples
    orchestra = Audio(noise + 0.3 * tune().samples, RATE)
    content, style = (tune(octave=2.0), orchestra)[::order]
    assert choose(content, [style]).engine == "optimise"


@pytest.mark.parametrize("order", [1, -1])
def test_voices_are_left_to_optimise_as_content_and_as_style(monkeypatch, order):
    kinds = ["pitched", "voiced"][::order]
    monkeypatch.setattr(choosing, "_kind", lambda audio: kinds[audio.duration_s < 2.5])
    choice = choose(tune(3.0), [tune(2.0)])
    assert (choice.engine, choice.refine) == ("optimise", 0.0)
    assert "voiced" in choice.words


@pytest.mark.parametrize("order", [1, -1])
def test_what_has_no_notes_is_left_to_optimise(rng, order):
    content, style = (tune(), hiss(rng))[::order]
    choice = choose(content, [style])
    assert (choice.engine, choice.refine) == ("optimise", 0.0)
    assert choice.settings == {"strength": 0.75}
    assert "textural" in choice.words


def test_styles_are_called_by_their_names():
    words = choose(tune(), [tune(), tune()], names=["flute.wav", "2"]).words
    assert "the style flute.wav is pitched, the style 2 is pitched" in words


def test_one_texture_among_the_styles_is_enough(rng):
    assert choose(tune(), [tune(), hiss(rng)]).engine == "optimise"


def test_the_recipe_names_the_engine_that_was_chosen(rng):
    style = hiss(rng)
    result = Transfer(engine="auto", strength=0.4, scores=False)(tune(), style)
    named = Transfer(engine="optimise", strength=0.4, scores=False)(tune(), style)
    assert result.report.plan.engine == "optimise"
    assert result.report.plan.settings == named.report.plan.settings
    assert result.report.choice is not None
    assert named.report.choice is None
    np.testing.assert_array_equal(result.audio.samples, named.audio.samples)


def test_what_is_played_by_the_network_goes_through_both_stages():
    content, style = tune(), trills()
    result = Transfer(engine="auto", scores=False)(content, style)
    named = Transfer(preset="neural-refined", strength=0.75, level_matching=0.0, scores=False)(
        content, style
    )
    assert result.report.plan.engine == "neural"
    assert result.report.plan.refine == 0.5
    np.testing.assert_array_equal(result.audio.samples, named.audio.samples)


def test_notes_are_played_at_the_engine_s_own_strength():
    content, style = tune(), tune(octave=2.0)
    result = Transfer(engine="auto", scores=False)(content, style)
    named = Transfer(engine="notes", scores=False)(content, style)
    assert result.report.plan.settings == named.report.plan.settings
    np.testing.assert_array_equal(result.audio.samples, named.audio.samples)


def test_each_recording_is_heard_once(monkeypatch):
    heard = []

    def transcribe(sound):
        heard.append(sound.audio.n_samples)
        return own(sound)

    own = recent.transcribe
    monkeypatch.setattr(recent, "transcribe", transcribe)
    result = Transfer(engine="auto", scores=False)(tune(2.75), tune(2.25, octave=2.0))
    assert result.report.plan.engine == "notes"
    assert sorted(heard) == [round(2.25 * RATE), round(2.75 * RATE)]


def test_strength_0_needs_no_choice(rng):
    content = tune()
    result = Transfer(engine="auto", strength=0.0, scores=False)(content, hiss(rng))
    np.testing.assert_array_equal(result.audio.samples, content.samples)


def test_an_earlier_recipe_without_a_strength_can_be_read():
    settings = build_settings("auto", {"strength": None})
    assert settings == build_settings("auto", {})
    assert settings.amount == 0.75


def test_silence_is_left_to_optimise():
    choice = choose(Audio(np.zeros((1, RATE)), RATE), [tune()])
    assert choice.engine == "optimise"
    assert "the content is silent" in choice.words


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"refine": 0.5}, "chooses refine by what it hears"),
        ({"n_steps": 3}, "engine 'auto' has no setting 'n_steps'"),
        (
            {"feature_network": Random1d(4, n_filters=2, kernel=3, generator=torch.Generator())},
            "takes no feature network",
        ),
    ],
)
def test_what_it_chooses_by_itself_is_not_asked_for(options, message):
    with pytest.raises(SettingsError, match=message):
        Transfer(engine="auto", **options)


@pytest.mark.parametrize(
    ("options", "engine"),
    [
        ({}, "auto"),
        ({"strength": 0.2, "mix": 0.5, "on": "harmonic"}, "auto"),
        ({"n_steps": 3}, "optimise"),
        ({"strength": 0.2, "settings": {"n_steps": 3}}, "optimise"),
        ({"engine": "eq"}, "eq"),
        ({"preset": "neural-refined"}, "neural"),
    ],
)
def test_a_plan_that_names_no_engine_leaves_it_open_unless_it_asks_for_more(options, engine):
    assert Plan.of(**options).engine == engine


def test_a_texture_gives_it_nothing_to_choose_by(rng):
    with pytest.raises(SettingsError, match="a texture has none"):
        Transfer(engine="auto").texture(hiss(rng), seconds=1.0)
