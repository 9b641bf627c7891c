"""The neural engine as an autoencoder: what is played and what it sounds like, apart.

    from estilo import neural
    melody = neural.encode("melody.wav")
    cello, bells = neural.encode("cello.wav"), neural.encode("bells.wav")
    between = neural.blend([cello.style, bells.style], [0.5, 0.5])
    estilo.save(neural.decode(melody, between), "out.wav")

For a transfer with all that belongs to it (levels, report, scores) take `estilo.transfer`.
"""

from typing import TYPE_CHECKING, Any

from estilo.surroundings import loaded

_HOMES = {
    "Encoding": "estilo.neural.autoencoder",
    "adapt": "estilo.neural.autoencoder",
    "blend": "estilo.neural.autoencoder",
    "decode": "estilo.neural.autoencoder",
    "encode": "estilo.neural.autoencoder",
    "style_from": "estilo.neural.style_files",
}

__all__ = ["Encoding", "adapt", "blend", "decode", "encode", "style_from"]

if TYPE_CHECKING:
    from estilo.neural.autoencoder import Encoding, adapt, blend, decode, encode
    from estilo.neural.style_files import style_from


def __getattr__(name: str) -> Any:
    # Late, as the cards of style files are shown without torch.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(loaded(_HOMES[name]), name)
