import io
import pickle

import pytest
import torch
from hostile_tensors import Payload
from tiny_training import MODEL, tiny

from estilo.errors import InputError, OutputError
from estilo.models.network import Network
from estilo.training.recipe import OptimiserPart
from estilo.training.state import Origin, begin, kept_model, load_checkpoint, save_checkpoint


@pytest.fixture
def recipe(tmp_path):
    return tiny(tmp_path)


@pytest.fixture
def state(recipe):
    """A state in which nothing is as at the beginning."""
    state = begin(recipe)
    for module, optimiser in (
        (state.network, state.optimiser),
        (state.judge, state.judge_optimiser),
    ):
        for _ in range(2):
            for place, each in enumerate(module.parameters()):
                each.grad = torch.full_like(each, 0.1 + place)
            optimiser.step()
    state.step = 5
    state.follow(0.5)
    state.rate_scale, state.best, state.seconds = 0.25, 0.75, 12.5
    return state


def numbers(state):
    """Everything in it, as a flat list."""
    parts = (state.network, state.judge, state.optimiser, state.judge_optimiser)
    flat = [state.step, state.rate_scale, state.best, state.seconds, *state.average.values()]
    for part in parts:
        _collect(part.state_dict(), flat)
    return flat


def _collect(tree, flat):
    for each in tree.values() if isinstance(tree, dict) else tree:
        if isinstance(each, dict | list | tuple):
            _collect(each, flat)
        else:
            flat.append(each)


def equal(one, other):
    return len(one) == len(other) and all(
        torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b
        for a, b in zip(one, other, strict=True)
    )


def test_the_seed_decides_the_first_weights(recipe):
    torch.manual_seed(0)
    before = torch.get_rng_state()
    one, other = begin(recipe), begin(recipe)
    assert torch.equal(torch.get_rng_state(), before)
    assert equal(numbers(one), numbers(other))
    third = begin(recipe.model_copy(update={"seed": 2}))
    assert not equal(numbers(one), numbers(third))


def test_given_weights_are_gone_on_from(recipe):
    network = Network(MODEL)
    state = begin(recipe, weights=network)
    for name, each in network.named_parameters():
        assert torch.equal(state.network.get_parameter(name), each)
        assert torch.equal(state.average[name], each)
    assert state.network.generator.exit.weight.requires_grad


