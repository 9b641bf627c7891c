"""Speech as content: how many of its words are left, at which distance to the style.

The judge is a public recogniser that nothing was tuned on (`pip install pocketsphinx`, which brings
its sounds of English along). Without it there are phone-like units only: clusters of the content's
MFCCs, looked up in the output after dynamic time warping.
"""

import argparse
import io
import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import librosa
import numpy as np
from PIL import Image
from scipy.cluster.vq import kmeans2, vq

import estilo
from common import leave_out, write_picture, write_table
from estilo.analysis.sound import Sound
from estilo.audio import Audio
from estilo.metrics.content import onset_f1
from estilo.metrics.timbre import timbre_mfcc
from estilo.plots import plot_recordings, png
from estilo.plots.scatter import Panel, Point, plot_points
from material import recording

RATE = 16_000
SPEECH = "speech-reading.ogg"
# Jane Austen, Northanger Abbey, as it is read there.
TEXT = (
    "mrs allen said catherine the next morning will there be any harm in my calling on miss tilney "
    "today i shall not be easy till i have explained everything go by all means my dear only put "
    "on a white gown miss tilney always wears white"
)
STYLES = ("cello-phrase.wav", "orchestra.wav", "rain.wav")
STRENGTHS = {"optimise": (0.5, 0.75, 1.0), "neural": (1.0,)}
KEPT = (0.0, 0.5, 1.0)
# Closed form: the original method with infinitely many filters, as on the scoreboard.
ORIGINAL = {"preset": "lebedev-ulyanov", "features": "closed-form", "widths": (11,)}
ALPHAS = (100.0, 10.0, 1.0, 0.01)  # the last is the preset's own
N_UNITS = 32
LPC_ORDER, LPC_STEPS = 18, 8  # steps to the semitone
SHIFTS = (-5.0, -2.0, 2.0, 4.0, 7.0)
HOP = 160
EXAMPLES = {
    "speech-to-music": (SPEECH, "orchestra.wav", {"formants": 0.5}),
    "music-to-speech": ("strings-brahms.ogg", SPEECH, {"strength": 1.0}),
}


@dataclass(frozen=True, eq=False)
class Row:
    """One way of working.

    Args:
        series: that it belongs to.
        label: within it.
        options: of `estilo.transfer`; None is the content as it is.
    """

    series: str
    label: str
    options: dict[str, Any] | None


def rows() -> list[Row]:
    """The content, the original method's preset, and engines with formants kept or not."""
    found = [Row("content", "copied", None)]
    found += [
        Row("lebedev-ulyanov", f"α = {alpha:g}", {**ORIGINAL, "content_weight": alpha})
        for alpha in ALPHAS
    ]
    for engine, strengths in STRENGTHS.items():
        for kept in KEPT:
            found += [
                Row(
                    f"{engine}, formants {kept:g}",
                    f"{strength:g}",
                    {"engine": engine, "strength": strength, "formants": kept},
                )
                for strength in strengths
            ]
    return found


class Judge:
    """Words and phone-like units of a reading.

    Args:
        content: the reading.
    """

    def __init__(self, content: Audio) -> None:
        self.frames = _frames(content)
        level = librosa.feature.rms(y=content.samples[0], frame_length=512, hop_length=HOP)[0]
        self.sounding = level > 0.03 * level.max()
        speech = self.frames[self.sounding]
        self.units, _ = kmeans2(speech, N_UNITS, minit="++", seed=0)  # type: ignore[call-arg]
        self.labels = vq(self.frames, self.units)[0]
        self.recogniser = _recogniser()

    def word_error(self, output: Audio) -> float:
        """Edits per word of the text; NaN without a recogniser."""
        if self.recogniser is None:
            return float("nan")
        samples = 0.5 * output.samples[0] / max(float(np.abs(output.samples).max()), 1e-9)
        self.recogniser.start_utt()
        self.recogniser.process_raw((32_767 * samples).astype(np.int16).tobytes(), full_utt=True)
        self.recogniser.end_utt()
        found = self.recogniser.hyp()
        heard = [] if found is None else [word.split("(")[0] for word in found.hypstr.split()]
        return edits(TEXT.split(), heard) / len(TEXT.split())

    def units_kept(self, output: Audio) -> float:
        """Share of the content's sounding frames whose unit is that of the output's."""
        theirs = _frames(output)
        _, path = librosa.sequence.dtw(
            self.frames.T, theirs.T, global_constraints=True, band_rad=0.02
        )
        labels = vq(theirs, self.units)[0]
        heard = [(i, j) for i, j in path if self.sounding[i]]
        return float(np.mean([self.labels[i] == labels[j] for i, j in heard]))


