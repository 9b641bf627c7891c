"""Where grains are read, on sounds whose delay is known."""

import numpy as np
import pytest
import torch

from estilo.dsp.stft import stft
from estilo.engines.mosaic.alignment import lags

RATE, N_FFT = 8000, 1024


def frames(samples: np.ndarray) -> torch.Tensor:
    return stft(torch.from_numpy(samples.astype(np.float32)), n_fft=N_FFT, hop_length=N_FFT // 2).T


@pytest.mark.parametrize("later", [-20, -3, 0, 7, 35])
@pytest.mark.parametrize("hz", [70.0, 220.0])
def test_a_tone_is_read_where_it_swings_as_the_frame_does(hz: float, later: int) -> None:
    phases = 2.0 * np.pi * hz * np.arange(2 * RATE) / RATE
    heard, grain = (frames(np.sin(phases + 2.0 * np.pi * hz * n / RATE)) for n in (later, 0))
    found = lags(heard[2:-2], grain[2:-2, None], sample_rate=RATE)[:, 0]
    periods = (found - later) * hz / RATE
    assert float((periods - periods.round()).abs().max()) < 0.6 * hz / RATE


def test_what_is_there_already_and_what_swings_with_nothing_stay(rng: np.random.Generator) -> None:
    heard, other = (frames(rng.standard_normal(2 * RATE)) for _ in range(2))
    assert not lags(heard, torch.stack([heard, other], 1), sample_rate=RATE).any()
