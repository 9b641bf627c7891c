"""Clicks and bursts at the very beginning and end."""

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.sound import Sound
from estilo.metrics.fault import Fault
from estilo.metrics.faults.base import Compared, ramp

EDGE_S = 0.05
_INSIDE_S = 0.5
_OUTERMOST_S = 0.005  # what sounds there is cut off anyhow, and begins or ends with a step
_BURST_DB = (6.0, 24.0)
_STEP_DB = (-20.0, 0.0)  # of the outermost sample, against the level inside
_STEP_EXCESS_DB = 6.0
_OF_WHOLE = 0.3  # of the level of all of it: what is softer inside, as a pause is, is no measure
_SILENCE = 1e-5
_NONE_DB = -200.0


def edges(of: Compared) -> list[Fault]:
    """Peaks of the first and last 50 ms, and steps into and out of silence.

    The peak within 50 ms of an end against that of the half second further in, compared with the
    same ratio of content and target, or with 1 where that is less: severity is 0 up to twice and 1
    from 16 times it. The outermost sample counts from a tenth of the level inside (0) to all of it
    (1), unless content or target are cut in mid-sound as well. Textures are compared with a style,
    and without anything there is no telling.

    Args:
        of: output, and what it is held against.
    """
    references = of.same_time or [each for each in (of.style,) if each is not None]
    if not references:
        return []
    found, audio = [], of.aligned.audio
    for is_end in (False, True):
        known = [
            _ratios_db(samples, each, is_end=is_end)
            for each in references
            for samples in each.audio.samples
        ]
        known_peak_db = max((each[0] for each in known), default=0.0)
        known_step_db = max((each[2] for each in known), default=_NONE_DB)
        for channel, samples in enumerate(audio.samples):
            peak_db, step_db, _ = _ratios_db(samples, of.aligned, is_end=is_end)
            excess_db = peak_db - max(known_peak_db, 0.0)
            is_cut = step_db <= known_step_db + _STEP_EXCESS_DB
            severities = ramp(excess_db, *_BURST_DB), ramp(step_db, *_STEP_DB) * (not is_cut)
            found += _faults(of.aligned, channel, is_end, severities, excess_db)
    return found


def _ratios_db(
    samples: NDArray[np.float32], sound: Sound, *, is_end: bool
) -> tuple[float, float, float]:
    """Peak of the edge against that inside; outermost sample, and samples, against the level."""
    rate = sound.audio.sample_rate
    n_edge, n_inside = round(EDGE_S * rate), round(_INSIDE_S * rate)
    ordered = np.abs(samples[::-1] if is_end else samples)[: n_edge + n_inside]
    edge, inside = ordered[:n_edge], ordered[n_edge:].astype(np.float64)
    if len(inside) < n_edge or len(edge) == 0:
        return 0.0, _NONE_DB, 0.0
    least = max(_OF_WHOLE * sound.once(_level), _SILENCE)
    level = max(float(np.sqrt(np.mean(np.square(inside)))), least)
    peak = float(edge.max()) / max(float(inside.max()), least)
    outermost = edge[: max(round(_OUTERMOST_S * rate), 1)]
    ratios = np.array([peak, float(edge[0]) / level, float(outermost.max()) / level])
    return tuple((20.0 * np.log10(np.maximum(ratios, 10.0 ** (_NONE_DB / 20.0)))).tolist())


def _level(sound: Sound) -> float:
    """Root mean square of all of it."""
    return float(np.sqrt(np.mean(np.square(sound.audio.samples, dtype=np.float64))))


def _faults(
    output: Sound,
    channel: int,
    is_end: bool,
    severities: tuple[NDArray[np.float64], NDArray[np.float64]],
    excess_db: float,
) -> list[Fault]:
    where = "end" if is_end else "beginning"
    texts = (f"a burst at the {where}, {excess_db:.0f} dB", f"a click at the {where}")
    whole_s = output.duration_s
    start_s, end_s = (max(whole_s - EDGE_S, 0.0), whole_s) if is_end else (0.0, EDGE_S)
    high_hz = output.audio.sample_rate / 2.0
    number = channel if output.audio.n_channels > 1 else None
    return [
        Fault("edges", float(severity), start_s, end_s, 0.0, high_hz, number, words)
        for severity, words in zip(severities, texts, strict=True)
        if severity > 0.0
    ]
