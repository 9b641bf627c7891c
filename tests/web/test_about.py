"""What the page offers is what the models take."""

import pytest

from estilo.engines import ENGINES
from estilo.fields import description, leaves
from estilo.presets import build_settings
from estilo.web.about import about, schema_of
from estilo.web.limits import Limits


@pytest.mark.parametrize("engine", ENGINES)
def test_every_setting_is_offered_with_its_help_and_its_default(engine):
    model = ENGINES[engine]
    schema = schema_of(model)
    hidden = {"strength", *model.names_files}
    assert set(schema.get("properties", {})) == set(model.model_fields) - hidden
    parts = [schema, *schema.get("$defs", {}).values()]
    texts = {each["description"] for part in parts for each in part.get("properties", {}).values()}
    for path, info in leaves(model):
        if path[0] not in hidden:
            assert description(info) in texts, path
    defaults = {
        name: field["default"]
        for name, field in schema.get("properties", {}).items()
        if "default" in field
    }
    assert build_settings(engine, defaults) == model()


@pytest.mark.parametrize("engine", ENGINES)
def test_bounds_are_those_that_the_models_keep(engine):
    for name, field in schema_of(ENGINES[engine]).get("properties", {}).items():
        for bound, beyond in (("minimum", -1), ("maximum", 1)):
            if bound in field:
                with pytest.raises(ValueError, match=name):
                    build_settings(engine, {name: field[bound] + beyond})


def test_what_there_is():
    told = about(Limits())
    assert [each["name"] for each in told["engines"] if each["is_default"]] == ["auto"]
    assert {each["name"] for each in told["clips"]} == {"melody", "rain", "bells", "drums"}
    assert all(each["about"] and each["title"] for each in told["engines"])
    assert {each["engine"] for each in told["presets"]} <= set(ENGINES)
    assert told["limits"] == {"bytes": 100 * 2**20, "seconds": 1800.0, "queue": 8}
