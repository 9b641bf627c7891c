r"""The stereo width of an instrument, without the places that its notes sounded from.

Of the two channels of a note, :math:`M \pm S`, the side :math:`S` is split into what the middle
:math:`M` predicts of it, which is where the note sounded from, and the rest, which is how wide it
was. The rest alone is kept: both channels are then equally loud, whatever gains the content's notes
give to them.
"""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from estilo.audio import Audio
from estilo.dsp.downmix import downmix, downmix_axes
from estilo.sampler.cutting import loudest_db
from estilo.sampler.instrument import Instrument
from estilo.sampler.zones import Zone

_WIDTH = 1e-4  # power of what is not common, from which on there are two channels to be heard
_TINY = 1e-20


def recording_of(style: Tensor, *, n_channels: int, sample_rate: int) -> Audio:
    """A style as instruments are cut out of it.

    Args:
        style: ``(channels, time)``.
        n_channels: number of channels of the output.
        sample_rate: sample rate in Hz.

    Returns:
        One channel; two, whose mean is nearly that one, where style and output are in stereo.

    Example:
        >>> style = torch.tensor([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5]])
        >>> [recording_of(style, n_channels=n, sample_rate=8).samples.shape[0] for n in (1, 2)]
        [1, 2]
    """
    if style.shape[0] == n_channels == 2:
        first = torch.from_numpy(downmix_axes(style.numpy())[0])
        sides = 2.0 * first[:, None] * style
        difference = sides[0] - sides[1]
        if difference.square().sum() > _WIDTH * sides.square().sum():
            return Audio(sides.numpy(), sample_rate)
    return Audio(downmix(style.numpy(), sample_rate), sample_rate)


def centred(instrument: Instrument) -> Instrument:
    """An instrument whose zones all sound from the middle, as wide as they were.

    Args:
        instrument: instrument of recordings with one channel or two.
    """
    zones = tuple(_centred(zone) for zone in instrument.zones)
    level_db = float(np.median([zone.level_db for zone in zones]))
    return replace(instrument, zones=zones, level_db=level_db)


def _centred(zone: Zone) -> Zone:
    if zone.samples.shape[0] == 1:
        return zone
    left, right = zone.samples.astype(np.float64)
    middle, side = 0.5 * (left + right), 0.5 * (left - right)
    side -= (side @ middle) / (middle @ middle + _TINY) * middle
    samples = np.stack([middle + side, middle - side]).astype(np.float32)
    held = samples[:, zone.onset : zone.held]
    level_db = loudest_db(held, sample_rate=zone.sample_rate)
    return replace(zone, samples=samples, level_db=level_db)
