"""Membranes, metal, wood and noise that are struck: kits where the note chooses the drum."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estilo.synthesis.additive import sum_of_partials
from estilo.synthesis.filters import highpass, lowpass, shaped_noise
from estilo.synthesis.notes import Note
from estilo.synthesis.shaping import (
    control_time,
    from_control,
    levelled,
    log_uniform,
    signal_time,
)
from estilo.units import midi_to_hz

# Frequencies of an ideal membrane's modes: zeros of Bessel functions over the first (Rossing 2000,
# Science of Percussion Instruments, ch. 2).
_MEMBRANE = (1.0, 1.594, 2.136, 2.296, 2.653, 2.918, 3.156, 3.501, 3.6, 3.652, 4.06, 4.154)
_WOOD = (1.0, 2.57, 4.95, 8.1)
_SILENT_DECAYS = 7.5


@dataclass(frozen=True)
class Drum:
    """One drum of a kit, or anything else that is struck.

    Args:
        frequency_hz: frequency of its lowest mode, in Hz.
        ratios: ratios of its modes' frequencies to the lowest.
        decay_s: time constant of the lowest mode, in seconds.
        decay_tilt: exponent of the decay: a mode at ratio r decays r**decay_tilt times faster.
        slope_db: fall of the modes per octave, in dB.
        drop_octaves: height above its pitch at which it starts, in octaves.
        drop_s: time constant of the fall, in seconds.
        tone: level of the modes, 0 to 1.
        noise: level of the noise, 0 to 1.
        noise_decay_s: time constant of the noise, in seconds.
        noise_low_hz: lower edge of the noise's band, in Hz.
        noise_high_hz: upper edge of the noise's band, in Hz.
        n_bursts: number of bursts of noise before the last one rings out, 11 ms apart, as hands
            clap.
        level: level within its kit, 0 to 1.
    """

    frequency_hz: float
    ratios: tuple[float, ...]
    decay_s: float
    decay_tilt: float
    slope_db: float
    drop_octaves: float
    drop_s: float
    tone: float
    noise: float
    noise_decay_s: float
    noise_low_hz: float
    noise_high_hz: float
    n_bursts: int
    level: float

    def strike(
        self, *, velocity: float, shift: float, sample_rate: int, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """The sound of one hit, ``(time,)``, about unit level.

        Args:
            velocity: strength of the hit, 0 to 1; a harder hit is brighter.
            shift: factor on the modes' frequencies.
            sample_rate: sample rate in Hz.
            rng: random generator of noise and phases.
        """
        longest_s = max(self.decay_s * (self.tone > 0.0), self.noise_decay_s * (self.noise > 0.0))
        n_samples = max(round(min(_SILENT_DECAYS * longest_s + 0.05, 4.0) * sample_rate), 2)
        sound = np.zeros(n_samples, dtype=np.float32)
        if self.tone > 0.0:
            sound += self.tone * self._modes(n_samples, velocity, shift, sample_rate, rng)
        if self.noise > 0.0:
            sound += self.noise * self._rattle(n_samples, velocity, sample_rate, rng)
        return sound

    def _modes(
        self,
        n_samples: int,
        velocity: float,
        shift: float,
        sample_rate: int,
        rng: np.random.Generator,
    ) -> NDArray[np.float32]:
        ratios = np.asarray(self.ratios)
        first_hz = self.frequency_hz * shift
        ratios = ratios[(ratios * first_hz < 0.45 * sample_rate) | (ratios == 1.0)]
        time_s = control_time(n_samples, sample_rate)
        bend = 2.0 ** (self.drop_octaves * velocity * np.exp(-time_s / self.drop_s))
        steps = from_control(np.minimum(first_hz * bend, 0.3 * sample_rate), n_samples)
        slope_db = self.slope_db - 5.0 * (1.0 - velocity)
        gains = 10.0 ** (slope_db * np.log2(ratios) / 20.0) * rng.uniform(0.7, 1.0, len(ratios))
        gains /= np.sqrt(np.square(gains).sum())
        fall = np.exp(-time_s * (ratios**self.decay_tilt)[:, None] / self.decay_s)
        levels = gains[:, None] * fall * np.minimum(time_s / 0.0015, 1.0)
        return sum_of_partials(np.cumsum(steps) / sample_rate, ratios, levels, rng)

    def _rattle(
        self, n_samples: int, velocity: float, sample_rate: int, rng: np.random.Generator
    ) -> NDArray:
        high_hz = self.noise_high_hz * (0.5 + 0.5 * velocity)

        def colour(frequency_hz: NDArray) -> NDArray:
            low = highpass(frequency_hz, self.noise_low_hz)
            return low * low * lowpass(frequency_hz, high_hz)

        time_s = signal_time(n_samples, sample_rate)
        level = np.zeros(n_samples)
        for burst in range(self.n_bursts):
            since_s = time_s - 0.011 * burst
            is_last = burst == self.n_bursts - 1
            decay_s = self.noise_decay_s if is_last else 0.004
            level += (since_s >= 0.0) * np.exp(-np.maximum(since_s, 0.0) / decay_s)
        noise = shaped_noise(rng, n_samples, colour, sample_rate=sample_rate)
        return noise * (0.7 * level).astype(np.float32)


@dataclass(frozen=True)
class DrumPatch:
    """A kit of drums, or one drum tuned to the notes.

    Args:
        kit: drums; the note's number chooses among them in turn.
        is_pitched: whether every drum is tuned to the note.
    """

    kit: tuple[Drum, ...]
    is_pitched: bool

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "DrumPatch":
        """A kit of three to eight drums, or tuned toms, blocks and metal.

        Example:
            >>> len(DrumPatch.draw(np.random.default_rng(0)).kit) >= 1
            True
        """
        is_pitched = bool(rng.random() < 0.3)
        if is_pitched:
            maker = (_tom, _block, _metal)[rng.integers(3)]
            return cls((maker(rng),), is_pitched=True)
        makers = [_kick, _snare, _hat, *rng.choice(np.asarray(_MAKERS), rng.integers(0, 6))]
        return cls(tuple(makers[i](rng) for i in rng.permutation(len(makers))), is_pitched=False)

    def play(self, note: Note, *, sample_rate: int, rng: np.random.Generator) -> NDArray:
        """Play one hit, ``(time,)``, however long the note is; see `Patch.play`."""
        drum = self.kit[round(note.pitch) % len(self.kit)]
        shift = float(midi_to_hz(note.pitch)) / drum.frequency_hz if self.is_pitched else 1.0
        sound = drum.strike(velocity=note.velocity, shift=shift, sample_rate=sample_rate, rng=rng)
        return drum.level * levelled(sound, velocity=note.velocity, sample_rate=sample_rate)


def _kick(rng: np.random.Generator) -> Drum:
    return Drum(
        frequency_hz=rng.uniform(38.0, 75.0),
        ratios=_MEMBRANE[: rng.integers(1, 5)],
        decay_s=log_uniform(rng, 0.05, 0.3),
        decay_tilt=rng.uniform(1.0, 2.0),
        slope_db=-rng.uniform(6.0, 16.0),
        drop_octaves=rng.uniform(0.5, 3.0),
        drop_s=log_uniform(rng, 0.008, 0.05),
        tone=1.0,
        noise=rng.uniform(0.0, 0.25),
        noise_decay_s=log_uniform(rng, 0.002, 0.03),
        noise_low_hz=log_uniform(rng, 100.0, 1500.0),
        noise_high_hz=log_uniform(rng, 2000.0, 9000.0),
        n_bursts=1,
        level=1.0,
    )


def _snare(rng: np.random.Generator) -> Drum:
    return Drum(
        frequency_hz=rng.uniform(140.0, 320.0),
        ratios=_MEMBRANE[: rng.integers(2, 8)],
        decay_s=log_uniform(rng, 0.03, 0.15),
        decay_tilt=rng.uniform(0.3, 1.2),
        slope_db=-rng.uniform(2.0, 10.0),
        drop_octaves=rng.uniform(0.0, 0.6),
        drop_s=0.02,
        tone=rng.uniform(0.2, 0.8),
        noise=rng.uniform(0.4, 1.0),
        noise_decay_s=log_uniform(rng, 0.03, 0.18),
        noise_low_hz=log_uniform(rng, 300.0, 2500.0),
        noise_high_hz=log_uniform(rng, 5000.0, 14_000.0),
        n_bursts=1,
        level=rng.uniform(0.5, 0.9),
    )


def _hat(rng: np.random.Generator) -> Drum:
    decay_s = log_uniform(rng, 0.012, 0.25)
    return Drum(
        frequency_hz=rng.uniform(300.0, 900.0),
        ratios=_metal_ratios(rng, n_modes=int(rng.integers(8, 24)), spacing=0.7),
        decay_s=decay_s,
        decay_tilt=0.0,
        slope_db=rng.uniform(0.0, 6.0),
        drop_octaves=0.0,
        drop_s=0.01,
        tone=rng.uniform(0.1, 0.7),
        noise=rng.uniform(0.3, 1.0),
        noise_decay_s=decay_s,
        noise_low_hz=log_uniform(rng, 3500.0, 9000.0),
        noise_high_hz=log_uniform(rng, 9000.0, 16_000.0),
        n_bursts=1,
        level=rng.uniform(0.2, 0.6),
    )


def _tom(rng: np.random.Generator) -> Drum:
    return Drum(
        frequency_hz=log_uniform(rng, 70.0, 320.0),
        ratios=_MEMBRANE[: rng.integers(2, 11)],
        decay_s=log_uniform(rng, 0.06, 0.45),
        decay_tilt=rng.uniform(0.5, 1.5),
        slope_db=-rng.uniform(4.0, 14.0),
        drop_octaves=rng.uniform(0.0, 0.4),
        drop_s=log_uniform(rng, 0.01, 0.05),
        tone=1.0,
        noise=rng.uniform(0.0, 0.15),
        noise_decay_s=log_uniform(rng, 0.005, 0.04),
        noise_low_hz=log_uniform(rng, 200.0, 1500.0),
        noise_high_hz=log_uniform(rng, 2500.0, 9000.0),
        n_bursts=1,
        level=rng.uniform(0.6, 1.0),
    )


def _metal(rng: np.random.Generator) -> Drum:
    """Bells, cymbals, anvils and pans."""
    decay_s = log_uniform(rng, 0.08, 0.6)
    return Drum(
        frequency_hz=log_uniform(rng, 250.0, 1500.0),
        ratios=_metal_ratios(rng, n_modes=int(rng.integers(3, 28)), spacing=rng.uniform(0.3, 1.4)),
        decay_s=decay_s,
        decay_tilt=rng.uniform(0.0, 0.8),
        slope_db=rng.uniform(-8.0, 1.0),
        drop_octaves=0.0,
        drop_s=0.01,
        tone=1.0,
        noise=rng.uniform(0.0, 0.3),
        noise_decay_s=log_uniform(rng, 0.004, 0.3),
        noise_low_hz=log_uniform(rng, 2000.0, 7000.0),
        noise_high_hz=log_uniform(rng, 7500.0, 16_000.0),
        n_bursts=1,
        level=rng.uniform(0.3, 0.7),
    )


def _block(rng: np.random.Generator) -> Drum:
    """Wood blocks, claves, temple blocks."""
    return Drum(
        frequency_hz=log_uniform(rng, 400.0, 2500.0),
        ratios=_WOOD[: rng.integers(1, 5)],
        decay_s=log_uniform(rng, 0.012, 0.08),
        decay_tilt=rng.uniform(0.2, 1.0),
        slope_db=-rng.uniform(4.0, 14.0),
        drop_octaves=0.0,
        drop_s=0.01,
        tone=1.0,
        noise=rng.uniform(0.0, 0.2),
        noise_decay_s=log_uniform(rng, 0.002, 0.01),
        noise_low_hz=800.0,
        noise_high_hz=7000.0,
        n_bursts=1,
        level=rng.uniform(0.4, 0.8),
    )


def _rush(rng: np.random.Generator) -> Drum:
    """Claps, shakers, brushes: noise without a tone."""
    low_hz = log_uniform(rng, 500.0, 5000.0)
    return Drum(
        frequency_hz=200.0,
        ratios=(1.0,),
        decay_s=0.05,
        decay_tilt=0.0,
        slope_db=0.0,
        drop_octaves=0.0,
        drop_s=0.01,
        tone=0.0,
        noise=1.0,
        noise_decay_s=log_uniform(rng, 0.015, 0.2),
        noise_low_hz=low_hz,
        noise_high_hz=low_hz * rng.uniform(1.5, 6.0),
        n_bursts=int(rng.integers(1, 5)),
        level=rng.uniform(0.3, 0.8),
    )


def _metal_ratios(rng: np.random.Generator, *, n_modes: int, spacing: float) -> tuple[float, ...]:
    # The second mode keeps clear of the first, after which a tuned drum is named.
    gaps = rng.exponential(spacing, n_modes - 1) + 0.04
    return (1.0, *(1.1 + np.cumsum(gaps)).tolist())


_MAKERS = (_kick, _snare, _hat, _tom, _metal, _block, _rush)