def edits(wanted: Sequence[str], found: Sequence[str]) -> int:
    """Levenshtein distance in words.

    >>> edits("a white gown".split(), "the white".split())
    2
    """
    row = list(range(len(found) + 1))
    for i, word in enumerate(wanted, 1):
        row, before = [i], row
        for j, other in enumerate(found, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (word != other)))
    return row[-1]


def _frames(audio: Audio) -> np.ndarray:
    """MFCCs 1 to 12 every 10 ms, each of mean 0 and deviation 1, so that equalising is no loss."""
    found = librosa.feature.mfcc(
        y=audio.samples[0], sr=RATE, n_mfcc=13, n_fft=512, hop_length=HOP, n_mels=40
    )[1:].T
    return (found - found.mean(0)) / np.maximum(found.std(0), 1e-6)


def _recogniser() -> Any:
    """One that knows the words of the text, all equally likely: a language model would guess."""
    try:
        from pocketsphinx import Decoder  # type: ignore[import-not-found]
    except ImportError:
        leave_out("words that are recognised", "pip install pocketsphinx")
        return None
    words = sorted(set(TEXT.split()))
    level = -math.log10(len(words) + 1.0)
    grams = ["-99 <s>", *(f"{level:.4f} {word}" for word in (*words, "</s>"))]
    lines = ["\\data\\", f"ngram 1={len(grams)}", "", "\\1-grams:", *grams, "", "\\end\\", ""]
    with tempfile.NamedTemporaryFile("w", suffix=".lm") as file:
        file.write("\n".join(lines))
        file.flush()
        return Decoder(samprate=float(RATE), lm=file.name, loglevel="FATAL")


def measured(row: Row, content: Audio, style: Audio, judge: Judge) -> tuple[float, ...]:
    """Word error, units kept, timbre distance, onsets kept."""
    output = content
    if row.options is not None:
        output = estilo.transfer(content, style, scores=False, **row.options).audio
    sound = Sound.of(output)
    return (
        judge.word_error(output),
        judge.units_kept(output),
        timbre_mfcc(sound, Sound.of(style)),
        onset_f1(sound, Sound.of(content)),
    )


def moved(content: Audio, semitones: float) -> tuple[float, float]:
    """By how many semitones formants and pitch have moved, where asked to move formants.

    Formants by the mean envelope of linear prediction over log frequency, pitch by YIN: neither
    is how estilo does it.
    """
    output = estilo.transfer(
        content, content, engine="content", formant_shift_semitones=semitones, scores=False
    ).audio
    before, after = (_lpc_levels(each) for each in (content, output))
    margin = 12 * LPC_STEPS
    middle = before[margin:-margin] - before[margin:-margin].mean()
    shifts = range(-margin, margin + 1)
    likeness = []
    for shift in shifts:
        other = after[margin + shift : len(after) - margin + shift]
        likeness.append(np.corrcoef(middle, other)[0, 1])
    pitches = [
        librosa.yin(each.samples[0], fmin=80.0, fmax=400.0, sr=RATE) for each in (content, output)
    ]
    level = librosa.feature.rms(y=content.samples[0])[0]
    heard = level > 0.1 * level.max()
    cents = 12.0 * np.median(np.log2(pitches[1][heard] / pitches[0][heard]))
    return shifts[int(np.argmax(likeness))] / LPC_STEPS, float(cents)


def _lpc_levels(audio: Audio) -> np.ndarray:
    """Mean level in dB of the envelopes of loud frames, 8 steps to the semitone."""
    size = round(0.03 * RATE)
    frames = librosa.util.frame(audio.samples[0], frame_length=size, hop_length=size).T
    energies = (frames**2).sum(1)
    loud = frames[energies > 0.02 * energies.max()] * np.hamming(size)
    steps = np.arange(round(12 * LPC_STEPS * np.log2(5000.0 / 250.0)))
    turn = 2.0 * np.pi * 250.0 * 2.0 ** (steps / (12.0 * LPC_STEPS)) / RATE
    basis = np.exp(-1j * np.outer(turn, np.arange(LPC_ORDER + 1)))
    predictors = np.array([librosa.lpc(frame, order=LPC_ORDER) for frame in loud])
    return -20.0 * np.log10(np.abs(basis @ predictors.T)).mean(1)


def original_at(found: dict[Row, np.ndarray], timbre: float) -> np.ndarray:
    """Word error and units kept of the original method's preset at a timbre distance.

    On the line between its nearest points, of which the content copied is the last.
    """
    points = np.array([values[[2, 0, 1]] for row, values in found.items() if is_control(row)])
    points = points[np.argsort(points[:, 0])]
    return np.array([np.interp(timbre, points[:, 0], each) for each in points[:, 1:].T])


