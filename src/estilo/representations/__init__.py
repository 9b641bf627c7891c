"""Representations: audio to frames and back, analysis and synthesis made as one pair."""

from estilo.registry import Registry
from estilo.representations.traits import Traits

_OF_MAGNITUDES = frozenset({"stft", "stft.compression", "phase"})
_PARTS = {
    "cqt": ("estilo.representations.cqt:Cqt", Traits(settings=frozenset({"cqt", "phase"}))),
    "mel": (
        "estilo.representations.mel:Mel",
        Traits(settings=_OF_MAGNITUDES | {"stft.n_bands"}),
    ),
    "real-imag": (
        "estilo.representations.real_imag:RealImag",
        Traits(settings=frozenset({"stft"}), compared="waveform"),
    ),
    # The mean of a track and of a row without one is neither.
    "sms": (
        "estilo.representations.sms:Sms",
        Traits(settings=frozenset({"n_tracks"}), can_average=False),
    ),
    "stft": ("estilo.representations.stft:Stft", Traits(settings=_OF_MAGNITUDES)),
    "waveform": (
        "estilo.representations.waveform:Waveform",
        Traits(compared="waveform", is_waveform=True),
    ),
}
TRAITS = {name: traits for name, (_, traits) in _PARTS.items()}
REPRESENTATIONS = Registry(
    "representation",
    group="estilo.representations",
    kind="estilo.representations.base:Representation",
    parts={name: path for name, (path, _) in _PARTS.items()},
)


def traits_of(name: str) -> Traits:
    """What is known of a representation; of those that come with estilo, without loading torch.

    Args:
        name: name of the representation.

    Raises:
        SettingsError: there is none of this name.
        PluginError: it is another package's and cannot be used.

    Example:
        >>> traits_of("waveform").compared
        'waveform'
    """
    REPRESENTATIONS.check(name)
    return TRAITS[name] if name in TRAITS else REPRESENTATIONS[name].traits


__all__ = ["REPRESENTATIONS", "TRAITS", "Traits", "traits_of"]
