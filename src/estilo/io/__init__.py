"""Recordings and tensors in and out of files; nothing else in estilo touches such files."""

from estilo.io.atomic import write_atomic
from estilo.io.beside import why_not_kept
from estilo.io.plan import BIT_DEPTHS, OutputFormat, plan_output
from estilo.io.probe import AudioFileWarning, AudioInfo
from estilo.io.recording import RecordingFile, load, probe
from estilo.io.save import SavedInfo, save, write_audio
from estilo.io.scratch import release, scratch_array, scratch_copy
from estilo.io.tensors import TensorFile, expect_shapes, read_tensors, write_tensors

__all__ = [
    "BIT_DEPTHS",
    "AudioFileWarning",
    "AudioInfo",
    "OutputFormat",
    "RecordingFile",
    "SavedInfo",
    "TensorFile",
    "expect_shapes",
    "load",
    "plan_output",
    "probe",
    "read_tensors",
    "release",
    "save",
    "scratch_array",
    "scratch_copy",
    "why_not_kept",
    "write_atomic",
    "write_audio",
    "write_tensors",
]
