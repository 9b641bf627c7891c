"""Sinusoids, transients and noise: how well they give recordings back, and how fast.

Clips that the project makes, and recordings where there are any, their first ten seconds at most,
100 sines; then partials whose frequencies and levels are known; then times of one core.
"""

import argparse
import math
from functools import partial
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from common import processor_s, write_picture, write_table
from estilo.analysis.sound import Sound
from estilo.analysis.spectra import banded_power, mel_weights, power_to_db
from estilo.dsp.sinusoidal.analysis import SineAnalysis
from estilo.dsp.sinusoidal.noise import CodedNoise
from estilo.dsp.sinusoidal.parts import split
from estilo.dsp.sinusoidal.synthesis import synthesise
from estilo.io import load
from estilo.plots import png
from material import RATE_HZ, audio_folder, has_recordings, made

DURATION_S = 10.0
COUNTS = (8, 16, 32, 100, 150)
VIBRATOS = ((0.0, 0.0), (15.0, 4.0), (30.0, 5.5), (60.0, 6.5))
N_PARTIALS, PITCH_HZ, RATE = 10, 220.0, 44_100
PICTURED = "additive"
MADE = ("melody", "bells", "drums", "plucked", "additive", "fm", "subtractive", "stream", "wind")
N_TIMED = 5


def clip(name: str, *, duration_s: float = DURATION_S) -> tuple[Tensor, int]:
    """A mono clip: a recording at its own rate, or one that the project makes.

    Args:
        name: of the recording's file, or as for `made`.
        duration_s: length at most, in seconds.
    """
    folder = audio_folder()
    if Path(name).suffix and folder is not None:
        audio = load(folder / name, duration_s=duration_s)
    else:
        audio = made(name, duration_s=duration_s, sample_rate=RATE_HZ)
    return torch.from_numpy(audio.samples.mean(0)), audio.sample_rate


def snr_db(wanted: Tensor, found: Tensor) -> float:
    """Signal to noise ratio in dB.

    Args:
        wanted: the signal; **shape** ``(time,)``.
        found: the signal with its noise; **shape** ``(time,)``.
    """
    left = (wanted - found).double().square().sum().clamp_min(1e-30)
    return 10.0 * math.log10(float(wanted.double().square().sum() / left))


def steady_snr_db(wanted: Tensor, found: Tensor, sample_rate: int) -> float:
    """Over stretches of 50 ms within 10 dB of the loudest that follow one of the same level.

    Args:
        wanted: the signal; **shape** ``(time,)``.
        found: the signal with its noise; **shape** ``(time,)``.
        sample_rate: in Hz.
    """
    size = sample_rate // 20
    n = len(wanted) // size * size
    power, left = (each[:n].reshape(-1, size).square().mean(1) for each in (wanted, wanted - found))
    steady = power > 0.1 * power.max()
    steady[1:] &= (power[1:] / power[:-1]).log10().abs() < 0.2
    return 10.0 * math.log10(float(power[steady].sum() / left[steady].sum()))


def log_mel(waveform: Tensor, sample_rate: int) -> np.ndarray:
    """128 mel bands up to 8 kHz, in dB with a floor 80 dB below the peak."""
    mono = Sound(waveform.double().numpy(), sample_rate).mono.astype(np.float64)
    return power_to_db(banded_power(mono, mel_weights(), n_fft=2048, hop_length=512))


def reconstruction(name: str, *, duration_s: float) -> list[object]:
    """A row of the first table.

    Args:
        name: as for `clip`.
        duration_s: length at most, in seconds.
    """
    waveform, sample_rate = clip(name, duration_s=duration_s)
    parts = split(waveform, sample_rate=sample_rate)
    coded = CodedNoise.of(parts.residual, sample_rate=sample_rate).decode(
        length=len(waveform), generator=torch.Generator().manual_seed(0)
    )
    exact = parts.sines + parts.transients + parts.noise
    wanted, alone, whole = (
        log_mel(each, sample_rate) for each in (waveform, parts.sines, parts.sines + coded)
    )
    share = [
        float(each.square().mean() / waveform.square().mean())
        for each in (parts.transients, parts.noise)
    ]
    return [
        name,
        f"{len(waveform) / sample_rate:.1f}",
        f"{float(parts.tracks.gate.sum(0).float().mean()):.0f}",
        f"{snr_db(waveform, parts.sines):.1f}",
        f"{steady_snr_db(waveform, parts.sines, sample_rate):.1f}",
        " / ".join(f"{10 * math.log10(max(each, 1e-9)):.0f}" for each in share),
        f"{snr_db(waveform, exact):.0f}",
        f"{np.abs(wanted - alone).mean():.2f}",
        f"{np.abs(wanted - whole).mean():.2f}",
    ]


