"""Tempo, beats and key of pieces for which they are known, and beats that a transfer leaves.

The pieces are those of `estilo.evaluation.songs`. Analyses were tuned on MuseScore_General with
another seed. Librosa's beat tracker hears the same.
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import permutations

import librosa
import mir_eval
import numpy as np

import estilo
from common import Section, left_out_where_missing, write_table
from estilo.analysis.beats import beat_times
from estilo.analysis.key import KEYS, key
from estilo.analysis.onsets import onset_times
from estilo.analysis.sound import RATE_HZ, Sound
from estilo.analysis.tempo import tempo
from estilo.audio import Audio
from estilo.evaluation.songs import known_songs, played
from estilo.matching.adjustment import adjustment
from estilo.metrics.content import ONSET_WINDOW_S, onset_f1
from estilo.metrics.timbre import timbre_mfcc
from estilo.synthesis.songs import Song
from material import has_recordings, made_songs, recording

N_SONGS = 60
SEED = 20_261_127
FONT = "TimGM6mb"
TOLERANCE = 0.04
TEMPOS = ("exact", "octave", "other", "none")
KEY_KINDS = ("exact", "relative", "fifth", "parallel", "other", "none")
_RELATED = (2.0, 0.5, 3.0, 1.0 / 3.0)

STRENGTHS = (0.25, 0.5, 0.75)
STYLES = ("rain.wav", "piano.wav", "jazz-vibraphone.ogg", "orchestra.wav")
N_DRUMS, DRUMS_S = 5, 6.0
DRUMS_FONT = "MuseScore_General"  # samples of TimGM6mb's drums break off, with a click
_MERGED_S = 0.05  # hits that are nearer are one to a detector


@dataclass(frozen=True)
class Found:
    """What was found in a piece.

    Args:
        song: the piece.
        sound: how it sounds.
        bpm: the tempo.
        beats_f: F-measure of the beats.
        key: the key.
        librosa_bpm: librosa's tempo.
        librosa_f: F-measure of its beats.
    """

    song: Song
    sound: Sound
    bpm: float | None
    beats_f: float
    key: str | None
    librosa_bpm: float
    librosa_f: float

    @property
    def has_drums(self) -> bool:
        """Whether somebody drums."""
        return any(line.is_drums for line in self.song.lines)


def analysed(song: Song, audio: Audio) -> Found:
    """A piece as both libraries hear it."""
    sound = Sound.of(audio)
    theirs_bpm, theirs_s = librosa.beat.beat_track(y=sound.mono, sr=RATE_HZ, units="time")
    return Found(
        song,
        sound,
        sound.once(tempo).bpm,
        beats_f(song, beat_times(sound)),
        sound.once(key).name,
        float(np.atleast_1d(theirs_bpm)[0]),
        beats_f(song, theirs_s),
    )


def beats_f(song: Song, found_s: np.ndarray) -> float:
    """mir_eval's F-measure within 70 ms, from the fifth second on."""
    truth, found = (mir_eval.beat.trim_beats(each) for each in (song.beats_s, found_s))
    return mir_eval.beat.f_measure(truth, found)


def tempo_kind(bpm: float | None, truth: float) -> str:
    """Within 4 %, within 4 % of half, twice, a third or three times it, or neither."""
    if not bpm:
        return "none"
    if abs(bpm / truth - 1.0) <= TOLERANCE:
        return "exact"
    is_related = any(abs(bpm / truth / ratio - 1.0) <= TOLERANCE for ratio in _RELATED)
    return "octave" if is_related else "other"


def key_kind(name: str | None, song: Song) -> str:
    """How a key lies to the true one, in the terms of MIREX."""
    if name is None:
        return "none"
    is_minor, tonic = divmod(KEYS.index(name), 12)
    up = (tonic - song.tonic) % 12
    if bool(is_minor) == song.is_minor:
        return {0: "exact", 5: "fifth", 7: "fifth"}.get(up, "other")
    relative = 3 if song.is_minor else 9
    return {relative: "relative", 0: "parallel"}.get(up, "other")


def shares(kinds: Sequence[str], names: Sequence[str]) -> list[str]:
    """Per cent of each."""
    counts = Counter(kinds)
    return [f"{100 * counts[name] / max(len(kinds), 1):.0f} %" for name in names]


