"""Paired clips from nothing: the same phrases played by many instruments.

Instruments are drawn at random: patches of estilo's own synthesiser and programs of a soundfont,
bent and layered, most of them through a chain of effects of their own. In each round the
instruments are shuffled and dealt into bands; a band plays one phrase. So every phrase has a band
of players, every instrument several phrases, and any two players of a phrase make a pair:
content and target. Some instruments play their phrases twice, as they are and through a chain of
effects, for pairs whose style is no other instrument. Textures, which play no notes, lie beside
them for examples without a target.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from estilo.datasets.clips import SAMPLE_RATE, make_folder, normalised, write_clip
from estilo.datasets.manifest import ManifestEntry, Split, read_if_there, write_manifest
from estilo.datasets.phrases import Phrases, write_phrases
from estilo.datasets.settings import SynthSettings
from estilo.datasets.soundfonts import (
    LICENCES,
    N_PROGRAMS,
    check_bank,
    is_held_out,
    refuse_test_bank,
)
from estilo.errors import Cancelled, OutputError, SettingsError
from estilo.io.atomic import write_atomic
from estilo.metrics.timbre_network import METRIC_SEED
from estilo.processes import run_all
from estilo.progress import Cancel, Counted
from estilo.synthesis import patches, programs
from estilo.synthesis.effects import KINDS, Chain, process, random_chain
from estilo.synthesis.effects.recording import Effects, apply_effects, random_effects
from estilo.synthesis.notes import Note, random_phrase
from estilo.synthesis.programs import Layer, random_layers
from estilo.synthesis.textures import TEXTURES

SETTINGS = "synth.json"
"""Name of the file in a dataset's folder that says what was rendered into it."""

_OWN_LICENCE = "CC0-1.0"
_SPLITS = {"train": 0, "validation": 1}
_INSTRUMENT, _PHRASE, _DEAL, _CLIP, _LAYERS, _CHAIN = range(6)


@dataclass(frozen=True)
class RenderTask:
    """One clip to render.

    Args:
        clip: line of the clip in the manifest.
        settings: settings of the dataset.
        instrument: position in the split's list of instruments; textures come after them.
        phrase: number of the phrase in the split; for a texture, number of the take.
        is_processed: whether it goes through the chain of effects of its instrument.
    """

    clip: ManifestEntry
    settings: SynthSettings
    instrument: int
    phrase: int
    is_processed: bool = False

    @property
    def is_program(self) -> bool:
        """Whether a soundfont plays it."""
        return (
            bool(self.clip.phrase) and self.instrument >= _counts(self.settings, self.clip.split)[0]
        )


def plan(settings: SynthSettings) -> list[RenderTask]:
    """List every clip of a dataset, without rendering any.

    Raises:
        SettingsError: the seed or the soundfont is not for training, or an instrument has nobody
            to play with.

    Example:
        >>> small = SynthSettings(n_patches=5, n_programs=0, n_textures=0, n_validation=2, band=3)
        >>> tasks = plan(small)
        >>> len(tasks), tasks[0].clip.split, tasks[-1].clip.split
        (35, 'train', 'validation')
    """
    _check(settings)
    played = [each for split in get_args(Split) for each in _plan_split(settings, split)]
    return played + list(_plan_textures(settings))


def render_all(
    settings: SynthSettings,
    folder: Path,
    *,
    n_jobs: int = 1,
    on_clip: Callable[[Counted[list[Path]]], None] | None = None,
    cancel: Cancel | None = None,
) -> list[ManifestEntry]:
    """Render a dataset, its manifest last; clips that are there already are kept.

    Whatever ends this, the same call goes on from there. Clips that others added to the folder
    stay in its manifest.

    Args:
        settings: what to render.
        folder: folder of the dataset; made if it is not there.
        n_jobs: number of processes, of one thread each.
        on_clip: function that is called after every new clip, with the files that were written.
        cancel: token that is asked after every new clip.

    Returns:
        All clips of the folder.

    Raises:
        SettingsError: for the reasons that `plan` gives.
        InputError: FluidSynth or the soundfont is missing.
        OutputError: the folder holds other clips, or cannot be written.
        Cancelled: ``cancel`` was set.
    """
    tasks = plan(settings)
    if settings.n_programs:
        check_bank(settings.soundfont)
    others = {clip.path: clip for clip in read_if_there(folder)}
    make_folder(folder)
    _claim(folder, settings)
    wanted = [task for task in tasks if not (folder / task.clip.path).is_file()]
    n_kept, start_s = len(tasks) - len(wanted), time.monotonic()
    n_done = 0
    jobs = _jobs(tasks, wanted)
    with contextlib.closing(run_all(partial(render, folder=folder), jobs, n_jobs=n_jobs)) as done:
        for _, written in done:
            n_done += len(written)
            each_s = (time.monotonic() - start_s) / n_done
            if on_clip is not None:
                left_s = each_s * (len(wanted) - n_done)
                on_clip(Counted(written, n_done, len(tasks), n_kept, left_s))
            if cancel is not None and cancel.is_set():
                n_there = n_kept + n_done
                raise Cancelled(f"cancelled; {n_there} of {len(tasks)} clips are in {folder}")
    clips = list((others | {task.clip.path: task.clip for task in tasks}).values())
    write_phrases(folder, _phrases(tasks))
    write_manifest(folder, clips)
    return clips


