"""Distance of an output's timbre from the one that it should have.

Conventions: mono, 16 kHz; 13 MFCCs (`estilo.analysis.spectra.mfcc`), coefficient 0, the loudness,
dropped. Against the target where there is one, else the style. Statistics over time are compared,
so both recordings are taken at their own lengths.

Metrics: `timbre_mfcc`.
"""

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.sound import Sound
from estilo.analysis.spectra import mfcc
from estilo.metrics.base import Metric, are_audible, nothing_to_measure


def timbre_mfcc(output: Sound, reference: Sound) -> float:
    r"""Cosine distance between the means and standard deviations of MFCCs 1 to 12.

    .. math:: 1 - \frac{\langle u, v \rangle}{\|u\| \|v\|}, \quad
              u = (\mu_1, …, \mu_{12}, \sigma_1, …, \sigma_{12})

    Not the timbre of the SS VQ-VAE paper's table (O. Cífka et al. 2021,
    https://arxiv.org/abs/2102.05749): that is a network's distance, trained on these MFCCs. Plain
    figures do not compare with it at all, ratios to "content copied" only as an indication.

    Args:
        output: any length and rate.
        reference: any length and rate, not necessarily the output's.

    Returns:
        0 for equal timbre, up to 2; NaN after a warning where one is silent.

    Raises:
        InputError: one of them is not a `Sound`.

    Example:
        >>> noise = np.random.default_rng(0).normal(size=16000)
        >>> bright, dull = Sound(np.diff(noise), 16000), Sound(np.cumsum(noise), 16000)
        >>> timbre_mfcc(bright, bright) < 1e-9 < 1.0 < timbre_mfcc(bright, dull)
        True
    """
    if not are_audible("timbre_mfcc", output, reference):
        return nothing_to_measure("timbre_mfcc")
    ours, theirs = output.once(_statistics), reference.once(_statistics)
    norms = float(np.linalg.norm(ours) * np.linalg.norm(theirs))
    if norms == 0.0:
        return nothing_to_measure("timbre_mfcc", "a recording is too quiet for its mel bands")
    return max(1.0 - float(ours @ theirs) / norms, 0.0)


def _statistics(sound: Sound) -> NDArray[np.float64]:
    coefficients = sound.once(mfcc)[1:].astype(np.float64)
    return np.concatenate([coefficients.mean(axis=1), coefficients.std(axis=1)])


TIMBRE_MFCC = Metric("timbre_mfcc", "timbre (MFCC)", "lower", 0.0, "timbre", timbre_mfcc)
