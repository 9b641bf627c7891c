"""Files with something around their sound: tags, zeros, junk, other recordings."""

import numpy as np
from hostile import RATE, encoded

KINDS = {
    "wav": ("WAV", "PCM_16"), "rf64": ("RF64", "PCM_16"), "aiff": ("AIFF", "PCM_16"),
    "caf": ("CAF", "PCM_16"), "flac": ("FLAC", "PCM_16"), "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"), "mp3": ("MP3", "MPEG_LAYER_III"),
}  # fmt: skip


def tone(frequency_hz, n_samples, n_channels=1, sample_rate=RATE):
    wave = 0.3 * np.sin(2 * np.pi * frequency_hz * np.arange(n_samples) / sample_rate)
    return np.tile(wave[:, None], (1, n_channels))


def plain(kind, n_samples=20_000, *, n_channels=1, sample_rate=None, frequency_hz=440):
    """A tidy file of a kind, as bytes."""
    sample_rate = sample_rate or (48_000 if kind == "opus" else RATE)
    samples = tone(frequency_hz, n_samples, n_channels, sample_rate)
    return encoded(*KINDS[kind], samples, sample_rate)


def synchsafe(number):
    return bytes(number >> shift & 127 for shift in (21, 14, 7, 0))


def id3(n_bytes=63):
    return b"ID3\x04\0\0" + synchsafe(n_bytes) + b"TXXX" + bytes(n_bytes - 4)


def id3_with_footer(n_bytes=32):
    ends = b"\x04\0\x10" + synchsafe(n_bytes)
    return b"ID3" + ends + bytes(n_bytes) + b"3DI" + ends


ID3V1 = b"TAG" + bytes(125)
LYRICS = b"LYRICSBEGIN" + b"IND00002001" + b"000022LYRICS200"


def ape(n_bytes=60, *, has_header=True):
    def end(flags):
        numbers = (2000, n_bytes + 32, 1, flags)
        return b"APETAGEX" + b"".join(n.to_bytes(4, "little") for n in numbers) + bytes(8)

    flag = 0x80000000 if has_header else 0
    return (end(flag | 0x20000000) if has_header else b"") + bytes(n_bytes) + end(flag)


def junk(n_bytes):
    return np.random.default_rng(1).bytes(n_bytes)


IN_FRONT = {
    "an ID3 tag": id3(), "a large one": id3(200_000), "two of them": id3(63) + id3(300),
    "one with a footer": id3_with_footer(), "an APE tag": ape(),
}  # fmt: skip
BEHIND = {
    "an old ID3 tag": ID3V1, "APE and ID3": ape() + ID3V1, "lyrics": LYRICS + ID3V1,
    "a new ID3 tag": id3_with_footer(), "zeros": bytes(3000),
}  # fmt: skip
