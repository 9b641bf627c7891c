"""How the neural engine's results sound, in figures and in pictures, beside their true targets.

Ten synthetic triplets of TimGM6mb: log-magnitude error at three resolutions, how far the spectra
that the network wants are from those of the waveform that is played, noise floor, pauses,
bandwidth, and four spectrograms each. Then real pairs whose style reaches 20 kHz.
"""

import argparse
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from matplotlib import colormaps
from matplotlib.colorbar import Colorbar
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from PIL import Image

from common import ROOT, recording, write_table
from estilo.analysis.sound import Sound
from estilo.audio import Audio
from estilo.engines.neural.weights import network_id, read_weights
from estilo.evaluation.sets.synthetic import FAMILIES, SyntheticTriplets
from estilo.io import write_atomic
from estilo.metrics.artifacts import bandwidth_db
from estilo.metrics.lsd import lsd
from estilo.models.network import SAMPLE_RATE, Network
from estilo.pipeline.transfer import Transfer
from estilo.plots import png
from estilo.plots.panels import COLOURS, INK, draw_spectrogram
from estilo.plots.spectrogram import log_spectrogram
from estilo.synthesis.notes import Note
from sound_measures import (
    EDGE_DB,
    PAUSE_DB,
    QUIET_SHARES,
    QUIETEST_DB,
    RANGE_DB,
    RMS,
    bandwidth_hz,
    best_playable,
    highs_db,
    log_magnitude_error,
    missed,
    mono,
    noise_floors_db,
    pause_levels_db,
    transferred,
)

N_ITEMS = 10
RESOLUTIONS = (512, 2048, 8192)
# Contents with and without highs of their own; the last pair at 48 kHz.
REAL_PAIRS = (
    ("cello-phrase.wav", "rain.wav", 44_100),
    ("piano.wav", "mridangam.wav", 44_100),
    ("trumpet-loop.ogg", "ocean.wav", 44_100),
    ("cello-phrase.wav", "rain.wav", 48_000),
)
ROLES = ("content", "style", "target", "output")
PICTURE_BYTES = 120_000
_N_ROWS, _N_COLUMNS, _DPI, _N_GREYS = 190, 330, 84, 12
_STEPS_DB = (2.0, 2.5, 4.0, 5.0)  # of colours; the finest that fits is taken

_NAMES = {
    "piano": "grand piano, bright piano, electric grand, electric piano 1, electric piano 2, "
    "harpsichord",
    "mallet": "celesta, music box, vibraphone, marimba, xylophone",
    "organ": "drawbar organ, percussive organ, church organ, reed organ, accordion",
    "guitar": "nylon guitar, steel guitar, jazz guitar, clean guitar, overdriven guitar, "
    "distortion guitar",
    "bass": "acoustic bass, fingered bass, picked bass, synth bass",
    "string": "violin, viola, cello, tremolo strings, harp",
    "ensemble": "string ensemble, synth strings, choir aahs, synth voice",
    "brass": "trumpet, trombone, tuba, French horn, brass section",
    "reed": "soprano sax, alto sax, tenor sax, oboe, bassoon, clarinet",
    "pipe": "piccolo, flute, recorder, pan flute, ocarina",
    "lead": "square lead, sawtooth lead, voice lead",
    "pad": "new age pad, warm pad, polysynth pad",
}
INSTRUMENTS = {
    program: name
    for family, programs in FAMILIES.items()
    for program, name in zip(programs, _NAMES[family].split(", "), strict=True)
}
"""Names of the General MIDI programs."""


class Programs(SyntheticTriplets):
    """The same triplets, asked for their instruments only: nothing is rendered."""

    def of(self, name: str) -> dict[str, int]:
        """Program by role."""
        self._programs: dict[str, int] = {}
        self.load(name)
        return self._programs

    def _audio(self, name: str, notes: tuple[Note, ...], program: int) -> Audio:  # noqa: ARG002
        self._programs[name.rpartition("-")[2]] = program
        return Audio(np.zeros(1), SAMPLE_RATE)


def chosen_items(n: int) -> dict[str, dict[str, int]]:
    """Names of items and their programs, melodies and polyphony in turn.

    In the order of the set, an item is taken where no earlier one has a content, and none a style,
    of the same family of instruments.
    """
    programs, family = Programs(), {each: name for name, all_ in FAMILIES.items() for each in all_}
    chosen: dict[str, dict[str, int]] = {}
    seen: set[tuple[str, str]] = set()
    for name in programs.names(200):
        found = programs.of(name)
        roles = {(role, family[found[role]]) for role in ("content", "style")}
        is_next_group = name.startswith("poly") == bool(len(chosen) % 2)
        if is_next_group and not roles & seen:
            chosen[name] = found
            seen |= roles
        if len(chosen) == n:
            break
    return chosen


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


