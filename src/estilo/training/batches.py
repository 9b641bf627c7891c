"""Batches that depend on the seed and their number alone, so that a training can be resumed."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from estilo.datasets.manifest import ManifestEntry, Split, read_manifest
from estilo.datasets.phrases import read_phrases
from estilo.errors import InputError
from estilo.models.bands import transposition
from estilo.models.generator import LOWEST_NOTE, N_NOTES
from estilo.models.network import SAMPLE_RATE, SILENCE
from estilo.training.augmentations import Augmentation, curve, noisy
from estilo.training.features import LevelStore
from estilo.training.recipe import BatchPart

T = TypeVar("T")

PAIRED, PERTURBED, UNPAIRED = range(3)
_QUIETEST = -1.5  # level of a stretch that counts as sound
_TRIES = 8
_ONSET_FRAMES = 3  # over which a note counts as beginning
_MUCH = 0.7  # strength of an augmentation of instruments
_LEVEL = 1.0  # level of every style, -20 dB, in the units of the bands


class Batch(NamedTuple):
    """Examples for one step, as levels of bands.

    Args:
        content: levels of the content, ``(batch, n_frames, n_bands)``.
        target: levels of the target, of the same shape; the content where there is no target.
        style: levels of the style, ``(batch, n_style_frames, n_bands)``.
        kind: `PAIRED`, `PERTURBED` or `UNPAIRED`, ``(batch,)``.
        notes: 1 where a note of the content sounds and 0 where it does not, and behind these values
            the same for the beginnings of notes, ``(batch, n_frames, 2 * N_NOTES)``; -1 where the
            notes are not known.
        number: number of each example in the training, ``(batch,)``.
    """

    content: Tensor
    target: Tensor
    style: Tensor
    kind: Tensor
    notes: Tensor
    number: Tensor


class Batches:
    """Examples drawn from datasets.

    Args:
        folders: folders of the datasets.
        split: split of the clips.
        settings: settings of a batch.
        seed: random seed of everything that is drawn.
        store: levels of the clips.

    Raises:
        InputError: there is too little in the folders, or one is named twice.
    """

    def __init__(
        self,
        folders: Sequence[str],
        *,
        split: Split,
        settings: BatchPart,
        seed: int,
        store: LevelStore,
    ) -> None:
        _check_folders(folders)
        self.settings, self.seed, self.store = settings, seed, store
        self._transpositions: dict[int, NDArray[np.float32]] = {}
        self.clips: list[tuple[Path, ManifestEntry]] = [
            (Path(folder), clip)
            for folder in folders
            for clip in read_manifest(Path(folder))
            if clip.split == split
        ]
        _check(self.clips, folders, split)
        self.phrases = {folder: read_phrases(folder) for folder in {each for each, _ in self.clips}}
        self.by_folder: dict[Path, list[int]] = defaultdict(list)
        self.by_label: dict[str, list[int]] = defaultdict(list)
        phrases: dict[str, list[int]] = defaultdict(list)
        for place, (folder, clip) in enumerate(self.clips):
            self.by_folder[folder].append(place)
            self.by_label[f"{folder}/{clip.label}"].append(place)
            if clip.phrase:
                phrases[f"{folder}/{clip.phrase}"].append(place)
        self.bands: dict[Path, list[list[int]]] = defaultdict(list)
        for places in phrases.values():
            if len(places) > 1:
                self.bands[self.clips[places[0]][0]].append(places)
        shares = np.array([settings.paired, settings.perturbed, settings.unpaired])
        if not self.bands:
            shares[PAIRED] = 0.0
        if shares.sum() <= 0.0:
            raise InputError(
                f"no two {split} clips in {', '.join(folders)} play the same phrase, and only "
                "paired examples are asked for; give perturbed or unpaired a share"
            )
        self.shares = shares / shares.sum()

    def batch(self, step: int, *, rank: int = 0, n_ranks: int = 1) -> Batch:
        """The examples of a step, or a process's share of them.

        Args:
            step: number of the step.
            rank: number of this process.
            n_ranks: number of processes that share the batch.
        """
        return self.examples(
            range(step * self.settings.size, (step + 1) * self.settings.size)[rank::n_ranks]
        )

    def examples(self, numbers: Sequence[int]) -> Batch:
        """The examples of given numbers, whatever batch they belong to."""
        rows = [self._example(np.random.default_rng([self.seed, 7, number])) for number in numbers]
        arrays = (torch.from_numpy(np.stack(column)) for column in zip(*rows, strict=True))
        return Batch(*arrays, number=torch.tensor(numbers))

    def _example(self, rng: np.random.Generator) -> tuple[NDArray, ...]:
        own = self.settings
        kind = int(rng.choice(3, p=self.shares))
        if kind == PAIRED:
            band = _one_of(rng, _one_of(rng, list(self.bands.values())))
            content, target = (band[place] for place in rng.permutation(len(band))[:2])
        else:
            content = target = self._any(rng)
        style = self._any(rng) if kind == UNPAIRED else self._fellow(rng, target)
        start = self._start(rng, content, own.n_frames)
        semitones = int(rng.integers(-own.transpose, own.transpose + 1))
        x = self._read(content, start, own.n_frames)[:, :-1]
        y = x if target == content else self._read(target, start, own.n_frames)[:, :-1]
        z = self._read(style, self._start(rng, style, own.n_style_frames), own.n_style_frames)
        z = z[:, :-1] + _LEVEL - _average(z[:, -1])
        x, y, z = (self._transposed(levels, semitones) for levels in (x, y, z))
        looks = [
            Augmentation.drawn(rng, much=_MUCH) if each else None for each in self._varied(rng)
        ]
        if looks[0] is not None:
            y, z = looks[0](y), looks[0](z)
        if kind != PAIRED:
            x = y
        elif looks[1] is not None:
            x = looks[1](x)
        gain = rng.normal(0.0, own.gain_db) / 20.0
        bend = curve(rng, self.store.n_bands, own.equaliser_db)
        wide = 2.0 if kind == PERTURBED else 1.0
        x = x + gain + curve(rng, self.store.n_bands, wide * own.equaliser_db)
        if kind == PERTURBED:
            x = Augmentation.drawn(rng, much=1.0)(x)
        if rng.random() < own.noise:
            x = noisy(rng, x, rng.uniform(-4.0, -1.5) + gain)
        rows = (x, y + gain + bend, z + bend)
        notes = self._notes(content, start, own.n_frames, semitones)
        return *(np.maximum(row, SILENCE, dtype=np.float32) for row in rows), np.array(kind), notes

    def _varied(self, rng: np.random.Generator) -> NDArray[np.bool_]:
        """Whether the style's instrument is made another one, and the content's."""
        return rng.random(2) < self.settings.variety

    def _transposed(self, levels: NDArray, semitones: int) -> NDArray:
        if semitones == 0:
            return levels
        if semitones not in self._transpositions:
            self._transpositions[semitones] = transposition(self.store.centres_hz, semitones)
        return levels @ self._transpositions[semitones]

    def _notes(self, place: int, start: int, n_frames: int, semitones: int) -> NDArray[np.float32]:
        """The notes of some frames, see `Batch`."""
        folder, clip = self.clips[place]
        if clip.phrase not in self.phrases[folder]:
            return np.full((n_frames, 2 * N_NOTES), -1.0, np.float32)
        roll = np.zeros((n_frames, 2 * N_NOTES), np.float32)
        frames_per_s = clip.sample_rate / self.store.hop_length
        for note in self.phrases[folder][clip.phrase]:
            first = round(note.start_s * frames_per_s) - start
            last = round((note.start_s + note.duration_s) * frames_per_s) - start
            pitch = round(note.pitch) + semitones - LOWEST_NOTE
            if 0 <= pitch < N_NOTES and last > 0:
                roll[max(first, 0) : last, pitch] = 1.0
                roll[max(first, 0) : max(first + _ONSET_FRAMES, 0), N_NOTES + pitch] = 1.0
        return roll

    def _any(self, rng: np.random.Generator) -> int:
        """A clip; every folder has the same chance, so that a small one is heard too."""
        return _one_of(rng, _one_of(rng, list(self.by_folder.values())))

    def _fellow(self, rng: np.random.Generator, place: int) -> int:
        """Another clip of the same label, where there is one."""
        folder, clip = self.clips[place]
        others = [each for each in self.by_label[f"{folder}/{clip.label}"] if each != place]
        return _one_of(rng, others) if others else place

    def _start(self, rng: np.random.Generator, place: int, n_frames: int) -> int:
        """Where something sounds, if it can be found in a few tries; some begin at the start."""
        if rng.random() < 0.1:
            return 0
        room = max(self.store.n_frames(self.clips[place][1]) - n_frames, 0)
        start = 0
        for _ in range(_TRIES):
            start = int(rng.integers(room + 1))
            folder, clip = self.clips[place]
            if self.store.loudest(folder, clip, start=start, n_frames=n_frames) > _QUIETEST:
                break
        return start

    def _read(self, place: int, start: int, n_frames: int) -> NDArray[np.float32]:
        folder, clip = self.clips[place]
        return self.store.read(folder, clip, start=start, n_frames=n_frames)


def _check_folders(folders: Sequence[str]) -> None:
    """A folder named twice would make pairs of a clip with itself."""
    known: dict[Path, str] = {}
    for folder in folders:
        place = Path(folder).resolve()
        if place in known:
            raise InputError(
                f"data names one folder twice, as {known[place]} and as {folder}; name it once"
            )
        known[place] = folder


def _check(
    clips: Sequence[tuple[Path, ManifestEntry]], folders: Sequence[str], split: Split
) -> None:
    if not clips:
        raise InputError(
            f"there are no {split} clips in {', '.join(folders)}; add more recordings, or, where "
            "all that there are went into validation, add them to a new folder: estilo data add "
            "... --validation 0 -o NEW"
        )
    for folder, clip in clips:
        if clip.sample_rate != SAMPLE_RATE:
            raise InputError(
                f"{folder / clip.path}: expected a clip at {SAMPLE_RATE} Hz, got "
                f"{clip.sample_rate} Hz; add recordings with 'estilo data add', which converts them"
            )


def _one_of(rng: np.random.Generator, values: Sequence[T]) -> T:
    return values[int(rng.integers(len(values)))]


def _average(levels: NDArray) -> float:
    """Level of the average power; no less than that of a stretch that counts as sound."""
    power = np.mean(10.0 ** (2.0 * levels))
    return max(0.5 * float(np.log10(power)), _QUIETEST)