def tempo_rows(pieces: Sequence[Found]) -> list[tuple[object, ...]]:
    """Tempo and beats, by group and by library."""
    groups = {
        "all": pieces,
        "with drums": [each for each in pieces if each.has_drums],
        "without drums": [each for each in pieces if not each.has_drums],
    }
    rows: list[tuple[object, ...]] = []
    for name, group in groups.items():
        if not group:
            continue
        ours = [tempo_kind(each.bpm, each.song.bpm) for each in group]
        theirs = [tempo_kind(each.librosa_bpm, each.song.bpm) for each in group]
        both = (
            ("estilo", ours, [each.beats_f for each in group]),
            ("librosa", theirs, [each.librosa_f for each in group]),
        )
        for library, kinds, scores in both:
            right = [f for f, kind in zip(scores, kinds, strict=True) if kind == "exact"]
            rows.append(
                (
                    f"{name} ({len(group)})",
                    library,
                    *shares(kinds, TEMPOS),
                    f"{np.mean(scores):.2f}",
                    f"{np.mean(right):.2f}",
                )
            )
    return rows


def key_rows(pieces: Sequence[Found]) -> list[tuple[object, ...]]:
    """Keys, by mode."""
    groups = {
        "all": pieces,
        "major": [each for each in pieces if not each.song.is_minor],
        "minor": [each for each in pieces if each.song.is_minor],
    }
    return [
        (
            f"{name} ({len(group)})",
            *shares([key_kind(each.key, each.song) for each in group], KEY_KINDS),
        )
        for name, group in groups.items()
        if group
    ]


def matching_rows(pieces: Sequence[Found]) -> list[tuple[object, ...]]:
    """All ordered pairs, each the style of the other: what fits afterwards by the ground truth."""
    tempos, keys = Counter[str](), Counter[str]()
    for content, style in permutations(pieces, 2):
        found = adjustment(content.sound, style.sound, matches=("tempo",))
        beats = content.song.bpm / (style.song.bpm * found.speed)
        octaves = [2.0**n for n in (-2, -1, 0, 1, 2)]
        meets = any(abs(beats / ratio - 1.0) <= TOLERANCE for ratio in octaves)
        is_left = "tempo left" in found.words
        tempos["left as it is" if is_left else "fits" if meets else "does not fit"] += 1
        found = adjustment(content.sound, style.sound, matches=("key",))
        notes = [(s.song.tonic + 3 * s.song.is_minor) % 12 for s in (content, style)]
        off = (notes[1] + found.semitones - notes[0]) % 12
        if "pitch left" in found.words:
            keys["left as it is"] += 1
        else:
            keys["fits" if off == 0 else "does not fit"] += 1
    columns = ("fits", "does not fit", "left as it is")
    return [
        (name, *(f"{100 * counts[column] / counts.total():.1f} %" for column in columns))
        for name, counts in (("tempo", tempos), ("key", keys))
    ]


def percussive(*, n_songs: int) -> list[tuple[str, Audio, np.ndarray | None]]:
    """A real drum, and the drummers of some pieces alone, with their hits.

    Args:
        n_songs: pieces among which drummers are looked for.
    """
    real = recording("mridangam.wav", duration_s=DRUMS_S, sample_rate=44_100)
    clips: list[tuple[str, Audio, np.ndarray | None]] = [("mridangam (recorded)", real, None)]
    for song, _ in known_songs(n_songs, seed=SEED, soundfont=FONT):
        drums = tuple(replace(line, program=0) for line in song.lines if line.is_drums)
        if not drums or song.groove in {name for name, *_ in clips}:
            continue
        audio = played(replace(song, lines=drums), soundfont=DRUMS_FONT)
        samples = audio.samples[:, : round(DRUMS_S * audio.sample_rate)]
        starts = sorted(note.start_s for line in drums for note in line.notes)
        hits: list[float] = []
        for start_s in starts:
            if start_s < DRUMS_S - _MERGED_S and (not hits or start_s > hits[-1] + _MERGED_S):
                hits.append(start_s)
        clips.append((song.groove, Audio(samples, audio.sample_rate), np.array(hits)))
        if len(clips) == 1 + N_DRUMS:
            break
    return clips


def true_f1(sound: Sound, hits_s: np.ndarray) -> float:
    """Of the onsets that are found against the hits that were played, within 50 ms."""
    return mir_eval.onset.f_measure(hits_s, onset_times(sound), window=ONSET_WINDOW_S)[0]


