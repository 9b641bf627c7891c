"""Engines on a part of the content: what is changed, and above all what is not."""

import itertools
import math
import threading
from functools import partial
from typing import Any

import numpy as np
import pytest
from clips import melody, rain, stereo
from matplotlib.image import imsave

from estilo.audio import Audio
from estilo.dsp.hpss import harmonic_percussive
from estilo.engines import ENGINES
from estilo.engines.base import Progress
from estilo.errors import Cancelled, InputError, SettingsError
from estilo.pipeline.clips import Clip
from estilo.pipeline.parts import run_parts
from estilo.pipeline.plan import Plan
from estilo.pipeline.regions import place_of
from estilo.pipeline.report import Report
from estilo.pipeline.running import Outcome
from estilo.pipeline.stages import Styles, run_stages
from estilo.pipeline.transfer import Transfer, texture, transfer
from estilo.pipeline.watch import Watch

RATE = 16_000
CONTENT = Audio(0.5 * stereo(3.0, RATE), RATE)
RAIN, DULL = (
    Audio(rain(1.0, RATE), RATE),
    Audio(np.cumsum(rain(1.0, RATE, seed=5)).astype(np.float32), RATE),
)
SEAM = round(0.025 * RATE)
WHOLE = Plan.of()
QUICK: dict[str, dict[str, Any]] = {"optimise": {"n_steps": 2}}


def run(made: Any, content: Audio, places: list[str], plan: Plan = WHOLE) -> Any:
    """`run_parts` of a function from samples to samples; the styles are never looked at."""

    def engine(audio: Audio, styles: Styles, /, *, watch: Watch) -> Outcome:
        return Outcome(np.ascontiguousarray(made(audio.samples, styles), np.float32))

    styles = Styles([RAIN] * len(places), [1.0 / len(places)] * len(places))
    return run_parts(
        engine,
        content,
        styles,
        places=[place_of(text) for text in places],
        plan=plan,
        watch=Watch(),
    ).samples


def drawn(path: Any, shares: Any) -> str:
    imsave(path, np.repeat(np.asarray(shares, float)[..., None], 3, axis=-1), format="png")
    return str(path)


def spectrum_db(samples: np.ndarray, low_hz: float, high_hz: float) -> float:
    """Power within a band."""
    power = np.abs(np.fft.rfft(samples * np.hanning(samples.shape[-1]))) ** 2
    hz = np.fft.rfftfreq(samples.shape[-1], 1.0 / RATE)
    return 10.0 * math.log10(power[..., (hz >= low_hz) & (hz < high_hz)].sum() + 1e-30)


# An engine that changes nothing changes nothing, wherever it is applied.


@pytest.mark.parametrize(
    "places",
    [[""], ["1s-2s"], ["-300Hz"], ["", "1s-2s,500Hz-2kHz"], ["-1kHz", "700Hz-3kHz", "2s-"]],
)
@pytest.mark.parametrize("on", ["all", "harmonic", "percussive"])
def test_parts_sum_to_the_content(places: list[str], on: Any) -> None:
    plan = Plan.of(engine="content", on=on)
    output = run_parts(
        partial(run_stages, plan),
        CONTENT,
        Styles([RAIN] * len(places), [1.0 / len(places)] * len(places)),
        places=[place_of(text) for text in places],
        plan=plan,
        watch=Watch(),
    ).samples
    np.testing.assert_allclose(output, CONTENT.samples, rtol=0, atol=2e-7)  # fades round


def test_so_do_they_under_a_mask(tmp_path: Any) -> None:
    plan = Plan.of(mask=drawn(tmp_path / "m.png", [[0.2, 0.7], [1.0, 0.0]]))
    output = run(lambda samples, _: samples, CONTENT, ["", "1s-2s"], plan)
    np.testing.assert_allclose(output, CONTENT.samples, rtol=0, atol=2e-7)


def test_a_part_that_is_only_louder_is_made_as_loud_again() -> None:
    output = run(lambda samples, _: 4.0 * samples, CONTENT, ["1s-2s", "2s-,-700Hz"])
    np.testing.assert_allclose(output, CONTENT.samples, atol=1e-5)


# Outside of its range a style is not heard.


def test_beyond_a_time_range_every_bit_is_the_contents() -> None:
    styles = [Clip(RAIN, at="0.5s-1s,2s-2.5s")]
    result = transfer(CONTENT, styles, engine="crossfade", strength=0.9)
    assert result.report.level is not None
    gain = np.float32(10.0 ** (result.report.level.gain_db / 20.0))
    inside = np.zeros(CONTENT.n_samples, bool)
    for start_s, stop_s in ((0.5, 1.0), (2.0, 2.5)):
        inside[round(start_s * RATE) - SEAM : round(stop_s * RATE) + SEAM] = True
    kept, output = gain * CONTENT.samples, result.audio.samples
    np.testing.assert_array_equal(output[:, ~inside], kept[:, ~inside])
    assert np.abs(output - kept)[:, inside].mean() > 0.01


