"""Loudness and peak of a result, brought to those of a recording."""

import numpy as np

from estilo.audio import Audio
from estilo.pipeline.report import LevelReport


def matched(samples: np.ndarray, reference: Audio) -> tuple[Audio, LevelReport]:
    """Samples, changed in place, at the loudness of the reference; what became of level and peak.

    In place, because a copy of an hour of stereo would be another 1.3 GB.

    Args:
        samples: samples at the reference's rate; **shape** ``(channels, time)``.
        reference: what they should be as loud as.
    """
    from estilo.dsp.loudness import apply_gain, match_level

    gain_db, level = match_level(samples, reference.samples, reference.sample_rate)

    def known(value: float) -> float | None:
        return float(value) if np.isfinite(value) else None

    report = LevelReport(
        target_lufs=known(level.target_lufs),
        achieved_lufs=known(level.achieved_lufs),
        true_peak_dbtp=known(level.true_peak_dbtp),
        gain_db=float(level.gain_db),
        shortfall_lu=float(level.shortfall_lu),
    )
    return Audio(apply_gain(samples, gain_db, out=samples), reference.sample_rate), report
