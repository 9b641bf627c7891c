"""Tables of how the neural engine's results sound."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from common import Section
from estilo.pipeline.transfer import Transfer
from material import recording
from studies.sound_measures import (
    EDGE_DB,
    PAUSE_DB,
    QUIET_SHARES,
    QUIETEST_DB,
    RANGE_DB,
    RMS,
    bandwidth_hz,
    highs_db,
)

ROLES = ("content", "style", "target", "output")
# Contents with and without highs of their own; the last pair at 48 kHz.
REAL_PAIRS = (
    ("cello-phrase.wav", "rain.wav", 44_100),
    ("piano.wav", "mridangam.wav", 44_100),
    ("trumpet-loop.ogg", "ocean.wav", 44_100),
    ("cello-phrase.wav", "rain.wav", 48_000),
)
RESOLUTIONS = (512, 2048, 8192)


@dataclass
class Measures:
    """Of one item; all but names are lists in the order of the columns of their table."""

    name: str
    instruments: tuple[str, str]
    lsd: list[float]  # output, best playable, content copied
    errors: np.ndarray  # the same, by resolution
    missed: list[float]  # output's three, best playable's three
    floors: list[list[float]]  # output, best playable, content, target, by share
    pauses: list[float]  # the same recordings
    pause_share: float
    edges_hz: list[float]  # content, style, target, output
    highs: list[float]  # distance to the target's of output, content


def error_sections(items: list[Measures]) -> list[Section]:
    """Log-magnitude error and LSD, on average and item by item."""
    values = np.array([np.column_stack((m.lsd, m.errors)) for m in items])
    mean = values.mean(0)
    names = ("output", "target's levels, content's phases", "content copied")
    rows: list[Sequence[object]] = [
        (label, *(f"{x:.2f}" for x in row)) for label, row in zip(names, mean, strict=True)
    ]
    ratios = mean[:2] / mean[2]
    rows += [
        (f"{label} / content copied", *(f"**{x:.3f}**" for x in row))
        for label, row in zip(names[:2], ratios, strict=True)
    ]
    closer = (values[:, 0] < values[:, 2]).sum(0)
    rows.append(("items closer than the content", *(f"{n} of {len(items)}" for n in closer)))
    columns = ("", "LSD, dB", *(f"{n} samples, dB" for n in RESOLUTIONS))
    each: list[Sequence[object]] = [
        (
            f"[{m.name}](#{m.name})",
            *m.instruments,
            *(f"{out:.1f} ({copied:.1f})" for out, copied in zip(v[0], v[2], strict=True)),
        )
        for m, v in zip(items, values, strict=True)
    ]
    return [
        (
            "## Distance to the target\n\n"
            "Log-magnitude error: mean over all cells of the absolute difference of levels, at "
            "44 100 Hz, with windows of 512, 2048 and 8192 samples (12, 46 and 186 ms) and hops "
            "of a quarter; recordings at equal RMS, cells further than 80 dB below the target's "
            "loudest count as 80 dB below. LSD as on the scoreboard (16 kHz). *Target's levels, "
            "content's phases*: what the engine plays if its network is told the target, about as "
            "close as this way of playing comes. Ratios below 1 are closer than the content is.",
            columns,
            rows,
        ),
        (
            "Item by item: output (content copied).",
            ("item", "content", "style", *columns[1:]),
            each,
        ),
    ]


def inconsistency_section(items: list[Measures]) -> Section:
    """What is wanted against what the waveform has."""
    values = np.array([m.missed for m in items])
    labels = [m.name for m in items] + ["**mean**"]
    rows: list[Sequence[object]] = [
        (label, *(f"{x:.3f}" if i % 3 == 0 else f"{x:.2f}" for i, x in enumerate(row)))
        for label, row in zip(labels, np.vstack((values, values.mean(0))), strict=True)
    ]
    return (
        "## Inconsistency\n\n"
        "A waveform's own spectra are consistent, so this is of what the network *wanted*: the "
        "played output is analysed again with the windows of the engine. *Inconsistency*: "
        "‖wanted − got‖ / ‖wanted‖ of complex frames, 0 where the waveform has exactly the wanted "
        "spectra; wanted as far as pauses allow. *Levels missed*: rms difference between wanted "
        "and played levels of bands less than 60 dB below the loudest; "
        "*of the possible*: the same from what the content's carrier can be raised to (80 dB at "
        "most). *Target's*: the target's own levels played with the content's phases.",
        (
            "item",
            "inconsistency",
            "levels missed, dB",
            "of the possible, dB",
            "target's inconsistency",
            "target's missed, dB",
            "target's of the possible, dB",
        ),
        rows,
    )


def floor_sections(items: list[Measures]) -> list[Section]:
    """Noise floor and pauses."""
    floors = np.array([np.ravel(m.floors, "F") for m in items])
    roles = ("output", "best", "content", "target")
    labels = [*(m.name for m in items), "**mean**"]
    rows: list[Sequence[object]] = [
        (label, *(f"{x:.0f}" for x in row))
        for label, row in zip(labels, np.vstack((floors, floors.mean(0))), strict=True)
    ]
    paused = [m for m in items if m.pause_share > 0.0]
    pauses = [m.pauses for m in paused] or [[np.nan] * len(roles)]
    shares = [m.pause_share for m in paused] or [0.0]
    in_pauses: list[Sequence[object]] = [
        (label, f"{100 * share:.1f} %", *(_number(x, 1) for x in row))
        for label, share, row in zip(
            [*(m.name for m in paused), "**mean**"],
            [*shares[: len(paused)], np.mean(shares)],
            [*pauses[: len(paused)], np.mean(pauses, 0)],
            strict=True,
        )
    ]
    few, half = QUIET_SHARES
    return [
        (
            f"## Noise floor\n\nThe level that the quietest {few} % of all cells stay below, and "
            f"the quietest {half} %, in dB re the recording's loudest cell (2048 samples; pauses "
            f"left out; {QUIETEST_DB:g} stands for whatever is quieter still). *Best*: the "
            "target's levels with the content's phases. Close to the target's is right, above it "
            "is noise. What a soundfont renders is far quieter between its partials than any "
            "microphone's recording, and the network's levels end at −100 dBFS.",
            ("item", *(f"{share} %, {role}" for share in QUIET_SHARES for role in roles)),
            rows,
        ),
        (
            "Pauses: level in dBFS, with recordings at "
            f"{20 * np.log10(RMS):.0f} dBFS, of the frames (2048 samples) in which the target is "
            f"below {PAUSE_DB:g} dBFS, and their share; of the items that have any.",
            ("item", "pauses", *roles),
            in_pauses,
        ),
    ]


def bandwidth_section(items: list[Measures]) -> Section:
    """How high each recording reaches."""
    rows: list[Sequence[object]] = [
        (
            m.name,
            *(f"{x / 1000:.1f}" for x in m.edges_hz),
            *(_number(x, 1) for x in m.highs),
        )
        for m in items
    ]
    edges = np.mean([m.edges_hz for m in items], 0) / 1000
    highs = np.mean([m.highs for m in items], 0)
    rows.append(("**mean**", *(f"{x:.1f}" for x in edges), *(_number(x, 1) for x in highs)))
    return (
        "## Bandwidth\n\n"
        f"Highest frequency, in kHz, at which the long-term spectrum is above {EDGE_DB:g} dB re "
        "its peak; close to the target's is right. *8 to 20 kHz*: how far the share of the power "
        "there is from the target's, in dB.",
        ("item", *ROLES, "8 to 20 kHz, output", "8 to 20 kHz, content copied"),
        rows,
    )


def highs_section(transfer: Transfer) -> Section:
    """Real pairs whose style reaches 20 kHz."""
    rows: list[Sequence[object]] = []
    for content_name, style_name, rate in REAL_PAIRS:
        content, style = (
            recording(name, duration_s=8.0, sample_rate=rate) for name in (content_name, style_name)
        )
        output = transfer(content, style).audio
        names = (each.split(".")[0] for each in (content_name, style_name))
        three = (content, style, output)
        rows.append(
            (
                " → ".join(names),
                rate,
                *(f"{highs_db(each):.1f}" for each in three),
                f"{highs_db(output) - highs_db(style):+.1f}",
                *(f"{bandwidth_hz(each) / 1000:.1f}" for each in three),
            )
        )
    columns = ("16–20 kHz, {}, dB", "reaches, {}, kHz")
    highs, edges = ([text.format(r) for r in ("content", "style", "output")] for text in columns)
    return (
        "## Up to 20 kHz\n\n"
        "Real pairs whose style reaches that high: power of 16 to 20 kHz relative to all power, "
        "the output's against the style's, and the bandwidth as above. The soundfont's samples "
        "have little there. The last pair is resampled to 48 kHz.",
        ("pair", "rate, Hz", *highs, "output − style, dB", *edges),
        rows,
    )


def picture_sections(items: list[Measures]) -> list[Section]:
    """Links to the pictures."""
    empty: list[Sequence[object]] = []
    text = (
        "## Spectrograms\n\nContent, style, target and output at equal RMS, on one scale of "
        f"{RANGE_DB:g} dB, from 40 Hz to 20 kHz; LSD to the target."
    )
    pictures = [
        (
            f"### {m.name}\n\n{m.instruments[0]} → {m.instruments[1]}\n\n"
            f"![{m.name}: {m.instruments[0]} to {m.instruments[1]}](sound/{m.name}.png)",
            (),
            empty,
        )
        for m in items
    ]
    return [(text, (), empty), *pictures]


def _number(value: float, digits: int) -> str:
    return "–" if np.isnan(value) else f"{value:.{digits}f}"
