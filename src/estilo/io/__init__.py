"""Recordings in and out of files; nothing else in estilo touches audio files."""

from estilo.io.atomic import write_atomic
from estilo.io.load import load
from estilo.io.plan import BIT_DEPTHS, OutputFormat, plan_output
from estilo.io.probe import AudioFileWarning, AudioInfo, probe
from estilo.io.save import SavedInfo, save, write_audio
from estilo.io.scratch import release, scratch_array

__all__ = [
    "BIT_DEPTHS",
    "AudioFileWarning",
    "AudioInfo",
    "OutputFormat",
    "SavedInfo",
    "load",
    "plan_output",
    "probe",
    "release",
    "save",
    "scratch_array",
    "write_atomic",
    "write_audio",
]
