"""What every registered engine keeps to, whatever it does with the style."""

import itertools
import threading
from typing import Any

import numpy as np
import pytest
import torch
from clips import melody, rain, stereo, task

from estilo.engines import ENGINES, blocks
from estilo.engines.base import Engine, Progress, run
from estilo.engines.building import build_engine
from estilo.engines.settings import EngineSettings
from estilo.errors import AudioFileError, Cancelled, InputError, SettingsError

RATE = 8000
# A few settings per engine beside those that every engine is tested with, its defaults; none of the
# others' conformance depends on which.
VARIANTS: dict[str, dict[str, dict[str, Any]]] = {
    "optimise": {
        "default": {"n_steps": 3},
        "waveform": {"representation": "waveform", "n_steps": 3},
        "mel": {"representation": "mel", "n_steps": 3},
        "noise": {"representation": "stft", "start": "noise", "n_steps": 3},
        "network": {
            "representation": "stft",
            "features": "random-1d",
            "network": {"n_filters": 16},
            "n_steps": 3,
        },
    },
    "neural": {
        "default": {},
        "parts": {"timbre": 0.5, "dynamics": 0.2, "level_matching": 0.0},
        "adapted": {"adapt": 2},
    },
    "sines": {
        "default": {},
        "dropped": {"residual": "drop", "frequencies": 0.5, "n_sines": 20},
        "optimised": {"residual": "keep", "optimise": {"n_steps": 3}},
    },
    "eq": {
        "default": {},
        "minimum": {"filter_phase": "minimum", "strength": 0.6, "smoothing_erb": 2.0},
    },
    "mosaic": {
        "default": {},
        "few": {"strength": 0.5, "transposition": 0, "polyphony": 1, "continuity": 0},
    },
    "notes": {
        "default": {},
        "half": {"strength": 0.5, "expression": 1.0, "depth": 1.0},
    },
    "crossfade": {"default": {}, "most": {"strength": 0.9}},
    "content": {"default": {}},
    "style": {"default": {}},
}
COPIES_STYLE = ("crossfade", "style")
REFUSES_SHORT_CONTENT = ("optimise", "sines")
TESTED = {
    name: VARIANTS.get(name, {"default": {}})
    for name, settings in ENGINES.items()
    if not settings.chooses_engine
}
CASES = [(name, variant) for name, variants in TESTED.items() for variant in variants]


