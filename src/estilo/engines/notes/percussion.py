"""The content's hits on the kit of a style, or, where there is none, as they are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from estilo.analysis.transcription import Transcription
from estilo.audio import Audio
from estilo.engines.grains import Grain
from estilo.engines.notes.residual import Residual
from estilo.sampler.drum_keys import WrittenHit, written_hits
from estilo.sampler.hits import HitZone, cut_hits
from estilo.sampler.kit import Kit, add_hit, choose_hits, classify

_TINY = 1e-20


@dataclass(frozen=True, eq=False)
class OwnHit:
    """A hit of the content as far as it counts for what plays it, without its samples.

    Args:
        start_s: time of its onset, in seconds.
        level_db: level while it is loudest, in dB.
        brightness: mean of log2 of its frequencies in Hz.
        decay_s: time in which it falls by 20 dB, in seconds.
        features: what tells it from others; see `HitZone.features`.
        sides: gains of the channels, by how loud it is in each; their squares have a mean of 1.
    """

    start_s: float
    level_db: float
    brightness: float
    decay_s: float
    features: NDArray[np.float64]
    sides: NDArray[np.float32]

    @classmethod
    def of(cls, hit: HitZone) -> "OwnHit":
        """What is to be known of a hit that was cut out.

        Args:
            hit: hit of the content.
        """
        power = np.square(hit.samples, dtype=np.float64).sum(1) + _TINY
        sides = np.sqrt(power / power.mean()).astype(np.float32)
        return cls(hit.start_s, hit.level_db, hit.brightness, hit.decay_s, hit.features, sides)


class KitLayer:
    """The hits of the content, each at its level and place, on a kit.

    Args:
        content: ``(channels, time)``.
        transcription: its notes and hits; where these are written, the content is silent.
        kit: kit of recordings with one channel.
        sample_rate: sample rate in Hz.
        gain: factor of its amplitudes.
        style: number of the style.
        share: share of the whole, 0 to 1.
    """

    def __init__(
        self,
        content: Tensor,
        transcription: Transcription,
        kit: Kit,
        *,
        sample_rate: int,
        gain: float,
        style: int,
        share: float,
    ) -> None:
        self._n_channels, self._rate = content.shape[0], sample_rate
        self._kit, self._gain, self._style, self._share = kit, gain, style, share
        self._hits: Sequence[OwnHit | WrittenHit]
        if any(hit.key is not None for hit in transcription.hits):
            self._hits = written_hits(transcription.hits)
            own = np.unique([hit.drum for hit in self._hits], return_inverse=True)[1]
        else:
            cut = cut_hits(Audio(content.numpy(), sample_rate), transcription)
            self._hits = heard = [OwnHit.of(hit) for hit in cut]
            own = classify(heard)
        self._chosen = choose_hits(self._hits, own, kit)
        lasts_s = [kit.hits[number].samples.shape[1] for number in self._chosen]
        self._starts_s = np.array([hit.start_s for hit in self._hits])
        self._ends_s = self._starts_s + np.array(lasts_s) / sample_rate

    def read(self, start: int, stop: int) -> Tensor:
        """See `layers.Layer.read`.

        Args:
            start: number of the first sample.
            stop: number of the sample after the last.
        """
        out = np.zeros((self._n_channels, stop - start), np.float32)
        start_s, stop_s = start / self._rate, stop / self._rate
        sounding = (self._starts_s < stop_s + 0.01) & (self._ends_s > start_s)
        for number in np.flatnonzero(sounding).tolist():
            hit, played = self._hits[number], self._kit.hits[self._chosen[number]]
            one = np.zeros((1, stop - start))
            add_hit(one, played, hit.level_db, hit.start_s - start_s, self._rate)
            out += self._gain * self._sides(hit)[:, None] * one.astype(np.float32)
        return torch.from_numpy(out)

    def grains(self) -> list[Grain]:
        """The hit of the style that plays each of the content's; see `layers.Layer.grains`."""
        out = []
        for hit, number in zip(self._hits, self._chosen, strict=True):
            played = self._kit.hits[number]
            lasts_s = (played.samples.shape[1] - played.onset) / played.sample_rate
            begins_s = played.start_s, played.start_s + lasts_s
            out.append(
                Grain(hit.start_s, hit.start_s + lasts_s, self._style, *begins_s, 0.0, self._share)
            )
        return out

    def _sides(self, hit: OwnHit | WrittenHit) -> NDArray[np.float32]:
        """Gains of the channels, by how loud the hit is in each; their squares have a mean of 1."""
        if isinstance(hit, WrittenHit):
            return np.ones(self._n_channels, np.float32)
        return hit.sides


class OwnHits:
    """The hits of the content as they are.

    Args:
        content: ``(channels, time)``; whatever is sliced like a tensor, as a mapped file.
        transcription: its notes and hits.
        sample_rate: sample rate in Hz.
    """

    def __init__(self, content: Tensor, transcription: Transcription, *, sample_rate: int) -> None:
        notes = Transcription(transcription.notes)
        self._with_hits, self._without = (
            Residual(content, each, sample_rate=sample_rate) for each in (notes, transcription)
        )

    def read(self, start: int, stop: int) -> Tensor:
        """See `layers.Layer.read`.

        Args:
            start: number of the first sample.
            stop: number of the sample after the last.
        """
        return self._with_hits.read(start, stop) - self._without.read(start, stop)

    def grains(self) -> list[Grain]:
        """None, as nothing of a style is heard; see `layers.Layer.grains`."""
        return []