def measured(name: str, programs: dict[str, int], network: Network, transfer: Transfer) -> Measures:
    """Make the output of an item, measure and draw it."""
    item = SyntheticTriplets().load(name)
    content, style, target = item.content, item.style, item.target
    assert content is not None
    assert target is not None
    output, played = transferred(network, transfer, item)
    best, best_played = best_playable(network, played, target)
    made = (output, best, content)
    reference = Sound.of(target)
    distances = [lsd(Sound.of(each), reference) for each in made]
    pauses, share = pause_levels_db(made, target)
    instruments = INSTRUMENTS[programs["content"]], INSTRUMENTS[programs["style"]]
    titles = (
        f"content: {instruments[0]} (LSD {distances[2]:.1f} dB)",
        f"style: {instruments[1]} (other notes)",
        f"target: the content's notes, {instruments[1]}",
        f"output (LSD {distances[0]:.1f} dB)",
    )
    recordings = dict(zip(ROLES, (content, style, target, output), strict=True))
    draw(
        name,
        f"{name}: {' → '.join(instruments)}",
        dict(zip(titles, recordings.values(), strict=True)),
    )
    return Measures(
        name=name,
        instruments=instruments,
        lsd=distances,
        errors=np.array(
            [[log_magnitude_error(each, target, n_fft=n) for n in RESOLUTIONS] for each in made]
        ),
        missed=[*missed(network, played), *missed(network, best_played)],
        floors=[noise_floors_db(each) for each in (*made, target)],
        pauses=pauses,
        pause_share=share,
        edges_hz=[bandwidth_hz(each) for each in recordings.values()],
        highs=[bandwidth_db(Sound.of(each), reference) for each in (output, content)],
    )


def draw(name: str, title: str, panels: dict[str, Audio]) -> None:
    """Four spectrograms of recordings at a common level, on one scale; as fine as fits."""
    path = ROOT / "docs" / "benchmarks" / "sound" / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    for step_db in _STEPS_DB:
        picture = _packed(_figure(title, panels, step_db=step_db), step_db=step_db)
        if len(picture) <= PICTURE_BYTES:
            write_atomic(path, picture, force=True)
            return
    raise SystemExit(f"{name}.png does not fit into {PICTURE_BYTES} bytes; allow it more")


def _figure(title: str, panels: dict[str, Audio], *, step_db: float) -> Figure:
    figure = Figure(figsize=(11.0, 7.6), layout="constrained")
    grid = figure.add_gridspec(2, 3, width_ratios=[30, 30, 1])
    spectrograms = [
        log_spectrogram(Audio(mono(each), each.sample_rate), n_rows=_N_ROWS, n_columns=_N_COLUMNS)
        for each in panels.values()
    ]
    top_db = 5.0 * np.ceil(max(float(each.level_db.max()) for each in spectrograms) / 5.0)
    image = None
    for place, (label, spectrogram) in enumerate(zip(panels, spectrograms, strict=True)):
        axes = figure.add_subplot(grid[place // 2, place % 2])
        image = draw_spectrogram(
            axes, spectrogram, limits_db=(top_db - RANGE_DB, top_db), is_first=place % 2 == 0
        )
        image.set_cmap(_stepped(step_db))
        axes.set_title(label, fontsize="medium", color=INK)
        axes.tick_params(labelbottom=place > 1)
        if place > 1:
            axes.set_xlabel("time (s)")
    assert image is not None
    bar = Colorbar(figure.add_subplot(grid[:, -1]), image)
    bar.set_label("level (dB, 0 = full-scale sine)")
    figure.suptitle(title, fontsize="large", color=INK)
    return figure


def _stepped(step_db: float) -> Colormap:
    return colormaps[COLOURS].resampled(round(RANGE_DB / step_db))


def _packed(figure: Figure, *, step_db: float) -> bytes:
    """PNG with a palette of the levels' colours and greys for the text."""
    colours = 255 * _stepped(step_db)(np.arange(round(RANGE_DB / step_db)))[:, :3]
    greys = np.repeat(np.linspace(34, 255, _N_GREYS)[:, None], 3, axis=1)
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.round(np.vstack((greys, colours))).astype(np.uint8).tobytes())
    picture = Image.open(io.BytesIO(png(figure, dpi=_DPI))).convert("RGB")
    stream = io.BytesIO()
    picture.quantize(palette=palette, dither=Image.Dither.NONE).save(stream, "PNG", optimize=True)
    return stream.getvalue()


Section = tuple[str, Sequence[str], list[Sequence[object]]]


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


def main() -> None:
    """Measure, draw and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", help="file of weights; those that come with estilo by default")
    parser.add_argument("--level-matching", type=float, default=0.0, help="setting of the engine")
    parser.add_argument("--items", type=int, default=N_ITEMS, help="number of triplets")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    network, card = read_weights(arguments.weights)
    transfer = Transfer(
        engine="neural",
        level_matching=arguments.level_matching,
        weights=arguments.weights,
        threads=1,
        scores=False,
    )
    items = []
    for name, programs in chosen_items(arguments.items).items():
        items.append(measured(name, programs, network, transfer))
        print("measured", name, flush=True)
    about = (
        f"The neural engine, weights *{card.name}* ({network_id(network)}), level matching "
        f"{arguments.level_matching:g}, on {len(items)} triplets of TimGM6mb "
        "(`SyntheticTriplets()`, 8 s at 44 100 Hz), half of them melodies: in the order of the "
        "set, melodies and polyphony in turn, each is taken whose content's family of "
        "instruments no earlier one has as content, "
        "and whose style's none has as style."
    )
    write_table(
        "sound",
        "How the results sound",
        [
            (about, (), []),
            *error_sections(items),
            inconsistency_section(items),
            *floor_sections(items),
            bandwidth_section(items),
            highs_section(transfer),
            *picture_sections(items),
        ],
    )


if __name__ == "__main__":
    main()
