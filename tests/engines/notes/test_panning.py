"""Where notes are heard from in recordings that were mixed from known parts."""

import numpy as np
import pytest
import torch

from estilo.analysis.transcription.heard import HeardNote
from estilo.engines.notes.panning import Panned

RATE = 16_000
TIME_S = np.arange(2 * RATE) / RATE


def _tone(hz):
    return 0.1 * sum(np.sin(2 * np.pi * k * hz * TIME_S) / k for k in range(1, 6))


def test_two_notes_at_once_have_their_own_places():
    low, high = _tone(261.63), _tone(415.3)
    content = torch.from_numpy(np.stack([0.9 * low + 0.2 * high, 0.3 * low + 0.8 * high]))
    notes = [HeardNote(0.2, 1.8, 60.0, -10.0), HeardNote(0.2, 1.8, 68.0, -10.0)]
    panned = Panned(content.float(), notes, RATE)
    for number, ratio in ((0, 3.0), (1, 0.25)):
        left, right = panned(number)
        assert left / right == pytest.approx(ratio, rel=0.05)
        assert np.mean(np.square(panned(number))) == pytest.approx(1.0, abs=1e-5)


def test_one_channel_and_nothing_to_hear():
    note = HeardNote(0.5, 1.0, 69.0, -10.0)
    assert Panned(torch.from_numpy(_tone(440.0))[None].float(), [note], RATE)(0).tolist() == [1.0]
    silent = Panned(torch.zeros(2, RATE), [note, HeardNote(1.0, 1.2, 69.0, 0.0)], RATE)
    assert silent(0).tolist() == [1.0, 1.0]
    assert silent(1).tolist() == [1.0, 1.0]
