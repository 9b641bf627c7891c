"""Files that must be refused: name to (file name, bytes, what the message says).

`write_hostile` puts one into a folder; every test that takes files may run over `HOSTILE`.
"""

import io
import math
import struct

import numpy as np
import soundfile as sf

RATE = 44_100


def noise(n_samples=4_000, n_channels=2):
    return 0.1 * np.random.default_rng(0).standard_normal((n_samples, n_channels))


def encoded(major, subtype, samples=None, sample_rate=RATE):
    """A sound file of the given kind, as bytes."""
    samples = noise() if samples is None else samples
    stream = io.BytesIO()
    with sf.SoundFile(
        stream, "w", sample_rate, samples.shape[1], subtype=subtype, format=major
    ) as file:
        for start in range(0, len(samples), 4096):
            file.write(samples[start : start + 4096])
    return stream.getvalue()


def wav(data=bytes(2000), *, rate=RATE, channels=1, bits=16, tag=1, data_size=None, riff_size=None):
    """A wav file whose header says whatever it is told."""
    align = channels * bits // 8
    fmt = struct.pack(
        "<HHIIHH", tag, channels, rate, rate * align & 0xFFFFFFFF, align & 0xFFFF, bits
    )
    size = len(data) if data_size is None else data_size
    body = b"WAVEfmt " + struct.pack("<I", 16) + fmt + b"data" + struct.pack("<I", size) + data
    return b"RIFF" + struct.pack("<I", len(body) if riff_size is None else riff_size) + body


def floats(*values, tag_bits=32):
    data = np.full(500, 0.1, dtype=f"<f{tag_bits // 8}")
    data[100 : 100 + len(values)] = values
    return wav(data.tobytes(), tag=3, bits=tag_bits)


def aiff(*, rate=RATE, channels=1, n_frames=1000, data=bytes(2000), data_size=None):
    exponent = max(int(rate).bit_length() - 1, 0)
    extended = struct.pack(">HQ", 16383 + exponent, (rate << (63 - exponent)) & (2**64 - 1))
    common = struct.pack(">hIh", channels, n_frames, 16) + extended
    size = len(data) + 8 if data_size is None else data_size
    body = b"AIFFCOMM" + struct.pack(">I", 18) + common
    body += b"SSND" + struct.pack(">III", size, 0, 0) + data
    return b"FORM" + struct.pack(">I", len(body)) + body


def caf(*, rate=float(RATE), channels=1, data=bytes(2000), data_size=None):
    description = struct.pack(">d4sIIIII", rate, b"lpcm", 0, 2 * channels, 1, channels, 16)
    size = len(data) + 4 if data_size is None else data_size
    head = b"caff" + struct.pack(">HH", 1, 0) + b"desc" + struct.pack(">q", 32) + description
    return head + b"data" + struct.pack(">qI", size, 0) + data


def flac(*, rate=RATE, channels=2, n_frames=2**36 - 1, rest=bytes(68)):
    packed = rate << 44 | (channels - 1) << 41 | 15 << 36 | n_frames
    info = struct.pack(">HH6xQ", 4096, 4096, packed) + bytes(16)
    return b"fLaC" + b"\x80" + len(info).to_bytes(3, "big") + info + rest


def changed(data, *changes):
    """Bytes with (offset, replacement) written over them."""
    data = bytearray(data)
    for offset, replacement in changes:
        data[offset : offset + len(replacement)] = replacement
    return bytes(data)


def cut(data, part):
    return data[: int(len(data) * part)]


def without_last_page(data):
    return data[: data.rfind(b"OggS")]


def _plain():
    return {
        "wav": encoded("WAV", "PCM_16"),
        "wav24": encoded("WAV", "PCM_24"),
        "wavfloat": encoded("WAV", "FLOAT"),
        "rf64": encoded("RF64", "PCM_16"),
        "adpcm": encoded("WAV", "IMA_ADPCM"),
        "flac": encoded("FLAC", "PCM_16", noise(40_000)),
        "ogg": encoded("OGG", "VORBIS", noise(40_000)),
        "opus": encoded("OGG", "OPUS", noise(40_000), 48_000),
        "mp3": encoded("MP3", "MPEG_LAYER_III", noise(80_000)),
        "aiff": encoded("AIFF", "PCM_16"),
        "caf": encoded("CAF", "PCM_16"),
        "alac": encoded("CAF", "ALAC_16", noise(40_000)),
    }


PLAIN = _plain()


