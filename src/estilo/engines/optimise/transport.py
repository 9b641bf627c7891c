r"""Where the optimisation starts: the content with every band's levels moved to the style's.

In each band the levels of the content, in dB, are carried to those of the style in their order, the
loudest to the loudest: the optimal transport between two distributions in one dimension, which is
the difference of their quantile functions (Peyré & Cuturi 2019, arXiv:1803.00567, remark 2.30).
It takes more than an equaliser does: how far a band swings, how it dies away, how quiet its pauses
are. Several styles are averaged by their quantile functions, which is their barycentre.

The gains are smoothed over bands and time, so that partials keep their places in the spectrum and
attacks theirs in time (docs/method.md holds the measurements).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from estilo.dsp.extension import extended
from estilo.dsp.quantiles import carried, quantiles
from estilo.engines.excerpts import root_mean_square
from estilo.engines.optimise.terms import LEVEL
from estilo.representations.mel import Mel

N_BANDS = 96
_BANDS_SMOOTHED, _FRAMES_SMOOTHED = 9, 3  # half widths of the windows
_SILENT_DB = 50.0  # below the loudest band of the loudest frame
_FLOOR = 1e-4  # magnitude below which levels are not told apart


@dataclass(frozen=True)
class LevelTransport:
    """Levels of the content and the levels that they become.

    Args:
        mel: bands, and the way back from them.
        content_db: quantiles of every band of the content, ``(n_bands, n_levels)``.
        style_db: those of the styles.
        strength: how much style, 0 to 1; see `transport_share`.
        gain_before: takes the content to the level that was measured.
        gain_after: takes the whole content, when it was moved, back to its own level.
    """

    mel: Mel
    content_db: Tensor
    style_db: Tensor
    strength: float
    gain_before: float
    gain_after: float

    @classmethod
    def between(
        cls,
        content: Sequence[Tensor],
        styles: Sequence[Tensor],
        weights: Sequence[float],
        *,
        mel: Mel,
        strength: float,
        seed: int,
    ) -> "LevelTransport":
        """Measure both sides.

        Args:
            content: stretches of the content, ``(time,)``.
            styles: stretches of the styles at `LEVEL`, ``(time,)``.
            weights: one per stretch of the styles.
            mel: bands.
            strength: how much style, 0 to 1; see `transport_share`.
            seed: random seed, see `apply`.
        """
        level = root_mean_square(torch.cat(list(content)))
        gain = LEVEL / level
        own = torch.cat([_inner(_levels_db(part * gain, mel), mel) for part in content], -1)
        total = sum(weights)
        style_db = torch.stack(
            [
                weight / total * quantiles(_inner(_levels_db(style, mel), mel))
                for style, weight in zip(styles, weights, strict=True)
            ]
        ).sum(0)
        transport = cls(mel, quantiles(_sounding(own)), style_db, strength, gain, 1.0)
        margin = mel.n_fft
        moved = [
            transport.apply(extended(part, margin), seed=seed)[margin:-margin] for part in content
        ]
        reached = root_mean_square(torch.cat(moved))
        return replace(transport, gain_after=level / max(reached, 1e-9))

    def apply(self, waveform: Tensor, *, seed: int) -> Tensor:
        """Carry a stretch of the content over.

        Args:
            waveform: ``(time,)``, extended beyond its ends.
            seed: random seed of noise where the content has nothing to raise.

        **Shape**: result ``(time,)``.
        """
        waveform = waveform * self.gain_before
        levels_db = _levels_db(waveform, self.mel)
        goals_db = carried(levels_db, self.content_db, self.style_db)
        gains_db = transport_share(self.strength) * (goals_db - levels_db)
        magnitude = 10.0 ** (self._moved(levels_db, gains_db) / 20.0)
        frames = self.mel.compress(magnitude)
        moved = self.mel.synthesise(
            frames[None],
            length=waveform.shape[-1],
            reference=waveform[None],
            generator=torch.Generator().manual_seed(seed),
        )[0]
        return moved * self.gain_after

    def _moved(self, levels_db: Tensor, gains_db: Tensor) -> Tensor:
        """Levels under smoothed gains.

        What is to be raised further than the content reaches is filled up with noise, whose levels
        are not smoothed with the gains: a pause's gain would spill over into the attack after it.
        """
        reach_db = self.mel.largest_gain_db
        raised_db = levels_db + _smoothed(gains_db.clamp_max(reach_db))
        wanted_db = levels_db + gains_db
        filled_db = torch.minimum(wanted_db, _smoothed(wanted_db))
        return torch.where(gains_db > reach_db, torch.maximum(raised_db, filled_db), raised_db)


def transport_share(strength: float) -> float:
    """How far along the way a strength goes, so that timbre follows it evenly.

    >>> transport_share(0.0), round(transport_share(0.75), 3), transport_share(1.0)
    (0.0, 0.875, 1.0)
    """
    return 1.0 - (1.0 - strength) ** 1.5


def _levels_db(waveform: Tensor, mel: Mel) -> Tensor:
    magnitude = mel.decompress(mel.analyse(waveform[None])[0])
    return 20.0 * torch.log10(magnitude.clamp_min(_FLOOR))


def _inner(frames: Tensor, mel: Mel) -> Tensor:
    """Without the frames that look beyond either end, where a cut note is a crack in all bands."""
    n_outer = min(mel.n_fft // (2 * mel.hop_length), (frames.shape[-1] - 1) // 2)
    return frames[:, n_outer : frames.shape[-1] - n_outer]


def _sounding(levels_db: Tensor) -> Tensor:
    """Without frames of silence: how long the content is silent says nothing of its sound."""
    loudest = levels_db.amax(0)
    return levels_db[:, loudest > loudest.max() - _SILENT_DB]


def _smoothed(gains: Tensor) -> Tensor:
    """Hann windows over bands and frames; the ends are held."""
    for reach in (_FRAMES_SMOOTHED, _BANDS_SMOOTHED):
        window = torch.hann_window(2 * reach + 1, periodic=False, device=gains.device)[1:-1]
        window = (window / window.sum()).to(gains.dtype)
        padded = torch.nn.functional.pad(gains[:, None], (reach - 1,) * 2, mode="replicate")
        gains = torch.nn.functional.conv1d(padded, window[None, None])[:, 0].T
    return gains
