from dataclasses import replace

import numpy as np
import pytest
import soundfile
import torch
from clips import rain, stereo
from networks import SMALL, small_card, small_network, write_small

from estilo import neural
from estilo.audio import Audio
from estilo.engines.neural.listening import listen
from estilo.engines.neural.offline import transfer_waveform
from estilo.engines.neural.weights import ModelCard, write_weights
from estilo.errors import AudioFileError, InputError, SettingsError, TensorFileError
from estilo.neural.style_files import style_from

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
    silent = replace(melodic, content=torch.zeros_like(melodic.content))
    assert np.abs(neural.decode(silent).samples - own).max() > 1e-3


def test_the_content_of_another_recording_is_played_from_where_it_is_put_in(melodic, weights):
    """Both begin alike, and are as loud: what is decoded begins alike too, up to one gain."""
    half = melodic.audio.n_samples // 2
    samples = melodic.audio.samples.copy()
    samples[:, half:] = np.flip(melodic.audio.samples[:, half:], 1)
    other = neural.encode(Audio(samples, RATE), weights=weights)
    own = neural.decode(melodic).samples
    swapped = neural.decode(replace(melodic, content=other.content)).samples
    before, after = slice(None, half - 500), slice(half, None)  # a frame reaches two hops back
    gain = np.vdot(own[:, before], swapped[:, before]) / np.vdot(own[:, before], own[:, before])
    away = np.abs(swapped - gain * own)
    assert away[:, before].max() < 1e-4
    assert away[:, after].max() > 0.03


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
    cut = replace(melodic, content=melodic.content[:-1])
    with pytest.raises(InputError, match=r"content of the shape \(95, .* keep its frames"):
        neural.decode(cut)


def test_what_is_silent_is_named(weights, tmp_path):
    with pytest.raises(AudioFileError, match=r"^the recording is silent: nothing is played in it"):
        neural.encode(Audio(np.zeros((2, RATE)), RATE), weights=weights)
    soundfile.write(tmp_path / "still.wav", np.zeros(RATE), RATE)
    with pytest.raises(AudioFileError, match=r"still.wav is silent: nothing is played in it; give"):
        neural.encode(tmp_path / "still.wav", weights=weights)


def test_style_files_are_styles(melodic, weights):
    file = style_from(Audio(rain(1.5, RATE)[None], RATE), name="Rain", weights=weights)
    np.testing.assert_array_equal(
        neural.decode(melodic, file).samples, neural.decode(melodic, file.code).samples
    )
    blended = neural.blend([melodic.style, file], [1.0, 3.0], network=melodic.network)
    expected = 0.25 * melodic.style.vector + 0.75 * file.code.vector
    torch.testing.assert_close(blended.vector, expected)


def test_styles_of_other_weights_are_refused(melodic, tmp_path):
    """The second network is as large as the first, the third is not."""
    sound = Audio(rain(1.5, RATE)[None], RATE)
    alike, other = tmp_path / "alike.safetensors", tmp_path / "other.safetensors"
    write_small(alike, seed=7)
    larger = SMALL.model_copy(update={"n_vector": 16})
    write_weights(other, small_network(settings=larger), small_card(larger))
    file = style_from(sound, name="Rain", weights=alike)
    with pytest.raises(TensorFileError, match="'Rain' was made with weights"):
        neural.decode(melodic, file)
    with pytest.raises(TensorFileError, match="'Rain' was made with weights"):
        neural.blend([melodic.style, file], network=melodic.network)
    with pytest.raises(TensorFileError, match="'Rain' was made with weights"):
        neural.blend([file, file])  # and those in use are the ones that come with estilo
    style = neural.encode(sound, weights=other).style
    wrong = r"expected a style whose 'vector' has the shape \(1, 12\), got \(1, 16\); make it with"
    with pytest.raises(InputError, match=wrong):
        neural.decode(melodic, style)
    with pytest.raises(InputError, match=wrong):
        neural.blend([style, style], network=melodic.network)
    with pytest.raises(InputError, match="expected styles of equal sizes"):
        neural.blend([melodic.style, style])


def test_an_encoding_is_not_a_style(melodic):
    message = "expected the code of a style or a style file, got Encoding; give `neural.encode"
    with pytest.raises(InputError, match=message):
        neural.decode(melodic, melodic)
    with pytest.raises(InputError, match=message):
        neural.blend([melodic, melodic])


def test_a_adapted_network_plays_in_streams_with_the_codes_of_the_one_before(weights, rainy):
    melody = Audio(stereo(1.0, RATE), RATE)
    adapted = neural.adapt(melody, rainy.audio, n_steps=3, weights=weights)
    assert not any(parameter.requires_grad for parameter in adapted.parameters())
    again = neural.adapt(melody, [rainy.audio], n_steps=3, weights=weights)
    torch.testing.assert_close(adapted.state_dict(), again.state_dict(), atol=0.0, rtol=0.0)
    torch.testing.assert_close(listen(adapted, rainy.waveform), rainy.style)
    out = [
        transfer_waveform(network, 0.1 * torch.ones(1, 4800).cumsum(1).sin(), rainy.style)
        for network in (rainy.network, adapted)
    ]
    assert float((out[0] - out[1]).abs().max()) > 1e-4


def test_adaptation_to_nothing_is_refused(rainy):
    for styles, n_steps in (([], 5), ([rainy.audio], 0)):
        with pytest.raises(SettingsError, match="at least one style and one step"):
            neural.adapt(rainy.audio, styles, n_steps=n_steps)
