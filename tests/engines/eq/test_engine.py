"""The eq engine: the style's average spectrum, in any length and any channels."""

from typing import Any

import numpy as np
import pytest
import torch
from clips import melody, rain, stereo, task
from scipy import signal

from estilo.dsp.eq import (
    WIDTH_ERB,
    Phase,
    average_power,
    eq_match,
    filtered,
    matching_filter,
)
from estilo.engines import blocks
from estilo.engines.base import run
from estilo.engines.eq.engine import EqEngine
from estilo.engines.eq.settings import EqSettings

RATE = 16_000


def _output(asked: Any, **settings: Any) -> np.ndarray:
    return run(EqEngine(EqSettings(**settings)), asked)[0].numpy()


def _octaves_db(samples: np.ndarray) -> np.ndarray:
    """Levels of octaves from 125 Hz to 8 kHz, their mean taken off, by scipy."""
    frequency_hz, power = signal.welch(samples, RATE, nperseg=2048)
    octave = np.floor(np.log2(np.maximum(frequency_hz, 1.0) / 125.0)).astype(int)
    levels = [10.0 * np.log10(power[..., octave == i].sum(-1)) for i in range(6)]
    return np.stack(levels, -1)


def _shape(levels: np.ndarray) -> np.ndarray:
    return levels - levels.mean(-1, keepdims=True)


def _pink(rng: np.random.Generator, seconds: float) -> np.ndarray:
    white = rng.standard_normal(round(seconds * RATE))
    return (0.1 * signal.lfilter([0.1], [1.0, -0.9], white)).astype(np.float32)


def test_the_output_has_the_styles_spectrum_and_the_contents_level(
    rng: np.random.Generator,
) -> None:
    content, style = 0.1 * rng.standard_normal(6 * RATE), _pink(rng, 5.0)
    output = _output(task(content.astype(np.float32), style, sample_rate=RATE))[0]
    np.testing.assert_allclose(_shape(_octaves_db(output)), _shape(_octaves_db(style)), atol=1.0)
    assert output.std() == pytest.approx(content.std(), rel=0.02)


def test_it_is_what_the_function_gives(rng: np.random.Generator) -> None:
    content, style = melody(2.0, RATE), _pink(rng, 2.0)
    output = _output(task(content, style, sample_rate=RATE), smoothing_erb=WIDTH_ERB)
    np.testing.assert_allclose(output[0], eq_match(content, style, RATE), atol=1e-6)


