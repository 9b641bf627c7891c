r"""Where exactly grains are read, so that they swing with the content.

Grains that follow each other without playing on meet with any phases: what is heard of them is off
in pitch, by up to half a semitone, and cancels where they overlap. So each is read a little
earlier or later, where it and the content's frame swing together: at the lag :math:`\tau` with the
largest :math:`r(\tau) = \sum_f \overline{S(f)} G(f) e^{2 \pi i f \tau}`. All grains then keep the
content's phase, and a row of them its frequency.
"""

import torch
from torch import Tensor

_REACH_S = 0.0125  # half a period of the lowest note of a bass
_FAR = 0.1  # that a lag at the end of the reach must be better than one of none
_ALIKE = 0.3  # of a full correlation: noise, which swings with nothing, stays below


def lags(content: Tensor, grains: Tensor, *, sample_rate: int) -> Tensor:
    """How much later grains must be read to swing with the content.

    Args:
        content: complex spectra of the content's frames, ``(frames, bins)``.
        grains: complex spectra of grains, some for every frame: ``(frames, count, bins)``.
        sample_rate: sample rate in Hz.

    Returns:
        Lags in samples of the content's rate, 0 where a grain has too little in common with its
        frame: ``(frames, count)``.

    Example:
        >>> time = torch.arange(256.0)
        >>> spectra = [torch.fft.rfft(torch.hann_window(256) * torch.sin(0.2 * (time + late)))
        ...            for late in (0.0, 5.0)]
        >>> lags(spectra[1][None], spectra[0][None, None], sample_rate=1600).item()
        5
    """
    n_fft = 2 * (content.shape[-1] - 1)
    reach = min(round(_REACH_S * sample_rate), n_fft // 8)
    cross = content.conj()[:, None] * grains
    cross[..., 0] = 0.0
    likeness = torch.fft.irfft(cross, n=n_fft)
    places = torch.arange(-reach, reach + 1, device=content.device)
    likeness = likeness[..., places % n_fft]
    nearness = 1.0 - _FAR * places.abs() / max(reach, 1)
    best = (likeness * nearness).max(-1).indices
    power = (energy(content)[:, None] * energy(grains)).sqrt()
    reached = likeness.gather(-1, best[..., None])[..., 0]
    return torch.where(reached > _ALIKE * power, places[best], 0)


def energy(spectra: Tensor) -> Tensor:
    """What a waveform's squares add up to, from half of its spectrum and without its mean.

    Args:
        spectra: complex, ``(..., bins)``.

    **Shape**: result ``(...)``.
    """
    return spectra[..., 1:].abs().square().sum(-1) / (spectra.shape[-1] - 1)