def render(tasks: Sequence[RenderTask], folder: Path) -> list[Path]:
    """Render the clips of one instrument that are not in the folder yet.

    Args:
        tasks: all clips of a program, which are played in one go; or any clips of a patch.
        folder: folder of the dataset.

    Returns:
        The new files.

    Raises:
        OutputError: one cannot be written.
        InputError: FluidSynth or the soundfont is missing.
    """
    written = []
    for task, samples in zip(tasks, waveforms(tasks), strict=True):
        path = folder / task.clip.path
        if not path.is_file():
            write_clip(samples, path)
            written.append(path)
    return written


def waveforms(tasks: Sequence[RenderTask]) -> list[NDArray[np.float32]]:
    """The clips themselves, ``(time,)``, with an RMS of 0.1, less where peaks would pass 0.9.

    Args:
        tasks: clips of one instrument.
    """
    if not tasks[0].clip.phrase:
        return [_texture(task) for task in tasks]
    settings, split = tasks[0].settings, tasks[0].clip.split
    sound, effects = _instrument(settings, split, tasks[0].instrument)
    phrases = [_phrase(settings, split, task.phrase) for task in tasks]
    if isinstance(sound, tuple):
        dry = programs.render(
            phrases,
            sound,
            soundfont=settings.soundfont,
            sample_rate=SAMPLE_RATE,
            duration_s=settings.duration_s,
        )
    else:
        dry = [
            patches.render(
                notes,
                sound,
                sample_rate=SAMPLE_RATE,
                duration_s=settings.duration_s,
                rng=_rng(settings, split, _CLIP, task.instrument, task.phrase),
            )
            for task, notes in zip(tasks, phrases, strict=True)
        ]
    played = [normalised(apply_effects(each, effects, SAMPLE_RATE)) for each in dry]
    if not tasks[0].is_processed:
        return played
    chain = _chain(settings, split, tasks[0].instrument)
    return [normalised(process(each, chain, SAMPLE_RATE)) for each in played]


def _jobs(tasks: Sequence[RenderTask], wanted: Sequence[RenderTask]) -> list[list[RenderTask]]:
    """The work of the processes: all clips of a program if any of them is missing, or one clip.

    What FluidSynth plays depends a little on what it has played before.
    """
    wanting = {task.clip.label for task in wanted if task.is_program}
    played: dict[str, list[RenderTask]] = {}
    for task in tasks:
        if task.clip.label in wanting:
            played.setdefault(task.clip.label, []).append(task)
    return [*played.values(), *([task] for task in wanted if not task.is_program)]


def _texture(task: RenderTask) -> NDArray[np.float32]:
    """A take of a texture; all takes of one have the same effects."""
    settings = task.settings
    rng = _rng(settings, "train", _INSTRUMENT, task.instrument)
    name = rng.choice(list(TEXTURES))
    effects = random_effects(rng) if rng.random() < settings.effects else Effects()
    own = _rng(settings, "train", _CLIP, task.instrument, task.phrase)
    dry = TEXTURES[name](settings.duration_s, SAMPLE_RATE, own)
    return normalised(apply_effects(dry, effects, SAMPLE_RATE))


def _check(settings: SynthSettings) -> None:
    if settings.seed == METRIC_SEED:
        raise SettingsError(
            f"the seed {METRIC_SEED} is reserved: with it the scoreboard's metrics were trained, "
            "and what they know must not be trained on; give another seed"
        )
    refuse_test_bank(settings.soundfont)
    n_train, n_validation = (sum(_counts(settings, split)) for split in get_args(Split))
    if n_train < 2:
        raise SettingsError(
            f"two instruments or more are needed for pairs, got {n_train}; give more n_patches or "
            "n_programs"
        )
    if settings.band == 1 and settings.processed < 1.0:
        raise SettingsError(
            f"a band of 1 has pairs only if every instrument is processed, got processed "
            f"{settings.processed:g}; give processed 1, or a band of 2 and more"
        )
    if n_validation == 1:
        raise SettingsError("n_validation must be 0, or 2 and more for pairs, got 1")


def _claim(folder: Path, settings: SynthSettings) -> None:
    """Clips of other settings have the same names: one folder, one set of settings."""
    path = folder / SETTINGS
    if not path.exists():
        write_atomic(path, f"{settings.model_dump_json(indent=2)}\n".encode())
        return
    try:
        before = SynthSettings.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise OutputError(f"{path} cannot be read; name a new folder") from error
    differing = [
        f"{name} {getattr(before, name)}"
        for name in SynthSettings.model_fields
        if getattr(before, name) != getattr(settings, name)
    ]
    if differing:
        raise OutputError(
            f"{folder} holds clips of other settings ({', '.join(differing)}); give these again, "
            "or name a new folder"
        )


