"""Sums of partials, each with its own envelope: strings, winds, organs, voices, bars and bells."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estilo.synthesis.filters import Resonance, lowpass, resonances_gain, shaped_noise
from estilo.synthesis.notes import Note
from estilo.synthesis.shaping import (
    Envelope,
    Motion,
    control_time,
    from_control,
    held,
    levelled,
    log_uniform,
    slow_noise,
    struck,
)
from estilo.units import midi_to_hz

# Ratios of the partials of struck solids (Fletcher & Rossing 1998, The Physics of Musical
# Instruments): a free bar, a marimba bar, a tubular bell over its strike tone, a church bell over
# its prime, a clamped bar (kalimba), a wine glass.
_SOLIDS = (
    (1.0, 2.756, 5.404, 8.933, 13.34),
    (1.0, 3.98, 9.2, 10.8, 16.7),
    (1.0, 1.5, 1.99, 2.49, 2.98, 3.47),
    (1.0, 1.2, 1.5, 2.0, 2.5, 2.67, 3.0, 4.0, 5.33),
    (1.0, 6.27, 17.55),
    (1.0, 2.32, 4.25, 6.63, 9.38),
)
_AUDIBLE = 3e-4
_MAX_PARTIALS = 64


@dataclass(frozen=True)
class AdditivePatch:
    """Partials with their own envelopes, under fixed formants, with breath.

    Args:
        envelope: envelope of the first partial.
        motion: motion of the pitch.
        ratios: ratios of the partials' frequencies to the note's; empty for a harmonic series.
        inharmonicity: coefficient B of a stiff string, f_k = k f_1 √(1 + B k²) (Fletcher 1964).
        n_partials: largest number of partials.
        slope_db: fall of the spectrum per octave above the fundamental, in dB.
        even_db: gain of the even partials, in dB.
        ripple_db: gain of each single partial, in dB, ``(64,)``.
        formants: resonances that stay where they are, whatever the pitch.
        decay_tilt: exponent of the decay: partial k decays k**decay_tilt times faster.
        lag_s: delay by which the highest partial reaches its level later, in seconds.
        beating: depth of each partial's own slow swelling, as in ensembles, 0 to 1.
        tremolo_db: depth of the common swelling, in dB.
        tremolo_hz: rate of the common swelling, in Hz.
        breath_db: level of noise under the tone, in dB.
        chiff_db: level of noise in the attack, in dB.
        touch_db: increase of the slope at zero velocity, in dB per octave.
    """

    envelope: Envelope
    motion: Motion
    ratios: tuple[float, ...]
    inharmonicity: float
    n_partials: int
    slope_db: float
    even_db: float
    ripple_db: tuple[float, ...]
    formants: tuple[Resonance, ...]
    decay_tilt: float
    lag_s: float
    beating: float
    tremolo_db: float
    tremolo_hz: float
    breath_db: float
    chiff_db: float
    touch_db: float

    is_pitched = True

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "AdditivePatch":
        """Struck strings and solids, or something held; parameters far apart.

        Example:
            >>> AdditivePatch.draw(np.random.default_rng(0)).is_pitched
            True
        """
        is_struck = rng.random() < 0.45
        is_solid = is_struck and rng.random() < 0.45
        return cls(
            envelope=struck(rng) if is_struck else held(rng),
            motion=Motion(detune_cents=rng.normal(0.0, 2.0)) if is_struck else Motion.draw(rng),
            ratios=_solid_ratios(rng) if is_solid else (),
            inharmonicity=log_uniform(rng, 1e-5, 6e-4) if is_struck else 0.0,
            n_partials=int(log_uniform(rng, 3.0, 49.0)),
            slope_db=-rng.uniform(-3.0, 14.0),
            even_db=-rng.uniform(8.0, 50.0) if rng.random() < 0.25 else rng.uniform(-4.0, 4.0),
            ripple_db=tuple(rng.normal(0.0, rng.uniform(0.0, 7.0), _MAX_PARTIALS).tolist()),
            formants=_random_formants(rng),
            decay_tilt=rng.uniform(0.1, 1.3),
            lag_s=0.0 if is_struck else log_uniform(rng, 0.001, 0.15),
            beating=rng.uniform(0.1, 0.9) if rng.random() < 0.3 else 0.0,
            tremolo_db=rng.uniform(1.0, 10.0) if rng.random() < 0.2 else 0.0,
            tremolo_hz=rng.uniform(3.0, 9.0),
            breath_db=rng.uniform(-50.0, -12.0) if not is_struck else -80.0,
            chiff_db=rng.uniform(-45.0, -6.0),
            touch_db=rng.uniform(0.0, 8.0),
        )

    def play(
        self, note: Note, *, sample_rate: int, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Play one note with its release, ``(time,)``; see `Patch.play`."""
        n_samples = self.envelope.n_samples(note.duration_s, sample_rate)
        ratios, gains = self._partials(note, sample_rate)
        levels = gains[:, None] * self._levels(note, ratios, n_samples, sample_rate, rng)
        cycles = self.motion.cycles(note.pitch, n_samples, sample_rate=sample_rate, rng=rng)
        sound = sum_of_partials(cycles, ratios, levels, rng)
        sound += self._noise(note, n_samples, sample_rate, rng) * np.sqrt(
            0.5 * np.square(gains).sum()
        )
        return levelled(sound, velocity=note.velocity, sample_rate=sample_rate)

    def _partials(self, note: Note, sample_rate: int) -> tuple[NDArray, NDArray]:
        """Ratios and amplitudes of the partials below the Nyquist frequency, the first kept."""
        k = np.arange(1.0, self.n_partials + 1)
        ratios = np.asarray(self.ratios) if self.ratios else k * self._stretch(k)
        k = np.arange(1.0, len(ratios) + 1)
        fundamental_hz = float(midi_to_hz(note.pitch))
        slope_db = self.slope_db - self.touch_db * (1.0 - note.velocity)
        gain_db = slope_db * np.log2(ratios) + np.asarray(self.ripple_db[: len(k)])
        gain_db += np.where(k % 2 == 0, self.even_db if not self.ratios else 0.0, 0.0)
        gains = 10.0 ** (gain_db / 20.0) * resonances_gain(self.formants, ratios * fundamental_hz)
        is_kept = ratios * fundamental_hz < 0.47 * sample_rate
        is_kept &= gains > _AUDIBLE * gains[is_kept].max(initial=0.0)
        # The note is named after the first partial: without it there would be another pitch.
        gains[0] = max(gains[0], 0.03 * gains.max())
        is_kept[0] = True
        return ratios[is_kept], gains[is_kept]

    def _stretch(self, k: NDArray) -> NDArray:
        b = self.inharmonicity
        return np.sqrt((1.0 + b * k * k) / (1.0 + b))

    def _levels(
        self,
        note: Note,
        ratios: NDArray,
        n_samples: int,
        sample_rate: int,
        rng: np.random.Generator,
    ) -> NDArray:
        """Envelopes of the partials, ``(partials, control)``."""
        time_s = control_time(n_samples, sample_rate)
        place = (ratios / ratios.max())[:, None]
        levels = self.envelope.level(
            time_s,
            duration_s=note.duration_s,
            lag_s=self.lag_s * place,
            hurry=(ratios**self.decay_tilt)[:, None],
        )
        if self.beating:
            rate_hz = rng.uniform(0.3, 5.0, (len(ratios), 1))
            start = rng.uniform(0.0, 2.0 * np.pi, (len(ratios), 1))
            swell = np.sin(2.0 * np.pi * rate_hz * time_s + start)
            levels = levels * (1.0 + self.beating * swell)
        if self.tremolo_db:
            swell = np.sin(2.0 * np.pi * self.tremolo_hz * time_s)
            levels = levels * 10.0 ** (self.tremolo_db * (swell - 1.0) / 40.0)
        return levels

    def _noise(
        self, note: Note, n_samples: int, sample_rate: int, rng: np.random.Generator
    ) -> NDArray:
        """Breath while the note is held and a burst where it starts."""
        cutoff_hz = 4.0 * float(midi_to_hz(note.pitch))

        def colour(frequency_hz: NDArray) -> NDArray:
            return lowpass(frequency_hz, cutoff_hz, q=0.6) * resonances_gain(
                self.formants, frequency_hz
            )

        time_s = control_time(n_samples, sample_rate)
        level = 10.0 ** (self.breath_db / 20.0) * self.envelope.level(
            time_s, duration_s=note.duration_s
        ) * (1.0 + 0.2 * slow_noise(rng, time_s, rate_hz=12.0)) + 10.0 ** (
            self.chiff_db / 20.0
        ) * np.exp(-time_s / 0.02) * np.minimum(time_s / 0.003, 1.0)
        n_heard = n_samples if self.breath_db > -70.0 else min(n_samples, int(0.2 * sample_rate))
        noise = np.zeros(n_samples, dtype=np.float32)
        noise[:n_heard] = shaped_noise(rng, n_heard, colour, sample_rate=sample_rate)
        return noise * from_control(level.astype(np.float32), n_samples)


