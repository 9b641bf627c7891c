"""What an engine made of a stretch of the content, and the level that it has there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from estilo.dsp.eq import Filter, filtered
from estilo.dsp.loudness import match_level
from estilo.pipeline.in_blocks import masked_in_blocks, spans
from estilo.pipeline.masks import Mask
from estilo.pipeline.regions import Segment
from estilo.pipeline.running import allocate

_NEAR_S, _RAMP_S, _MOST_EDGE_DB = 0.4, 1.0, 12.0
_SILENCE = 1e-5


@dataclass
class Take:
    """What the engine made of a stretch of the content with some of the styles.

    Args:
        start: first sample of the stretch.
        samples: ``(channels, time)``.
        filters: filter of each segment that passes the bands of the styles; None where they have
            all of them.
        levels: knots of its gain over time, in samples and dB.
    """

    start: int
    samples: Tensor
    filters: dict[int, Filter | None]
    levels: tuple[list[int], list[float]] = field(default=([0], [0.0]), init=False)

    @property
    def stop(self) -> int:
        """Sample after the last."""
        return self.start + self.samples.shape[-1]

    def read(self, start: int, stop: int) -> Tensor:
        """A stretch as it was made, ``(channels, stop - start)``.

        Args:
            start: first sample, in the time of the whole.
            stop: sample after the last.
        """
        return self.samples[:, start - self.start : stop - self.start]

    def levelled(self, start: int, stop: int) -> Tensor:
        """A stretch at its gain, ``(channels, stop - start)``.

        Args:
            start: first sample, in the time of the whole.
            stop: sample after the last.
        """
        gains_db = np.interp(np.arange(start, stop), *self.levels)
        return torch.from_numpy(10.0 ** (gains_db / 20.0)).to(self.samples) * self.read(start, stop)


def levels_of(
    take: Take, target: Tensor, cut: Sequence[Segment], mask: Mask | None, sample_rate: int
) -> tuple[list[int], list[float]]:
    """The gain that makes a take as loud, where its styles apply, as the content is there.

    From a seam on, and towards one, it starts from what does so within 0.4 s of it, so that no
    step is heard there, as dynamics are the style's.

    Args:
        take: what the engine made.
        target: the content that it was made of, ``(channels, time)``.
        cut: the segments of the content.
        mask: where the styles apply, if there is one.
        sample_rate: sample rate in Hz.

    Returns:
        Knots of the gain over time, in samples and dB.
    """
    whole_db = _level_db(take, target, cut, mask, sample_rate)
    near, ramp = (round(each * sample_rate) for each in (_NEAR_S, _RAMP_S))
    knots: dict[int, float] = {}

    def edge_db(index: int, first: int, last: int) -> float:
        return _edge_db(take, target, index, (first, last), whole_db, sample_rate)

    for index in sorted(take.filters):
        start, stop = cut[index].start, cut[index].stop
        inner = min(ramp, (stop - start) // 2)
        short = min(near, stop - start)
        if index and index - 1 not in take.filters:
            knots[start] = edge_db(index, start, start + short)
            knots[start + min(short, inner // 2)] = knots[start]
            knots.setdefault(start + inner, whole_db)
        if index + 1 < len(cut) and index + 1 not in take.filters:
            knots.setdefault(stop - inner, whole_db)
            knots[stop] = edge_db(index, stop - short, stop)
            knots[stop - min(short, inner // 2)] = knots[stop]
    knots = knots or {0: whole_db}
    return sorted(knots), [knots[place] for place in sorted(knots)]


def _edge_db(
    take: Take,
    target: Tensor,
    index: int,
    span: tuple[int, int],
    whole_db: float,
    sample_rate: int,
) -> float:
    """The gain that a stretch beside a seam would have by itself, or nearly."""
    within = (take.start, take.stop)
    wanted, own = (
        passed(read, take.filters[index], *span, within).numpy()
        for read in (lambda a, b: target[:, a:b], take.read)
    )
    if min(np.abs(wanted).max(), np.abs(own).max()) < _SILENCE:
        return whole_db
    edge_db = match_level(own, wanted, sample_rate).gain_db
    return min(max(edge_db, whole_db - _MOST_EDGE_DB), whole_db + _MOST_EDGE_DB)


def _level_db(
    take: Take, target: Tensor, cut: Sequence[Segment], mask: Mask | None, sample_rate: int
) -> float:
    """One gain for all places where the styles apply, by BS.1770."""
    shape = take.samples.shape

    def heard(read: Callable[[int, int], Tensor]) -> np.ndarray:
        out = allocate(tuple(shape))
        for index, chosen in take.filters.items():
            for start, stop in spans(cut[index].start, cut[index].stop):
                part = passed(read, chosen, start, stop, (take.start, take.stop))
                out[:, start - take.start : stop - take.start] = part
        if mask is not None:
            out = masked_in_blocks(out, mask, take.start, target.shape[-1], sample_rate)
        return out.numpy()

    own, wanted = heard(take.read), heard(lambda a, b: target[:, a:b])
    return match_level(own, wanted, sample_rate).gain_db


def passed(
    read: Callable[[int, int], Tensor],
    chosen: Filter | None,
    start: int,
    stop: int,
    within: tuple[int, int],
) -> Tensor:
    """A stretch of what is read, filtered; there is silence outside the limits.

    Args:
        read: gives a stretch from its first sample and the one after its last,
            ``(channels, time)``.
        chosen: the filter; None passes everything.
        start: first sample.
        stop: sample after the last.
        within: first sample that can be read, and the one after the last.
    """
    if chosen is None:
        return read(start, stop)
    reach = len(chosen.taps)
    first, last = max(start - reach, within[0]), min(stop + reach, within[1])
    return filtered(read(first, last), chosen, start=start - first, stop=stop - first)
