"""Patches are written here by the layout that Gravis published, field by field."""

import struct

import numpy as np
import pytest

from estilo.errors import InputError
from estilo.synthesis.gus_patches import play_patch, read_patch
from estilo.synthesis.notes import Note

RATE = 32_000
OUT = 44_100
IS_16_BIT, IS_UNSIGNED, IS_LOOPED, IS_TO_AND_FRO, _, IS_SUSTAINED, HAS_ENVELOPE = (
    1 << bit for bit in range(7)
)
AT_ONCE = 0x3F  # 63 steps each time
FULL = 252


def sample(codes, *, modes, root_hz, range_hz=(20.0, 20_000.0), loop=(0, 0), rates=(), levels=()):
    data = codes.tobytes()
    head = [b"wave".ljust(7, b"\0"), 0, len(data), *(each * codes.itemsize for each in loop)]
    head += [RATE, *(round(1000 * hz) for hz in (*range_hz, root_hz)), 512, 7]
    rates, levels = (bytes(each).ljust(6, b"\0") for each in (rates, levels))
    head += [rates, levels, bytes(6), modes, 60, 1024, bytes(36)]
    packed = struct.pack("<7sBIIIHIIIhB6s6s6sBhH36s", *head)
    assert len(packed) == 96
    return packed + data


def patch(path, *samples):
    head = b"GF1PATCH110\0" + b"ID#000002\0" + bytes(60)
    head += struct.pack("<BBBHHI36s", 1, 14, 0, len(samples), 127, 0, bytes(36))
    head += struct.pack("<H16sIB40s", 0, b"tone", 0, 1, bytes(40))
    head += struct.pack("<BBIB40s", 0, 0, 0, len(samples), bytes(40))
    assert len(head) == 239
    path.write_bytes(head + b"".join(samples))
    return read_patch(path)


def sine(hz, n_samples=RATE, *, kind=np.int16):
    full = np.iinfo(kind).max if kind != np.uint8 else 127
    wave = np.rint(0.8 * full * np.sin(2 * np.pi * hz * np.arange(n_samples) / RATE))
    return (wave + 128 if kind == np.uint8 else wave).astype(kind)


def play(patch, pitch, *, held_s=0.5, duration_s=1.0, velocity=1.0):
    note = Note(0.0, held_s, pitch, velocity)
    return play_patch(patch, note, sample_rate=OUT, duration_s=duration_s)


def loudest_hz(samples):
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 1 << 18))
    return spectrum.argmax() * OUT / (1 << 18)


