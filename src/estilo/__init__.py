"""estilo: the content of one recording in the style of another.

    import estilo
    result = estilo.transfer("melody.wav", "rain.wav", strength=0.7)
    estilo.save(result.audio, "out.wav")

Importing it is quick: torch is loaded by the first transfer.
"""

from typing import TYPE_CHECKING, Any

from estilo.version import __version__

_HOMES = {
    "Audio": "estilo.audio",
    "AudioFileError": "estilo.errors",
    "Cancelled": "estilo.errors",
    "Clip": "estilo.pipeline.clips",
    "DivergenceError": "estilo.errors",
    "EstiloError": "estilo.errors",
    "InputError": "estilo.errors",
    "OutputError": "estilo.errors",
    "Plan": "estilo.pipeline.plan",
    "PluginError": "estilo.errors",
    "Progress": "estilo.progress",
    "Report": "estilo.pipeline.report",
    "SettingsError": "estilo.errors",
    "TensorFileError": "estilo.errors",
    "Transfer": "estilo.pipeline.transfer",
    "TransferResult": "estilo.pipeline.transfer",
    "describe": "estilo.pipeline.judging",
    "evaluate": "estilo.pipeline.judging",
    "load": "estilo.io",
    "plot": "estilo.pipeline.drawing",
    "probe": "estilo.io",
    "read_report": "estilo.pipeline.report",
    "rerun": "estilo.pipeline.rerunning",
    "save": "estilo.io",
    "texture": "estilo.pipeline.transfer",
    "transfer": "estilo.pipeline.transfer",
}
_MODULES = ("export", "neural", "settings", "streaming")

__all__ = [
    "Audio",
    "AudioFileError",
    "Cancelled",
    "Clip",
    "DivergenceError",
    "EstiloError",
    "InputError",
    "OutputError",
    "Plan",
    "PluginError",
    "Progress",
    "Report",
    "SettingsError",
    "TensorFileError",
    "Transfer",
    "TransferResult",
    "__version__",
    "describe",
    "evaluate",
    "export",
    "load",
    "neural",
    "plot",
    "probe",
    "read_report",
    "rerun",
    "save",
    "settings",
    "streaming",
    "texture",
    "transfer",
]

if TYPE_CHECKING:
    from estilo import export, neural, settings, streaming
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
        TensorFileError,
    )
    from estilo.io import load, probe, save
    from estilo.pipeline.clips import Clip
    from estilo.pipeline.drawing import plot
    from estilo.pipeline.judging import describe, evaluate
    from estilo.pipeline.plan import Plan
    from estilo.pipeline.report import Report, read_report
    from estilo.pipeline.rerunning import rerun
    from estilo.pipeline.transfer import Transfer, TransferResult, texture, transfer
    from estilo.progress import Progress


def __getattr__(name: str) -> Any:
    if name not in (*_MODULES, *_HOMES):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from estilo.surroundings import loaded

    if name in _MODULES:
        return loaded(f"{__name__}.{name}")
    return getattr(loaded(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES, *_MODULES})
