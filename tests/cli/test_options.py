import pytest

from estilo.cli import options
from estilo.cli.options import plan_options, typed_settings
from estilo.cli.spellings import new_spelling
from estilo.engines import ENGINES
from estilo.errors import SettingsError
from estilo.fields import leaves
from estilo.pipeline.plan import Plan


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("11", "11"),
        ("3,5", [3, 5]),
        ("[3, 5]", [3, 5]),
        ("same", "same"),
        ("0,1.5", [0, 1.5]),
        ("none", "none"),
        ("a,b.wav", "a,b.wav"),
        ("x=y", "x=y"),
        ('[{"width": 3}]', [{"width": 3}]),
    ],
)
def test_text_becomes_values(typed, value):
    assert typed_settings([f"field={typed}"]) == {"field": value}


def test_dots_lead_into_nested_settings():
    typed = ["network.kernel=3,5", "stft.n_fft=512", "network.bias=true"]
    assert typed_settings(typed) == {
        "network": {"kernel": [3, 5], "bias": "true"},
        "stft": {"n_fft": "512"},
    }
    assert typed_settings(None) == {}


@pytest.mark.parametrize("typed", ["n_steps", "=3", "stft..n_fft=3", "--n-steps 3"])
def test_what_is_no_setting_is_refused(typed):
    with pytest.raises(SettingsError, match="a setting is FIELD=VALUE, got"):
        typed_settings([typed])


def test_broken_json_is_shown():
    with pytest.raises(SettingsError, match=r"the value of views is not JSON: .*single quotes"):
        typed_settings(["views=[{width: 3}]"])


def test_a_setting_is_not_given_twice():
    way = options.WayOptions(set=["mix=0.5"])
    assert plan_options(way, options.PLAIN_RUN)["mix"] == "0.5"
    with pytest.raises(SettingsError, match="mix has an option of its own; give it as --mix"):
        plan_options(way, options.PLAIN_RUN, mix=None)
    for name in ("seed", "device", "threads", "engine", "preset"):
        with pytest.raises(SettingsError, match=f"{name} has an option of its own"):
            plan_options(options.WayOptions(set=[f"{name}=1"]), options.PLAIN_RUN)
    for name in ("settings", "feature_network", "scores"):
        with pytest.raises(SettingsError, match=f"{name} is no setting that can be typed"):
            plan_options(options.WayOptions(set=[f"{name}=1"]), options.PLAIN_RUN)
    for typed in (["mix=1", "mix=0"], ["a=1", "a.b=2"], ["a.b=1", "a=2"], ["a.b=1", "a.b=2"]):
        with pytest.raises(SettingsError, match="is given twice; leave one of them out"):
            typed_settings(typed)


@pytest.mark.parametrize("engine", ENGINES)
def test_every_default_can_be_typed(engine):
    """What a list of settings shows is what may be typed, for every setting of every engine."""
    from estilo.fields import plain

    plan = Plan.of(engine=engine)
    typed = [
        f"{'.'.join(path)}={plain(info.default)}"
        for path, info in leaves(type(plan.settings))
        if isinstance(info.default, bool | int | float | str | None)
    ]
    assert Plan.of(engine=engine, **typed_settings(typed)).settings == plan.settings


@pytest.mark.parametrize(
    ("option", "now"),
    [
        ("--n-steps", "--set n_steps=VALUE"),
        ("--n-steps=3", "--set n_steps=VALUE"),
        ("--stft.n-fft", "--set stft.n_fft=VALUE"),
        ("--no-standardise", "--set standardise=false"),
        ("--practice", "--adapt"),
        ("--raw", "--set raw=true"),
        ("--formant-shift", "--set formant_shift_semitones=VALUE"),
        ("--bogus", None),
    ],
)
def test_options_of_earlier_versions_have_new_spellings(option, now):
    assert new_spelling(option) == now


def test_weights_may_be_repeated_or_listed():
    assert options.StyleOptions().weights is None
    assert options.StyleOptions(style_weight=["2,1", "3"]).weights == [2.0, 1.0, 3.0]
    with pytest.raises(SettingsError, match="--style-weight must be numbers, got 'much'"):
        _ = options.StyleOptions(style_weight=["much"]).weights
