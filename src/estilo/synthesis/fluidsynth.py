"""Notes through a soundfont: FluidSynth's own program, driven so that two runs give the same bytes.

Debian's soundfonts are known by name: TimGM6mb, on which engines are tested and nothing was ever
trained, and for training and tuning MuseScore_General (MIT) and OPL-3_FM_128M (CC-BY-SA 4.0).
"""

import importlib.util
import io
import math
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from estilo.errors import EstiloError, InputError, SettingsError
from estilo.synthesis.notes import Note

SOUNDFONTS = {
    "TimGM6mb": ("sf2/TimGM6mb.sf2", "timgm6mb-soundfont"),
    "MuseScore_General": ("sf3/MuseScore_General.sf3", "musescore-general-soundfont"),
    "OPL-3_FM_128M": ("sf2/OPL-3_FM_128M.sf2", "opl3-soundfont"),
}
"""File and Debian package of each soundfont, by its name."""

_EXECUTABLE = "fluidsynth"
_FOLDERS = (Path("/usr/share/sounds"), Path("/usr/local/share/sounds"))
_TICKS_PER_BEAT = 1000
_BEAT_US = 500_000
_TICKS_PER_S = _TICKS_PER_BEAT * 1_000_000 / _BEAT_US
_GAIN = 0.5
_TIMEOUT_S = 300
_PAUSE_S = 1  # between pieces of one run
_ALL_SOUND_OFF = 120
DRUM_CHANNEL = 9
"""MIDI channel, from 0, on which notes are drums and programs are kits."""
# SoundFont 2.01, 9.6: generators are reached through NRPN 120, their offsets lie about a middle.
_NRPN_MSB, _NRPN_LSB, _DATA_MSB, _DATA_LSB = 99, 98, 6, 38
_SOUNDFONT_NRPN = 120
_MIDDLE = 8192
_MIDO = "the package mido (pip install 'estilo[eval]', or 'estilo[train]')"


class Player(NamedTuple):
    """What plays notes.

    Args:
        executable: path of FluidSynth's program.
        soundfont: file of the soundfont.
    """

    executable: str
    soundfont: Path


class Bend(NamedTuple):
    """Offsets to what a soundfont says of its programs (SoundFont 2.01, section 8.1.3).

    Times are in octaves, so 1 doubles them; most soundfonts start from 1 ms where nothing is said.

    Args:
        cutoff_octaves: change of the low-pass filter's cutoff, in octaves.
        resonance_db: change of the low-pass filter's resonance, in dB.
        attack_octaves: change of the time until a note is at its loudest, in octaves.
        decay_octaves: change of the time in which a note falls to its held level, in octaves.
        sustain_db: attenuation of the held level, in dB.
        release_octaves: change of the time in which a note ends, in octaves.
        vibrato_cents: depth of the vibrato, in cents.
        vibrato_octaves: change of the vibrato's rate, in octaves.
    """

    cutoff_octaves: float = 0.0
    resonance_db: float = 0.0
    attack_octaves: float = 0.0
    decay_octaves: float = 0.0
    sustain_db: float = 0.0
    release_octaves: float = 0.0
    vibrato_cents: float = 0.0
    vibrato_octaves: float = 0.0


AS_IS = Bend()
"""A soundfont without any change."""

# In the order of `Bend`: number, and what one unit is in those of the offset.
_GENERATORS = (
    (8, 600.0),  # two cents each, as all times below
    (9, 10.0),
    (34, 600.0),
    (36, 600.0),
    (37, 10.0),
    (38, 600.0),
    (6, 0.5),
    (24, 300.0),  # four cents each
)


