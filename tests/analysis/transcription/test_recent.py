"""What was heard a moment ago is not heard again, and nothing else is taken for it."""

import numpy as np

from estilo import Audio
from estilo.analysis.transcription import Transcription, recent
from estilo.analysis.transcription.recent import N_KEPT, Recent


def _counted(monkeypatch):
    calls = []

    def transcribe(sound):
        calls.append(sound)
        return Transcription(explained=float(len(calls)))

    monkeypatch.setattr(recent, "transcribe", transcribe)
    return calls


def _clip(number, rate=8000):
    return Audio(np.full((2, 100), 0.01 * number), rate)


def test_equal_samples_are_heard_once(monkeypatch):
    calls, own = _counted(monkeypatch), Recent()
    assert own.transcribe(_clip(1)) is own.transcribe(_clip(1))
    assert len(calls) == 1


def test_other_samples_rates_and_channels_are_heard(monkeypatch):
    calls, own = _counted(monkeypatch), Recent()
    samples = _clip(1).samples
    for each in (_clip(1), _clip(2), _clip(1, 16_000), Audio(samples.reshape(1, -1), 8000)):
        own.transcribe(each)
    assert len(calls) == 4


def test_only_the_last_ones_are_kept(monkeypatch):
    calls, own = _counted(monkeypatch), Recent()
    for number in (0, 1, 0, *range(2, N_KEPT + 1)):
        own.transcribe(_clip(number))
    assert len(calls) == N_KEPT + 1
    own.transcribe(_clip(0))
    assert len(calls) == N_KEPT + 1
    own.transcribe(_clip(1))
    assert len(calls) == N_KEPT + 2
