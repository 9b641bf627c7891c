"""Noise under a note: breath in pipes, whistling wind, brushes, pitched rush."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estilo.synthesis.filters import Resonance, bandpass, resonances_gain, shaped_noise
from estilo.synthesis.notes import Note
from estilo.synthesis.shaping import (
    Envelope,
    control_time,
    from_control,
    held,
    levelled,
    log_uniform,
    slow_noise,
    struck,
)
from estilo.units import midi_to_hz


@dataclass(frozen=True)
class NoisePatch:
    """Filtered noise that follows the note more or less.

    Args:
        is_pitched: whether there are bands at the note's partials, instead of one broad band.
        n_bands: number of partials with a band.
        odd_only: whether even partials are left out, as in a stopped pipe.
        q: quality factor of the bands; the higher, the more of a tone.
        slope_db: slope from one octave to the next, in dB.
        centre_octaves: height of the unpitched band above middle C, in octaves.
        tracking: share of the note's movement that the band follows, 0 to 1.
        rush_db: level of broad noise under the bands, in dB.
        formants: resonances that stay where they are.
        envelope: envelope of the level.
        flutter: depth of random swelling, 0 to 1.
        flutter_hz: rate of random swelling, in Hz.
        touch_db: increase of the slope at zero velocity, in dB per octave.
    """

    is_pitched: bool
    n_bands: int
    odd_only: bool
    q: float
    slope_db: float
    centre_octaves: float
    tracking: float
    rush_db: float
    formants: tuple[Resonance, ...]
    envelope: Envelope
    flutter: float
    flutter_hz: float
    touch_db: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "NoisePatch":
        """Two thirds follow the note as breathy tones, the others are rushes and brushes.

        Example:
            >>> NoisePatch.draw(np.random.default_rng(0)).n_bands >= 1
            True
        """
        is_pitched = bool(rng.random() < 0.65)
        return cls(
            is_pitched=is_pitched,
            n_bands=int(rng.integers(1, 12)),
            odd_only=bool(rng.random() < 0.3),
            q=log_uniform(rng, 40.0, 300.0) if is_pitched else log_uniform(rng, 0.4, 6.0),
            slope_db=rng.uniform(-16.0, -2.0),
            centre_octaves=rng.uniform(-0.5, 4.5),
            tracking=rng.uniform(0.2, 1.0),
            rush_db=rng.uniform(-60.0, -25.0),
            formants=tuple(
                Resonance(centre_hz, centre_hz * rng.uniform(0.1, 0.8), rng.uniform(-10.0, 14.0))
                for centre_hz in (
                    log_uniform(rng, 200.0, 8000.0) for _ in range(rng.integers(0, 4))
                )
            ),
            envelope=struck(rng) if rng.random() < 0.3 else held(rng),
            flutter=rng.uniform(0.0, 0.6),
            flutter_hz=log_uniform(rng, 2.0, 25.0),
            touch_db=rng.uniform(0.0, 6.0),
        )

    def play(
        self, note: Note, *, sample_rate: int, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Play one note with its release, ``(time,)``; see `Patch.play`."""
        n_samples = self.envelope.n_samples(note.duration_s, sample_rate)
        sound = shaped_noise(
            rng, n_samples, lambda hz: self._response(note, hz), sample_rate=sample_rate
        )
        time_s = control_time(n_samples, sample_rate)
        level = self.envelope.level(time_s, duration_s=note.duration_s)
        swell = slow_noise(rng, time_s, rate_hz=self.flutter_hz)
        level = level * np.exp(self.flutter * np.clip(swell, -2.0, 2.0))
        sound = sound * from_control(level.astype(np.float32), n_samples)
        return levelled(sound, velocity=note.velocity, sample_rate=sample_rate)

    def _response(self, note: Note, frequency_hz: NDArray) -> NDArray:
        slope_db = self.slope_db - self.touch_db * (1.0 - note.velocity)
        octaves = np.log2(np.maximum(frequency_hz, 20.0) / float(midi_to_hz(note.pitch)))
        rush = 10.0 ** ((self.rush_db + 0.5 * slope_db * np.maximum(octaves, -2.0)) / 20.0)
        if self.is_pitched:
            gain = self._bands(float(midi_to_hz(note.pitch)), slope_db, frequency_hz)
        else:
            pitch = 60.0 + 12.0 * self.centre_octaves + self.tracking * (note.pitch - 66.0)
            gain = bandpass(frequency_hz, float(midi_to_hz(pitch)), q=self.q)
        return (gain + rush) * resonances_gain(self.formants, frequency_hz)

    def _bands(self, fundamental_hz: float, slope_db: float, frequency_hz: NDArray) -> NDArray:
        gain = np.zeros_like(frequency_hz)
        for k in range(1, self.n_bands + 1):
            if self.odd_only and k % 2 == 0:
                continue
            # Four poles: two would leave skirts that bury the tone.
            band = bandpass(frequency_hz, k * fundamental_hz, q=self.q) ** 2
            gain += band * 10.0 ** (slope_db * np.log2(k) / 20.0)
        return gain
