"""Effects between instrument and recording: drive, equaliser, chorus, tremolo, room, noise."""

from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from estilo.synthesis.filters import Resonance, fast_length, filtered, lowpass, shaped_noise
from estilo.synthesis.shaping import log_uniform, signal_time

_CEILING = 0.99
_CHORUS_DELAY_S = 0.012


@dataclass(frozen=True)
class Equaliser:
    """Two shelves and any number of peaks; all causal.

    Args:
        low_hz: corner of the low shelf, in Hz.
        low_db: gain of the low shelf, in dB.
        high_hz: corner of the high shelf, in Hz.
        high_db: gain of the high shelf, in dB.
        peaks: peaks and dips.
    """

    low_hz: float = 200.0
    low_db: float = 0.0
    high_hz: float = 4000.0
    high_db: float = 0.0
    peaks: tuple[Resonance, ...] = ()

    def response(self, frequency_hz: NDArray) -> NDArray[np.complex128]:
        """Complex gain at some frequencies in Hz, of the same shape."""
        low, high = 10.0 ** (self.low_db / 20.0), 10.0 ** (self.high_db / 20.0)
        jf = 1j * frequency_hz
        response = (jf + low * self.low_hz) / (jf + self.low_hz)
        response *= (high * jf + self.high_hz) / (jf + self.high_hz)
        for peak in self.peaks:
            response *= peak.response(frequency_hz)
        return response


@dataclass(frozen=True)
class Room:
    """Reflections and a decaying tail.

    Args:
        decay_s: time of 60 dB of decay, in seconds.
        wet_db: energy of all reflections relative to the direct sound, in dB.
        delay_s: delay of the first reflection, in seconds.
        n_early: number of reflections that stand alone before the tail.
        damping_hz: frequency above which the tail decays twice as fast, in Hz.
        seed: random seed of the reflections; the same seed is the same room.
    """

    decay_s: float
    wet_db: float
    delay_s: float
    n_early: int
    damping_hz: float
    seed: int

    def impulse_response(self, sample_rate: int) -> NDArray[np.float64]:
        """The direct sound at 1 and what follows it, ``(time,)``; the sample rate is in Hz.

        Example:
            >>> room = Room(0.5, -6.0, 0.01, 5, 4000.0, seed=1)
            >>> float(room.impulse_response(8000)[0])
            1.0
        """
        rng = np.random.default_rng(self.seed)
        delay = round(self.delay_s * sample_rate)
        n_samples = max(round(1.1 * self.decay_s * sample_rate), 1) + delay
        time_s = signal_time(n_samples, sample_rate)
        low = shaped_noise(
            rng, n_samples, lambda hz: lowpass(hz, self.damping_hz), sample_rate=sample_rate
        )
        full = rng.standard_normal(n_samples)
        tail = low * np.exp(-6.9 * time_s / self.decay_s)
        tail = tail + 0.5 * full * np.exp(-13.8 * time_s / self.decay_s)
        wet = np.zeros(n_samples)
        wet[delay:] = tail[: n_samples - delay] / np.sqrt(np.square(tail).sum())
        early_s = self.delay_s + rng.exponential(0.012, self.n_early)
        places = np.minimum((early_s * sample_rate).astype(int), n_samples - 1)
        signs = rng.choice((-1.0, 1.0), self.n_early)
        np.add.at(wet, places, 0.4 * signs * np.exp(-6.9 * early_s / self.decay_s))
        wet *= 10.0 ** (self.wet_db / 20.0) / np.sqrt(np.square(wet).sum())
        wet[0] += 1.0 - wet[0]
        return wet


@dataclass(frozen=True)
class Effects:
    """A chain of effects in the order of its fields; as it stands, it changes nothing.

    Args:
        drive: gain into a soft saturation of the peaks, 0 for none.
        equaliser: equaliser of the whole sound.
        chorus: level of the moving copy, 0 for none.
        chorus_hz: rate of its motion, in Hz.
        chorus_s: depth of its motion, in seconds.
        tremolo_db: depth of a swelling, in dB.
        tremolo_hz: rate of the swelling, in Hz.
        room: room in which it sounds.
        snr_db: level of the signal over a noise of the recording, in dB; infinite for none.
        noise_hz: frequency above which the noise falls by 12 dB per octave, in Hz.
        seed: random seed of the noise. Different signals get different noise from it all the same.
    """

    drive: float = 0.0
    equaliser: Equaliser | None = None
    chorus: float = 0.0
    chorus_hz: float = 1.0
    chorus_s: float = 0.002
    tremolo_db: float = 0.0
    tremolo_hz: float = 5.0
    room: Room | None = None
    snr_db: float = np.inf
    noise_hz: float = 6000.0
    seed: int = 0


