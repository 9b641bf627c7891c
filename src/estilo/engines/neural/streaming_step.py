"""One step of a stream: some hops in, as many out, and everything that is remembered in between."""

from typing import Protocol

import torch
from torch import Tensor, nn

from estilo.engines.neural.controls import NAMES
from estilo.engines.neural.level_matching import LevelMatching
from estilo.engines.neural.leveler import Leveler, hop_powers, soundness
from estilo.engines.neural.parts import RAMP_FRAMES, Parts, ramp
from estilo.engines.neural.reach import Reach
from estilo.models.network import SAMPLE_RATE, SILENCE, Network
from estilo.models.style_encoder import StyleCode
from estilo.nn import State

_STRENGTH, _WET, _TIMBRE, _NOISE, _MATCHING = map(
    NAMES.index, ("strength", "wet", "timbre", "noise", "level_matching")
)
_NOISE_HOPS, _NOISE_SEED = 512, 20_261_121  # 5.5 s, then again


class Voice(Protocol):
    """A network's way from a waveform to spectra and back, in numbers of some kind."""

    def hear(self, waveform: Tensor, carrier: Tensor) -> tuple[Tensor, Tensor]:
        """Spectra of a waveform with its past, and of the carrier made of it.

        Args:
            waveform: ``(batch, channels, n_past + n_frames * hop_length)``.
            carrier: carrier, of the same shape.

        **Shape**: results ``(batch, channels, frames, n)``.
        """
        ...

    def levels(self, spectra: Tensor) -> Tensor:
        """Levels of all channels together, ``(batch, frames, n_bands)``."""
        ...

    def play(self, spectra: Tensor, levels: Tensor, tail: Tensor) -> tuple[Tensor, Tensor]:
        """The waveform of spectra whose bands are brought to other levels, one hop late.

        Args:
            spectra: spectra, as `hear` gives them, ``(batch, channels, frames, n)``.
            levels: wanted, ``(batch, frames, n_bands)``, in units of 20 dB.
            tail: what the frames before left, ``(batch, channels, hop_length)``.

        **Shape**: result ``(batch, channels, frames * hop_length)``, and the next tail.
        """
        ...


