"""All attributes of a sound together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.attributes.attack import attack_ms, rises
from estilo.analysis.attributes.decay import decay_db_per_s
from estilo.analysis.attributes.modulation import Swings, swings
from estilo.analysis.attributes.room import ring_s, ringing
from estilo.analysis.attributes.roughness import fluctuation, roughness_db
from estilo.analysis.attributes.spectrum import centroid_hz, steady_spectrum, tilt_db_per_octave
from estilo.analysis.attributes.tone_to_noise import tone_to_noise
from estilo.analysis.attributes.width import correlation, width_db
from estilo.analysis.sound import Sound


@dataclass(frozen=True, eq=False)
class Attributes:
    """Attributes of a sound, each in its physical unit; None where there is nothing to measure.

    Args:
        spectrum_db: level of the peaks in each band while notes are held, 0 dB for the loudest; NaN
            below the lowest partial. **Shape** ``(37,)``.
        rises_ms: times in which notes rise, in ms, by bands; NaN where a band does not.
            **Shape** ``(37, notes)``.
        decay_db_per_s: how fast held notes fade, in dB per second.
        swings: vibrato and tremolo.
        fluctuation: squares of modulation indices from 20 to 150 Hz, by pairs of bands; NaN where
            nothing is heard. **Shape** ``(34,)``.
        tone_to_noise_db: partials over what lies between them, in dB, region by region; NaN where
            nothing is heard. **Shape** ``(regions,)``.
        width_db: side to mid, in dB.
        correlation: correlation of the channels, -1 to 1.
        ringing_s: decay times after notes are released, in seconds, by groups of bands; NaN where
            no release is heard. **Shape** ``(9, notes)``.
    """

    spectrum_db: NDArray[np.float64]
    rises_ms: NDArray[np.float64]
    decay_db_per_s: float | None
    swings: Swings
    fluctuation: NDArray[np.float64]
    tone_to_noise_db: NDArray[np.float64]
    width_db: float | None
    correlation: float | None
    ringing_s: NDArray[np.float64]

    @property
    def centroid_hz(self) -> float | None:
        """Centre of the steady spectrum, in Hz."""
        return centroid_hz(self.spectrum_db)

    @property
    def tilt_db_per_octave(self) -> float | None:
        """Slope of the steady spectrum, in dB per octave."""
        return tilt_db_per_octave(self.spectrum_db)

    @property
    def attack_ms(self) -> float | None:
        """Time in which notes rise, in ms."""
        return attack_ms(self.rises_ms)

    @property
    def ring_s(self) -> float | None:
        """Decay time after notes are released, in seconds."""
        return ring_s(self.ringing_s)

    @property
    def roughness_db(self) -> float | None:
        """Depth of fluctuations from 20 to 150 Hz, in dB between their extremes."""
        return roughness_db(self.fluctuation)

    @property
    def numbers(self) -> dict[str, float | None]:
        """Attributes that are one number, by names with units."""
        return {
            "spectral_tilt_db_per_octave": self.tilt_db_per_octave,
            "attack_ms": self.attack_ms,
            "decay_db_per_s": self.decay_db_per_s,
            "vibrato_cents": self.swings.vibrato_cents,
            "vibrato_hz": self.swings.vibrato_hz,
            "tremolo_db": self.swings.tremolo_db,
            "tremolo_hz": self.swings.tremolo_hz,
            "roughness_db": self.roughness_db,
            "tone_to_noise_db": self.mean_tone_to_noise_db,
            "ring_s": self.ring_s,
            "width_db": self.width_db,
            "channel_correlation": self.correlation,
        }

    @property
    def mean_tone_to_noise_db(self) -> float | None:
        """Mean of `tone_to_noise_db` over the regions that are heard, in dB."""
        is_known = ~np.isnan(self.tone_to_noise_db)
        return float(self.tone_to_noise_db[is_known].mean()) if is_known.any() else None


def attributes_of(sound: Sound) -> Attributes:
    """Measure all attributes of a sound, once.

    Args:
        sound: any length, rate and channels; silence too.

    Example:
        >>> time_s = np.arange(44_100) / 44_100 - 0.1
        >>> tone = np.sin(2 * np.pi * 440 * time_s) * (time_s > 0)
        >>> of = attributes_of(Sound(tone, 44_100))
        >>> of.decay_db_per_s is not None and round(of.decay_db_per_s), of.width_db
        (0, -40.0)
    """
    return sound.once(_measured)


def _measured(sound: Sound) -> Attributes:
    return Attributes(
        spectrum_db=steady_spectrum(sound),
        rises_ms=rises(sound),
        decay_db_per_s=decay_db_per_s(sound),
        swings=sound.once(swings),
        fluctuation=fluctuation(sound),
        tone_to_noise_db=tone_to_noise(sound),
        width_db=width_db(sound),
        correlation=correlation(sound),
        ringing_s=ringing(sound),
    )