def test_the_average_by_hand(recipe):
    state = begin(recipe)
    weight = state.network.generator.exit.bias
    expected, values = weight.detach().clone(), [1.0, -2.0, 4.0]
    for step, value in zip((0, 3, 2000), values, strict=True):
        state.step = step
        with torch.no_grad():
            weight.fill_(value)
        state.follow(0.99)
        decay = min(0.99, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * value
    torch.testing.assert_close(state.average["generator.exit.bias"], expected)
    torch.testing.assert_close(state.averaged().generator.exit.bias.detach(), expected)
    assert float(weight[0].detach()) == 4.0


@pytest.mark.parametrize("name", ["adam", "rmsprop", "muon"])
def test_what_was_kept_comes_back(tmp_path, name):
    recipe = tiny(tmp_path, optimiser=OptimiserPart(name=name))
    state = begin(recipe)
    for each in state.network.parameters():
        each.grad = torch.ones_like(each)
    state.optimiser.step()
    state.step, state.best = 3, 0.5
    save_checkpoint(state, tmp_path / "c.pt", recipe=recipe)
    assert equal(numbers(load_checkpoint(tmp_path / "c.pt", recipe)), numbers(state))


def test_everything_comes_back(tmp_path, state, recipe):
    save_checkpoint(state, tmp_path / "c.pt", recipe=recipe)
    assert equal(numbers(load_checkpoint(tmp_path / "c.pt", recipe)), numbers(state))


def test_a_checkpoint_from_before_times_and_recipes_were_kept(tmp_path, state, recipe):
    path = tmp_path / "c.pt"
    save_checkpoint(state, path, recipe=recipe)
    parts = torch.load(path, weights_only=True)
    del parts["seconds"], parts["recipe"]
    torch.save(parts, path)
    assert load_checkpoint(path, recipe).seconds == 0.0
    assert load_checkpoint(path, recipe).step == 5


def test_another_recipe_is_told_by_what_differs(tmp_path, state, recipe):
    save_checkpoint(state, tmp_path / "c.pt", recipe=recipe)
    optimiser = recipe.optimiser.model_copy(update={"rate": 0.5})
    other = recipe.model_copy(update={"seed": 9, "optimiser": optimiser})
    differing = r"\(seed 1 then, 9 now, optimiser.rate 0.001 then, 0.5 now\)"
    with pytest.raises(InputError, match=f"another recipe {differing}"):
        load_checkpoint(tmp_path / "c.pt", other)
    longer = recipe.model_copy(update={"n_steps": 99, "validate_every": 5})
    assert load_checkpoint(tmp_path / "c.pt", longer).step == 5


ORIGIN = Origin("Parent", "0123456789abcdef", ("rain (CC-BY-NC-4.0): 9 h",))


def test_the_origin_comes_back_and_another_one_is_refused(tmp_path, recipe):
    path = tmp_path / "c.pt"
    save_checkpoint(begin(recipe, origin=ORIGIN), path, recipe=recipe)
    assert load_checkpoint(path, recipe).origin == ORIGIN
    again = Origin("Parent, renamed", ORIGIN.weights)
    assert load_checkpoint(path, recipe, origin=again).origin == ORIGIN
    message = r"begun from the weights Parent \(0123456789abcdef\), not from the weights Else \(f\)"
    with pytest.raises(InputError, match=message):
        load_checkpoint(path, recipe, origin=Origin("Else", "f"))
    assert kept_model(path) == MODEL


def test_weights_drawn_at_random_are_an_origin_too(tmp_path, recipe):
    path = tmp_path / "c.pt"
    save_checkpoint(begin(recipe), path, recipe=recipe)
    assert load_checkpoint(path, recipe).origin is None
    assert kept_model(path) is None
    with pytest.raises(InputError, match="begun from weights drawn at random, not from the wei"):
        load_checkpoint(path, recipe, origin=ORIGIN)


def test_a_checkpoint_from_before_origins_were_kept_takes_the_one_given(tmp_path, recipe):
    path = tmp_path / "c.pt"
    save_checkpoint(begin(recipe), path, recipe=recipe)
    parts = torch.load(path, weights_only=True)
    del parts["origin"]
    torch.save(parts, path)
    assert load_checkpoint(path, recipe).origin is None
    assert load_checkpoint(path, recipe, origin=ORIGIN).origin == ORIGIN
    assert kept_model(path) is None


def archive(payload):
    buffer = io.BytesIO()
    torch.save(payload, buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("form", ["pickle", "torch", "in a part"])
def test_a_checkpoint_can_run_nothing(tmp_path, recipe, state, form):
    path, marker = tmp_path / "c.pt", tmp_path / "a-pickle-was-run"
    if form == "in a part":
        save_checkpoint(state, path, recipe=recipe)
        parts = torch.load(path, weights_only=True) | {"seconds": Payload(marker)}
        path.write_bytes(archive(parts))
    else:
        payload = Payload(marker)
        path.write_bytes(pickle.dumps(payload) if form == "pickle" else archive(payload))
    with pytest.raises(InputError, match="is not a checkpoint of this recipe"):
        load_checkpoint(path, recipe)
    assert not marker.exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"half"])
def test_damage_is_told(tmp_path, recipe, content):
    (tmp_path / "c.pt").write_bytes(content)
    with pytest.raises(InputError, match="is not a checkpoint of this recipe"):
        load_checkpoint(tmp_path / "c.pt", recipe)
    with pytest.raises(InputError, match="is not a checkpoint"):
        kept_model(tmp_path / "c.pt")


def test_a_full_disk_leaves_the_checkpoint_before(tmp_path, state, recipe, monkeypatch):
    path = tmp_path / "c.pt"
    save_checkpoint(state, path, recipe=recipe)
    before = path.read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    state.step = 6
    with pytest.raises(OutputError, match="the disk is full"):
        save_checkpoint(state, path, recipe=recipe)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["c.pt"]