def _all(plain):
    extension = {
        "wav24": "wav", "wavfloat": "wav", "rf64": "wav", "adpcm": "wav", "alac": "caf",
    }  # fmt: skip
    cases = {}
    for name, data in plain.items():
        file_name = f"{name}.{extension.get(name, name)}"
        match = "cut off.*: .* (promises|no last)"
        cases[f"{name} cut in half"] = (file_name, cut(data, 0.5), match)
        for n_bytes in (1, 4, 12):
            cases[f"{name} of {n_bytes} bytes"] = (
                file_name,
                data[:n_bytes],
                "not audio|breaks off|cut off|cannot be decoded",
            )
        cases[f"{name} without samples"] = (file_name, data[:60], "cut off|breaks off|decoded")
    cases |= _ranges() | _lies() | _values() | _strangers() | _damage(plain)
    for n_bytes, name in ((0, "nothing.wav"), (0, "nothing.mp3")):
        cases[f"empty {name}"] = (name, bytes(n_bytes), r"empty file \(0 bytes\)")
    return cases


def _ranges():
    cases = {}
    for rate in (1, 100, 7_999, 192_001, 2**31 - 1, 2**32 - 1):
        match = f"sample rate of {rate} Hz"
        cases[f"wav of {rate} Hz"] = ("rate.wav", wav(rate=rate), match)
    for rate in (1, 7_999, 192_001):
        match = f"sample rate of {rate} Hz"
        cases[f"aiff of {rate} Hz"] = ("rate.aiff", aiff(rate=rate), match)
        cases[f"caf of {rate} Hz"] = ("rate.caf", caf(rate=float(rate)), match)
        cases[f"flac of {rate} Hz"] = ("rate.flac", flac(rate=rate, n_frames=9), match)
    for value in (math.nan, math.inf, -1.0, 0.0, 1e300):
        cases[f"caf of {value} Hz"] = ("rate.caf", caf(rate=value), "sample rate of 0 Hz")
    for channels in (9, 1000, 0xFFFF):
        match = f"{channels} channels"
        cases[f"wav of {channels} channels"] = ("c.wav", wav(channels=channels), match)
    cases["aiff of 1000 channels"] = ("c.aiff", aiff(channels=1000), "1000 channels")
    cases["caf of 1000 channels"] = ("c.caf", caf(channels=1000), "1000 channels")
    cases["caf of 2**31 channels"] = ("c.caf", caf(channels=2**31 // 2), "channels")
    cases["wav of no channels"] = ("c.wav", wav(channels=0), "0 channels")
    cases["wav of no rate"] = ("c.wav", wav(rate=0), "sample rate of 0 Hz")
    return cases


def _lies():
    hour = 3600 * RATE
    both = r"promises \d+ samples \([\d.]+ s\) and the file has room for \d+ samples"
    return {
        "flac of 110 bytes and 256 GiB": ("bomb.flac", flac(), both),
        "flac that lies a little": ("bomb.flac", flac(n_frames=10**7), both),
        "wav of 5 hours": ("long.wav", wav(data_size=2 * 5 * hour), both),
        "wav of 10 hours of 8 channels": (
            "long.wav", wav(channels=8, data_size=16 * hour), both,
        ),
        "aiff of 6 hours": (
            "long.aiff", aiff(n_frames=6 * hour, data_size=12 * hour + 8), both,
        ),
        "aiff of more frames than data": ("long.aiff", aiff(n_frames=hour), both),
        "caf of a million hours": ("long.caf", caf(data_size=2 * 10**6 * hour), both),
        "zero samples, wav": ("zero.wav", wav(b""), "is 0 samples long; give"),
        "zero samples, aiff": ("zero.aiff", aiff(n_frames=0, data=b""), "is 0 samples long"),
        "zero samples, caf": ("zero.caf", caf(data=b""), "is 0 samples long"),
        "zero samples, flac": (
            "zero.flac", flac(n_frames=0), "is 0 samples long|cannot be decoded",
        ),
        "half a sample": ("zero.wav", wav(b"\0"), "is 0 samples long"),
        "pipe without samples": (
            "zero.wav", wav(b"", data_size=2**32 - 1, riff_size=2**32 - 1), "0 samples",
        ),
    }  # fmt: skip


def _values():
    at = "at sample 100 of channel 1"
    return {
        "NaN": ("nan.wav", floats(math.nan), f"has NaN {at}"),
        "Inf": ("inf.wav", floats(math.inf), f"has an infinite value {at}"),
        "-Inf": ("inf.wav", floats(-math.inf), f"has an infinite value {at}"),
        "NaN of 64 bits": ("nan.wav", floats(math.nan, tag_bits=64), f"has NaN {at}"),
        "beyond float32": ("huge.wav", floats(1e300, tag_bits=64), f"infinite value {at}"),
        "200 dB": ("huge.wav", floats(1e30), f"value 1e\\+30 {at}; full scale is ±1"),
        "NaN at the very end": (
            "nan.wav",
            wav(np.array([0.1] * 70_000 + [math.nan], dtype="<f4").tobytes(), tag=3, bits=32),
            "has NaN at sample 70000",
        ),
        "NaN in caf": (
            "nan.caf", encoded("CAF", "FLOAT", np.full((10, 1), math.nan)), "has NaN at sample 0",
        ),
    }  # fmt: skip


def _strangers():
    match = "is not audio that estilo reads but {}.*; give one of wav, flac"
    contents = {
        "text": (b"Dear Sir, here is my song.\n" * 20, "text"),
        "UTF-16 text": ("hello, wörld".encode("utf-16") * 20, "unknown data"),
        "a PDF": (b"%PDF-1.7\n" + bytes(300), "a PDF document"),
        "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(300), "a PNG picture"),
        "a photograph": (b"\xff\xd8\xff\xe0" + bytes(300), "a JPEG picture"),
        "a zip": (b"PK\x03\x04" + bytes(300), "a zip archive"),
        "MIDI": (b"MThd" + bytes(300), r"a MIDI file \(notes, not sound\)"),
        "a film": (b"\x1aE\xdf\xa3" + bytes(300), "a Matroska or WebM film"),
        "zeros": (bytes(10_000), "unknown data"),
        "random bytes": (np.random.default_rng(3).bytes(10_000), "unknown data"),
        "an LFS pointer": (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
        "AVI": (b"RIFF\x00\x10\x00\x00AVI LIST" + bytes(300), "an AVI film"),
        "another RIFF": (b"RIFF\x00\x10\x00\x00ACON" + bytes(300), "unknown data"),
        "another FORM": (b"FORM\x00\x00\x10\x00ILBM" + bytes(300), "unknown data"),
        "Sun AU": (b".snd" + bytes(300), "a Sun AU file"),
        "a single byte": (b"\xff", "unknown data"),
    }
    return {
        f"{name} called wav": ("take.wav", data, match.format(what))
        for name, (data, what) in contents.items()
    }


def _damage(plain):
    decoded = "cannot be decoded: .*; the file may be damaged"
    flac_middle = len(plain["flac"]) // 2
    return {
        "wav of an unknown codec": ("codec.wav", wav(tag=0x4242), decoded),
        "wav of 0 bits": ("bits.wav", wav(bits=0), decoded),
        "wav without fmt": ("nofmt.wav", b"RIFF\x20\0\0\0WAVEdata\x08\0\0\0" + bytes(20), decoded),
        "wav of endless empty chunks": (
            "chunks.wav", b"RIFF\xff\xff\xff\x7fWAVE" + b"junk\0\0\0\0" * 20_000, "cut off",
        ),
        "wav of one giant chunk": ("giant.wav", b"RIFF\0\0\0\0WAVELIST\xf0\xff\xff\xff", "cut off"),
        "flac with a hole": (
            "hole.flac", changed(plain["flac"], (flac_middle, bytes(9_000))), "cut off",
        ),
        "flac of the head only": ("head.flac", plain["flac"][:42], "cut off|decoded"),
        "ogg without its last page": ("page.ogg", without_last_page(plain["ogg"]), "no last page"),
        "opus without its last page": (
            "page.opus", without_last_page(plain["opus"]), "no last page",
        ),
        "ogg of an unknown codec": (
            "codec.ogg", changed(plain["ogg"], (29, b"abcdef")), decoded,
        ),
        "mp3 of an ID3 tag only": ("tag.mp3", b"ID3\x04\0\0\0\0\x07\x68" + bytes(1_000), decoded),
        "ID3 tag longer than the file": ("tag.mp3", b"ID3\x04\0\0\x7f\x7f\x7f\x7f", decoded),
        "mp3 frame header and zeros": ("frame.mp3", b"\xff\xfb\x90\x44" + bytes(100), decoded),
        "ALAC of 24 bits in caf": ("alac.caf", encoded("CAF", "ALAC_24"), "more than 16 bits"),
        "m4a of nothing": (
            "film.m4a", b"\0\0\0\x20ftypM4A " + bytes(300), "cannot be decoded|no sound in it",
        ),
        "aac of nothing": ("sync.aac", b"\xff\xf1\x50\x80" + bytes(300), "cannot be decoded|no s"),
    }  # fmt: skip


HOSTILE = _all(PLAIN)


def write_hostile(name, folder):
    """Write one of `HOSTILE` into a folder; (path, what the message must match)."""
    file_name, data, match = HOSTILE[name]
    path = folder / file_name
    path.write_bytes(data)
    return path, match
