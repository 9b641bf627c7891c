import numpy as np
import pytest
import torch

from estilo.engines.excerpts import excerpts, root_mean_square


def test_short_recordings_are_taken_whole() -> None:
    waveform = torch.arange(10.0)
    (part,) = excerpts(waveform, longest=10)
    assert torch.equal(part, waveform)


def test_long_ones_give_evenly_spaced_stretches_from_end_to_end() -> None:
    waveform = torch.arange(1000.0)
    parts = excerpts(waveform, longest=100)
    assert [len(part) for part in parts] == [25] * 4
    assert parts[0][0] == 0.0
    assert parts[-1][-1] == 999.0
    starts = [float(part[0]) for part in parts]
    assert starts == pytest.approx([0.0, 325.0, 650.0, 975.0])


def test_level_is_that_of_numpy_across_blocks(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = rng.standard_normal(1001).astype(np.float32)
    expected = float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))
    for block in (1 << 22, 64):
        monkeypatch.setattr("estilo.engines.excerpts._BLOCK", block)
        assert root_mean_square(torch.from_numpy(samples)) == pytest.approx(expected)
    assert root_mean_square(torch.zeros(0)) == 0.0
