"""The notes that `estilo.analysis.transcription` hears in pieces whose notes are known.

Its weights and thresholds come from `estilo.evaluation.networks.notes`, which hears neither
TimGM6mb nor the phrases and the voice here.
"""

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext

import numpy as np

from common import Section, left_out_where_missing, processor_s, write_table
from estilo.analysis.multipitch import FRAME_RATE_HZ, LOWEST_MIDI, multipitch
from estilo.analysis.sound import Sound
from estilo.analysis.transcription import HeardNote, transcribe
from estilo.evaluation.looks import Look, looks_at
from estilo.evaluation.provenance import commit
from estilo.evaluation.sets.recorded import Recorded, RecordedDev
from estilo.synthesis.fluidsynth import render_parts
from material import audio_folder, has_recordings, recording
from note_pieces import (
    NEAR_S,
    NEAR_SLOW_S,
    RATE_HZ,
    SEED,
    SLOW_S,
    Piece,
    recorded_pieces,
    soundfont_pieces,
    sung_pieces,
    two_instruments,
)
from note_scores import Scores, scores_of
from other_ears import BasicPitch
from played import CHORDS, DURATION_S, MELODIES, phrase

SINGING = ("singing-female.wav", "speech-female.wav")
_HEAD = f"""\
Phrases of {DURATION_S:g} s on programs of each family (C3 to C6, bass E1 to C4; seed {SEED}),
through TimGM6mb, dry, with 20 dB of dynamics. A note is found if it starts within
{1000 * NEAR_S:g} ms of where it is written and lies within 50 cents (mir_eval). Programs that take
{1000 * SLOW_S:g} ms or more to come within 6 dB of their loudest are in a row of their own, at
{1000 * NEAR_SLOW_S:g} ms. Figures are means over pieces. Ends (within 20 % of the duration, or
50 ms) are asked only of instruments that sound until they are let go. *Octaves* are heard notes an
octave, a twelfth or another harmonic off a note that begins there; *ghosts* are those at a pitch
that does not sound then, both as shares of the heard notes; *repeated* is the recall of notes that
are struck within 150 ms after another of their pitch. The baseline takes each run of a note in
`estilo.analysis.multipitch` for a note; *Basic Pitch* is the network that this package ships, at
its own settings (`--basic-pitch`)."""
_COLUMNS = (
    "pieces",
    "n",
    "precision",
    "recall",
    "F1",
    "F1 with ends",
    "repeated",
    "octaves",
    "ghosts",
    "baseline F1",
    "Basic Pitch F1",
)


def baseline(sound: Sound) -> list[HeardNote]:
    """Each run of a note in the multi-pitch matrix.

    Args:
        sound: recording.
    """
    edges = np.diff(np.pad(multipitch(sound), ((1, 1), (0, 0))).astype(np.int8), axis=0)
    found = []
    for column, row in enumerate(edges.T):
        places = np.flatnonzero(row).reshape(-1, 2) / FRAME_RATE_HZ
        found += [HeardNote(a, b, LOWEST_MIDI + column, 0.0) for a, b in places]
    return found


def table(
    pieces: Iterable[Piece], rows_of: Callable[[Piece], Sequence[str]], other: BasicPitch | None
) -> list[list[str]]:
    """Means over the pieces of each row, in the order in which they come.

    Args:
        pieces: pieces to judge.
        rows_of: the rows that a piece counts in.
        other: Basic Pitch, if it is to be heard.
    """

    def f1(piece: Piece, heard: Sequence[HeardNote]) -> float:
        return scores_of(piece.notes, heard, tolerance_s=piece.tolerance_s).f1

    rows: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    for piece in pieces:
        own = scores_of(piece.notes, transcribe(piece.sound).notes, tolerance_s=piece.tolerance_s)
        if not piece.is_sustained:
            own = own._replace(f1_with_ends=np.nan)
        plain = f1(piece, baseline(piece.sound))
        theirs = f1(piece, other.notes(piece.sound)) if other else np.nan
        for name in rows_of(piece):
            rows[name].append((*own, plain, theirs))
    assert len(_COLUMNS) == 4 + len(Scores._fields)
    return [
        [name, str(len(each)), *map(_mean, zip(*each, strict=True))] for name, each in rows.items()
    ]


