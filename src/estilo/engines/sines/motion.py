"""How tracks move: their onsets, their vibrato, and where along the frequencies they lie."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from estilo.dsp.quantiles import carried
from estilo.dsp.sinusoidal.synthesis import running_phase
from estilo.dsp.sinusoidal.tracks import Tracks

_ATTACK_S = 0.2
_NOTE_S = 0.25  # shorter tracks say nothing about onsets,
_STEADY_S = 0.5  # and these nothing about vibrato
_TREND_S = 0.1  # half width of the average, taken twice, that vibrato is seen against
_VIBRATO_HZ = (3.0, 9.0)
_MOST_CENTS = 80.0
_LEAST_CENTS = 4.0
_ONSET_DB = (-30.0, 12.0)
_N_LEVELS = 129


@dataclass(frozen=True)
class Manner:
    """Averages over the tracks of some recordings, weighed by energy.

    Args:
        onset_db: level since the onset, relative to the highest of the first 0.25 s,
            ``(frames,)``.
        vibrato_cents: root mean square of the pitch about its trend; 0 where it is no vibrato.
        vibrato_hz: its rate.
        octaves: quantiles of the energy along the logarithm of frequency, ``(1, n_levels)``.
    """

    onset_db: Tensor
    vibrato_cents: float
    vibrato_hz: float
    octaves: Tensor

    @classmethod
    def of(cls, recordings: Sequence[Tracks], weights: Sequence[float]) -> "Manner":
        """Measure.

        Args:
            recordings: tracks at one sample rate.
            weights: weights of the recordings.
        """
        sums = [
            [weight * each for each in _sums(tracks)]
            for tracks, weight in zip(recordings, weights, strict=True)
        ]
        onset, n_onset, deviation, speed, energy = (sum(each) for each in zip(*sums, strict=True))
        rate_hz, cents = 0.0, 0.0
        if float(deviation) > 0.0:
            rate_hz = math.sqrt(float(speed) / float(deviation)) / (2.0 * math.pi)
            cents = 1200.0 * math.sqrt(float(deviation) / float(energy))
        if not (_VIBRATO_HZ[0] <= rate_hz <= _VIBRATO_HZ[1] and _LEAST_CENTS < cents < _MOST_CENTS):
            cents = 0.0
        octaves = sum(
            weight * _energy_quantiles(tracks)
            for tracks, weight in zip(recordings, weights, strict=True)
        )
        onset_db = onset / torch.as_tensor(n_onset).clamp_min(1e-20)
        return cls(
            torch.as_tensor(onset_db), cents, rate_hz, torch.as_tensor(octaves) / sum(weights)
        )


def onset_gains_db(tracks: Tracks, own: Manner, goal: Manner, *, share: float) -> Tensor:
    """Gains that make tracks begin as others do, ``(rows, frames)``.

    Args:
        tracks: tracks of the content.
        own: its manner.
        goal: manner of the styles.
        share: how far along the way.
    """
    change = goal.onset_db - own.onset_db
    change = (change - change[-1]).clamp(*_ONSET_DB)  # what lasts is the envelope's to say
    since, length = tracks.ages
    is_note = tracks.gate & (length >= _n_frames(tracks, _NOTE_S))
    gains = change[since.clamp(0, len(change) - 1)]
    return share * torch.where(is_note & (since < len(change)), gains, 0.0)


def with_vibrato(tracks: Tracks, own: Manner, goal: Manner, *, share: float) -> Tracks:
    """Tracks that waver as others do.

    More than the goal is taken away; what is missing comes from one oscillator for all tracks, as
    partials of a note waver together.

    Args:
        tracks: tracks of the content.
        own: its manner.
        goal: manner of the styles.
        share: how far along the way.
    """
    wanted, has = goal.vibrato_cents, own.vibrato_cents
    if share == 0.0 or wanted == has == 0.0:
        return tracks
    since, length = tracks.ages
    is_note = tracks.gate & (length >= _n_frames(tracks, _STEADY_S))
    rate = tracks.sample_rate / tracks.hop_length
    bend = torch.zeros_like(tracks.frequency_hz)
    if wanted < has:
        bend = (wanted / has - 1.0) * _deviation(tracks)
    else:
        octaves = math.sqrt(2.0 * (wanted**2 - has**2)) / 1200.0
        time = torch.arange(tracks.label.shape[1], device=bend.device) / rate
        grown = (since / (_ATTACK_S * rate)).clamp(0.0, 1.0)
        bend = octaves * grown * torch.sin(2.0 * math.pi * goal.vibrato_hz * time)
    return _moved(tracks, torch.where(is_note, share * bend, 0.0))


def with_frequencies(tracks: Tracks, own: Manner, goal: Manner, *, share: float) -> Tracks:
    """Tracks moved, each as a whole, to where others have their energy.

    The monotone map between the two distributions of energy along the logarithm of frequency.

    Args:
        tracks: tracks of the content.
        own: its manner.
        goal: manner of the styles.
        share: how far along the way.
    """
    if share == 0.0 or not tracks.n_tracks:
        return tracks
    count = torch.bincount(tracks.label[tracks.gate], minlength=tracks.n_tracks)
    mean = torch.zeros_like(count, dtype=tracks.frequency_hz.dtype)
    mean = mean.index_add(0, tracks.label[tracks.gate], tracks.log_frequency[tracks.gate]) / count
    moved = carried(mean[None], own.octaves, goal.octaves)[0]
    bend = share * (moved - mean)[tracks.label.clamp_min(0)]
    return _moved(tracks, torch.where(tracks.gate, bend, 0.0))


def _moved(tracks: Tracks, octaves: Tensor) -> Tracks:
    """Frequencies bent, with phases that follow them from each onset's own."""
    nyquist_hz = tracks.sample_rate / 2.0
    frequency = tracks.frequency_hz * torch.exp2(octaves)
    moved = replace(
        tracks,
        frequency_hz=frequency.clamp_max(nyquist_hz),
        amplitude=torch.where(frequency < nyquist_hz, tracks.amplitude, 0.0),
    )
    return replace(moved, phase=running_phase(moved))


