"""What lies between an instrument and a recording of it, drawn at random to learn from."""

from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from estilo.synthesis.effects.chorus import Chorus
from estilo.synthesis.effects.equaliser import Equaliser
from estilo.synthesis.effects.room import Room
from estilo.synthesis.filters import Resonance, lowpass, shaped_noise
from estilo.synthesis.shaping import log_uniform, signal_time

_CEILING = 0.99


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
        out = effects.equaliser.apply(out, sample_rate)
    if effects.chorus:
        chorus = Chorus(effects.chorus, effects.chorus_hz, effects.chorus_s)
        out = chorus.apply(out, sample_rate)
    if effects.tremolo_db:
        swell = np.sin(2.0 * np.pi * effects.tremolo_hz * signal_time(len(out), sample_rate))
        out = out * 10.0 ** (effects.tremolo_db * (swell - 1.0) / 40.0)
    if effects.room:
        out = effects.room.apply(out, sample_rate)
    if np.isfinite(effects.snr_db):
        out = out + _hiss(out, effects, sample_rate)
    return _at_level_of(waveform, out)


def _at_level_of(waveform: NDArray, out: NDArray) -> NDArray[np.float32]:
    power = np.square(out, dtype=np.float64).mean()
    gain = np.sqrt(np.square(waveform, dtype=np.float64).mean() / max(power, 1e-30))
    gain = min(gain, _CEILING / max(float(np.abs(out).max()), 1e-15))
    return (gain * out).astype(np.float32)


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
