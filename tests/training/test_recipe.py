import pytest

from estilo.errors import SettingsError
from estilo.training.recipe import Recipe, read_recipe


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("base", ("data/synth", "data/gm", "data/bent", "data/real")),
        ("half-hour", ("data/synth", "data/gm", "data/bent", "data/real")),
        ("fine-tune", ()),
    ],
)
def test_recipes_that_come_with_estilo(name, data):
    assert read_recipe(name).data == data


def test_a_file_is_read_and_the_rest_is_default(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('data = ["a", "b"]\nseed = 7\n[optimiser]\nname = "rmsprop"\n')
    recipe = read_recipe(path)
    assert recipe.data == ("a", "b")
    assert recipe.optimiser.name == "rmsprop"
    assert recipe.model_copy(update={"seed": 1, "optimiser": Recipe(data=()).optimiser}) == Recipe(
        data=("a", "b")
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('data = ["a"]\nsteps = 3', "steps: Extra inputs are not permitted, got 3"),
        ("seed = 1", "data: Field required"),
        (f'data = ["a"]\nseed = {2**64}', "seed: .* less than or equal to 4611686018427387904"),
        ('data = ["a"]\n[optimiser]\nrate = 0', "optimiser.rate: .* greater than 0, got 0"),
        ('data = ["a"]\n[batch]\npaired = 0\nperturbed = 0\nunpaired = 0', "batch: .* more than 0"),
        ("data = ", "is not TOML"),
        ("data = ['\x00']", "is not TOML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, message):
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=message):
        read_recipe(path)


def test_a_missing_file_is_told_with_what_there_is(tmp_path):
    with pytest.raises(SettingsError, match=r"none\.toml does not exist.* base, fine-tune"):
        read_recipe(tmp_path / "none.toml")