def _sums(tracks: Tracks) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Weighted sums behind a `Manner`: onsets, their weights; deviations, speeds, energy."""
    since, length = tracks.ages
    energy = tracks.amplitude.square()
    n_attack, n_note = _n_frames(tracks, _ATTACK_S), _n_frames(tracks, _NOTE_S)
    is_young = tracks.gate & (length >= n_note) & (since < n_note)
    n_tracks = max(1, tracks.n_tracks)
    highest = tracks.level_db.new_full((n_tracks,), -200.0)
    highest = highest.scatter_reduce(
        0, tracks.label[is_young], tracks.level_db[is_young], "amax", include_self=True
    )
    below = (tracks.level_db - highest[tracks.label.clamp_min(0)]).clamp_min(-60.0)
    weight = 10.0 ** (highest / 10.0)
    is_young &= since < n_attack
    place = since[is_young]
    share = weight[tracks.label[is_young]]
    onset = share.new_zeros(n_attack).index_add(0, place, share * below[is_young])
    n_onset = share.new_zeros(n_attack).index_add(0, place, share)
    is_steady = tracks.gate & (length >= _n_frames(tracks, _STEADY_S))
    weight = torch.where(is_steady, energy, 0.0)
    deviation = _deviation(tracks)
    speed = deviation.diff(dim=1) * (tracks.sample_rate / tracks.hop_length)
    paired = torch.where(tracks.goes_on, weight[:, 1:], 0.0)
    return (
        onset,
        n_onset,
        (weight * deviation.square()).sum(),
        (paired * speed.square()).sum(),
        weight.sum(),
    )


def _deviation(tracks: Tracks) -> Tensor:
    """Pitch about its trend, in octaves.

    The average of an average is a triangle, which lets nothing through of a vibrato; a single one
    would turn some of it round.
    """
    pitch = tracks.log_frequency.double()
    trend = _running_mean(_running_mean(pitch, tracks), tracks)
    return torch.where(tracks.gate, pitch - trend, 0.0).to(tracks.frequency_hz)


def _running_mean(values: Tensor, tracks: Tracks) -> Tensor:
    """Over the neighbours in the same track."""
    since, length = tracks.ages
    reach = _n_frames(tracks, _TREND_S)
    n_frames = tracks.label.shape[1]
    summed = F.pad(values.cumsum(1), (1, 0))
    here = torch.arange(n_frames, device=since.device).expand_as(since)
    first = torch.maximum(here - reach, here - since)
    last = torch.minimum(here + reach, here - since + length - 1).clamp_max(n_frames - 1)
    last = torch.maximum(last, first)
    return (summed.gather(1, last + 1) - summed.gather(1, first)) / (last + 1 - first)


def _n_frames(tracks: Tracks, seconds: float) -> int:
    return max(1, round(seconds * tracks.sample_rate / tracks.hop_length))


def _energy_quantiles(tracks: Tracks) -> Tensor:
    """Evenly spaced quantiles of the energy along the logarithm of frequency, ``(1, levels)``."""
    octaves = tracks.log_frequency[tracks.gate].double()
    if not len(octaves):
        return tracks.frequency_hz.new_zeros(1, _N_LEVELS)
    order = octaves.argsort()
    energy = tracks.amplitude[tracks.gate].double().square()[order].cumsum(0)
    places = torch.linspace(0.0, 1.0, _N_LEVELS, dtype=torch.float64, device=energy.device)
    found = torch.searchsorted(energy / energy[-1].clamp_min(1e-30), places)
    return octaves[order][found.clamp_max(len(octaves) - 1)][None].to(tracks.frequency_hz)
