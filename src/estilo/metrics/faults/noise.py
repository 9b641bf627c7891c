"""Noise in the pauses and between the partials that neither content nor style accounts for.

Two kinds: `noise_in_pauses` and `noise_between_partials`.
"""

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.noise_floor import EDGES_HZ, HOP_S, NoiseFloor, noise_floor
from estilo.analysis.pauses import AUDIBLE_DB, pauses
from estilo.analysis.sound import Sound
from estilo.metrics.fault import Fault
from estilo.metrics.faults.base import AUDIBLE, Compared, decibels, ramp, stretches

_MARGIN_DB = 3.0
_EXCESS_DB = (6.0, 26.0)
_PAUSE_DB = (-70.0, -45.0)  # of the loud parts: noise further down is not heard in a pause
_PARTIALS_DB = (-45.0, -20.0)  # of the sound around: noise further down is masked
_QUIET, _PLAYING = 10.0, 97.0  # percentiles of the style's noise over time
_LEAST_S = 0.1
_REACH = 3  # frames to each side
_WIDTH = 0.1  # of the strongest band's power: weaker ones are not named
_TINY = 1e-20


def noise_in_pauses(of: Compared) -> list[Fault]:
    """Noise where the content is silent.

    Severity is 0 up to 6 dB over the floor of content and target and 1 from 26 dB, but no more than
    its level allows, from 70 dB (0) to 45 dB (1) below the loud parts. A noisy style may be heard
    in pauses as far as it is never silent itself. Without a content signal there is no telling.

    Args:
        of: output, and what it is held against.
    """
    if of.content is None or of.content.is_empty or of.output.is_empty:
        return []
    excess_db, noise = _excess(of, of.content, percentile=_QUIET)
    level_db = decibels(noise.sum(axis=1) / _loud(of.content))
    severity = np.minimum(ramp(excess_db, *_EXCESS_DB), ramp(level_db, *_PAUSE_DB))
    severity *= _silent(of.content, len(severity))
    return _faults("noise in pauses", "noise in the pauses", severity, excess_db, noise)


def noise_between_partials(of: Compared) -> list[Fault]:
    """Noise beside the tones, in bands where neither content nor style has as much.

    Severity is 0 up to 6 dB over the noise of content, target and style and 1 from 26 dB, but no
    more than its level allows, from 45 dB (0) to 20 dB (1) below the sound around it. Without a
    content signal there is no telling.

    Args:
        of: output, and what it is held against.
    """
    if of.content is None or of.content.is_empty or of.output.is_empty:
        return []
    excess_db, noise = _excess(of, of.content, percentile=_PLAYING)
    around = of.aligned.once(noise_floor).total.astype(np.float64) * of.gain
    level_db = decibels(noise.sum(axis=1) / np.maximum(around, _TINY))
    severity = np.minimum(ramp(excess_db, *_EXCESS_DB), ramp(level_db, *_PARTIALS_DB))
    severity *= ~_silent(of.content, len(severity))
    kind = "noise between partials"
    return _faults(kind, kind, severity, excess_db, noise)


def _excess(
    of: Compared, content: Sound, *, percentile: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """By how many dB noise exceeds what is allowed in every frame, and its power in every band."""
    own = of.aligned.once(noise_floor)
    noise = own.noise.astype(np.float64) * of.gain
    least = _loud(content) * 10.0 ** (AUDIBLE_DB / 10.0) / noise.shape[1]
    allowed = np.full_like(noise, least)
    for reference in of.same_time:
        allowed = np.maximum(allowed, _fitted(reference.once(noise_floor), len(noise)))
    if of.style is not None and not of.style.is_empty:
        allowed = np.maximum(allowed, _of_style(of.style, content, percentile))
    is_more = (noise > allowed * 10.0 ** (_MARGIN_DB / 10.0)) & own.is_noise
    surplus = np.where(_lasting(is_more), noise, 0.0)
    power = surplus.sum(axis=1)
    usual = np.where(surplus > 0.0, allowed, 0.0).sum(axis=1)
    excess_db = np.where(power > 0.0, decibels(power) - decibels(usual), 0.0)
    return excess_db, surplus


def _of_style(style: Sound, content: Sound, percentile: float) -> NDArray[np.float64]:
    """Noise of the style when it is as loud as the content. **Shape** ``(bands,)``."""
    floor = style.once(noise_floor)
    noise = np.percentile(floor.noise * floor.is_noise, percentile, axis=0)
    return np.asarray(noise * (_loud(content) / _loud(style)), np.float64)


def _loud(sound: Sound) -> float:
    """Power of the loud parts."""
    return max(float(np.percentile(sound.once(noise_floor).total, 95.0)), _TINY)


def _silent(content: Sound, n_frames: int) -> NDArray[np.bool_]:
    silent = content.once(pauses)[:n_frames]
    return np.pad(silent, (0, n_frames - len(silent)))


def _lasting(is_more: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What is so for 0.14 s around, as no attack of a note is. **Shape** that of the argument."""
    size = 2 * _REACH + 1
    padded = np.pad(is_more, ((_REACH, _REACH), (0, 0)), mode="edge")
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, size, axis=0).all(axis=-1))


def _fitted(floor: NoiseFloor, n_frames: int) -> NDArray[np.float64]:
    noise = floor.noise[:n_frames].astype(np.float64)
    return np.pad(noise, ((0, n_frames - len(noise)), (0, 0)), mode="edge")


def _faults(
    kind: str,
    words: str,
    severity: NDArray[np.float64],
    excess_db: NDArray[np.float64],
    noise: NDArray[np.float64],
) -> list[Fault]:
    found = []
    for part in stretches(severity >= AUDIBLE, HOP_S, least_s=_LEAST_S):
        heard = severity[part] >= AUDIBLE
        power = noise[part][heard].sum(axis=0)
        bands = np.flatnonzero(power > _WIDTH * power.max())
        edges_hz = EDGES_HZ[int(bands.min())], EDGES_HZ[int(bands.max()) + 1]
        ends_s = part.start * HOP_S, part.stop * HOP_S
        strength = float(severity[part][heard].mean())
        said = f"{words}, up to {excess_db[part][heard].max():.0f} dB"
        found.append(Fault(kind, strength, *ends_s, *edges_hz, None, said))
    return found