def accuracy(cents: float, rate_hz: float) -> list[object]:
    """A row of the second table: largest and 95th percentile of errors over all partials."""
    time_s = np.arange(3 * RATE) / RATE
    pitch = PITCH_HZ * 2.0 ** (cents / 1200.0 * np.sin(2 * np.pi * rate_hz * time_s))
    angle = 2 * np.pi * np.cumsum(pitch) / RATE
    numbers = np.arange(1, N_PARTIALS + 1)
    waveform = np.sum([0.3 / k * np.cos(k * angle + k) for k in numbers], 0)
    tracks = SineAnalysis()(torch.from_numpy(waveform).float(), sample_rate=RATE)
    inner = slice(8, -8)
    frames = np.arange(tracks.label.shape[1])[inner] * tracks.hop_length
    errors_hz, errors_db = [], []
    for k in numbers:
        error, row = (
            (tracks.frequency_hz[:, inner] - torch.from_numpy(k * pitch[frames])).abs().min(0)
        )
        level = tracks.level_db[:, inner].gather(0, row[None])[0]
        errors_hz.append(error)
        errors_db.append((level - 20 * math.log10(0.3 / k)).abs())
    hz, db = torch.stack(errors_hz), torch.stack(errors_db)
    again = synthesise(tracks, length=len(waveform))
    middle = slice(RATE // 2, -RATE // 2)
    snr = snr_db(torch.from_numpy(waveform)[middle], again[middle])
    return [
        f"{cents:g} cents, {rate_hz:g} Hz" if cents else "none",
        *(f"{float(each.quantile(0.95)):.3f} / {float(each.max()):.3f}" for each in (hz, db)),
        f"{snr:.0f}",
    ]


def speed(count: int) -> list[object]:
    """A row of the third table."""
    waveform, sample_rate = clip(PICTURED)
    analysis = SineAnalysis(n_sines=count)
    tracks = analysis(waveform, sample_rate=sample_rate)
    duration_s = len(waveform) / sample_rate
    found = processor_s(partial(analysis, waveform, sample_rate=sample_rate), n_times=N_TIMED)
    again = processor_s(partial(synthesise, tracks, length=len(waveform)), n_times=N_TIMED)
    return [
        count,
        f"{float(tracks.gate.sum(0).float().mean()):.0f}",
        *(f"{duration_s / each:.0f}" for each in (found, again, found + again)),
    ]


def picture() -> None:
    """A recording, its parts and its tracks, one below another."""
    waveform, sample_rate = clip(PICTURED, duration_s=4.0)
    parts = split(waveform, sample_rate=sample_rate)
    figure = Figure(figsize=(9, 11), layout="constrained")
    axes = figure.subplots(5, 1, sharex=True)
    shown = {"recording": waveform, "sines": parts.sines}
    shown |= {"transients": parts.transients, "noise": parts.noise}
    for axis, (name, each) in zip(axes, shown.items(), strict=False):
        with np.errstate(divide="ignore"):  # where a part is silent
            axis.specgram(
                each.numpy() + 1e-9, NFFT=1024, noverlap=768, Fs=sample_rate, vmin=-140, vmax=-40
            )
        axis.set_title(name, loc="left", fontsize=9)
    tracks = parts.tracks
    frames = np.arange(tracks.label.shape[1]) * tracks.hop_length / sample_rate
    lines = np.where(tracks.gate, tracks.frequency_hz, np.nan)
    axes[-1].plot(frames, lines.T, color="black", linewidth=0.6)
    axes[-1].set_title("tracks", loc="left", fontsize=9)
    axes[-1].set_xlabel("seconds")
    for axis in axes:
        axis.set_xlim(0, len(waveform) / sample_rate)
        axis.set_ylim(0, 8000)
        axis.set_ylabel("Hz")
    write_picture("sines.png", png(figure, dpi=64))


def main() -> None:
    """Measure, draw and write the table."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument(
        "--duration", type=float, default=DURATION_S, help="Seconds of a clip at most."
    )
    duration_s: float = parser.parse_args().duration
    torch.set_num_threads(1)
    names = list(MADE)
    folder = audio_folder()
    if has_recordings("rows of recordings") and folder is not None:
        names += sorted(each.name for each in folder.iterdir() if each.suffix in (".wav", ".ogg"))
    write_table(
        "sines",
        "Sinusoids, transients and noise",
        [
            (
                "Clips that the project makes, by name, and recordings, by file, taken apart and "
                f"put together (100 sines at most, first {duration_s:g} s). *SNR*: of the sines "
                "alone, over all and over steady stretches (50 ms, within 10 dB of the loudest, "
                "within 2 dB of the one before). "
                "*Residual*: transients and noise against the whole. *Exact*: all three added up "
                "again. Distances are means of the absolute difference in 128 mel bands (16 kHz, "
                "2048/512, floor 80 dB below the peak); *coded*: sines, and noise made from the "
                "levels of 64 bands of all that is no sine.",
                [
                    *("clip", "s", "sines at once", "SNR (dB)", "steady (dB)"),
                    *("residual (dB)", "exact (dB)", "sines alone (dB)", "coded (dB)"),
                ],
                [reconstruction(name, duration_s=duration_s) for name in names],
            ),
            (
                f"{N_PARTIALS} partials of {PITCH_HZ:g} Hz with vibrato to either side; errors as "
                "95th percentile / largest, over all partials and frames; SNR of the synthesis.",
                ["vibrato", "frequency (Hz)", "level (dB)", "SNR (dB)"],
                [accuracy(*each) for each in VIBRATOS],
            ),
            (
                f"Times faster than real time on one core ({PICTURED}, 44.1 kHz; processor time, "
                "median of five).",
                ["n_sines", "sines at once", "analysis", "synthesis", "both"],
                [speed(count) for count in COUNTS],
            ),
        ],
    )
    picture()


if __name__ == "__main__":
    main()
