"""The way of a result from its content to its style, one descriptor at a time."""

import math
from typing import NamedTuple

from estilo.analysis.descriptors import Descriptors


class _Scale(NamedTuple):
    is_ratio: bool
    least: float  # difference of content and style below which there is no way to go


# Level, duration and format are the content's by design, and a confidence is not a sound.
_SCALES = {
    "spectral_centroid_hz": _Scale(True, math.log(1.05)),
    "high_frequency_share": _Scale(False, 0.02),
    "low_frequency_share": _Scale(False, 0.02),
    "spectral_flatness": _Scale(False, 0.01),
    "pitch_salience": _Scale(False, 0.05),
    "inharmonicity": _Scale(False, 0.02),
    "n_partials": _Scale(False, 1.0),
    "onsets_per_s": _Scale(False, 0.25),
    "tempo_bpm": _Scale(True, math.log(1.04)),
}
MOVING = tuple(_SCALES)
"""Names of the descriptors that `how_far` looks at."""


def how_far(
    content: Descriptors, style: Descriptors, output: Descriptors
) -> dict[str, float | None]:
    r"""How far the output moved from content to style, in per cent, by descriptor.

    .. math:: 100 \, \frac{o - c}{s - c}

    with logarithms for frequency and tempo: 0 is the content's value, 100 the style's, less than 0
    away from the style, more than 100 beyond it. None where a value is missing or content and style
    hardly differ (5 % in frequency, 4 % in tempo, 0.02 in shares).

    Args:
        content: descriptors of the content.
        style: descriptors of the style.
        output: descriptors of the output.

    Example:
        >>> of = {"duration_s": 1.0, "sample_rate_hz": 44_100, "n_channels": 1}
        >>> content, style, output = (
        ...     Descriptors(**of, spectral_centroid_hz=hz) for hz in (1000.0, 4000.0, 2000.0)
        ... )
        >>> round(how_far(content, style, output)["spectral_centroid_hz"] or 0.0)
        50
    """
    return {
        name: _share(
            *(getattr(each, name) for each in (content, style, output)), scale=_SCALES[name]
        )
        for name in MOVING
    }


def _share(
    content: float | None, style: float | None, output: float | None, *, scale: _Scale
) -> float | None:
    if content is None or style is None or output is None:
        return None
    if scale.is_ratio:
        if min(content, style, output) <= 0.0:
            return None
        content, style, output = math.log(content), math.log(style), math.log(output)
    if abs(style - content) < scale.least:
        return None
    return 100.0 * (output - content) / (style - content)
