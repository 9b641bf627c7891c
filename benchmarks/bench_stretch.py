"""How well recordings bear to be played at another speed, by what is known of them.

Our phase vocoder beside Signalsmith Stretch, where that is installed (``pip install
python-stretch``).
"""

import time
from collections.abc import Callable

import numpy as np
from scipy import signal

from common import leave_out, write_table
from estilo.audio import Audio
from estilo.matching.playing import played

RATE_HZ = 44_100
SECONDS = 4.0
SPEEDS = (0.67, 0.8, 0.95, 1.1, 1.24, 1.5)
SINE_HZ = 441.3

Stretch = Callable[[np.ndarray, float], np.ndarray]


def ours(samples: np.ndarray, speed: float) -> np.ndarray:
    """As styles are played."""
    return played(Audio(samples, RATE_HZ), speed=speed).samples[0]


def theirs() -> Stretch | None:
    """Signalsmith's, where it is installed."""
    try:
        from python_stretch import Signalsmith  # pyright: ignore[reportMissingImports]
    except ImportError:
        return None

    def stretch(samples: np.ndarray, speed: float) -> np.ndarray:
        stretcher = Signalsmith.Stretch()
        stretcher.preset(1, RATE_HZ)
        stretcher.setTimeFactor(speed)
        return np.asarray(stretcher.process(samples.astype(np.float32)[None]))[0]

    return stretch


def hits(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Bursts of noise at uneven times, and the times."""
    times_s = np.cumsum([0.3, 0.12, 0.25, 0.4, 0.18, 0.25, 0.3, 0.2, 0.15, 0.25, 0.5, 0.35])
    samples = np.zeros(round(SECONDS * RATE_HZ))
    for start in np.rint(times_s * RATE_HZ).astype(int):
        samples[start : start + 6000] += (
            0.3 * rng.standard_normal(6000) * np.exp(-np.arange(6000) / 800)
        )
    return samples, times_s


def residual_db(out: np.ndarray) -> float:
    """What of a sine is not that sine any more."""
    inner = out[RATE_HZ // 2 : -RATE_HZ // 2]
    turn = 2.0 * np.pi * SINE_HZ * np.arange(len(inner)) / RATE_HZ
    waves = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    residual = inner - waves @ np.linalg.lstsq(waves, inner)[0]
    return _db(np.mean(residual**2) / np.mean(inner**2))


def attacks(samples: np.ndarray, out: np.ndarray, times_s: np.ndarray, speed: float) -> np.ndarray:
    """How alike the first 12 ms of a hit are, 0 to 1, and what sounds before it, in dB; means."""
    scores = []
    for start_s in times_s[1:-1]:
        hit = samples[round(start_s * RATE_HZ) :][: round(0.012 * RATE_HZ)]
        place = round(start_s / speed * RATE_HZ)
        nearby = out[place - round(0.02 * RATE_HZ) : place + round(0.04 * RATE_HZ)]
        match = signal.correlate(nearby, hit, mode="valid")
        place += int(np.argmax(match)) - round(0.02 * RATE_HZ)
        before = out[place - round(0.03 * RATE_HZ) : place - round(0.003 * RATE_HZ)]
        after = out[place : place + round(0.02 * RATE_HZ)]
        before_db = _db(np.mean(before**2) / np.mean(after**2) + 1e-9)
        scores.append((min(match.max() / np.sum(hit**2), 1.0), before_db))
    return np.mean(scores, axis=0)


def _db(ratio: "float | np.floating") -> float:
    return 10.0 * float(np.log10(ratio))


def rows(name: str, stretch: Stretch) -> list[tuple[object, ...]]:
    """One for each speed."""
    rng = np.random.default_rng(0)
    time_s = np.arange(round(SECONDS * RATE_HZ)) / RATE_HZ
    sine = 0.3 * np.sin(2.0 * np.pi * SINE_HZ * time_s)
    chord = sum(0.1 * np.sin(2.0 * np.pi * hz * time_s) for hz in (110.0, 220.0, 277.2, 329.6))
    noise = 0.1 * rng.standard_normal(len(time_s))
    drum, times_s = hits(rng)
    table: list[tuple[object, ...]] = []
    for speed in SPEEDS:
        start = time.perf_counter()
        made = [stretch(np.asarray(each), speed) for each in (sine, chord, noise, drum)]
        seconds = (time.perf_counter() - start) / (len(made) * SECONDS)
        levels = [
            _db(np.mean(out**2) / np.mean(np.square(each)))
            for out, each in zip(made[:3], (sine, chord, noise), strict=True)
        ]
        like, before_db = attacks(drum, made[3], times_s, speed)
        table.append(
            (
                name,
                f"{speed:g}",
                f"{residual_db(made[0]):.0f} dB",
                " / ".join(f"{level:+.1f}" for level in levels) + " dB",
                f"{like:.2f}",
                f"{before_db:.0f} dB",
                f"{seconds:.3f} s",
            )
        )
    return table


def main() -> None:
    """Measure and write the table."""
    drum, times_s = hits(np.random.default_rng(0))
    table = rows("estilo", ours)
    other = theirs()
    if other is None:
        leave_out("rows of Signalsmith Stretch", "pip install python-stretch")
    else:
        table += rows("Signalsmith", other)
    write_table(
        "stretch",
        "Recordings at another speed",
        [
            (
                f"Signals of {SECONDS:g} s, 44.1 kHz. *Residual*: what of a sine is not a sine of "
                "its own pitch any more. *Levels*: sine / chord / noise after against before. "
                "*Attacks*: correlation of the first 12 ms of bursts of noise with themselves, "
                "1 is unchanged; *before*: what sounds up to 30 ms before them against them (in "
                f"the original {attacks(drum, drum, times_s, 1.0)[1]:.0f} dB). *Time*: per second "
                "of sound.",
                ("", "speed", "residual", "levels", "attacks", "before", "time"),
                table,
            )
        ],
    )


if __name__ == "__main__":
    main()
