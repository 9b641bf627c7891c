"""``estilo describe``: measure what is heard in recordings."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from estilo.cli.options import AcceptTruncated, Duration, Offset, json_flag
from estilo.cli.progress import Reporter
from estilo.errors import AudioFileError

if TYPE_CHECKING:
    from rich.table import Table

    from estilo.analysis.descriptors import Descriptors
    from estilo.pipeline.clips import Clip

ROWS = (
    ("duration_s", "duration", "s", ".2f"),
    ("sample_rate_hz", "sample rate", "Hz", "d"),
    ("n_channels", "channels", "", "d"),
    ("loudness_lufs", "loudness", "LUFS", ".1f"),
    ("true_peak_dbtp", "true peak", "dBTP", ".1f"),
    ("spectral_centroid_hz", "spectral centroid", "Hz", ".0f"),
    ("high_frequency_share", "high-frequency share", "0–1", ".3f"),
    ("low_frequency_share", "low-frequency share", "0–1", ".3f"),
    ("spectral_flatness", "spectral flatness", "0–1", ".3f"),
    ("pitch_salience", "pitch salience", "0–1", ".2f"),
    ("inharmonicity", "inharmonicity", "0–1", ".3f"),
    ("n_partials", "partials at once", "", ".1f"),
    ("onsets_per_s", "onsets", "1/s", ".2f"),
    ("tempo_bpm", "tempo", "bpm", ".1f"),
    ("tempo_confidence", "  confidence", "0–1", ".2f"),
    ("beats_s", "beats", "", ".2f"),
    ("key", "key", "", "s"),
    ("key_confidence", "  confidence", "0–1", ".2f"),
)
"""Name, label, unit and how the value is written."""

PRECISIONS = {"Hz": ".0f", "ms": ".0f", "cents": ".0f", "s": ".2f"}
"""How attributes are written by their units; others with one digit."""

ATTRIBUTE_ROWS = (
    ("spectral_tilt_db_per_octave", "spectral tilt", "dB/octave", ".1f"),
    ("attack_ms", "attack", "ms", ".0f"),
    ("decay_db_per_s", "decay", "dB/s", ".1f"),
    ("vibrato_cents", "vibrato", "cents", ".0f"),
    ("vibrato_hz", "  rate", "Hz", ".1f"),
    ("tremolo_db", "tremolo", "dB", ".1f"),
    ("tremolo_hz", "  rate", "Hz", ".1f"),
    ("roughness_db", "roughness", "dB", ".1f"),
    ("tone_to_noise_db", "tone to noise", "dB", ".1f"),
    ("ring_s", "ring after release", "s", ".2f"),
    ("width_db", "width", "dB", ".1f"),
    ("channel_correlation", "  correlation", "", ".2f"),
)
"""The same of attributes."""

_JSON = json_flag("Print a list of objects, one per file, instead of a table.")
_LABELS_WIDTH, _COLUMN_WIDTH = 32, 18


@dataclass(frozen=True)
class Described:
    """What was measured of a recording.

    Args:
        descriptors: descriptors.
        attributes: attributes by name.
    """

    descriptors: "Descriptors"
    attributes: Mapping[str, float | None]


def describe(
    files: Annotated[tuple[Path, ...], Parameter(help="Recordings.")],
    /,
    *,
    json_: Annotated[bool, _JSON] = False,
    offset: Offset = 0.0,
    duration: Duration = None,
    accept_truncated: AcceptTruncated = False,
) -> int:
    """Measure recordings: level, pitch, onsets, tempo, key; attack, vibrato, room.

    Tempo may be half or twice the notated one, and a single note passes for
    its own key: the confidences say how far to trust them. A dash stands where
    there is nothing to measure. In recordings longer than two minutes
    everything but duration, level and beats is measured in four stretches of
    30 s. Of the beats their number and the first are shown; --json lists all.
    What attributes are, from attack to width: docs/attributes.md.

    For example:
      estilo describe melody.wav rain.wav
      estilo describe melody.wav --offset 30 --duration 10 --json
    """
    from estilo.app.inputs import tell_errors
    from estilo.pipeline.clips import Clip

    described: list[tuple[Path, Described]] = []
    errors: list[AudioFileError] = []
    with Reporter(is_quiet=False).listening():
        for path in files:
            try:
                clip = Clip(path, offset, duration, accept_truncated)
                described.append((path, _described(clip)))
            except AudioFileError as error:
                errors.append(error)
    if described:
        _print_json(described) if json_ else _print_tables(described)
    tell_errors(errors, n_files=len(files), deed="described")
    return 0


def _described(clip: "Clip") -> "Described":
    from estilo.app.inputs import decode, opened

    with opened([clip]) as (file,):
        # After the header, so that a bad file is named at once.
        from estilo.analysis.attributes.description import attributes_of
        from estilo.analysis.descriptors import describe as descriptors_of
        from estilo.analysis.sound import Sound

        sound = Sound.of(decode(file))
        return Described(descriptors_of(sound), attributes_of(sound).numbers)


def _print_json(described: "list[tuple[Path, Described]]") -> None:
    objects = [
        {"path": str(path), **of.descriptors.model_dump(), "attributes": dict(of.attributes)}
        for path, of in described
    ]
    # What is not Unicode in a name is escaped.
    print(json.dumps(objects, indent=2, allow_nan=False))


def _print_tables(described: "list[tuple[Path, Described]]") -> None:
    """Print tables with as many recordings side by side as fit."""
    from estilo.cli.terminal import Terminal

    console = Terminal()
    n_columns = max((console.width - _LABELS_WIDTH) // _COLUMN_WIDTH, 1)
    for start in range(0, len(described), n_columns):
        console.print(_table(described[start : start + n_columns]))


def _table(described: "list[tuple[Path, Described]]") -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("", no_wrap=True)
    table.add_column("", no_wrap=True, style="dim")
    for path, _ in described:
        name = Text(path.name.encode(errors="replace").decode(), overflow="fold")
        table.add_column(name, justify="right", overflow="fold", min_width=8)
    for name, label, unit, spec in ROWS:
        values = [getattr(of.descriptors, name) for _, of in described]
        table.add_row(label, unit, *(cell(value, spec) for value in values))
    for name, label, unit, spec in ATTRIBUTE_ROWS:
        values = [of.attributes[name] for _, of in described]
        table.add_row(label, unit, *(cell(value, spec) for value in values))
    return table


def cell(value: float | str | list[float] | None, spec: str) -> str:
    """Format a value for a table; of several values their number and the first, a dash for none.

    Args:
        value: what was measured.
        spec: format specification, as for `format`.

    Example:
        >>> cell(2.345, ".1f"), cell(None, ".1f"), cell([0.5, 1.0, 1.5], ".2f")
        ('2.3', '–', '3 from 0.50 s')
    """
    if isinstance(value, list):
        return f"{len(value)} from {value[0]:{spec}} s"
    return "–" if value is None else format(value, spec)
