import pytest

from estilo.engines import ENGINES
from estilo.losses import LOSSES
from estilo.presets import load_preset, preset_names


def names_of(family):
    return {"engines": list(ENGINES), "presets": preset_names(), "terms": list(LOSSES)}[family]


@pytest.mark.parametrize("family", ["engines", "presets", "terms"])
def test_every_name_is_listed(run, monkeypatch, family):
    monkeypatch.setenv("COLUMNS", "400")
    said = run("list", family)
    assert (said.code, said.err) == (0, "")
    for name in names_of(family):
        assert any(line.split()[:1] == [name] for line in said.out.splitlines()), name


def test_all_families_by_default(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")
    parts = [run("list", family).out for family in ("engines", "presets", "terms")]
    assert run("list").out == "".join(parts)


def test_presets_come_with_their_faults(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")
    text = run("list", "presets").out
    for name in preset_names():
        preset = load_preset(name)
        assert preset.summary in text
        for fault in preset.faults:
            assert f"fault: {fault}" in text