def kept_rows(*, n_songs: int) -> list[tuple[object, ...]]:
    """Onsets and timbre by strength, means over styles; then over all contents.

    Args:
        n_songs: pieces among which drummers are looked for.
    """
    styles = [recording(s, duration_s=8.0, sample_rate=44_100) for s in STYLES]
    sounds = [Sound.of(style) for style in styles]
    rows, sums = [], []
    for name, audio, hits_s in percussive(n_songs=n_songs):
        content = Sound.of(audio)
        before = np.mean([timbre_mfcc(content, style) for style in sounds])
        scores = np.full((len(STRENGTHS), 3), np.nan)
        for place, strength in enumerate(STRENGTHS):
            made = [
                Sound.of(
                    estilo.transfer(
                        audio, style, engine="optimise", strength=strength, scores=False
                    ).audio
                )
                for style in styles
            ]
            scores[place, 0] = np.mean([onset_f1(out, content) for out in made])
            if hits_s is not None:
                scores[place, 1] = np.mean([true_f1(out, hits_s) for out in made])
            distances = [timbre_mfcc(out, s) for out, s in zip(made, sounds, strict=True)]
            scores[place, 2] = np.mean(distances) / before
        sums.append(scores)
        own = "–" if hits_s is None else f"{true_f1(content, hits_s):.2f}"
        rows.append((name, own, *(_kept(each) for each in scores)))
        print("measured", name, flush=True)
    rows.append(("**mean**", "", *(_kept(each) for each in np.nanmean(sums, axis=0))))
    return rows


def _kept(scores: np.ndarray) -> str:
    return " / ".join("–" if np.isnan(each) else f"{each:.2f}" for each in scores)


def sections_of(pieces: Sequence[Found], *, title: str) -> list[Section]:
    """Tempo, beats, keys and matching of some pieces.

    Args:
        pieces: what was found in them.
        title: what plays them.
    """
    return [
        (
            f"## {title}\n\n{len(pieces)} pieces of 24 s: 60 to 180 bpm, all keys, straight and "
            "swung, a melody over chords and bass, with drums or without. *Exact*: within 4 %; "
            "*octave*: within 4 % of half, twice, a third or three times the tempo. *Beats*: "
            "mir_eval's F-measure within 70 ms, of all pieces, and of those whose tempo is exact.",
            ("pieces", "library", *TEMPOS, "beats F", "where exact"),
            tempo_rows(pieces),
        ),
        ("Keys.", ("pieces", *KEY_KINDS), key_rows(pieces)),
        (
            "Every piece matched to every other. A tempo *fits* where the true beats then meet, "
            "one for one, or some octaves apart; a key where both then have the notes of the same "
            "scale.",
            ("match", "fits", "does not fit", "left as it is"),
            matching_rows(pieces),
        ),
    ]


def beats_section(*, n_songs: int) -> Section:
    """Beats that a transfer leaves.

    Args:
        n_songs: pieces among which drummers are looked for.
    """
    return (
        f"## Beats that stay\n\nPercussive contents in the style of {len(STYLES)} recordings, "
        "engine `optimise` as it comes. For every strength: onset F1 against the content, "
        "against the hits that were played, and distance to the style in MFCC timbre, from "
        "the content's own = 1. Soft hits that are not found in the content are found in the "
        "output, where they are louder: they cost F1 against the content, not against the "
        "truth. *Content*: its own F1 against the hits. (Drums alone, standard kit of "
        f"{DRUMS_FONT}.)",
        ("contents", "content", *(f"strength {s:g}" for s in STRENGTHS)),
        kept_rows(n_songs=n_songs),
    )


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--soundfont", default=FONT, help="Another one is for tuning: no table.")
    parser.add_argument("--seed", type=int, default=SEED, help="Random seed of the pieces.")
    parser.add_argument("--songs", type=int, default=N_SONGS, help="Number of pieces.")
    options = parser.parse_args()
    is_report = (options.soundfont, options.seed) == (FONT, SEED)
    sections: list[Section] = []
    if is_report:
        made = [analysed(*each) for each in made_songs(options.songs, seed=SEED)]
        sections += sections_of(made, title="The project's own synthesiser")
    with left_out_where_missing(f"pieces through {options.soundfont}"):
        songs = known_songs(options.songs, seed=options.seed, soundfont=options.soundfont)
        found = [analysed(*each) for each in songs]
        sections += sections_of(found, title=options.soundfont)
    if not is_report:
        for _, columns, rows in sections:
            print(*columns, *rows, sep="\n")
        return
    if has_recordings("beats that stay"):
        with left_out_where_missing("beats that stay"):
            sections.append(beats_section(n_songs=options.songs))
    write_table("tempo-key", "Tempo, beats and key", sections)


if __name__ == "__main__":
    main()
