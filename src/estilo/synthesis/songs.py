"""Pieces for a band, drawn at random in a key and at a tempo that are known.

A melody over chords over a bass, with drums or without, in one of `estilo.synthesis.grooves`:
straight or swung, on the beat and off it, played by hands that are a hundredth of a second early
or late.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from estilo.synthesis.grooves import CRASH, GROOVES, SNARE, TOM, Groove
from estilo.synthesis.notes import Note

Chord = tuple[int, tuple[int, ...]]
"""Root above the tonic, in semitones, and its notes above the root."""

_MAJOR, _MINOR, _DIM, _SEVENTH = (0, 4, 7), (0, 3, 7), (0, 3, 6), (0, 4, 7, 10)
_MAJOR_7, _MINOR_7 = (0, 4, 7, 11), (0, 3, 7, 10)
_IN_MAJOR: tuple[tuple[Chord, ...], ...] = (
    ((0, _MAJOR), (7, _MAJOR), (9, _MINOR), (5, _MAJOR)),
    ((0, _MAJOR), (9, _MINOR), (2, _MINOR), (7, _SEVENTH)),
    ((0, _MAJOR), (5, _MAJOR), (7, _MAJOR), (0, _MAJOR)),
    ((2, _MINOR_7), (7, _SEVENTH), (0, _MAJOR_7), (9, _MINOR_7)),
    ((9, _MINOR), (5, _MAJOR), (0, _MAJOR), (7, _MAJOR)),
    ((0, _MAJOR), (4, _MINOR), (5, _MAJOR), (7, _MAJOR)),
    ((0, _MAJOR), (10, _MAJOR), (5, _MAJOR), (0, _MAJOR)),
    ((0, _MAJOR_7), (5, _MAJOR_7), (4, _MINOR_7), (9, _SEVENTH), (2, _MINOR_7), (7, _SEVENTH)),
    ((0, _MAJOR), (2, _SEVENTH), (5, _MAJOR), (5, _MINOR)),
)
_IN_MINOR: tuple[tuple[Chord, ...], ...] = (
    ((0, _MINOR), (8, _MAJOR), (3, _MAJOR), (10, _MAJOR)),
    ((0, _MINOR), (5, _MINOR), (7, _SEVENTH), (0, _MINOR)),
    ((0, _MINOR), (10, _MAJOR), (8, _MAJOR), (7, _MAJOR)),
    ((2, _DIM), (7, _SEVENTH), (0, _MINOR), (0, _MINOR)),
    ((0, _MINOR), (5, _MINOR), (8, _MAJOR), (7, _SEVENTH)),
    ((0, _MINOR_7), (3, _MAJOR_7), (5, _MINOR_7), (7, _MINOR_7)),
    ((0, _MINOR), (7, _MINOR), (8, _MAJOR), (5, _MINOR)),
)
_SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
# Lengths in beats of the notes and rests of a melody, and how often they come.
_CELLS = ((1.0,), (0.5, 0.5), (2.0,), (1.5, 0.5), (0.5, 1.0, 0.5), (0.75, 0.25), (1 / 3,) * 3)
_CELL_SHARES = (0.3, 0.25, 0.13, 0.1, 0.12, 0.05, 0.05)
_CHORDS_ON = (0, 2, 4, 5, 11, 16, 19, 24, 25, 26, 27, 46, 48, 50, 89)  # General MIDI, from 0
_BASS_ON = (32, 33, 34, 35, 36, 38, 39, 43)
_MELODY_ON = (0, 11, 22, 26, 40, 41, 56, 59, 64, 65, 66, 68, 71, 73, 75, 80, 81, 85)
_KITS = (0, 8, 16, 25, 32, 40)
_LOUDER_DB = {"melody": 0.0, "chords": -4.0, "bass": -2.0, "drums": 0.0}
_SPREAD_DB = 4.0
_HIT_BEATS = 2.0


@dataclass(frozen=True)
class Line:
    """The part of one player.

    Args:
        notes: notes of the whole piece.
        program: General MIDI program, or kit.
        is_drums: whether the notes are drums.
        level_db: level relative to the other parts, after all were made equally loud, in dB.
    """

    notes: tuple[Note, ...]
    program: int
    is_drums: bool
    level_db: float


@dataclass(frozen=True)
class Song:
    """A piece, with its key, tempo and beats.

    Args:
        groove: name of the groove.
        bpm: tempo in beats per minute.
        tonic: tonic of the key, 0 for C.
        is_minor: whether the key is minor.
        beats_s: times of the beats, in seconds. **Shape** ``(beats,)``.
        lines: parts of the players.
    """

    groove: str
    bpm: float
    tonic: int
    is_minor: bool
    beats_s: NDArray[np.float64]
    lines: tuple[Line, ...]


def random_song(
    rng: np.random.Generator, *, bpm: float, tonic: int, is_minor: bool, duration_s: float
) -> Song:
    """Draw a piece in a key, at a tempo.

    Args:
        rng: random generator.
        bpm: tempo in beats per minute, 60 to 180.
        tonic: tonic of the key, 0 for C.
        is_minor: whether the key is minor.
        duration_s: duration of the piece in seconds; it breaks off there.

    Example:
        >>> song = random_song(
        ...     np.random.default_rng(0), bpm=90.0, tonic=2, is_minor=True, duration_s=20.0
        ... )
        >>> bool(np.allclose(np.diff(song.beats_s), 60 / 90))
        True
    """
    playable = [n for n, g in GROOVES.items() if g.slowest_bpm <= bpm <= g.fastest_bpm]
    name = str(rng.choice(playable))
    player = _Player(rng, GROOVES[name], bpm=bpm, duration_s=duration_s)
    chords = _chords(rng, is_minor=is_minor, n_bars=player.n_bars)
    scale = _SCALES["minor" if is_minor else "major"]
    lines = {
        "melody": _melody(player, chords, tonic, scale),
        "chords": _comping(player, chords, tonic),
        "bass": _bass(player, chords, tonic, scale),
    }
    programs = {
        "melody": int(rng.choice(_MELODY_ON)),
        "chords": int(rng.choice(_CHORDS_ON)),
        "bass": int(rng.choice(_BASS_ON)),
        "drums": int(rng.choice(_KITS)),
    }
    if not player.groove.drums and rng.random() < 0.5:
        programs["bass"] = programs["chords"]  # two hands
    if player.groove.drums:
        lines["drums"] = _drums(player)
        if rng.random() < 0.15:
            del lines["melody"]
    return Song(
        groove=name,
        bpm=bpm,
        tonic=tonic,
        is_minor=is_minor,
        beats_s=player.beats_s,
        lines=tuple(
            Line(
                tuple(sorted(notes)),
                programs[part],
                part == "drums",
                _LOUDER_DB[part] + rng.uniform(-_SPREAD_DB, _SPREAD_DB),
            )
            for part, notes in lines.items()
            if notes
        ),
    )


class _Player:
    """Turn beats into times: swung, and a little early or late.

    Args:
        rng: random generator.
        groove: groove that is played.
        bpm: tempo in beats per minute.
        duration_s: duration of the piece, in seconds.
    """

    def __init__(
        self, rng: np.random.Generator, groove: Groove, *, bpm: float, duration_s: float
    ) -> None:
        self.rng, self.groove = rng, groove
        self.start_s = float(rng.uniform(0.0, 1.0))
        self.beat_s = 60.0 / bpm
        self.swing = float(rng.uniform(*groove.swing))
        self.jitter_s = float(rng.uniform(0.002, 0.012))
        self.duration_s = duration_s
        n_beats = math.ceil((duration_s - self.start_s) / self.beat_s)
        self.beats_s = self.start_s + self.beat_s * np.arange(n_beats, dtype=np.float64)
        self.n_bars = -(-n_beats // groove.n_beats)

    def steps(self, pattern: str, bar: int) -> list[tuple[float, bool]]:
        """Times of a pattern's hits, in beats, and whether they are soft."""
        size = self.groove.n_beats / len(pattern)
        start = bar * self.groove.n_beats
        return [(start + i * size, hit == "o") for i, hit in enumerate(pattern) if hit != "."]

    def note(self, beat: float, beats: float, pitch: float, velocity: float) -> Note | None:
        """A note as it is played; None beyond the end."""
        start_s = self._time(beat) + self.jitter_s * float(self.rng.standard_normal())
        end_s = min(self._time(beat + beats), self.duration_s)
        velocity = float(np.clip(velocity + 0.08 * self.rng.standard_normal(), 0.1, 1.0))
        start_s = max(start_s, 0.0)
        return Note(start_s, end_s - start_s, pitch, velocity) if end_s - start_s > 0.02 else None

    def _time(self, beat: float) -> float:
        whole, part = divmod(beat, 1.0)
        swung = np.interp(part, (0.0, 0.5, 1.0), (0.0, self.swing, 1.0))
        return self.start_s + self.beat_s * (whole + float(swung))


