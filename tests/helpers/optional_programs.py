"""FluidSynth and its soundfonts: there or missing, whatever this machine has."""

import sys
from pathlib import Path

import pytest

from estilo.synthesis import fluidsynth

# Plays silence: 20 s of two channels at 48 kHz in 32 bits are longer than any test asks for.
SILENT_PLAYER = """#!/bin/sh
while [ "$1" != -F ]; do shift; done
head -c 7680000 /dev/zero > "$2"
"""

HOW_TO_INSTALL = {
    "fluidsynth": "FluidSynth (apt install fluidsynth, or brew install fluid-synth)",
    "soundfont": "the soundfont TimGM6mb (apt install timgm6mb-soundfont, or put TimGM6mb.sf2 "
    "into a folder and name that folder in ESTILO_SOUNDFONTS)",
    "mido": "the package mido (pip install 'estilo[eval]', or 'estilo[train]')",
}


def pretend(monkeypatch: pytest.MonkeyPatch, folder: Path, *present: str) -> None:
    """Let a test find those parts of `HOW_TO_INSTALL` that are named, and no others.

    FluidSynth plays nothing but silence then, and a soundfont is an empty file.
    """
    folder.mkdir(exist_ok=True)
    player = folder / "fluidsynth"
    monkeypatch.setattr(fluidsynth, "_EXECUTABLE", str(player))
    monkeypatch.setattr(fluidsynth, "_FOLDERS", (folder,))
    monkeypatch.delenv("ESTILO_SOUNDFONTS", raising=False)
    if "fluidsynth" in present:
        player.write_text(SILENT_PLAYER)
        player.chmod(0o755)
    if "soundfont" in present:
        for file, _ in fluidsynth.SOUNDFONTS.values():
            path = folder / file
            path.parent.mkdir(exist_ok=True)
            path.touch()
    if "mido" not in present:
        monkeypatch.setitem(sys.modules, "mido", None)


def missing(*present: str) -> str:
    """What a refusal says to install, where only these parts are there."""
    return " and ".join(how for part, how in HOW_TO_INSTALL.items() if part not in present)
