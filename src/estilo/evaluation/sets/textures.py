"""Textures: rain and ocean as recorded, and generated ones, each half held against the other."""

from pathlib import Path

import numpy as np

from estilo.audio import Audio
from estilo.errors import InputError, SettingsError
from estilo.evaluation.cache import cached
from estilo.evaluation.sets.base import Item, TestSet
from estilo.evaluation.sets.real import recordings_folder
from estilo.io import load
from estilo.synthesis.textures import TEXTURES

DURATION_S = 24.0
SAMPLE_RATE_HZ = 22_050
RECORDED = ("rain", "ocean")
_SEED = 7
_VERSION = 1


class Textures(TestSet):
    """Ten textures: the first half is the style, the second half what the result should be like.

    The generated ones are 24 s long; the recordings are as long as they are (rain 7.1 s, ocean
    6.4 s) and left out where they are missing.
    """

    def names(self, n: int | None = None) -> list[str]:
        """Recorded textures, where there are any, then generated ones."""
        names = [*self._recorded(), *TEXTURES]
        if n is not None and not 1 <= n <= len(names):
            raise SettingsError(f"this set holds {len(names)} textures, got n = {n}")
        return names[:n]

    def load(self, name: str) -> Item:
        """Both halves of one texture."""
        if name in RECORDED:
            audio = load(recordings_folder() / f"{name}.wav")
            audio = Audio(audio.samples.mean(0, keepdims=True), audio.sample_rate)
        else:
            audio = cached(f"textures-v{_VERSION}/{name}", lambda: _generated(name))
        half = audio.n_samples // 2
        first, second = audio.samples[:, :half], audio.samples[:, half : 2 * half]
        return Item(
            name=name,
            group="recorded" if name in RECORDED else "generated",
            content=None,
            style=Audio(first, audio.sample_rate),
            target=Audio(second, audio.sample_rate),
        )

    def _recorded(self) -> list[str]:
        try:
            folder: Path = recordings_folder()
        except InputError:
            return []
        return [name for name in RECORDED if (folder / f"{name}.wav").is_file()]


def _generated(name: str) -> Audio:
    rng = np.random.default_rng([_SEED, *name.encode()])
    return Audio(TEXTURES[name](DURATION_S, SAMPLE_RATE_HZ, rng), SAMPLE_RATE_HZ)
