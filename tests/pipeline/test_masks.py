import struct
import zlib

import numpy as np
import pytest
import torch
from matplotlib.image import imsave

from estilo.errors import InputError
from estilo.pipeline.masks import masked, read_mask

RATE = 16_000


def drawn(path, shares):
    """A grey picture, top row first, as PNG with eight bits of each colour."""
    imsave(path, np.repeat(np.asarray(shares, float)[..., None], 3, axis=-1), format="png")
    return read_mask(path)


def noise(rng, n_samples=2 * RATE):
    return torch.from_numpy(rng.standard_normal((2, n_samples)).astype(np.float32))


def apply(waveform, mask):
    n_samples = waveform.shape[-1]
    return masked(waveform, mask, first=0, n_samples=n_samples, sample_rate=RATE)


def test_white_is_all_black_is_nothing_grey_a_share(tmp_path, rng):
    waveform = noise(rng)
    for share in (0.0, 0.4, 1.0):
        mask = drawn(tmp_path / "m.png", np.full((3, 5), share))
        np.testing.assert_allclose(apply(waveform, mask), share * waveform, atol=2e-6)


def test_columns_are_time(tmp_path, rng):
    waveform = noise(rng)
    after = apply(waveform, drawn(tmp_path / "m.png", np.tile([0.0, 0.0, 1.0, 1.0], (2, 1))))
    edge = RATE  # fades over the frame's 64 ms and the half column between two centres
    assert not after[:, : edge - 6000].any()
    np.testing.assert_allclose(after[:, edge + 6000 :], waveform[:, edge + 6000 :], atol=1e-5)


def test_rows_are_octaves_from_the_top(tmp_path):
    """40 Hz to 8 kHz: the middle of the picture is their geometric mean, 566 Hz."""
    shares = np.repeat(np.repeat([[1.0], [0.0]], 64, axis=0), 2, axis=1)
    mask = drawn(tmp_path / "m.png", shares)
    time = torch.arange(2.0 * RATE) / RATE
    for hz, share in ((30.0, 0.0), (200.0, 0.0), (500.0, 0.0), (640.0, 1.0), (7000.0, 1.0)):
        tone = torch.sin(2.0 * torch.pi * hz * time)[None]
        after = apply(tone, mask)[:, 4000:-4000]
        assert float(after.std() / tone.std()) == pytest.approx(share, abs=0.01)


def test_stretches_are_those_of_the_whole(tmp_path, rng):
    """Which blocks rely on; their beginning is a multiple of the hop."""
    waveform = noise(rng)
    mask = drawn(tmp_path / "m.png", rng.uniform(size=(7, 9)))
    whole = apply(waveform, mask)
    first, stop = 8192, 24_576
    size = {"n_samples": waveform.shape[-1], "sample_rate": RATE}
    part = masked(waveform[:, first:stop], mask, first=first, **size)
    np.testing.assert_allclose(part[:, 2048:-2048], whole[:, first + 2048 : stop - 2048], atol=1e-5)


def test_any_kind_of_png(tmp_path):
    grey = np.array([[0.0, 1.0], [0.2, 0.6]])
    path = tmp_path / "m.png"
    expected = grey[::-1]  # from the lowest frequency up
    imsave(path, np.repeat(grey[..., None], 3, axis=-1), format="png")
    np.testing.assert_allclose(read_mask(path).shares, expected, atol=2e-3)
    seen = np.dstack([grey, grey, grey, np.array([[1.0, 1.0], [1.0, 0.0]])])
    imsave(path, seen, format="png")
    np.testing.assert_allclose(read_mask(path).shares, [[0.2, 0.0], [0.0, 1.0]], atol=2e-3)
    imsave(path, np.dstack([np.zeros_like(grey), grey, 0.5 * grey]), format="png")
    np.testing.assert_allclose(read_mask(path).shares, 0.5 * expected, atol=3e-3)
    from PIL import Image

    for mode, scale in (("L", 255), ("I;16", 65_535), ("LA", 255)):
        pixels = np.rint(grey * scale)
        if mode == "LA":
            picture = Image.fromarray(pixels.astype(np.uint8)).convert("LA")
        else:
            picture = Image.fromarray(pixels.astype(np.uint16 if mode == "I;16" else np.uint8))
        picture.save(path)
        np.testing.assert_allclose(read_mask(path).shares, expected, atol=3e-3)


def test_what_is_no_mask_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"the mask .*none\.png does not exist"):
        read_mask(tmp_path / "none.png")
    path = tmp_path / "m.png"
    path.write_bytes(b"RIFF and so on, which is long enough")
    with pytest.raises(InputError, match="expected a PNG, got something else; save"):
        read_mask(path)
    imsave(path, np.zeros((8, 8, 3)), format="png")
    whole = path.read_bytes()
    path.write_bytes(whole[:40])
    with pytest.raises(InputError, match="got an end after 40 bytes"):
        read_mask(path)


