r"""Which grains may suit which frames: a few for each, out of millions, by matrix products.

Both criteria are of the cost itself, in bands instead of bins. With one grain :math:`w` at its best
level the divergence of a frame :math:`v` is :math:`-\sum_b v_b \log w_b` and what does not depend
on the grain. Beside the grains that a frame :math:`v \approx r` has already, a grain lowers the
divergence the more, the larger :math:`\sum_b w_b v_b / r_b` is (above 1, or not at all).
Criteria are averaged over the frames before and after, each with the grains before and after, so
that what is found can be played on.
"""

import math

import torch
from torch import Tensor

from estilo.engines.mosaic.index import NONE, GrainIndex

_EPSILON = 1e-4
_NO_PEAK = -1e20
_FRAMES_AT_ONCE = 128
_SCORES_AT_ONCE = 1 << 22  # frames times grains; of styles over a quarter of an hour


def nearest(bands: Tensor, index: GrainIndex, *, reach: int, count: int) -> Tensor:
    """The grains that a frame resembles most.

    Args:
        bands: levels in bands of the frames, in full: ``(frames, N_BANDS)``.
        index: index of the grains.
        reach: frames before and after that are asked too.
        count: grains per frame.

    **Shape**: numbers of grains, ``(frames, count')``, `NONE` where there are not so many.
    """
    level = bands.sum(1)
    return _best(bands, level, index, is_log=True, reach=reach, count=count)


def missing(bands: Tensor, reached: Tensor, index: GrainIndex, *, reach: int, count: int) -> Tensor:
    """The grains that a frame needs most beside those that it has.

    Args:
        bands: levels in bands of the frames: ``(frames, N_BANDS)``.
        reached: levels in bands of what the frames' grains give so far: ``(frames, N_BANDS)``.
        index: index of the grains.
        reach: number of neighbours, as in `nearest`.
        count: number of grains, as in `nearest`.

    **Shape**: as `nearest`.
    """
    level = bands.sum(1)
    floor = _EPSILON * level[:, None] / bands.shape[1]
    ratio = (bands + floor) / (reached + floor) * level[:, None]
    return _best(ratio, level, index, is_log=False, reach=reach, count=count)


def _best(
    queries: Tensor,
    level: Tensor,
    index: GrainIndex,
    *,
    is_log: bool,
    reach: int,
    count: int,
) -> Tensor:
    """Grains with the largest products with the queries, strip by strip."""
    values = queries.new_full((len(queries), 0), 0.0)
    grains = torch.zeros(len(queries), 0, dtype=torch.long, device=queries.device)
    for strip in index.strips:
        shares = index.log_bands[strip.first : strip.first + strip.count].to(queries)
        favour = index.favours[strip.style]
        # In place, as they are a copy in another precision.
        shares = shares.add_(math.log(favour)) if is_log else shares.exp_().mul_(favour)
        own, places = _best_of(queries, level, shares.T, reach=reach, count=count)
        values = torch.cat([values, own], 1)
        places = torch.where(own > _NO_PEAK, places + strip.first, NONE)
        grains = torch.cat([grains, places], 1)
        values, kept = values.topk(min(count, values.shape[1]), dim=1)
        grains = grains.gather(1, kept)
    return grains


def _best_of(
    queries: Tensor, level: Tensor, shares: Tensor, *, reach: int, count: int
) -> tuple[Tensor, Tensor]:
    """Largest products of a strip and where they are; some frames at a time, as memory is slow."""
    values, places = [], []
    n_at_once = min(_FRAMES_AT_ONCE, max(_SCORES_AT_ONCE // shares.shape[1], 1))
    for start in range(0, len(queries), n_at_once):
        first, stop = max(start - reach, 0), start + n_at_once
        rows = slice(first, stop + reach)
        scores = _along_diagonals(queries[rows] @ shares, level[rows], reach=reach)
        own = _peaks(scores[start - first : stop - first]).topk(min(count, shares.shape[1]), dim=1)
        values.append(own.values)
        places.append(own.indices)
    return torch.cat(values), torch.cat(places)


def _along_diagonals(scores: Tensor, level: Tensor, *, reach: int) -> Tensor:
    """Means over neighbouring frames with the grains that follow each other, by level.

    **Shape**: scores ``(frames, grains)``, level ``(frames,)``.
    """
    n_frames, n_grains = scores.shape
    reach = min(reach, n_frames - 1, n_grains - 1)
    total = scores.clone()
    for step in range(1, reach + 1):
        total[:-step, :-step] += scores[step:, step:]
        total[step:, step:] += scores[:-step, :-step]
    nearby = torch.nn.functional.pad(level, (reach, reach)).unfold(0, 2 * reach + 1, 1)
    whole = nearby.sum(1, keepdim=True).clamp_min(1e-20)
    # Only near the ends some of the neighbours are missing.
    ends = torch.arange(n_grains, device=scores.device)
    ends = torch.cat([ends[:reach], ends[n_grains - reach :]])
    following = ends + torch.arange(-reach, reach + 1, device=scores.device)[:, None]
    is_there = ((following >= 0) & (following < n_grains)).to(scores)
    total[:, ends] *= whole / (nearby @ is_there).clamp_min(1e-20)
    return total.div_(whole)


def _peaks(scores: Tensor) -> Tensor:
    """Scores that neither neighbour exceeds; all others are below `_NO_PEAK`.

    By arithmetic: to choose with a mask takes three times as long.
    """
    highest = torch.nn.functional.max_pool1d(scores[:, None], 3, stride=1, padding=1)[:, 0]
    return scores.sub(highest.sub_(scores), alpha=1e30)


def continued(grains: Tensor, index: GrainIndex, *, reach: int) -> Tensor:
    """Grains, and those that play on what neighbouring frames were given.

    Args:
        grains: numbers, ``(frames, count)``.
        index: index of the grains.
        reach: how many frames a grain is played on, forwards and backwards.

    **Shape**: ``(frames, count · (2 reach + 1))``, each once; `NONE` in the places left over.
    """
    strips = [(strip.first, strip.first + strip.count - 1) for strip in index.strips]
    first, last = torch.tensor(strips, device=grains.device)[index.strip_of(grains)].unbind(-1)
    found = [grains]
    for step in range(1, min(reach, len(grains) - 1) + 1):
        for way in (step, -step):
            source = slice(0, -step) if way > 0 else slice(step, None)
            target = slice(step, None) if way > 0 else slice(0, -step)
            onwards = grains[source] + way
            is_there = (onwards >= first[source]) & (onwards <= last[source])
            is_there &= grains[source] != NONE
            moved = torch.full_like(grains, NONE)
            moved[target] = torch.where(is_there, onwards, NONE)
            found.append(moved)
    every = torch.cat(found, 1).sort(1).values
    is_double = torch.zeros_like(every, dtype=torch.bool)
    is_double[:, 1:] = every[:, 1:] == every[:, :-1]
    return every.masked_fill(is_double, NONE)