def picture(found: dict[Row, np.ndarray]) -> bytes:
    """Words and units against timbre, a line per series, named at its last point."""
    last = {row.series: row for row in found}.values()
    panels = [
        Panel(
            [
                Point(
                    f"{row.series}: {row.label}" if row in last else row.label,
                    *(row.series, float(values[2]), 1.0 - kept(values), is_control(row)),
                )
                for row, values in found.items()
            ],
            "timbre distance to the style (MFCC), lower is better",
            f"{label} lost, lower is better",
            title=label,
        )
        for label, kept in (("words", lambda v: 1.0 - v[0]), ("phone-like units", lambda v: v[1]))
    ]
    return png(plot_points(panels, title="Speech in the style of music: what is left of it"))


def is_control(row: Row) -> bool:
    """Whether it is there to be compared with."""
    return row.series in ("content", "lebedev-ulyanov")


def examples() -> None:
    """Speech to music and music to speech, drawn."""
    for name, (content, style, options) in EXAMPLES.items():
        clips = [recording(each, duration_s=8.0, sample_rate=RATE) for each in (content, style)]
        result = estilo.transfer(*clips, **options)
        said = ", ".join(f"{key} {value:g}" for key, value in options.items())
        panels = [
            (f"content: {content}", clips[0]),
            (f"style: {style}", clips[1]),
            (f"output ({said})", result.audio),
        ]
        print(name, {k: round(v, 3) for k, v in result.report.scores.items() if "_" in k})
        picture = Image.open(io.BytesIO(png(plot_recordings(panels), dpi=90))).convert("RGB")
        stream = io.BytesIO()
        picture.quantize(256, dither=Image.Dither.NONE).save(stream, "PNG", optimize=True)
        write_picture(f"voices/{name}.png", stream.getvalue())


def write(
    found: dict[Row, np.ndarray], shifts: dict[float, tuple[float, float]], styles: Sequence[str]
) -> None:
    """The tables."""
    copied = next(values for row, values in found.items() if row.options is None)
    columns = ("", "", "word error", "the original's", "units kept", "the original's")
    table = []
    for row, values in found.items():
        original = (
            ["", ""] if is_control(row) else [f"{v:.2f}" for v in original_at(found, values[2])]
        )
        table.append(
            (
                *(row.series, row.label),
                *(f"{values[0]:.2f}", original[0], f"{values[1]:.2f}", original[1]),
                *(f"{values[2]:.3f}", f"{values[2] / copied[2]:.2f}", f"{values[3]:.2f}"),
            )
        )
    write_table(
        "voices",
        "Speech in the style of music: words kept",
        [
            (
                f"{SPEECH}, {len(TEXT.split())} words, in the style of {', '.join(styles)}: means "
                "over the styles. *Word error*: edits per word of the text that is read, by "
                "PocketSphinx 5.1, which knows the words of the text, all equally likely. "
                "*Units kept*: share of 10 ms "
                f"frames whose phone-like unit ({N_UNITS} clusters of the content's MFCCs) is the "
                "same in the output, after dynamic time warping. *Timbre*: distance to the style, "
                "and as a ratio to the content's. *The original's*: what the preset of the "
                "original method has at that very distance, between its nearest rows and the "
                "content copied; in closed form, as on the scoreboard.\n\n"
                "![Words and units against timbre](voices/words.png)",
                (*columns, "timbre (MFCC)", "of copied", "onsets kept"),
                table,
            ),
            (
                "## Formants moved\n\nThe content alone (`--engine content --set "
                "formant_shift_semitones=N`), formants measured by linear prediction, pitch by YIN "
                "(median), in semitones.",
                ("asked", "formants", "pitch"),
                [
                    (f"{asked:+g}", f"{formants:+.1f}", f"{pitch:+.2f}")
                    for asked, (formants, pitch) in shifts.items()
                ],
            ),
        ],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--styles", nargs="+", default=STYLES, help="file names")
    parser.add_argument("--examples-only", action="store_true", help="draw the two pictures only")
    options = parser.parse_args()
    if options.examples_only:
        examples()
        return
    content = recording(SPEECH, duration_s=60.0, sample_rate=RATE)
    judge = Judge(content)
    found: dict[Row, np.ndarray] = {}
    styles = [recording(name, duration_s=8.0, sample_rate=RATE) for name in options.styles]
    for row in rows():
        values = [measured(row, content, style, judge) for style in styles]
        found[row] = np.mean(values, axis=0)
        print(row.series, row.label, np.round(found[row], 3), flush=True)
    examples()
    write_picture("voices/words.png", picture(found))
    write(found, {each: moved(content, each) for each in SHIFTS}, options.styles)
