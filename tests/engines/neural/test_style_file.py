"""Styles as files: what goes in comes back, and nothing else gets in."""

import json
import math

import numpy as np
import pyloudnorm
import pytest
import safetensors.numpy
import torch
from clips import melody, rain
from networks import SMALL, small_card, small_network
from pydantic import ValidationError

from estilo.engines.neural.listening import listen
from estilo.engines.neural.style_card import (
    LARGEST,
    MAX_TOKENS,
    ClipCard,
    StyleCard,
    is_style_file,
)
from estilo.engines.neural.style_file import (
    StyleFile,
    check_fits,
    make_style,
    read_style,
    write_style,
)
from estilo.engines.neural.weights import network_id, write_weights
from estilo.errors import AudioFileError, OutputError, SettingsError, TensorFileError
from estilo.models.settings import GeneratorSettings

RATE = 48_000
NETWORK = small_network()


def clip(seconds=1.0, *, seed=1):
    return torch.from_numpy(rain(seconds, RATE, seed=seed))[None]


def origin(**changes):
    return ClipCard(
        **{"name": "rain.wav", "sha256": "0f" * 32, "offset_s": 0.0, "duration_s": 1.0, "weight": 1}
        | changes
    )


def made(clips=None, weights=None, **options):
    clips = [clip()] if clips is None else clips
    weights = [1.0] * len(clips) if weights is None else weights
    options = {"origins": [origin()] * len(clips), "name": "Rain"} | options
    return make_style(NETWORK, clips, weights, **options)


def assert_equal(one: StyleFile, other: StyleFile):
    assert one.card == other.card
    for name, part in one.code._asdict().items():
        assert torch.equal(part, getattr(other.code, name)), name


# There and back.


@pytest.mark.parametrize("n_clips", [1, 3])
def test_comes_back_as_it_was(tmp_path, n_clips):
    clips = [clip(0.4 + 0.5 * i, seed=i) for i in range(n_clips)]
    file = made(clips, licence="CC-BY-4.0", consent="Ω: my own voice,\nrecorded at home")
    path = write_style(tmp_path / "rain.estilo-style", file)
    assert_equal(read_style(path), file)
    assert_equal(read_style(str(path)), file)
    assert all(part.dtype == torch.float32 for part in file.code)
    check_fits(read_style(path), NETWORK)


def test_the_numbers_are_those_that_the_network_hears():
    """To the 11 bits of half precision."""
    for part, exact in zip(made().code, listen(NETWORK, clip()), strict=True):
        torch.testing.assert_close(part, exact, rtol=2.0**-11, atol=2.0**-25)


def test_the_reference_reads_it(tmp_path):
    file = made()
    path = write_style(tmp_path / "rain.estilo-style", file)
    arrays = safetensors.numpy.load_file(path)
    assert {name: each.dtype for name, each in arrays.items()} == dict.fromkeys(
        ("vector", "keys", "values", "weights", "levels"), np.float16
    )
    for name, part in file.code._asdict().items():
        np.testing.assert_array_equal(arrays[name].astype(np.float32), part.numpy())
    with safetensors.safe_open(path, "numpy") as opened:
        card = json.loads(opened.metadata()["estilo"])
    assert StyleCard.model_validate_json(json.dumps(card)) == file.card


def test_equal_clips_give_equal_bytes(tmp_path):
    first = write_style(tmp_path / "1.estilo-style", made([clip(), clip(seed=2)], [2, 1]))
    second = write_style(tmp_path / "2.estilo-style", made([clip(), clip(seed=2)], [2, 1]))
    other = write_style(tmp_path / "3.estilo-style", made([clip(), clip(seed=2)], [1, 2]))
    assert first.read_bytes() == second.read_bytes() != other.read_bytes()


def test_nothing_is_overwritten_without_force(tmp_path):
    path = write_style(tmp_path / "rain.estilo-style", made())
    before = path.read_bytes()
    with pytest.raises(OutputError, match="already exists"):
        write_style(path, made(name="Other"))
    assert path.read_bytes() == before
    write_style(path, made(name="Other"), force=True)
    assert read_style(path).card.name == "Other"


# Several clips.


def test_a_blend_is_the_weighted_mean_and_all_tokens():
    one, other = clip(0.7, seed=1), clip(1.1, seed=2)
    first, second = listen(NETWORK, one), listen(NETWORK, other)
    blend = made([one, other], [3.0, 1.0]).code
    expected = 0.75 * first.vector + 0.25 * second.vector
    torch.testing.assert_close(blend.vector, expected, rtol=1e-3, atol=1e-4)
    tokens = torch.cat((first.keys, second.keys), 1)
    torch.testing.assert_close(blend.keys, tokens, rtol=2.0**-11, atol=2.0**-25)
    shares = blend.weights.exp()[0]
    n_first = first.keys.shape[1]
    assert float(shares[:n_first].sum()) == pytest.approx(0.75, rel=2e-3)
    assert float(shares[n_first:].sum()) == pytest.approx(0.25, rel=2e-3)


def test_clips_of_one_weight_may_come_in_any_order():
    clips = [clip(0.5, seed=i) for i in range(3)]
    one, other = made(clips).code, made(clips[::-1]).code
    torch.testing.assert_close(one.vector, other.vector, rtol=1e-3, atol=1e-4)
    assert sorted(one.keys[0, :, 0].tolist()) == sorted(other.keys[0, :, 0].tolist())


