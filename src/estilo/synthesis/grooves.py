"""Grooves: drums, comping and bass of some common styles, as patterns of a bar.

In a pattern every character is a step, and all steps of a bar are equal: ``x`` is a hit, ``o`` a
soft one, ``.`` none.
"""

from dataclasses import dataclass

KICK, SIDE_STICK, SNARE, CLOSED_HAT, PEDAL_HAT, OPEN_HAT = 36, 37, 38, 42, 44, 46
TOM, CRASH, RIDE, SHAKER = 45, 49, 51, 70
"""Note numbers of General MIDI's drums."""


@dataclass(frozen=True)
class Groove:
    """The patterns of a band for one bar.

    Args:
        slowest_bpm: lowest tempo at which it is played, in beats per minute.
        fastest_bpm: highest tempo at which it is played, in beats per minute.
        n_beats: number of beats in a bar.
        drums: pattern of a bar by MIDI note; empty where there is no drummer.
        comping: patterns of the chords.
        bass: patterns of the bass.
        is_walking: whether the bass moves in steps, rather than on the root alone.
        swing: least and largest share of a beat before its second eighth; 0.5 is straight.
    """

    slowest_bpm: float
    fastest_bpm: float
    n_beats: int
    drums: dict[int, str]
    comping: tuple[str, ...]
    bass: tuple[str, ...]
    is_walking: bool = False
    swing: tuple[float, float] = (0.5, 0.5)


_STRAIGHT = ("x.......x.......", "x...x...x...x...", "x.x.x.x.x.x.x.x.", "x.....x.....x...")
_PUSHED = ("..x...x...x...x.", "x..x..x...x..x..", "x.....x...x...x.", "x..x....x..x....")
_HELD = ("x...............", "x.......x.......", "x.....x.........")
_LOW = ("x.......x.......", "x...x...x...x...", "x.x.x.x.x.x.x.x.", "x..x..x.x..x..x.")
_LATIN_LOW = ("x..xx..xx..xx..x", "x.....x.x.....x.", "x..x..x.x..x..x.")

