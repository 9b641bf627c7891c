from typing import get_args

import pytest

from estilo.cli.listing import Family
from estilo.datasets.instruments.sources import SOURCES
from estilo.engines import ENGINES
from estilo.evaluation.sets import TEST_SETS
from estilo.export import EXPORTERS
from estilo.features import FEATURES
from estilo.losses import LOSSES
from estilo.metrics import METRICS
from estilo.presets import PRESETS, load_preset, preset_names
from estilo.representations import REPRESENTATIONS

REGISTRIES = {
    "engines": ENGINES,
    "presets": PRESETS,
    "terms": LOSSES,
    "representations": REPRESENTATIONS,
    "features": FEATURES,
    "metrics": METRICS,
    "test-sets": TEST_SETS,
    "instruments": SOURCES,
    "exporters": EXPORTERS,
}


@pytest.mark.parametrize("family", get_args(Family))
def test_every_name_is_listed(run, monkeypatch, family):
    monkeypatch.setenv("COLUMNS", "400")
    said = run("list", family)
    assert (said.code, said.err) == (0, "")
    for name in REGISTRIES[family]:
        assert any(line.split()[:1] == [name] for line in said.out.splitlines()), name


def test_all_families_by_default(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")
    parts = [run("list", family).out for family in get_args(Family)]
    assert run("list").out == "".join(parts)


def test_presets_come_with_their_faults(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")
    text = run("list", "presets").out
    for name in preset_names():
        preset = load_preset(name)
        assert preset.summary in text
        for fault in preset.faults:
            assert f"fault: {fault}" in text
