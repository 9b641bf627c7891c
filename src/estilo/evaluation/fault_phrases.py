"""Phrases with pauses, held notes and another sound beside them, for known faults."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from estilo.datasets.instruments.playing import SampledInstrument
from estilo.evaluation.known_faults import Played, Waveform
from estilo.synthesis.notes import Note
from estilo.synthesis.patches import random_patch

_START_S, _SHORT_S, _LONG_S, _PAUSE_S, _END_S = 0.3, 0.35, 1.2, 0.35, 0.2
_LONG = (2, 5)  # numbers of the notes that are held
_RELEASE_S, _FADE_S = 0.12, 0.04
_OTHER_S, _OTHER_HELD_S = 0.9, 0.5
_PEAK = 0.05  # so that no fault reaches full scale

Play = Callable[[Note], NDArray[np.floating]]


def phrase(
    play: Play, play_other: Play, *, pitches: Sequence[int], others: Sequence[int], sample_rate: int
) -> Played:
    """Notes one after another with pauses of 0.35 s, the third and sixth held for 1.2 s.

    Args:
        play: function that plays a note that starts at 0.
        play_other: the same of the instrument of the other sound.
        pitches: MIDI pitches of the notes.
        others: MIDI pitches of the other sound's notes, every 0.9 s.
        sample_rate: sample rate of what they play, in Hz.
    """
    held_s = [_LONG_S if number in _LONG else _SHORT_S for number in range(len(pitches))]
    starts_s = _START_S + np.concatenate([[0.0], np.cumsum(np.array(held_s) + _PAUSE_S)])
    n_samples = round((starts_s[-1] + _END_S) * sample_rate)

    def placed(by: Play, pitch: int, start_s: float, duration_s: float) -> Waveform:
        note = Note(start_s=0.0, duration_s=duration_s, pitch=float(pitch), velocity=0.8)
        sound = np.asarray(by(note), np.float64)[: round((duration_s + _RELEASE_S) * sample_rate)]
        n_fade = min(round(_FADE_S * sample_rate), len(sound))
        sound = np.concatenate(
            [sound[: len(sound) - n_fade], sound[len(sound) - n_fade :] * np.linspace(1, 0, n_fade)]
        )
        out, start = np.zeros(n_samples), round(start_s * sample_rate)
        heard = sound[: max(n_samples - start, 0)]
        out[start : start + len(heard)] = heard
        return out

    notes = [placed(play, *each) for each in zip(pitches, starts_s[:-1], held_s, strict=True)]
    beside = [
        placed(play_other, pitch, 0.1 + _OTHER_S * number, _OTHER_HELD_S)
        for number, pitch in enumerate(others)
    ]
    return Played(_scaled(np.array(notes)), _scaled(np.array(beside)).sum(axis=0), sample_rate)


def patch_phrase(family: str, seed: int, *, n_notes: int = 8, sample_rate: int = 44_100) -> Played:
    """A phrase by a patch of the own synthesiser, and another one's beside it.

    Args:
        family: family of the patch, as in `estilo.synthesis.patches.FAMILIES`.
        seed: seed of patches and notes.
        n_notes: number of notes.
        sample_rate: sample rate in Hz.
    """
    rng = np.random.default_rng(seed)
    other = "plucked" if family == "additive" else "additive"
    plays = [_by_patch(each, rng, sample_rate) for each in (family, other)]
    pitches = rng.permutation([55, 58, 60, 62, 64, 65, 67, 71])[:n_notes].tolist()
    others = rng.permutation([50, 53, 57, 59, 63, 66, 69, 73])[:n_notes].tolist()
    return phrase(*plays, pitches=pitches, others=others, sample_rate=sample_rate)


def recorded_phrase(
    instrument: SampledInstrument,
    other: SampledInstrument,
    *,
    rng: np.random.Generator,
    sample_rate: int = 44_100,
) -> Played:
    """A phrase of eight notes by a recorded instrument, and another one's beside it.

    Args:
        instrument: instrument of at least eight pitches.
        other: another one.
        rng: random generator that chooses notes in the middle of the register.
        sample_rate: sample rate at which both play, in Hz.
    """

    def by(each: SampledInstrument) -> Play:
        return lambda note: each.play([note], duration_s=note.duration_s + _RELEASE_S)

    def some(each: SampledInstrument) -> list[int]:
        middle = each.pitches[len(each.pitches) // 2]
        near = sorted(each.pitches, key=lambda pitch: abs(pitch - middle))[:12]
        return rng.choice(near, size=min(8, len(near)), replace=False).tolist()

    return phrase(
        *(by(instrument), by(other)),
        pitches=some(instrument),
        others=some(other),
        sample_rate=sample_rate,
    )


def _by_patch(family: str, rng: np.random.Generator, sample_rate: int) -> Play:
    patch = random_patch(rng, family=family)
    return lambda note: patch.play(note, sample_rate=sample_rate, rng=rng).astype(np.float64)


def _scaled(notes: Waveform) -> Waveform:
    return notes * (_PEAK / max(float(np.abs(notes.sum(axis=0)).max()), 1e-12))