@pytest.mark.parametrize("at", ["-1kHz", "1kHz-3kHz", "3kHz-"])
def test_beyond_a_band_the_spectrum_is_the_contents(at: str) -> None:
    ((low, high),) = place_of(at).bands_hz
    noise = Audio(0.1 * np.random.default_rng(0).standard_normal((1, 3 * RATE)), RATE)
    other = 0.1 * np.random.default_rng(1).standard_normal((1, 3 * RATE))
    change = run(lambda *_: other, noise, [at])[0] - noise.samples[0]
    inside = spectrum_db(change, low * 1.15, min(high / 1.15, RATE / 2))
    for a, b in ((0.0, low / 1.15), (high * 1.15, RATE / 2)):
        if a < b:
            assert spectrum_db(change, a, b) < inside - 65.0
    assert inside > spectrum_db(noise.samples[0], low * 1.15, min(high / 1.15, RATE / 2)) - 1.0


def test_every_style_has_its_own_band() -> None:
    """The band below 1 kHz is the dull style's alone, the rest the rain's."""
    styles = [Clip(DULL, at="-1kHz"), Clip(RAIN, at="1kHz-")]
    result = transfer(CONTENT, styles, engine="style", scores=False).audio.samples
    for style, low, high in ((DULL, 60.0, 800.0), (RAIN, 1300.0, 7000.0)):
        alone = transfer(CONTENT, style, engine="style", scores=False).audio.samples
        bands = np.geomspace(low, high, 6)
        levels = [
            [spectrum_db(each[0], a, b) for a, b in itertools.pairwise(bands)]
            for each in (result, alone)
        ]
        difference = np.subtract(*levels)
        assert np.ptp(difference) < 0.5, difference


def test_a_mask_is_where_the_result_is_heard(tmp_path: Any) -> None:
    picture = drawn(tmp_path / "m.png", np.tile([0.0, 0.0, 0.0, 1.0, 1.0, 1.0], (4, 1)))
    options = {"engine": "crossfade", "strength": 0.9, "scores": False}
    output = transfer(CONTENT, RAIN, mask=picture, **options)
    assert output.report.level is not None
    gain = np.float32(10.0 ** (output.report.level.gain_db / 20.0))
    before, after = slice(0, RATE), slice(-RATE, None)
    kept = gain * CONTENT.samples
    np.testing.assert_array_equal(output.audio.samples[:, before], kept[:, before])
    assert np.abs(output.audio.samples - kept)[:, after].mean() > 0.01


@pytest.mark.parametrize("on", ["harmonic", "percussive"])
def test_the_rest_of_the_sound_is_untouched(on: Any) -> None:
    heard: list[np.ndarray] = []

    def silent(samples: np.ndarray, _: Styles) -> np.ndarray:
        heard.append(samples)
        return np.zeros_like(samples)

    output = run(silent, CONTENT, [""], Plan.of(on=on))
    import torch

    split = harmonic_percussive(torch.from_numpy(CONTENT.samples.copy()), sample_rate=RATE)
    rest = {"harmonic": split.percussive, "percussive": split.harmonic}[on]
    np.testing.assert_allclose(heard[0], getattr(split, on), atol=1e-6)
    np.testing.assert_allclose(output, rest, atol=1e-6)


# Seams.