def test_many_clips_are_thinned_out(tmp_path):
    clips = [clip(3.0, seed=i) for i in range(40)]
    file = made(clips)
    n_each = MAX_TOKENS // 40
    assert listen(NETWORK, clips[0]).weights.shape[1] > n_each
    assert file.code.weights.shape == (1, 40 * n_each)
    shares = file.code.weights.exp().reshape(40, n_each).sum(1)
    torch.testing.assert_close(shares, torch.full((40,), 1 / 40), rtol=2e-3, atol=0)
    assert_equal(read_style(write_style(tmp_path / "a.estilo-style", file)), file)
    with pytest.raises(SettingsError, match="from 1 to 64 clips, got 65; join short ones"):
        made([clip(0.1)] * 65)
    with pytest.raises(SettingsError, match="from 1 to 64 clips, got 0"):
        made([])


def test_weights_and_origins_fit_the_clips():
    with pytest.raises(SettingsError, match="each of 2 clips, got 1 and 2"):
        made([clip(), clip()], [1.0])
    with pytest.raises(SettingsError, match="each of 1 clips, got 1 and 0"):
        made(origins=[])


def test_silent_clips_are_named():
    with pytest.raises(AudioFileError, match="style 2 is silent"):
        made([clip(), torch.zeros(2, RATE)])


# The card.


def test_loudness_is_that_of_the_clips():
    """With another implementation of BS.1770 as the judge."""
    loud = torch.from_numpy(melody(2.0, RATE))[None].repeat(2, 1)
    soft = 0.1 * clip(2.0)
    meter = pyloudnorm.Meter(RATE, filter_class="DeMan")
    levels = [meter.integrated_loudness(each.numpy().T) for each in (loud, soft)]
    assert made([loud]).card.loudness_lufs == pytest.approx(levels[0], abs=0.05)
    powers = [10 ** (level / 10) for level in levels]
    both = 10 * math.log10(0.25 * powers[0] + 0.75 * powers[1])
    assert made([loud, soft], [1, 3]).card.loudness_lufs == pytest.approx(both, abs=0.05)
    assert made([1e-4 * clip()]).card.loudness_lufs is None


@pytest.mark.parametrize(("level", "told"), [(1e4, 20.0), (1e-4, None)])
def test_clips_may_be_louder_than_a_card_can_tell(tmp_path, level, told):
    """As float files can be; the level does not matter to the style."""
    file, plain = made([level * clip()]), made()
    assert file.card.loudness_lufs == told
    torch.testing.assert_close(file.code.vector, plain.code.vector, rtol=1e-2, atol=1e-2)
    assert read_style(write_style(tmp_path / "loud.estilo-style", file)).card == file.card


def test_texts_that_no_card_takes():
    for options, message in [
        ({"name": ""}, "'name': string should have at least 1 char"),
        ({"name": "a" * 201}, "'name': string should have at most 200 char"),
        ({"name": "two\nlines"}, r"'name': expected one line, got 'two\\nlines'"),
        ({"licence": "a\tb"}, "'licence': expected one line"),
        ({"consent": "a" * 2001}, "'consent': string should have at most 2000 char"),
    ]:
        with pytest.raises(SettingsError, match=f"card cannot be made: {message}"):
            made(**options)


@pytest.mark.parametrize("name", ["/etc/passwd", "../a.wav", "a/b", "..", ".", "C:\\a.wav", ""])
def test_clips_are_named_without_folders(name):
    with pytest.raises(ValidationError, match="name"):
        origin(name=name)


def test_texts_that_steer_a_terminal_are_not_written(tmp_path):
    with pytest.raises(TensorFileError, match="printable text in the card"):
        write_style(tmp_path / "a.estilo-style", made(name="\x1b[2J"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 2 * LARGEST])
def test_numbers_that_would_not_be_read_are_not_written(tmp_path, bad):
    file = made()
    code = file.code._replace(vector=torch.full_like(file.code.vector, bad))
    with pytest.raises(TensorFileError, match="expected numbers of at most 10000 in 'vector'"):
        write_style(tmp_path / "a.estilo-style", StyleFile(code, file.card))
    assert list(tmp_path.iterdir()) == []


# Other weights.


def test_other_weights_are_refused():
    file = made([clip()] * 5)
    other = small_network(seed=1)
    match = (
        f"'Rain' was made with weights {network_id(NETWORK)}, and those in use are "
        rf"{network_id(other)}; make it again from its clips \(rain.wav, rain.wav, rain.wav and 2 "
        r"more\), or give the weights"
    )
    with pytest.raises(TensorFileError, match=match):
        check_fits(file, other)


def test_a_card_that_claims_other_weights_does_not_help():
    """The shapes speak for themselves."""
    wide = small_network(settings=GeneratorSettings(**SMALL.model_dump() | {"n_vector": 16}))
    file = made()
    claiming = file.card.model_copy(update={"weights": network_id(wide)})
    with pytest.raises(TensorFileError, match="was made with weights"):
        check_fits(StyleFile(file.code, claiming), wide)


# What it is, and what it is not.


def test_style_files_are_known_by_name_and_by_content(tmp_path):
    path = write_style(tmp_path / "rain.estilo-style", made())
    renamed = tmp_path / "rain.wav"
    renamed.write_bytes(path.read_bytes())
    assert is_style_file(path)
    assert is_style_file(str(renamed))
    assert is_style_file("nowhere/Rain.ESTILO-STYLE")
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "riff.wav").write_bytes(b"RIFF\x24\0\0\0WAVEfmt ")
    write_weights(tmp_path / "weights.wav", NETWORK, small_card())
    for name in ("empty.wav", "riff.wav", "weights.wav", "nowhere.wav", ".", "null\0.wav"):
        assert not is_style_file(tmp_path / name), name
