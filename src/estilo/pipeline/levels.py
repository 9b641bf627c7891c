"""Loudness and peaks of a result, brought to those of a recording."""

import math

import numpy as np
from numpy.typing import NDArray

from estilo.audio import Audio
from estilo.pipeline.report import LevelReport

PEAK_DBTP = -1.0
"""True peak that no output exceeds, in dBTP."""


def matched(samples: NDArray[np.float32], reference: Audio) -> tuple[Audio, LevelReport]:
    """Samples, changed in place, at the loudness of the reference; what became of level and peak.

    One gain for all of it, and what then peaks too high is turned down where it is. Only where
    peaks are too high for more than a twentieth of the time all of it is quieter, so that
    they are not.

    In place, because a copy of an hour of stereo would be another 1.3 GB.

    Args:
        samples: samples at the reference's rate; **shape** ``(channels, time)``.
        reference: what they should be as loud as.
    """
    from estilo.dsp.limiter import limit_peaks, usual_peak
    from estilo.dsp.loudness import apply_gain, integrated_loudness, match_level, true_peak

    rate = reference.sample_rate
    level = match_level(samples, reference.samples, rate)
    gain_db = min(level.gain_db, PEAK_DBTP - usual_peak(samples, rate))
    apply_gain(samples, gain_db, out=samples)
    limited_s = limit_peaks(samples, rate, limit_dbtp=PEAK_DBTP)
    achieved = level.achieved_lufs
    if limited_s or gain_db < level.gain_db:
        achieved = integrated_loudness(samples, rate)
    is_known = math.isfinite(level.target_lufs) and math.isfinite(achieved)
    shortfall = max(level.target_lufs - achieved, 0.0) if is_known else 0.0
    report = LevelReport(
        target_lufs=_known(level.target_lufs),
        achieved_lufs=_known(achieved),
        true_peak_dbtp=_known(true_peak(samples, rate)),
        gain_db=gain_db,
        shortfall_lu=0.0 if shortfall < 0.005 else shortfall,
    )
    return Audio(samples, rate), report


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
