"""An optimisation that begins at what another engine has made."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from clips import melody, rain, task

from estilo.engines.base import run
from estilo.engines.optimise.engine import OptimiseEngine
from estilo.engines.optimise.settings import OptimiseSettings

RATE = 8000
CONTENT, STYLE, BEGUN = melody(1.0, RATE), rain(0.8, RATE), melody(1.0, RATE, seed=7)


def output(begun: np.ndarray | None = None, **settings: Any) -> np.ndarray:
    asked = task(CONTENT, STYLE, sample_rate=RATE)
    if begun is not None:
        asked = replace(asked, start=torch.from_numpy(begun[None]))
    made, _ = run(OptimiseEngine(OptimiseSettings(n_steps=4, **settings)), asked)
    return made[0].numpy()


def likeness(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a, b)[0, 1])


def test_it_is_made_of_what_was_begun() -> None:
    """Phases tell from what: two melodies of different notes have nothing in common in them."""
    usual, begun = output(strength=0.3), output(BEGUN, strength=0.3)
    assert likeness(usual, CONTENT) > 0.2 > 0.1 > abs(likeness(usual, BEGUN))
    assert likeness(begun, BEGUN) > 0.2 > 0.1 > abs(likeness(begun, CONTENT))


def test_but_what_is_kept_is_the_content() -> None:
    """In levels of bands over time, of which it has more the more it is told to keep."""

    def levels(waveform: np.ndarray) -> np.ndarray:
        spectrum = torch.stft(
            torch.from_numpy(waveform), 512, window=torch.hann_window(512), return_complex=True
        )
        bands = torch.nn.functional.avg_pool1d(spectrum.abs().T, 8).log1p()
        return (bands - bands.mean(0)).flatten().numpy()

    far, near = (levels(output(BEGUN, strength=strength)) for strength in (1.0, 0.1))
    own, begun = levels(CONTENT), levels(BEGUN)
    assert likeness(near, own) > likeness(far, own)
    assert likeness(near, own) > likeness(begun, own) + 0.2


def test_silence_is_no_beginning() -> None:
    np.testing.assert_array_equal(output(0.0 * BEGUN), output())
