"""What the sampler makes of notes that are known, and how good its sound is.

On triplets of `recorded-dev`: the notes of content and style are told to it as they were played, so
that nothing but the instrument and its playing is judged. The ceiling has every note of the style's
instrument, each by itself, in place of the clip.
"""

import argparse
from collections.abc import Iterator, Sequence

import numpy as np

from common import Section, leave_out, write_table
from estilo.analysis.sound import Sound
from estilo.analysis.transcription import transcribe
from estilo.audio import Audio
from estilo.errors import EstiloError
from estilo.evaluation.bootstrap import difference_interval, ratio_interval
from estilo.evaluation.makers import TransferMaker
from estilo.evaluation.sets.recorded import DURATION_S, SAMPLE_RATE_HZ, RecordedDev
from estilo.metrics import METRICS
from estilo.sampler.instrument import Instrument
from estilo.sampler.player import play
from known_notes import KnownTriplet
from played_sound import PlayedSound, sounds_of

N_TRIPLETS = 16
METHODS = ("lsd", "timbre_mfcc", "timbre_triplet", "pitch")
COPIED, NEURAL = "content copied", "`neural` at strength 1"
CLIP, ALONE, WHOLE = (
    "the clip",
    "the clip's notes, each by itself",
    "the whole instrument (ceiling)",
)
STYLE_HEARD, HEARD = "the clip, its notes heard", "the clip, all notes heard"

Scores = dict[str, list[list[float]]]
"""Name of a row to a list of values, in the order of `METHODS`, for each triplet."""


def outputs(triplet: KnownTriplet, *, is_heard: bool) -> Iterator[tuple[str, Audio]]:
    """Rows of the table and what they make of a triplet.

    Args:
        triplet: content and style.
        is_heard: whether there are rows of notes that are heard by the transcriber.
    """
    item, known = triplet.item, triplet.known.content_notes.notes
    assert item.content is not None
    yield COPIED, item.content
    yield NEURAL, TransferMaker({"engine": "neural", "strength": 1.0}).make(item)
    clip = triplet.clip_instrument()
    for name, made in ((CLIP, clip), (ALONE, triplet.known.single_notes())):
        yield name, played(known, made)
    yield WHOLE, played(known, triplet.known.whole_instrument())
    if is_heard:
        style = Instrument.of([item.style], [transcribe(Sound.of(item.style))])
        yield STYLE_HEARD, played(known, style)
        yield HEARD, played(transcribe(Sound.of(item.content)).notes, style)


def played(notes, instrument: Instrument) -> Audio:
    """Notes on an instrument, for as long as a triplet lasts."""
    return play(notes, instrument, sample_rate=SAMPLE_RATE_HZ, duration_s=DURATION_S).audio


def scored(output: Audio, triplet: KnownTriplet) -> list[float]:
    """An output against its target, by every metric of `METHODS`."""
    assert triplet.item.target is not None
    sound, target = Sound.of(output), Sound.of(triplet.item.target)
    return [METRICS[name].measure(sound, target) for name in METHODS]


def rows(scores: Scores, pairs: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Ratios to the content copied, and differences from it in pitch."""
    base = np.array(scores[COPIED])
    for name, values in scores.items():
        cells = []
        for column, method in enumerate(METHODS):
            interval = difference_interval if method == "pitch" else ratio_interval
            found = interval(np.array(values)[:, column], base[:, column], alike=pairs)
            sign = "+" if method == "pitch" else ""
            cells.append(f"{found.value:{sign}.3f} [{found.low:{sign}.3f}, {found.high:{sign}.3f}]")
        yield name, *cells


def table(title: str, scores: Scores, pairs: Sequence[str]) -> Section:
    """A section of the document.

    Args:
        title: what is judged.
        scores: of its triplets.
        pairs: of the same.
    """
    base = np.mean(scores[COPIED], axis=0)
    text = (
        f"## {title}\n\n{len(pairs)} triplets, {len(set(pairs))} pairs of instruments. Ratios of "
        "means to the content copied (LSD {:.2f} dB, timbre {:.3f} and {:.3f}, pitch {:.3f}), "
        "pitch as a difference from it, with 95 % bootstrap intervals over pairs of "
        "instruments.".format(*base)
    )
    columns = ("played on", "LSD", "timbre (MFCC)", "timbre (triplet)", "pitch")
    return text, columns, list(rows(scores, pairs))


def sound_table(found: Sequence[PlayedSound]) -> Section:
    """Tuning, timing, seams and clicks of all notes that were played on the clips."""
    text = (
        "## Sound\n\nOf the notes that were played on the clips, each by itself. Tuning: distance "
        "of its period, by autocorrelation, from the note's. Timing: distance of the moment at "
        "which it passes −20 dB of its peak from that of the recorded note of the target. Seams: "
        "step of the level where a loop begins again, over 20 ms on both sides, less what the "
        "note's own fading makes; below it the step that nineteen of twenty places within the same "
        "loops stay below. Clicks: what the waveform jumps above 8 kHz where a loop begins "
        "again or a note is let go, against the note's peak, beyond what it does elsewhere."
    )

    def cells(name: str, values: Sequence[float], unit: str) -> tuple[str, ...]:
        known = np.array([each for each in values if np.isfinite(each)])
        if not len(known):
            return name, "–", "–", "0"
        middle, most = np.median(known), np.percentile(known, 95)
        return name, f"{middle:.2f} {unit}", f"{most:.2f} {unit}", str(len(known))

    lines = [
        cells("tuning", [each.tuning_cents for each in found], "cents"),
        cells("timing", [each.timing_ms for each in found], "ms"),
        cells("seams", [each.seam_db for each in found], "dB"),
        cells("within loops", [each.within_db for each in found], "dB"),
        cells("clicks", [each.click_db for each in found], "dB"),
    ]
    return text, ("", "median", "19 of 20 below", "notes"), lines


def main() -> None:
    """See the head of this file."""
    parser = argparse.ArgumentParser(prog="python benchmarks sampler", description=__doc__)
    parser.add_argument("--triplets", type=int, default=N_TRIPLETS, help="Number of triplets.")
    parser.add_argument("--heard", action="store_true", help="Rows of notes that are heard, too.")
    asked = parser.parse_args()
    triplets = RecordedDev()
    scores: dict[str, Scores] = {"all": {}, "mono": {}, "poly": {}}
    pairs: dict[str, list[str]] = {"all": [], "mono": [], "poly": []}
    sounds: list[PlayedSound] = []
    for name in triplets.names(asked.triplets):
        triplet = KnownTriplet.of(triplets, name)
        found: dict[str, list[float]] = {}
        try:
            for row, output in outputs(triplet, is_heard=asked.heard):
                found[row] = scored(output, triplet)
        except EstiloError as error:
            leave_out(name, error)
            continue
        for group in ("all", triplet.item.group):
            pairs[group].append(triplet.pair)
            for row, values in found.items():
                scores[group].setdefault(row, []).append(values)
        sounds += sounds_of(triplet)
        print(name, *(f"{row} {each[0]:.2f} dB" for row, each in found.items()), flush=True)
    titles = {"all": "All", "mono": "Melodies", "poly": "Chords"}
    sections = [
        table(title, scores[group], pairs[group])
        for group, title in titles.items()
        if scores[group]
    ]
    write_table("sampler", "The sampler, notes known and heard", [*sections, sound_table(sounds)])


if __name__ == "__main__":
    main()
