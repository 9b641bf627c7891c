"""Faults that are put into known places: attacks, jumps, edges, cancelling channels, clicks."""

import numpy as np
import pytest
from struck import DURATION_S, RATE, STARTS_S, struck

from estilo.analysis.sound import Sound
from estilo.metrics.faults import Fault, faults


def _of_kind(kind: str, output: np.ndarray, content: np.ndarray) -> list[Fault]:
    found = faults(Sound(output, RATE), Sound(content, RATE))
    return [each for each in found if each.kind == kind]


def _held(seconds: float = 3.0) -> np.ndarray:
    """A chord that is held, cut in mid-sound at both ends."""
    time_s = np.arange(round(seconds * RATE)) / RATE
    partials = [f * k for f in (220.0, 277.0, 330.0) for k in range(1, 12)]
    return sum(0.05 * 200.0 / f * np.sin(2 * np.pi * f * time_s + f) for f in partials)


def test_smeared_and_lost_attacks(rng: np.random.Generator) -> None:
    content = struck(rng, floor=1e-3)
    smeared = _of_kind("onsets", struck(rng, attack_s=0.15, floor=1e-3), content)
    assert sum("smeared" in each.words for each in smeared) >= 1
    assert max(each.severity for each in smeared) > 0.25
    without_third = content.copy()
    gone = slice(round(1.75 * RATE), round(2.4 * RATE))
    without_third[gone] = 1e-3 * rng.standard_normal(gone.stop - gone.start)
    (lost,) = _of_kind("onsets", without_third, content)
    assert "lost" in lost.words
    assert lost.start_s < STARTS_S[2] < lost.end_s
    assert lost.severity > 0.6


@pytest.mark.parametrize("jump_db", [-12.0, 8.0])
def test_a_jump_is_found_where_it_is(jump_db: float) -> None:
    content = _held()
    time_s = np.arange(len(content)) / RATE
    output = content * np.where(time_s > 1.5, 10.0 ** (jump_db / 20.0), 1.0)
    (found,) = _of_kind("level jumps", output, content)
    assert found.start_s == pytest.approx(1.5, abs=0.06)
    assert found.words.endswith(f"{jump_db:+.0f} dB")
    slow = content * 10.0 ** (jump_db / 20.0 * np.clip(time_s - 1.0, 0.0, 1.0))
    assert _of_kind("level jumps", slow, content) == []


@pytest.mark.parametrize("is_end", [False, True])
def test_a_burst_at_an_edge(is_end: bool) -> None:
    content = _held()
    burst = content.copy()
    place = slice(-900, None) if is_end else slice(0, 900)
    burst[place] *= np.linspace(30.0, 1.0, 900)[:: -1 if is_end else 1]
    assert _of_kind("edges", content, content) == []
    found = max(_of_kind("edges", burst, content), key=lambda each: "burst" in each.words)
    assert "burst" in found.words
    assert found.severity > 0.6
    assert found.start_s == pytest.approx(2.95 if is_end else 0.0)


def test_a_step_into_silence_is_a_click_unless_the_content_has_one() -> None:
    content = _held()
    faded = content * np.minimum(1.0, np.arange(len(content))[::-1] / 2_000)
    assert _of_kind("edges", content, content) == []
    loudest = int(np.abs(content[-3_000:]).argmax()) + len(content) - 3_000
    cut = content[: loudest + 1]
    (found,) = _of_kind("edges", cut, faded[: loudest + 1] * np.linspace(1, 0, loudest + 1))
    assert found.words == "a click at the end"


def test_what_cancels_in_mono_is_found_in_its_band(rng: np.random.Generator) -> None:
    time_s = np.arange(2 * RATE) / RATE
    low, high = np.sin(2 * np.pi * 330 * time_s), 0.3 * np.sin(2 * np.pi * 6_000 * time_s)
    content = 0.2 * np.stack([low + high, low + high])
    output = 0.2 * np.stack([low + high, low - high])
    found = _of_kind("mono collapse", output, content)
    assert len(found) == 1
    assert found[0].low_hz >= 4_400
    assert found[0].high_hz <= 8_000
    assert found[0].severity > 0.1
    wide = 0.2 * rng.standard_normal((2, 2 * RATE))
    assert _of_kind("mono collapse", wide, np.stack([wide[0], wide[0]])) == []
    assert _of_kind("mono collapse", output, output) == []


def test_clicks_are_counted_where_they_are(rng: np.random.Generator) -> None:
    content = struck(rng)
    one, two = content.copy(), np.stack([content, content])
    one[round(1.2 * RATE)] += 0.3
    (single,) = _of_kind("clicks", one, content)
    assert single.start_s == single.end_s == pytest.approx(1.2, abs=1e-3)
    assert single.severity == 0.5
    two[1, [round(1.2 * RATE), round(1.25 * RATE)]] += 0.3
    (pair,) = _of_kind("clicks", two, content)
    assert (pair.channel, pair.words, pair.severity) == (1, "2 clicks", 1.0)
    assert _of_kind("clicks", one, one) == []


def test_clipping_is_found_where_it_is(rng: np.random.Generator) -> None:
    content = struck(rng)
    output = 0.9 * content / np.abs(content).max()
    hot = output.copy()
    note = slice(round(1.8 * RATE), round(2.3 * RATE))
    hot[note] = np.clip(4.0 * hot[note], -1.0, 1.0)
    (found,) = _of_kind("clipping", hot, content)
    assert found.start_s == pytest.approx(1.8, abs=0.3)
    assert found.end_s <= DURATION_S
    assert found.severity == 1.0
    assert _of_kind("clipping", output, content) == []


def test_flicker_is_found_where_it_is(rng: np.random.Generator) -> None:
    content = _held(4.0)
    spectra = np.stack(
        [
            np.fft.rfft(content[i : i + 512] * np.hanning(512))
            for i in range(0, len(content) - 512, 256)
        ]
    )
    gains = np.ones(spectra.shape)
    frames = slice(round(2.0 * RATE / 256), round(3.0 * RATE / 256))
    gains[frames] = 10.0 ** (0.5 * rng.standard_normal(gains[frames].shape))
    output = np.zeros_like(content)
    for number, frame in enumerate(np.fft.irfft(spectra * gains, 512)):
        output[number * 256 : number * 256 + 512] += frame
    found = _of_kind("flicker", output, content)
    assert len(found) == 1
    assert found[0].start_s == pytest.approx(2.0, abs=0.3)
    assert found[0].end_s == pytest.approx(3.0, abs=0.3)
    assert found[0].severity > 0.25
