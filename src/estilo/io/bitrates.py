"""Bitrates of lossy formats, and the settings that libsndfile takes for them."""

from typing import Any

import numpy as np

LOSSY = ("mp3", "opus", "ogg", "m4a")

# The best that the encoders do without becoming as large as flac: about 250 kbit/s in stereo.
_USUAL: dict[str, dict[str, Any]] = {
    "mp3": {"compression_level": 0.0, "bitrate_mode": "VARIABLE"},
    "ogg": {"compression_level": 0.2},
    "opus": {"compression_level": 0.2},
}
# Of MPEG-1, MPEG-2 and MPEG-2.5, from the lowest sample rate that each has: the lowest that has
# room for the exact length of the sound, the encoder's lowest, and the highest.
_MPEG_KBPS = {32_000: (64, 32, 320), 16_000: (64, 8, 160), 8_000: (32, 8, 64)}
_OPUS_KBPS = (6, 256)  # for each channel
_AAC_KBPS = (16, 160)  # likewise; the encoder falls short of more, and of 5 bits a sample
_USUAL_AAC_KBPS = 128
# What libvorbis aims at for each channel at 44.1 and 48 kHz, from its lowest quality to its
# highest: in stereo, where one channel helps the other, and otherwise.
_VORBIS_STEREO_KBPS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 250)
_VORBIS_KBPS = (48, 60, 70, 80, 86, 96, 110, 120, 140, 160, 240)


def has_bitrates(container: str, *, sample_rate: int) -> bool:
    """Whether a bitrate can be chosen; of Vorbis at other rates only a quality is known.

    Args:
        container: key of `estilo.io.formats.CONTAINERS`.
        sample_rate: sample rate in Hz.
    """
    return container in LOSSY and (container != "ogg" or sample_rate in (44_100, 48_000))


def bounds_kbps(container: str, *, sample_rate: int, n_channels: int) -> tuple[float, float]:
    """The lowest and the highest bitrate of a format, in kbit/s.

    Args:
        container: one of `LOSSY`.
        sample_rate: sample rate in Hz.
        n_channels: number of channels.

    Example:
        >>> bounds_kbps("mp3", sample_rate=44_100, n_channels=2)
        (64, 320)
    """
    if container == "mp3":
        least, _, most = _mpeg_kbps(sample_rate)
        return least, most
    if container == "opus":
        return _OPUS_KBPS[0] * n_channels, _OPUS_KBPS[1] * n_channels
    if container == "m4a":
        return _AAC_KBPS[0] * n_channels, min(_AAC_KBPS[1], 5 * sample_rate // 1000) * n_channels
    steps = _vorbis_kbps(n_channels)
    return float(steps[0]), float(steps[-1])


def aac_kbps(bitrate_kbps: float | None, *, sample_rate: int, n_channels: int) -> float:
    """The bitrate that the encoder of AAC is given, in kbit/s.

    Args:
        bitrate_kbps: within `bounds_kbps`; None for a high one.
        sample_rate: sample rate in Hz.
        n_channels: number of channels.

    Example:
        >>> aac_kbps(None, sample_rate=44_100, n_channels=2)
        256
        >>> aac_kbps(None, sample_rate=8000, n_channels=1)
        40
    """
    if bitrate_kbps is not None:
        return bitrate_kbps
    _, most = bounds_kbps("m4a", sample_rate=sample_rate, n_channels=n_channels)
    return min(_USUAL_AAC_KBPS * n_channels, most)


def encoder_settings(
    container: str, bitrate_kbps: float | None, *, sample_rate: int, n_channels: int
) -> dict[str, Any]:
    """Arguments of `soundfile.SoundFile` for a bitrate; in mp3 the next that it has, and constant.

    Opus keeps to it on average, Vorbis about: its encoder aims at a quality.

    Args:
        container: key of `estilo.io.formats.CONTAINERS`.
        bitrate_kbps: within `bounds_kbps`; None for a high one that varies.
        sample_rate: sample rate in Hz.
        n_channels: number of channels.
    """
    if bitrate_kbps is None:
        return _USUAL.get(container, {})
    if container == "ogg":
        steps = _vorbis_kbps(n_channels)
        quality = float(np.interp(bitrate_kbps, steps, np.linspace(0.0, 1.0, len(steps))))
        return {"compression_level": 1.0 - quality}
    if container == "mp3":
        _, low, high = _mpeg_kbps(sample_rate)
        level = (high - bitrate_kbps) / (high - low)
        return {"compression_level": level, "bitrate_mode": "CONSTANT"}
    low, high = bounds_kbps(container, sample_rate=sample_rate, n_channels=n_channels)
    return {"compression_level": (high - bitrate_kbps) / (high - low)}


def _vorbis_kbps(n_channels: int) -> np.ndarray:
    return n_channels * np.array(_VORBIS_STEREO_KBPS if n_channels == 2 else _VORBIS_KBPS)


def _mpeg_kbps(sample_rate: int) -> tuple[int, int, int]:
    return next(kbps for lowest, kbps in _MPEG_KBPS.items() if sample_rate >= lowest)