def main() -> None:
    """Measure and write the tables."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--programs", type=int, default=8, help="Of each family at most.")
    parser.add_argument("--recorded", type=int, default=40, help="Recorded pieces.")
    parser.add_argument(
        "--held-out",
        action="store_true",
        help="Hear the reserved recorded instruments too: one of their looks, which is logged.",
    )
    parser.add_argument("--sung", type=int, default=20, help="Pieces that are sung.")
    parser.add_argument(
        "--basic-pitch",
        metavar="PYTHON",
        help="Interpreter of an environment with the packages basic-pitch and onnxruntime.",
    )
    options = parser.parse_args()
    with BasicPitch(options.basic_pitch) if options.basic_pitch else nullcontext() as other:
        _measure(options, other)


def _measure(options: argparse.Namespace, other: BasicPitch | None) -> None:
    sections: list[Section] = [(_HEAD, (), ())]
    with left_out_where_missing("pieces through TimGM6mb"):
        for title, kinds in (("Melodies", MELODIES), ("Chords", CHORDS)):
            pieces = list(soundfont_pieces(list(kinds), n_programs=options.programs))
            if kinds is MELODIES:
                pieces += two_instruments(pieces, kind="melody")
            sections.append(
                (f"## TimGM6mb: {title.lower()}", _COLUMNS, table(pieces, _rows_of, other))
            )
    with left_out_where_missing("recorded instruments"):
        rows = table(recorded_pieces(RecordedDev(), options.recorded), _recorded_rows, other)
        sections.append(("## Recorded instruments (recorded-dev, training half)", _COLUMNS, rows))
        if options.held_out:
            _take_a_look(options.recorded)
            rows = table(recorded_pieces(Recorded(), options.recorded), _recorded_rows, other)
            sections.append(("## Recorded instruments (recorded, held out)", _COLUMNS, rows))
    rows = table(sung_pieces(options.sung), lambda piece: ("**all**", piece.kind), other)
    sections += [("## Singing, synthesised", _COLUMNS, rows), _voices(), _speed()]
    write_table("notes", "Notes heard in pieces whose notes are known", sections)


def _take_a_look(n_items: int) -> None:
    """Log that the notes of the reserved set are heard.

    Raises:
        SettingsError: all its looks are taken.
    """
    assert Recorded.looks is not None
    log = looks_at("recorded", most=Recorded.looks)
    look = Look.of(commit=commit(), n_items=n_items, engines=["transcriber"], columns=["note F1"])
    log.check(look, is_allowed=False)
    log.add(look)


def _recorded_rows(piece: Piece) -> tuple[str, ...]:
    return f"**{piece.kind}**", f"{piece.group}, {piece.kind}"


def _rows_of(piece: Piece) -> tuple[str, ...]:
    if piece.kind == "two instruments":
        return (piece.kind,)
    if piece.is_slow:
        return ("slow attacks, within 100 ms",)
    return ("**all**", piece.group, f"*{piece.kind}*")


def _mean(values: Iterable[float]) -> str:
    known = [value for value in values if not np.isnan(value)]
    return f"{np.mean(known):.3f}" if known else "–"


def _voices() -> Section:
    """What is heard of recorded voices, of which nobody knows the notes."""
    rows = []
    for name in SINGING if has_recordings("recorded voices") else ():
        heard = transcribe(Sound.of(recording(name, duration_s=20.0, sample_rate=RATE_HZ)))
        rows.append((name, len(heard.notes), len(heard.hits), f"{heard.explained:.2f}"))
    return "## Recorded voices", ("recording", "notes", "hits", "explained"), rows


def _speed() -> Section:
    rng = np.random.default_rng(SEED)
    kinds = ["melody", "two hands"]
    sounds = {"noise": Sound(0.1 * rng.standard_normal((2, 10 * RATE_HZ)), RATE_HZ)}
    with left_out_where_missing("speed on phrases"):
        phrases = [(phrase(kind, rng, low=48, high=84), 0) for kind in kinds]
        played = render_parts(
            phrases, soundfont="TimGM6mb", sample_rate=RATE_HZ, duration_s=DURATION_S
        )
        sounds |= {k: Sound(each, RATE_HZ) for k, each in zip(kinds, played, strict=True)}
    if audio_folder() is not None:
        sounds["orchestra"] = Sound.of(recording("orchestra.wav", duration_s=10.0))

    def time_of(sound: Sound) -> float:
        audio = sound.audio
        took_s = processor_s(lambda: transcribe(Sound.of(audio)), n_times=3)
        return took_s / sound.duration_s

    rows = [(name, f"{time_of(sound):.3f}") for name, sound in sounds.items()]
    return "## Time", ("what", "processor time, share of the duration"), rows


if __name__ == "__main__":
    main()
