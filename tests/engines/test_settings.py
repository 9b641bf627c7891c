"""Names that settings had before."""

import pytest

from estilo.engines import ENGINES
from estilo.errors import SettingsError
from estilo.presets import RENAMED_PRESETS, build_settings, load_preset, preset_names


def test_settings_of_earlier_versions_get_their_names_of_today() -> None:
    old = {"strength": 0.5, "fit": 0.0, "practice": 150}
    upgraded = ENGINES["neural"].upgrade(old)
    assert upgraded == {"strength": 0.5, "level_matching": 0.0, "adapt": 150}
    assert ENGINES["neural"].upgrade(upgraded) == upgraded
    assert old["fit"] == 0.0
    assert ENGINES["eq"].upgrade({"limit_db": 3.0}) == {"limit_db": 3.0}


@pytest.mark.parametrize("name", ENGINES)
def test_names_of_today_are_settings_and_names_of_before_are_none(name: str) -> None:
    fields = ENGINES[name].model_fields
    assert set(ENGINES[name].renamed.values()) <= set(fields)
    assert set(ENGINES[name].renamed).isdisjoint(fields)


@pytest.mark.parametrize(("old", "new"), [("fit", "level_matching"), ("practice", "adapt")])
def test_a_name_of_before_is_answered_with_that_of_today(old: str, new: str) -> None:
    message = f"the setting '{old}' of the engine 'neural' is called '{new}' now; give it under"
    with pytest.raises(SettingsError, match=message):
        build_settings("neural", {old: 0})


@pytest.mark.parametrize(("old", "new"), RENAMED_PRESETS.items())
def test_a_preset_of_before_is_answered_with_that_of_today(old: str, new: str) -> None:
    assert new in preset_names()
    with pytest.raises(SettingsError, match=f"the preset '{old}' is called '{new}' now; give it"):
        load_preset(old)