def sum_of_partials(
    cycles: NDArray[np.float64], ratios: NDArray, levels: NDArray, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Sines at multiples of a moving frequency under envelopes.

    Args:
        cycles: phase of the fundamental in cycles, ``(time,)``.
        ratios: ratio of each partial's frequency to the fundamental's, ``(partials,)``.
        levels: amplitudes at the times of `shaping.control_time`, ``(partials, control)``.
        rng: random generator of the starting phases.

    **Shape**: result ``(time,)``.

    Example:
        >>> flat = np.ones((1, 2))
        >>> tone = sum_of_partials(np.arange(4) / 4, np.ones(1), flat, np.random.default_rng(0))
        >>> round(float(np.square(tone).sum()), 3)
        2.0
    """
    out = np.zeros(len(cycles), dtype=np.float32)
    starts = rng.uniform(0.0, 2.0 * np.pi, len(ratios)).astype(np.float32)
    turn = (2.0 * np.pi * (cycles - np.floor(cycles))).astype(np.float32)

    def angle(ratio: float, n_samples: int) -> NDArray[np.float32]:
        if ratio == round(ratio):
            return turn[:n_samples] * np.float32(ratio)
        # Whole cycles go before single precision loses the fraction.
        phase = cycles[:n_samples] * ratio
        phase -= np.floor(phase)
        return phase.astype(np.float32) * np.float32(2.0 * np.pi)

    threshold = _AUDIBLE * levels.max(initial=0.0)
    for ratio, start, level in zip(ratios, starts, levels.astype(np.float32), strict=True):
        heard = np.flatnonzero(level > threshold)
        if not len(heard):
            continue
        n_control = min(int(heard[-1]) + 2, len(level))
        loudness = from_control(level[:n_control], len(cycles))
        out[: len(loudness)] += np.sin(angle(ratio, len(loudness)) + start) * loudness
    return out


def _solid_ratios(rng: np.random.Generator) -> tuple[float, ...]:
    """Partials of a known solid, or of an imaginary one."""
    if rng.random() < 0.6:
        ratios = np.array(_SOLIDS[rng.integers(len(_SOLIDS))])
        ratios[1:] *= np.exp(rng.normal(0.0, 0.01, len(ratios) - 1))
        return tuple(ratios.tolist())
    spacing = rng.uniform(0.4, 2.2, rng.integers(2, 12))
    return (1.0, *(1.0 + np.cumsum(spacing)).tolist())


def _random_formants(rng: np.random.Generator) -> tuple[Resonance, ...]:
    """Up to five resonances; a third of the instruments get those of a voice."""
    if rng.random() < 0.33:
        first_hz = rng.uniform(270.0, 800.0)
        centres = (
            first_hz,
            first_hz + rng.uniform(300.0, 1500.0),
            rng.uniform(2300.0, 3200.0),
            rng.uniform(3300.0, 4300.0),
        )
        return tuple(
            Resonance(c, rng.uniform(60.0, 250.0), rng.uniform(10.0, 28.0)) for c in centres
        )
    return tuple(
        Resonance(centre_hz, centre_hz * rng.uniform(0.15, 1.0), rng.uniform(-14.0, 18.0))
        for centre_hz in (log_uniform(rng, 150.0, 9000.0) for _ in range(rng.integers(0, 6)))
    )
