"""The spectral envelope over partials, and its levels carried to the style's.

The envelope goes through the levels of the partials themselves, so that it says how loud a partial
at a frequency is and not how near the next one lies. In each band its levels over time are carried
to those of the style in their order (`estilo.dsp.quantiles`): louder notes take the envelope of the
style's louder notes, and tones that die away may last.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from estilo.dsp.quantiles import carried, quantiles
from estilo.dsp.sinusoidal.tracks import Tracks
from estilo.units import hz_to_erb_number

N_BANDS = 40
FLOOR_DB = -100.0  # of full scale
_LOW_HZ, _HIGH_HZ = 30.0, 20_000.0
_FALL_DB = 6.0  # per band, above the highest partial
_MASKED_DB, _MASKED_FALL_DB = 20.0, 4.0  # below a partial, and more for every band from it
_LEAST_HELD = 0.05  # share of the frames that partials are in a band
_PAUSE_DB = 50.0  # below the loudest
_BANDS_SMOOTHED, _FRAMES_SMOOTHED = 2, 3  # half widths of the windows
_MOST_DB, _LEAST_DB = 30.0, -50.0


@dataclass(frozen=True)
class EnvelopeTransport:
    """Levels of the content's envelope and the levels that they become.

    Args:
        content_db: quantiles of every band of the content, ``(N_BANDS, n_levels)``.
        style_db: those of the styles.
        lowest: first band in which the styles have partials.
    """

    content_db: Tensor
    style_db: Tensor
    lowest: int = 0

    @classmethod
    def between(
        cls, content: Sequence[Tracks], styles: Sequence[Tracks], weights: Sequence[float]
    ) -> "EnvelopeTransport":
        """Measure both sides.

        Args:
            content: tracks of stretches of the content.
            styles: tracks of stretches of the styles, as loud as the content.
            weights: one per stretch of the styles.
        """
        own = torch.cat([_sounding(envelope_db(tracks)) for tracks in content])
        strongest = [_strongest_db(tracks) for tracks in styles]
        style_db = torch.stack(
            [
                weight / sum(weights) * quantiles(_sounding(_bridged(each)).T)
                for each, weight in zip(strongest, weights, strict=True)
            ]
        ).sum(0)
        held = torch.stack([(each > FLOOR_DB).float().mean(0) for each in strongest])
        return cls(quantiles(own.T), style_db, int((held.amax(0) > _LEAST_HELD).int().argmax()))

    def gains_db(self, tracks: Tracks, *, share: float) -> Tensor:
        """Gain of every track at every frame, ``(rows, frames)``.

        Args:
            tracks: tracks of the content.
            share: how far along the way.
        """
        levels = envelope_db(tracks)
        goals = carried(levels.T.contiguous(), self.content_db, self.style_db).T
        gains = (goals - levels).clamp(_LEAST_DB, _MOST_DB)
        # There the style's envelope is only held, and would draw the content's rumble up to it.
        gains[:, : self.lowest] = gains[:, self.lowest, None]
        gains = _smoothed(gains)
        place = _places(tracks.frequency_hz.T).clamp(0.0, N_BANDS - 1.0)
        below = place.floor().long().clamp_max(N_BANDS - 2)
        low, high = gains.gather(1, below), gains.gather(1, below + 1)
        return share * torch.lerp(low, high, place - below).T


def envelope_db(tracks: Tracks) -> Tensor:
    """Level of the strongest partial in each band, the gaps between partials bridged.

    What its neighbours would mask is noise between partials, and no part of it. Below the lowest
    partial the envelope is held, above the highest it falls.

    **Shape**: result ``(frames, N_BANDS)``, in dB of full scale.
    """
    return _bridged(_strongest_db(tracks))


def _strongest_db(tracks: Tracks) -> Tensor:
    """Level of the strongest partial in each band; the floor where none is, or its like is masked.

    **Shape**: result ``(frames, N_BANDS)``.
    """
    level, gate = tracks.level_db.T, tracks.gate.T
    band = _places(tracks.frequency_hz.T).round().long().clamp(0, N_BANDS - 1)
    level = torch.where(gate, level, FLOOR_DB).clamp_min(FLOOR_DB)
    strongest = level.new_full((len(level), N_BANDS), FLOOR_DB)
    strongest = strongest.scatter_reduce(1, band, level, "amax")
    band = torch.arange(N_BANDS, device=level.device)
    distance = (band[:, None] - band).abs()
    masking = strongest[:, None] - _MASKED_DB - _MASKED_FALL_DB * distance
    return torch.where(strongest > masking.amax(2), strongest, FLOOR_DB)


def _sounding(envelope: Tensor) -> Tensor:
    """Without pauses: when the content pauses is its own affair."""
    highest = envelope.amax(1)
    return envelope[highest >= highest.max() - _PAUSE_DB]


def _bridged(levels: Tensor) -> Tensor:
    """Straight lines over bands at the floor."""
    band = torch.arange(levels.shape[1], device=levels.device).expand_as(levels)
    is_held = levels > FLOOR_DB
    last = levels.shape[1] - 1
    below = torch.where(is_held, band, -1).cummax(1).values
    above = torch.where(is_held, band, last + 1).flip(1).cummin(1).values.flip(1)
    low = levels.gather(1, below.clamp_min(0))
    high = levels.gather(1, above.clamp_max(last))
    place = (band - below) / (above - below).clamp_min(1)
    between = torch.lerp(low, high, place.to(levels))
    falling = low - _FALL_DB * (band - below)
    bridged = torch.where(below < 0, high, torch.where(above > last, falling, between))
    return bridged.clamp_min(FLOOR_DB)


def _places(frequency_hz: Tensor) -> Tensor:
    """Frequencies as places among the bands."""
    low, high = (float(hz_to_erb_number(hz)) for hz in (_LOW_HZ, _HIGH_HZ))
    number = torch.from_numpy(hz_to_erb_number(frequency_hz.cpu().numpy())).to(frequency_hz)
    return (number - low) / (high - low) * (N_BANDS - 1)


def _smoothed(gains: Tensor) -> Tensor:
    """Hann windows over frames and bands; the ends are held."""
    for reach in (_BANDS_SMOOTHED, _FRAMES_SMOOTHED):
        window = torch.hann_window(2 * reach + 1, periodic=False, device=gains.device)[1:-1]
        window = (window / window.sum()).to(gains.dtype)
        padded = F.pad(gains[:, None], (reach - 1,) * 2, mode="replicate")
        gains = F.conv1d(padded, window[None, None])[:, 0].T
    return gains
