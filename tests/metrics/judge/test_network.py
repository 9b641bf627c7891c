import numpy as np
import pytest
import torch
from torch.nn import functional as F

from estilo.analysis.sound import Sound
from estilo.evaluation.networks.judge import Network
from estilo.metrics.judge.hearing import audible
from estilo.metrics.judge.impression import PER_DB, Impression, distance, impression
from estilo.metrics.judge.judging import timbre_judge
from estilo.metrics.judge.network import _convolved, direction, trained_weights

RATE = 44_100


def tone(pitch_hz, *, partials, seconds=3.0, decay=0.0):
    time_s = np.arange(round(seconds * RATE)) / RATE
    wave = sum(
        np.sin(2 * np.pi * k * pitch_hz * time_s) * gain for k, gain in enumerate(partials, 1)
    )
    return Sound(0.1 * wave * np.exp(-decay * time_s), RATE)


@pytest.fixture
def untrained():
    torch.manual_seed(3)
    network = Network()
    network(torch.rand(8, 80, 50) ** 4)  # so that the normalisations have statistics
    return network.eval()


@pytest.mark.parametrize("n_frames", [1, 7, 64, 333])
def test_it_is_the_network_that_was_trained(untrained, rng, n_frames):
    powers = (rng.random((80, n_frames)) ** 6).astype(np.float32)
    with torch.no_grad():
        theirs = untrained(torch.from_numpy(powers)[None])[0].numpy()
    ours = direction(audible(powers), untrained.weights())
    np.testing.assert_allclose(ours, theirs, atol=2e-5)


@pytest.mark.parametrize("strides", [(1, 1), (2, 1), (2, 2)])
def test_a_convolution_is_that_of_torch(rng, strides):
    x, taps = rng.normal(size=(3, 9, 11)), rng.normal(size=(4, 3, 3, 5))
    bias = rng.normal(size=4)
    theirs = F.relu(
        F.conv2d(
            torch.from_numpy(x)[None],
            torch.from_numpy(taps),
            torch.from_numpy(bias),
            strides,
            (1, 2),
        )
    )
    np.testing.assert_allclose(_convolved(x, taps, bias, strides), theirs[0].numpy(), atol=1e-12)


@pytest.mark.parametrize("n_frames", [128, 129, 511])
def test_blocks_are_heard_as_the_whole(rng, monkeypatch, n_frames):
    of = audible((rng.random((80, n_frames)) ** 6).astype(np.float32))
    whole = direction(of, trained_weights())
    monkeypatch.setattr("estilo.metrics.judge.network._BLOCK_FRAMES", 64)
    np.testing.assert_allclose(direction(of, trained_weights()), whole, atol=1e-5)


def test_silence_makes_no_impression():
    assert impression(Sound(np.zeros(RATE), RATE)) is None


def test_an_equaliser_is_heard_and_makes_no_other_instrument():
    wave = tone(220.0, partials=[1, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1], decay=1.0)
    spectrum = np.fft.rfft(wave.mono_full_rate)
    gain = 10 ** (-6.0 / 20 * np.log2(1 + np.arange(len(spectrum)) / 2000.0))  # 6 dB an octave
    duller = Sound(np.fft.irfft(spectrum * gain, len(wave.mono_full_rate)), RATE)
    other = tone(220.0, partials=[1, 0, 0.9, 0, 0.8, 0, 0.7], decay=0.0)
    assert 0.01 < timbre_judge(wave, duller) < 0.5 * timbre_judge(wave, other)


def test_the_distance_is_that_of_the_formula():
    one = Impression(np.float32([1, 0]), np.float32([10.0, 20.0, 0.0]))
    other = Impression(np.float32([0, 1]), np.float32([20.0, 10.0, 0.0]))
    assert distance(one, one) == 0.0
    assert distance(one, other) == pytest.approx(1.0 + 10.0 * PER_DB)  # the third is not heard


def test_pitch_counts_for_less_than_the_partials():
    hollow, full = [1, 0, 0.4, 0, 0.3, 0, 0.2], [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4]
    anchor = tone(220.0, partials=hollow)
    same, other = tone(293.7, partials=hollow), tone(220.0, partials=full, decay=3.0)
    assert timbre_judge(anchor, same) < 0.6 * timbre_judge(anchor, other)


def test_level_and_hiss_count_for_little(rng):
    wave = tone(220.0, partials=[1, 0.5, 0.3, 0.2], decay=1.0).mono_full_rate
    hiss = 10 ** (-40 / 20) * np.sqrt(np.mean(wave**2)) * rng.normal(size=len(wave))
    assert timbre_judge(Sound(wave, RATE), Sound(0.01 * wave, RATE)) < 1e-3
    assert timbre_judge(Sound(wave, RATE), Sound(wave + hiss, RATE)) < 0.1
