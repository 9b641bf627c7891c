import itertools
import math

import numpy as np
import pytest
from scipy import signal

from estilo.dsp.crossover import band_filter


def response_db(chosen, frequencies_hz, sample_rate):
    _, response = signal.freqz(chosen.taps.numpy(), worN=frequencies_hz, fs=sample_rate)
    return 20.0 * np.log10(np.maximum(np.abs(response), 1e-9))


@pytest.mark.parametrize("sample_rate", [8000, 44_100])
@pytest.mark.parametrize("edges", [[200.0], [60.0, 300.0, 3000.0], [20.0, 25.0, 3999.0]])
def test_bands_side_by_side_sum_to_one(edges, sample_rate):
    bands = itertools.pairwise([0.0, *edges, math.inf])
    filters = [band_filter([band], sample_rate=sample_rate) for band in bands]
    half = max(each.centre for each in filters)
    total = sum(np.pad(each.taps.numpy(), half - each.centre) for each in filters)
    np.testing.assert_allclose(total, np.eye(1, 2 * half + 1, half)[0], atol=1e-12)


@pytest.mark.parametrize("edge_hz", [60.0, 200.0, 2000.0])
def test_a_low_pass_is_what_kaisers_formulas_promise(edge_hz):
    """Passed to a hundredth of a dB, halved at its edge, 80 dB down beyond; no phase."""
    chosen = band_filter([(0.0, edge_hz)], sample_rate=44_100)
    width_hz = max(0.25 * edge_hz, 25.0)
    passed = np.linspace(0.0, edge_hz - 0.55 * width_hz, 50)
    stopped = np.linspace(edge_hz + 0.55 * width_hz, 22_050.0, 2000)
    assert np.abs(response_db(chosen, passed, 44_100)).max() < 0.01
    assert response_db(chosen, np.array([edge_hz]), 44_100)[0] == pytest.approx(-6.0, abs=0.2)
    assert response_db(chosen, stopped, 44_100).max() < -76.0
    np.testing.assert_array_equal(chosen.taps, chosen.taps.flip(0))


def test_several_bands_are_one_filter():
    apart = [band_filter([band], sample_rate=8000) for band in ((0.0, 200.0), (1000.0, math.inf))]
    both = band_filter([(0.0, 200.0), (1000.0, math.inf)], sample_rate=8000)
    half = both.centre
    total = sum(np.pad(each.taps.numpy(), half - each.centre) for each in apart)
    np.testing.assert_allclose(both.taps, total, atol=1e-12)


def test_the_whole_spectrum_is_no_filter():
    assert band_filter([(0.0, math.inf)], sample_rate=8000).taps.tolist() == [1.0]
    assert band_filter([(0.0, 4000.0)], sample_rate=8000).taps.tolist() == [1.0]
