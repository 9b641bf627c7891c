"""What is turned while a stream plays must not be heard as a click."""

import math

import pytest
import torch
from players import player, streamed, style_code

from estilo.engines.neural.controls import Controls
from estilo.engines.neural.stream import NeuralStream


@pytest.fixture
def dark():
    """A network whose output is smooth, so that jumps stand out."""
    network = player()
    network.generator.exit.bias[20:] -= 2.5
    return network


def dark_code(network, **options):
    """A style that has as little above."""
    code = style_code(network, **options)
    return code._replace(levels=torch.cat((code.levels[:, :20], code.levels[:, 20:] - 2.5), 1))


def roughness(out: torch.Tensor, place: int) -> float:
    """Largest third difference around a place: what a jump has and a slow change has not."""
    return float(out[0, place - 200 : place + 4000].diff(n=3).abs().max())


def turned_at(network, first, second, *, place):
    """A low sine, with one pair of style and controls and then another, and the jump between."""
    stream = NeuralStream(network, runtime="torch")
    sine = 0.5 * torch.sin(2.0 * math.pi * 0.003 * torch.arange(30000.0))[None]
    state = stream.start(first[0])
    before, state = stream.process(sine[:, :place], state, first[1])
    state = stream.change_style(state, second[0]) if second[0] is not first[0] else state
    after, _ = stream.process(sine[:, place:], state, second[1])
    others = [
        streamed(stream, sine, style, [1000], controls)[:, :30000]
        for style, controls in (first, second)
    ]
    cut = torch.cat((others[0][:, :place], others[1][:, place:]), 1)
    steady = max(roughness(each, place) for each in others)
    return torch.cat((before, after), 1), others[1], cut, steady


@pytest.mark.parametrize(
    "controls", [Controls(wet=0.0), Controls(strength=0.0), Controls(timbre=0.0, eq=0.0)], ids=repr
)
def test_turning_a_control_does_not_click(dark, controls):
    place, code = 15040, dark_code(dark)
    out, target, cut, steady = turned_at(dark, (code, Controls()), (code, controls), place=place)
    assert roughness(out, place) < 1.5 * steady + 1e-4
    assert roughness(cut, place) > 3.0 * roughness(out, place)
    torch.testing.assert_close(out[:, 20000:], target[:, 20000:], atol=1e-4, rtol=0.0)


def test_changing_the_style_does_not_click(dark):
    place, code, other = 15040, dark_code(dark), dark_code(dark, seed=9, n_frames=96)
    other = other._replace(vector=10.0 * other.vector)
    out, target, cut, steady = turned_at(dark, (code, Controls()), (other, Controls()), place=place)
    assert (target - cut)[:, :place].abs().max() > 0.02
    assert roughness(out, place) < 1.5 * steady + 1e-4
    assert roughness(cut, place) > 2.0 * roughness(out, place)
