"""Known manipulations of played phrases: each changes one attribute of the sound, by so much.

They act on notes that are known one by one (`Phrase`) or on their sum, by exact signal processing,
and tell which attribute a listener hears changed. Scores of attributes are judged by them: each
must move its own score, the more the stronger it is, and no other one.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from estilo.audio import Audio
from estilo.dsp.resample import resample
from estilo.synthesis.filters import Resonance, fast_length, lowpass
from estilo.synthesis.notes import Note
from estilo.units import hz_to_erb_number, midi_to_hz

Waveform = NDArray[np.floating]

_VIBRATO_HZ, _TREMOLO_HZ, _ROUGHNESS_HZ = 5.5, 4.5, 70.0
_RESONANCE_HZ, _RESONANCE_WIDTH_HZ = 1500.0, 900.0
_TILT_HZ, _TILT_LOW_HZ, _TILT_HIGH_HZ = 500.0, 60.0, 12_000.0
_ROOM_S = 1.2
_RISE_S, _RISEN = 0.3, 0.9
_ADDED_RATIOS = (1.47, 2.76, 3.58, 5.4)
_OVERSAMPLED = 8
_SEED = 20_261_130


@dataclass(frozen=True, eq=False)
class Phrase:
    """A phrase, note by note.

    Args:
        notes: what is played.
        sounds: how each note sounds, from its start to its own end. **Shape** ``(time,)`` each.
        sample_rate: sample rate in Hz.
        duration_s: duration of the whole, in seconds.
    """

    notes: tuple[Note, ...]
    sounds: tuple[Waveform, ...]
    sample_rate: int
    duration_s: float

    def mixed(self) -> Waveform:
        """The notes together; **shape** ``(time,)``."""
        out = np.zeros(round(self.duration_s * self.sample_rate), np.float32)
        for note, sound in zip(self.notes, self.sounds, strict=True):
            start = round(note.start_s * self.sample_rate)
            heard = sound[: max(len(out) - start, 0)]
            out[start : start + len(heard)] += heard
        return out

    def each(self, change: Callable[[Note, Waveform], Waveform]) -> "Phrase":
        """The phrase with every note's sound changed by a function."""
        pairs = zip(self.notes, self.sounds, strict=True)
        return replace(self, sounds=tuple(change(*pair).astype(np.float32) for pair in pairs))

    def audio(self) -> Audio:
        """The notes together, in one channel."""
        return Audio(self.mixed(), self.sample_rate)


@dataclass(frozen=True)
class Manipulation:
    """A manipulation, and what it does to a listener's ear.

    Args:
        name: name in tables.
        moves: attribute that it moves.
        unit: unit of its strengths.
        strengths: five strengths, from just noticeable to strong.
        apply: function that takes a phrase and a strength.
    """

    name: str
    moves: str
    unit: str
    strengths: tuple[float, ...]
    apply: Callable[[Phrase, float], Audio]


def _tilted(phrase: Phrase, db_per_octave: float) -> Audio:
    """The spectrum falls by so much more per octave, from 60 Hz to 12 kHz."""

    def gain(hz: NDArray) -> NDArray:
        octaves = np.log2(np.clip(hz, _TILT_LOW_HZ, _TILT_HIGH_HZ) / _TILT_HZ)
        return 10.0 ** (-db_per_octave * octaves / 20.0)

    return _filtered(phrase, gain)


def _resonant(phrase: Phrase, gain_db: float) -> Audio:
    """A resonance at 1.5 kHz, as of a body or a formant."""
    return _filtered(phrase, Resonance(_RESONANCE_HZ, _RESONANCE_WIDTH_HZ, gain_db).gain)


def _muffled(phrase: Phrase, cutoff_octaves: float) -> Audio:
    """A low-pass of four poles, so many octaves below 8 kHz."""
    cutoff_hz = 8000.0 * 2.0**-cutoff_octaves
    return _filtered(phrase, lambda hz: np.square(lowpass(hz, cutoff_hz)))


def _slow_to_speak(phrase: Phrase, rise_s: float) -> Audio:
    """Every note rises as it did, but through a low-pass of its rise with this time constant.

    A fade over a slow rise would make it steeper, as it hides its beginning.
    """
    from scipy.signal import lfilter  # costs half a second

    def change(_: Note, sound: Waveform) -> Waveform:
        risen = np.maximum.accumulate(_course(sound, phrase.sample_rate)) + 1e-9
        decay = np.exp(-1.0 / (rise_s * phrase.sample_rate))
        followed = lfilter([1.0 - decay], [1.0, -decay], risen)
        return sound * (followed / risen)

    return phrase.each(change).audio()


