"""An instrument as files that any sampler opens: SFZ 1.0 with 24-bit WAV samples.

Opcodes and their units: https://sfzformat.com (Cakewalk's SFZ 1.0). All samples are equally loud,
so that velocity alone makes the level, 40 dB for a factor of ten, as `midi_writing` has it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from estilo.audio import Audio
from estilo.errors import InputError, OutputError
from estilo.io import save
from estilo.io.atomic import check_free, resolved, write_with_folder
from estilo.sampler.continuing import Continued
from estilo.sampler.cutting import loudest_db
from estilo.sampler.instrument import Instrument
from estilo.sampler.kit import Kit
from estilo.sampler.releases import RINGS, USUAL_RELEASE_DB_S
from estilo.sampler.zones import Zone

_PEAK = 0.9
_VELOCITY_DB = 40.0
_LAYER_DB = 4.0  # zones of one pitch whose levels lie nearer than this take turns
_LONGEST_S = 12.0
_RING_DB = 60.0
_RELEASE_DB = 78.0  # what samplers take a release time to be
_FIRST_DRUM = 36
_ATTACK_S = 0.0003
_SAMPLE = re.compile(r"(\d{3}-key-\d{3}|hit-\d{3}-\d{2,})\.wav")


Opcodes = dict[str, str | int | float]
"""What a region is told, by the names of the format."""


@dataclass(frozen=True)
class _Region:
    """A sample and where it plays."""

    name: str
    samples: NDArray[np.float32]
    sample_rate: int
    opcodes: Opcodes


def write_sfz(
    instrument: Instrument | None,
    path: str | PathLike[str],
    *,
    kit: Kit | None = None,
    force: bool = False,
) -> Path:
    """Write an instrument, a kit or both as an SFZ file, and a folder of samples beside it.

    Keys are played by the zones of the nearest pitch. Zones of one pitch that differ by 4 dB or
    more are layers of velocity, others take turns. Notes that fade do so in their samples, up to
    12 s; steady ones have a loop. The classes of a kit lie on the keys from 36 up.

    Args:
        instrument: instrument that is to be written, if any.
        path: file that is to be written, ending in ``.sfz``; the samples go to a folder of its
            name, see `folders_of`.
        kit: kit that is to be written, if any.
        force: whether a file and a folder that are there are replaced.

    Returns:
        The path.

    Raises:
        InputError: there is neither an instrument nor a kit.
        OutputError: the file or the folder is there already, or cannot be written.
    """
    path = Path(path)
    if instrument is None and kit is None:
        raise InputError("expected an instrument or a kit to write, got neither")
    check_target(path, force=force)
    regions: list[_Region] = []
    if instrument is not None:
        regions += _notes(instrument, leaves_drums=kit is not None)
    if kit is not None:
        regions += _drums(kit)
    regions = _equally_loud(regions)
    release_db_s = USUAL_RELEASE_DB_S if instrument is None else instrument.release_db_s
    release_db_s = release_db_s or USUAL_RELEASE_DB_S
    return write_with_folder(
        path,
        fill=lambda folder: _fill(folder, regions),
        choose=lambda: _chosen(path, force=force),
        text=lambda name: _text(regions, name, release_db_s).encode("utf-8", "surrogateescape"),
        force=force,
    )


def check_target(path: Path, *, force: bool = False, inputs: Iterable[Path] = ()) -> None:
    """Refuse an SFZ file that could not be written, or whose samples could not.

    Args:
        path: file that is to be written.
        force: whether a file and a folder that are there may be replaced.
        inputs: paths that are never overwritten.

    Raises:
        OutputError: its name does not end in ``.sfz``, the file or the folder is there already, or
            a folder that would be replaced holds an input, or anything but samples.
    """
    if path.suffix.lower() != ".sfz":
        raise OutputError(f"{path} must end in .sfz, got {path.suffix or 'no extension'!r}")
    check_free(path, force=force, inputs=inputs)
    for folder in folders_of(path):
        if folder.exists():
            _check_folder(folder, force=force, inputs=inputs)


def _check_folder(folder: Path, *, force: bool, inputs: Iterable[Path]) -> None:
    for given in inputs:
        if folder.resolve() in given.resolve().parents:
            raise OutputError(
                f"{given} is one of the inputs and lies in {folder}, which would be replaced; "
                "give another name"
            )
    if not force:
        raise OutputError(f"{folder} already exists; give another name, or force it (--force)")
    if not folder.is_dir() or any(not _SAMPLE.fullmatch(each.name) for each in folder.iterdir()):
        raise OutputError(f"{folder} holds more than samples; give another name, or move it away")


def folders_of(path: Path) -> tuple[Path, Path]:
    """The two names that the folder of an SFZ file may have.

    An instrument that replaces another gets the name that the other's folder does not have, so that
    the file that is there has its samples until it is replaced.

    Args:
        path: the SFZ file.

    Example:
        >>> [each.name for each in folders_of(Path("bells.sfz"))]
        ['bells samples', 'bells samples 2']
    """
    path = resolved(path)
    first = path.with_name(f"{path.stem} samples")
    return first, first.with_name(f"{first.name} 2")


def _chosen(path: Path, *, force: bool) -> tuple[Path, Path | None]:
    """The folder that is to be written, and the one that goes."""
    check_target(path, force=force)
    first, second = folders_of(path)
    try:
        named = f"sample={first.name}/".encode("utf-8", "surrogateescape")
        is_first = named in path.read_bytes()
    except FileNotFoundError:
        is_first = False
    chosen, other = (second, first) if is_first else (first, second)
    return chosen, other if other.exists() else None


def _notes(instrument: Instrument, *, leaves_drums: bool) -> list[_Region]:
    groups: dict[int, list[Zone]] = {}
    for zone in instrument.zones:
        groups.setdefault(round(zone.pitch), []).append(zone)
    keys = sorted(groups)
    top_db = max(zone.level_db for zone in instrument.zones)
    lowest = _FIRST_DRUM + 24 if leaves_drums else 0
    edges = [min(lowest, keys[0]), *((a + b) // 2 + 1 for a, b in pairwise(keys)), 128]
    regions = []
    for key, low, high in zip(keys, edges[:-1], edges[1:], strict=True):
        for zone, opcodes in _layers(groups[key], top_db):
            name = f"{len(regions):03d}-key-{key:03d}"
            tune = round(100 * (key - zone.pitch))
            place: Opcodes = {"lokey": low, "hikey": high - 1, "pitch_keycenter": key, "tune": tune}
            samples, loop = _sample(zone, instrument)
            regions.append(_Region(name, samples, zone.sample_rate, place | opcodes | loop))
    return regions


def _layers(zones: Sequence[Zone], top_db: float) -> list[tuple[Zone, Opcodes]]:
    """Zones of one key with their velocities, and turns within a layer."""
    ordered = sorted(zones, key=lambda zone: zone.level_db)
    layers = [[ordered[0]]]
    for zone in ordered[1:]:
        if zone.level_db - layers[-1][0].level_db < _LAYER_DB:
            layers[-1].append(zone)
        else:
            layers.append([zone])
    levels_db = [float(np.mean([zone.level_db for zone in layer])) for layer in layers]
    between = [_velocity(0.5 * (a + b) - top_db) for a, b in pairwise(levels_db)]
    edges = [0, *between, 127]
    found: list[tuple[Zone, Opcodes]] = []
    for layer, low, high in zip(layers, edges[:-1], edges[1:], strict=True):
        for turn, zone in enumerate(layer, 1):
            opcodes: Opcodes = {"lovel": low + 1 if low else 0, "hivel": high}
            if len(layer) > 1:
                opcodes |= {"seq_length": len(layer), "seq_position": turn}
            found.append((zone, opcodes))
    return found


def _velocity(level_db: float) -> int:
    return int(np.clip(round(127 * 10.0 ** (level_db / _VELOCITY_DB)), 1, 126))


def _sample(zone: Zone, of: Instrument) -> tuple[NDArray[np.float32], Opcodes]:
    """A zone from its onset on: with a loop if it is steady, as long as it rings if it fades."""
    alone: Opcodes = {"loop_mode": "one_shot" if of.release_db_s == RINGS else "no_loop"}
    if zone.loop is None:
        return zone.samples[:, zone.onset :], alone
    continued = Continued(zone.samples, zone.sample_rate, zone.loop, fades=of.fades)
    if continued.is_steady:
        start = zone.loop.end - zone.onset
        end = zone.loop.end + zone.loop.length
        loop: Opcodes = {"loop_mode": "loop_continuous"}
        loop |= {"loop_start": start, "loop_end": start + zone.loop.length - 1}
        return continued.until(end)[:, zone.onset :], loop
    ring_s = min(_RING_DB / max(-continued.slope_db_s, 1e-3), _LONGEST_S)
    n_samples = zone.onset + round(ring_s * zone.sample_rate)
    samples = continued.until(max(n_samples, zone.held))[:, zone.onset :]
    n_fade = zone.sample_rate // 10
    samples[:, -n_fade:] *= np.linspace(1.0, 0.0, n_fade, dtype=np.float32)
    return samples, alone


def _drums(kit: Kit) -> list[_Region]:
    top_db = max(hit.level_db for hit in kit.hits)
    regions = []
    for name in sorted(set(kit.classes)):
        members = [hit for hit, each in zip(kit.hits, kit.classes, strict=True) if each == name]
        key = _FIRST_DRUM + name
        for turn, hit in enumerate(members, 1):
            volume_db = round(hit.level_db - top_db, 2)
            opcodes: Opcodes = {"key": key, "loop_mode": "one_shot", "volume": volume_db}
            if len(members) > 1:
                opcodes |= {"seq_length": len(members), "seq_position": turn}
            place = f"hit-{key:03d}-{turn:02d}"
            regions.append(_Region(place, hit.samples[:, hit.onset :], hit.sample_rate, opcodes))
    return regions


def _equally_loud(regions: Sequence[_Region]) -> list[_Region]:
    """All samples as loud as the peaks of the most peaked one allow."""
    gains = [
        10.0 ** (-loudest_db(each.samples, sample_rate=each.sample_rate) / 20.0) for each in regions
    ]
    peaks = [float(np.abs(r.samples).max()) * g for r, g in zip(regions, gains, strict=True)]
    scale = _PEAK / max(peaks)
    return [
        replace(each, samples=each.samples * np.float32(gain * scale))
        for each, gain in zip(regions, gains, strict=True)
    ]


def _fill(folder: Path, regions: Sequence[_Region]) -> None:
    for each in regions:
        save(Audio(each.samples, each.sample_rate), folder / f"{each.name}.wav", bit_depth="24")


def _text(regions: Sequence[_Region], folder: str, release_db_s: float) -> str:
    release_s = _RELEASE_DB / release_db_s
    shared = f"amp_veltrack=100 ampeg_attack={_ATTACK_S:g} ampeg_release={release_s:.3f}"
    lines = [f"<group> {shared}"]
    for each in regions:
        opcodes = " ".join(f"{name}={value}" for name, value in each.opcodes.items())
        # The name last: it may hold spaces.
        lines.append(f"<region> {opcodes} sample={folder}/{each.name}.wav")
    return "\n".join(lines) + "\n"
