"""The whole network: from waveforms to a waveform, hop by hop."""

from torch import Tensor, nn

from estilo.models.bands import Bands
from estilo.models.carrier import Carrier
from estilo.models.framing import Framing
from estilo.models.generator import Generator
from estilo.models.settings import GeneratorSettings
from estilo.models.style_encoder import StyleCode
from estilo.nn import State

SAMPLE_RATE = 48000
N_BANDS = 224
SILENCE = -3.0  # level of what is as good as silent: -100 dB
_MOST = 4.0  # units of 20 dB, that a band may be raised by


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
        self.carrier = Carrier(self.framing, sample_rate=SAMPLE_RATE)
        self.generator = Generator(N_BANDS, settings)

    def hear_carrier(self, waveform: Tensor, noise: Tensor) -> Tensor:
        """Spectra of the carrier of a content signal from its start, see `Carrier`.

        Args:
            waveform: waveform with its past, ``(batch, channels, n_past + n_frames * hop_length)``.
            noise: noise of variance 1, in the waveform's shape or without batch and channels.

        **Shape**: result complex, ``(batch, channels, frames, n_bins)``.
        """
        state = self.carrier.initial_state(*waveform.shape[:2], like=waveform)
        return self.framing.analyse(self.carrier(waveform, noise, state)[0])

    def hear_levels(self, waveform: Tensor) -> Tensor:
        """Levels of a waveform with its past, of all channels together.

        **Shape**: ``(batch, channels, n_past + n_frames * hop_length)`` to
        ``(batch, frames, n_bands)``.
        """
        return self.levels_of(self.framing.analyse(waveform))

    def levels_of(self, spectra: Tensor) -> Tensor:
        """Levels of spectra ``(batch, channels, frames, n_bins)``, of all channels together."""
        return self.bands.levels((spectra.real.square() + spectra.imag.square()).mean(1))

    def encode_style(self, levels: Tensor) -> StyleCode:
        """The code of a clip from its levels, ``(batch, frames, n_bands)``."""
        return self.generator.encode_style(levels)

    def forward(
        self, levels: Tensor, style: StyleCode, state: State
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Levels of the output; see `Generator`.

        Args:
            levels: levels of the content signal, ``(batch, frames, n_bands)``, in units of 20 dB.
            style: what it is to sound like.
            state: state from `Generator.initial_state`, or of the frames before.

        **Shape**: result as the levels, and the next state.
        """
        return self.generator(levels, style, state)

    def play(self, spectra: Tensor, levels: Tensor, tail: Tensor) -> tuple[Tensor, Tensor]:
        """The waveform of spectra whose bands are brought to other levels, one hop late.

        Args:
            spectra: complex, ``(batch, channels, frames, n_bins)``.
            levels: wanted, ``(batch, frames, n_bands)``, in units of 20 dB.
            tail: what the frames before left, ``(batch, channels, hop_length)``; zeros at the
                start.

        **Shape**: result ``(batch, channels, frames * hop_length)``, and the next tail.
        """
        gains = self.bands.gains(difference(levels, self.levels_of(spectra)))
        return self.framing.synthesise(spectra * gains[:, None], tail)


def difference(levels: Tensor, carrier_levels: Tensor) -> Tensor:
    """How far a carrier's bands are raised to given levels: by 80 dB at most.

    Args:
        levels: wanted, ``(..., n_bands)``, in units of 20 dB.
        carrier_levels: levels of the carrier, likewise.

    **Shape**: result as the levels, in units of 20 dB.
    """
    return (levels - carrier_levels).clamp(max=_MOST)