def find_player(soundfont: str) -> Player:
    """Everything that is needed to play notes through a soundfont.

    Args:
        soundfont: one of `SOUNDFONTS`, or a path. For a name, the folder in the environment
            variable ``ESTILO_SOUNDFONTS`` is looked through first, then those of the system.

    Raises:
        InputError: FluidSynth, the soundfont or the package mido is not installed. The message
            names all that are missing, and says how to install each.
    """
    executable, font = shutil.which(_EXECUTABLE), _find_soundfont(soundfont)
    missing = []
    if executable is None:
        missing.append("FluidSynth (apt install fluidsynth, or brew install fluid-synth)")
    if font is None:
        file, package = SOUNDFONTS[soundfont]
        missing.append(
            f"the soundfont {soundfont} (apt install {package}, or put {Path(file).name} into a "
            "folder and name that folder in ESTILO_SOUNDFONTS)"
        )
    if importlib.util.find_spec("mido") is None:
        missing.append(_MIDO)
    if executable is None or font is None or missing:
        raise _not_installed(missing)
    return Player(executable, font)


def _find_soundfont(name: str) -> Path | None:
    """File of a soundfont, or None where one that has a name is not installed."""
    if name not in SOUNDFONTS:
        path = Path(name)
        if not path.is_file():
            raise InputError(
                f"{name!r} is neither a known soundfont ({', '.join(SOUNDFONTS)}) nor a file; "
                "give the path of an .sf2 or .sf3 file"
            )
        return path
    file = Path(SOUNDFONTS[name][0])
    own = os.environ.get("ESTILO_SOUNDFONTS")
    candidates = [Path(own) / file.name] if own else []
    candidates += [folder / file for folder in _FOLDERS]
    return next((path for path in candidates if path.is_file()), None)