@pytest.fixture(params=CASES, ids=["-".join(case) for case in CASES])
def case(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    monkeypatch.setattr(blocks, "BLOCK", 1500)  # so that a second takes several steps
    return request.param


def _engine(case: tuple[str, str], **more: Any) -> Engine[Any]:
    name, variant = case
    settings = ENGINES[name].model_validate(TESTED[name][variant] | more)
    return build_engine(name, settings)


def _long(case: tuple[str, str]) -> Engine[Any]:
    """One that is not done after two steps."""
    return _engine(case, **({"n_steps": 50} if case[0] == "optimise" else {}))


def _samples(case: tuple[str, str], asked: Any, **more: Any) -> np.ndarray:
    return run(_engine(case, **more), asked)[0].numpy()


def _asked(**more: Any) -> Any:
    return task(melody(1.0, RATE), rain(0.8, RATE), sample_rate=RATE, **more)


def test_looking_at_what_there_is_changes_nothing(case: tuple[str, str]) -> None:
    """A preview has the output's shape, and the last one of an engine without losses is it."""
    heard = []
    asked = _asked()
    samples = run(_engine(case), asked, on_step=lambda told: heard.append(told.preview()))[0]
    np.testing.assert_array_equal(samples.numpy(), _samples(case, asked))
    for preview in heard:
        if preview is not None:
            assert preview.samples.shape == samples.shape
            assert preview.sample_rate == RATE
    if case[0] not in ("optimise", "sines", "content"):
        np.testing.assert_array_equal(heard[-1].samples, samples.numpy())


def test_every_engine_is_described_and_its_settings_go_through_json() -> None:
    assert set(VARIANTS) <= set(TESTED)
    for name in ENGINES:
        assert ENGINES.summary(name).endswith(".")
        settings = ENGINES[name]()
        assert isinstance(settings, EngineSettings)
        assert type(settings).model_validate(settings.model_dump(mode="json")) == settings


@pytest.mark.parametrize(("n_channels", "n_samples"), [(1, 3001), (1, 7999), (2, 4097), (3, 3001)])
def test_gives_the_contents_length_and_channels(
    case: tuple[str, str], n_channels: int, n_samples: int
) -> None:
    content = np.stack([melody(1.0, RATE, seed=i) for i in range(n_channels)])[:, :n_samples]
    output = _samples(case, task(content, rain(0.8, RATE), sample_rate=RATE))
    assert output.shape == content.shape
    assert output.dtype == np.float32
    assert np.isfinite(output).all()
    assert np.array_equal(output, content) == (case[0] == "content")


def test_silence_is_returned(case: tuple[str, str]) -> None:
    silence = np.zeros((2, 6000), dtype=np.float32)
    output = _samples(case, task(silence, rain(0.8, RATE), sample_rate=RATE))
    np.testing.assert_array_equal(output, silence)


def test_a_silent_stretch_stays_quiet_and_finite(case: tuple[str, str]) -> None:
    content = melody(1.0, RATE)
    content[3000:6500] = 0.0
    output = _samples(case, task(content, rain(0.8, RATE), sample_rate=RATE))
    assert np.isfinite(output).all()
    if case[1] != "noise" and case[0] not in COPIES_STYLE:
        inside, outside = output[0, 4000:5500], output[0, :2500]
        assert np.mean(inside**2) < 0.25 * np.mean(outside**2)


def test_strength_0_returns_the_content(case: tuple[str, str]) -> None:
    if "strength" not in ENGINES[case[0]].model_fields:
        with pytest.raises(SettingsError, match="strength"):
            ENGINES[case[0]](strength=0.0)
        return
    content = stereo(1.0, RATE)
    engine = _engine(case, strength=0.0)
    output, _ = run(engine, task(content, rain(0.8, RATE), sample_rate=RATE))
    if ENGINES[case[0]].works_in == "blocks":
        np.testing.assert_array_equal(output, content)
    np.testing.assert_allclose(output, content, atol=1e-6)
    assert ENGINES[case[0]](strength=0.0).returns_content
    assert not ENGINES[case[0]]().returns_content


def test_repeats_bit_for_bit_with_a_seed(case: tuple[str, str]) -> None:
    first, again = (_samples(case, _asked(seed=5)) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_another_seed_is_heard_where_anything_is_drawn(case: tuple[str, str]) -> None:
    if case[1] in ("noise", "network"):
        first, other = (_samples(case, _asked(seed=seed)) for seed in (5, 6))
        assert not np.array_equal(first, other)


def test_inputs_are_unchanged(case: tuple[str, str]) -> None:
    asked = task(stereo(1.0, RATE), rain(0.8, RATE), stereo(0.7, RATE), sample_rate=RATE)
    assert asked.content is not None
    kept = [tensor.clone() for tensor in (asked.content, *asked.styles)]
    run(_engine(case), asked)
    for tensor, before in zip((asked.content, *asked.styles), kept, strict=True):
        assert torch.equal(tensor, before)


def test_progress_is_told_after_every_step(case: tuple[str, str]) -> None:
    told: list[Progress] = []
    run(_engine(case), _asked(), on_step=told.append)
    assert [progress.step for progress in told] == list(range(1, len(told) + 1))
    fractions = [progress.fraction for progress in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    if case[0] == "optimise":
        assert all(progress.loss is not None and np.isfinite(progress.loss) for progress in told)
    assert told[-1].remaining_s == 0.0


def test_stops_within_a_step_when_cancelled(case: tuple[str, str]) -> None:
    cancel, n_steps = threading.Event(), itertools.count(1)

    def stop(_progress: Progress) -> None:
        assert next(n_steps) == 1
        cancel.set()

    with pytest.raises(Cancelled, match="cancelled after 1 steps; nothing was written"):
        run(_long(case), _asked(), on_step=stop, cancel=cancel)


def test_keeps_the_best_when_asked_to(case: tuple[str, str]) -> None:
    cancel = threading.Event()
    content = stereo(1.0, RATE)
    asked = task(content, rain(0.8, RATE), sample_rate=RATE)
    output, _ = run(
        _long(case),
        asked,
        on_step=lambda progress: cancel.set() if progress.step == 2 else None,
        cancel=cancel,
        keep_best=True,
    )
    assert output.shape == content.shape
    assert torch.isfinite(output).all()
    cancel.set()
    with pytest.raises(Cancelled, match="after 0 steps"):
        run(_engine(case), asked, cancel=cancel, keep_best=True)


@pytest.mark.parametrize("n_samples", [1, 2, 50, 200])
def test_short_clips_are_taken_or_the_shortest_content_is_said(
    case: tuple[str, str], n_samples: int
) -> None:
    """A transfer continues what engines refuse here: ``tests/pipeline/test_ends.py``."""
    short, long = melody(1.0, RATE)[:n_samples], rain(1.0, RATE)
    short[0] = 0.1  # where notes begin there is next to nothing
    for content, style in itertools.permutations((short, long)):
        asked = task(content, style, sample_rate=RATE)
        if content is short and case[0] in REFUSES_SHORT_CONTENT:
            said_s = f"{n_samples / RATE:.3f} s long, and the shortest .* can analyse is"
            with pytest.raises(AudioFileError, match=rf"content is {said_s} 0\.\d\d\d s; give a"):
                run(_engine(case), asked)
        else:
            output = _samples(case, asked)
            assert output.shape == (1, len(content))
            assert np.isfinite(output).all()


def test_the_shortest_length_that_is_said_is_enough(case: tuple[str, str]) -> None:
    if case[0] not in REFUSES_SHORT_CONTENT:
        return
    with pytest.raises(InputError) as caught:
        run(_engine(case), task(melody(1.0, RATE)[:50], rain(1.0, RATE), sample_rate=RATE))
    words = str(caught.value).split()
    shortest = float(words[words.index("analyse") + 2])
    assert shortest < 0.6
    n_samples = round(shortest * RATE)
    for content, style in itertools.permutations((melody(1.0, RATE)[:n_samples], rain(1.0, RATE))):
        assert np.isfinite(_samples(case, task(content, style, sample_rate=RATE))).all()


def test_a_silent_style_is_refused(case: tuple[str, str]) -> None:
    if case[0] == "content":
        return  # does not look at the style
    styles = rain(0.8, RATE), np.zeros(6000, dtype=np.float32)
    with pytest.raises(AudioFileError, match="style 2 is silent"):
        run(_engine(case), task(melody(1.0, RATE), *styles, sample_rate=RATE))


def test_textures_have_the_length_asked_for(case: tuple[str, str]) -> None:
    asked = task(None, rain(0.8, RATE), sample_rate=RATE, n_samples=9001)
    if not ENGINES[case[0]].makes_textures:
        with pytest.raises(SettingsError, match="a texture has none; choose another engine"):
            run(_engine(case), asked)
        return
    output, _ = run(_engine(case), asked)
    assert output.shape == (1, 9001)
    assert torch.isfinite(output).all()
    assert output.abs().max() > 1e-3