def random_effects(rng: np.random.Generator) -> Effects:
    """Draw a chain as recordings have it: mostly some equaliser and room, at times more.

    Args:
        rng: random generator; the same seed gives an equal chain.

    Example:
        >>> first, again = (random_effects(np.random.default_rng(5)) for _ in range(2))
        >>> first == again
        True
    """
    return Effects(
        drive=log_uniform(rng, 0.3, 6.0) if rng.random() < 0.3 else 0.0,
        equaliser=_random_equaliser(rng) if rng.random() < 0.85 else None,
        chorus=rng.uniform(0.2, 0.9) if rng.random() < 0.15 else 0.0,
        chorus_hz=log_uniform(rng, 0.2, 4.0),
        chorus_s=rng.uniform(0.0005, 0.004),
        tremolo_db=rng.uniform(1.0, 6.0) if rng.random() < 0.08 else 0.0,
        tremolo_hz=rng.uniform(2.0, 8.0),
        room=_random_room(rng) if rng.random() < 0.65 else None,
        snr_db=rng.uniform(18.0, 60.0) if rng.random() < 0.4 else np.inf,
        noise_hz=log_uniform(rng, 300.0, 16_000.0),
        seed=int(rng.integers(2**31)),
    )


def apply_effects(waveform: NDArray, effects: Effects, sample_rate: int) -> NDArray[np.float32]:
    """Send a sound through a chain of effects, at the level that it had.

    Args:
        waveform: samples, ``(time,)``, full scale at 1.
        effects: chain; the same one may be applied to any number of signals.
        sample_rate: sample rate in Hz.

    **Shape**: result ``(time,)``, its tail cut to the length of the input; of the input's RMS,
    less where peaks would pass 0.99.

    Example:
        >>> tone = np.sin(np.arange(8000.0)).astype(np.float32)
        >>> bool((apply_effects(tone, Effects(), 8000) == tone).all())
        True
    """
    out = np.asarray(waveform, dtype=np.float32)
    if effects == Effects(seed=effects.seed) or not out.any():
        return out.copy()
    if effects.drive:
        peak = np.abs(out).max()
        out = np.tanh(effects.drive * out / peak)
    if effects.equaliser:
        out = filtered(out, effects.equaliser.response, sample_rate=sample_rate)
    if effects.chorus:
        out = out + effects.chorus * _moving_copy(out, effects, sample_rate)
    if effects.tremolo_db:
        swell = np.sin(2.0 * np.pi * effects.tremolo_hz * signal_time(len(out), sample_rate))
        out = out * 10.0 ** (effects.tremolo_db * (swell - 1.0) / 40.0)
    if effects.room:
        out = _convolved(out, effects.room.impulse_response(sample_rate))
    if np.isfinite(effects.snr_db):
        out = out + _hiss(out, effects, sample_rate)
    return _at_level_of(waveform, out)


def _at_level_of(waveform: NDArray, out: NDArray) -> NDArray[np.float32]:
    power = np.square(out, dtype=np.float64).mean()
    gain = np.sqrt(np.square(waveform, dtype=np.float64).mean() / max(power, 1e-30))
    gain = min(gain, _CEILING / max(float(np.abs(out).max()), 1e-15))
    return (gain * out).astype(np.float32)


def _moving_copy(waveform: NDArray, effects: Effects, sample_rate: int) -> NDArray:
    time_s = signal_time(len(waveform), sample_rate)
    sway = np.sin(2.0 * np.pi * effects.chorus_hz * time_s)
    place = np.arange(len(waveform)) - (_CHORUS_DELAY_S + effects.chorus_s * sway) * sample_rate
    return np.interp(place, np.arange(len(waveform)), waveform, left=0.0)


def _convolved(waveform: NDArray, response: NDArray) -> NDArray:
    n_fft = fast_length(len(waveform) + len(response) - 1)
    spectrum = np.fft.rfft(waveform, n_fft) * np.fft.rfft(response, n_fft)
    return np.fft.irfft(spectrum, n_fft)[: len(waveform)]


def _hiss(waveform: NDArray, effects: Effects, sample_rate: int) -> NDArray:
    """Noise that no other signal under the same chain gets, so that it cannot be memorised."""
    rng = np.random.default_rng((effects.seed, crc32(waveform.tobytes())))
    noise = shaped_noise(
        rng, len(waveform), lambda hz: lowpass(hz, effects.noise_hz), sample_rate=sample_rate
    )
    rms = np.sqrt(np.square(waveform, dtype=np.float64).mean())
    return noise * rms * 10.0 ** (-effects.snr_db / 20.0)


def _random_equaliser(rng: np.random.Generator) -> Equaliser:
    centres = [log_uniform(rng, 100.0, 9000.0) for _ in range(rng.integers(0, 5))]
    return Equaliser(
        low_hz=log_uniform(rng, 60.0, 600.0),
        low_db=rng.normal(0.0, 5.0),
        high_hz=log_uniform(rng, 1500.0, 9000.0),
        high_db=rng.normal(-1.0, 6.0),
        peaks=tuple(Resonance(c, c * rng.uniform(0.2, 1.5), rng.normal(0.0, 5.0)) for c in centres),
    )


def _random_room(rng: np.random.Generator) -> Room:
    return Room(
        decay_s=log_uniform(rng, 0.12, 2.5),
        wet_db=rng.uniform(-26.0, -3.0),
        delay_s=log_uniform(rng, 0.001, 0.03),
        n_early=int(rng.integers(0, 14)),
        damping_hz=log_uniform(rng, 1000.0, 9000.0),
        seed=int(rng.integers(2**31)),
    )