def test_no_step_in_level_and_no_click_at_a_seam() -> None:
    """A tone that becomes another tone, which its engine made 20 dB too loud."""
    time = np.arange(4 * RATE) / RATE
    one, other = (np.sin(2.0 * np.pi * hz * time)[None] for hz in (1000.0, 1310.0))
    output = run(lambda samples, _: other[:, : samples.shape[1]], Audio(0.1 * one, RATE), ["2s-"])
    frames = output[0, : 4 * RATE // 160 * 160].reshape(-1, 160)
    level_db = 10.0 * np.log10(np.mean(frames**2, axis=1))
    assert np.ptp(level_db[20:-20]) < 1.0
    jumps = np.abs(np.diff(output[0], 2))
    assert jumps.max() < 1.2 * 0.1 * (2.0 * np.pi * 1310.0 / RATE) ** 2


def test_dynamics_that_are_the_styles_make_no_step_at_a_seam() -> None:
    """What rises by 12 dB within its range begins and ends as loud as the content."""
    noise = 0.1 * np.random.default_rng(0).standard_normal((1, 10 * RATE))
    other = 0.1 * np.random.default_rng(1).standard_normal((1, 10 * RATE))

    def rising(samples: np.ndarray, _: Styles) -> np.ndarray:
        n = samples.shape[1]
        return other[:, :n] * 10.0 ** (np.linspace(-7.5, 7.5, n) / 20.0)

    output = run(rising, Audio(noise, RATE), ["2s-6s"])[0]
    level_db = 10.0 * np.log10(np.mean(output.reshape(-1, RATE // 4) ** 2, axis=1)) + 20.0
    at = {seconds: level_db[4 * seconds - 2 : 4 * seconds + 2] for seconds in (2, 6)}
    assert all(np.ptp(near) < 2.5 for near in at.values()), at
    assert level_db[4 * 3 + 1] < -2.0
    assert level_db[4 * 5 - 2] > 0.5


def test_ranges_shorter_than_a_seam() -> None:
    output = run(lambda samples, _: -samples, CONTENT, ["1s-1.01s,1.02s-1.021s"])
    assert np.isfinite(output).all()
    changed = np.flatnonzero((output != CONTENT.samples).any(0))
    assert RATE - SEAM < changed[0] < changed[-1] < 1.03 * RATE + SEAM


def test_blocks_are_not_heard(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Everything that works in blocks, in blocks of a second, against one block."""
    picture = drawn(tmp_path / "m.png", np.random.default_rng(0).uniform(size=(5, 7)))
    plan = Plan.of(mask=picture, on="harmonic", formants=0.7, formant_shift_semitones=2.0)
    places = ["-300Hz", "300Hz-,1s-2.2s", "300Hz-,2.2s-"]

    def made(samples: np.ndarray, _: Styles) -> np.ndarray:
        return np.diff(samples, prepend=0.0)

    whole = run(made, CONTENT, places, plan)
    monkeypatch.setattr("estilo.pipeline.in_blocks._BLOCK", 1 << 14)
    np.testing.assert_allclose(run(made, CONTENT, places, plan), whole, atol=2e-6)


# What an engine is asked for.


def test_the_engine_runs_once_per_set_over_the_stretch_with_some_context() -> None:
    asked: list[tuple[int, list[float]]] = []
    content = Audio(0.5 * stereo(6.0, RATE), RATE)

    def note(samples: np.ndarray, styles: Styles) -> np.ndarray:
        asked.append((samples.shape[1], [round(weight, 6) for weight in styles.weights]))
        return samples

    run(note, content, ["3s-3.5s", "3.2s-4s,-1kHz", "", ""])
    assert sorted(asked) == [
        (round(2.3 * RATE), [0.5, 0.5]),  # 3.2 to 3.5 s below 1 kHz
        (round(2.5 * RATE), [1.0]),  # 3 to 3.5 s, but for those
        (round(2.5 * RATE), [1.0]),  # 3.5 to 4 s below 1 kHz
        (6 * RATE, [0.5, 0.5]),
    ]


@pytest.mark.parametrize("engine", sorted({*ENGINES} - {"auto"}))
def test_every_engine_in_stereo_and_again_from_its_report(engine: str, tmp_path: Any) -> None:
    styles = [Clip(RAIN), Clip(DULL, at="0.5s-0.8s,2kHz-")]
    content = Audio(CONTENT.samples[:, : round(1.2 * RATE)], RATE)
    first = transfer(
        content,
        styles,
        engine=engine,
        on="harmonic",
        mask=drawn(tmp_path / "m.png", [[1.0, 0.5], [0.5, 1.0]]),
        formants=0.5,
        formant_shift_semitones=1.5,
        seed=3,
        scores=False,
        **QUICK.get(engine, {}),
    )
    assert first.audio.samples.shape == content.samples.shape
    assert np.isfinite(first.audio.samples).all()
    assert not np.array_equal(first.audio.samples, content.samples)
    report = Report.model_validate_json(first.report.to_json())
    assert [style.at for style in report.styles] == ["", "0.5s-0.8s,2kHz-"]
    assert report.plan.mask is not None
    again = Transfer(report.plan)(
        content, [Clip(s.source, at=r.at) for s, r in zip(styles, report.styles, strict=True)]
    )
    np.testing.assert_array_equal(first.audio.samples, again.audio.samples)


@pytest.mark.parametrize("sample_rate", [8000, 44_100, 96_000])
@pytest.mark.parametrize("n_channels", [1, 3])
def test_any_rate_and_channels_and_refine(sample_rate: int, n_channels: int) -> None:
    samples = np.stack([melody(1.2, sample_rate, seed=i) for i in range(n_channels)])
    content = Audio(0.3 * samples, sample_rate)
    result = transfer(
        content,
        [Clip(RAIN, at="0.3s-,-2kHz")],
        engine="eq",
        refine=0.3,
        on="percussive",
        scores=False,
    )
    assert result.audio.samples.shape == content.samples.shape
    assert np.isfinite(result.audio.samples).all()


def test_losses_tell_of_which_styles_they_are() -> None:
    styles = [Clip(RAIN, at="-1s"), Clip(DULL, at="0.9s-")]
    result = transfer(CONTENT, styles, n_steps=2, scores=False)
    names = result.report.losses
    assert {name.partition(" (")[2] for name in names} == {"style 1)", "style 1, 2)", "style 2)"}
    assert len(result.report.loss_curve) == 6


def test_progress_goes_once_from_0_to_1() -> None:
    seen: list[Progress] = []
    styles = [Clip(RAIN, at="-1s"), Clip(DULL, at="1s-")]
    transfer(CONTENT, styles, engine="eq", on_progress=seen.append, scores=False)
    fractions = [each.fraction for each in seen]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.5, 1.0)


@pytest.mark.parametrize("n_steps", [1, 3])
def test_it_can_be_cancelled_in_any_run(n_steps: int) -> None:
    def options() -> dict[str, Any]:
        stop, seen = threading.Event(), []

        def count(progress: Progress) -> None:
            seen.append(progress)
            if len(seen) == n_steps:
                stop.set()

        return {"n_steps": 2, "scores": False, "on_progress": count, "cancel": stop}

    styles = [Clip(RAIN, at="-1s"), Clip(DULL, at="1s-")]
    with pytest.raises(Cancelled):
        transfer(CONTENT, styles, **options())
    kept = transfer(CONTENT, styles, keep_best=True, **options())
    assert kept.audio.samples.shape == CONTENT.samples.shape
    assert np.isfinite(kept.audio.samples).all()
    assert not kept.report.is_complete


# Formants.


def test_formants_are_moved_even_where_nothing_else_is_asked_for() -> None:
    same = transfer(CONTENT, RAIN, engine="content", formants=1.0, scores=False)
    np.testing.assert_array_equal(same.audio.samples, CONTENT.samples)
    moved = transfer(CONTENT, RAIN, strength=0, formant_shift_semitones=5.0, scores=False)
    by_engine = transfer(CONTENT, RAIN, engine="content", formant_shift_semitones=5.0, scores=False)
    assert not np.allclose(moved.audio.samples, CONTENT.samples, atol=1e-2)
    np.testing.assert_allclose(moved.audio.samples, by_engine.audio.samples, atol=1e-4)


def test_keeping_formants_brings_the_envelope_back() -> None:
    """By the average spectrum in third octaves, of which an EQ match leaves nothing."""
    edges = np.geomspace(150.0, 7500.0, 18)

    def levels(samples: np.ndarray) -> np.ndarray:
        found = [spectrum_db(samples[0], a, b) for a, b in itertools.pairwise(edges)]
        return np.array(found) - np.mean(found)

    wanted = levels(CONTENT.samples)
    off = [
        np.abs(
            levels(transfer(CONTENT, RAIN, engine="eq", formants=kept, scores=False).audio.samples)
            - wanted
        ).mean()
        for kept in (0.0, 0.5, 1.0)
    ]
    assert off[2] < 0.4 * off[0]
    assert off[2] < off[1] < off[0]


# What makes no sense.


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"on": "drums"}, "on must be all, harmonic or percussive, got 'drums'"),
        ({"formants": 1.5}, r"formants must lie between 0 and 1, got 1\.5"),
        (
            {"formant_shift_semitones": -30.0},
            r"formant_shift_semitones must lie between -24 and 24, got -30",
        ),
        (
            {"formant_shift_semitones": math.nan},
            r"formant_shift_semitones must lie between -24 and 24, got nan",
        ),
        ({"mask": "none.png"}, "none.png does not exist"),
        ({"preset": "dipani", "raw": True, "on": "harmonic"}, "knew neither on, mask nor formants"),
    ],
)
def test_options_that_cannot_be(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Transfer(**options)


def test_ranges_where_none_can_be() -> None:
    placed = Clip(RAIN, at="0s-1s")
    with pytest.raises(InputError, match="says where a style applies, and came with the content"):
        transfer(placed, RAIN)
    with pytest.raises(SettingsError, match="a texture knows no parts of the content"):
        texture(placed, seconds=1.0)
    with pytest.raises(SettingsError, match="nor do on, mask and formants; leave them out"):
        texture(RAIN, seconds=1.0, formants=0.5)
    with pytest.raises(SettingsError, match="raw knows no parts of the content"):
        transfer(CONTENT, placed, preset="dipani", raw=True)
    with pytest.raises(SettingsError, match=r"lies beyond the content, which is 3\.000 s long"):
        transfer(CONTENT, Clip(RAIN, at="5s-"))
    with pytest.raises(SettingsError, match="'here' is no range"):
        transfer(CONTENT, Clip(RAIN, at="here"))
