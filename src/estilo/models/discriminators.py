"""What a generator has to convince: networks that tell its outputs from targets."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm


class LevelDiscriminator(nn.Module):
    """Looks at the levels of bands as at a picture, patch by patch, and knows the style.

    **Shape**: levels ``(batch, frames, n_bands)`` and the style's vector ``(batch, n_vector)`` to
    one score per patch ``(batch, frames', n_bands')`` and the activations of every layer.

    Args:
        n_vector: length of the style's vector.
        n_channels: number of channels of the first layer.
    """

    def __init__(self, n_vector: int, *, n_channels: int = 16) -> None:
        super().__init__()
        widths = (1, n_channels, 2 * n_channels, 4 * n_channels, 4 * n_channels)
        strides = ((1, 2), (2, 2), (2, 2), (1, 1))
        self.layers = nn.ModuleList(
            weight_norm(nn.Conv2d(n_in, n_out, (3, 7), stride=stride, padding=(1, 3)))
            for n_in, n_out, stride in zip(widths[:-1], widths[1:], strides, strict=True)
        )
        self.exit = weight_norm(nn.Conv2d(widths[-1], 1, 3, padding=1))
        self.style = nn.Linear(n_vector, widths[-1])

    def forward(self, levels: Tensor, style: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Score every patch of levels.

        Args:
            levels: levels of bands, ``(batch, frames, n_bands)``.
            style: vector of the style, ``(batch, n_vector)``.
        """
        x, seen = levels[:, None], []
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.1)
            seen.append(x)
        # Projection (Miyato & Koyama 2018, arXiv:1802.05637): does this patch suit this style?
        suits = torch.einsum("bchw,bc->bhw", x, self.style(style)) / x.shape[1] ** 0.5
        return self.exit(x)[:, 0] + suits, seen


class MultiScaleDiscriminator(nn.Module):
    """Discriminators of several resolutions, each pooled by 2 in time and frequency.

    **Shape**: as in `LevelDiscriminator`; one pair per scale.

    Args:
        n_vector: length of the style's vector.
        n_scales: resolutions.
        n_channels: number of channels of each first layer.

    Reference: K. Kumar et al. 2019, "MelGAN", arXiv:1910.06711
    """

    def __init__(self, n_vector: int, *, n_scales: int = 2, n_channels: int = 16) -> None:
        super().__init__()
        self.scales = nn.ModuleList(
            LevelDiscriminator(n_vector, n_channels=n_channels) for _ in range(n_scales)
        )

    def forward(self, levels: Tensor, style: Tensor) -> list[tuple[Tensor, list[Tensor]]]:
        """Score every patch of levels at every scale.

        Args:
            levels: levels of bands, ``(batch, frames, n_bands)``.
            style: vector of the style, ``(batch, n_vector)``.
        """
        out = []
        for place, scale in enumerate(self.scales):
            if place:
                levels = F.avg_pool2d(levels[:, None], 2)[:, 0]
            out.append(scale(levels, style))
        return out
