"""Synthesis against the equations of McAulay & Quatieri, written out sample by sample."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from estilo.dsp.sinusoidal.synthesis import heard, running_phase, synthesise
from estilo.dsp.sinusoidal.tracks import Tracks
from estilo.errors import SettingsError

RATE, HOP = 8000, 128


@pytest.fixture
def tracks(rng):
    """Two rows: one track throughout, and two with rests around them; phases near 400 Hz."""
    label = torch.zeros(2, 12, dtype=torch.long)
    label[1] = torch.tensor([-1, -1, 1, 1, 1, -1, 2, 2, 2, 2, -1, -1])
    gate = label.numpy() >= 0
    frequency = np.where(gate, rng.uniform(395.0, 405.0, size=gate.shape), 0.0)
    amplitude = np.where(gate, rng.uniform(0.1, 0.5, size=gate.shape), 0.0)
    running = 2 * np.pi * 400.0 * HOP / RATE * np.arange(12)
    phase = np.where(gate, running + rng.uniform(-0.3, 0.3, size=gate.shape), 0.0)
    values = (torch.from_numpy(each) for each in (frequency, amplitude, phase))
    return Tracks(*values, label, RATE, HOP)


def written_out(tracks, length):
    """Every hop of every row by the equations (30) to (37) of the paper."""
    out = np.zeros(length)
    time, T = np.arange(HOP), HOP
    values = (tracks.frequency_hz, tracks.amplitude, tracks.phase, tracks.label)
    for frequency, amplitude, phase, label in zip(*(v.numpy() for v in values), strict=True):
        speed = 2 * np.pi * frequency / RATE
        for n in range(len(label) - 1):
            is_born, is_dead = label[n] < 0 <= label[n + 1], label[n + 1] < 0 <= label[n]
            if label[n] < 0 and label[n + 1] < 0:
                continue
            w0, w1 = speed[n], speed[n + 1]
            p0, p1 = phase[n], phase[n + 1]
            if is_born:
                w0, p0 = w1, p1 - w1 * T
            if is_dead:
                w1, p1 = w0, p0 + w0 * T
            M = round(((p0 + w0 * T - p1) + (w1 - w0) * T / 2) / (2 * np.pi))
            rest = p1 - p0 - w0 * T + 2 * np.pi * M
            alpha = 3 / T**2 * rest - (w1 - w0) / T
            beta = -2 / T**3 * rest + (w1 - w0) / T**2
            angle = p0 + w0 * time + alpha * time**2 + beta * time**3
            level = amplitude[n] + (amplitude[n + 1] - amplitude[n]) * time / T
            out[n * HOP : (n + 1) * HOP] += level * np.cos(angle)
    return out


def test_synthesis_is_that_of_the_paper(tracks):
    wanted = written_out(tracks, 11 * HOP)
    made = synthesise(tracks, length=11 * HOP).numpy()
    # Steady over blocks of 64 samples where the paper glides.
    assert np.abs(made - wanted).max() < 0.03
    assert np.square(made - wanted).mean() < 1e-3 * np.square(wanted).mean()


def test_any_length_is_given(tracks):
    whole = synthesise(tracks, length=11 * HOP)
    assert torch.equal(synthesise(tracks, length=1000), whole[:1000])
    longer = synthesise(tracks, length=2000)
    assert torch.equal(longer[: 11 * HOP], whole)
    assert not longer[11 * HOP :].any()


def test_the_running_phase_is_the_integral_of_the_frequency():
    frequency = torch.linspace(200.0, 300.0, 50, dtype=torch.float64)[None]
    start = torch.full_like(frequency, 0.7)
    label = torch.zeros(1, 50, dtype=torch.long)
    tracks = Tracks(frequency, torch.ones_like(frequency), start, label, RATE, HOP)
    time = torch.arange(50).double() * HOP / RATE
    slope = 100.0 / float(time[-1])
    exact = 0.7 + 2 * np.pi * (200.0 * time + 0.5 * slope * time**2)
    assert (1.0 - torch.cos(running_phase(tracks) - exact)).max() < 1e-9


def test_a_track_hears_its_own_complex_amplitude(tracks):
    """Of a waveform made of one track at 1.5 times its amplitude and a phase ahead by 0.5."""
    alone = Tracks(
        torch.full((1, 12), 410.0, dtype=torch.float64),
        torch.ones(1, 12, dtype=torch.float64),
        torch.zeros(1, 12, dtype=torch.float64),
        torch.zeros(1, 12, dtype=torch.long),
        RATE,
        HOP,
    )
    alone = replace(alone, phase=running_phase(alone))
    shifted = replace(alone, amplitude=1.5 * alone.amplitude, phase=alone.phase + 0.5)
    window = torch.hann_window(8, dtype=torch.float64)
    found = heard(synthesise(shifted, length=11 * HOP), alone, window=window)[0, 2:-2]
    assert (found.abs() - 1.5).abs().max() < 0.02
    assert (found.angle() - 0.5).abs().max() < 0.02


def test_a_hop_that_is_no_multiple_of_a_block_is_refused(tracks):
    odd = replace(tracks, hop_length=100)
    with pytest.raises(SettingsError, match="multiple of 64 samples, got 100"):
        synthesise(odd, length=500)
