"""Weights in a file: what goes in comes back, and nothing else gets in."""

import json
import re

import numpy as np
import pytest
import safetensors.numpy
import torch
from hostile_tensors import HOSTILE, MARKER, MIB, write_hostile
from networks import SMALL, small_card, small_network
from refusing import refused_at_once

from estilo.engines.neural.weights import network_id, read_weights, write_weights
from estilo.errors import OutputError, TensorFileError
from estilo.io import read_tensors
from estilo.models.network import Network
from estilo.models.settings import GeneratorSettings

NETWORK = small_network()
STATE = {name: each.numpy().astype(np.float16) for name, each in NETWORK.state_dict().items()}
CARD = small_card().model_dump(mode="json")
ONE = "generator.exit.weight"


def state(network: Network) -> dict[str, torch.Tensor]:
    return network.state_dict()


# There and back.


def test_comes_back_at_half_precision(tmp_path):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        network = Network(SMALL)
    path = write_weights(tmp_path / "w.safetensors", network, small_card())
    read, _ = read_weights(path)
    assert state(read).keys() == state(network).keys()
    for name, each in state(read).items():
        assert each.dtype == torch.float32
        assert torch.equal(each, state(network)[name].half().float()), name
    assert any(not torch.equal(each, state(network)[name]) for name, each in state(read).items())


def test_what_was_read_plays_the_same_and_learns_nothing(tmp_path, rng):
    path = write_weights(tmp_path / "w.safetensors", NETWORK, small_card())
    read, _ = read_weights(str(path))
    assert not read.training
    assert not any(each.requires_grad for each in read.parameters())
    levels = torch.from_numpy(rng.standard_normal((1, 32, 224))).float()
    for one, other in zip(read.encode_style(levels), NETWORK.encode_style(levels), strict=True):
        assert torch.equal(one, other)
    style, start = read.encode_style(levels), read.generator.initial_state(1)
    assert torch.equal(read(levels, style, start)[0], NETWORK(levels, style, start)[0])


def test_the_card_comes_back(tmp_path):
    card = small_card(
        data=("Estilo's own phrases, CC0-1.0", "Größe, CC-BY-4.0"), seed=7, command="make weights",
        steps=1000, hours=1.5, hardware="one core", table={"timbre": 0.25, "pitch": 0.75},
    )  # fmt: skip
    path = write_weights(tmp_path / "w.safetensors", NETWORK, card)
    network, read = read_weights(path)
    assert read == card
    assert network.generator.settings == SMALL
    assert read_tensors(path, max_bytes=MIB * 4).card == card.model_dump(mode="json")


def test_equal_weights_give_equal_bytes(tmp_path):
    paths = [write_weights(tmp_path / name, NETWORK, small_card()) for name in ("a", "b")]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_reading_draws_nothing_at_random(tmp_path):
    """A seed given before holds after."""
    path = write_weights(tmp_path / "w.safetensors", NETWORK, small_card())
    before = torch.random.get_rng_state()
    read_weights(path)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_nothing_is_overwritten_without_force(tmp_path):
    path = write_weights(tmp_path / "w.safetensors", NETWORK, small_card())
    with pytest.raises(OutputError, match="already exists"):
        write_weights(path, NETWORK, small_card())
    write_weights(path, NETWORK, small_card(name="Other"), force=True)
    assert read_tensors(path, max_bytes=4 * MIB).card["name"] == "Other"


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e5])
def test_what_half_precision_does_not_hold_is_not_written(tmp_path, bad):
    network = small_network(seed=2)
    network.generator.exit.bias[3] = bad
    match = "finite numbers .*exit.bias', got 1 NaN or inf"
    with pytest.raises(TensorFileError, match=match), np.errstate(over="ignore"):
        write_weights(tmp_path / "w.safetensors", network, small_card())
    assert list(tmp_path.iterdir()) == []


# Their name.


def test_weights_are_known_by_their_numbers(tmp_path):
    read, _ = read_weights(write_weights(tmp_path / "w", NETWORK, small_card(name="Renamed")))
    name = network_id(NETWORK)
    assert network_id(read) == name
    assert re.fullmatch("[0-9a-f]{16}", name)  # as the cards of styles have it
    assert network_id(small_network(seed=1)) != name
    changed = small_network()
    changed.generator.exit.bias[0] += 1e-3
    assert network_id(changed) != name


# What is refused.


def card(**changes):
    return CARD | changes


def sizes(**changes):
    return card(generator=CARD["generator"] | changes)


GIANT = GeneratorSettings(
    n_channels=1024, n_vector=1024, n_key=1024, n_value=1024, dilations=(64,) * 8
)
WIDE = GeneratorSettings(**SMALL.model_dump() | {"n_channels": 12})