def _not_installed(missing: Sequence[str]) -> InputError:
    return InputError(
        "notes are played by FluidSynth through a soundfont; install what is missing: "
        + " and ".join(missing)
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
        notes: notes; fractions of their pitches are dropped, as MIDI has none.
        program: General MIDI program, 0 to 127.
        soundfont: name or path, see `find_soundfont`.
        sample_rate: sample rate in Hz, 8000 to 96000.
        duration_s: duration of the result, in seconds.

    Returns:
        **Shape** ``(time,)``, float32; at the soundfont's own level.

    Raises:
        InputError: FluidSynth, the soundfont or mido is missing, or the soundfont cannot be read.
        SettingsError: there is no such program.
        EstiloError: FluidSynth failed.
    """
    parts = [(notes, program)]
    return render_parts(parts, soundfont=soundfont, sample_rate=sample_rate, duration_s=duration_s)[
        0
    ]


def render_parts(
    parts: Sequence[tuple[Sequence[Note], int]],
    *,
    soundfont: str | Path,
    sample_rate: int,
    duration_s: float,
    bend: Bend = AS_IS,
    channel: int = 0,
) -> list[np.ndarray]:
    """Several pieces of notes, each on its own program, as `render` would give them.

    A soundfont takes a second to be read, a piece takes a twentieth: so one run plays them all, one
    after the other, in silence from the first.

    Args:
        parts: notes and program of each piece.
        soundfont: name or path, see `find_soundfont`.
        sample_rate: sample rate in Hz, 8000 to 96000.
        duration_s: duration of each result, in seconds.
        bend: changes to all programs.
        channel: MIDI channel, from 0; `DRUM_CHANNEL` for drums.

    Raises:
        InputError: FluidSynth or the soundfont is missing, or the soundfont cannot be read.
        SettingsError: there is no such program.
        EstiloError: FluidSynth failed.
    """
    for _, program in parts:
        if not 0 <= program <= 127:
            raise SettingsError(f"a General MIDI program lies between 0 and 127, got {program}")
    player = find_player(str(soundfont))
    stride_s = math.ceil(duration_s) + _PAUSE_S
    midi = midi_file(parts, stride_s=stride_s, duration_s=duration_s, bend=bend, channel=channel)
    stereo = _run(midi, player=player, sample_rate=sample_rate)
    mono = stereo.mean(1)
    out = np.zeros((len(parts), round(duration_s * sample_rate)), dtype=np.float32)
    for place, each in enumerate(out):
        start = place * stride_s * sample_rate
        heard = mono[start : start + len(each)]
        each[: len(heard)] = heard
    return list(out)


def _run(midi: bytes, *, player: Player, sample_rate: int) -> np.ndarray:
    """Samples that FluidSynth plays, ``(time, 2)``."""
    font = player.soundfont
    with tempfile.TemporaryDirectory(prefix="estilo-") as folder:
        file, raw = Path(folder) / "notes.mid", Path(folder) / "notes.raw"
        file.write_bytes(midi)
        command = [player.executable, "-q", "-n", "-i", "-R", "0", "-C", "0", "-g", str(_GAIN)]
        command += ["-r", str(sample_rate), "-o", "synth.cpu-cores=1"]
        command += ["-o", "synth.dynamic-sample-loading=1", "-o", "synth.default-soundfont="]
        command += ["-T", "raw", "-O", "float"]
        command += ["-E", "little", "-F", str(raw), str(font), str(file)]
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
        return np.fromfile(raw, dtype="<f4").reshape(-1, 2)


def midi_file(
    parts: Sequence[tuple[Sequence[Note], int]],
    *,
    stride_s: int,
    duration_s: float,
    bend: Bend = AS_IS,
    channel: int = 0,
) -> bytes:
    """A Standard MIDI File (type 0) of pieces of notes, one after the other.

    Args:
        parts: notes and program of each piece.
        stride_s: time from the start of one piece to that of the next, in seconds; before each
            start everything is silenced.
        duration_s: duration of the last piece, in seconds.
        bend: changes to all programs, made once, before the first note.
        channel: MIDI channel, from 0; `DRUM_CHANNEL` for drums.

    Raises:
        InputError: the package mido is missing.
    """
    try:
        from mido import Message, MetaMessage, MidiFile, MidiTrack
    except ImportError as error:
        raise _not_installed([_MIDO]) from error
    events: list[tuple[int, int, Message]] = []
    for place, (notes, program) in enumerate(parts):
        start = round(_TICKS_PER_S * place * stride_s)
        if place:
            silence = start - round(_TICKS_PER_S * _PAUSE_S / 2)
            events.append((silence, -1, Message("control_change", control=_ALL_SOUND_OFF)))
        events.append((start, -1, Message("program_change", program=program)))
        for note in notes:
            pitch = round(note.pitch)
            velocity = max(1, min(127, round(127 * note.velocity)))
            on = round(_TICKS_PER_S * note.start_s)
            # A note that ended at its own start would end before it, and never.
            off = max(round(_TICKS_PER_S * (note.start_s + note.duration_s)), on + 1)
            events.append((start + on, 1, Message("note_on", note=pitch, velocity=velocity)))
            events.append((start + off, 0, Message("note_off", note=pitch)))
    # At one instant, old notes end before new ones start.
    events.sort(key=lambda event: event[:2])
    track = MidiTrack([MetaMessage("set_tempo", tempo=_BEAT_US)])
    track += [
        Message("control_change", channel=channel, control=c, value=v) for c, v in _bending(bend)
    ]
    now = 0
    for tick, _, message in events:
        track.append(message.copy(time=tick - now, channel=channel))
        now = tick
    end = round(_TICKS_PER_S * (max(len(parts) - 1, 0) * stride_s + duration_s))
    track.append(MetaMessage("end_of_track", time=max(now, end) - now))
    file = MidiFile(type=0, ticks_per_beat=_TICKS_PER_BEAT)
    file.tracks.append(track)
    stream = io.BytesIO()
    file.save(file=stream)
    return stream.getvalue()


def _bending(bend: Bend) -> Iterator[tuple[int, int]]:
    """Controllers and their values."""
    for value, (generator, units) in zip(bend, _GENERATORS, strict=True):
        offset = max(-_MIDDLE, min(_MIDDLE - 1, round(value * units)))
        if offset:
            yield _NRPN_MSB, _SOUNDFONT_NRPN
            yield _NRPN_LSB, generator
            yield _DATA_LSB, (_MIDDLE + offset) & 0x7F
            yield _DATA_MSB, (_MIDDLE + offset) >> 7
