"""Oscillators rich in partials through a filter that moves: analogue synthesisers, basses, pads."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from estilo.synthesis.filters import bandpass, highpass, lowpass, swept
from estilo.synthesis.notes import Note
from estilo.synthesis.shaping import (
    Envelope,
    Motion,
    control_time,
    from_control,
    held,
    levelled,
    log_uniform,
    struck,
)
from estilo.units import midi_to_hz

_TABLE = 8192
_WAVES = ("saw", "square", "triangle", "pulse", "comb")


@dataclass(frozen=True)
class SubtractivePatch:
    """Detuned band-limited oscillators and noise through a filter with its own envelope.

    Args:
        wave: ``saw``, ``square``, ``triangle``, ``pulse`` or ``comb`` (a saw with notches).
        width: duty of the pulse, or position of the comb's notches, 0 to 0.5.
        n_voices: number of oscillators in unison.
        spread_cents: distance of the outermost oscillators, in cents.
        sub: level of a sine an octave below, 0 to 1.
        overtone: level of a copy an octave above, 0 to 1.
        noise_db: level of noise under the oscillators, in dB.
        filter_kind: ``lowpass``, ``bandpass`` or ``highpass``.
        cutoff_octaves: cutoff of the filter at rest, in octaves above the note at middle C.
        tracking: share of the pitch's movement that the cutoff follows, 0 to 1.
        q: quality factor of the filter.
        is_steep: whether it has four poles instead of two.
        sweep_octaves: distance by which the envelope opens the filter, in octaves.
        wobble_octaves: distance by which a slow oscillator moves it, in octaves.
        wobble_hz: rate of that oscillator, in Hz.
        filter_envelope: envelope of the cutoff.
        envelope: envelope of the level.
        motion: motion of the pitch.
        touch_octaves: distance by which the cutoff is lower at zero velocity, in octaves.
    """

    wave: str
    width: float
    n_voices: int
    spread_cents: float
    sub: float
    overtone: float
    noise_db: float
    filter_kind: str
    cutoff_octaves: float
    tracking: float
    q: float
    is_steep: bool
    sweep_octaves: float
    wobble_octaves: float
    wobble_hz: float
    filter_envelope: Envelope
    envelope: Envelope
    motion: Motion
    touch_octaves: float

    @property
    def is_pitched(self) -> bool:
        """Whether the note's fundamental is there to be heard."""
        return self.filter_kind == "lowpass" and self.noise_db < -12.0 and self.sub < 0.5

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "SubtractivePatch":
        """Draw a sound from thin leads to fat pads, mostly through a low-pass.

        Example:
            >>> SubtractivePatch.draw(np.random.default_rng(0)).wave in _WAVES
            True
        """
        kind = str(rng.choice(("lowpass", "bandpass", "highpass"), p=(0.8, 0.12, 0.08)))
        return cls(
            wave=str(rng.choice(_WAVES)),
            width=rng.uniform(0.04, 0.5),
            n_voices=int(rng.choice((1, 2, 3, 5), p=(0.45, 0.25, 0.2, 0.1))),
            spread_cents=log_uniform(rng, 2.0, 18.0),
            sub=rng.uniform(0.1, 0.8) if rng.random() < 0.2 else 0.0,
            overtone=rng.uniform(0.1, 0.8) if rng.random() < 0.2 else 0.0,
            noise_db=rng.uniform(-40.0, -6.0) if rng.random() < 0.35 else -80.0,
            filter_kind=kind,
            cutoff_octaves=rng.uniform(-0.3, 4.5) if kind == "lowpass" else rng.uniform(0.0, 3.0),
            tracking=rng.uniform(0.0, 1.0),
            q=log_uniform(rng, 0.6, 9.0),
            is_steep=bool(rng.random() < 0.5),
            sweep_octaves=rng.uniform(-1.5, 4.0) if rng.random() < 0.75 else 0.0,
            wobble_octaves=rng.uniform(0.1, 1.2) if rng.random() < 0.25 else 0.0,
            wobble_hz=log_uniform(rng, 0.3, 9.0),
            filter_envelope=struck(rng) if rng.random() < 0.6 else held(rng),
            envelope=struck(rng) if rng.random() < 0.35 else held(rng),
            motion=Motion.draw(rng),
            touch_octaves=rng.uniform(0.0, 1.5),
        )

    def play(
        self, note: Note, *, sample_rate: int, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Play one note with its release, ``(time,)``; see `Patch.play`."""
        n_samples = self.envelope.n_samples(note.duration_s, sample_rate)
        cycles = self.motion.cycles(note.pitch, n_samples, sample_rate=sample_rate, rng=rng)
        sound = self._oscillators(note, cycles, sample_rate, rng)
        if self.noise_db > -70.0:
            noise = rng.standard_normal(n_samples, dtype=np.float32)
            sound += noise * np.float32(0.5 * 10.0 ** (self.noise_db / 20.0))
        sound = swept(
            sound, lambda time_s, hz: self._filter(note, time_s, hz), sample_rate=sample_rate
        )
        level = self.envelope.level(
            control_time(n_samples, sample_rate), duration_s=note.duration_s
        )
        sound = sound * from_control(level.astype(np.float32), n_samples)
        return levelled(sound, velocity=note.velocity, sample_rate=sample_rate)

    def _oscillators(
        self, note: Note, cycles: NDArray, sample_rate: int, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        fundamental_hz = float(midi_to_hz(note.pitch))
        n_harmonics = max(int(0.46 * sample_rate / fundamental_hz), 1)
        table = _table(self.wave, round(self.width, 3), n_harmonics)
        offsets = np.linspace(-0.5, 0.5, self.n_voices) if self.n_voices > 1 else np.zeros(1)
        sound = np.zeros(len(cycles), dtype=np.float32)
        for offset in offsets:
            ratio = 2.0 ** (self.spread_cents * offset / 1200.0)
            sound += _look_up(table, cycles * ratio + rng.random())
        sound /= np.float32(np.sqrt(self.n_voices))
        if self.overtone:
            upper = _table(self.wave, round(self.width, 3), max(n_harmonics // 2, 1))
            sound += np.float32(self.overtone) * _look_up(upper, 2.0 * cycles)
        if self.sub:
            sound += np.float32(self.sub) * _look_up(_table("square", 0.5, 1), 0.5 * cycles)
        return sound

    def _filter(self, note: Note, time_s: NDArray, frequency_hz: NDArray) -> NDArray:
        """Gains of the moving filter, ``(frames, bins)``."""
        opening = self.filter_envelope.level(time_s, duration_s=note.duration_s)
        octaves = (
            self.cutoff_octaves
            + self.sweep_octaves * opening
            + self.wobble_octaves * np.sin(2.0 * np.pi * self.wobble_hz * time_s)
            - self.touch_octaves * (1.0 - note.velocity)
        )
        base_hz = float(midi_to_hz(60.0 + self.tracking * (note.pitch - 60.0)))
        # A low-pass never closes below the note, or nothing of it would be left.
        lowest_hz = float(midi_to_hz(note.pitch)) if self.filter_kind == "lowpass" else 60.0
        cutoff_hz = np.clip(base_hz * 2.0**octaves, lowest_hz, 16_000.0)
        if self.filter_kind == "lowpass":
            gain = lowpass(frequency_hz, cutoff_hz, q=self.q)
        elif self.filter_kind == "bandpass":
            gain = bandpass(frequency_hz, cutoff_hz, q=self.q)
        else:
            gain = highpass(frequency_hz, cutoff_hz, q=self.q)
        return gain * gain / self.q if self.is_steep else gain


@lru_cache(maxsize=256)
def _table(wave: str, width: float, n_harmonics: int) -> NDArray[np.float32]:
    """One cycle of a wave with a limited number of harmonics, ``(8193,)``, RMS about 0.5."""
    k = np.arange(1.0, min(n_harmonics, _TABLE // 8) + 1)
    if wave == "saw":
        gains = 1.0 / k
    elif wave == "square":
        gains = np.where(k % 2 == 1, 1.0 / k, 0.0)
    elif wave == "triangle":
        gains = np.where(k % 2 == 1, np.sin(np.pi * k / 2.0) / k**2, 0.0)
    elif wave == "pulse":
        gains = np.sin(np.pi * k * width) / k
    else:
        gains = (0.3 + np.cos(np.pi * k * width) ** 2) / k
    spectrum = np.zeros(_TABLE // 2 + 1, dtype=complex)
    spectrum[1 : len(k) + 1] = -1j * gains
    cycle = np.fft.irfft(spectrum, _TABLE)
    cycle *= 0.5 / np.sqrt(np.mean(np.square(cycle)))
    return np.append(cycle, cycle[0]).astype(np.float32)


def _look_up(table: NDArray[np.float32], cycles: NDArray) -> NDArray:
    """A table read at a phase in cycles, with linear interpolation."""
    place = (cycles - np.floor(cycles)) * _TABLE
    left = place.astype(np.int32)
    share = (place - left).astype(np.float32)
    low = table[left]
    return low + share * (table[left + 1] - low)