# name -> (changed tensors, card, what the error says)
FLAWED = {
    "no card": ({}, {}, "its card is not one of weights"),
    "card without sizes": ({}, {k: v for k, v in CARD.items() if k != "generator"}, "generator"),
    "card without a licence": ({}, {k: v for k, v in CARD.items() if k != "licence"}, "licence"),
    "unknown field": ({}, card(reduce="os.system"), "its card is not one of weights.*reduce"),
    "card of a style": ({}, {"format": 1, "name": "a", "consent": ""}, "is not one of weights"),
    "sizes a list": ({}, card(generator=[8, 8]), "is not one of weights.*generator"),
    "sizes a text": ({}, card(generator="estilo"), "is not one of weights.*generator"),
    "data a text": ({}, card(data="all of it"), "is not one of weights.*data"),
    "steps in words": ({}, card(steps="many"), "is not one of weights.*steps"),
    "table of words": ({}, card(table={"pitch": "good"}), "is not one of weights.*pitch"),
    "unknown size": ({}, sizes(n_layers=3), "is not one of weights.*n_layers"),
    "negative width": ({}, sizes(n_channels=-8), "is not one of weights.*n_channels"),
    "no width": ({}, sizes(n_channels=0), "is not one of weights.*n_channels"),
    "huge width": ({}, sizes(n_channels=2**40), "is not one of weights.*n_channels"),
    "width of 2^64": ({}, sizes(n_vector=2**64 - 1), "is not one of weights.*n_vector"),
    "keys that heads cannot share": ({}, sizes(n_key=10), "is not one of weights.*n_key"),
    "no dilations": ({}, sizes(dilations=[]), "is not one of weights.*dilations"),
    "many dilations": ({}, sizes(dilations=[1] * 10_000), "is not one of weights.*dilations"),
    "huge dilation": ({}, sizes(dilations=[10**9]), "is not one of weights.*dilations"),
    "dilation of 0": ({}, sizes(dilations=[0]), "is not one of weights.*dilations"),
    "giant": ({}, sizes(**GIANT.model_dump(mode="json")), "expected a tensor"),
    "wider than it is": ({}, sizes(n_channels=12), "expected tensor 'generator"),
    "longer vector": ({}, sizes(n_vector=16), "expected tensor 'generator"),
    "more blocks": ({}, sizes(dilations=[1, 2, 4]), "expected a tensor 'generator.decoder.3"),
    "fewer blocks": ({}, sizes(dilations=[1]), "got another one named 'generator"),
    "no memory": ({}, sizes(memory=False), "got another one named 'generator"),
    "no cross-attention": ({}, sizes(cross_attention=False), "got another one named 'generator"),
    "a tensor less": ({ONE: None}, CARD, f"expected a tensor '{ONE}', got none"),
    "a tensor more": ({"extra": np.zeros(1, np.float16)}, CARD, "another one named 'extra'"),
    "transposed": ({ONE: STATE[ONE].T}, CARD, rf"'{ONE}' as float32 \(224, 8\), got .*\(8, 224\)"),
    "flat": ({ONE: STATE[ONE].ravel()}, CARD, rf"'{ONE}' as float32 .*got float32 \(1792,\)"),
    "whole numbers": ({ONE: STATE[ONE].astype(np.int64)}, CARD, f"'{ONE}' as float32 .*got int64"),
    "NaN": ({ONE: STATE[ONE] * np.float16(np.nan)}, CARD, f"finite numbers in tensor '{ONE}'"),
    "no tensors": (dict.fromkeys(STATE), CARD, "expected a tensor 'generator"),
}  # fmt: skip


def write_flawed(path, tensors, card):
    arrays = {
        name: np.array(each, order="C")
        for name, each in (STATE | tensors).items()
        if each is not None
    }
    path.write_bytes(safetensors.numpy.save(arrays, metadata={"estilo": json.dumps(card)}))
    return path


def refused(path, match):
    assert str(path) in str(refused_at_once(lambda: read_weights(path), f"(?s){match}"))


def test_without_a_flaw_they_are_read(tmp_path):
    """Else the refusals below would show nothing."""
    read, _ = read_weights(write_flawed(tmp_path / "w", {}, CARD))
    assert network_id(read) == network_id(NETWORK)


@pytest.mark.parametrize("name", FLAWED)
def test_flawed_weights_are_refused_in_words(name, tmp_path):
    tensors, card, match = FLAWED[name]
    refused(write_flawed(tmp_path / "w.safetensors", tensors, card), match)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_runs_nothing_and_is_refused_in_words(name, tmp_path):
    path, match = write_hostile(name, tmp_path)
    refused(path, match)
    assert not (tmp_path / MARKER).exists()


def test_weights_of_other_sizes_need_their_own_card(tmp_path):
    wide = {
        name: each.numpy().astype(np.float16)
        for name, each in small_network(settings=WIDE).state_dict().items()
    }
    refused(write_flawed(tmp_path / "a", wide, CARD), "expected tensor 'generator")
    own = sizes(n_channels=12)
    assert read_weights(write_flawed(tmp_path / "b", wide, own))[0].generator.settings == WIDE


def test_files_that_are_too_large_or_not_there(tmp_path):
    with (tmp_path / "large").open("wb") as stream:
        stream.truncate(26 * MIB)
    refused(tmp_path / "large", "has 27262976 bytes, expected at most 26214400")
    refused(tmp_path, "is a folder")
    refused(tmp_path / "nowhere", "does not exist; check the spelling and the folder")
