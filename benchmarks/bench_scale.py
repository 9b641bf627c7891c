"""Whether the scale of "style taken" means what it says, on recordings that served no calibration.

Noise of the style's spectrum is to buy nothing, other parts of the style's own recording are to
score 100 %, and morphs from content to target are to rise all the way.
"""

import argparse
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from common import Section, left_out_where_missing, write_table
from estilo.analysis.multipitch import multipitch
from estilo.analysis.sound import Sound
from estilo.audio import Audio
from estilo.evaluation.earlier import earlier_style_taken
from estilo.evaluation.entries import pair_entries
from estilo.evaluation.sets import TEST_SETS
from estilo.evaluation.sets.base import Item, TestSet
from estilo.evaluation.sets.real import RECORDINGS, recordings_folder
from estilo.io import load
from estilo.metrics.judge.scale import Taken, taken

CONTROLS = ("noise", "crossfade", "EQ match", "content copied")
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
PART_S = 8.0
_N_FFT, _HOP = 4096, 1024
_TONAL = 0.5  # share of frames with a note from which a recording counts as pitched

Judge = Callable[[Sound, Sound, Sound], float]


def judged(output: Sound, content: Sound, style: Sound) -> float:
    """What the scale says, in per cent."""
    return 100.0 * taken(output, content, style).share


def earlier(output: Sound, content: Sound, style: Sound) -> float:
    """What the verdict before it says, in per cent."""
    return 100.0 * earlier_style_taken(output, content, style)


def is_pitched(sound: Sound) -> bool:
    """Whether notes are heard for half of the time."""
    return bool(sound.once(multipitch).any(axis=1).mean() >= _TONAL)


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=40, help="Real pairs and triplets.")
    n: int = parser.parse_args().pairs
    sections: list[Section] = []
    with left_out_where_missing("real pairs"):
        sections.append(_controls_section("real pairs", TEST_SETS["real"](), n))
    with left_out_where_missing("recorded triplets"):
        triplets = TEST_SETS["recorded-dev"]()
        sections.append(_controls_section("recorded-dev", triplets, min(n, 40)))
        sections.append(_morphs_section(triplets, min(n, 40)))
    with left_out_where_missing("other parts of recordings"):
        sections.append(_parts_section())
    write_table("scale", "What style taken says", sections)


def _controls_section(name: str, test_set: TestSet, n: int) -> Section:
    first = test_set.load(test_set.names(1)[0])
    rows = pair_entries(["optimise"], strengths=[0.5], has_target=first.target is not None)
    rows = [row for row in rows if row.is_control and _is_asked_for(row.name)]
    values: dict[str, list[tuple[float, float]]] = {row.name: [] for row in rows}
    n_pitched = 0
    for item in map(test_set.load, test_set.names(n)):
        assert item.content is not None
        content, style = Sound.of(item.content), Sound.of(item.style)
        if not is_pitched(style):
            continue
        n_pitched += 1
        for row in rows:
            output = Sound.of(row.maker.make(item))
            values[row.name].append(
                (judged(output, content, style), earlier(output, content, style))
            )
    cells = []
    for row_name, found in values.items():
        ours, before = np.array(found).T
        heard = ours[np.isfinite(ours)]
        if len(heard):
            cells.append(
                (
                    row_name,
                    f"{np.median(heard):.0f} %",
                    f"{heard.max():.0f} %",
                    str(len(heard)),
                    f"{np.nanmedian(before):.0f} %",
                    f"{np.nanmax(before):.0f} %",
                )
            )
    text = (
        f"## Controls, {name}\n\n{n_pitched} of {n} items have a pitched style (a note in half of "
        "the frames). The others count in no row, nor do items without a percentage."
    )
    columns = ("output", "taken, median", "highest", "items", "earlier, median", "highest")
    return text, columns, cells


def _is_asked_for(name: str) -> bool:
    return name == "target" or any(each in name for each in CONTROLS)


def _morphs_section(test_set: TestSet, n: int) -> Section:
    ways = [_way(item) for item in map(test_set.load, test_set.names(n))]
    known = np.array([way for way in ways if np.isfinite(way).all()])
    rises = np.diff(known, axis=1)
    rows = [
        (f"{share:.2f}", *_quartiles(column)) for share, column in zip(SHARES, known.T, strict=True)
    ]
    text = (
        "## Morphs from content to target\n\nMagnitudes of the spectra are weighted means of "
        "decibels, bin by bin, with the phases of the nearer end. Of "
        f"{len(known)} triplets with a percentage, style taken rises at all four steps in "
        f"{int((rises > 0).all(axis=1).sum())}; of all steps {100.0 * (rises > 0).mean():.0f} % "
        "rise."
    )
    return text, ("share of the target", "lower quartile", "median", "upper quartile"), rows