GROOVES = {
    "rock": Groove(
        *(80, 165, 4),
        {KICK: "x.......x.x.....", SNARE: "....x.......x...", CLOSED_HAT: "x.x.x.x.x.x.x.x."},
        _STRAIGHT,
        _LOW,
    ),
    "ballad with drums": Groove(
        *(60, 90, 4),
        {KICK: "x.....x.x.......", SNARE: "....x.......x...", CLOSED_HAT: "x.o.x.o.x.o.x.o."},
        (*_HELD, "x.x.x.x.x.x.x.x."),
        _LOW[:2],
    ),
    "four to the floor": Groove(
        *(105, 140, 4),
        {KICK: "x...x...x...x...", SNARE: "....x.......x...", OPEN_HAT: "..x...x...x...x."},
        _PUSHED,
        (*_LOW, "..x...x...x...x."),
    ),
    "funk": Groove(
        *(85, 118, 4),
        {KICK: "x..x..x...x.....", SNARE: "....x..o.o..x..o", CLOSED_HAT: "xoxoxoxoxoxoxoxo"},
        ("x..x..x...x..x..", "..x...x..x..x...", "x.....x...x...x."),
        ("x..x...xx..x..x.", "x.x....x..x.x..."),
        swing=(0.5, 0.55),
    ),
    "half time": Groove(
        *(125, 170, 4),
        {KICK: "x.....x.........", SNARE: "........x.......", CLOSED_HAT: "x.x.x.x.x.x.x.x."},
        _STRAIGHT,
        _LOW[1:3],
    ),
    "bossa": Groove(
        *(110, 160, 4),
        {KICK: "x.....x.x.....x.", SIDE_STICK: "x.....x.....x...", SHAKER: "x.o.x.o.x.o.x.o."},
        ("x.....x.....x...", "x...x.....x.....", "..x...x...x...x."),
        ("x.....x.x.....x.",),
    ),
    "samba": Groove(
        *(85, 112, 4),
        {KICK: "o..xo..xo..xo..x", SIDE_STICK: "x.x.xx.x.x.x.xx.", SHAKER: "xooxxooxxooxxoox"},
        ("x..x..x...x..x..", "..x.x..x..x.x..x"),
        _LATIN_LOW,
    ),
    "one drop": Groove(
        *(65, 90, 4),
        {KICK: "........x.......", SIDE_STICK: "........x.......", CLOSED_HAT: "x.o.x.o.x.o.x.o."},
        ("....x.......x...", "..x...x...x...x."),
        ("x..x..x.....x.x.", "x.....x.x..x...."),
        swing=(0.5, 0.62),
    ),
    "swing": Groove(
        *(100, 180, 4),
        {RIDE: "x...x.x.x...x.x.", PEDAL_HAT: "....x.......x...", KICK: "o...o...o...o..."},
        ("x.....x.........", "......x.....x...", "....x.....x.....", "x.........x....."),
        ("x...x...x...x...",),
        is_walking=True,
        swing=(0.6, 0.67),
    ),
    "shuffle": Groove(
        *(75, 135, 4),
        {KICK: "x.......x.x.....", SNARE: "....x.......x...", CLOSED_HAT: "x.x.x.x.x.x.x.x."},
        _STRAIGHT,
        ("x...x...x...x...", "x.x.x.x.x.x.x.x."),
        is_walking=True,
        swing=(0.62, 0.67),
    ),
    "drum and bass": Groove(
        *(160, 180, 4),
        {KICK: "x.........x.....", SNARE: "....x.......x...", CLOSED_HAT: "x.x.x.x.x.x.x.x."},
        _HELD,
        ("x.....x.........", "x.........x.....", "x..x....x......."),
    ),
    "waltz": Groove(
        *(80, 180, 3),
        {KICK: "x.....", SNARE: "..o.o.", CLOSED_HAT: "x.x.x."},
        ("..x.x.", "x.x.x.", "x....."),
        ("x.....", "x...x."),
    ),
    "jazz waltz": Groove(
        *(110, 180, 3),
        {RIDE: "x.x.xx", PEDAL_HAT: "..x...", KICK: "o....."},
        ("x..x..", "...x..", "x....x"),
        ("x.x.x.", "x....."),
        is_walking=True,
        swing=(0.6, 0.67),
    ),
    "march in triplets": Groove(
        *(60, 110, 2),
        {KICK: "x.....", SNARE: "...x..", CLOSED_HAT: "xooxoo"},
        ("x..x..", "xxxxxx", "x.xx.x"),
        ("x..x..", "x....."),
    ),
    "solo piano": Groove(
        *(60, 150, 4), {}, (*_STRAIGHT[:3], "xxxxxxxxxxxxxxxx"), ("x.......x.......", _LOW[1])
    ),
    "chamber": Groove(*(60, 130, 4), {}, _HELD, ("x.......x.......", "x...x...x...x...")),
    "guitar and voice": Groove(
        *(70, 160, 4), {}, ("x.x.x.x.x.x.x.x.", "x...x.x...x.x.x.", "x...xx..x.xx.x.."), _LOW[:2]
    ),
    "waltz without drums": Groove(*(70, 170, 3), {}, ("..x.x.", "x.x.x."), ("x.....",)),
    "tango without drums": Groove(
        *(100, 132, 4), {}, ("x...x...x...x.x.", "x..x..x.x..x..x."), ("x.....x.x...x...",)
    ),
    "jazz duo": Groove(
        *(90, 180, 4),
        {},
        ("x.....x.........", "......x.....x...", "..x.......x....."),
        ("x...x...x...x...",),
        is_walking=True,
        swing=(0.58, 0.67),
    ),
}
"""Grooves by name; tempos are those that a score would have."""
