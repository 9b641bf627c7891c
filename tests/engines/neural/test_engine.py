import numpy as np
import pytest
import torch
from clips import melody, rain, task

from estilo.engines.base import run
from estilo.engines.neural.controls import Controls
from estilo.engines.neural.engine import NeuralEngine
from estilo.engines.neural.level_matching import LevelMatching
from estilo.engines.neural.listening import listen
from estilo.engines.neural.settings import NeuralSettings
from estilo.engines.neural.style_card import ClipCard
from estilo.engines.neural.style_file import make_style
from estilo.engines.neural.weights import read_weights

RATE = 48000


def asked(*, gain=1.0, style=None):
    wanted = task(gain * rain(3.0, RATE), melody(2.0, RATE), sample_rate=RATE)
    return wanted if style is None else type(wanted)(**vars(wanted) | {"styles": (style,)})


def played(task, weights, **settings):
    return run(NeuralEngine(NeuralSettings(weights=weights, **settings)), task)[0]


def rms(samples):
    return float(samples.square().mean().sqrt())


@pytest.mark.parametrize("level_matching", [0.0, 1.0])
def test_softer_contents_are_played_softer(weights, level_matching):
    loud, soft = (
        played(asked(gain=gain), weights, level_matching=level_matching) for gain in (1.0, 0.01)
    )
    assert rms(100.0 * soft - loud) < 1e-3 * rms(loud)


def test_no_strength_is_the_content(weights):
    out = played(asked(), weights, strength=0.0, level_matching=1.0)
    torch.testing.assert_close(out, asked().content, atol=1e-6, rtol=0.0)


@pytest.mark.parametrize("seconds", [3.0, 0.02])
def test_levels_are_fitted_to_the_style_from_the_start(weights, seconds, monkeypatch):
    """Levels before and after, their quantiles by numpy, against those of the style."""
    before, after = [], []
    forward = LevelMatching.forward

    def spied(self, levels, *arguments):
        out, state = forward(self, levels, *arguments)
        before.append(levels)
        after.append(out)
        return out, state

    monkeypatch.setattr(LevelMatching, "forward", spied)
    played(asked(), weights, level_matching=1.0)
    n_frames = round(seconds * RATE / 512)
    ranks = 0.5 - 0.5 * np.cos(np.pi * np.arange(33) / 32)
    style = listen(read_weights(weights)[0], asked().styles[0]).levels[0].numpy().T
    far, near = (
        np.quantile(torch.cat(each, 1)[0, :n_frames].numpy(), ranks, axis=0)
        for each in (before, after)
    )
    if n_frames > 10:
        assert np.abs(near - style)[:, 40:].mean() < 0.5 * np.abs(far - style)[:, 40:].mean()
    else:  # what was learnt of the whole content holds for the first frames
        assert np.abs(near - far).mean() > 0.3


def test_style_files_are_fitted_to_as_recordings_are(weights):
    network, _ = read_weights(weights)
    origin = ClipCard(name="a.wav", sha256="0" * 64, offset_s=0.0, duration_s=2.0, weight=1.0)
    clip = asked().styles[0]
    file = make_style(network, [clip], [1.0], origins=[origin], name="S")
    recorded, kept = (
        played(asked(style=each), weights, level_matching=1.0) for each in (clip, file)
    )
    assert rms(kept - recorded) < 0.02 * rms(recorded)
    assert rms(kept - played(asked(style=file), weights, level_matching=0.0)) > 0.1 * rms(recorded)


def test_all_of_a_long_content_is_not_needed(weights, monkeypatch):
    monkeypatch.setattr("estilo.engines.neural.engine._LONGEST_S", 1.0)
    short = played(asked(), weights, level_matching=1.0)
    monkeypatch.undo()
    whole = played(asked(), weights, level_matching=1.0)
    assert 0.0 < rms(short - whole) < 0.3 * rms(whole)


def test_the_default_is_that_of_the_controls():
    assert NeuralSettings().level_matching == Controls().level_matching