def _fading(phrase: Phrase, db_per_s: float) -> Audio:
    """Every note decays by so much more per second, as soon as it has risen."""

    def change(_: Note, sound: Waveform) -> Waveform:
        rate = phrase.sample_rate
        course = _course(sound, rate)[: round(_RISE_S * rate)]
        risen = int(np.argmax(course >= _RISEN * course.max(initial=0.0)))
        return sound * 10.0 ** (-db_per_s * np.maximum(_time_s(sound, rate) - risen / rate, 0) / 20)

    return phrase.each(change).audio()


def _with_vibrato(phrase: Phrase, cents: float) -> Audio:
    """The pitch of every note swings by so many cents to each side, 5.5 times a second."""
    depth = np.log(2.0) / 1200.0 * cents

    def change(_: Note, sound: Waveform) -> Waveform:
        rate = phrase.sample_rate
        angle = 2.0 * np.pi * _VIBRATO_HZ * _time_s(sound, rate)
        speed = np.exp(depth * np.sin(angle))
        place = np.cumsum(speed) - speed[0]
        fine = resample(sound[None], rate, _OVERSAMPLED * rate)[0]
        return np.interp(place * _OVERSAMPLED, np.arange(len(fine)), fine)

    return phrase.each(change).audio()


def _with_tremolo(phrase: Phrase, depth_db: float) -> Audio:
    """The level of every note swings by so much between its extremes, 4.5 times a second."""

    def change(_: Note, sound: Waveform) -> Waveform:
        swing = np.sin(2.0 * np.pi * _TREMOLO_HZ * _time_s(sound, phrase.sample_rate))
        return sound * 10.0 ** (depth_db * swing / 40.0)

    return phrase.each(change).audio()


def _roughened(phrase: Phrase, depth: float) -> Audio:
    """The amplitude swings by a share of itself, 70 times a second."""
    samples = phrase.mixed()
    swing = np.sin(2.0 * np.pi * _ROUGHNESS_HZ * _time_s(samples, phrase.sample_rate))
    return Audio(samples * (1.0 + depth * swing), phrase.sample_rate)


def _breathy(phrase: Phrase, level_db: float) -> Audio:
    """Noise of the same course and spectrum as each note, so many dB from its level.

    The note's spectrum changes its signs at random, and is smoothed over two ERB.
    """
    rng = np.random.default_rng(_SEED)
    gain = 10.0 ** (level_db / 20.0)
    size = 2048
    hz = np.fft.rfftfreq(size, 1.0 / phrase.sample_rate)
    near = hz_to_erb_number(hz)
    spread = np.exp(-0.5 * np.square(near[:, None] - near))
    spread /= spread.sum(1, keepdims=True)

    def change(_: Note, sound: Waveform) -> Waveform:
        hop, window = size // 4, np.hanning(size + 1)[:-1]
        padded = np.pad(sound, (size, 2 * size))
        out = np.zeros(len(padded))
        noise = rng.standard_normal(len(padded))
        for start in range(0, len(padded) - size + 1, hop):
            part = slice(start, start + size)
            power = spread @ np.square(np.abs(np.fft.rfft(window * padded[part])))
            shaped = np.fft.rfft(window * noise[part]) * np.sqrt(power)
            out[part] += window * np.fft.irfft(shaped, size)
        out = out[size : size + len(sound)]
        rms, own = (np.sqrt(np.mean(np.square(each))) for each in (out, sound))
        return sound + gain * out * (own / max(float(rms), 1e-12))

    return phrase.each(change).audio()


def _with_added_partials(phrase: Phrase, level_db: float) -> Audio:
    """Four partials between those of each note, with its course, so many dB from its level."""
    rng = np.random.default_rng(_SEED)
    gain = 10.0 ** (level_db / 20.0)

    def change(note: Note, sound: Waveform) -> Waveform:
        rate = phrase.sample_rate
        time_s, course = _time_s(sound, rate), _course(sound, rate)
        for ratio in _ADDED_RATIOS:
            hz = ratio * float(midi_to_hz(note.pitch))
            wave = np.sin(2.0 * np.pi * (hz * time_s + rng.random()))
            sound = sound + gain * np.sqrt(2.0 / len(_ADDED_RATIOS)) * course * wave
        return sound

    return phrase.each(change).audio()


