import pytest
import torch
from torch import nn
from torch.nn.functional import conv1d, pad

from estilo.nn import CausalTaps, Lstm, Modulation, ResidualBlock


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(5)
        yield


LAYERS = {
    "taps": lambda: CausalTaps(6, 6, name="a", dilation=3),
    "lstm": lambda: Lstm(6, name="b"),
    "block": lambda: ResidualBlock(6, name="c", dilation=2),
}


@pytest.mark.parametrize("n_taps", [1, 3, 4])
@pytest.mark.parametrize("dilation", [1, 2, 5])
def test_taps_are_a_causal_convolution(n_taps, dilation):
    layer = CausalTaps(4, 7, name="a", n_taps=n_taps, dilation=dilation)
    x = torch.randn(2, 30, 4)
    kernel = layer.linear.weight.unflatten(1, (n_taps, 4)).transpose(1, 2)
    before = pad(x.transpose(1, 2), ((n_taps - 1) * dilation, 0))
    expected = conv1d(before, kernel, layer.linear.bias, dilation=dilation).transpose(1, 2)
    out, _ = layer(x, layer.initial_state(2))
    torch.testing.assert_close(out, expected)


def test_lstm_follows_the_equations():
    layer = Lstm(5, name="a")
    x = torch.randn(2, 9, 5)
    w_in, w_hidden, b_in, b_hidden = layer.lstm.parameters()
    hidden, cell = torch.zeros(2, 5), torch.zeros(2, 5)
    expected = []
    for frame in x.unbind(1):
        gates = frame @ w_in.T + b_in + hidden @ w_hidden.T + b_hidden
        i, f, g, o = gates.chunk(4, -1)
        cell = f.sigmoid() * cell + i.sigmoid() * g.tanh()
        hidden = o.sigmoid() * cell.tanh()
        expected.append(hidden)
    out, state = layer(x, layer.initial_state(2))
    torch.testing.assert_close(out, torch.stack(expected, 1))
    torch.testing.assert_close(state, {"a.hidden": hidden, "a.cell": cell})


@pytest.mark.parametrize("name", LAYERS)
def test_pieces_give_what_the_whole_gives(name):
    layer = LAYERS[name]()
    x = torch.randn(2, 40, 6)
    whole, last = layer(x, layer.initial_state(2))
    state, pieces = layer.initial_state(2), []
    before = {key: each.clone() for key, each in state.items()}
    for piece in x.split([1, 2, 17, 1, 19], 1):
        out, state = layer(piece, state)
        pieces.append(out)
    torch.testing.assert_close(torch.cat(pieces, 1), whole)
    torch.testing.assert_close(state, last)
    torch.testing.assert_close(layer.initial_state(2), before)
    assert {key: each.shape[0] for key, each in state.items()} == dict.fromkeys(state, 2)


@pytest.mark.parametrize("name", LAYERS)
def test_nothing_of_the_future_is_heard(name):
    layer = LAYERS[name]()
    with torch.enable_grad():
        x = torch.randn(1, 20, 6, requires_grad=True)
        out, _ = layer(x, layer.initial_state(1))
        (gradient,) = torch.autograd.grad(out[:, 11].square().sum(), x)
    assert (gradient[:, 12:] == 0).all()
    assert (gradient[:, 11] != 0).all()
    assert (gradient[:, :11] != 0).any()


def test_modulation_of_no_style_changes_nothing():
    layer, x = Modulation(3, 6), torch.randn(2, 4, 6)
    torch.testing.assert_close(layer(x, torch.zeros(2, 3)), x)


def test_modulation_is_a_gain_and_an_offset():
    layer, x, style = Modulation(3, 6), torch.randn(2, 4, 6), torch.randn(2, 3)
    nn.init.normal_(layer.linear.bias)
    offset = layer(torch.zeros_like(x), style)
    gain = layer(torch.ones_like(x), style) - offset
    torch.testing.assert_close(layer(x, style), gain * x + offset)
    torch.testing.assert_close(gain - gain[:, :1], torch.zeros_like(gain))
