"""A recording in numbers that say what is heard: timbre, pitch, rhythm, key and level.

Conventions: the mean of the channels is heard, at the recording's own rate where brightness is
concerned and at 16 kHz for onsets, tempo and key; loud moments count for more than soft ones. In
recordings longer than two minutes everything but duration, loudness and peak is measured in four
stretches of 30 s, spread evenly from the first to the last, so that memory and time stay bounded;
beats are found in recordings up to ten minutes.

The set is that of H. Ordiales & M. Barrera (2019), with descriptors defined as by G. Peeters (2004)
and in Essentia (D. Bogdanov et al. 2013) unless their functions say otherwise.
"""

import math

import numpy as np

from estilo.analysis.beats import beat_times
from estilo.analysis.harmonicity import harmonicity
from estilo.analysis.key import key
from estilo.analysis.onsets import onset_times
from estilo.analysis.sound import Sound
from estilo.analysis.spectral_shape import (
    centroid_hz,
    flatness,
    high_share,
    low_share,
    spectrum_of,
)
from estilo.analysis.tempo import tempo
from estilo.audio import Audio
from estilo.dsp.loudness import integrated_loudness, true_peak
from estilo.fields import Documented

STRETCH_S, N_STRETCHES = 30.0, 4
_LONGEST_BEATS_S = 600.0
_SHORTEST_S = 0.5  # one onset in less says nothing of their density


class Descriptors(Documented):
    """Descriptors of a recording; None where there is nothing to measure, as in silence."""

    duration_s: float
    """Duration in seconds."""
    sample_rate_hz: int
    """Sample rate in Hz."""
    n_channels: int
    """Number of channels."""
    loudness_lufs: float | None = None
    """Gated loudness of BS.1770-4, in LUFS; None below -70 LUFS."""
    true_peak_dbtp: float | None = None
    """Highest value, between the samples too, in dB of full scale."""
    spectral_centroid_hz: float | None = None
    """Brightness: centre of the magnitude spectrum, in Hz."""
    high_frequency_share: float | None = None
    """Share of Masri's high-frequency content above 4 kHz, 0 to 1."""
    low_frequency_share: float | None = None
    """Share of the energy below 250 Hz, 0 to 1."""
    spectral_flatness: float | None = None
    """Likeness to noise from 50 Hz to 8 kHz: 0 for tones, 0.56 for white noise."""
    pitch_salience: float | None = None
    """Clarity of the pitch, 0 to 1: share of the power that repeats."""
    inharmonicity: float | None = None
    """Distance of partials from multiples of the pitch: 0 for a harmonic sound, about 0.5 for
    partials anywhere; None where less than one sounds."""
    n_partials: float | None = None
    """Number of partials that sound at once, within 45 dB of the strongest."""
    onsets_per_s: float | None = None
    """Beginnings of notes per second; None below half a second."""
    tempo_bpm: float | None = None
    """Tempo in beats per minute; None where there is no pulse."""
    tempo_confidence: float | None = None
    """Regularity of the onsets at that tempo, 0 to 1; irregular ones reach 0.1 to 0.4."""
    beats_s: list[float] | None = None
    """Times of the beats, in seconds; None where there is no pulse, or beyond ten minutes."""
    key: str | None = None
    """Name of the key, such as "A minor"; None where none is clear."""
    key_confidence: float | None = None
    """Correlation with the profile of the key, 0 to 1; random notes reach about 0.5."""


def describe(sound: Sound) -> Descriptors:
    """Measure all descriptors of a recording.

    Args:
        sound: any length, silence too.

    Example:
        >>> time_s = np.arange(44_100) / 44_100
        >>> of = describe(Sound(0.5 * np.sin(2 * np.pi * 440 * time_s), 44_100))
        >>> of.pitch_salience and round(of.pitch_salience, 2), of.tempo_bpm
        (1.0, None)
    """
    samples, rate = sound.audio.samples, sound.audio.sample_rate
    heard = excerpt(sound)
    is_heard = bool(heard.mono_full_rate.any())
    return Descriptors.model_validate(
        {
            "duration_s": sound.duration_s,
            "sample_rate_hz": sound.audio.sample_rate,
            "n_channels": sound.audio.n_channels,
            "loudness_lufs": _finite(integrated_loudness(samples, rate)),
            "true_peak_dbtp": _finite(true_peak(samples, rate)),
            **(_of_timbre(heard) if is_heard else {}),
            **(_of_rhythm(heard) if is_heard else {}),
            **(_of_harmony(heard) if is_heard else {}),
            **({"beats_s": _beats(sound)} if is_heard else {}),
        }
    )


def excerpt(sound: Sound) -> Sound:
    """The sound itself, or four stretches of 30 s of a longer one, joined, in one channel.

    Args:
        sound: any length.

    Example:
        >>> excerpt(Sound(np.ones((2, 8000 * 200)), 8000)).duration_s
        120.0
    """
    samples, rate = sound.audio.samples, sound.audio.sample_rate
    size = round(STRETCH_S * rate)
    if samples.shape[1] <= N_STRETCHES * size:
        return sound
    starts = np.linspace(0, samples.shape[1] - size, N_STRETCHES).astype(int)
    return Sound.of(Audio(np.concatenate([samples[:, s : s + size].mean(0) for s in starts]), rate))


def _of_timbre(sound: Sound) -> dict[str, float | None]:
    spectrum = spectrum_of(sound.mono_full_rate, sound.audio.sample_rate)
    harmonic = harmonicity(spectrum)
    return {
        "spectral_centroid_hz": centroid_hz(spectrum),
        "high_frequency_share": high_share(spectrum),
        "low_frequency_share": low_share(spectrum),
        "spectral_flatness": flatness(spectrum),
        "pitch_salience": harmonic.salience,
        "inharmonicity": harmonic.inharmonicity,
        "n_partials": harmonic.n_partials,
    }


def _of_rhythm(sound: Sound) -> dict[str, float | None]:
    pulse = sound.once(tempo)
    density = len(sound.once(onset_times)) / sound.duration_s
    return {
        "onsets_per_s": density if sound.duration_s >= _SHORTEST_S else None,
        "tempo_bpm": pulse.bpm,
        "tempo_confidence": pulse.confidence,
    }


def _of_harmony(sound: Sound) -> dict[str, float | str | None]:
    tonality = key(sound)
    return {"key": tonality.name, "key_confidence": tonality.confidence}


def _beats(sound: Sound) -> list[float] | None:
    if sound.duration_s > _LONGEST_BEATS_S:
        return None
    return [round(float(each), 2) for each in beat_times(sound)] or None


def _finite(level: float) -> float | None:
    return level if math.isfinite(level) else None
