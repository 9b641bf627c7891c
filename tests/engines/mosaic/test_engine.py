"""The whole engine, where the answer is known."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from clips import melody, rain, stereo, task

from estilo.dsp.resample import resample
from estilo.engines.base import run
from estilo.engines.building import build_engine
from estilo.engines.mosaic.engine import MosaicEngine
from estilo.engines.mosaic.settings import MosaicSettings
from estilo.errors import SettingsError

RATE = 8000


def mosaic(content: np.ndarray, *styles: np.ndarray, **settings):
    asked = task(content, *styles, sample_rate=RATE)
    engine = build_engine("mosaic", MosaicSettings(**settings))
    output, state = run(engine, asked)
    return output.numpy(), engine.grains(state)


def distance(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


def test_stretches_of_the_style_are_found_again() -> None:
    style, hop = melody(6.0, RATE), 512
    starts = 62 * hop, 17 * hop  # where grains of the style begin
    content = np.concatenate([style[start : start + 16 * hop] for start in starts])
    output, grains = mosaic(content, style, polyphony=1)
    for part in (slice(2 * hop, 14 * hop), slice(18 * hop, 30 * hop)):
        assert distance(output[0, part], content[part]) < 0.1
    for where_s, expected_s in ((0.5, 62 * hop / RATE + 0.5), (1.5, hop / RATE + 1.5)):
        grain = next(each for each in grains if each.start_s <= where_s < each.stop_s)
        assert grain.style_start_s + where_s - grain.start_s == pytest.approx(expected_s, abs=0.03)
        assert grain.semitones == 0
        assert grain.stop_s - grain.start_s > 0.5


def test_a_transposed_stretch_is_found_with_its_transposition() -> None:
    style = melody(4.0, RATE)
    content = resample(style[None], RATE, round(RATE * 2.0 ** (-3 / 12)))[0]
    _, grains = mosaic(content[: 2 * RATE], style)
    length_s = sum(each.stop_s - each.start_s for each in grains)
    right_s = sum(each.stop_s - each.start_s for each in grains if each.semitones == 3)
    assert right_s > 0.8 * length_s
    longest = max(grains, key=lambda each: each.stop_s - each.start_s)
    expected_s = longest.start_s * 2.0 ** (3 / 12)
    assert longest.style_start_s == pytest.approx(expected_s, abs=0.05)


def test_the_right_one_of_several_styles_is_used() -> None:
    first, second = melody(3.0, RATE, seed=1), rain(3.0, RATE)
    content = np.concatenate([first[RATE : 2 * RATE], second[RATE : 2 * RATE]])
    _, grains = mosaic(content, first, second)
    for grain in grains:
        if grain.stop_s < 0.9 or grain.start_s > 1.1:
            assert grain.style == (grain.start_s > 1.0)


def test_the_report_covers_the_whole_of_a_long_output(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows know only their own time."""
    from estilo.engines import windowed

    monkeypatch.setattr(windowed, "WINDOW_S", 1.5)
    style = melody(6.0, RATE)
    style += 0.02 * np.random.default_rng(0).standard_normal(len(style))  # else notes are equal
    _, grains = mosaic(style, style, polyphony=1)
    edges = [grains[0].start_s, *(grain.stop_s for grain in grains)]
    assert edges[0] == 0.0
    assert edges[-1] == pytest.approx(6.0, abs=1e-3)
    for grain, before_s in list(zip(grains, edges, strict=False))[:-1]:  # the end is mirrored
        assert grain.start_s == pytest.approx(before_s, abs=1e-3)
        assert grain.style_start_s == pytest.approx(grain.start_s, abs=0.07)
        assert grain.share == 1.0


def test_strength_goes_evenly_from_the_content_to_the_grains() -> None:
    content, style = melody(2.0, RATE), rain(2.0, RATE)
    spectra = {}
    for strength in (0.0, 0.25, 0.5, 0.75, 1.0):
        output, _ = mosaic(content, style, strength=strength)
        frames = torch.stft(
            torch.from_numpy(output[0]), 256, window=torch.hann_window(256), return_complex=True
        )
        spectra[strength] = torch.log(frames.abs() + 1e-3)
    ways = [float((each - spectra[1.0]).abs().mean()) for each in spectra.values()]
    assert ways == sorted(ways, reverse=True)
    assert all(before - after > 0.1 * ways[0] for before, after in pairwise(ways))


@pytest.mark.parametrize("polyphony", [1, 3])
def test_settings_hold_for_what_is_heard(polyphony: int) -> None:
    asked = task(melody(1.5, RATE), melody(2.0, RATE, seed=9), sample_rate=RATE)
    engine = MosaicEngine(MosaicSettings(polyphony=polyphony, transposition=0, repetition=4))
    _, state = run(engine, asked)
    assert state.activations is not None
    numbers = state.activations.grains
    assert numbers.shape[1] <= polyphony
    assert len(state.index.strips) == 1
    for frame in range(len(numbers)):
        around = numbers[frame + 1 : frame + 5].flatten().tolist()
        assert not set(numbers[frame].tolist()) & set(around) - {-1}


def test_stopped_at_any_step_it_has_an_output() -> None:
    asked = task(stereo(1.0, RATE), rain(1.0, RATE), sample_rate=RATE)
    engine = build_engine("mosaic", MosaicSettings())
    state = engine.init(asked, engine.prepare(asked))
    while not engine.is_done(state):
        state = engine.step(state)
        assert torch.isfinite(engine.finish(replace(state))).all()


def test_it_needs_a_content() -> None:
    asked = task(None, rain(1.0, RATE), sample_rate=RATE, n_samples=RATE)
    with pytest.raises(SettingsError, match="a texture has none; choose another engine"):
        MosaicEngine().prepare(asked)
