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
    with pytest.raises(InputError, match=r"none\.png cannot be read \(FileNotFoundError\)"):
        read_mask(tmp_path / "none.png")
    path = tmp_path / "m.png"
    path.write_bytes(b"RIFF and so on, which is long enough")
    with pytest.raises(InputError, match="is no PNG; save the picture as PNG"):
        read_mask(path)
    imsave(path, np.zeros((8, 8, 3)), format="png")
    whole = path.read_bytes()
    path.write_bytes(whole[:40])
    with pytest.raises(InputError, match="cannot be decoded"):
        read_mask(path)
    huge = whole[:16] + (1 << 20).to_bytes(4, "big") * 2 + whole[24:]
    path.write_bytes(huge)
    with pytest.raises(InputError, match="has 1048576 x 1048576 pixels"):
        read_mask(path)