def _chords(rng: np.random.Generator, *, is_minor: bool, n_bars: int) -> list[Chord]:
    """A chord for each bar: two progressions in turn, four or eight bars each."""
    known = _IN_MINOR if is_minor else _IN_MAJOR
    first, second = (known[i] for i in rng.choice(len(known), 2, replace=False))
    row: list[Chord] = []
    while len(row) < n_bars:
        row += first * int(rng.integers(1, 3)) + second * int(rng.integers(0, 2))
    return row[:n_bars]


def _played(notes: "list[Note | None]") -> list[Note]:
    return [note for note in notes if note is not None]


def _melody(player: _Player, chords: list[Chord], tonic: int, scale: tuple[int, ...]) -> list[Note]:
    """Cells of rhythm; notes of the chord on the beat, of the scale elsewhere, mostly in steps."""
    rng = player.rng
    low = int(rng.integers(57, 70))
    pitch, beat = low + 8.0, float(rng.integers(0, 3))
    notes: list[Note | None] = []
    while beat < player.n_bars * player.groove.n_beats - 1:
        for length in _CELLS[rng.choice(len(_CELLS), p=_CELL_SHARES)]:
            bar = min(int(beat / player.groove.n_beats), len(chords) - 1)
            root, intervals = chords[bar]
            of_chord = [(tonic + root + each) % 12 for each in intervals]
            of_scale = [(tonic + each) % 12 for each in scale]
            allowed = of_chord if beat % 1.0 == 0.0 or length > 1.0 else of_scale
            wanted = pitch + rng.choice((-4, -2, -1, 1, 2, 4), p=(0.1, 0.25, 0.15, 0.15, 0.25, 0.1))
            pitch = _nearest(wanted, allowed, low=low, high=low + 17)
            if rng.random() > 0.12:
                played = length * rng.uniform(0.6, 0.98)
                notes.append(player.note(beat, played, pitch, 0.75))
            beat += length
    return _played(notes)