def _way(item: Item) -> np.ndarray:
    assert item.content is not None
    assert item.target is not None
    content, style = Sound.of(item.content), Sound.of(item.style)
    outputs = (Sound.of(morph(item.content, item.target, share)) for share in SHARES)
    return np.array([judged(output, content, style) for output in outputs])


def morph(one: Audio, other: Audio, share: float) -> Audio:
    """A recording between two that play the same, by weighted means of levels in dB."""
    spectra = [_spectrum(each.samples[0]) for each in (one, other)]
    logs = [np.log(np.maximum(np.abs(each), 1e-6)) for each in spectra]
    magnitude = np.exp((1.0 - share) * logs[0] + share * logs[1])
    phase = np.exp(1j * np.angle(spectra[round(share)]))
    return Audio(_waveform(magnitude * phase, one.n_samples)[None], one.sample_rate)


def _spectrum(samples: np.ndarray) -> np.ndarray:
    padded = np.pad(samples, _N_FFT)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _N_FFT)[::_HOP]
    return np.fft.rfft(frames * np.hanning(_N_FFT), axis=1)


def _waveform(spectrum: np.ndarray, n_samples: int) -> np.ndarray:
    window = np.hanning(_N_FFT)
    out = np.zeros((len(spectrum) - 1) * _HOP + _N_FFT)
    weight = np.full_like(out, 1e-9)
    for place, frame in enumerate(np.fft.irfft(spectrum, _N_FFT, axis=1)):
        here = slice(place * _HOP, place * _HOP + _N_FFT)
        out[here] += window * frame
        weight[here] += window**2
    return (out / weight)[_N_FFT:][:n_samples]


def _parts_section() -> Section:
    rows = []
    everything: list[float] = []
    pool = {name: _first_part(recordings_folder() / name) for name in RECORDINGS}
    for path in sorted(recordings_folder().glob("*.[wo][ag][vg]")):
        parts = list(_parts(path))
        if len(parts) < 2:
            continue
        found = [
            (taken(part, content, style), earlier(part, content, style))
            for style in parts[:3]
            for part in parts
            if part is not style
            for name, content in pool.items()
            if name != path.name
        ]
        ours = [100.0 * each.share for each, _ in found if not each.why]
        before = [each for _, each in found]
        everything += ours
        rows.append(
            (path.name, str(len(parts)), *_quartiles(ours), f"{_median(before):.0f} %", _why(found))
        )
    rows.append(("all", "", *_quartiles(everything), "", ""))
    text = (
        "## Other parts of the style's own recording\n\nThe style is one part of a recording "
        f"({PART_S:g} s, or a half of what is shorter), the output another one, the contents are "
        "the other recordings."
    )
    columns = (
        "recording",
        "parts",
        "lower quartile",
        "median",
        "upper quartile",
        "earlier",
        "no percentage",
    )
    return text, columns, rows


def _first_part(path: Path) -> Sound:
    return Sound.of(load(path, duration_s=PART_S))


def _parts(path: Path) -> Iterator[Sound]:
    """Parts of a recording: of 8 s, or halves of 3 s at least."""
    audio = load(path)
    part_s = min(PART_S, audio.duration_s / 2.0)
    if part_s < 3.0:
        return
    size = int(part_s * audio.sample_rate)
    for start in range(0, audio.n_samples - size + 1, size):
        part = Sound(audio.samples[:, start : start + size], audio.sample_rate)
        if not part.is_empty:
            yield part


def _why(found: Sequence[tuple[Taken, float]]) -> str:
    whys = [each.why for each, _ in found if each.why]
    return ", ".join(f"{whys.count(why)} {why}" for why in dict.fromkeys(whys))


def _quartiles(values: Sequence[float] | np.ndarray) -> tuple[str, ...]:
    if not len(values):
        return ("–",) * 3
    return tuple(f"{each:.0f} %" for each in np.quantile(values, (0.25, 0.5, 0.75)))


def _median(values: Sequence[float]) -> float:
    known = [each for each in values if math.isfinite(each)]
    return float(np.median(known)) if known else math.nan


if __name__ == "__main__":
    main()
