"""The notes of a recording, and the hits that are no notes."""

from estilo.analysis.transcription.heard import HeardNote, Hit, Transcription
from estilo.analysis.transcription.transcribing import transcribe

__all__ = ["HeardNote", "Hit", "Transcription", "transcribe"]
