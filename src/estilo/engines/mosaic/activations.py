r"""How loud each grain is in each frame: KL-NMF with the grains as its templates.

The cost is the divergence of the content's magnitudes :math:`V` from the grains',
:math:`D = \sum V \log(V / WH) - V + WH`, and the update

.. math:: h \leftarrow h \, f \sum_k w_k \frac{v_k}{(Wh)_k}

for templates that sum to 1 never raises it (Lee & Seung, NIPS 2000); :math:`f` is the favour of a
grain's style, 1 unless styles have different weights (`index.GrainIndex`). Only the few grains that
a frame was offered take part, so that an update costs frames × candidates × bins. Few of them are
kept, as in Driedger, Prätzlich & Müller, Let it Bee, ISMIR 2015: no grain twice within some frames,
not many at once, and rather such as play on what sounded before.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from estilo.engines.mosaic.index import NONE, GrainIndex

_EPSILON = 1e-9
_STRIDE = 1.8  # power of a step; from 2 on the updates may run away
_SHARPNESS = 10.0  # of the first levels
_SHARE_OF_NEW = 0.2  # of the level, for grains that join others


@dataclass(frozen=True)
class Activations:
    """Grains of every frame and their levels.

    Args:
        magnitude: magnitude of the content, ``(frames, bins)``.
        grains: their numbers, each at most once in a frame, or `NONE`: ``(frames, count)``.
        templates: their magnitudes, each summing to 1: ``(frames, count, bins)``.
        levels: sums of their magnitudes, ``(frames, count)``.
        favours: favours of their styles, ``(frames, count)``.
    """

    magnitude: Tensor
    grains: Tensor
    templates: Tensor
    levels: Tensor
    favours: Tensor

    @classmethod
    def of(cls, magnitude: Tensor, grains: Tensor, index: GrainIndex) -> "Activations":
        """Grains the louder, the better each would do alone; together as loud as the content.

        That is near to where the updates lead. From equal levels they need many more to tell the
        right grain from those like it, and what is heard meanwhile is a chorus.

        Args:
            magnitude: magnitude of the content, ``(frames, bins)``.
            grains: their numbers, each at most once in a frame, or `NONE`.
            index: index of the grains.
        """
        used, place = torch.unique(grains.clamp_min(0), return_inverse=True)
        templates = index.magnitudes(used)
        total = magnitude.sum(1, keepdim=True)
        bands = magnitude @ index.bands / total.clamp_min(1e-20)
        logs = index.log_bands[grains.clamp_min(0)].to(bands)
        worth = torch.bmm(logs, bands[:, :, None])[:, :, 0]
        worth = worth.masked_fill(grains == NONE, -torch.inf)  # never alone: then there is 0
        levels = total * torch.nan_to_num(torch.softmax(_SHARPNESS * worth, 1))
        favours = index.favours_of(grains.clamp_min(0))
        return cls(magnitude, grains, templates[place], levels, favours)

    def joined_by(self, grains: Tensor, index: GrainIndex) -> "Activations":
        """The same with more grains to choose from.

        Args:
            grains: grains, as in `of`; some may be there already.
            index: index of the grains.
        """
        is_known = (grains[:, :, None] == self.grains[:, None, :]).any(2)
        more = Activations.of(self.magnitude, grains.masked_fill(is_known, NONE), index)
        levels = (1.0 - _SHARE_OF_NEW) * self.levels, _SHARE_OF_NEW * more.levels
        return Activations(
            self.magnitude,
            torch.cat([self.grains, more.grains], 1),
            torch.cat([self.templates, more.templates], 1),
            torch.cat(levels, 1),
            torch.cat([self.favours, more.favours], 1),
        )

    @cached_property
    def reached(self) -> Tensor:
        """Magnitudes that the grains add up to, ``(frames, bins)``."""
        return weighted_sum(self.levels, self.templates)

    @cached_property
    def divergences(self) -> Tensor:
        """Divergence of every frame, in double precision: ``(frames,)``."""
        return divergence(self.magnitude, self.reached)

    @cached_property
    def costs(self) -> Tensor:
        """The same with the penalties of favours: ``(frames,)``."""
        penalties = (1.0 / self.favours - 1.0) * self.levels
        return self.divergences + penalties.double().sum(1)

    def updated(self) -> "Activations":
        """After one update; no frame's cost has risen, but for rounding.

        Multiplicative steps are small ones: they are taken further where that does better.
        """
        floor = _EPSILON * self.magnitude.mean() + 1e-30
        ratio = self.magnitude / (self.reached + floor)
        # Rows from the left: as a column from the right the product takes five times as long.
        gradient = self.favours * torch.bmm(ratio[:, None], self.templates.mT)[:, 0]
        far = replace(self, levels=self.levels * gradient**_STRIDE)
        worse = torch.nonzero(far.costs > self.costs)[:, 0]
        if len(worse) == 0:
            return far
        near = (self.levels * gradient)[worse]
        made = replace(far, levels=far.levels.index_copy(0, worse, near))
        reached = weighted_sum(near, self.templates[worse])
        # Few frames are: what all the others add up to is known.
        vars(made)["reached"] = far.reached.index_copy(0, worse, reached)
        return made

    def divergence(self) -> float:
        """The cost without the penalties of favours, as a share of the content's magnitude."""
        total = self.magnitude.double().sum().clamp_min(1e-30)
        return float(self.divergences.sum() / total)

    def kept(self, count: int, *, continuity: int, repetition: int) -> "Activations":
        """The grains that do most, with those before and after them in mind.

        Args:
            count: number of grains per frame.
            continuity: frames before and after in which a grain that plays on speaks for it.
            repetition: frames before and after in which no grain comes again.
        """
        worth = self._along_diagonals(continuity)
        for step in range(1, repetition + 1):
            worth = self._without_repeated(worth, step)
        worth, chosen = worth.topk(min(count, self.grains.shape[1]), dim=1)
        is_used = worth > 0
        n_bins = self.templates.shape[2]
        levels = torch.where(is_used, self.levels.gather(1, chosen), 0.0)
        # The best level that they could all have together.
        levels *= self.magnitude.sum(1, keepdim=True) / levels.sum(1, keepdim=True).clamp_min(1e-20)
        return Activations(
            self.magnitude,
            torch.where(is_used, self.grains.gather(1, chosen), NONE),
            self.templates.gather(1, chosen[..., None].expand(-1, -1, n_bins)),
            levels,
            self.favours.gather(1, chosen),
        )

    def _along_diagonals(self, reach: int) -> Tensor:
        """Levels of grains and of those that they play on, or are played on by, summed."""
        total, grains = self.levels.clone(), self.grains.int()
        for step in range(1, reach + 1):
            for here, there in _pairs(len(grains), step):
                # What would be before the first grain is `NONE`, which has no level.
                following = grains[here] + (step if there.start else -step)
                is_next = grains[there][:, None, :] == following[:, :, None]
                total[here] += torch.bmm(is_next.to(total), self.levels[there][:, :, None])[..., 0]
        return torch.where(self.grains == NONE, 0.0, total)

    def _without_repeated(self, worth: Tensor, step: int) -> Tensor:
        """Nothing for a grain that is worth more so many frames before or after."""
        out = worth.clone()
        for here, there in _pairs(len(self.grains), step):
            is_same = self.grains[there][:, None, :] == self.grains[here][:, :, None]
            best = (is_same * worth[there][:, None, :]).amax(2)
            # Of equals the earlier one stays.
            is_less = best >= worth[here] if there.start == 0 else best > worth[here]
            out[here] = torch.where(is_less & (best > 0), 0.0, out[here])
        return out