@pytest.mark.parametrize(
    ("kind", "mode"), [(np.int16, IS_16_BIT), (np.int8, 0), (np.uint8, IS_UNSIGNED)]
)
@pytest.mark.parametrize("pitch", [57, 69, 74])
def test_a_note_sounds_at_its_pitch_whatever_the_codes(tmp_path, kind, mode, pitch):
    # 100 periods of 400 Hz: a loop without a seam.
    of_400_hz = sample(
        sine(400.0, kind=kind), modes=mode | IS_LOOPED, root_hz=400.0, loop=(0, 8000)
    )
    out = play(patch(tmp_path / "a.pat", of_400_hz), pitch)
    assert (out.dtype, out.shape) == (np.float32, (OUT,))
    assert loudest_hz(out) == pytest.approx(440.0 * 2.0 ** ((pitch - 69) / 12), rel=2e-3)
    held = out[OUT // 10 : OUT // 2]
    assert np.sqrt(np.mean(held**2)) == pytest.approx(0.8 / np.sqrt(2.0), rel=0.03)
    assert abs(held.mean()) < 0.01


def test_a_sample_without_a_loop_ends(tmp_path):
    once = patch(tmp_path / "a.pat", sample(sine(400.0), modes=IS_16_BIT, root_hz=440.0))
    out = play(once, 81, duration_s=1.0)  # an octave up: twice as fast
    assert np.abs(out[round(0.4 * OUT) : round(0.49 * OUT)]).max() > 0.7
    assert np.abs(out[round(0.51 * OUT) :]).max() < 1e-3


def test_loops_go_on_or_to_and_fro(tmp_path):
    ramp = np.linspace(-20_000, 20_000, 64).astype(np.int16)  # a period of 64 samples, or of 128

    def loudest(mode):
        looped = sample(
            np.tile(ramp, 2), modes=IS_16_BIT | IS_LOOPED | mode, root_hz=440.0, loop=(0, 64)
        )
        return loudest_hz(play(patch(tmp_path / "a.pat", looped), 69))

    assert loudest(0) == pytest.approx(RATE / 64, rel=2e-3)
    assert loudest(IS_TO_AND_FRO) == pytest.approx(RATE / 128, rel=2e-3)


def test_the_sample_of_a_notes_range_is_taken(tmp_path):
    modes = IS_16_BIT | IS_LOOPED
    low = sample(sine(400.0), modes=modes, root_hz=400.0, range_hz=(20, 430), loop=(0, 8000))
    high = sample(sine(400.0) // 8, modes=modes, root_hz=400.0, range_hz=(430, 2e4), loop=(0, 8000))
    both = patch(tmp_path / "a.pat", low, high)

    def amplitude(pitch, velocity=1.0):
        return np.abs(play(both, pitch, velocity=velocity)[OUT // 4 : OUT // 2]).max()

    assert amplitude(68) == pytest.approx(0.8, rel=0.02)
    assert amplitude(69) == pytest.approx(0.1, rel=0.02)
    assert amplitude(69, velocity=0.5) == pytest.approx(0.05, rel=0.02)


def levels_db(samples, *times_s):
    width = round(0.02 * OUT)
    parts = [samples[round(at * OUT) :][:width] for at in times_s]
    return [20 * np.log10(np.sqrt(2 * np.mean(part**2)) / 0.8 + 1e-9) for part in parts]


@pytest.mark.parametrize("is_sustained", [True, False])
def test_the_envelope_rises_waits_and_falls(tmp_path, is_sustained):
    """16 units are 6 dB; with 14 voices 44,100 ramp steps come a second, or 8 times fewer."""
    slow = 0x40 | 2  # 2 / 16 units, 5512 times a second: 689 units a second
    looped = sample(
        sine(400.0),
        modes=IS_16_BIT | IS_LOOPED | HAS_ENVELOPE | (IS_SUSTAINED if is_sustained else 0),
        root_hz=400.0,
        loop=(0, 8000),
        rates=(AT_ONCE, AT_ONCE, AT_ONCE, slow, AT_ONCE, AT_ONCE),
        levels=(FULL, FULL - 16, FULL - 16, 100, 0, 0),
    )
    out = play(patch(tmp_path / "a.pat", looped), 67, held_s=0.5)
    full_db = -(255 - FULL) * 6.02 / 16
    before, after = levels_db(out, 0.3, 0.6)
    if is_sustained:
        assert before == pytest.approx(full_db - 6.02, abs=0.3)
        assert after == pytest.approx(full_db - 6.02 - 0.11 * 689 * 6.02 / 16, abs=1.5)
        assert np.abs(out[round(0.5 * OUT) :]).max() > 0.05
    assert np.abs(out[round(0.75 * OUT) :]).max() == 0.0
    assert is_sustained or np.abs(out[round(0.25 * OUT) :]).max() == 0.0


def test_what_is_no_patch_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"none\.pat does not exist"):
        read_patch(tmp_path / "none.pat")
    other = tmp_path / "other.pat"
    other.write_bytes(b"RIFF" * 100)
    with pytest.raises(InputError, match="not a patch"):
        read_patch(other)
    path = tmp_path / "a.pat"
    patch(path, sample(sine(400.0), modes=IS_16_BIT, root_hz=440.0))
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(InputError, match="cut short"):
        read_patch(path)
