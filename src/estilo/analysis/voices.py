"""Whether a recording moves as speech does: pitches that slide, levels that rise and fall."""

from dataclasses import dataclass

import numpy as np

from estilo.analysis.harmonicity import pitch_track
from estilo.analysis.onsets import onset_strength
from estilo.analysis.sound import RATE_HZ, Sound
from estilo.analysis.spectral_shape import spectrum_of

_FINE_FRAME_S = 0.064
_CLEAR = 0.7  # salience of a frame with a pitch
_AUDIBLE = 1e-3  # share of the loudest frame's power
_GLIDE, _LEAP = 0.25, 2.5  # semitones in 32 ms: less is vibrato or nothing, more another note
_LEVEL_S = 0.01
_RANGE_DB = 40.0
_VOICED, _GLIDING, _SPREAD_DB, _ONSETS_DB = 0.75, 0.25, 8.0, 0.85


@dataclass(frozen=True)
class Movement:
    """What of a recording speech has much of.

    Args:
        voiced: share of the amplitude with a clear pitch, 0 to 1.
        gliding: share of the pitched moments in which the pitch slides, 0 to 1.
        level_spread_db: standard deviation of the level over time, in dB.
        onset_strength_db: mean rise of the bands' levels in 30 ms, in dB.
    """

    voiced: float
    gliding: float
    level_spread_db: float
    onset_strength_db: float

    @property
    def is_of_speech(self) -> bool:
        """Whether there is as much of all four as speech has."""
        is_gliding = self.voiced > _VOICED and self.gliding > _GLIDING
        is_uneven = self.level_spread_db > _SPREAD_DB and self.onset_strength_db > _ONSETS_DB
        return is_gliding and is_uneven


def movement(sound: Sound) -> Movement:
    """Measure how pitch and level of a recording move.

    Args:
        sound: recording of any length that is not silent; it is analysed at 16 kHz.

    Example:
        >>> found = movement(Sound(np.sin(0.2 * np.arange(16_000)), 16_000))
        >>> round(found.voiced, 1), found.gliding, found.is_of_speech
        (1.0, 0.0, False)
    """
    spectrum = spectrum_of(sound.mono, RATE_HZ, frame_s=_FINE_FRAME_S)
    salience, pitch_hz = pitch_track(spectrum)
    power = spectrum.power.sum(1, dtype=np.float64)
    is_clear = (salience > _CLEAR) & (power > _AUDIBLE * power.max())
    steps = np.abs(np.diff(12.0 * np.log2(pitch_hz)))[is_clear[1:] & is_clear[:-1]]
    is_sliding = (steps > _GLIDE) & (steps < _LEAP)
    return Movement(
        voiced=float(np.average(is_clear, weights=np.sqrt(power))),
        gliding=float(is_sliding.mean()) if len(steps) else 0.0,
        level_spread_db=_level_spread_db(sound.mono),
        onset_strength_db=_onset_strength_db(sound),
    )


def is_voice(sound: Sound) -> bool:
    """Whether a recording moves as speech does; compute it through `Sound.once`.

    `estilo.analysis.kinds` asks for some noise as well, which takes it longer to tell.

    Args:
        sound: recording of any length; it is analysed at 16 kHz.

    Example:
        >>> is_voice(Sound(np.sin(0.2 * np.arange(16_000)), 16_000))
        False
    """
    # Most recordings need not be looked at more closely.
    if sound.is_empty or _onset_strength_db(sound) <= _ONSETS_DB:
        return False
    return _level_spread_db(sound.mono) > _SPREAD_DB and movement(sound).is_of_speech


def _onset_strength_db(sound: Sound) -> float:
    return float(sound.once(onset_strength).mean())


def _level_spread_db(mono: np.ndarray) -> float:
    size = round(_LEVEL_S * RATE_HZ)
    whole = np.pad(mono, (0, -len(mono) % size)).reshape(-1, size)
    power = np.square(whole, dtype=np.float64).mean(1)
    level_db = 10.0 * np.log10(np.maximum(power / power.max(), 10.0 ** (-_RANGE_DB / 10.0)))
    return float(level_db.std())
