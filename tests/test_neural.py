import numpy as np
import pytest
import torch
from clips import rain, stereo
from networks import small_network

from estilo import neural
from estilo.audio import Audio
from estilo.engines.neural.weights import ModelCard, write_weights
from estilo.errors import InputError

RATE = 22050


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    network = small_network(seed=2)
    card = ModelCard(
        name="small", licence="CC0-1.0", generator=network.generator.settings.model_dump()
    )
    return write_weights(tmp_path_factory.mktemp("weights") / "w.safetensors", network, card)


@pytest.fixture(scope="module")
def melodic(weights):
    return neural.encode(Audio(stereo(1.0, RATE), RATE), weights=weights)


@pytest.fixture(scope="module")
def rainy(weights):
    return neural.encode(Audio(rain(1.5, RATE)[None], RATE), weights=weights)


def test_what_is_decoded_has_the_recordings_form(melodic):
    out = neural.decode(melodic)
    assert (out.sample_rate, out.n_channels) == (RATE, 2)
    assert out.n_samples == melodic.audio.n_samples
    assert np.isfinite(out.samples).all()
    assert np.abs(out.samples).max() > 0.01


def test_the_style_and_the_content_both_matter(melodic, rainy):
    own = neural.decode(melodic).samples
    other = neural.decode(melodic, rainy.style).samples
    assert np.abs(own - other).max() > 1e-3
    silent = neural.Encoding(
        torch.zeros_like(melodic.content),
        melodic.style,
        melodic.audio,
        melodic.waveform,
        melodic.network,
    )
    assert np.abs(neural.decode(silent).samples - own).max() > 1e-3


def test_a_blend_begins_with_one_style_and_ends_with_the_other(melodic, rainy):
    for weights, style in (([1.0, 0.0], melodic.style), ([0.0, 1.0], rainy.style)):
        blended = neural.blend([melodic.style, rainy.style], weights)
        np.testing.assert_array_equal(
            neural.decode(melodic, blended).samples, neural.decode(melodic, style).samples
        )
    middle = neural.blend([melodic.style, rainy.style])
    torch.testing.assert_close(middle.vector, 0.5 * (melodic.style.vector + rainy.style.vector))


def test_decoding_repeats(melodic):
    np.testing.assert_array_equal(neural.decode(melodic).samples, neural.decode(melodic).samples)


def test_frames_must_stay(melodic):
    cut = neural.Encoding(
        melodic.content[:-1], melodic.style, melodic.audio, melodic.waveform, melodic.network
    )
    with pytest.raises(InputError, match=r"content of the shape \(95, .* keep its frames"):
        neural.decode(cut)
