"""How long it takes to score a result of 10 s: all that a report holds, on one core, warm.

A row beside a plain computation tells a quick machine from a quick program: times of one run
compare, those of two do not.
"""

import time
from collections.abc import Callable

import numpy as np

from common import left_out_where_missing, looped, write_table
from estilo import transfer
from estilo.analysis.sound import Sound
from estilo.audio import Audio
from estilo.metrics.scores import measured, references
from estilo.threads import limited
from material import recording

CONTENT, STYLE = "sax-phrase.wav", "strings-brahms.ogg"
LENGTH_S = 10.0
RATE_HZ = 44_100
_REPEATS = 9


def main() -> None:
    """Measure and write the table."""
    with left_out_where_missing("scoring"):
        content, style = (
            looped(recording(name, duration_s=LENGTH_S, sample_rate=RATE_HZ), duration_s=LENGTH_S)
            for name in (CONTENT, STYLE)
        )
        output = transfer(content, style, engine="mosaic").audio
        rows = [
            ("a report: content, style and output are all new", _fresh(output, content, style)),
            ("one more output of the same content and style", _known(output, content, style)),
            ("for comparison: a thousand real transforms of 8192 samples by numpy", _plain()),
        ]
        text = (
            f"All scores of a result of {LENGTH_S:g} s ({CONTENT} in the style of {STYLE}, mono), "
            f"processor time of one core, the least of {_REPEATS} repeats after one to warm up."
        )
        table = [(name, f"{1e3 * seconds:.0f}") for name, seconds in rows]
        write_table("scoring", "Scoring", [(text, ("", "milliseconds"), table)])


def _fresh(output: Audio, content: Audio, style: Audio) -> float:
    def scored() -> None:
        measured(Sound.of(output), references(content=Sound.of(content), styles=[Sound.of(style)]))

    return _seconds(scored)


def _known(output: Audio, content: Audio, style: Audio) -> float:
    against = references(content=Sound.of(content), styles=[Sound.of(style)])
    return _seconds(lambda: measured(Sound.of(output), against))


def _plain() -> float:
    frames = np.random.default_rng(0).normal(size=(1000, 8192)).astype(np.float32)
    return _seconds(lambda: np.fft.rfft(frames))


def _seconds(function: Callable[[], object]) -> float:
    with limited(1):
        function()
        taken = []
        for _ in range(_REPEATS):
            began = time.process_time()
            function()
            taken.append(time.process_time() - began)
    return min(taken)


if __name__ == "__main__":
    main()
