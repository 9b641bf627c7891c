import pytest

from estilo.errors import SettingsError
from estilo.evaluation.ranges import read_ranges
from estilo.presets import Preset

pytest.importorskip("optuna")


def ranges(*texts, engine="optimise", **settings):
    return read_ranges(texts, preset=Preset(summary="", engine=engine, settings=settings))


def test_ranges_take_the_kind_of_their_setting():
    strength, bands = ranges("strength=.5:.9", "stft.n-bands=24:96:log")
    assert (strength.name, strength.corners, strength.is_whole) == ("strength", (0.5, 0.9), False)
    assert (bands.name, bands.corners, bands.is_whole) == ("stft.n_bands", (24, 96), True)
    assert bands.distribution().to_internal_repr(30) == 30
    assert bands.distribution().log
    assert strength.value(0.123456) == 0.5
    assert strength.value(0.654321) == 0.6543
    assert (bands.drawn(64), bands.drawn(97), bands.drawn(None)) == (64, None, None)


def test_choices_take_the_kind_of_their_setting():
    widths, start, centred = ranges("widths=1/1,8/1,4,16", "start=eq,noise", "standardise=true,0")
    assert widths.corners == ((1,), (1, 8), (1, 4, 16))
    assert widths.drawn((1, 8)) == "1,8"
    assert widths.value("1") == (1,)
    assert start.corners == ("eq", "noise")
    assert start.drawn("transport") is None
    assert centred.corners == (True, False)
    (size,) = ranges("stft.n_fft=512,1024")
    assert size.corners == (512, 1024)


def test_settings_may_need_each_other():
    assert len(ranges("optimiser=adam,lbfgs", "learning_rate=1e-3:.1:log")) == 2
    assert len(ranges("learning_rate=1e-3:.1", optimiser="adam")) == 1


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ([], "there is nothing to search over; give FIELD=LOW:HIGH"),
        (["strenght=0:1"], "unknown setting 'strenght'; did you mean 'strength'"),
        (["n_filters=1:9"], "unknown setting 'n_filters'; did you mean 'network.n_filters'"),
        (["stft=1:2"], "stft is a group of settings; name one of them: stft.n_fft, "),
        (["style_views=1:2"], "a search cannot go over it"),
        (["strength=0.5:1.5"], "strength=0.5:1.5: .*less than or equal to 1, got 1.5"),
        (["start=eq,flat"], "'transport', 'eq', 'content', 'noise' or 'zeros', got 'flat'"),
        (["start=1:2"], "start is not a number; give choices"),
        (["stft.n_bands=24.5:96"], "goes over whole numbers, got '24.5:96'"),
        (["strength=a:b"], "goes over numbers, got 'a:b'"),
        (["strength=.9:.5"], ".9 is not below .5; give the lower end first"),
        (["n_steps=2:inf"], "goes over whole numbers"),
        (["gain=1:2"], "unknown setting 'gain'; Known: strength, "),
        (["rhythm=0:1:log"], "must begin above 0, got 0"),
        (["rhythm=0:1:lin"], "is no range of a setting; give FIELD=LOW:HIGH"),
        (["rhythm"], "'rhythm' is no range"),
        (["rhythm=0.5"], "two or more different choices"),
        (["start=eq,eq"], "two or more different choices"),
        (["widths=1,8"], "put / between the choices, as in widths=1/1,8"),
        (["strength=0:1", "strength=0:.5"], "strength is given twice"),
        (["learning_rate=.1:.2"], "learning_rate has an effect only with an optimiser other than"),
    ],
)
def test_ranges_that_make_no_sense(texts, message):
    with pytest.raises(SettingsError, match=message):
        ranges(*texts)
