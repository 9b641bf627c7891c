"""Random pieces with known notes, disturbed in random ways, for the multi-pitch network."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import fft

from estilo.analysis.salience import HOP
from estilo.analysis.sound import RATE_HZ
from estilo.dsp.resample import resample
from estilo.evaluation.networks.pitch_pieces import FAMILIES, Part, audible, part_of, render_parts
from estilo.synthesis.notes import Note, random_phrase

PHRASE_S = 8.0
PIECE_S = 8.5
N_SAMPLES = round(PIECE_S * RATE_HZ)
N_FRAMES = 1 + N_SAMPLES // HOP

EXTRA_PROGRAMS = (15, 104, 105, 106, 107, 108, 110, 111)
"""Dulcimer, sitar, banjo and the like: they have a pitch, but belong to none of the families."""

OCTAVE_BELOW = (16, 17, 18)
"""Drawbar organs: MuseScore_General sounds them an octave below what is written."""

_STFT = 1024


def training_programs() -> tuple[int, ...]:
    """All pitched programs that training hears."""
    return (
        *(p for programs in FAMILIES.values() for p in programs),
        *EXTRA_PROGRAMS,
        *OCTAVE_BELOW,
    )


def draw_phrase(rng: np.random.Generator, *, program: int) -> tuple[Note, ...]:
    """A phrase in a random range: an ordinary one, or anywhere on the keyboard.

    Args:
        rng: source of all draws.
        program: General MIDI program, from 0; basses play low.
    """
    is_polyphonic = bool(rng.random() < 0.75)
    low, high = 48, 84
    if program in FAMILIES["bass"]:
        low = int(rng.integers(26, 42))
        high = low + int(rng.integers(20, 32))
    elif rng.random() < 0.5:
        low = int(rng.integers(30, 66))
        high = min(low + int(rng.integers(22, 40)), 102)
    return random_phrase(rng, duration_s=PHRASE_S, is_polyphonic=is_polyphonic, low=low, high=high)


def parts_of(program: int, *, n_phrases: int, seed: int, soundfont: str) -> list[Part]:
    """Phrases of one program, with the pitches that they sound at.

    Args:
        program: General MIDI program, from 0.
        n_phrases: number of phrases.
        seed: random seed of all programs; the same seed gives the same phrases.
        soundfont: soundfont, as in `estilo.synthesis.fluidsynth.render`.
    """
    rng = np.random.default_rng((seed, program))
    phrases = [draw_phrase(rng, program=program) for _ in range(n_phrases)]
    parts = render_parts(phrases, program=program, soundfont=soundfont, duration_s=PIECE_S)
    if program in OCTAVE_BELOW:
        return [replace(part, pitches=part.pitches - 12) for part in parts]
    return list(parts)


def additive_parts(*, n_phrases: int, seed: int) -> list[Part]:
    """Phrases on instruments made of numbers, each of its own: sines, squares, nasal, with vibrato.

    Their partials are where no sampled instrument has them, so that the network cannot learn
    instruments by heart.

    Args:
        n_phrases: number of phrases, each on an instrument of its own.
        seed: random seed of all draws.
    """
    rng = np.random.default_rng((seed, 1000))
    parts = []
    for _ in range(n_phrases):
        phrase = draw_phrase(rng, program=0)
        voice = draw_voice(rng)
        sounds = [additive(note, rng=rng, **voice) for note in phrase]
        parts.append(part_of(phrase, sounds, duration_s=PIECE_S))
    return parts


def draw_voice(rng: np.random.Generator) -> dict[str, Any]:
    """What the notes of one additive instrument have in common."""
    n_partials = int(rng.choice((1, 3, 12, 40), p=(0.15, 0.15, 0.35, 0.35)))
    order = np.arange(1, n_partials + 1)
    amplitudes = order ** -rng.uniform(0.3, 2.5) * 10.0 ** (rng.normal(0.0, 5.0, n_partials) / 20.0)
    if rng.random() < 0.2:
        amplitudes[1::2] *= rng.uniform(0.0, 0.2)
    return {
        "amplitudes": amplitudes,
        "attack_s": rng.choice((0.003, 0.02, 0.1)),
        "decay_s": rng.choice((0.15, 0.5, 2.0, np.inf)),
        "release_s": rng.choice((0.02, 0.1, 0.3)),
        "vibrato_cents": rng.choice((0.0, 0.0, 10.0, 30.0)),
        "stiffness": rng.choice((0.0, 0.0, 1e-4, 4e-4)),
    }


def additive(
    note: Note,
    *,
    rng: np.random.Generator,
    amplitudes: np.ndarray,
    attack_s: float,
    decay_s: float,
    release_s: float,
    vibrato_cents: float,
    stiffness: float,
) -> np.ndarray:
    """A note of an additive instrument at `RATE_HZ`.

    Args:
        note: note to play.
        rng: source of phases and of the vibrato's rate.
        amplitudes: amplitudes of the partials.
        attack_s: time until it is at its loudest, in seconds.
        decay_s: time constant of its decay, in seconds.
        release_s: time constant after it is let go, in seconds.
        vibrato_cents: depth of its vibrato, in cents.
        stiffness: inharmonicity of its partials, as of a stiff string.
    """
    time_s = np.arange(round((note.duration_s + 3.0 * release_s) * RATE_HZ)) / RATE_HZ
    cents = vibrato_cents * np.sin(2.0 * np.pi * rng.uniform(4.0, 7.0) * time_s)
    base_hz = 440.0 * 2.0 ** ((note.pitch - 69.0 + cents / 100.0) / 12.0)
    turns = np.cumsum(base_hz) / RATE_HZ
    sound = np.zeros(len(time_s))
    for i, amplitude in enumerate(amplitudes):
        order = (i + 1) * np.sqrt(1.0 + stiffness * (i + 1) ** 2)
        if order * base_hz.max() < 0.48 * RATE_HZ:
            sound += amplitude * np.sin(2.0 * np.pi * (order * turns + rng.random()))
    envelope = np.minimum(time_s / attack_s, 1.0) * np.exp(-time_s / decay_s)
    envelope *= np.exp(-np.maximum(time_s - note.duration_s, 0.0) / release_s)
    return (note.velocity**2 * envelope * sound).astype(np.float32)


def examples(
    parts: Sequence[Part], percussion: Sequence[Part], *, n_examples: int, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pieces of one to three parts, or of none, disturbed.

    Args:
        parts: parts of pitched instruments.
        percussion: parts without a pitch.
        n_examples: number of pieces.
        rng: source of all draws.

    Yields:
        Samples, **shape** ``(N_SAMPLES,)`` at 16 kHz, and what is audible, ``(N_FRAMES, 88)`` bool.
    """
    order = np.concatenate(
        [rng.permutation(len(parts)) for _ in range(3 * n_examples // len(parts) + 2)]
    )
    place = 0
    for _ in range(n_examples):
        n_parts = int(rng.choice((0, 1, 2, 3), p=(0.06, 0.58, 0.27, 0.09)))
        chosen = [parts[i] for i in order[place : place + n_parts]]
        place += n_parts
        gains_db = [rng.uniform(-15.0, 0.0) for _ in chosen]
        clean = np.zeros(N_SAMPLES, dtype=np.float32)
        truth = np.zeros((N_FRAMES, 88), dtype=bool)
        levelled = [g - p.levels_db.max() for p, g in zip(chosen, gains_db, strict=True)]
        for part, gain_db in zip(chosen, levelled, strict=True):
            clean += part.samples * np.float32(10.0 ** (gain_db / 20.0))
        if chosen:
            truth = audible(chosen, gains_db=levelled)
        yield disturbed(clean, truth, percussion, rng=rng)


def disturbed(
    samples: np.ndarray,
    truth: np.ndarray,
    percussion: Sequence[Part],
    *,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """A piece detuned, coloured, reverberated, smeared, saturated and drowned, each by chance.

    Args:
        samples: samples at 16 kHz; **shape** ``(N_SAMPLES,)``.
        truth: audible notes; **shape** ``(N_FRAMES, 88)``, bool.
        percussion: parts of which one may be added.
        rng: source of all draws.

    Returns:
        Samples and ground truth of the same shapes.
    """
    if rng.random() < 0.5:
        samples, truth = _detuned(samples, truth, cents=rng.uniform(-30.0, 30.0))
    if rng.random() < 0.5:
        samples = coloured(samples, rng=rng, range_db=rng.uniform(3.0, 12.0))
    if rng.random() < 0.3:
        samples = reverberated(samples, rng=rng)
    if rng.random() < 0.15:
        samples = _smeared(samples, rng=rng)
    if rng.random() < 0.15:
        drive = rng.uniform(1.0, 8.0) / max(float(np.abs(samples).max()), 1e-6)
        samples = np.tanh(drive * samples)
    power = float(np.mean(np.square(samples))) or 1e-3
    is_silent = not samples.any()
    if is_silent or rng.random() < 0.5:
        noise = coloured(rng.standard_normal(N_SAMPLES), rng=rng, range_db=25.0)
        noise = noise * _swell(rng)
        samples = samples + noise * np.sqrt(power / np.mean(noise**2)) * 10.0 ** (
            -rng.uniform(0.0, 50.0) / 20.0
        )
    if is_silent or rng.random() < 0.3:
        beats = percussion[int(rng.integers(len(percussion)))].samples
        gain = np.sqrt(power / max(float(np.mean(np.square(beats))), 1e-9))
        samples = samples + beats * gain * 10.0 ** (-rng.uniform(-5.0, 30.0) / 20.0)
    return np.asarray(samples, dtype=np.float32), truth


def _detuned(
    samples: np.ndarray, truth: np.ndarray, *, cents: float
) -> tuple[np.ndarray, np.ndarray]:
    """A piece played faster or slower by a share of a semitone, its ground truth with it."""
    rate = round(RATE_HZ * 2.0 ** (-cents / 1200.0))
    played = resample(samples[None], RATE_HZ, rate, n_samples=len(samples))[0]
    frames = np.round(np.arange(len(truth)) * RATE_HZ / rate).astype(int)
    inside = frames < len(truth)
    return played, truth[np.minimum(frames, len(truth) - 1)] & inside[:, None]


def coloured(samples: np.ndarray, *, rng: np.random.Generator, range_db: float) -> np.ndarray:
    """Through a smooth random equaliser: a random gain every octave, and a random tilt.

    Args:
        samples: samples at `RATE_HZ`. **Shape** ``(time,)``.
        rng: source of the gains.
        range_db: range of the gains, in dB.
    """
    spectrum = np.asarray(fft.rfft(samples))
    octave = np.log2(np.linspace(0.0, RATE_HZ / 2.0, len(spectrum)) + 30.0)
    knots = np.arange(4.0, 14.0)
    gains = rng.uniform(-range_db, range_db, len(knots)) / 2.0
    gains += rng.uniform(-1.0, 1.0) * range_db / 8.0 * (knots - 9.0)
    gain_db = np.interp(octave, knots, gains)
    return np.asarray(fft.irfft(spectrum * 10.0 ** (gain_db / 20.0), len(samples)), np.float32)


def reverberated(samples: np.ndarray, *, rng: np.random.Generator) -> np.ndarray:
    """In a room of decaying noise.

    Args:
        samples: samples at `RATE_HZ`. **Shape** ``(time,)``.
        rng: source of the room.
    """
    decay_s = rng.uniform(0.15, 1.2)
    time = np.arange(round(decay_s * RATE_HZ)) / RATE_HZ
    room = rng.standard_normal(len(time)) * 10.0 ** (-3.0 * time / decay_s)
    room *= 10.0 ** (-rng.uniform(3.0, 20.0) / 20.0) / np.sqrt(np.sum(room**2))
    n_fft = fft.next_fast_len(len(samples) + len(room), real=True)
    wet = fft.irfft(np.asarray(fft.rfft(samples, n_fft)) * fft.rfft(room, n_fft), n_fft)
    return samples + np.asarray(wet, np.float32)[: len(samples)]


def _smeared(samples: np.ndarray, *, rng: np.random.Generator) -> np.ndarray:
    """Phases and magnitudes of its short-time spectrum blurred, as by a poor resynthesis."""
    n = int(rng.choice((_STFT, 2 * _STFT)))
    hop = n // 4
    window = np.sqrt(0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(n) / n))
    padded = np.pad(samples, (n, 2 * n))
    frames = np.lib.stride_tricks.sliding_window_view(padded, n)[::hop] * window
    spectrum = np.asarray(fft.rfft(frames, axis=1))
    turn = rng.uniform(0.1, 0.8) * np.pi * rng.uniform(-1.0, 1.0, spectrum.shape)
    gain_db = rng.uniform(0.0, 5.0) * rng.standard_normal(spectrum.shape)
    frames = np.asarray(fft.irfft(spectrum * np.exp(1j * turn) * 10.0 ** (gain_db / 20.0), n))
    out = np.zeros(len(padded))
    for i, frame in enumerate(frames * window / 2.0):
        out[i * hop : i * hop + n] += frame
    return out[n : n + len(samples)].astype(np.float32)


def _swell(rng: np.random.Generator) -> np.ndarray:
    """Loudness of a noise over time: steady, waving or in bursts."""
    kind = rng.integers(3)
    if kind == 0:
        return np.ones(N_SAMPLES)
    times = np.linspace(0.0, 1.0, N_SAMPLES)
    n_knots = int(rng.integers(4, 20)) if kind == 1 else int(rng.integers(40, 300))
    gain_db = rng.uniform(-20.0 if kind == 1 else -50.0, 0.0, n_knots)
    return 10.0 ** (np.interp(times, np.linspace(0.0, 1.0, n_knots), gain_db) / 20.0)
