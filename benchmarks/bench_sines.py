"""Sinusoids, transients and noise: how well they give recordings back, and how fast.

The recordings of the audio folder, their first ten seconds at most, 100 sines; then partials whose
frequencies and levels are known; then times of one core.
"""

import math
import time
from collections.abc import Callable
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import Tensor

from common import AUDIO, ROOT, write_table
from estilo.analysis.sound import Sound
from estilo.analysis.spectra import banded_power, mel_weights, power_to_db
from estilo.dsp.sinusoidal.analysis import SineAnalysis
from estilo.dsp.sinusoidal.noise import CodedNoise
from estilo.dsp.sinusoidal.parts import Parts, split
from estilo.dsp.sinusoidal.synthesis import synthesise
from estilo.io import load

DURATION_S = 10.0
COUNTS = (8, 16, 32, 100, 150)
VIBRATOS = ((0.0, 0.0), (15.0, 4.0), (30.0, 5.5), (60.0, 6.5))
N_PARTIALS, PITCH_HZ, RATE = 10, 220.0, 44_100
PICTURED = "cello-phrase.wav"


def clip(name: str, *, duration_s: float = DURATION_S) -> tuple[Tensor, int]:
    """Mono, at its own rate."""
    audio = load(AUDIO / name, duration_s=duration_s)
    return torch.from_numpy(audio.samples.mean(0)), audio.sample_rate


def snr_db(wanted: Tensor, made: Tensor) -> float:
    """Of one against the other."""
    left = (wanted - made).double().square().sum().clamp_min(1e-30)
    return 10.0 * math.log10(float(wanted.double().square().sum() / left))


def steady_snr_db(wanted: Tensor, made: Tensor, sample_rate: int) -> float:
    """Over stretches of 50 ms within 10 dB of the loudest that follow one of the same level."""
    size = sample_rate // 20
    n = len(wanted) // size * size
    power, left = (each[:n].reshape(-1, size).square().mean(1) for each in (wanted, wanted - made))
    steady = power > 0.1 * power.max()
    steady[1:] &= (power[1:] / power[:-1]).log10().abs() < 0.2
    return 10.0 * math.log10(float(power[steady].sum() / left[steady].sum()))


def log_mel(waveform: Tensor, sample_rate: int) -> np.ndarray:
    """128 mel bands up to 8 kHz, in dB with a floor 80 dB below the peak."""
    mono = Sound(waveform.double().numpy(), sample_rate).mono.astype(np.float64)
    return power_to_db(banded_power(mono, mel_weights(), n_fft=2048, hop_length=512))


def reconstruction(name: str) -> list[object]:
    """A row of the first table."""
    waveform, sample_rate = clip(name)
    parts = split(waveform, sample_rate=sample_rate)
    coded = CodedNoise.of(parts.residual, sample_rate=sample_rate).decode(
        length=len(waveform), generator=torch.Generator().manual_seed(0)
    )
    exact = parts.sines + parts.transients + parts.noise
    wanted, alone, whole = (
        log_mel(each, sample_rate) for each in (waveform, parts.sines, parts.sines + coded)
    )
    share = [float(each.square().mean() / waveform.square().mean()) for each in _rest(parts)]
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


def _rest(parts: Parts) -> tuple[Tensor, Tensor]:
    return parts.transients, parts.noise


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
    made = synthesise(tracks, length=len(waveform))
    middle = slice(RATE // 2, -RATE // 2)
    snr = snr_db(torch.from_numpy(waveform)[middle], made[middle])
    return [
        f"{cents:g} cents, {rate_hz:g} Hz" if cents else "none",
        *(f"{float(each.quantile(0.95)):.3f} / {float(each.max()):.3f}" for each in (hz, db)),
        f"{snr:.0f}",
    ]


def processor_s(work: Callable[[], object]) -> float:
    """Least processor time of five."""
    times = []
    for _ in range(6):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times[1:])


def speed(count: int) -> list[object]:
    """A row of the third table."""
    waveform, sample_rate = clip(PICTURED)
    analysis = SineAnalysis(n_sines=count)
    tracks = analysis(waveform, sample_rate=sample_rate)
    duration_s = len(waveform) / sample_rate
    found = processor_s(partial(analysis, waveform, sample_rate=sample_rate))
    made = processor_s(partial(synthesise, tracks, length=len(waveform)))
    return [
        count,
        f"{float(tracks.gate.sum(0).float().mean()):.0f}",
        *(f"{duration_s / each:.0f}" for each in (found, made, found + made)),
    ]


def picture() -> None:
    """A recording, its parts and its tracks, one below another."""
    waveform, sample_rate = clip(PICTURED, duration_s=4.0)
    parts = split(waveform, sample_rate=sample_rate)
    figure, axes = plt.subplots(5, 1, figsize=(9, 11), sharex=True, layout="constrained")
    shown = {"recording": waveform, "sines": parts.sines}
    shown |= {"transients": parts.transients, "noise": parts.noise}
    for axis, (name, each) in zip(axes, shown.items(), strict=False):
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
    figure.savefig(ROOT / "docs" / "benchmarks" / "sines.png", dpi=64)


def main() -> None:
    torch.set_num_threads(1)
    names = sorted(path.name for path in AUDIO.iterdir() if path.suffix in (".wav", ".ogg"))
    write_table(
        "sines",
        "Sinusoids, transients and noise",
        [
            (
                "Recordings taken apart and put together (100 sines at most, first "
                f"{DURATION_S:g} s). *SNR*: of the sines alone, over all and over steady "
                "stretches (50 ms, within 10 dB of the loudest, within 2 dB of the one before). "
                "*Rest*: transients and noise against the whole. *Exact*: all three added up "
                "again. Distances are means of the absolute difference in 128 mel bands (16 kHz, "
                "2048/512, floor 80 dB below the peak); *coded*: sines, and noise made from the "
                "levels of 64 bands of all that is no sine.",
                [
                    *("recording", "s", "sines at once", "SNR (dB)", "steady (dB)"),
                    *("rest (dB)", "exact (dB)", "sines alone (dB)", "coded (dB)"),
                ],
                map(reconstruction, names),
            ),
            (
                f"{N_PARTIALS} partials of {PITCH_HZ:g} Hz with vibrato to either side; errors as "
                "95th percentile / largest, over all partials and frames; SNR of the synthesis.",
                ["vibrato", "frequency (Hz)", "level (dB)", "SNR (dB)"],
                [accuracy(*each) for each in VIBRATOS],
            ),
            (
                f"Times faster than real time on one core ({PICTURED}, 44.1 kHz; processor time, "
                "least of five).",
                ["n_sines", "sines at once", "analysis", "synthesis", "both"],
                [speed(count) for count in COUNTS],
            ),
        ],
    )
    picture()


if __name__ == "__main__":
    main()
