"""Bands in which a style says nothing, or the content has nothing: what happens there is said."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from estilo.analysis.bandwidth import bandwidth_hz, power_share
from estilo.audio import Audio
from estilo.pipeline.plan import Plan
from estilo.pipeline.regions import Place, place_of
from estilo.pipeline.sources import Source, StyleSource

_HEARD_TO_HZ = 16_000.0
_OF_RATE = 0.48  # of a low sample rate: above it resamplers fall off
_WITHIN = 0.95  # of the frequency at which a style ends: where it is still whole
_NOTHING, _NEXT_TO_NOTHING = 1e-6, 1e-4  # of the content's power


def places_of(
    plan: Plan, content: Audio, styles: Sequence[StyleSource]
) -> tuple[list[Place], list[str]]:
    """Where each style applies: where it was asked for, as far up as it is known.

    Args:
        plan: engine, which may keep nothing of the content anyway.
        content: the content.
        styles: styles, as engines hear them.

    Returns:
        One place per style, and what is to be said of them, in sentences.

    Raises:
        SettingsError: a range cannot be read.
    """
    places, said = [], []
    for number, style in enumerate(styles, start=1):
        path = style.clip.path
        name = f"style {number}" if path is None else f"style {path.name}"
        place = place_of(style.clip.at)
        ends_hz = _ends_hz(style, content) if plan.settings.keeps_content else None
        if ends_hz is not None:
            place = replace(place, known_to_hz=_WITHIN * ends_hz)
            said.append(
                f"{name} holds nothing above {ends_hz / 1000.0:.1f} kHz; there the content stays "
                "as it is"
            )
        if place.bands_hz and (share := _share(content, place)) < _NEXT_TO_NOTHING:
            level = f"{10.0 * math.log10(share):.0f} dB of it" if share > 0.0 else "silence"
            said.append(
                f"{name} is hardly heard: it is as loud in its range as the content is, which "
                f"holds next to nothing there ({level})"
            )
        places.append(place)
    return places, said


def _ends_hz(style: StyleSource, content: Audio) -> float | None:
    """Where a style ends below what is heard of the content; None where it does not."""
    if not isinstance(style, Source):
        return None
    ends_hz, rate = bandwidth_hz(style.audio), style.audio.sample_rate
    if rate < content.sample_rate:
        ends_hz = min(ends_hz or rate, _OF_RATE * rate)
    if ends_hz is None or ends_hz >= min(_HEARD_TO_HZ, _OF_RATE * content.sample_rate):
        return None
    return ends_hz if power_share(content, [(ends_hz, math.inf)]) > _NOTHING else None


def _share(content: Audio, place: Place) -> float:
    """Share of the content's power in the bands of a place, at its times."""
    rate, samples = content.sample_rate, content.samples
    if place.times_s:
        ends = [(round(a * rate), min(b, content.duration_s) * rate) for a, b in place.times_s]
        samples = np.concatenate([samples[:, a : round(b)] for a, b in ends], axis=1)
    return power_share(Audio(samples, rate), place.bands_hz)
