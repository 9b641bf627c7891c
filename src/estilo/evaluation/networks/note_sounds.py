"""Sounds of single notes for the transcriber to learn from, held for any time at any pitch."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.sound import RATE_HZ
from estilo.datasets.instruments.library import InstrumentNote, by_instrument, read_library
from estilo.dsp.resample import resample
from estilo.errors import InputError
from estilo.evaluation.networks.pitch_examples import additive, draw_voice
from estilo.io import load
from estilo.synthesis.notes import Note
from estilo.units import midi_to_hz

Samples = NDArray[np.float32]

_HELD_OUT = 10
_FARTHEST = 3.0
_JOIN = 128
_SHARES = {
    "estilo's synthesiser": 0.15,
    "FluidSynth, MuseScore_General": 0.36,
    "FluidSynth, OPL-3_FM_128M": 0.07,
    "FreePats": 0.12,
    "amsynth": 0.06,
    "ZynAddSubFX": 0.06,
}
_OTHER_SHARE = 0.18


class Player(Protocol):
    """What plays single notes."""

    low: int
    high: int

    def play(self, note: Note, rng: np.random.Generator) -> tuple[Samples, float]:
        """The sound of a note at 16 kHz, and how long it is held, in seconds.

        The root mean square of its loudest 16 ms is the note's velocity.

        Args:
            note: note to play.
            rng: source of all draws.
        """
        ...


class Sampled:
    """An instrument of which there are single notes.

    A note is the nearest in pitch, resampled; let go where its key would be by what the recorded
    note does when its own is, or by a fade.

    Args:
        folder: folder of the files.
        notes: notes of one instrument.
    """

    def __init__(self, folder: Path, notes: Sequence[InstrumentNote]) -> None:
        self.name, self.source = notes[0].instrument, notes[0].source
        pitches = [note.midi_pitch for note in notes]
        self.low, self.high = max(min(pitches) - 2, 21), min(max(pitches) + 2, 108)
        self._folder, self._notes = folder, list(notes)
        self._read: dict[str, tuple[Samples, int]] = {}

    def play(self, note: Note, rng: np.random.Generator) -> tuple[Samples, float]:
        """See `Player.play`."""
        chosen = self._nearest(note, rng)
        ratio = 2.0 ** ((note.pitch - chosen.midi_pitch) / 12.0)
        samples = self._resampled(chosen, ratio)
        own = min(round(chosen.held_s / ratio * RATE_HZ), len(samples))
        held = min(round(note.duration_s * RATE_HZ), own)
        if held < own - _JOIN:
            samples = _let_go(samples, held, own, rng)
        return levelled(samples, note.velocity), held / RATE_HZ

    def forget(self) -> None:
        """Drop all samples that were read."""
        self._read.clear()

    def _nearest(self, note: Note, rng: np.random.Generator) -> InstrumentNote:
        def cost(each: InstrumentNote) -> float:
            far = abs(each.midi_pitch - note.pitch)
            short_s = max(note.duration_s - each.held_s, 0.0)
            return far + 2.0 * min(short_s, 1.0) + rng.uniform(0.0, _FARTHEST)

        return min(self._notes, key=cost)

    def _resampled(self, note: InstrumentNote, ratio: float) -> Samples:
        if note.path not in self._read:
            audio = load(self._folder / note.path)
            self._read[note.path] = audio.samples.mean(0, keepdims=True), audio.sample_rate
        samples, rate = self._read[note.path]
        return resample(samples, round(rate * ratio), RATE_HZ)[0]


class Additive:
    """An instrument made of numbers: sines, squares, nasal, with vibrato, stiff.

    Args:
        rng: source of its character.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self.low, self.high = 28, 100
        self._voice = draw_voice(rng)

    def play(self, note: Note, rng: np.random.Generator) -> tuple[Samples, float]:
        """See `Player.play`."""
        return levelled(additive(note, rng=rng, **self._voice), note.velocity), note.duration_s


