"""Basic Pitch beside estilo's own ears: another program, in another environment."""

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Self

from estilo.analysis.sound import Sound
from estilo.analysis.transcription import HeardNote
from estilo.io import save

_SCRIPT = Path(__file__).with_name("basic_pitch_notes.py")


class BasicPitch:
    """A process that hears notes for as long as it is needed.

    Args:
        python: interpreter of an environment that has the package basic-pitch and onnxruntime.
    """

    def __init__(self, python: str) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._process = subprocess.Popen(
            [python, str(_SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        self._folder.cleanup()

    def notes(self, sound: Sound) -> list[HeardNote]:
        """The notes that it hears.

        Args:
            sound: recording.

        Raises:
            RuntimeError: the process has ended.
        """
        path = Path(self._folder.name) / "piece.wav"
        save(sound.audio, path, force=True)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{path}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(
                "Basic Pitch has ended; give the interpreter of an environment that has the "
                "packages basic-pitch and onnxruntime"
            )
        return [HeardNote(start_s, end_s, pitch, 0.0) for start_s, end_s, pitch in json.loads(line)]
