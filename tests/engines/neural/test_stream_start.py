"""Styles and levels that a stream is started with."""

import math

import pytest
import torch
from players import PLAYER, noise, player, style_code

from estilo.engines.neural.offline import transfer_waveform
from estilo.engines.neural.stream import NeuralStream
from estilo.engines.neural.style_card import ClipCard
from estilo.engines.neural.style_file import make_style
from estilo.errors import InputError, SettingsError, TensorFileError


def make(network):
    return NeuralStream(network, runtime="torch")


def test_reset_keeps_styles_of_weight_0(network, code):
    """They are among those that were given last, and may come in later."""
    stream, waveform = make(network), noise(1, 8000)
    other = style_code(network, seed=9, n_frames=96)
    outs = []
    for begin in (lambda state: state, stream.reset):
        state = stream.weigh_styles(begin(stream.start([code, other], [1.0, 0.0])), [0.0, 1.0])
        outs.append(stream.process(waveform, state)[0])
    assert torch.equal(outs[0], outs[1])


@pytest.mark.parametrize(("level_db", "same_db"), [(-math.inf, -80.0), (math.inf, 0.0)])
def test_levels_that_are_not_finite_are_met_as_well_as_can_be(network, code, level_db, same_db):
    stream, waveform = make(network), noise(1, 3000)
    out, _ = stream.process(waveform, stream.start(code, level_db=level_db))
    expected, _ = stream.process(waveform, stream.start(code, level_db=same_db))
    assert out.isfinite().all()
    assert torch.equal(out, expected)
    with pytest.raises(SettingsError, match="expected a level in dBFS, got nan"):
        stream.reset(stream.start(code), level_db=math.nan)


def style_file(network):
    origin = ClipCard(name="a.wav", sha256="0" * 64, offset_s=0.0, duration_s=1.0, weight=1.0)
    return make_style(network, [noise(1, 48000)], [1.0], origins=[origin], name="S")


def test_style_files_are_styles(network, code):
    stream, waveform, file = make(network), noise(1, 3000), style_file(network)
    for one, other in (
        (stream.start(file), stream.start(file.code)),
        (stream.start([code, file], [1, 3]), stream.start([code, file.code], [1, 3])),
        (
            stream.change_style(stream.start(code), file),
            stream.change_style(stream.start(code), file.code),
        ),
    ):
        assert torch.equal(stream.process(waveform, one)[0], stream.process(waveform, other)[0])
    foreign = style_file(player(seed=4))
    with pytest.raises(TensorFileError, match="'S' was made with weights"):
        stream.start(foreign)
    with pytest.raises(TensorFileError, match="'S' was made with weights"):
        stream.change_style(stream.start(code), [code, foreign])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_vector": 12}, r"'vector' has the shape \(1, 16\), got \(1, 12\); make it with the w"),
        ({"n_key": 8}, r"'keys' has the shape \(1, 8, 16\), got \(1, 8, 8\)"),
        ({"n_value": 20}, r"'values' has the shape \(1, 8, 16\), got \(1, 8, 20\)"),
    ],
    ids=str,
)
def test_codes_of_other_networks_are_refused(network, code, change, message):
    stream, other = make(network), style_code(player(PLAYER.model_copy(update=change)))
    with pytest.raises(InputError, match=message):
        stream.start(other)
    with pytest.raises(InputError, match=message):
        stream.change_style(stream.start(code), [code, other])
    with pytest.raises(InputError, match=message):
        transfer_waveform(network, noise(1, 600), other)


def test_what_is_no_style_is_refused(network, code):
    stream = make(network)
    for wrong, name in (("cello.wav", "str"), (code.vector, "Tensor"), ([None], "NoneType")):
        with pytest.raises(InputError, match=f"expected the code of a style .*, got {name}; give"):
            stream.start(wrong)
    bare = code._replace(levels=code.levels[..., :0])
    with pytest.raises(InputError, match=r"'levels' has the shape \(1, 224, 33\), got"):
        stream.start(bare)