def _plan_split(settings: SynthSettings, split: Split) -> Iterator[RenderTask]:
    n_instruments = sum(_counts(settings, split))
    if not n_instruments:
        return
    rng = _rng(settings, split, _DEAL)
    # A last player alone would have no pair: he joins the band before him.
    starts = range(0, max(n_instruments - 1, 1), settings.band)
    phrase = 0
    for _ in range(settings.clips_per_instrument):
        order = rng.permutation(n_instruments)
        for band in np.split(order, starts[1:]):
            for instrument in map(int, band):
                ways = (False, True) if _chain(settings, split, instrument) else (False,)
                for is_processed in ways:
                    clip = _clip(settings, split, instrument, phrase, is_processed=is_processed)
                    yield RenderTask(clip, settings, instrument, phrase, is_processed)
            phrase += 1


def _plan_textures(settings: SynthSettings) -> Iterator[RenderTask]:
    first = sum(_counts(settings, "train"))
    for number in range(settings.n_textures):
        for take in range(settings.clips_per_instrument):
            name = f"texture-{number:04d}"
            clip = ManifestEntry(
                path=f"train/{name}/{take:05d}.wav",
                n_samples=round(settings.duration_s * SAMPLE_RATE),
                sample_rate=SAMPLE_RATE,
                split="train",
                label=f"train-{name}",
                phrase="",
                source="estilo's synthesiser",
                licence=_OWN_LICENCE,
            )
            yield RenderTask(clip, settings, first + number, take)


def _clip(
    settings: SynthSettings, split: Split, instrument: int, phrase: int, *, is_processed: bool
) -> ManifestEntry:
    n_patches, _ = _counts(settings, split)
    is_patch = instrument < n_patches
    name = f"{'patch' if is_patch else 'program'}-{instrument:04d}"
    name += "-processed" if is_processed else ""
    return ManifestEntry(
        path=f"{split}/{name}/{phrase:05d}.wav",
        n_samples=round(settings.duration_s * SAMPLE_RATE),
        sample_rate=SAMPLE_RATE,
        split=split,
        label=f"{split}-{name}",
        phrase=f"{split}-{phrase:05d}",
        source="estilo's synthesiser" if is_patch else f"FluidSynth, {settings.soundfont}",
        licence=_OWN_LICENCE if is_patch else LICENCES.get(settings.soundfont, "unknown"),
    )


def _counts(settings: SynthSettings, split: Split) -> tuple[int, int]:
    """Patches and programs; instruments are numbered in this order."""
    if split == "train":
        return settings.n_patches, settings.n_programs
    n_programs = settings.n_validation // 2 if settings.n_programs else 0
    return settings.n_validation - n_programs, n_programs


def _instrument(
    settings: SynthSettings, split: Split, index: int
) -> tuple[patches.Patch | tuple[Layer, ...], Effects]:
    """A patch, or programs in unison; and its effects."""
    n_patches, _ = _counts(settings, split)
    rng = _rng(settings, split, _INSTRUMENT, index)
    is_wet = rng.random() < settings.effects
    effects = random_effects(rng) if is_wet else Effects()
    if index < n_patches:
        return patches.random_patch(rng), effects
    chosen = [
        number for number in range(N_PROGRAMS) if is_held_out(number) == (split == "validation")
    ]
    layers = random_layers(
        _rng(settings, split, _LAYERS, index),
        chosen[(index - n_patches) % len(chosen)],
        chosen,
        bent=settings.bent,
        layered=settings.layered,
    )
    return layers, effects


def _chain(settings: SynthSettings, split: Split, index: int) -> Chain:
    """What an instrument is sent through the second time; empty if it plays only once."""
    rng = _rng(settings, split, _CHAIN, index)
    if rng.random() >= settings.processed:
        return ()
    return random_chain(rng, list(KINDS)[rng.integers(len(KINDS))])


def _phrases(tasks: Sequence[RenderTask]) -> Phrases:
    """The notes of all phrases by name."""
    return {
        task.clip.phrase: _phrase(task.settings, task.clip.split, task.phrase)
        for task in tasks
        if task.clip.phrase
    }


def _phrase(settings: SynthSettings, split: Split, index: int) -> tuple[Note, ...]:
    rng = _rng(settings, split, _PHRASE, index)
    low = int(rng.integers(34, 58))
    return random_phrase(
        rng,
        duration_s=settings.duration_s,
        is_polyphonic=bool(rng.random() < settings.polyphonic),
        low=low,
        high=min(low + int(rng.integers(20, 40)), 96),
    )


def _rng(settings: SynthSettings, split: Split, *key: int) -> np.random.Generator:
    return np.random.default_rng([settings.seed, _SPLITS[split], *key])
