"""The rows of the scoreboard: controls that are always there, and the engines that are judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from estilo.engines import ENGINES
from estilo.errors import SettingsError
from estilo.evaluation.makers import (
    Ceiling,
    Copy,
    Maker,
    NoiseBed,
    Shuffle,
    TextureMaker,
    TransferMaker,
)
from estilo.presets import load_preset, preset_names

STRENGTHS = (0.25, 0.5, 0.75, 1.0)
REALISMS = (0.0, 0.5, 1.0)
_CONTROL_ENGINES = ("content", "style", "crossfade", "eq")
# Driedger, Prätzlich & Müller 2015; repetition and continuity are the engine's own.
_PUBLISHED_MUSAICING = {"engine": "mosaic", "strength": 1.0, "polyphony": 10}
# The seed's method with infinitely many filters: minutes become seconds, nothing else.
_LEBEDEV_ULYANOV = {
    "preset": "lebedev-ulyanov",
    "features": "closed-form",
    "widths": (11,),
    "content_weight": 0.0,
}


@dataclass(frozen=True)
class Entry:
    """One row.

    Args:
        name: unique in a table.
        series: what is joined by a line in pictures: one engine at several strengths.
        maker: makes its outputs.
        strength: strength by which a series is ordered; of textures their realism.
        is_control: whether it is there to be compared with.
    """

    name: str
    series: str
    maker: Maker
    strength: float | None = None
    is_control: bool = False


def pair_entries(
    engines: Sequence[str] | None = None,
    *,
    strengths: Sequence[float] = STRENGTHS,
    has_target: bool,
    has_known_notes: bool = False,
) -> list[Entry]:
    """Rows for items that have a content signal.

    Args:
        engines: names of engines and presets, or paths of presets; every engine that is no control
            if not given.
        strengths: a row for each, where an engine lets one choose; presets have one row, as they
            are.
        has_target: whether the target is known, which then has a row.
        has_known_notes: whether it is known who plays which notes; what the sampler would make of
            them with the whole instrument at hand then has a row.

    Raises:
        SettingsError: a name is unknown, or a strength is out of bounds.

    Example:
        >>> rows = pair_entries(["optimise"], strengths=[0.5], has_target=False)
        >>> [row.name for row in rows if not row.is_control]
        ['optimise 0.5']
    """
    if engines is None:
        engines = [name for name in ENGINES.usable() if name not in _CONTROL_ENGINES]
    controls = _pair_controls(has_target=has_target)
    if has_known_notes:
        controls.append(
            Entry("notes known, whole instrument", "ceiling", Ceiling(), is_control=True)
        )
    return _without_doubles(
        [*controls, *(row for name in engines for row in _rows_of(name, strengths))]
    )


def texture_entries(
    engines: Sequence[str] | None = None, *, realisms: Sequence[float] = REALISMS
) -> list[Entry]:
    """Rows for items that have no content signal.

    Args:
        engines: ``"optimise"`` (a row for each realism), presets or paths of presets.
        realisms: how close to the style.

    Raises:
        SettingsError: as in `pair_entries`.

    Example:
        >>> [row.name for row in texture_entries(realisms=[0.5]) if not row.is_control]
        ['optimise, realism 0.5']
    """
    rows = _texture_controls()
    for name in ["optimise"] if engines is None else engines:
        if name == "optimise":  # the engine whose textures have a realism to choose
            rows += [
                Entry(f"{name}, realism {each:g}", name, TextureMaker({"realism": each}), each)
                for each in realisms
            ]
        elif name in ENGINES:
            rows.append(Entry(name, name, TextureMaker({"engine": name})))
        else:
            _check_preset(name)
            shown = _shown(name)
            rows.append(Entry(shown, shown, TextureMaker({"preset": name})))
    return _without_doubles(rows)


def _pair_controls(*, has_target: bool) -> list[Entry]:
    rows = [
        _control("content copied", "content", {"engine": "content"}),
        _control("style copied", "style", {"engine": "style"}),
        *(
            _control(
                f"crossfade {share:g}", "crossfade", {"engine": "crossfade", "strength": share}
            )
            for share in (0.25, 0.5, 0.75)
        ),
        *_noise_beds(),
        _control("EQ match", "eq", {"engine": "eq", "strength": 1.0}),
        _control("musaicing", "musaicing", _PUBLISHED_MUSAICING),
    ]
    if has_target:
        rows.insert(0, Entry("target", "target", Copy("target"), is_control=True))
    return rows


def _noise_beds() -> list[Entry]:
    """What takes the style's statistics, and none of its sound: a judge should see through it."""
    rows = [
        *((f"noise at −{level:g} dB", NoiseBed(-level)) for level in (20.0, 30.0, 40.0)),
        ("gated noise at −25 dB", NoiseBed(-25.0, is_gated=True)),
        ("half EQ, noise at −25 dB", NoiseBed(-25.0, eq_strength=0.5)),
    ]
    return [Entry(name, "noise bed", maker, is_control=True) for name, maker in rows]


def _texture_controls() -> list[Entry]:
    shuffle, texture = Shuffle(), TextureMaker(_LEBEDEV_ULYANOV)
    return [
        Entry("second half", "target", Copy("target"), is_control=True),
        Entry("first half copied", "style", Copy("style"), is_control=True),
        Entry("granular shuffle", "granular", shuffle, is_control=True),
        Entry("Lebedev-Ulyanov", "lebedev-ulyanov", texture, is_control=True),
    ]


def _control(name: str, series: str, options: dict[str, Any]) -> Entry:
    strength = options.get("strength")
    return Entry(name, series, TransferMaker(options), strength, is_control=True)


def _rows_of(name: str, strengths: Sequence[float]) -> list[Entry]:
    """An engine, at every strength where it has one to choose, or a preset as it is."""
    if name not in ENGINES:
        _check_preset(name)
        shown = _shown(name)
        return [Entry(shown, shown, TransferMaker({"preset": name}))]
    if "strength" not in ENGINES[name].model_fields:
        return [Entry(name, name, TransferMaker({"engine": name}))]
    return [
        Entry(f"{name} {each:g}", name, TransferMaker({"engine": name, "strength": each}), each)
        for each in strengths
    ]


def _shown(name: str) -> str:
    return Path(name).stem if name.endswith(".toml") else name


def _check_preset(name: str) -> None:
    if name.endswith(".toml") or name in preset_names():
        load_preset(name)
        return
    raise SettingsError(
        f"{name!r} is neither an engine ({', '.join(ENGINES)}) nor a preset "
        f"({', '.join(preset_names())}) nor the path of a preset (.toml); name one of them"
    )


def _without_doubles(rows: Sequence[Entry]) -> list[Entry]:
    """The first of rows that would make the same outputs; settings are checked on the way.

    Raises:
        SettingsError: settings are refused, or two different rows have one name.
    """
    kept: dict[str, Entry] = {}
    for row in rows:
        kept.setdefault(repr(row.maker.recipe()), row)
    names = [row.name for row in kept.values()]
    if len(set(names)) < len(names):
        double = next(name for name in names if names.count(name) > 1)
        raise SettingsError(f"two rows would be called {double!r}; rename one of the presets")
    return list(kept.values())
