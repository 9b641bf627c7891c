"""What happens at once, apart from what lasts: a harmonic-percussive split by median filters."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from estilo.dsp.stft import istft, power_of_two_near, stft

_WINDOW_S = 0.0116
_N_FRAMES, _N_BINS = 9, 17  # 52 ms and 1.5 kHz
_SEPARATION = 2.0


def percussive(waveform: Tensor, *, sample_rate: int) -> Tensor:
    """The clicks and strokes of a recording.

    A stroke is a column of the spectrogram and what lasts is a row: a median over frequency keeps
    columns, one over time rows (Fitzgerald 2010, "Harmonic/percussive separation using median
    filtering", DAFx). What stands out of its row by a factor of 2 counts as a stroke (Driedger,
    Müller & Disch 2014, "Extending harmonic-percussive separation of audio", ISMIR), so that steady
    noise is none.

    Args:
        waveform: ``(time,)``.
        sample_rate: in Hz.

    **Shape**: result ``(time,)``.

    Example:
        >>> noise = 0.01 * torch.randn(8000, generator=torch.Generator().manual_seed(0))
        >>> noise[4000] += 1.0
        >>> strokes = percussive(noise, sample_rate=8000)
        >>> bool(strokes[4000] > 0.9), bool(strokes[:3500].square().mean() < 1e-5)
        (True, True)
    """
    n_fft = power_of_two_near(_WINDOW_S, sample_rate=sample_rate, least=64)
    sizes: dict[str, Any] = {"n_fft": n_fft, "hop_length": n_fft // 2}
    spectrum = stft(waveform, **sizes)
    magnitude = spectrum.abs()
    lasting = _running_median(magnitude, _N_FRAMES)
    at_once = _running_median(magnitude.T, min(_N_BINS, 2 * (magnitude.shape[0] // 4) + 1)).T
    is_stroke = at_once > _SEPARATION * lasting
    return istft(spectrum * is_stroke, length=waveform.shape[-1], **sizes)


def _running_median(values: Tensor, size: int) -> Tensor:
    """Median over ``size`` neighbours along the last axis; the ends are held."""
    reach = size // 2
    padded = F.pad(values[None], (reach, reach), mode="replicate")[0]
    return torch.cat([part.unfold(1, size, 1).median(-1).values for part in padded.split(64)])