def test_blocks_leave_no_trace(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = task(stereo(3.0, RATE), _pink(rng, 2.0), sample_rate=RATE)
    for phase in ("zero", "minimum"):
        monkeypatch.setattr(blocks, "BLOCK", 1 << 18)
        whole = _output(asked, filter_phase=phase)
        monkeypatch.setattr(blocks, "BLOCK", 1001)
        np.testing.assert_allclose(_output(asked, filter_phase=phase), whole, atol=1e-6)


@pytest.mark.parametrize("phase", ["zero", "minimum"])
def test_what_rings_over_an_end_does_not_click(phase: Phase, rng: np.random.Generator) -> None:
    """A tone that begins and ends with a fade of 10 ms, which a deep filter would fill."""
    fades = np.minimum(1.0, np.arange(2 * RATE) / 160.0) * np.linspace(1.0, 0.5, 2 * RATE)
    content = (0.3 * np.sin(0.05 * np.arange(2 * RATE)) * fades * fades[::-1]).astype(np.float32)
    content += 1e-3 * rng.standard_normal(2 * RATE).astype(np.float32)
    asked = task(content, _pink(rng, 2.0), sample_rate=RATE)
    output = _output(asked, filter_phase=phase, smoothing_erb=WIDTH_ERB)[0]
    assert abs(output[-1]) < 1e-4 * np.abs(output).max()
    assert np.abs(output[-4:]).max() < 0.01 * np.abs(output).max()
    if phase == "zero":
        assert abs(output[0]) < 1e-4 * np.abs(output).max()
    # Nothing but the ends is faded.
    inside = slice(80, -80)
    own = filtered(
        torch.from_numpy(content),
        matching_filter(
            *(
                average_power(torch.from_numpy(each), sample_rate=RATE)
                for each in (content, asked.styles[0][0].numpy())
            ),
            sample_rate=RATE,
            phase=phase,
        ),
    ).numpy()
    np.testing.assert_allclose(output[inside], own[inside], atol=1e-6)


def test_the_image_stays(rng: np.random.Generator) -> None:
    """Level differences of the channels at all frequencies, and their coherence, are unchanged."""
    content = np.stack([rain(4.0, RATE), 0.3 * rain(4.0, RATE) + _pink(rng, 4.0)])
    output = _output(task(content, np.cumsum(_pink(rng, 3.0)), sample_rate=RATE))
    before, after = (
        np.diff(10.0 * np.log10(signal.welch(each, RATE, nperseg=2048)[1][:, 8:-8]), axis=0)
        for each in (content, output)
    )
    assert np.ptp(before) > 20.0
    np.testing.assert_allclose(after, before, atol=0.5)
    coherence = [
        signal.coherence(*each, fs=RATE, nperseg=512)[1][4:-4] for each in (content, output)
    ]
    np.testing.assert_allclose(coherence[1], coherence[0], atol=0.05)


def test_a_style_of_its_own_spectrum_changes_nothing() -> None:
    content = stereo(2.0, RATE)
    output = _output(task(content, content, sample_rate=RATE))
    np.testing.assert_allclose(output, content, atol=1e-6)


def test_decibels_grow_with_the_strength(rng: np.random.Generator) -> None:
    content = 0.1 * rng.standard_normal(6 * RATE).astype(np.float32)
    asked = task(content, _pink(rng, 5.0), sample_rate=RATE)
    own = _octaves_db(content)
    full, half = (_shape(_octaves_db(_output(asked, strength=s)[0]) - own) for s in (1.0, 0.5))
    assert np.ptp(full) > 8.0
    np.testing.assert_allclose(half, 0.5 * full, atol=0.7)


def test_weights_lean_to_one_of_several_styles(rng: np.random.Generator) -> None:
    content, bright, dark = rain(4.0, RATE), 0.01 * rain(3.0, RATE, seed=5), _pink(rng, 3.0)
    asked = task(content, bright, dark, sample_rate=RATE)
    object.__setattr__(asked, "style_weights", (0.5, 0.5))
    spectra = [10.0 ** (_octaves_db(each / each.std()) / 10.0) for each in (bright, dark)]
    wanted = _shape(10.0 * np.log10(0.5 * spectra[0] + 0.5 * spectra[1]))
    np.testing.assert_allclose(_shape(_octaves_db(_output(asked)[0])), wanted, atol=1.0)


def test_a_style_of_low_bandwidth_leaves_the_highs_to_the_last_band_it_holds(
    rng: np.random.Generator,
) -> None:
    sections = signal.cheby2(12, 100, 3500, fs=RATE, output="sos")
    narrow = signal.sosfilt(sections, rng.standard_normal(4 * RATE)).astype(np.float32)
    content = 0.1 * rng.standard_normal(4 * RATE).astype(np.float32)
    output = _output(task(content, narrow, sample_rate=RATE))[0]
    frequency_hz, power = signal.welch(output, RATE, nperseg=2048)
    edges = np.arange(4500, 7500, 500)
    top = [power[(frequency_hz > a) & (frequency_hz < a + 500)].mean() for a in edges]
    assert 10.0 * np.log10(max(top) / min(top)) < 1.0
    assert 10.0 * np.log10(min(top) / power[frequency_hz < 2500].mean()) > -61.0


def test_gains_end_at_the_limit(rng: np.random.Generator) -> None:
    content = 0.1 * rng.standard_normal(6 * RATE).astype(np.float32)
    asked = task(content, np.cumsum(_pink(rng, 5.0)), sample_rate=RATE)
    change = _octaves_db(_output(asked, limit_db=3.0)[0]) - _octaves_db(content)
    assert np.ptp(change) == pytest.approx(6.0, abs=0.3)


def test_wider_bands_do_not_follow_single_notes() -> None:
    """A style of one note: narrow bands pull that note out of noise, wide ones hardly."""
    time = np.arange(4 * RATE) / RATE
    style = (0.1 * np.sin(2 * np.pi * 1000 * time) + 0.01 * rain(4.0, RATE)).astype(np.float32)
    asked = task(rain(4.0, RATE), style, sample_rate=RATE)
    heard = {}
    for width in (0.5, 8.0):
        frequency_hz, power = signal.welch(
            _output(asked, smoothing_erb=width)[0], RATE, nperseg=2048
        )
        near = (frequency_hz > 900) & (frequency_hz < 1100)
        around = (frequency_hz > 500) & (frequency_hz < 1800)
        heard[width] = power[near].sum() / power[around].sum()
    assert heard[0.5] > 0.9
    assert heard[8.0] < 0.4


def _played(pitches_hz: tuple[float, ...]) -> np.ndarray:
    time_s = np.arange(RATE // 2) / RATE
    notes = [
        sum(np.sin(2.0 * np.pi * k * hz * time_s) / k for k in range(1, int(7000.0 / hz)))
        for hz in pitches_hz
    ]
    return (0.05 * np.concatenate(notes)).astype(np.float32)


@pytest.mark.parametrize("filter_phase", ["zero", "minimum"])
def test_at_equal_notes_another_phrase_makes_no_other_balance(filter_phase: Phase) -> None:
    """Content and style are one instrument: the equaliser between them is none."""
    content = _played((220.0, 880.0, 660.0, 1320.0))
    style = _played((110.0, 220.0, 98.0, 131.0, 880.0, 82.0))
    asked = task(content, style, sample_rate=RATE)
    change_db = {
        spectra: np.abs(
            _octaves_db(_output(asked, spectra=spectra, filter_phase=filter_phase)[0])
            - _octaves_db(content)
        )[1:]
        for spectra in ("average", "equal-notes")
    }
    assert change_db["equal-notes"].max() < 1.0
    assert change_db["average"].max() > 3.0


def test_gains_at_equal_notes_follow_the_strength() -> None:
    content = _played((220.0, 440.0, 330.0))
    style = signal.lfilter([1.0, -0.8], [1.0], content).astype(np.float32)
    asked = task(content, style, sample_rate=RATE)
    half, full = (
        _shape(_octaves_db(_output(asked, spectra="equal-notes", strength=each)[0]))
        for each in (0.5, 1.0)
    )
    whole = full - _shape(_octaves_db(content))
    np.testing.assert_allclose(half - _shape(_octaves_db(content)), 0.5 * whole, atol=1.2)
    assert np.ptp(whole) > 6.0
