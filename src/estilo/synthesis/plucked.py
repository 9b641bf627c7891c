"""Plucked strings: the loop of Karplus & Strong (1983) as Jaffe & Smith (1983) extended it.

A string is a delay of one period whose output, damped a little, is fed back. Its response to a
pluck, X / (1 − G e^{−iθ}), is evaluated for all frequencies at once rather than sample by sample:
the tuning is exact, stiffness and damping may depend on frequency at will, and there is no loop
over samples. What rings longer than the transform is kept from wrapping around by evaluating on a
circle a little outside the unit circle.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estilo.synthesis.filters import Resonance, fast_length
from estilo.synthesis.notes import Note
from estilo.synthesis.shaping import levelled, log_uniform, signal_time
from estilo.units import midi_to_hz

_LEAD = 64
_TAIL = 1024
_WRAP_LOSS = 6.9  # nepers: what wraps around is 60 dB down


@dataclass(frozen=True)
class PluckedPatch:
    """A string plucked or struck somewhere, on a body.

    Args:
        ring_s: time of 60 dB of decay of the fundamental of A4, in seconds; lower notes ring
            longer.
        damping_hz: frequency at which partials decay twice as fast as the fundamental, in Hz.
        inharmonicity: coefficient B of a stiff string (Fletcher 1964).
        position: position of the pluck, as a share of the length, 0 to 0.5.
        pickup: position of the pickup, as a share of the length, 0 for the bridge.
        hardness_hz: cutoff of the pluck at full velocity, in Hz.
        rasp: character of the pluck, from 0, a clean displacement, to 1, a burst of noise.
        body: resonances behind the string.
        n_strings: number of strings in a course, slightly detuned.
        course_cents: detuning of the strings of a course, in cents.
        release_s: time of 60 dB of damping after the note is released, in seconds.
        detune_cents: detuning of the whole instrument, in cents.
        touch_octaves: distance by which the cutoff is lower at zero velocity, in octaves.
    """

    ring_s: float
    damping_hz: float
    inharmonicity: float
    position: float
    pickup: float
    hardness_hz: float
    rasp: float
    body: tuple[Resonance, ...]
    n_strings: int
    course_cents: float
    release_s: float
    detune_cents: float
    touch_octaves: float

    is_pitched = True

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "PluckedPatch":
        """Draw a string from muted gut to ringing steel, on any body.

        Example:
            >>> 0.0 < PluckedPatch.draw(np.random.default_rng(0)).position <= 0.5
            True
        """
        return cls(
            ring_s=log_uniform(rng, 0.25, 8.0),
            damping_hz=log_uniform(rng, 500.0, 12_000.0),
            inharmonicity=log_uniform(rng, 1e-6, 4e-4),
            position=log_uniform(rng, 0.03, 0.5),
            pickup=rng.uniform(0.04, 0.3) if rng.random() < 0.35 else 0.0,
            hardness_hz=log_uniform(rng, 700.0, 14_000.0),
            rasp=rng.beta(0.7, 1.3),
            body=tuple(
                Resonance(centre_hz, centre_hz * rng.uniform(0.05, 0.5), rng.uniform(-10.0, 16.0))
                for centre_hz in (log_uniform(rng, 90.0, 5000.0) for _ in range(rng.integers(0, 6)))
            ),
            n_strings=int(rng.choice((1, 2, 3), p=(0.65, 0.25, 0.1))),
            course_cents=rng.uniform(1.0, 9.0),
            release_s=log_uniform(rng, 0.06, 1.0),
            detune_cents=rng.normal(0.0, 2.0),
            touch_octaves=rng.uniform(0.0, 2.5),
        )

    def play(
        self, note: Note, *, sample_rate: int, rng: np.random.Generator
    ) -> NDArray[np.float64]:
        """Play one note with its release, ``(time,)``; see `Patch.play`."""
        fundamental_hz = float(midi_to_hz(note.pitch + self.detune_cents / 100.0))
        ring_s = self.ring_s * np.sqrt(440.0 / fundamental_hz)
        length_s = min(note.duration_s + 1.2 * self.release_s, 1.3 * ring_s)
        n_samples = max(round(length_s * sample_rate), 2)
        n_fft = fast_length(n_samples + _LEAD + _TAIL)
        frequency_hz = np.fft.rfftfreq(n_fft, 1.0 / sample_rate)
        spectrum = self._pluck(note, fundamental_hz, frequency_hz, n_fft, sample_rate, rng)
        spectrum *= sum(
            self._string(fundamental_hz * 2.0 ** (cents / 1200.0), ring_s, frequency_hz, n_fft)
            for cents in self.course_cents * (np.arange(self.n_strings) - (self.n_strings - 1) / 2)
        )
        for resonance in self.body:
            spectrum *= resonance.response(frequency_hz)
        sound = np.fft.irfft(spectrum, n_fft)
        sound *= np.exp(_WRAP_LOSS / n_fft * np.arange(n_fft))
        sound = sound[_LEAD : _LEAD + n_samples]
        time_s = signal_time(n_samples, sample_rate)
        after_s = np.maximum(time_s - note.duration_s, 0.0)
        sound *= np.exp(-6.9 * after_s / self.release_s)
        return levelled(sound, velocity=note.velocity, sample_rate=sample_rate)

    def _string(
        self, fundamental_hz: float, ring_s: float, frequency_hz: NDArray, n_fft: int
    ) -> NDArray:
        """Response of the loop on the outer circle, ``(bins,)``."""
        sample_rate = 2.0 * frequency_hz[-1] if n_fft % 2 == 0 else n_fft * frequency_hz[1]
        b = self.inharmonicity
        x = frequency_hz * np.sqrt(1.0 + b) / fundamental_hz
        # Which partial a frequency would be: the loop turns it by so many cycles.
        root = np.sqrt(1.0 + 4.0 * b * x * x)
        partial = np.sqrt((root - 1.0) / (2.0 * b))
        delay_s = np.sqrt(1.0 + b) / fundamental_hz * np.sqrt(2.0 / (root + 1.0)) / root
        loss = 6.9 / ring_s * (1.0 + (frequency_hz / self.damping_hz) ** 2) * delay_s
        outer = _WRAP_LOSS / n_fft * sample_rate * delay_s
        return 1.0 / (1.0 - np.exp(-(loss + outer) - 2j * np.pi * partial))

    def _pluck(
        self,
        note: Note,
        fundamental_hz: float,
        frequency_hz: NDArray,
        n_fft: int,
        sample_rate: int,
        rng: np.random.Generator,
    ) -> NDArray:
        """Spectrum of the excitation, ``(bins,)``."""
        cutoff_hz = self.hardness_hz * 2.0 ** (-self.touch_octaves * (1.0 - note.velocity))
        x = frequency_hz / max(cutoff_hz, 1.5 * fundamental_hz)
        # Causal all along: what rings before the pluck would wrap to the end and be raised there.
        soft = 1.0 / (1.0 - x * x + 1.4j * x)
        # Ideal delays ring around steep edges: the band ends softly below the Nyquist frequency.
        soft *= 0.5 + 0.5 * np.cos(np.pi * np.clip(frequency_hz / (0.46 * sample_rate), 0.0, 1.0))
        period = max(round(sample_rate / fundamental_hz), 2)
        burst = rng.standard_normal(period) / np.sqrt(period)
        body = (1.0 - self.rasp) + self.rasp * np.fft.rfft(burst, n_fft) * np.sqrt(period) / 4.0
        turn = -2j * np.pi * frequency_hz / fundamental_hz
        comb = 1.0 - np.exp(self.position * turn)
        if self.pickup:
            comb = comb * (1.0 - 0.95 * np.exp(self.pickup * turn))
        lead = np.exp(-2j * np.pi * frequency_hz * _LEAD / sample_rate)
        # Displacement falls with the frequency; what lies below the note does not radiate.
        y = 1j * frequency_hz / fundamental_hz
        tilt = y / (1.0 + y) / (1.0 + y)
        return body * comb * lead * tilt * soft
