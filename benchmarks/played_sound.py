"""Whether single notes of the sampler are in tune, in time, and without seams and clicks."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from estilo.analysis.transcription.heard import HeardNote
from estilo.evaluation.sets.recorded import SAMPLE_RATE_HZ
from estilo.sampler.continuing import Continued
from estilo.sampler.instrument import Instrument
from estilo.sampler.player import play
from estilo.sampler.zones import Zone
from estilo.units import midi_to_hz
from known_notes import KnownTriplet

_LEAD_S, _AFTER_S = 0.1, 1.0
_LEVEL_S, _BELOW_DB = 0.004, 20.0
_SEAM_S, _REPEATS = 0.02, 3
_HIGH_HZ, _CLICK_S = 8000.0, 0.002
_LEAST_PERIODS = 12


@dataclass(frozen=True)
class PlayedSound:
    """What was measured of a note; NaN where there is nothing to measure.

    Args:
        tuning_cents: distance from its pitch.
        timing_ms: distance of its onset from the recorded note's.
        seam_db: step of the level where its zone's loop begins again.
        within_db: step that nineteen of twenty places within the loop stay below.
        click_db: jump of the waveform at joins, against the peak.
    """

    tuning_cents: float
    timing_ms: float
    seam_db: float
    within_db: float
    click_db: float


def sounds_of(triplet: KnownTriplet) -> Iterator[PlayedSound]:
    """Every note of the content, played by itself on the instrument of the style's clip.

    Args:
        triplet: content and style.
    """
    clip = triplet.clip_instrument()
    for written, note in zip(
        triplet.known.content_phrase, triplet.known.content_notes.notes, strict=True
    ):
        shift_s = _LEAD_S - note.start_s
        moved = HeardNote(_LEAD_S, note.end_s + shift_s, note.pitch, note.level_db)
        sound, number = _alone(moved, clip)
        zone = clip.zones[number]
        recorded = triplet.known.style_player.samples(triplet.known.style_player.nearest(written))
        wanted_s = _onset_s(np.pad(recorded, (round(_LEAD_S * SAMPLE_RATE_HZ), 0)))
        seam_db, within_db = _steps_db(zone)
        yield PlayedSound(
            tuning_cents=_tuning_cents(sound, moved),
            timing_ms=1000.0 * abs(_onset_s(sound) - wanted_s),
            seam_db=seam_db,
            within_db=within_db,
            click_db=_click_db(sound, moved, zone),
        )


def _alone(note: HeardNote, clip: Instrument) -> tuple[NDArray, int]:
    duration_s = note.end_s + _AFTER_S
    made = play([note], clip, sample_rate=SAMPLE_RATE_HZ, duration_s=duration_s)
    return made.audio.samples.mean(0).astype(np.float64), made.zones[0]


def _onset_s(samples: NDArray) -> float:
    """Time at which the level over 4 ms passes -20 dB of its peak."""
    size = round(_LEVEL_S * SAMPLE_RATE_HZ)
    power = np.convolve(np.square(samples), np.ones(size) / size, "valid")
    return float((power > power.max() * 10.0 ** (-_BELOW_DB / 10.0)).argmax()) / SAMPLE_RATE_HZ


def _tuning_cents(samples: NDArray, note: HeardNote) -> float:
    """Distance of the period, by the summit of the autocorrelation many periods away."""
    rate = SAMPLE_RATE_HZ
    held = samples[round((note.start_s + 0.05) * rate) : round(note.end_s * rate)]
    period = rate / float(midi_to_hz(note.pitch))
    if len(held) < 2 * _LEAST_PERIODS * period:
        return float("nan")
    spectrum = np.fft.rfft(held, 2 * len(held))
    like = np.fft.irfft(np.square(np.abs(spectrum)))[: len(held)]
    like /= np.arange(len(held), 0, -1)
    count, found = 1, period
    # From one period to ever more of them: each summit says where the next is looked for.
    while count <= _LEAST_PERIODS:
        reach = max(round(0.03 * period * min(count, 4)), 2)
        middle = round(count * found)
        place = middle - reach + int(like[middle - reach : middle + reach + 1].argmax())
        a, b, c = like[place - 1 : place + 2]
        bend = a - 2.0 * b + c
        found = (place + (0.5 * (a - c) / bend if bend < 0.0 else 0.0)) / count
        count *= 2
    return abs(1200.0 * float(np.log2(found / period)))


def _steps_db(zone: Zone) -> tuple[float, float]:
    """Steps of the level where the loop begins again and within it, less what fading makes."""
    if zone.loop is None:
        return float("nan"), float("nan")
    continued = Continued(zone.samples, zone.sample_rate, zone.loop)
    loop, size = zone.loop, round(_SEAM_S * zone.sample_rate)
    period = zone.sample_rate / float(midi_to_hz(zone.pitch))
    size = round(max(round(size / period), 1) * period)
    if loop.length < 2 * size:
        return float("nan"), float("nan")
    sound = continued.until(loop.end + _REPEATS * loop.length).mean(0)
    levels = 10.0 * np.log10(np.convolve(np.square(sound), np.ones(size) / size, "valid") + 1e-12)
    steps = levels[size:] - levels[:-size]
    seams = [loop.end + k * loop.length - size for k in range(_REPEATS - 1)]
    repeated = steps[seams[0] : seams[-1] + 1]
    beyond_db = np.abs(steps - np.median(repeated))
    within = beyond_db[seams[0] + size : seams[1] - size]
    return float(beyond_db[seams].mean()), float(np.percentile(within, 95)) if len(within) else 0.0


def _click_db(samples: NDArray, note: HeardNote, zone: Zone) -> float:
    """Highest jump above 8 kHz where joins are, beyond the highest one in the rest of the note."""
    rate = SAMPLE_RATE_HZ
    high = signal.sosfiltfilt(signal.butter(4, _HIGH_HZ, "high", fs=rate, output="sos"), samples)
    joins_s = [note.end_s]
    if zone.loop is not None:
        ratio = 2.0 ** ((zone.pitch - note.pitch) / 12.0)
        first_s = note.start_s + ratio * (zone.loop.end - zone.onset) / zone.sample_rate
        joins_s += [first_s] if first_s < note.end_s else []
    time_s = np.arange(len(samples)) / rate
    away_s = np.min([np.abs(time_s - each) for each in joins_s], axis=0)
    is_join, is_around = away_s < _CLICK_S, away_s < 10.0 * _CLICK_S
    jump = np.abs(high[is_join]).max(initial=0.0)
    usual = np.abs(high[is_around & ~is_join]).max(initial=0.0)
    peak = np.abs(samples).max()
    return float(20.0 * np.log10(max(jump - usual, 1e-6 * peak) / peak))