def _widened(phrase: Phrase, degrees: float) -> Audio:
    """Bands of two ERB are panned to the left and right in turn; their powers stay as they are."""
    samples = phrase.mixed()
    n_fft = fast_length(len(samples) + phrase.sample_rate)
    hz = np.fft.rfftfreq(n_fft, 1.0 / phrase.sample_rate)
    side = np.sin(0.5 * np.pi * hz_to_erb_number(hz))
    angle = 0.25 * np.pi + np.radians(degrees) * side
    spectrum = np.fft.rfft(samples, n_fft)
    both = [np.fft.irfft(spectrum * gain, n_fft) for gain in (np.cos(angle), np.sin(angle))]
    return Audio(np.stack(both)[:, : len(samples)].astype(np.float32), phrase.sample_rate)


def _reverberant(phrase: Phrase, level_db: float) -> Audio:
    """A diffuse room of 1.2 s, its reflections so many dB from the direct sound."""
    rng = np.random.default_rng(_SEED)
    samples, rate = phrase.mixed(), phrase.sample_rate
    time_s = np.arange(round(1.2 * _ROOM_S * rate)) / rate
    room = rng.standard_normal(len(time_s)) * np.exp(-6.9 * time_s / _ROOM_S)
    room[: round(0.005 * rate)] = 0.0
    room *= 10.0 ** (level_db / 20.0) / np.sqrt(np.square(room).sum())
    room[0] = 1.0
    n_fft = fast_length(len(samples) + len(room))
    wet = np.fft.irfft(np.fft.rfft(samples, n_fft) * np.fft.rfft(room, n_fft), n_fft)
    return Audio(wet[: len(samples)].astype(np.float32), rate)


MANIPULATIONS: tuple[Manipulation, ...] = (
    Manipulation("tilt", "spectrum", "dB/octave", (1.0, 2.0, 4.0, 6.0, 9.0), _tilted),
    Manipulation("resonance", "spectrum", "dB", (4.0, 8.0, 13.0, 18.0, 24.0), _resonant),
    Manipulation("low-pass", "spectrum", "octaves", (0.5, 1.0, 1.7, 2.5, 3.5), _muffled),
    Manipulation("slow attack", "attack", "s", (0.02, 0.04, 0.08, 0.14, 0.22), _slow_to_speak),
    Manipulation("faster decay", "decay", "dB/s", (4.0, 8.0, 16.0, 30.0, 50.0), _fading),
    Manipulation("vibrato", "vibrato", "cents", (10.0, 20.0, 35.0, 60.0, 100.0), _with_vibrato),
    Manipulation("tremolo", "tremolo", "dB", (1.0, 2.0, 4.0, 7.0, 12.0), _with_tremolo),
    Manipulation("roughness", "roughness", "share", (0.1, 0.2, 0.4, 0.6, 0.9), _roughened),
    Manipulation("breath", "tone_to_noise", "dB", (-36.0, -30.0, -24.0, -18.0, -12.0), _breathy),
    Manipulation(
        "added partials", "partials", "dB", (-24.0, -18.0, -12.0, -6.0, 0.0), _with_added_partials
    ),
    Manipulation("width", "width", "degrees", (5.0, 10.0, 18.0, 28.0, 40.0), _widened),
    Manipulation("reverberation", "room", "dB", (-24.0, -18.0, -12.0, -6.0, 0.0), _reverberant),
)


def _time_s(sound: Waveform, rate: int) -> NDArray[np.float64]:
    return np.arange(len(sound)) / rate


def _course(sound: Waveform, rate: int) -> NDArray[np.float64]:
    """Root mean square of a sound over 20 ms around every sample."""
    size = round(0.02 * rate)
    sums = np.cumsum(np.pad(np.square(sound, dtype=np.float64), (size // 2 + 1, size)))
    mean = (sums[size:] - sums[:-size])[: len(sound)] / size
    return np.sqrt(np.maximum(mean, 0.0))


def _filtered(phrase: Phrase, gain: Callable[[NDArray], NDArray]) -> Audio:
    samples = phrase.mixed()
    n_fft = fast_length(len(samples) + phrase.sample_rate)
    spectrum = np.fft.rfft(samples, n_fft)
    spectrum *= gain(np.fft.rfftfreq(n_fft, 1.0 / phrase.sample_rate))
    out = np.fft.irfft(spectrum, n_fft)[: len(samples)]
    return Audio(out.astype(np.float32), phrase.sample_rate)
