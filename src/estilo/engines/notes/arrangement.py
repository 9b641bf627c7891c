"""A texture for as long as it is needed: stretches of the styles, none of them again soon.

Every style lends stretches of up to four seconds, so that waves, gusts and showers keep their
course; each follows the one before it under fades that keep the power of unrelated sounds. Where a
stretch begins is the one of several random places that lies farthest from the last ones.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from estilo.errors import InputError

SHORTEST_S = 0.25
"""Length of the shortest style that can be arranged, in seconds."""

_STRETCH_S = 4.0
_FADE_S = 0.1
_N_CANDIDATES = 8
_N_REMEMBERED = 4


class Arrangement:
    """Stretches of styles one after another, readable at any place.

    Args:
        styles: layers of each style, which stay together: **shape** ``(layers, time)`` each.
        weights: how often each is drawn from; equally often by default.
        n_samples: number of samples that are arranged.
        sample_rate: sample rate in Hz.
        seed: random seed of the order.

    Raises:
        InputError: there is no style, or one is shorter than `SHORTEST_S`.

    Example:
        >>> style = torch.arange(16_000.0)[None]
        >>> texture = Arrangement([style], n_samples=80_000, sample_rate=8000, seed=0)
        >>> texture.read(70_000, 70_005).shape
        torch.Size([1, 5])
    """

    def __init__(
        self,
        styles: Sequence[Tensor],
        *,
        n_samples: int,
        sample_rate: int,
        seed: int,
        weights: Sequence[float] | None = None,
    ) -> None:
        shortest = min((each.shape[-1] for each in styles), default=0)
        if shortest < SHORTEST_S * sample_rate:
            raise InputError(
                f"expected styles of {SHORTEST_S} s at least, got {shortest / sample_rate:.3f} s; "
                "give longer recordings"
            )
        self.styles = tuple(styles)
        self.n_samples = n_samples
        self._fade = math.ceil(_FADE_S * sample_rate)
        self._stretch = round(_STRETCH_S * sample_rate)
        self.order = self._drawn(torch.Generator().manual_seed(seed), weights)
        """Style, place in it, place in the arrangement and length of every stretch, in samples."""

    def _drawn(
        self, generator: torch.Generator, weights: Sequence[float] | None
    ) -> list[tuple[int, int, int, int]]:
        shares = torch.tensor(weights or [1.0] * len(self.styles), dtype=torch.float64)
        last: dict[int, list[int]] = {}
        # The first stretch fades in before the arrangement begins.
        order, now = [], -self._fade
        while now < self.n_samples:
            style = int(torch.multinomial(shares, 1, generator=generator))
            time = self.styles[style].shape[-1]
            length = min(self._stretch, max(time // 2, 2 * self._fade))
            places = torch.randint(time - length + 1, (_N_CANDIDATES,), generator=generator)
            before = last.setdefault(style, [])
            place = max(
                places.tolist(), key=lambda each: min((abs(each - p) for p in before), default=0)
            )
            before.append(place)
            del before[:-_N_REMEMBERED]
            order.append((style, place, now, length))
            now += length - self._fade
        return order

    def read(self, start: int, stop: int) -> Tensor:
        """A part of the arrangement.

        Args:
            start: number of its first sample.
            stop: number of the sample after its last.

        **Shape**: result ``(layers, stop - start)``.
        """
        out = self.styles[0].new_zeros(self.styles[0].shape[0], stop - start)
        for style, place, begin, length in self.order:
            first, last = max(start, begin), min(stop, begin + length)
            if first >= last:
                continue
            t = torch.arange(first - begin, last - begin, device=out.device)
            edge = torch.minimum(t, length - 1 - t).clamp_max(self._fade) + 0.5
            window = torch.sin(0.5 * torch.pi * (edge / self._fade).clamp_max(1.0)).to(out)
            taken = self.styles[style][:, place + first - begin : place + last - begin]
            out[:, first - start : last - start] += window * taken
        return out
