import pickle
from pathlib import Path

import numpy as np
import pytest
from tiny_set import TinyPairs, TinyTextures

from estilo.errors import SettingsError
from estilo.evaluation.entries import pair_entries, texture_entries
from estilo.evaluation.makers import Copy, Shuffle, TextureMaker, TransferMaker
from estilo.pipeline.transfer import Transfer

PRESETS = Path(__file__).resolve().parents[2] / "benchmarks" / "presets"
CLOSED_FORM = f"{PRESETS}/lebedev-ulyanov-closed-form-%s.toml"
CONTROLS = [
    "content copied",
    "style copied",
    "crossfade 0.25",
    "crossfade 0.5",
    "crossfade 0.75",
    "noise at −20 dB",
    "noise at −30 dB",
    "noise at −40 dB",
    "gated noise at −25 dB",
    "half EQ, noise at −25 dB",
    "EQ match",
    "musaicing",
]


def names(entries):
    return [entry.name for entry in entries]


def judged(entries):
    return [entry.name for entry in entries if not entry.is_control]


def test_controls_are_always_there():
    rows = pair_entries(["optimise"], strengths=[0.5], has_target=False)
    assert names(rows) == [*CONTROLS, "optimise 0.5"]
    rows = pair_entries([], has_target=True)
    assert names(rows) == ["target", *CONTROLS]
    assert all(row.is_control for row in rows)
    known = pair_entries([], has_target=True, has_known_notes=True)
    assert set(names(known)) - set(names(rows)) == {"notes known, whole instrument"}


def test_every_engine_that_is_no_control_is_judged():
    rows = pair_entries(has_target=False)
    assert {"optimise 0.25", "optimise 1", "mosaic 0.75"} <= set(judged(rows))
    assert not [name for name in judged(rows) if name.startswith(("content", "style", "cross"))]


def test_what_makes_the_same_is_there_once():
    rows = pair_entries(["eq", "crossfade", "content"], has_target=False)
    assert judged(rows) == ["eq 0.25", "eq 0.5", "eq 0.75", "crossfade 1"]
    assert next(row.name for row in rows if row.series == "eq") == "EQ match"


def test_presets_have_one_row_as_they_are(tmp_path):
    own = tmp_path / "soft.toml"
    own.write_text('summary = "soft"\n[settings]\nstrength = 0.4\n', encoding="utf-8")
    free = tmp_path / "free.toml"
    free.write_text('summary = "free"\n[settings]\nn_steps = 3\n', encoding="utf-8")
    rows = pair_entries(["dipani", str(own), str(free)], strengths=[0.5, 1], has_target=False)
    assert judged(rows) == ["dipani", "soft", "free"]
    recipes = {row.name: row.maker.recipe()["settings"] for row in rows if not row.is_control}
    assert recipes["soft"]["strength"] == 0.4
    assert recipes["free"]["strength"] == Transfer(n_steps=3).plan.settings.strength


def test_the_closed_form_is_the_preset_with_other_features():
    preset = Transfer(preset="lebedev-ulyanov").plan.settings.model_dump(mode="json")
    rows = pair_entries([CLOSED_FORM % alpha for alpha in ("0.1", "0.01")], has_target=False)
    for row, alpha in zip(rows[-2:], (0.1, 0.01), strict=True):
        settings = row.maker.recipe()["settings"]
        changed = {name for name, value in settings.items() if preset[name] != value}
        assert changed <= {"features", "widths", "content_weight"}
        assert settings["widths"] == [preset["network"]["kernel"]]
        assert (settings["features"], settings["content_weight"]) == ("closed-form", alpha)


@pytest.mark.parametrize(
    ("engines", "strengths", "message"),
    [
        (["optimize"], [0.5], "'optimize' is neither an engine .*optimise.* nor a preset .*dipani"),
        (["optimise"], [1.5], "strength"),
        (["nowhere.toml"], [0.5], r"nowhere\.toml does not exist"),
    ],
)
def test_what_makes_no_sense_is_refused(engines, strengths, message):
    with pytest.raises(SettingsError, match=message):
        pair_entries(engines, strengths=strengths, has_target=False)


def test_two_rows_of_one_name_are_refused(tmp_path):
    for folder, strength in (("a", 0.4), ("b", 0.6)):
        (tmp_path / folder).mkdir()
        text = f'summary = "x"\n[settings]\nstrength = {strength}\n'
        (tmp_path / folder / "mine.toml").write_text(text, encoding="utf-8")
    both = [str(tmp_path / folder / "mine.toml") for folder in "ab"]
    with pytest.raises(SettingsError, match="two rows would be called 'mine'"):
        pair_entries(both, has_target=False)


def test_textures_have_rows_of_their_own():
    rows = texture_entries(["optimise", "dipani"])
    assert names(rows) == [
        "second half",
        "first half copied",
        "granular shuffle",
        "Lebedev-Ulyanov",
        "optimise, realism 0",
        "optimise, realism 0.5",
        "optimise, realism 1",
        "dipani",
    ]
    with pytest.raises(SettingsError, match="'rain' is neither"):
        texture_entries(["rain"])


def test_recipes_follow_what_a_preset_file_says(tmp_path):
    own = tmp_path / "mine.toml"
    recipes = []
    for n_steps in (3, 4):
        own.write_text(f'summary = "x"\n[settings]\nn_steps = {n_steps}\n', encoding="utf-8")
        recipes.append(TransferMaker({"preset": str(own)}).recipe())
    assert recipes[0] != recipes[1]


@pytest.mark.parametrize(
    "maker", [Copy("target"), Shuffle(), TextureMaker({"realism": 0.0, "n_steps": 1})]
)
def test_textures_are_as_long_as_their_target(maker):
    maker = pickle.loads(pickle.dumps(maker))
    item = TinyTextures().load("hiss")
    maker.warm()
    out = maker.make(item)
    assert out.n_samples == item.target.n_samples
    np.testing.assert_array_equal(out.samples, maker.make(item).samples)


def test_a_transfer_is_that_of_the_library():
    item = TinyPairs().load("a-0")
    maker = TransferMaker({"engine": "crossfade", "strength": 0.5})
    maker.warm()
    expected = Transfer(engine="crossfade", strength=0.5, seed=0)(item.content, item.style).audio
    np.testing.assert_array_equal(maker.make(item).samples, expected.samples)


def test_weights_count_by_what_is_in_them(tmp_path):
    from estilo.engines.neural.weights import ModelCard, write_weights
    from estilo.models.network import Network
    from estilo.models.settings import GeneratorSettings

    small = GeneratorSettings(n_channels=8, n_vector=4, n_key=4, n_value=4, dilations=(1,))
    card = ModelCard(name="Tiny", licence="CC0-1.0", generator=small.model_dump(mode="json"))
    first, other = Network(small), Network(small)
    paths = [tmp_path / f"{name}.safetensors" for name in "abc"]
    for path, network in zip(paths, (first, first, other), strict=True):
        write_weights(path, network, card)
    recipes = [TransferMaker({"engine": "neural", "weights": str(path)}).recipe() for path in paths]
    assert recipes[0] == recipes[1]
    assert recipes[0] != recipes[2]