def _comping(player: _Player, chords: list[Chord], tonic: int) -> list[Note]:
    """The chords of all bars on a pattern, whole or note by note."""
    rng = player.rng
    patterns = rng.choice(player.groove.comping, 2)
    is_broken = rng.random() < 0.3
    floor = int(rng.integers(48, 58))
    notes: list[Note | None] = []
    for bar, (root, intervals) in enumerate(chords):
        pattern = str(patterns[0] if rng.random() < 0.75 else patterns[1])
        pitches = sorted(floor + (tonic + root + each - floor) % 12 for each in intervals)
        hits = player.steps(pattern, bar)
        ends = [*(beat for beat, _ in hits[1:]), (bar + 1.0) * player.groove.n_beats]
        for i, ((beat, is_soft), end) in enumerate(zip(hits, ends, strict=True)):
            chosen = [pitches[i % len(pitches)]] if is_broken and len(hits) > 3 else pitches
            length = (end - beat) * 0.9
            notes += [player.note(beat, length, p, 0.4 if is_soft else 0.6) for p in chosen]
    return _played(notes)


def _bass(player: _Player, chords: list[Chord], tonic: int, scale: tuple[int, ...]) -> list[Note]:
    """Roots and fifths on a pattern, or steps from root to root."""
    rng = player.rng
    pattern = str(rng.choice(player.groove.bass))
    of_scale = [(tonic + each) % 12 for each in scale]
    pitch = 36.0
    notes: list[Note | None] = []
    for bar, (root, intervals) in enumerate(chords):
        hits = player.steps(pattern, bar)
        ends = [*(beat for beat, _ in hits[1:]), (bar + 1.0) * player.groove.n_beats]
        for i, ((beat, _), end) in enumerate(zip(hits, ends, strict=True)):
            if i == 0:
                pitch = _nearest(38.0, [(tonic + root) % 12], low=28, high=50)
            elif player.groove.is_walking:
                pitch = _nearest(pitch + rng.choice((-2, 2, 3)), of_scale, low=28, high=52)
            else:
                own = [(tonic + root + each) % 12 for each in (0, 0, intervals[2])]
                pitch = _nearest(36.0 + rng.integers(0, 8), [own[rng.integers(3)]], low=28, high=50)
            notes.append(player.note(beat, (end - beat) * rng.uniform(0.6, 0.95), pitch, 0.8))
    return _played(notes)


def _drums(player: _Player) -> list[Note]:
    """The pattern, with soft hits thrown in, a fill now and then, and bars of silence."""
    rng = player.rng
    phrase = int(rng.choice((4, 8)))
    n_beats = player.groove.n_beats
    notes: list[Note | None] = []
    for bar in range(player.n_bars):
        if bar and bar % phrase == 0 and rng.random() < 0.15:
            continue
        fills = bar % phrase == phrase - 1 and rng.random() < 0.7
        for drum, pattern in player.groove.drums.items():
            for beat, is_soft in player.steps(pattern, bar):
                if not (fills and beat >= (bar + 1) * n_beats - 1):
                    notes.append(player.note(beat, _HIT_BEATS, drum, 0.35 if is_soft else 0.75))
        if fills:
            last = (bar + 1) * n_beats - 1
            notes += [
                player.note(last + i / 4, _HIT_BEATS, SNARE if rng.random() < 0.5 else TOM, 0.7)
                for i in range(4)
            ]
            notes.append(player.note(last + 1.0, _HIT_BEATS, CRASH, 0.7))
        if rng.random() < 0.2:
            step = bar * n_beats + rng.integers(4 * n_beats) / 4
            notes.append(player.note(step, _HIT_BEATS, SNARE, 0.3))
    return _held(_played(notes))


def _held(hits: list[Note]) -> list[Note]:
    """Every drum rings until it is hit again: some soundfonts would cut it off, with a click."""
    held: list[Note] = []
    following: dict[float, float] = {}
    for hit in sorted(hits, reverse=True):
        end_s = min(hit.start_s + hit.duration_s, following.get(hit.pitch, np.inf))
        following[hit.pitch] = hit.start_s
        held.append(replace(hit, duration_s=end_s - hit.start_s))
    return held


def _nearest(wanted: float, classes: list[int], *, low: int, high: int) -> float:
    """The pitch of some pitch classes that is nearest to another, within bounds."""
    pitches = [p for p in range(low, high + 1) if p % 12 in classes]
    return float(min(pitches, key=lambda pitch: abs(pitch - wanted)))
