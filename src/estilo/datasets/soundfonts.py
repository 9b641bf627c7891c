"""Soundfonts that may be learnt from, and the one that may not."""

import contextlib
from pathlib import Path

from estilo.errors import InputError, SettingsError
from estilo.synthesis import fluidsynth

N_PROGRAMS = 120
"""The programs of General MIDI that are instruments; the last eight are noises."""

LICENCES = {"MuseScore_General": "MIT", "OPL-3_FM_128M": "CC-BY-SA-4.0"}
"""Terms of the soundfonts that may be learnt from, by name."""

_TEST_BANK = "TimGM6mb"
_HEAD_BYTES = 4096


def refuse_test_bank(soundfont: str) -> None:
    """Refuse to render from the soundfont on which the scoreboard tests.

    Args:
        soundfont: name or path.

    Raises:
        SettingsError: it is that one.
    """
    if _is_test_bank(Path(soundfont)):
        raise SettingsError(
            f"the soundfont {soundfont} is {_TEST_BANK}, on which the scoreboard tests, so nothing "
            "may be trained on it; take MuseScore_General or another one"
        )


def is_held_out(program: int) -> bool:
    """Whether a program is for validation: by its number, so that none is heard in both splits.

    Args:
        program: General MIDI program, from 0.

    Example:
        >>> is_held_out(46), is_held_out(47)
        (False, True)
    """
    return program % 10 == 7


def _is_test_bank(soundfont: Path) -> bool:
    """Whether it is the bank of the tests, by its name or, under another name, by its header."""
    head = b""
    if soundfont.is_file():
        with contextlib.suppress(OSError), soundfont.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
    name = _TEST_BANK.lower()
    return name in soundfont.name.lower() or name.encode() in head.lower()


def check_bank(soundfont: str) -> None:
    """Say at once what would be missing for the first program.

    Args:
        soundfont: name or path.

    Raises:
        InputError: FluidSynth or the soundfont is missing.
    """
    try:
        fluidsynth.find_player(soundfont)
    except InputError as error:
        raise InputError(f"{error}; or do without a soundfont: --n-programs 0") from error
