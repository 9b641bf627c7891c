"""Representations: audio to frames and back, analysis and synthesis made as one pair."""

from estilo.registry import Registry

REPRESENTATIONS = Registry(
    "representation",
    group="estilo.representations",
    kind="estilo.representations.base:Representation",
    parts={
        "cqt": "estilo.representations.cqt:Cqt",
        "mel": "estilo.representations.mel:Mel",
        "real-imag": "estilo.representations.real_imag:RealImag",
        "sms": "estilo.representations.sms:Sms",
        "stft": "estilo.representations.stft:Stft",
        "waveform": "estilo.representations.waveform:Waveform",
    },
)
