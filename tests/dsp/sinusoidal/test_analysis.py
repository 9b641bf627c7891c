"""What the analysis promises: known partials found, recordings given back, noise coded."""

import math
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from estilo.analysis.sound import Sound
from estilo.analysis.spectra import banded_power, mel_weights, power_to_db
from estilo.dsp.sinusoidal.analysis import SineAnalysis
from estilo.dsp.sinusoidal.noise import CodedNoise
from estilo.dsp.sinusoidal.parts import split
from estilo.dsp.sinusoidal.synthesis import synthesise
from estilo.io import load

AUDIO = Path(os.environ["ESTILO_AUDIO"])
CLIPS = sorted(path.name for path in AUDIO.glob("*.*") if path.suffix in (".wav", ".ogg"))


def clip(name, *, duration_s):
    audio = load(AUDIO / name, duration_s=duration_s)
    return torch.from_numpy(audio.samples.mean(0)), audio.sample_rate


def snr_db(wanted, made):
    return 10 * math.log10(float(wanted.square().sum() / (wanted - made).square().sum()))


@pytest.mark.parametrize("sample_rate", [22_050, 44_100])
def test_partials_with_vibrato_are_found_within_a_hertz_and_half_a_decibel(sample_rate):
    time = np.arange(2 * sample_rate) / sample_rate
    pitch = 220.0 * 2.0 ** (0.3 / 12 * np.sin(2 * np.pi * 5.5 * time))
    angle = 2 * np.pi * np.cumsum(pitch) / sample_rate
    numbers, levels = np.arange(1, 11), 0.3 / np.arange(1, 11)
    waveform = sum(a * np.cos(k * angle + k) for k, a in zip(numbers, levels, strict=True))
    tracks = SineAnalysis()(torch.from_numpy(waveform).float(), sample_rate=sample_rate)
    inner = slice(8, -8)
    frames = np.arange(tracks.label.shape[1])[inner] * tracks.hop_length
    for number, level in zip(numbers, levels, strict=True):
        wanted = torch.from_numpy(number * pitch[frames])
        error, row = (tracks.frequency_hz[:, inner] - wanted).abs().min(0)
        found = tracks.level_db[:, inner].gather(0, row[None])[0]
        assert error.max() < 1.0
        assert (found - 20 * math.log10(level)).abs().max() < 0.5


def test_never_more_sines_than_asked_for_and_none_in_silence():
    time = torch.arange(8000.0) / 16_000
    chord = sum(0.05 * torch.cos(2000.0 * k * time) for k in range(1, 13))
    tracks = SineAnalysis(n_sines=8)(chord, sample_rate=16_000)
    assert tracks.gate.sum(0).max() == 8
    assert SineAnalysis()(torch.zeros(8000), sample_rate=16_000).n_tracks == 0


@pytest.mark.parametrize("n_samples", [1, 50, 999, 4097])
def test_the_parts_of_any_recording_add_up_to_it(rng, n_samples):
    waveform = torch.from_numpy(rng.standard_normal(n_samples)).float()
    parts = split(waveform, sample_rate=8000)
    assert snr_db(waveform, parts.sines + parts.transients + parts.noise) > 60.0
    assert torch.equal(parts.residual, parts.transients + parts.noise)


@pytest.mark.needs_recordings
@pytest.mark.parametrize("name", ["violin-B3.wav", "flute-A4.wav", "cello-phrase.wav"])
def test_sines_alone_reach_20_db_where_an_instrument_is_steady(name):
    waveform, sample_rate = clip(name, duration_s=3.0)
    tracks = SineAnalysis()(waveform, sample_rate=sample_rate)
    residual = waveform - synthesise(tracks, length=len(waveform))
    size = sample_rate // 20
    n = len(waveform) // size * size
    power, left = (each[:n].reshape(-1, size).square().mean(1) for each in (waveform, residual))
    steady = power > 0.1 * power.max()
    steady[1:] &= (power[1:] / power[:-1]).log10().abs() < 0.2
    assert steady.sum() > 10
    assert 10 * torch.log10(power[steady].sum() / left[steady].sum()) > 20.0


@pytest.mark.needs_recordings
@pytest.mark.parametrize("name", CLIPS or ["any"])
def test_the_coded_residual_is_within_3_db(name):
    waveform, sample_rate = clip(name, duration_s=2.0)
    residual = waveform - synthesise(
        SineAnalysis()(waveform, sample_rate=sample_rate), length=len(waveform)
    )
    coded = CodedNoise.of(residual, sample_rate=sample_rate).decode(
        length=len(waveform), generator=torch.Generator().manual_seed(0)
    )
    levels = [log_mel(each, sample_rate) for each in (waveform, waveform - residual + coded)]
    assert np.abs(levels[0] - levels[1]).mean() < 3.0


def log_mel(waveform, sample_rate):
    """128 mel bands up to 8 kHz, in dB with a floor 80 dB below the peak."""
    mono = Sound(waveform.double().numpy(), sample_rate).mono.astype(np.float64)
    return power_to_db(banded_power(mono, mel_weights(), n_fft=2048, hop_length=512))