class Singer:
    """A voice: partials through the formants of a vowel, with vibrato, breath and slides.

    The formants lie within the ranges of sung vowels (Sundberg 1987, The Science of the Singing
    Voice).

    Args:
        rng: source of its character.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self.low = int(rng.integers(40, 60))
        self.high = self.low + 24
        self._vibrato_cents = rng.choice((0.0, 15.0, 40.0, 70.0))
        self._slide_s = rng.uniform(0.02, 0.15)
        self._breath = 10.0 ** (-rng.uniform(15.0, 50.0) / 20.0)
        self._size = rng.uniform(0.9, 1.2)

    def play(self, note: Note, rng: np.random.Generator) -> tuple[Samples, float]:
        """See `Player.play`."""
        time_s = np.arange(round((note.duration_s + 0.15) * RATE_HZ)) / RATE_HZ
        depth = self._vibrato_cents * np.clip(time_s / 0.4, 0.0, 1.0)
        cents = depth * np.sin(2.0 * np.pi * rng.uniform(4.5, 7.0) * time_s)
        slide_cents = rng.choice((0.0, rng.uniform(-250.0, 150.0)), p=(0.4, 0.6))
        cents += slide_cents * np.exp(-time_s / (self._slide_s / 3.0))
        cents += 8.0 * np.cumsum(rng.standard_normal(len(time_s))) / np.sqrt(RATE_HZ)
        base_hz = midi_to_hz(note.pitch) * 2.0 ** (cents / 1200.0)
        turns = np.cumsum(base_hz) / RATE_HZ
        formants_hz = self._size * np.array(
            [rng.uniform(280, 800), rng.uniform(750, 2300), rng.uniform(2300, 3000), 3500.0]
        )
        sound = np.zeros(len(time_s))
        for order in range(1, min(int(7500.0 / base_hz.max()), 45) + 1):
            gain = _through(order * float(midi_to_hz(note.pitch)), formants_hz)
            sound += order**-1.0 * gain * np.sin(2.0 * np.pi * (order * turns + rng.random()))
        sound += self._breath * np.abs(sound).max() * rng.standard_normal(len(time_s))
        envelope = np.minimum(time_s / rng.uniform(0.01, 0.1), 1.0)
        envelope *= np.exp(-np.maximum(time_s - note.duration_s, 0.0) / 0.03)
        return levelled((sound * envelope).astype(np.float32), note.velocity), note.duration_s


class Bank:
    """All players there are, drawn by the shares of their sources.

    Args:
        folders: folders of instruments, of which the half for training is read.
        of_held_out: whether it holds the tenth of instruments on which thresholds are chosen, or
            the others; the tenth is told by the hash of the names.

    Raises:
        InputError: there are no instruments.
    """

    def __init__(self, folders: Sequence[Path], *, of_held_out: bool) -> None:
        self.sampled = [
            Sampled(folder, notes)
            for folder in folders
            for notes in by_instrument(read_library(folder, split="train")).values()
            if is_held_out(notes[0]) == of_held_out
        ]
        if not self.sampled:
            raise InputError(f"there is no instrument in {', '.join(map(str, folders))}")
        groups = [_group(player.source) for player in self.sampled]
        weights = np.array(
            [_SHARES.get(group, _OTHER_SHARE) / groups.count(group) for group in groups]
        )
        self._shares = weights / weights.sum()

    def draw(self, rng: np.random.Generator) -> Player:
        """A player; one in ten is made of numbers and one in eight sings.

        Args:
            rng: source of all draws.
        """
        kind = rng.random()
        if kind < 0.1:
            return Additive(rng)
        if kind < 0.22:
            return Singer(rng)
        return self.sampled[int(rng.choice(len(self.sampled), p=self._shares))]


def _group(source: str) -> str:
    """What shares a share: all banks of one synthesiser, and all recorded libraries."""
    first = source.partition(", ")[0]
    named = [each for each in (source, first) if each in _SHARES]
    return named[0] if named else "recorded"


def is_held_out(note: InstrumentNote) -> bool:
    """Whether thresholds are chosen on the instrument of a note, and training must not hear it.

    Args:
        note: note of the instrument; what a program was bent into goes with the program.
    """
    name = f"{note.source}: {note.instrument}".partition("-bent-")[0]
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % _HELD_OUT == 0


def levelled(samples: Samples, amplitude: float) -> Samples:
    """A sound whose loudest 16 ms have a given root mean square.

    Args:
        samples: sound at 16 kHz. **Shape** ``(time,)``.
        amplitude: root mean square of the loudest 16 ms.
    """
    blocks = np.pad(samples, (0, -len(samples) % 256)).reshape(-1, 256)
    loudest = float(np.sqrt(np.square(blocks).mean(1).max(initial=0.0)))
    return samples * np.float32(amplitude / max(loudest, 1e-6))


def _let_go(samples: Samples, held: int, own: int, rng: np.random.Generator) -> Samples:
    """A note let go earlier: its own release if it has one, moved there, or a fade."""
    release = samples[own:]
    if len(release) > 4 * _JOIN and rng.random() < 0.6:
        before, after = samples[max(held - 512, 0) : held], samples[max(own - 512, 0) : own]
        gain = np.sqrt((np.square(before).mean() + 1e-12) / (np.square(after).mean() + 1e-12))
        release = release * np.float32(min(gain, 30.0))
        ramp = np.linspace(0.0, 1.0, _JOIN, dtype=np.float32)
        joined = samples[held : held + _JOIN] * (1.0 - ramp) + release[:_JOIN] * ramp
        return np.concatenate([samples[:held], joined, release[_JOIN:]]).astype(np.float32)
    fade_s = np.exp(rng.uniform(np.log(0.008), np.log(0.15)))
    time_s = np.arange(min(len(samples) - held, round(6.0 * fade_s * RATE_HZ))) / RATE_HZ
    faded = samples[held : held + len(time_s)] * np.exp(-time_s / fade_s)
    return np.concatenate([samples[:held], faded]).astype(np.float32)


def _through(frequency_hz: float, formants_hz: NDArray) -> float:
    """Gain of resonances in parallel, 80 to 200 Hz wide, each weaker than the one below."""
    width_hz = np.array((80.0, 100.0, 150.0, 200.0))
    strength = np.array((1.0, 0.6, 0.35, 0.25))
    far = (frequency_hz - formants_hz) / width_hz
    return float((strength / np.sqrt(1.0 + far**2)).sum())
