"""Textures: styles without a content signal, mono or stereo."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch

from estilo.analysis.fades import without_fades
from estilo.audio import Audio
from estilo.dsp.resample import resample
from estilo.engines.building import build_engine, engine_rate
from estilo.engines.excerpts import root_mean_square
from estilo.errors import InputError
from estilo.io import scratch_array, scratch_copy
from estilo.pipeline import running
from estilo.pipeline.in_blocks import spans
from estilo.pipeline.plan import Plan
from estilo.pipeline.running import Outcome
from estilo.pipeline.sources import Source
from estilo.pipeline.watch import Watch, parts_of

_MONO = 1e-3  # a side 60 dB under the mid is no width


def run_texture(plan: Plan, sources: list[Source], seconds: float, watch: Watch) -> Outcome:
    """Synthesise; stereo styles give mid and side textures of their own mid and side.

    The styles' fades in and out are left out.

    Args:
        plan: engine, settings and seed.
        sources: the styles.
        seconds: length of the output, in seconds.
        watch: progress and cancellation.
    """
    running.check_device(plan.device)
    # Fades were made for the file, and are no part of its texture.
    sources = [replace(each, audio=without_fades(each.audio)) for each in sources]
    first = sources[0].audio
    rate = engine_rate(plan.settings, first.sample_rate)
    parts = _mid_and_side(sources)
    outcomes: list[Outcome] = []
    watches = parts_of(watch, len(parts))
    for i, (part, own) in enumerate(zip(parts, watches, strict=True)):
        if outcomes and not outcomes[0].is_complete:
            break  # stopped: a mid without its side is the best so far
        outcomes.append(
            running.run_engine(
                build_engine(
                    plan.engine,
                    plan.settings,
                    allocate=running.allocate,
                    network=plan.feature_network,
                ),
                None,
                part.styles,
                part.weights,
                sample_rate=rate,
                n_samples=round(seconds * rate),
                seed=plan.seed + 7919 * i,
                device=plan.device,
                watch=own,
            )
        )
    outcome = outcomes[0]
    if len(outcomes) == 2:
        mid, side = (part.samples for part in outcomes)
        outcome.samples = _left_and_right(mid, side, parts[1].level, parts[0].level)
        outcome.loss_curve += outcomes[1].loss_curve
        outcome.is_complete &= outcomes[1].is_complete
    elif first.n_channels == 2:
        both = np.broadcast_to(outcome.samples, (2, outcome.samples.shape[1]))
        outcome.samples = scratch_copy(both)
    if rate != first.sample_rate:
        n_samples = round(seconds * first.sample_rate)
        outcome.samples = resample(
            outcome.samples,
            rate,
            first.sample_rate,
            n_samples=n_samples,
            out=scratch_array((len(outcome.samples), n_samples)),
        )
    return outcome


@dataclass(frozen=True)
class _Part:
    """The mids or the sides of the styles that have any, with weights that sum to 1.

    The level is the mean over all styles, those without a side included.
    """

    styles: list[Audio]
    weights: list[float]
    level: float


def _mid_and_side(sources: list[Source]) -> list[_Part]:
    """All styles as one channel; where the first is stereo and any has width, their sides too."""
    first = sources[0].audio
    if first.n_channels > 2:
        raise InputError(
            f"a texture is mono or stereo, and the first style has {first.n_channels} channels; "
            "mix it down first"
        )
    weights = [source.weight for source in sources]
    mids = [_combined(source.audio, lambda block: block.mean(0)) for source in sources]
    parts = [_part(mids, weights)]
    if first.n_channels == 2:
        sides = [_side(source.audio) for source in sources]
        loud = [_MONO * _level(mid.samples) for mid in mids]
        wide = [i for i, side in enumerate(sides) if _level(side.samples) > loud[i]]
        if wide:
            parts.append(_part([sides[i] for i in wide], [weights[i] for i in wide]))
    return parts


def _part(styles: list[Audio], weights: list[float]) -> _Part:
    level = sum(w * _level(style.samples) for w, style in zip(weights, styles, strict=True))
    return _Part(styles, [w / sum(weights) for w in weights], level)


def _side(audio: Audio) -> Audio:
    if audio.n_channels != 2:
        return Audio(scratch_array((1, audio.n_samples)), audio.sample_rate)
    return _combined(audio, lambda block: 0.5 * (block[0] - block[1]))


def _combined(audio: Audio, combine: Callable[[np.ndarray], np.ndarray]) -> Audio:
    """One channel made of all, block by block."""
    out = scratch_array((1, audio.n_samples))
    for start, stop in spans(0, audio.n_samples):
        out[0, start:stop] = combine(audio.samples[:, start:stop])
    return Audio(out, audio.sample_rate)


def _left_and_right(
    mid: np.ndarray, side: np.ndarray, side_level: float, mid_level: float
) -> np.ndarray:
    """Both channels of a texture, whose side is as loud against its mid as that of the styles.

    Levels are those of the styles.
    """
    own_mid, own_side = (_level(each) or 1.0 for each in (mid, side))
    out = scratch_array((2, mid.shape[1]))
    for start, stop in spans(0, mid.shape[1]):
        middle = mid[0, start:stop] / own_mid
        wide = side[0, start:stop] / own_side * side_level / (mid_level or 1.0)
        out[:, start:stop] = middle + wide, middle - wide
    return out


def _level(samples: np.ndarray) -> float:
    return root_mean_square(torch.from_numpy(samples))
