"""From a recording to its notes and hits."""

from collections.abc import Mapping, Sequence

import numpy as np

from estilo.analysis.salience import LOWEST_MIDI
from estilo.analysis.sound import Sound
from estilo.analysis.transcription.beginnings import own_hits
from estilo.analysis.transcription.companions import without_companions
from estilo.analysis.transcription.decoding import Span, Thresholds, hit_times, neighbours, spans
from estilo.analysis.transcription.explaining import powers
from estilo.analysis.transcription.heard import STEP_S, HeardNote, Hit, Transcription
from estilo.analysis.transcription.network import Array, heard_in, trained_weights
from estilo.analysis.transcription.partials import (
    N_PARTIALS,
    Stretch,
    pitch_course,
    power_course,
)
from estilo.analysis.transcription.spectra import (
    FRAME_RATE_HZ,
    RANGE_DB,
    mean_power,
)
from estilo.units import midi_to_hz

_SILENCE = 1e-12
_FADED_DB = 30.0
_LONGEST_HIT_S = 0.5
_LEAST_NOTE_DB = -50.0
_CLOSE = 0.03


def transcribe(sound: Sound, weights: Mapping[str, Array] | None = None) -> Transcription:
    """Notes and hits of a recording; compute them through `Sound.once`, which keeps them.

    Notes from A0 to C8 are found; what lies above 8 kHz is not looked at.

    Args:
        sound: recording of any rate, level and length.
        weights: weights of the network and its thresholds; those of the package if not given.

    Example:
        >>> time_s = np.arange(32000) / 16000
        >>> tone = sum(np.sin(2 * np.pi * 220 * k * time_s) / k for k in range(1, 6))
        >>> tone *= (time_s > 0.5) & (time_s < 1.5)
        >>> [round(note.pitch) for note in transcribe(Sound(0.1 * tone, 16000)).notes]
        [57]
    """
    mono = sound.mono
    if sound.is_empty:
        return Transcription()
    used = trained_weights() if weights is None else weights
    thresholds = Thresholds(
        *(float(used[f"threshold_{name}"]) for name in Thresholds.__annotations__)
    )
    said = heard_in(mono, used)
    found = spans(said, thresholds)
    over_channels_db = _over_channels_db(sound)
    likely = _likely_powers(said.level)
    notes = [
        _note(mono, span, beside, likely, over_channels_db)
        for span, beside in zip(found, neighbours(found), strict=True)
    ]
    loudest_db = max((note.level_db for note in notes), default=0.0)
    notes = [note for note in notes if note.level_db > loudest_db + _LEAST_NOTE_DB]
    notes = without_companions(notes)
    whole, left = powers(mono, notes)
    times_s = hit_times(said, thresholds)
    hits = _hits(left, times_s, over_channels_db)
    left = _without(hits, left)
    starts_s = [note.start_s for note in notes]
    own_s = set(own_hits(times_s, starts_s, duration_s=sound.duration_s))
    hits = tuple(hit for hit in hits if hit.start_s in own_s)
    return Transcription(tuple(notes), hits, _explained(whole, left), np.stack([whole, left]))


def _note(
    mono: Array, span: Span, others: Sequence[Span], likely: Array, over_channels_db: float
) -> HeardNote:
    """A note with its courses."""
    n_steps = max(int((span.end_s - span.start_s) / STEP_S) + 1, 1)
    written = span.column + LOWEST_MIDI
    stretch = Stretch(mono, start_s=span.start_s, n_steps=n_steps, pitch=written)
    pitches = pitch_course(stretch, written)
    shares = _shares(span, others, likely, n_steps)
    levels_db = 10.0 * np.log10(power_course(stretch, pitches, shares) + _SILENCE)
    pitch, level_db = float(np.median(pitches)), float(levels_db.max())
    return HeardNote(
        start_s=span.start_s,
        end_s=span.end_s,
        pitch=pitch,
        level_db=level_db + over_channels_db,
        cents=(100.0 * (pitches - pitch)).astype(np.float32),
        levels_db=(levels_db - level_db).astype(np.float32),
    )


def _shares(span: Span, others: Sequence[Span], likely: Array, n_steps: int) -> Array:
    """Share of each partial that is the note's own, where others have one at the same place.

    What several notes have in common is shared out as the network says they are loud.
    """
    steps_s = span.start_s + STEP_S * np.arange(n_steps)
    frames = np.minimum(np.round(steps_s * FRAME_RATE_HZ).astype(int), len(likely) - 1)
    own = likely[frames, span.column]
    total = np.repeat(own[:, None], N_PARTIALS, axis=1)
    orders = np.arange(1, N_PARTIALS + 1)
    for other in others:
        ratio = midi_to_hz(other.column) / midi_to_hz(span.column)
        far = np.abs(orders[:, None] - ratio * orders)
        meets = (far < _CLOSE * np.maximum(orders[:, None], 1)).any(1)
        sounds = (steps_s >= other.start_s) & (steps_s <= other.end_s)
        total += sounds[:, None] * meets * likely[frames, other.column][:, None]
    return own[:, None] / np.maximum(total, _SILENCE)


def _likely_powers(level: Array) -> Array:
    """Powers of all notes by the network, of whatever unit."""
    return 10.0 ** (np.clip(level, 0.0, 1.3) * (RANGE_DB / 10.0) - 7.0)


def _hits(left: Array, starts_s: Sequence[float], over_channels_db: float) -> tuple[Hit, ...]:
    """Hits with their ends and levels, from what the notes leave over."""
    hits = []
    for place, start_s in enumerate(starts_s):
        first = min(round(start_s / STEP_S), len(left) - 1)
        until_s = min([start_s + _LONGEST_HIT_S, *starts_s[place + 1 : place + 2]])
        row = left[first : max(round(until_s / STEP_S), first + 1)]
        loudest = int(row[:6].argmax())
        faded = np.flatnonzero(row[loudest:] < row[loudest] * 10.0 ** (-_FADED_DB / 10.0))
        steps = loudest + int(faded[0]) if len(faded) else len(row)
        level_db = 10.0 * np.log10(float(row[loudest]) + _SILENCE)
        hits.append(Hit(start_s, start_s + steps * STEP_S, level_db + over_channels_db))
    return tuple(hits)


def _without(hits: Sequence[Hit], left: Array) -> Array:
    left = left.copy()
    for hit in hits:
        left[round(hit.start_s / STEP_S) : round(hit.end_s / STEP_S)] = 0.0
    return left


def _explained(whole: Array, left: Array) -> float:
    total = float(whole.sum(dtype=np.float64))
    return 1.0 - float(left.sum(dtype=np.float64)) / total if total > 0.0 else 0.0


def _over_channels_db(sound: Sound) -> float:
    """How much louder the channels are than what is heard of them, in dB."""
    mono = mean_power(sound.heard_full_rate)
    return 10.0 * float(
        np.log10((mean_power(sound.audio.samples.ravel()) + 1e-20) / (mono + 1e-20))
    )