def weighted_sum(levels: Tensor, spectra: Tensor) -> Tensor:
    """Spectra at their levels, added up.

    Args:
        levels: factors, ``(frames, count)``.
        spectra: real or complex, ``(frames, count, bins)``.

    **Shape**: result ``(frames, bins)``.

    >>> weighted_sum(torch.tensor([[1.0, 2.0]]), torch.eye(2)[None]).tolist()
    [[1.0, 2.0]]
    """
    return torch.bmm(levels[:, None], spectra)[:, 0]


def divergence(magnitude: Tensor, reached: Tensor) -> Tensor:
    """Generalised Kullback-Leibler divergence of every frame, in double precision.

    Args:
        magnitude: wanted, ``(frames, bins)``.
        reached: what there is, likewise.

    **Shape**: result ``(frames,)``.

    >>> a = torch.tensor([[1.0, 2.0]])
    >>> float(divergence(a, a)), round(float(divergence(a, 2.0 * a)), 4)
    (0.0, 0.9206)
    """
    v, r = magnitude.double(), reached.double().clamp_min(1e-30)
    return (torch.special.xlogy(v, v / r) - v + r).sum(1)


def _pairs(n_frames: int, step: int) -> Iterator[tuple[slice, slice]]:
    """Frames that have a neighbour so many frames later, then earlier, and these neighbours."""
    if step < n_frames:
        yield slice(0, n_frames - step), slice(step, n_frames)
        yield slice(step, n_frames), slice(0, n_frames - step)
