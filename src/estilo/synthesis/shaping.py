"""Common parts of all instruments: random draws, envelopes, motion of the pitch, levels."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from estilo.units import midi_to_hz

CONTROL_HOP = 64
NOTE_RMS = 0.1
_SILENT = 1e-4
_FADE_S = 0.004


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """Draw a number between two positive bounds, each octave as likely as the next.

    Args:
        rng: random generator.
        low: lower bound.
        high: upper bound.

    Example:
        >>> 1.0 <= log_uniform(np.random.default_rng(0), 1.0, 100.0) <= 100.0
        True
    """
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def signal_time(n_samples: int, sample_rate: int) -> NDArray[np.float64]:
    """Times of samples in seconds, ``(n_samples,)``.

    Args:
        n_samples: number of samples.
        sample_rate: sample rate in Hz.

    Example:
        >>> signal_time(3, 2)
        array([0. , 0.5, 1. ])
    """
    return np.arange(n_samples) / sample_rate


def control_time(n_samples: int, sample_rate: int) -> NDArray[np.float64]:
    """Times in seconds of the control points that cover some samples, one more than hops.

    Args:
        n_samples: number of samples.
        sample_rate: sample rate in Hz.
    """
    return np.arange(-(-n_samples // CONTROL_HOP) + 1) * CONTROL_HOP / sample_rate


def from_control(curve: NDArray, n_samples: int) -> NDArray:
    """Interpolate a curve at `control_time` linearly to one at every sample.

    Reshaping is five times faster than `numpy.interp`.

    Args:
        curve: values at the control points, ``(n_control,)``.
        n_samples: number of samples.

    **Shape**: ``(n_control,)`` to ``(n_samples,)``, of the same dtype.

    Example:
        >>> from_control(np.array([0.0, 64.0]), 4)
        array([0., 1., 2., 3.])
    """
    ramp = np.arange(CONTROL_HOP, dtype=curve.dtype) / np.asarray(CONTROL_HOP, curve.dtype)
    lines = curve[:-1, None] + np.diff(curve)[:, None] * ramp
    return lines.reshape(-1)[:n_samples]


@dataclass(frozen=True)
class Envelope:
    """Rise, fall to a held level, and fading after the key is let go.

    Args:
        attack_s: time from silence to full level, in seconds.
        decay_s: time constant of the fall to ``sustain``, in seconds.
        sustain: level held while the key is down, 0 to 1; 0 for struck or plucked sounds.
        release_s: time of 60 dB of fading after the key is released, in seconds.

    Example:
        >>> struck = Envelope(attack_s=0.01, decay_s=0.1, sustain=0.0, release_s=0.2)
        >>> bool(struck.level(np.array([0.01]), duration_s=1.0)[0] == 1.0)
        True
    """

    attack_s: float
    decay_s: float
    sustain: float
    release_s: float

    def level(
        self,
        time_s: NDArray,
        *,
        duration_s: float,
        lag_s: float | NDArray = 0.0,
        hurry: float | NDArray = 1.0,
    ) -> NDArray:
        """The level at some times.

        Args:
            time_s: time since the key went down, in seconds.
            duration_s: time for which the key is down, in seconds.
            lag_s: time added to the attack, for partials that speak late, in seconds.
            hurry: factor on the speed of the fall, for partials that die early.

        **Shape**: the common shape of the three arrays.
        """
        attack_s = self.attack_s + lag_s
        rise = np.minimum(np.minimum(time_s, duration_s) / attack_s, 1.0)
        rise = rise * rise * (3.0 - 2.0 * rise)
        fall = np.exp(-hurry * np.maximum(time_s - attack_s, 0.0) / self.decay_s)
        fade = np.exp(-6.9 * np.maximum(time_s - duration_s, 0.0) / self.release_s)
        return rise * (self.sustain + (1.0 - self.sustain) * fall) * fade

    def n_samples(self, duration_s: float, sample_rate: int) -> int:
        """Length of a note with its release, until it is 80 dB down.

        Args:
            duration_s: time for which the key is down, in seconds.
            sample_rate: sample rate in Hz.
        """
        length_s = duration_s + 1.2 * self.release_s
        if self.sustain == 0.0:
            length_s = min(length_s, self.attack_s - np.log(_SILENT) * self.decay_s)
        return max(round(length_s * sample_rate), 2)


def struck(rng: np.random.Generator) -> Envelope:
    """An envelope of something hit or plucked."""
    return Envelope(
        attack_s=log_uniform(rng, 0.001, 0.012),
        decay_s=log_uniform(rng, 0.06, 1.2),
        sustain=0.0,
        release_s=log_uniform(rng, 0.06, 0.8),
    )


def held(rng: np.random.Generator) -> Envelope:
    """An envelope of something blown, bowed or held, some of it slow."""
    envelope = Envelope(
        attack_s=log_uniform(rng, 0.006, 0.12),
        decay_s=log_uniform(rng, 0.04, 0.6),
        sustain=rng.uniform(0.3, 1.0),
        release_s=log_uniform(rng, 0.04, 0.4),
    )
    if rng.random() < 0.15:
        return replace(envelope, attack_s=rng.uniform(0.1, 0.3), release_s=rng.uniform(0.3, 1.2))
    return envelope


@dataclass(frozen=True)
class Motion:
    """Movement of the pitch within a note.

    Args:
        detune_cents: detuning of the whole instrument, in cents.
        vibrato_hz: rate of the vibrato, in Hz.
        vibrato_cents: depth of the vibrato to either side, in cents.
        vibrato_delay_s: time until the vibrato is full, in seconds.
        drift_cents: standard deviation of a slow random walk about the pitch, in cents.
        scoop_cents: distance from its pitch at which the note starts, in cents.
        scoop_s: time constant of reaching the pitch, in seconds.

    Example:
        >>> still = Motion()
        >>> still.cycles(69.0, 3, sample_rate=44_000, rng=np.random.default_rng(0))
        array([0.  , 0.01, 0.02])
    """

    detune_cents: float = 0.0
    vibrato_hz: float = 5.0
    vibrato_cents: float = 0.0
    vibrato_delay_s: float = 0.3
    drift_cents: float = 0.0
    scoop_cents: float = 0.0
    scoop_s: float = 0.03

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "Motion":
        """Draw a motion: mostly steady; vibrato in half of the instruments, scoops in a quarter."""
        return cls(
            detune_cents=rng.normal(0.0, 2.5),
            vibrato_hz=rng.uniform(3.5, 7.5),
            vibrato_cents=rng.uniform(3.0, 35.0) if rng.random() < 0.5 else 0.0,
            vibrato_delay_s=rng.uniform(0.02, 0.6),
            drift_cents=rng.uniform(0.0, 4.0),
            scoop_cents=rng.normal(0.0, 60.0) if rng.random() < 0.25 else 0.0,
            scoop_s=rng.uniform(0.01, 0.05),
        )

    def cycles(
        self, pitch: float, n_samples: int, *, sample_rate: int, rng: np.random.Generator
    ) -> NDArray[np.float64]:
        """Phase of the fundamental in cycles, ``(n_samples,)``, from 0 on.

        Args:
            pitch: MIDI note number; fractions are cents.
            n_samples: number of samples.
            sample_rate: sample rate in Hz.
            rng: random generator of the drift.
        """
        time_s = control_time(n_samples, sample_rate)
        cents = np.full(len(time_s), self.detune_cents)
        if self.vibrato_cents:
            depth = self.vibrato_cents * np.minimum(time_s / self.vibrato_delay_s, 1.0)
            start = rng.uniform(0.0, 2.0 * np.pi)
            cents += depth * np.sin(2.0 * np.pi * self.vibrato_hz * time_s + start)
        if self.drift_cents:
            cents += self.drift_cents * slow_noise(rng, time_s, rate_hz=3.0)
        if self.scoop_cents:
            cents += self.scoop_cents * np.exp(-time_s / self.scoop_s)
        frequency_hz = midi_to_hz(pitch + cents / 100.0)
        steps = from_control(frequency_hz, n_samples) / sample_rate
        return np.cumsum(steps) - steps[0]


def slow_noise(
    rng: np.random.Generator, time_s: NDArray[np.float64], *, rate_hz: float
) -> NDArray[np.float64]:
    """A smooth random curve of about unit deviation that turns some times a second.

    Args:
        rng: random generator.
        time_s: times in seconds, which rise from 0, ``(time,)``.
        rate_hz: rate of its turns, in Hz.

    **Shape**: that of ``time_s``, ``(time,)``, which must rise from 0.
    """
    n_knots = int(time_s[-1] * rate_hz) + 2
    knots = rng.standard_normal(n_knots)
    return np.interp(time_s * rate_hz, np.arange(n_knots), knots) * 1.22


def levelled(sound: NDArray, *, velocity: float, sample_rate: int) -> NDArray:
    """Bring a note to the level of its velocity, and fade it out at its very end.

    The loudest 20 ms get an RMS of 0.1 at full velocity, so that no instrument or register
    drowns another; the level falls with the power 1.5 of the velocity.

    Args:
        sound: samples of the note, ``(time,)``.
        velocity: strength of the note, 0 to 1.
        sample_rate: sample rate in Hz.

    **Shape**: ``(time,)`` to the same.

    Example:
        >>> loud = levelled(np.ones(1000), velocity=1.0, sample_rate=8000)
        >>> round(float(loud[0]), 3), float(loud[-1])
        (0.1, 0.0)
    """
    frame = max(round(0.02 * sample_rate), 1)
    n_frames = len(sound) // frame
    if n_frames:
        power = np.square(sound[: n_frames * frame]).reshape(n_frames, frame).mean(axis=1).max()
    else:
        power = np.square(sound).mean()
    gain = NOTE_RMS * velocity**1.5 / np.sqrt(max(float(power), 1e-20))
    n_fade = min(round(_FADE_S * sample_rate), len(sound))
    out = sound * gain
    out[len(out) - n_fade :] *= np.linspace(1.0, 0.0, n_fade)
    return out
