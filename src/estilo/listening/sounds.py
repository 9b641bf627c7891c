"""The sounds of a page: equally loud, equally long, and as files that a browser decodes."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from estilo.audio import Audio
from estilo.dsp.loudness import apply_gain, integrated_loudness, true_peak
from estilo.io import load, probe, save
from estilo.listening.design import Design, Page, Stimulus

LOUDNESS_LUFS = -20.0
"""Loudness of every sound, unless peaks of one of a page ask for less."""

PEAK_DBTP = -1.0
LONGEST_S = 12.0
"""What BS.1534-3 calls long enough for a comparison by memory, in seconds."""

_TRANSITION_HZ = 500.0
_PADDING_S = 0.05


def page_sounds(page: Page, folder: Path) -> dict[str, bytes]:
    """All sounds of a page as 16-bit FLAC, by their names.

    They are equally loud by ITU-R BS.1770, all of them at most as loud as leaves every true peak
    below -1 dBTP. What is compared begins together and is equally long, filled up with silence; a
    style, which is another piece, keeps its length.

    Args:
        page: the page.
        folder: folder of the outputs.

    Raises:
        AudioFileError: a file cannot be read.
    """
    sounds = {each.name: _heard(each, folder) for each in page.sounds}
    together = [each.name for each in page.sounds if each.label != "style"]
    longest_s = max((sounds[name].duration_s for name in together), default=0.0)
    for name in together:
        sounds[name] = _padded(sounds[name], longest_s)
    return {name: _flac(each) for name, each in equally_loud(sounds).items()}


def longest_s(design: Design, folder: Path) -> float:
    """Duration of the longest sound of a test, in seconds, by the headers of the files.

    Args:
        design: the test.
        folder: folder of the outputs.

    Raises:
        AudioFileError: a file cannot be read.
    """
    files = {each.file for page in design.pages for each in page.sounds}
    return max(probe(folder / file).duration_s for file in files)


def equally_loud(sounds: Mapping[str, Audio]) -> dict[str, Audio]:
    """Sounds at one loudness: `LOUDNESS_LUFS`, or less where a peak asks for it.

    Args:
        sounds: sounds by any names; silence stays as it is.

    Example:
        >>> tone = np.sin(2 * np.pi * 997 * np.arange(24_000) / 48_000)
        >>> sounds = {"soft": Audio(0.01 * tone, 48_000), "loud": Audio(tone, 48_000)}
        >>> found = equally_loud(sounds)
        >>> [round(integrated_loudness(each.samples, 48_000), 1) for each in found.values()]
        [-20.0, -20.0]
    """
    gains_db, peaks_dbtp = {}, []
    for name, each in sounds.items():
        loudness_lufs = integrated_loudness(each.samples, each.sample_rate)
        gains_db[name] = LOUDNESS_LUFS - loudness_lufs if np.isfinite(loudness_lufs) else 0.0
        peaks_dbtp.append(true_peak(each.samples, each.sample_rate) + gains_db[name])
    too_high_db = max(0.0, max(peaks_dbtp, default=PEAK_DBTP) - PEAK_DBTP)
    return {
        name: Audio(apply_gain(each.samples, gains_db[name] - too_high_db), each.sample_rate)
        for name, each in sounds.items()
    }


def lowpassed(audio: Audio, cutoff_hz: float) -> Audio:
    """A sound without what lies above a frequency: the anchor of BS.1534-3.

    The response is 1 up to the cutoff and falls as a half cosine to 0 within 500 Hz; the standard
    asks for 0.1 dB of ripple below 3.5 kHz, 25 dB less at 4 kHz and 50 dB less at 4.5 kHz.

    Args:
        audio: the sound.
        cutoff_hz: frequency up to which nothing changes, in Hz.

    Example:
        >>> time_s = np.arange(16_000) / 16_000
        >>> tones = [np.sin(2 * np.pi * hz * time_s) for hz in (1000, 5000)]
        >>> found = lowpassed(Audio(np.stack(tones), 16_000), 3500.0).samples
        >>> np.abs(found[:, 4000:12_000]).max(axis=1).round(2)
        array([1., 0.], dtype=float32)
    """
    n_samples, rate = audio.n_samples, audio.sample_rate
    # Room for what the filter rings, which would else come back at the other end.
    length = n_samples + round(_PADDING_S * rate)
    frequency_hz = np.fft.rfftfreq(length, 1.0 / rate)
    fall = np.clip((frequency_hz - cutoff_hz) / _TRANSITION_HZ, 0.0, 1.0)
    response = 0.5 + 0.5 * np.cos(np.pi * fall)
    spectrum = np.fft.rfft(audio.samples, length)
    return Audio(np.fft.irfft(spectrum * response, length)[:, :n_samples], rate)


def _heard(stimulus: Stimulus, folder: Path) -> Audio:
    audio = load(folder / stimulus.file)
    return audio if stimulus.lowpass_hz is None else lowpassed(audio, stimulus.lowpass_hz)


def _padded(audio: Audio, duration_s: float) -> Audio:
    missing = max(0, round(duration_s * audio.sample_rate) - audio.n_samples)
    return Audio(np.pad(audio.samples, ((0, 0), (0, missing))), audio.sample_rate)


def _flac(audio: Audio) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sound.flac"
        save(audio, path, bit_depth="16")
        return path.read_bytes()
