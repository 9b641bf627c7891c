"""What is wrong with a recording, and no part of its sound, changes the output of no engine."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from estilo.analysis.tuning import tuning
from estilo.audio import Audio
from estilo.engines import ENGINES
from estilo.pipeline.report import Report
from estilo.pipeline.transfer import transfer

RATE = 16_000
ENGINES_THAT_MAKE = [
    name for name in ENGINES if not (ENGINES[name].chooses_engine or name == "content")
]
QUICK: dict[str, dict[str, Any]] = {"optimise": {"n_steps": 3}}
COPYING = ("crossfade", "style")  # the style is heard as it is, at its own tuning
A_HZ = 432.0
NOTE_S, POP = 0.3, 10_500


def notes(steps: tuple[int, ...], a_hz: float, decay: float) -> np.ndarray:
    time_s = np.arange(round(NOTE_S * RATE)) / RATE
    made = []
    for step in steps:
        hz = 0.5 * a_hz * 2.0 ** (step / 12.0)
        partials = (0.7**k * np.sin(2 * np.pi * hz * k * time_s + k) for k in range(1, 9))
        ends = np.minimum(1.0, np.minimum(time_s, time_s[::-1]) / 0.005)
        made.append(0.15 * ends * np.exp(-decay * time_s) * sum(partials))
    return np.concatenate(made)


RNG = np.random.default_rng(0)
PLAYED = (3, 7, 10, 3)
CONTENT = notes(PLAYED, A_HZ, 2.0) + 1e-4 * RNG.standard_normal(round(4 * NOTE_S * RATE))
STYLE = notes((0, 3, 5, 8), 440.0, 0.5) + 1e-4 * RNG.standard_normal(round(4 * NOTE_S * RATE))


def pop(samples: np.ndarray) -> np.ndarray:
    out = samples.copy()
    out[POP : POP + 30] += 3.0 * np.hanning(30)
    return out


@cache
def made(engine: str, what: str = "clean") -> tuple[Audio, Report]:
    content, style = Audio(CONTENT, RATE), Audio(STYLE, RATE)
    if what == "dirty":
        content = Audio(pop(CONTENT) + 0.05, RATE)
        longer = np.concatenate([np.zeros(RATE), pop(STYLE), np.zeros(RATE)])
        style = Audio(longer - 0.1, RATE)
    if what == "offset":
        content, style = Audio(CONTENT - 0.05, RATE), Audio(STYLE + 0.05, RATE)
    if what == "pauses":
        content = Audio(paused(CONTENT), RATE)
    result = transfer(content, style, engine=engine, scores=False, **QUICK.get(engine, {}))
    return result.audio, result.report


def paused(samples: np.ndarray) -> np.ndarray:
    """Every other note is a pause, over noise of -80 dBFS."""
    number = np.arange(len(samples)) // round(NOTE_S * RATE)
    noise = 1e-4 * np.random.default_rng(1).standard_normal(len(samples))
    return np.where(number % 2 == 0, samples, 0.0) + noise


def level_db(samples: np.ndarray) -> float:
    return float(10.0 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-20))


@pytest.mark.parametrize("engine", ENGINES_THAT_MAKE)
def test_offset_silence_and_a_pop_are_neither_content_nor_style(engine: str) -> None:
    clean, dirty = made(engine)[0].samples[0], made(engine, "dirty")[0].samples[0]
    if ENGINES[engine].keeps_content:
        # The pop is where it was, and nothing else is any quieter for it.
        assert np.abs(dirty[POP : POP + 30]).max() > 0.5
    assert abs(dirty.mean()) < 1e-3
    size = round(NOTE_S * RATE)
    for start in range(0, len(clean), size):
        part = np.arange(start, start + size)
        part = part[np.abs(part - POP) > 0.03 * RATE]
        assert level_db(dirty[part]) == pytest.approx(level_db(clean[part]), abs=1.0)


@pytest.mark.parametrize("engine", [each for each in ENGINES_THAT_MAKE if each not in COPYING])
def test_pauses_stay_pauses_where_the_style_is_no_noise(engine: str) -> None:
    output, content = made(engine, "pauses")[0].samples[0], paused(CONTENT)
    for number in (1, 3):
        inner = slice(*(round((number + part) * NOTE_S * RATE) for part in (0.3, 0.8)))
        assert level_db(output[inner]) < level_db(content[inner]) + 6.0
    playing = slice(0, round(NOTE_S * RATE))
    assert level_db(output[playing]) > level_db(content[playing]) - 6.0


@pytest.mark.parametrize("engine", ENGINES_THAT_MAKE)
def test_an_offset_changes_nothing(engine: str) -> None:
    clean, offset = made(engine)[0].samples[0], made(engine, "offset")[0].samples[0]
    assert level_db(offset - clean) < level_db(clean) - 40.0
    assert abs(offset.mean()) < 1e-3


@pytest.mark.parametrize("engine", [each for each in ENGINES_THAT_MAKE if each not in COPYING])
def test_the_contents_tuning_stays_in_every_note(engine: str) -> None:
    output = made(engine)[0].samples[0]
    found = tuning(output, RATE)
    assert found.cents == pytest.approx(1200.0 * np.log2(A_HZ / 440.0), abs=5.0)
    for number, step in enumerate(PLAYED):
        inner = slice(*(round((number + part) * NOTE_S * RATE) for part in (0.1, 0.9)))
        near_hz = 0.5 * A_HZ * 2.0 ** (step / 12.0)
        heard, wanted = (strongest_hz(each[inner], near_hz) for each in (output, CONTENT))
        assert 1200.0 * np.log2(heard / wanted) == pytest.approx(0.0, abs=5.0)


def strongest_hz(samples: np.ndarray, near_hz: float) -> float:
    """Frequency of the strongest partial within a semitone of another, to half a cent."""
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 1 << 18))
    bins = np.arange(*(round(near_hz * ratio * (1 << 18) / RATE) for ratio in (0.944, 1.059)))
    return float(bins[power[bins].argmax()] * RATE / (1 << 18))


@pytest.mark.parametrize(
    "engine", [name for name in ENGINES_THAT_MAKE if ENGINES[name].keeps_content]
)
def test_what_a_style_of_a_low_rate_does_not_know_is_the_contents(engine: str) -> None:
    rate = 24_000
    time_s = np.arange(rate) / rate
    content = Audio(0.1 * np.sin(2 * np.pi * 440 * time_s) + 0.01 * RNG.standard_normal(rate), rate)
    style = Audio(STYLE[: RATE // 2], 8000)
    result = transfer(content, style, engine=engine, scores=False, **QUICK.get(engine, {}))

    def high_db(audio: Audio) -> float:
        power = np.abs(np.fft.rfft(audio.samples[0])) ** 2
        return float(10.0 * np.log10(power[5000:].sum() / power[:3500].sum()))

    assert high_db(result.audio) == pytest.approx(high_db(content), abs=3.0)
    assert any("holds nothing above 3.8 kHz" in each for each in result.report.warnings)