class ComplexVoice(nn.Module):
    """See `Voice`; by the network's own functions.

    Args:
        network: network whose functions are used.
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def hear(self, waveform: Tensor, carrier: Tensor) -> tuple[Tensor, Tensor]:
        """See `Voice.hear`."""
        analyse = self.network.framing.analyse
        return analyse(waveform), analyse(carrier)

    def levels(self, spectra: Tensor) -> Tensor:
        """See `Voice.levels`."""
        return self.network.levels_of(spectra)

    def play(self, spectra: Tensor, levels: Tensor, tail: Tensor) -> tuple[Tensor, Tensor]:
        """See `Voice.play`."""
        return self.network.play(spectra, levels, tail)


class StreamingStep(nn.Module):
    """The network with its controls, dry and wet mixed, hop by hop.

    The output is one hop late. A state is a flat mapping, batch first: of the network's layers
    (`Generator.initial_state`), of the parts (`Parts`), of the level (`Leveler`), of the
    reach (`Reach`), of the level matching (`LevelMatching`), of the carrier (`Carrier`), and

    - ``input.past`` ``(batch, channels, n_past)``: the last samples,
    - ``output.tail`` ``(batch, channels, hop_length)``: what the next hop will be added to,
    - ``noise.hop`` ``(batch,)``: place in the carrier's noise, which is the same in every run,
    - ``controls`` ``(batch, 7)``: where they are on their way; -1 until the first hop.

    The carrier is brought in no further than the style: at strength 0, or with EQ and dynamics
    alone, the content's own spectrum is what is played. The network hears the content at the level
    of its training, and what it wants is taken back to the content's level.

    **Shape**: samples ``(batch, channels, n_hops * hop_length)``, controls ``(batch, 7)`` in the
    order of `controls.NAMES`, a `StyleCode` and a state to samples of the same shape and the next
    state, all on the network's device.

    Args:
        network: network that plays.
        channels: number of channels of the waveform.
        voice: the network's way from waveforms to spectra and back; `ComplexVoice` by default.
    """

    noise: Tensor

    def __init__(self, network: Network, *, channels: int = 1, voice: Voice | None = None) -> None:
        super().__init__()
        framing, bands = network.framing, network.bands
        self.generator, self.carrier = network.generator, network.carrier
        self.voice = voice or ComplexVoice(network)
        self.channels, self.hop_length, self.n_past = channels, framing.hop_length, framing.n_past
        hop, centres_hz = self.hop_length, bands.centres_hz
        self.parts = Parts(
            centres_hz=centres_hz, n_lines=bands.n_lines, sample_rate=SAMPLE_RATE, hop_length=hop
        )
        self.leveler = Leveler(sample_rate=SAMPLE_RATE, hop_length=hop)
        self.reach = Reach(sample_rate=SAMPLE_RATE, hop_length=hop)
        self.level_matching = LevelMatching(
            centres_hz=centres_hz, sample_rate=SAMPLE_RATE, hop_length=hop
        )
        generator = torch.Generator().manual_seed(_NOISE_SEED)
        noise = torch.randn(_NOISE_HOPS, self.hop_length, generator=generator)
        self.register_buffer("noise", noise.to(framing.analysis), persistent=False)
        for part in (self.parts, self.leveler, self.level_matching):
            part.to(framing.analysis.device)

    def initial_state(self, batch: int = 1) -> dict[str, Tensor]:
        """Nothing heard yet."""
        like = self.noise
        return {
            **self.generator.initial_state(batch),
            **self.parts.initial_state(batch),
            **self.leveler.initial_state(batch),
            **self.reach.initial_state(batch, like=like),
            **self.level_matching.initial_state(batch),
            **self.carrier.initial_state(batch, self.channels, like=like),
            "input.past": like.new_zeros(batch, self.channels, self.n_past),
            "output.tail": like.new_zeros(batch, self.channels, self.hop_length),
            "noise.hop": torch.zeros(batch, dtype=torch.int64, device=like.device),
            "controls": like.new_full((batch, len(NAMES)), -1.0),
        }

    def forward(
        self, samples: Tensor, controls: Tensor, style: StyleCode, state: State
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Play some hops of the content in a style.

        Args:
            samples: samples of the content, ``(batch, channels, n_hops * hop_length)``.
            controls: controls in the order of `controls.NAMES`, ``(batch, 7)``.
            style: code of the style.
            state: state after the samples before, or the initial one.
        """
        hop = self.hop_length
        n_hops = samples.shape[-1] // hop
        waveform = torch.cat((state["input.past"], samples), -1)
        noise = self._noise(state["noise.hop"], n_hops)
        carrier, loudness = self.carrier(waveform, noise, state)
        content_spectra, carrier_spectra = self.voice.hear(waveform, carrier)
        levels, powers = self.voice.levels(content_spectra), hop_powers(samples, hop)
        gains, level = self.leveler(powers, state)
        gains = gains[..., None]
        path = ramp(state["controls"], controls, n_hops, slope=1.0 / RAMP_FRAMES)
        heard = (levels + gains).clamp(min=SILENCE)
        wanted, after = self.generator(heard, style, state)
        wanted, matching = self.level_matching(
            wanted, style.levels, soundness(powers), path[..., _MATCHING], state
        )
        change, averages = self.parts(wanted - gains - levels, levels, path, state)
        share = path[..., _STRENGTH] * torch.maximum(path[..., _TIMBRE], path[..., _NOISE])
        most, reach = self.reach(levels, powers, gains, share[..., None], state)
        spectra = content_spectra + share[:, None, :, None] * (carrier_spectra - content_spectra)
        change = torch.minimum(change, most)
        wet, tail = self.voice.play(spectra, levels + change, state["output.tail"])
        dry = waveform[..., self.n_past - hop : -hop]
        slope = 1.0 / (RAMP_FRAMES * hop)
        mix = ramp(state["controls"], controls, n_hops * hop, slope=slope)[:, None, :, _WET]
        after |= level | matching | averages | reach | loudness
        after |= {
            "input.past": waveform[..., n_hops * hop :],
            "output.tail": tail,
            "noise.hop": (state["noise.hop"] + n_hops) % _NOISE_HOPS,
            "controls": path[:, -1],
        }
        return dry * (1.0 - mix) + wet * mix, after

    def _noise(self, place: Tensor, n_hops: int) -> Tensor:
        """The noise of these hops and their past, ``(batch, 1, n_past + n_hops * hop_length)``."""
        n_past = self.n_past // self.hop_length
        hops = torch.arange(-n_past, n_hops, device=place.device)
        return self.noise[(place[:, None] + hops) % _NOISE_HOPS].flatten(1)[:, None]
