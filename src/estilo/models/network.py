"""The whole network: from waveforms to a waveform, hop by hop."""

from typing import NamedTuple

from torch import Tensor, nn

from estilo.models.bands import Bands
from estilo.models.framing import Framing
from estilo.models.generator import Generator
from estilo.models.settings import GeneratorSettings
from estilo.models.style_encoder import StyleCode
from estilo.nn import State

SAMPLE_RATE = 48000
N_BANDS = 224
_RECTIFIED, _NOISE = 0.1, 0.005  # shares of the carrier
_MOST = 3.0  # units of 20 dB, that a band may be raised by: what is silent stays so


class Heard(NamedTuple):
    """A stretch of content as the network takes it.

    Args:
        spectra: of the carrier, ``(batch, channels, frames, n_bins)``.
        carrier_levels: its bands, over all channels, ``(batch, frames, n_bands)``.
        levels: the content's own, of the same shape.
    """

    spectra: Tensor
    carrier_levels: Tensor
    levels: Tensor


class Network(nn.Module):
    """Framing, bands and generator; a gain for every bin, the same for all channels.

    Args:
        settings: sizes of the generator.
    """

    def __init__(self, settings: GeneratorSettings | None = None) -> None:
        super().__init__()
        self.framing = Framing()
        self.bands = Bands(
            sample_rate=SAMPLE_RATE, n_bins=self.framing.n_bins, n_lines=160, n_wide=N_BANDS - 160
        )
        self.generator = Generator(self.bands.centres_hz, settings)

    def hear(self, waveform: Tensor, noise: Tensor) -> Heard:
        """A content with its past, and the carrier that lends its phases to the output.

        The carrier is the waveform with a little of its absolute value, which has partials where
        the content has none, and of noise in proportion to that, for what has no partials at all.

        **Shape**: waveform ``(batch, channels, n_past + n_frames * hop_length)``; noise, of
        variance 1, the same or without batch and channels.
        """
        rectified = waveform.abs()
        carrier = waveform + rectified * (_RECTIFIED + _NOISE * noise)
        spectra = self.framing.analyse(carrier)
        return Heard(spectra, self._levels(spectra), self.hear_levels(waveform))

    def hear_levels(self, waveform: Tensor) -> Tensor:
        """Levels of a waveform with its past, of all channels together.

        **Shape**: ``(batch, channels, n_past + n_frames * hop_length)`` to
        ``(batch, frames, n_bands)``.
        """
        return self._levels(self.framing.analyse(waveform))

    def _levels(self, spectra: Tensor) -> Tensor:
        return self.bands.levels((spectra.real.square() + spectra.imag.square()).mean(1))

    def encode_style(self, levels: Tensor) -> StyleCode:
        """The code of a clip from its levels, ``(batch, frames, n_bands)``."""
        return self.generator.encode_style(levels)

    def forward(
        self, levels: Tensor, style: StyleCode, state: State
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Levels of the output; see `Generator`."""
        return self.generator(levels, style, state)

    def play(self, heard: Heard, levels: Tensor, tail: Tensor) -> tuple[Tensor, Tensor]:
        """The content with its bands at other levels.

        **Shape**: levels ``(batch, frames, n_bands)``, tail ``(batch, channels, hop_length)`` to
        ``(batch, channels, frames * hop_length)``, one hop late, and the next tail.
        """
        difference = (levels - heard.carrier_levels).clamp(max=_MOST)
        gains = self.bands.gains(difference)
        return self.framing.synthesise(heard.spectra * gains[:, None], tail)