def part(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(*parts):
    return b"\x89PNG\r\n\x1a\n" + b"".join(part(kind, body) for kind, body in parts)


def head(width, height, depth=8, colour=0, interlace=0):
    return b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)


GREY = b"IDAT", zlib.compress((b"\0" + bytes([0, 255])) * 2)
END = b"IEND", b""
# A gigabyte in a megabyte.
BOMB = zlib.compress(bytes(2**24)) * 64
HOSTILE = {
    "a second head": (png(head(2, 2), head(40_000, 40_000), GREY, END), "one IHDR, got 2"),
    "a part before the head": (png((b"tEXt", b"a\0b"), head(2, 2), GREY, END), "begin with its h"),
    "the head behind a text of its name": (
        png((b"tEXt", b"IHDR\0\0\0\x02"), head(40_000, 40_000), GREY, END),
        "begin with its head",
    ),
    "large": (png(head(40_000, 40_000), GREY, END), "expected 1 to 16777216 pixels, got 40000"),
    "wide": (png(head(2**31 - 1, 1), GREY, END), "pixels, got 2147483647 x 1"),
    "no rows": (png(head(2, 0), GREY, END), "pixels, got 2 x 0"),
    "pixels without end": (
        png(head(2, 2), (b"IDAT", zlib.compress(bytes(2**24))), END),
        "expected 24 bytes of pixels at the most, got more",
    ),
    "too few pixels": (png(head(20, 20), GREY, END), "cannot be decoded"),
    "pixels that are none": (png(head(2, 2), (b"IDAT", b"what"), END), "pixels that can be unp"),
    "no pixels": (png(head(2, 2), END), "pixels after its head"),
    "a palette behind the pixels": (
        png(head(2, 2, colour=3), GREY, (b"PLTE", bytes(6)), END),
        "pixels after its head and its palette",
    ),
    "a long palette": (png(head(2, 2, colour=3), (b"PLTE", bytes(2**20)), GREY, END), "768 bytes"),
    "another kind of pixels": (png(head(2, 2, depth=3), GREY, END), "of a kind that PNG has"),
    "a part that none knows": (png(head(2, 2), (b"EVIL", b""), GREY, END), "got b'EVIL'"),
    "a damaged part": (png(head(2, 2), GREY, END)[:-20] + bytes(20), "a damaged one at byte 33"),
    "a part longer than the file": (png(head(2, 2))[:-8] + b"\x7f" + bytes(40), "damaged one"),
    "no end": (png(head(2, 2), GREY), "got an end after"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_pictures_that_are_not_what_they_say_are_refused(name, tmp_path):
    data, message = HOSTILE[name]
    path = tmp_path / "m.png"
    path.write_bytes(data)
    with pytest.raises(InputError, match=message):
        read_mask(path)


@pytest.mark.parametrize(
    "extra",
    [
        (b"zTXt", b"a\0\0" + BOMB),
        (b"iCCP", b"a\0\0" + BOMB),
        (b"iTXt", b"a\0\1\0\0\0" + BOMB),
        (b"acTL", struct.pack(">II", 2**31, 0)),
    ],
    ids=lambda each: each[0].decode(),
)
def test_what_is_no_pixel_of_a_picture_is_never_unpacked(extra, tmp_path):
    path = tmp_path / "m.png"
    path.write_bytes(png(head(2, 2), extra, GREY, END))
    np.testing.assert_array_equal(read_mask(path).shares, [[0, 1], [0, 1]])


def test_interlaced_pictures_and_palettes_have_room_for_their_rows(tmp_path):
    """Checked by the pixels themselves: pass by pass, every row begins with a byte of its own."""
    path = tmp_path / "m.png"
    passes = bytes([0, 0, 0, 255, 0, 0, 255])  # three passes of a picture of two by two
    path.write_bytes(png(head(2, 2, interlace=1), (b"IDAT", zlib.compress(passes)), END))
    np.testing.assert_array_equal(read_mask(path).shares, [[0, 1], [0, 1]])
    rows = zlib.compress(bytes([0, 0x40, 0, 0x40]))  # one bit for each pixel
    palette = b"PLTE", bytes([0, 0, 0, 255, 255, 255])
    path.write_bytes(png(head(2, 2, 1, 3), palette, (b"IDAT", rows), END))
    np.testing.assert_array_equal(read_mask(path).shares, [[0, 1], [0, 1]])
