"""What is measured of the neural engine's sound beside the project's metrics.

Recordings are compared as mono at a common root mean square.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from unittest.mock import patch

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from estilo.analysis.spectra import power_spectrogram
from estilo.audio import Audio
from estilo.dsp.resample import resample
from estilo.engines.neural.listening import LEVEL
from estilo.evaluation.sets import Item
from estilo.models.network import SAMPLE_RATE, Network, difference
from estilo.pipeline.transfer import Transfer

RANGE_DB = 80.0
LOUD_DB = 60.0  # bands further below the loudest are not compared
PAUSE_DB, QUIETEST_DB = -60.0, -140.0
QUIET_SHARES = (5, 50)  # per cent
EDGE_DB = -70.0
HIGHS_HZ = (16_000.0, 20_000.0)
RMS = 0.1


@dataclass
class Played:
    """What the network wanted and what was played, at 48 kHz and the level of training."""

    spectra: Tensor  # what the levels are given to, (1, 1, frames, n_bins)
    levels: Tensor  # wanted, (1, frames, n_bands)
    waveform: Tensor  # one hop late, (1, 1, frames * hop_length)


@contextmanager
def listening_to(network: Network) -> Iterator[list[tuple[Tensor, Tensor, Tensor]]]:
    """Keeps what `Network.play` is given and gives, call by call."""
    calls: list[tuple[Tensor, Tensor, Tensor]] = []
    play = network.play

    def kept(spectra: Tensor, levels: Tensor, tail: Tensor) -> tuple[Tensor, Tensor]:
        played, after = play(spectra, levels, tail)
        calls.append((spectra, levels, played))
        return played, after

    with patch.object(network, "play", kept):
        yield calls


def transferred(network: Network, transfer: Transfer, item: Item) -> tuple[Audio, Played]:
    """The engine's output, and what was played before it went back to the content's rate."""
    assert item.content is not None
    with listening_to(network) as calls:
        audio = transfer(item.content, item.style).audio
    spectra = torch.cat([given for given, _, _ in calls], -2)
    levels = torch.cat([wanted for _, wanted, _ in calls], 1)
    waveform = torch.cat([played for _, _, played in calls], -1)
    return audio, Played(spectra, levels, waveform)


@torch.inference_mode()
def best_playable(network: Network, played: Played, target: Audio) -> tuple[Audio, Played]:
    """The target's own levels played with the content's phases: what no network could better."""
    framing, n_frames = network.framing, played.levels.shape[1]
    samples = torch.from_numpy(resample(target.samples, target.sample_rate, SAMPLE_RATE))
    samples = samples * (LEVEL / samples.square().mean().sqrt())
    missing = n_frames * framing.hop_length - samples.shape[-1]
    levels = network.hear_levels(pad(samples, (framing.n_past, missing))[None])
    tail = samples.new_zeros(1, 1, framing.hop_length)
    waveform, _ = network.play(played.spectra, levels, tail)
    again = resample(waveform[0, :, framing.hop_length :].numpy(), SAMPLE_RATE, target.sample_rate)[
        :, : target.n_samples
    ]
    return Audio(again, target.sample_rate), Played(played.spectra, levels, waveform)


@torch.inference_mode()
def missed(network: Network, played: Played) -> tuple[float, float, float]:
    """Inconsistency of the wanted spectra, and rms difference of levels, wanted and possible.

    The second difference is from what the carrier can be raised to, see
    `estilo.models.network.difference`.
    """
    framing = network.framing
    carrier_levels = network.levels_of(played.spectra)
    change = difference(played.levels, carrier_levels)
    wanted = played.spectra * network.bands.gains(change)[:, None]
    got = framing.analyse(pad(played.waveform, (framing.n_past, 0)))
    wanted, got, levels = wanted[:, :, :-1], got[:, :, 1:], played.levels[:, :-1]
    possible = (carrier_levels + change)[:, :-1]
    away = 20.0 * (network.levels_of(got) - torch.stack((levels, possible)))
    is_loud = levels > levels.max() - LOUD_DB / 20.0
    rms_db = away[:, is_loud].square().mean(-1).sqrt()
    return float((wanted - got).norm() / wanted.norm()), *rms_db.tolist()


def mono(audio: Audio) -> np.ndarray:
    """Mean of the channels at a common root mean square."""
    samples = audio.samples.mean(0, dtype=np.float64)
    return samples * (RMS / np.sqrt(np.mean(samples**2)))


def log_magnitude_error(output: Audio, target: Audio, *, n_fft: int) -> float:
    """Mean absolute difference of the levels of all cells, in dB; see the table."""
    powers = [
        power_spectrogram(mono(each), n_fft=n_fft, hop_length=n_fft // 4)
        for each in (output, target)
    ]
    floor = powers[1].max() * 10.0 ** (-RANGE_DB / 10.0)
    ours, theirs = (10.0 * np.log10(np.maximum(power, floor)) for power in powers)
    return float(np.abs(ours - theirs).mean(dtype=np.float64))


def noise_floors_db(audio: Audio) -> list[float]:
    """Levels that `QUIET_SHARES` of the cells stay below, in dB re the loudest cell.

    Pauses of the recording are left out.
    """
    samples = mono(audio)
    power = power_spectrogram(samples, n_fft=2048, hop_length=512)
    n_edge = 2  # frames at either end that see beyond it
    powers = _frame_powers(audio)
    power = power[:, n_edge : n_edge + len(powers)][:, powers >= 10.0 ** (PAUSE_DB / 10.0)]
    level_db = 10.0 * np.log10(np.maximum(power / power.max(), 10.0 ** (QUIETEST_DB / 10.0)))
    return np.percentile(level_db, QUIET_SHARES).tolist()


def pause_levels_db(recordings: Sequence[Audio], target: Audio) -> tuple[list[float], float]:
    """Levels where the target is silent, in dBFS, and the share of such frames."""
    powers = [_frame_powers(each) for each in (*recordings, target)]
    is_pause = powers[-1] < 10.0 ** (PAUSE_DB / 10.0)
    if not is_pause.any():
        return [np.nan] * len(powers), 0.0
    floor = 10.0 ** (QUIETEST_DB / 10.0)
    levels = [10.0 * np.log10(max(each[is_pause].mean(), floor)) for each in powers]
    return levels, float(is_pause.mean())


def _frame_powers(audio: Audio) -> np.ndarray:
    frames = np.lib.stride_tricks.sliding_window_view(mono(audio), 2048)[::512]
    return np.square(frames).mean(1)


def long_term(audio: Audio) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies in Hz and the power at each, over all of a recording."""
    power = power_spectrogram(mono(audio), n_fft=2048, hop_length=512).sum(1, dtype=np.float64)
    return np.arange(1025) * (audio.sample_rate / 2048), power


def bandwidth_hz(audio: Audio) -> float:
    """Highest frequency at which the long-term spectrum is above -70 dB re its peak."""
    bins_hz, power = long_term(audio)
    return float(bins_hz[power > power.max() * 10.0 ** (EDGE_DB / 10.0)].max())


def highs_db(audio: Audio) -> float:
    """Power of 16 to 20 kHz relative to all power, in dB."""
    bins_hz, power = long_term(audio)
    highs = power[(bins_hz >= HIGHS_HZ[0]) & (bins_hz <= HIGHS_HZ[1])].sum()
    return float(10.0 * np.log10(max(highs / power.sum(), 10.0 ** (QUIETEST_DB / 10.0))))
