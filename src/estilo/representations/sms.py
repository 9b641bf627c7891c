"""Tracks of sinusoids as Ordiales & Barrera gave them to their network, faults included."""

from dataclasses import dataclass
from typing import Self, final

import torch
import torch.nn.functional as F
from torch import Tensor

from estilo.dsp.sinusoidal.oscillators import BLOCK, oscillate
from estilo.dsp.sinusoidal.peaks import spectral_peaks
from estilo.dsp.sinusoidal.tracks import link
from estilo.errors import InputError
from estilo.representations import TRAITS
from estilo.representations.base import Representation, check_frames, check_waveform
from estilo.representations.settings import Settings

_DEVIATION_HZ, _DEVIATION_SHARE = 20.0, 0.02
_SHORTEST_S = 0.01


@final
@dataclass(frozen=True, kw_only=True)
class Sms(Representation):
    """Frequency in Hz, amplitude in dB and phase in radians of every track, one below another.

    A row without a track holds 0 in all three: a frequency that moves off 0 Hz is a sine of 0 dB,
    full scale. Rows are in no order, and three units share one tensor. On the way back every frame
    sounds as it stands, faded into the next; the reference lends what its own tracks leave over.

    Args:
        sample_rate: sample rate in Hz.
        n_sines: rows.
        n_fft: length of the transform, in samples.
        hop_length: distance of two frames, in samples, a multiple of 64.
        win_length: length of the Blackman window, in samples.
        floor_db: level below which there are no sines, in dB of full scale.

    Example:
        >>> sms = Sms(sample_rate=8000, n_sines=1)
        >>> frames = sms.analyse(0.1 * torch.cos(0.3 * torch.arange(8000.0))[None])
        >>> [round(float(each)) for each in frames[0, :2, 30]]
        [382, -20]

    Reference:
        Ordiales & Barrera 2019; the tracks are those of Serra & Smith 1990,
        https://doi.org/10.2307/3680788.
    """

    traits = TRAITS["sms"]
    sample_rate: int
    n_sines: int = 32
    n_fft: int = 2048
    hop_length: int = 128
    win_length: int = 2001
    floor_db: float = -90.0

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        *,
        sample_rate: int,
        high_hz: float,  # noqa: ARG003
        has_content: bool,  # noqa: ARG003
    ) -> Self:
        """See `Representation.from_settings`."""
        return cls(sample_rate=sample_rate, n_sines=settings.n_tracks)

    @property
    def n_bands(self) -> int:
        """See `Representation.n_bands`."""
        return 3 * self.n_sines

    def analyse(self, waveform: Tensor) -> Tensor:
        """See `Representation.analyse`; what is a peak and which track it joins is taken as given.

        Gradients flow through the three values.
        """
        check_waveform(waveform)
        return torch.stack([self._analyse(each) for each in waveform])

    def synthesise(
        self,
        frames: Tensor,
        *,
        length: int,
        reference: Tensor | None = None,
        generator: torch.Generator | None = None,  # noqa: ARG002
    ) -> Tensor:
        """See `Representation.synthesise`."""
        check_frames(frames, n_bands=self.n_bands, length=length, reference=reference)
        n_frames = 1 + length // self.hop_length
        if frames.shape[-1] != n_frames:
            raise InputError(
                f"{length} samples have {n_frames} frames, got {frames.shape[-1]}; "
                "give the length of the waveform that was analysed"
            )
        waveform = torch.stack([self._synthesise(each, length) for each in frames])
        if reference is None:
            return waveform
        with torch.no_grad():
            tracks = self.analyse(reference)
            sines = torch.stack([self._synthesise(each, length) for each in tracks])
        return waveform + (reference - sines)

    def _analyse(self, waveform: Tensor) -> Tensor:
        peaks = spectral_peaks(
            waveform,
            sample_rate=self.sample_rate,
            n_fft=self.n_fft,
            hop_length=self.hop_length,
            win_length=self.win_length,
            window="blackman",
            n_peaks=self.n_sines,
            floor_db=self.floor_db,
        )
        tracks = link(
            peaks,
            sample_rate=self.sample_rate,
            hop_length=self.hop_length,
            deviation_hz=_DEVIATION_HZ,
            deviation_share=_DEVIATION_SHARE,
            n_frames_min=max(1, round(_SHORTEST_S * self.sample_rate / self.hop_length)),
            n_rest=0,
        )
        level_db = 20.0 * torch.log10(torch.where(tracks.gate, tracks.amplitude, 1.0))
        missing = self.n_sines - len(tracks.label)
        rows = (tracks.frequency_hz, level_db, tracks.phase)
        return torch.cat([F.pad(each, (0, 0, 0, missing)) for each in rows])

    def _synthesise(self, frames: Tensor, length: int) -> Tensor:
        """Every frame over a hop to either side under a triangle."""
        frequency, level_db, phase = frames.T.chunk(3, dim=1)
        is_there = (frequency > 0.0) & (frequency < self.sample_rate / 2.0)
        amplitude = torch.where(is_there, 10.0 ** (level_db / 20.0), 0.0)
        step = 2.0 * torch.pi / self.sample_rate * frequency
        starts = torch.arange(-self.hop_length, self.hop_length, BLOCK, device=frames.device)

        def spread(values: Tensor) -> Tensor:
            return values[:, None].expand(-1, len(starts), -1).flatten(0, 1)

        first = (phase[:, None] + step[:, None] * starts[:, None]).flatten(0, 1)
        level = spread(amplitude)
        sounds = oscillate(level, torch.zeros_like(level), first, spread(step))
        before, after = sounds.reshape(len(frequency), 2, self.hop_length).unbind(1)
        fade = torch.arange(self.hop_length).to(frames) / self.hop_length
        joined = (1.0 - fade) * after + F.pad(fade * before[1:], (0, 0, 0, 1))
        return joined.flatten()[:length]
