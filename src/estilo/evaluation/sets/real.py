"""Real pairs: all ordered pairs of one fixed list of recordings."""

import os
from collections.abc import Iterable
from itertools import permutations
from pathlib import Path

import numpy as np

from estilo.audio import Audio
from estilo.errors import InputError, SettingsError
from estilo.evaluation.sets.base import Item, TestSet
from estilo.io import load

DURATION_S = 8.0
RECORDINGS = (
    "cello-phrase.wav",
    "sax-phrase.wav",
    "piano.wav",
    "orchestra.wav",
    "strings-brahms.ogg",
    "jazz-vibraphone.ogg",
    "trumpet-loop.ogg",
    "speech-female.wav",
    "singing-female.wav",
    "mridangam.wav",
    "rain.wav",
    "ocean.wav",
)


def recordings_folder() -> Path:
    """The folder in the environment variable ``ESTILO_AUDIO``, ``../shared/audio`` by default.

    Raises:
        InputError: it is not there.
    """
    folder = Path(os.environ.get("ESTILO_AUDIO", "../shared/audio"))
    if not folder.is_dir():
        raise InputError(
            f"there is no folder {folder} with the recordings of this test set; "
            "name it in the environment variable ESTILO_AUDIO"
        )
    return folder


def check_recordings(names: Iterable[str]) -> None:
    """Check that all these files are in `recordings_folder`.

    Raises:
        InputError: some are not; the message names all of them.
    """
    folder = recordings_folder()
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise InputError(
            f"recordings of this test set are missing in {folder}: {', '.join(missing)}; put them "
            "there, or name another folder in the environment variable ESTILO_AUDIO"
        )


def read_recording(name: str) -> Audio:
    """The first 8 s of a recording, mono, at its own rate."""
    audio = load(recordings_folder() / name, duration_s=DURATION_S)
    return Audio(audio.samples.mean(0, keepdims=True), audio.sample_rate)


class RealPairs(TestSet):
    """Instruments, voices, drums and textures, each in the style of each other."""

    def names(self, n: int | None = None) -> list[str]:
        """132 pairs in a fixed random order, so that a few of them are already varied."""
        check_recordings(RECORDINGS)
        pairs = [f"{Path(c).stem}--{Path(s).stem}" for c, s in permutations(RECORDINGS, 2)]
        order = np.random.default_rng(2).permutation(len(pairs))
        if n is not None and not 1 <= n <= len(pairs):
            raise SettingsError(f"the real set holds {len(pairs)} pairs, got n = {n}")
        return [pairs[i] for i in order[:n]]

    def load(self, name: str) -> Item:
        """One pair; there is no target."""
        files = {Path(file).stem: file for file in RECORDINGS}
        wanted = [files[stem] for stem in name.split("--")]
        check_recordings(wanted)
        content, style = (read_recording(file) for file in wanted)
        return Item(name=name, group="real", content=content, style=style, target=None)
