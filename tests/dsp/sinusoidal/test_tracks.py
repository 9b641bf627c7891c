"""Peaks of known sines, and tracks against a loop over frames and peaks."""

import itertools

import numpy as np
import pytest
import torch

from estilo.dsp.sinusoidal.peaks import Peaks, spectral_peaks
from estilo.dsp.sinusoidal.tracks import link

RATE, HOP = 16_000, 256
SIZES = {"n_fft": 2048, "hop_length": HOP, "win_length": 1024, "window": "blackman"}


def test_peaks_have_frequency_amplitude_and_phase_of_the_sines():
    frequencies, amplitudes, phases = [440.3, 1234.5, 4321.0], [0.5, 0.2, 0.01], [0.3, -2.0, 1.0]
    time = np.arange(RATE) / RATE
    sines = [
        a * np.cos(2 * np.pi * f * time + p)
        for f, a, p in zip(frequencies, amplitudes, phases, strict=True)
    ]
    waveform = torch.from_numpy(np.sum(sines, 0))
    peaks = spectral_peaks(waveform, sample_rate=RATE, n_peaks=3, floor_db=-80.0, **SIZES)
    inner = slice(4, -4)
    assert peaks.frequency_hz[inner].sub(torch.tensor(frequencies)).abs().max() < 0.1
    ratio = peaks.amplitude[inner] / torch.tensor(amplitudes)
    assert (20 * torch.log10(ratio)).abs().max() < 0.05
    centres = torch.arange(len(peaks.phase))[inner, None] * HOP / RATE
    true_phase = 2 * np.pi * torch.tensor(frequencies) * centres + torch.tensor(phases)
    assert (1.0 - torch.cos(peaks.phase[inner] - true_phase)).max() < 1e-3


def test_missing_peaks_are_infinite_and_silent():
    tone = torch.cos(0.3 * torch.arange(8000.0))
    peaks = spectral_peaks(tone, sample_rate=RATE, n_peaks=50, floor_db=-10.0, **SIZES)
    assert peaks.is_peak[5:-5].sum(1).unique().tolist() == [1]
    assert not peaks.amplitude[~peaks.is_peak].any()
    silence = spectral_peaks(0 * tone, sample_rate=RATE, n_peaks=50, floor_db=-90.0, **SIZES)
    assert not silence.is_peak.any()


@pytest.fixture
def peaks(rng):
    """Random ones, some frames emptier than others."""
    frequency = np.sort(rng.uniform(100.0, 3000.0, size=(60, 12)), 1)
    frequency[np.arange(12) >= rng.integers(0, 13, size=60)[:, None]] = np.inf
    amplitude = np.where(np.isfinite(frequency), rng.uniform(0.1, 1.0, size=(60, 12)), 0.0)
    return Peaks(*(torch.from_numpy(each) for each in (frequency, amplitude, amplitude)))


def chains(frequency, *, deviation_hz, deviation_share):
    """What `link` does, peak by peak: every chain as a list of (frame, frequency)."""
    open_chains, done = {}, []
    for n, row in enumerate(frequency):
        own = [f for f in row if np.isfinite(f)]
        before = [] if n == 0 else [f for f in frequency[n - 1] if np.isfinite(f)]
        carried_on = {}
        for f in own:
            chain = None
            if before:
                near = min(before, key=lambda g, f=f: abs(g - f))
                is_mutual = min(own, key=lambda g, near=near: abs(g - near)) == f
                if is_mutual and abs(near - f) <= deviation_hz + deviation_share * f:
                    chain = open_chains.pop(near)
            if chain is None:
                done.append([])
                chain = done[-1]
            chain.append((n, f))
            carried_on[f] = chain
        open_chains = carried_on
    return done


@pytest.mark.parametrize("n_rest", [0, 1, 3])
@pytest.mark.parametrize("n_frames_min", [1, 3])
def test_tracks_are_those_of_a_loop_over_peaks(peaks, n_frames_min, n_rest):
    deviation = {"deviation_hz": 80.0, "deviation_share": 0.02}
    tracks = link(
        peaks,
        sample_rate=RATE,
        hop_length=HOP,
        n_frames_min=n_frames_min,
        n_rest=n_rest,
        **deviation,
    )
    wanted = [c for c in chains(peaks.frequency_hz.numpy(), **deviation) if len(c) >= n_frames_min]
    found = []
    for number in range(tracks.n_tracks):
        rows, frames = torch.nonzero(tracks.label == number, as_tuple=True)
        assert rows.unique().numel() == 1
        found.append(
            list(zip(frames.tolist(), tracks.frequency_hz[rows, frames].tolist(), strict=True))
        )
    assert sorted(found) == sorted(wanted)


@pytest.mark.parametrize("n_rest", [0, 1, 3])
def test_rows_are_as_few_as_can_be_and_rest_between_tracks(peaks, n_rest):
    tracks = link(
        peaks,
        sample_rate=RATE,
        hop_length=HOP,
        deviation_hz=80.0,
        deviation_share=0.02,
        n_frames_min=1,
        n_rest=n_rest,
    )
    busy = np.zeros(200, dtype=int)
    for number in range(tracks.n_tracks):
        frames = torch.nonzero(tracks.label == number)[:, 1]
        busy[int(frames.min()) : int(frames.max()) + 1 + n_rest] += 1
    assert len(tracks.label) == busy.max()
    for row in tracks.label.tolist():
        sounding = [(frame, number) for frame, number in enumerate(row) if number >= 0]
        for (here, one), (there, other) in itertools.pairwise(sounding):
            assert one == other or there - here > n_rest
    assert not tracks.frequency_hz[~tracks.gate].any()
    assert (
        torch.equal(
            tracks.goes_on, tracks.label[:, 1:].eq(tracks.label[:, :-1]) & tracks.gate[:, 1:]
        )
        or n_rest == 0
    )


def test_nothing_to_link_gives_no_tracks():
    nothing = torch.full((5, 3), torch.inf)
    tracks = link(
        Peaks(nothing, torch.zeros(5, 3), torch.zeros(5, 3)),
        sample_rate=RATE,
        hop_length=HOP,
        deviation_hz=20.0,
        deviation_share=0.02,
        n_frames_min=1,
    )
    assert tracks.n_tracks == 0
    assert tracks.label.shape == (0, 5)


def test_what_jumps_is_no_track():
    """One peak glides by 5 Hz a frame, which has no second difference; one jumps by 10 Hz."""
    glide = 500.0 + 5.0 * torch.arange(20.0)
    jump = 2000.0 + 10.0 * (torch.arange(20) % 2)
    frequency = torch.stack([glide, jump], 1)
    peaks = Peaks(frequency, torch.ones(20, 2), torch.zeros(20, 2))
    sizes = {"sample_rate": RATE, "hop_length": HOP, "deviation_share": 0.0, "n_frames_min": 3}
    for bend_hz, n_tracks in ((25.0, 2), (15.0, 1)):
        tracks = link(peaks, deviation_hz=20.0, bend_most_hz=bend_hz, **sizes)
        assert tracks.n_tracks == n_tracks
    torch.testing.assert_close(tracks.frequency_hz[0], glide)
    assert link(peaks, deviation_hz=20.0, deviation_most_hz=7.0, **sizes).n_tracks == 1
