"""The network that plays a content signal in a style: levels of bands in, levels of bands out."""

from torch import Tensor, nn

from estilo.models.attention import StyleAttention
from estilo.models.settings import GeneratorSettings
from estilo.models.style_encoder import StyleCode, StyleEncoder
from estilo.nn import Lstm, ResidualBlock, State

LOWEST_NOTE, N_NOTES = 21, 88  # MIDI numbers: those of a piano
_RARE = -4.0  # logit, at first, of a note


class Generator(nn.Module):
    """Content encoder, style encoder and decoder, causal in the content.

    **Shape**: `forward` takes levels ``(batch, frames, n_bands)``, a `StyleCode` and a state, and
    gives levels of the same shape and the next state.

    Args:
        n_bands: number of bands of input and output.
        settings: sizes.
    """

    def __init__(self, n_bands: int, settings: GeneratorSettings | None = None) -> None:
        super().__init__()
        self.settings = own = settings or GeneratorSettings()
        width, vector = own.n_channels, own.n_vector
        self.style_encoder = StyleEncoder(
            n_bands, n_vector=vector, n_key=own.n_key, n_value=own.n_value
        )
        self.entrance = nn.Linear(n_bands, width)
        self.encoder = nn.ModuleList(
            ResidualBlock(width, name=f"encoder{place}", dilation=dilation)
            for place, dilation in enumerate(own.dilations)
        )
        self.encoder_lstm = Lstm(width, name="encoder") if own.memory else None
        self.notes = nn.Linear(width, 2 * N_NOTES)
        nn.init.constant_(self.notes.bias, _RARE)
        self.attention = (
            StyleAttention(width, n_key=own.n_key, n_value=own.n_value)
            if own.cross_attention
            else None
        )
        self.decoder = nn.ModuleList(
            ResidualBlock(width, name=f"decoder{place}", dilation=dilation, n_style=vector)
            for place, dilation in enumerate((*own.dilations, 1))
        )
        self.decoder_lstm = Lstm(width, name="decoder") if own.memory else None
        self.exit_norm = nn.LayerNorm(width)
        self.exit = nn.Linear(width, n_bands)

    def initial_state(self, batch: int) -> dict[str, Tensor]:
        """Nothing heard yet."""
        layers = (*self.encoder, self.encoder_lstm, *self.decoder, self.decoder_lstm)
        parts = [
            layer.initial_state(batch)
            for layer in layers
            if isinstance(layer, ResidualBlock | Lstm)
        ]
        return {name: tensor for part in parts for name, tensor in part.items()}

    def encode_style(self, bands: Tensor) -> StyleCode:
        """The code of a clip; see `StyleEncoder`."""
        return self.style_encoder(bands)

    def encode(self, bands: Tensor, state: State) -> tuple[Tensor, dict[str, Tensor]]:
        """What is played, apart from how it sounds.

        Args:
            bands: levels of the content signal, ``(batch, frames, n_bands)``, in units of 20 dB.
            state: state from `initial_state`, or of the frames before.

        **Shape**: result ``(batch, frames, n_channels)``, and the encoder's part of the next state.
        """
        after: dict[str, Tensor] = {}
        x = self.entrance(bands)
        for block in self.encoder:
            x, part = block(x, state)
            after |= part
        if self.encoder_lstm is not None:
            y, part = self.encoder_lstm(x, state)
            x, after = x + y, after | part
        return x, after

    def hear_notes(self, x: Tensor) -> Tensor:
        """Which notes sound and which begin, as logits, ``(batch, frames, 2 * N_NOTES)``.

        Nothing of it is used to play; learning it teaches the encoder what to listen for.
        """
        return self.notes(x)

    def decode(self, x: Tensor, style: StyleCode, state: State) -> tuple[Tensor, dict[str, Tensor]]:
        """Levels of the output from what is played.

        Args:
            x: frames from `encode`, ``(batch, frames, n_channels)``.
            style: what it is to sound like.
            state: state from `initial_state`, or of the frames before.

        **Shape**: result ``(batch, frames, n_bands)`` in units of 20 dB, and the decoder's part of
        the next state.
        """
        after: dict[str, Tensor] = {}
        if self.attention is not None:
            x = self.attention(x, style)
        for place, block in enumerate(self.decoder):
            if place == len(self.decoder) - 1 and self.decoder_lstm is not None:
                y, part = self.decoder_lstm(x, state)
                x, after = x + y, after | part
            x, part = block(x, state, style.vector)
            after |= part
        return self.exit(self.exit_norm(x)), after

    def forward(
        self, bands: Tensor, style: StyleCode, state: State
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Levels of the output, and the next state.

        Args:
            bands: levels of the content signal, ``(batch, frames, n_bands)``, in units of 20 dB.
            style: code of the style.
            state: state of the frames before, or the initial one.
        """
        x, first = self.encode(bands, state)
        out, second = self.decode(x, style, state)
        return out, first | second
