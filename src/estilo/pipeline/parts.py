"""Engines on a part of the content: time ranges, bands, masks, harmonic or percussive sound.

The content is cut into segments wherever a time range begins or ends, and each into bands. For
every set of styles that applies together somewhere, the engine runs once, over the stretch of the
content from the first to the last place where it applies, and a second more on either side. What
it made is as loud there as the content is, and takes the content's place in those bands; segments
are joined by crossfades.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from torch import Tensor

from estilo.audio import Audio
from estilo.dsp.crossfade import crossfade
from estilo.dsp.crossover import band_filter
from estilo.dsp.eq import Filter
from estilo.dsp.formants import frame_length, with_formants
from estilo.dsp.hpss import harmonic_percussive
from estilo.engines.grains import Grain, placed
from estilo.errors import Cancelled
from estilo.pipeline.in_blocks import as_waveform, in_blocks, masked_in_blocks, spans
from estilo.pipeline.masks import Mask
from estilo.pipeline.plan import Component, Plan
from estilo.pipeline.regions import EVERYWHERE, Place, Segment, segments
from estilo.pipeline.running import Outcome, allocate
from estilo.pipeline.stages import Run, Styles
from estilo.pipeline.takes import Take, levels_of, passed
from estilo.pipeline.watch import Watch, parts_of

_CONTEXT_S = 1.0
_SEAM_S = 0.05


def run_parts(
    run: Run,
    content: Audio,
    styles: Styles,
    *,
    places: Sequence[Place],
    plan: Plan,
    watch: Watch,
) -> Outcome:
    """An engine's output where its styles apply, the content elsewhere.

    Args:
        run: the engine.
        content: content that it works on.
        styles: styles whose sound is taken.
        places: where each of them applies.
        plan: what of the content is changed, and what becomes of its formants.
        watch: progress and cancellation.

    Returns:
        The whole, at the content's rate, channels and length, and how the engine's losses went.

    Raises:
        SettingsError: as in `segments`.
        Cancelled: as the engine does.
    """
    if plan.is_whole and all(place == EVERYWHERE for place in places):
        return run(content, styles, watch=watch)
    whole = as_waveform(content.samples)
    rate = content.sample_rate
    target = whole if plan.on == "all" else _sound(whole, plan.on, rate)
    cut = segments(places, n_samples=content.n_samples, sample_rate=rate)
    outcome, takes = _takes(run, Audio(target.numpy(), rate), styles, cut, plan, watch)
    for take in takes:
        take.levels = levels_of(take, target, cut, plan.mask, rate)
    output = _joined(target, takes, cut, rate)
    if target is not whole or plan.mask is not None:
        output = _added(output, target, whole, plan.mask, rate)
    outcome.samples = output.numpy()
    return outcome


def _takes(
    run: Run,
    target: Audio,
    styles: Styles,
    cut: Sequence[Segment],
    plan: Plan,
    watch: Watch,
) -> tuple[Outcome, list[Take]]:
    """One take for every set of styles, as far as the work is not stopped."""
    sets = list(dict.fromkeys(band.styles for each in cut for band in each.bands if band.styles))
    total, takes = Outcome(np.zeros((1, 0), np.float32)), []
    for chosen, own in zip(sets, parts_of(watch, len(sets)), strict=True):
        filters = _filters(chosen, cut, target.sample_rate)
        context = round(_CONTEXT_S * target.sample_rate)
        start = max(0, cut[min(filters)].start - context)
        stop = min(target.n_samples, cut[max(filters)].stop + context)
        stretch = Audio(target.samples[:, start:stop], target.sample_rate)
        try:
            outcome = run(stretch, _some(styles, chosen), watch=own)
        except Cancelled:
            if not (watch.keep_best and takes):
                raise
            total.is_complete = False
            break
        samples = _with_formants(as_waveform(outcome.samples), stretch, plan)
        takes.append(Take(start, samples, filters))
        _add_losses(total, outcome, chosen if len(sets) > 1 else None)
        total.grains += _grains(
            outcome, chosen, start, [cut[i] for i in filters], target.sample_rate
        )
        total.remarks += [each for each in outcome.remarks if each not in total.remarks]
        if not outcome.is_complete:
            break
    return total, takes


def _some(styles: Styles, chosen: frozenset[int]) -> Styles:
    """Some of the styles; their weights sum to 1 again."""
    order = sorted(chosen)
    total = sum(styles.weights[i] for i in order)
    return Styles([styles.recordings[i] for i in order], [styles.weights[i] / total for i in order])


def _add_losses(total: Outcome, outcome: Outcome, chosen: frozenset[int] | None) -> None:
    """The losses of one run beside those of others, which say of which styles they are."""
    suffix = "" if chosen is None else f" (style {', '.join(str(i + 1) for i in sorted(chosen))})"
    total.losses |= {f"{name}{suffix}": value for name, value in outcome.losses.items()}
    total.loss_curve += outcome.loss_curve
    total.is_complete &= outcome.is_complete
    total.weights_id = outcome.weights_id


def _grains(
    outcome: Outcome,
    chosen: frozenset[int],
    start: int,
    used: Sequence[Segment],
    sample_rate: int,
) -> list[Grain]:
    """What was copied and is heard, in the time of the whole, styles by their numbers there."""
    order = sorted(chosen)
    own = [replace(grain, style=order[grain.style]) for grain in outcome.grains]
    return [
        grain
        for segment in used
        for grain in placed(
            own,
            later_s=start / sample_rate,
            first_s=segment.start / sample_rate,
            last_s=segment.stop / sample_rate,
        )
    ]


def _filters(
    chosen: frozenset[int], cut: Sequence[Segment], sample_rate: int
) -> dict[int, Filter | None]:
    found: dict[int, Filter | None] = {}
    for index, segment in enumerate(cut):
        bands = [(b.low_hz, b.high_hz) for b in segment.bands if b.styles == chosen]
        if len(bands) == len(segment.bands):
            found[index] = None
        elif bands:
            found[index] = band_filter(bands, sample_rate=sample_rate)
    return found


def _with_formants(samples: Tensor, content: Audio, plan: Plan) -> Tensor:
    if not plan.changes_formants:
        return samples
    theirs, rate = as_waveform(content.samples), content.sample_rate
    return in_blocks(
        lambda first, stop: with_formants(
            samples[:, first:stop],
            theirs[:, first:stop],
            sample_rate=rate,
            kept=plan.formants,
            shift_semitones=plan.formant_shift_semitones,
        ),
        samples.shape,
        reach=2 * frame_length(rate),
    )


def _sound(whole: Tensor, on: Component, sample_rate: int) -> Tensor:
    return in_blocks(
        lambda first, stop: getattr(
            harmonic_percussive(whole[:, first:stop], sample_rate=sample_rate), on
        ),
        whole.shape,
        reach=sample_rate,
    )


def _joined(
    target: Tensor, takes: Sequence[Take], cut: Sequence[Segment], sample_rate: int
) -> Tensor:
    """Segments with what was made for them, joined by crossfades."""
    out = allocate(tuple(target.shape))
    for index, segment in enumerate(cut):
        for start, stop in spans(segment.start, segment.stop):
            out[:, start:stop] = _mixed(index, target, takes, start, stop)
    for index, (one, other) in enumerate(pairwise(cut)):
        shortest = min(one.stop - one.start, other.stop - other.start)
        half = min(round(_SEAM_S * sample_rate), shortest) // 2
        if half:
            seam = (one.stop - half, one.stop + half)
            sides = (_mixed(each, target, takes, *seam) for each in (index, index + 1))
            out[:, slice(*seam)] = crossfade(*sides)
    return out


def _mixed(index: int, target: Tensor, takes: Sequence[Take], start: int, stop: int) -> Tensor:
    """A stretch as a segment has it: the content, with what takes its place in some bands."""
    out = target[:, start:stop]
    for take in takes:
        if index not in take.filters:
            continue
        if take.filters[index] is None:
            return take.levelled(start, stop)

        def difference(a: int, b: int, take: Take = take) -> Tensor:
            return take.levelled(a, b) - target[:, a:b]

        within = (take.start, take.stop)
        out = out + passed(difference, take.filters[index], start, stop, within)
    return out


def _added(
    output: Tensor, target: Tensor, whole: Tensor, mask: Mask | None, sample_rate: int
) -> Tensor:
    """The whole with what the target gained and lost, masked."""
    change = allocate(tuple(whole.shape))
    for start, stop in spans(0, whole.shape[-1]):
        change[:, start:stop] = output[:, start:stop] - target[:, start:stop]
    if mask is not None:
        change = masked_in_blocks(change, mask, 0, whole.shape[-1], sample_rate)
    for start, stop in spans(0, whole.shape[-1]):
        change[:, start:stop] += whole[:, start:stop]
    return change
