"""Notes through a soundfont: FluidSynth's own program, driven so that two runs give the same bytes.

Debian's soundfonts are known by name: TimGM6mb, on which engines are tested and nothing was ever
trained, and MuseScore_General (MIT), for training and tuning.
"""

import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from estilo.errors import EstiloError, InputError, SettingsError
from estilo.synthesis.notes import Note

SOUNDFONTS = {
    "TimGM6mb": ("sf2/TimGM6mb.sf2", "timgm6mb-soundfont"),
    "MuseScore_General": ("sf3/MuseScore_General.sf3", "musescore-general-soundfont"),
}
"""Name to file and Debian package."""

_FOLDERS = (Path("/usr/share/sounds"), Path("/usr/local/share/sounds"))
_TICKS_PER_BEAT = 1000
_BEAT_US = 500_000
_TICKS_PER_S = _TICKS_PER_BEAT * 1_000_000 / _BEAT_US
_GAIN = 0.5
_TIMEOUT_S = 300


def find_fluidsynth() -> str:
    """Path of FluidSynth's program.

    Raises:
        InputError: it is not installed.
    """
    program = shutil.which("fluidsynth")
    if program is None:
        raise InputError(
            "FluidSynth is not installed, and soundfonts are played with it; "
            "install the package fluidsynth (apt install fluidsynth, or brew install fluid-synth)"
        )
    return program


def find_soundfont(name: str) -> Path:
    """File of a soundfont: one of `SOUNDFONTS`, or a path.

    The folder in the environment variable ``ESTILO_SOUNDFONTS`` is looked through first.

    Raises:
        InputError: it is not there; the message names the Debian package.
    """
    if name not in SOUNDFONTS:
        path = Path(name)
        if not path.is_file():
            raise InputError(
                f"{name!r} is neither a known soundfont ({', '.join(SOUNDFONTS)}) nor a file; "
                "give the path of an .sf2 or .sf3 file"
            )
        return path
    file, package = SOUNDFONTS[name]
    own = os.environ.get("ESTILO_SOUNDFONTS")
    candidates = [Path(own) / Path(file).name] if own else []
    candidates += [folder / file for folder in _FOLDERS]
    for path in candidates:
        if path.is_file():
            return path
    raise InputError(
        f"the soundfont {name} is not installed; install Debian's package {package} "
        f"(apt install {package}), or put {Path(file).name} into a folder and name that folder in "
        "ESTILO_SOUNDFONTS"
    )


def render(
    notes: Sequence[Note],
    *,
    program: int,
    soundfont: str | Path,
    sample_rate: int,
    duration_s: float,
) -> np.ndarray:
    """Notes on one instrument, dry and mono.

    Args:
        notes: fractions of their pitches are dropped, as MIDI knows none.
        program: General MIDI program, 0 to 127.
        soundfont: name or path; see `find_soundfont`.
        sample_rate: 8000 to 96000, in Hz.
        duration_s: of the result, in seconds.

    Returns:
        **Shape** ``(time,)``, float32; at the soundfont's own level.

    Raises:
        InputError: FluidSynth or the soundfont is missing, or the soundfont cannot be read.
        SettingsError: there is no such program.
        EstiloError: FluidSynth failed.
    """
    if not 0 <= program <= 127:
        raise SettingsError(f"a General MIDI program lies between 0 and 127, got {program}")
    fluidsynth = find_fluidsynth()
    font = find_soundfont(str(soundfont))
    with tempfile.TemporaryDirectory(prefix="estilo-") as folder:
        midi, raw = Path(folder) / "notes.mid", Path(folder) / "notes.raw"
        midi.write_bytes(midi_file(notes, program=program, duration_s=duration_s))
        command = [fluidsynth, "-q", "-n", "-i", "-R", "0", "-C", "0", "-g", str(_GAIN)]
        command += ["-r", str(sample_rate), "-o", "synth.cpu-cores=1"]
        command += ["-o", "synth.dynamic-sample-loading=1", "-o", "synth.default-soundfont="]
        command += ["-T", "raw", "-O", "float"]
        command += ["-E", "little", "-F", str(raw), str(font), str(midi)]
        try:
            run = subprocess.run(  # noqa: S603 - the program found above, no shell
                command, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S
            )
        except subprocess.TimeoutExpired as error:
            raise EstiloError(f"FluidSynth had not finished after {_TIMEOUT_S} s") from error
        # It says that all went well, and without the option above plays another soundfont.
        if "Failed to load" in run.stderr:
            raise InputError(f"FluidSynth cannot read the soundfont {font}; give another one")
        if run.returncode != 0 or not raw.is_file():
            raise EstiloError(
                f"FluidSynth failed (status {run.returncode}): {run.stderr.strip()[-500:]}"
            )
        stereo = np.fromfile(raw, dtype="<f4").reshape(-1, 2)
    out = np.zeros(round(duration_s * sample_rate), dtype=np.float32)
    mono = stereo.mean(1)[: len(out)]
    out[: len(mono)] = mono
    return out


def midi_file(notes: Sequence[Note], *, program: int, duration_s: float) -> bytes:
    """A Standard MIDI File (type 0) of notes on one instrument.

    Raises:
        InputError: the package mido is missing.
    """
    try:
        from mido import Message, MetaMessage, MidiFile, MidiTrack
    except ImportError as error:
        raise InputError(
            "the package mido is not installed, and notes for soundfonts are written with it; "
            "install estilo with an extra: pip install 'estilo[eval]' or 'estilo[train]'"
        ) from error
    events: list[tuple[int, int, Message]] = []
    for note in notes:
        pitch = round(note.pitch)
        velocity = max(1, min(127, round(127 * note.velocity)))
        on = round(_TICKS_PER_S * note.start_s)
        # A note that ended at its own start would end before it, and never.
        off = max(round(_TICKS_PER_S * (note.start_s + note.duration_s)), on + 1)
        events.append((on, 1, Message("note_on", note=pitch, velocity=velocity)))
        events.append((off, 0, Message("note_off", note=pitch)))
    # At one instant, old notes end before new ones start.
    events.sort(key=lambda event: event[:2])
    track = MidiTrack([MetaMessage("set_tempo", tempo=_BEAT_US)])
    track.append(Message("program_change", program=program))
    now = 0
    for tick, _, message in events:
        track.append(message.copy(time=tick - now))
        now = tick
    end = max(now, round(_TICKS_PER_S * duration_s))
    track.append(MetaMessage("end_of_track", time=end - now))
    file = MidiFile(type=0, ticks_per_beat=_TICKS_PER_BEAT)
    file.tracks.append(track)
    stream = io.BytesIO()
    file.save(file=stream)
    return stream.getvalue()
