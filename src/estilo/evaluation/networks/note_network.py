"""The network of the transcriber with gradients, for its training."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from estilo.analysis.salience import (
    BINS_PER_SEMITONE,
    N_NOTES,
    RELATIVES,
    harmonic_bins,
    harmonic_padding,
)
from estilo.analysis.transcription import network as net

Place = tuple[Any, ...]


class Network(nn.Module):
    """The same computation as `estilo.analysis.transcription.network.heard`, with gradients.

    Inside, channels are the first axis: slices along notes and frames are then rows of memory.

    **Shape**: input ``(n_layers, batch, n_frames + 2 * MARGIN, N_BINS)``; output two logits and the
    level of each note ``(3, batch, n_frames, 88)``, and logits of hits ``(batch, n_frames)``.
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleDict({name: nn.Linear(*size) for name, size in net.sizes().items()})
        with torch.no_grad():  # few notes sound and fewer start: the first steps need not learn it
            self._parameters_of("out")[1].copy_(torch.tensor((-5.0, -3.0, 0.8)))
            self._parameters_of("hit_out")[1].fill_(-4.0)

    def forward(self, levels: Tensor) -> tuple[Tensor, Tensor]:
        """What is heard; see the class.

        Args:
            levels: levels with margins.
        """
        near = F.relu(self._near(levels))
        known = self._affine(_at_harmonics(near), "harmonic")
        for steps, stage in (
            (net.DILATIONS_BEFORE, "first"),
            (net.DILATIONS_AFTER, "second"),
        ):
            told = F.relu(self._affine(F.relu(known), f"{stage}_told"))
            known = known + self._affine(_of_relatives(told), f"{stage}_heard")
            for step in steps:
                around = self._affine(_in_time(F.relu(known), step=step, n=3), f"time{step}")
                known = known[:, :, step:-step] + around
        last = F.relu(self._affine(F.relu(known), "mix"))
        return self._affine(last, "out"), self._hits(near)

    def weights(self) -> dict[str, NDArray]:
        """The weights in the form that `estilo.analysis.transcription.network.heard` takes."""
        out: dict[str, NDArray] = {}
        for name in self.layers:
            weight, bias = (each.detach().numpy() for each in self._parameters_of(name))
            out |= {name: weight.T.copy(), f"{name}_bias": bias.copy()}
        return out

    def _near(self, levels: Tensor) -> Tensor:
        weight, bias = self._parameters_of("near")
        taps = weight.reshape(-1, net.NEAR_FRAMES, net.NEAR_BINS, len(levels)).movedim(-1, 1)
        near = F.conv2d(levels.movedim(0, 1), taps, bias, padding=(0, net.NEAR_BINS // 2))
        return near.movedim(1, 0)

    def _hits(self, near: Tensor) -> Tensor:
        bands = near.unflatten(-1, (net.N_BANDS, -1)).mean(dim=-1)  # (channels, batch, time, bands)
        seen = F.relu(self._affine(bands.permute(3, 0, 1, 2).flatten(0, 1), "bands"))
        cut = sum(net.DILATIONS) - net.HIT_FRAMES // 2
        around = _in_time(seen[:, :, cut : seen.shape[2] - cut], step=1, n=net.HIT_FRAMES)
        return self._affine(F.relu(self._affine(around, "hit")), "hit_out")[0]

    def _affine(self, x: Tensor, name: str) -> Tensor:
        weight, bias = self._parameters_of(name)
        return torch.addmm(bias[:, None], weight, x.flatten(1)).unflatten(1, x.shape[1:])

    def _parameters_of(self, name: str) -> tuple[Tensor, Tensor]:
        parameters = dict(self.layers[name].named_parameters())
        return parameters["weight"], parameters["bias"]


class _Places(torch.autograd.Function):
    """Parts of a tensor one after the other; its own gradient spares a copy of it per part."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, places: Sequence[Place]) -> Tensor:  # type: ignore[override]
        ctx.places, ctx.size = places, x.shape
        return torch.cat([x[place] for place in places])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:  # type: ignore[override]
        out = gradient.new_zeros(ctx.size)
        parts = gradient.chunk(len(ctx.places))
        for place, part in zip(ctx.places, parts, strict=True):
            out[place] += part
        return out, None


def _at_harmonics(near: Tensor) -> Tensor:
    below, above = harmonic_padding()
    padded = F.pad(near, (below, above + -(below + above + near.shape[-1]) % BINS_PER_SEMITONE))
    # Bins a semitone apart beside each other: (BINS_PER_SEMITONE, channels, batch, time, notes).
    apart = padded.unflatten(-1, (-1, BINS_PER_SEMITONE)).movedim(-1, 0).contiguous()
    places: list[Place] = []
    for offset in harmonic_bins():
        first, phase = divmod(below + offset, BINS_PER_SEMITONE)
        places.append((phase, ..., slice(first, first + N_NOTES)))
    columns: Tensor = _Places.apply(apart, places)  # type: ignore[assignment]
    place = torch.from_numpy(net.note_places()).to(near.dtype).T[:, None, None]
    return torch.cat([columns, place.expand(2, *columns.shape[1:])])


def _of_relatives(notes: Tensor) -> Tensor:
    side = max(map(abs, RELATIVES))
    places = [(..., slice(side + each, side + each + N_NOTES)) for each in RELATIVES]
    return _Places.apply(F.pad(notes, (side, side)), places)  # type: ignore[return-value]


def _in_time(x: Tensor, *, step: int, n: int) -> Tensor:
    length = x.shape[2] - (n - 1) * step
    places = [(slice(None), slice(None), slice(t * step, t * step + length)) for t in range(n)]
    return _Places.apply(x, places)  # type: ignore[return-value]
