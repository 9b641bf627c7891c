"""Clipped samples, and samples that are no numbers."""

import numpy as np

from estilo.metrics.artifacts import clipped_samples
from estilo.metrics.fault import Fault
from estilo.metrics.faults.base import AUDIBLE, Compared, stretches

STEP_S = 0.25
_RUINOUS = 0.01  # share of the samples of a second


def clipping(of: Compared) -> list[Fault]:
    """Flat tops and samples beyond full scale; severity 1 from 1 % of the samples of a second.

    What content, target or style clip anywhere counts as theirs: the share is reduced by it.

    Args:
        of: output, and what it is held against.
    """
    references = [*of.same_time, *([] if of.style is None else [of.style])]
    audio, found = of.output.audio, []
    step = max(round(STEP_S * audio.sample_rate), 1)
    for channel, samples in enumerate(audio.samples):
        clipped = clipped_samples(samples)
        if not clipped.any():
            continue  # nor are the references looked at
        usual = max((_share(each.audio.samples) for each in references), default=0.0)
        counts = np.add.reduceat(clipped, np.arange(0, len(clipped), step), dtype=np.float64)
        shares = np.convolve(counts, np.ones(4))[1 : len(counts) + 1] / (4.0 * step) - usual
        severity = np.clip(shares / _RUINOUS, 0.0, 1.0) * (counts > 0)
        for part in stretches(severity >= AUDIBLE, STEP_S, join_s=1.0):
            share = 100.0 * float(np.max(shares[part]))
            found.append(
                Fault(
                    kind="clipping",
                    severity=float(severity[part].max()),
                    start_s=part.start * STEP_S,
                    end_s=min(part.stop * STEP_S, of.output.duration_s),
                    low_hz=0.0,
                    high_hz=audio.sample_rate / 2.0,
                    channel=channel if audio.n_channels > 1 else None,
                    words=f"clipped, up to {share:.2g} % of the samples of a second",
                )
            )
    return found


def broken_samples(of: Compared) -> list[Fault]:
    """Samples that are NaN or infinite: one fault for all of them.

    Args:
        of: output, and what it is held against.
    """
    n_broken, output = of.output.n_non_finite, of.output
    if n_broken == 0:
        return []
    words = f"{n_broken} samples are not finite"
    return [
        Fault(
            *("broken samples", 1.0, 0.0, output.duration_s),
            *(0.0, output.audio.sample_rate / 2.0, None, words),
        )
    ]


def _share(samples: np.ndarray) -> float:
    if samples.size == 0:
        return 0.0
    return max(float(np.mean(clipped_samples(channel))) for channel in samples)
