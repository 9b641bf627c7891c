"""estilo: the content of one recording in the style of another.

    import estilo
    result = estilo.transfer("melody.wav", "rain.wav", strength=0.7)
    estilo.save(result.audio, "out.wav")

Importing it is quick: torch is loaded by the first transfer.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "Audio": "estilo.audio",
    "AudioFileError": "estilo.errors",
    "Cancelled": "estilo.errors",
    "Clip": "estilo.pipeline.sources",
    "DivergenceError": "estilo.errors",
    "EstiloError": "estilo.errors",
    "InputError": "estilo.errors",
    "OutputError": "estilo.errors",
    "PluginError": "estilo.errors",
    "Report": "estilo.pipeline.report",
    "SettingsError": "estilo.errors",
    "Transfer": "estilo.pipeline.transfer",
    "TransferResult": "estilo.pipeline.transfer",
    "load": "estilo.io",
    "probe": "estilo.io",
    "save": "estilo.io",
    "texture": "estilo.pipeline.functions",
    "transfer": "estilo.pipeline.functions",
}

__all__ = [
    "Audio",
    "AudioFileError",
    "Cancelled",
    "Clip",
    "DivergenceError",
    "EstiloError",
    "InputError",
    "OutputError",
    "PluginError",
    "Report",
    "SettingsError",
    "Transfer",
    "TransferResult",
    "load",
    "probe",
    "save",
    "texture",
    "transfer",
]

if TYPE_CHECKING:
    from estilo.audio import Audio
    from estilo.errors import (
        AudioFileError,
        Cancelled,
        DivergenceError,
        EstiloError,
        InputError,
        OutputError,
        PluginError,
        SettingsError,
    )
    from estilo.io import load, probe, save
    from estilo.pipeline.functions import texture, transfer
    from estilo.pipeline.report import Report
    from estilo.pipeline.sources import Clip
    from estilo.pipeline.transfer import Transfer, TransferResult


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
