"""Loudness and peaks of a result, brought to those of a recording."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from estilo.audio import Audio
from estilo.pipeline.plan import Plan
from estilo.pipeline.report import LevelReport
from estilo.pipeline.sources import Source, StyleSource

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
    from estilo.pipeline.balance import rebalanced

    rate = reference.sample_rate
    level = match_level(samples, reference.samples, rate)
    gain_db = min(level.gain_db, PEAK_DBTP - usual_peak(samples, rate))
    apply_gain(samples, gain_db, out=samples)
    limited_s = limit_peaks(samples, rate, limit_dbtp=PEAK_DBTP)
    if limited_s:
        # Peaks of a tune in the middle were turned down, and the pad beside it was not.
        rebalanced(samples, reference.samples)
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


def restored(
    samples: NDArray[np.float32], content: Audio, plan: Plan, styles: Sequence[StyleSource]
) -> tuple[Audio, LevelReport]:
    """An output at the level of the content and with its pauses, mixed with it where asked for.

    Args:
        samples: the output, changed in place; **shape** that of the content.
        content: content, in time with the output.
        plan: engine and mix.
        styles: styles, as the engine heard them.
    """
    from estilo.pipeline.pauses import keep_pauses
    from estilo.pipeline.running import mix_in

    audio, level = matched(samples, content)
    if plan.settings.rests_in_pauses:
        keep_pauses(audio.samples, content, unless=lambda: any(map(_is_noise, styles)))
    if plan.mix == 1.0:
        return audio, level
    # The two may cancel or add up, so the mix is brought to the content's level once more.
    mix_in(audio.samples, content.samples, mix=plan.mix)
    return matched(audio.samples, content)


def _is_noise(style: StyleSource) -> bool:
    from estilo.analysis.descriptors import excerpt
    from estilo.analysis.noise_floor import is_noise
    from estilo.analysis.sound import Sound

    return isinstance(style, Source) and is_noise(excerpt(Sound.of(style.audio)))


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
