"""The optimise engine on tiny clips: every combination runs, and more strength is more style."""

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from clips import melody, rain, task
from torch import nn

from estilo.engines.base import run
from estilo.engines.optimise import terms
from estilo.engines.optimise.engine import OptimiseEngine
from estilo.engines.optimise.settings import OptimiseSettings
from estilo.engines.optimise.views import LogBands
from estilo.errors import InputError, SettingsError
from estilo.features import FEATURES
from estilo.losses import LOSSES
from estilo.losses.gram import GramLoss
from estilo.presets import build_settings, load_preset

RATE = 8000
CONTENT, STYLE = melody(0.6, RATE), rain(0.7, RATE)
QUICK = {"n_steps": 2}
NETWORK = {"network": {"n_filters": 8, "kernel": 3}}


def _output(asked: Any = None, **settings: Any) -> np.ndarray:
    engine = OptimiseEngine(OptimiseSettings.model_validate(QUICK | settings))
    asked = asked or task(CONTENT, STYLE, sample_rate=RATE)
    output, _ = run(engine, asked)
    assert output.shape == (1, asked.n_samples)
    assert torch.isfinite(output).all()
    return output[0].numpy()


@pytest.mark.parametrize("optimiser", ["lbfgs", "adam", "adagrad", "rmsprop"])
@pytest.mark.parametrize("start", ["eq", "content", "noise", "zeros"])
@pytest.mark.parametrize("representation", ["waveform", "stft", "mel", "cqt", "real-imag"])
def test_every_representation_start_and_optimiser(
    representation: str, start: str, optimiser: str
) -> None:
    output = _output(representation=representation, start=start, optimiser=optimiser)
    assert output.any()


@pytest.mark.parametrize("start", ["eq", "noise"])
@pytest.mark.parametrize("phase", ["content", "griffin-lim", "fast-griffin-lim", "pghi"])
@pytest.mark.parametrize("representation", ["stft", "mel", "cqt"])
def test_every_phase(representation: str, phase: str, start: str) -> None:
    settings: dict[str, Any] = {"representation": representation, "phase": phase, "start": start}
    if "griffin-lim" in phase:
        settings["n_phase_iterations"] = 4
    if (representation, phase) == ("cqt", "pghi"):
        with pytest.raises(SettingsError, match="PGHI needs an STFT"):
            build_settings("optimise", settings)
        return
    assert _output(**settings).any()
    assert _output(task(None, STYLE, sample_rate=RATE, n_samples=4001), **settings).any()


@pytest.mark.parametrize("features", ["closed-form", "random-1d", "random-2d", "detectors"])
@pytest.mark.parametrize("representation", ["waveform", "stft", "mel", "cqt", "real-imag"])
def test_every_feature_network(representation: str, features: str) -> None:
    settings: dict[str, Any] = {"representation": representation, "features": features}
    if features.startswith("random"):
        settings |= NETWORK
    assert _output(**settings).any()


@pytest.mark.parametrize(
    "network",
    [
        {"kernel": (3, 5), "padding": "same"},
        {"kernel": 4, "stride": 2, "bias": True},
        {"per_band": True, "kernel": 3},
        {"pooling": "max", "pool_size": 3},
        {"pooling": "average", "activation": "tanh", "initialiser": "he"},
        {"gram_normaliser": "filters-positions", "reduction": "mean", "activation": "none"},
    ],
)
def test_settings_of_the_network(network: dict[str, Any]) -> None:
    network = {"n_filters": 4, "kernel": 3} | network
    assert _output(representation="mel", features="random-1d", network=network).any()


def test_rhythm_is_a_term_of_its_own() -> None:
    asked = task(melody(2.0, RATE), melody(2.0, RATE, seed=9), sample_rate=RATE)
    for representation in ("waveform", "stft", "mel", "cqt"):
        settings = OptimiseSettings.model_validate(
            QUICK | {"representation": representation, "rhythm": 1.0}
        )
        told = []
        run(OptimiseEngine(settings), asked, on_step=told.append)
        assert "rhythm" in told[-1].losses
        with pytest.raises(InputError, match=r"can analyse is 0\.[34]\d\d s"):
            run(OptimiseEngine(settings), task(CONTENT[:2400], STYLE, sample_rate=RATE))


@pytest.mark.parametrize("representation", ["mel", "waveform"])
def test_every_loss_can_be_an_extra_term(representation: str) -> None:
    content = melody(0.9, RATE)  # as a rhythm needs
    told = []
    settings = OptimiseSettings.model_validate(
        QUICK | {"representation": representation, "extra_terms": dict.fromkeys(LOSSES, 0.5)}
    )
    asked = task(content, rain(0.9, RATE), sample_rate=RATE)
    output, _ = run(OptimiseEngine(settings), asked, on_step=told.append)
    assert torch.isfinite(output).all()
    assert {f"extra-{name}" for name in LOSSES} < set(told[-1].losses)


def test_an_extra_term_counts_by_its_weight() -> None:
    left = {}
    for weight in (0.01, 10.0):
        settings = OptimiseSettings(n_steps=12, strength=1.0, extra_terms={"mean-square": weight})
        told = []
        run(OptimiseEngine(settings), task(CONTENT, STYLE, sample_rate=RATE), on_step=told.append)
        left[weight] = told[-1].losses["extra-mean-square"]
    assert left[10.0] < 0.7 * left[0.01]


def test_a_texture_refuses_a_term_that_needs_a_content() -> None:
    texture = task(None, STYLE, sample_rate=RATE, n_samples=4000)
    with pytest.raises(SettingsError, match=r"'mean-square' of extra_terms holds .* leave it out"):
        _output(texture, representation="waveform", extra_terms={"mean-square": 1.0})
    assert _output(texture, representation="waveform", extra_terms={"gram": 1.0}).any()


def test_a_module_takes_the_place_of_the_network() -> None:
    trained = nn.Sequential(nn.Conv1d(40, 6, 3), nn.ReLU(), nn.Conv1d(6, 4, 3))
    network = FEATURES["module"](trained, layers=["1", "2"])
    settings = OptimiseSettings.model_validate(
        QUICK | {"representation": "mel", "stft": {"n_bands": 40}}
    )
    told = []
    engine = OptimiseEngine(settings, network=network)
    output, _ = run(engine, task(CONTENT, STYLE, sample_rate=RATE), on_step=told.append)
    assert torch.isfinite(output).all()
    assert set(told[-1].losses) == {"style-1", "style-2", "content-1", "content-2"}
    waveform = OptimiseSettings.model_validate({"representation": "waveform"})
    with pytest.raises(InputError, match="set it to stft, mel or cqt"):
        OptimiseEngine(waveform, network=network)


def _spectrum_distance(one: np.ndarray, other: np.ndarray) -> float:
    """RMS difference of average log band spectra, levels aside."""
    bands = LogBands(
        window_s=0.064, hop_s=0.016, n_bands=24, sample_rate=RATE, high_hz=RATE / 2, level=0.1
    )
    means = [
        bands(torch.from_numpy(x * 0.1 / np.sqrt(np.mean(x**2)))).mean(1) for x in (one, other)
    ]
    return float((means[0] - means[1]).square().mean().sqrt())


@pytest.mark.parametrize("representation", ["waveform", "mel", "stft"])
def test_more_strength_is_more_style_and_less_content(representation: str) -> None:
    content, style = melody(2.0, RATE), rain(2.0, RATE)
    asked = task(content, style, sample_rate=RATE)
    outputs = [
        _output(asked, representation=representation, strength=strength, n_steps=20)
        for strength in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    to_content = [_spectrum_distance(output, content) for output in outputs]
    to_style = [_spectrum_distance(output, style) for output in outputs]
    assert to_content[0] < 1e-4
    assert all(a < b for a, b in itertools.pairwise(to_content))
    assert all(a > b for a, b in itertools.pairwise(to_style))
    assert to_style[-1] < 0.5 * to_style[0]


def test_the_level_is_the_contents_and_gain_does_not_count() -> None:
    plain = _output(n_steps=12)
    quiet = _output(task(np.float32(0.01) * CONTENT, 5.0 * STYLE, sample_rate=RATE), n_steps=12)
    # Not to the bit: line searches may part ways over a rounding error, and meet again.
    assert np.mean((100.0 * quiet - plain) ** 2) < 1e-3 * np.mean(plain**2)
    assert np.mean(plain**2) == pytest.approx(np.mean(CONTENT**2), rel=1e-3)


def test_weights_of_styles_are_followed() -> None:
    """All weight on one style is that style alone; the other's band is not filled."""
    bright, dark = rain(0.7, RATE), np.cumsum(rain(0.7, RATE)).astype(np.float32)
    asked = task(CONTENT, bright, dark, sample_rate=RATE)
    distances = []
    for weight in (0.95, 0.5, 0.05):
        shared = type(asked)(**{**vars(asked), "style_weights": (weight, 1.0 - weight)})
        distances.append(_spectrum_distance(_output(shared, n_steps=12), bright))
    assert distances[0] < distances[1] < distances[2]


# The original methods' formulas, computed again in numpy from the same weights.


def _seed_term(preset: str, **network: Any):
    """The style term that a preset makes, with the weights of its network."""
    loaded = load_preset(preset).settings
    settings = OptimiseSettings.model_validate(
        loaded
        | {"network": loaded["network"] | network}
        | {"stft": {"n_fft": 256, "hop_length": 64}}
    )
    engine = OptimiseEngine(settings)
    prepared = engine.prepare(task(CONTENT, STYLE, sample_rate=RATE, seed=4))
    weights = terms._features(settings, 129, 4)
    assert weights is not None
    state = dict(weights.named_buffers()) | dict(weights.named_parameters())
    return prepared, settings, {name.split(".")[-1]: value for name, value in state.items()}


def _spectrogram(waveform: np.ndarray) -> np.ndarray:
    """log1p of the STFT's magnitude, centred, mirrored ends, periodic Hann: as in librosa."""
    padded = np.pad(waveform.astype(np.float64), 128, mode="reflect")
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(256) / 256)
    frames = [np.fft.rfft(window * padded[i : i + 256]) for i in range(0, len(padded) - 255, 64)]
    return np.log1p(np.abs(np.array(frames).T))


def _convolved(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | float, pad: int) -> np.ndarray:
    x = np.pad(x, ((0, 0), (pad, pad)))
    width = weight.shape[2]
    patches = np.stack([x[:, t : t + width] for t in range(x.shape[1] - width + 1)], -1)
    maps = np.einsum("fck,ckt->ft", weight, patches)
    return maps + (bias if np.isscalar(bias) else np.asarray(bias)[:, None])


def test_style_term_of_lebedev_and_ulyanov() -> None:
    prepared, settings, state = _seed_term("lebedev-ulyanov", n_filters=32)
    weight = state["weight"].numpy().astype(np.float64)
    assert weight.shape == (32, 129, 11)
    expected_deviation = np.sqrt(2) * np.sqrt(2 / ((129 + 32) * 11))
    assert weight.std() == pytest.approx(expected_deviation, rel=0.02)
    grams = []
    for waveform in (CONTENT, STYLE):
        maps = np.maximum(_convolved(_spectrogram(waveform), weight, 0.0, 0), 0.0)
        grams.append(maps @ maps.T / maps.shape[1])
    expected = np.sum((grams[0] - grams[1]) ** 2)
    (term,) = [term for term in prepared.terms.values() if term.role == "style"]
    frames = torch.from_numpy(_spectrogram(CONTENT)).float()
    assert term.value(frames).item() == pytest.approx(expected, rel=1e-3)
    (content,) = [term for term in prepared.terms.values() if term.role == "content"]
    maps = [
        np.maximum(_convolved(_spectrogram(w)[:, :70], weight, 0.0, 0), 0.0)
        for w in (STYLE, CONTENT)
    ]
    target = content.loss.prepare([content.view(frames[:, :70])], [1.0])
    style_frames = torch.from_numpy(_spectrogram(STYLE)[:, :70]).float()
    value = content.loss.forward(content.view(style_frames), target).item()
    assert value == pytest.approx(np.sum((maps[0] - maps[1]) ** 2), rel=1e-3)
    goal = terms.objective(settings, prepared.terms, frames)
    assert goal.weights["content"] == 1e-2


def test_style_term_of_dipani() -> None:
    prepared, settings, state = _seed_term("dipani", n_filters=32)
    weight, bias = (state[name].numpy().astype(np.float64) for name in ("weight", "bias"))
    bound = 1.0 / np.sqrt(129 * 3)
    assert weight.shape == (32, 129, 3)
    assert np.abs(weight).max() <= bound
    assert np.abs(bias).max() <= bound
    assert weight.std() == pytest.approx(bound / np.sqrt(3), rel=0.02)
    grams = []
    for waveform in (CONTENT, STYLE):
        maps = _convolved(_spectrogram(waveform), weight, bias, 1)
        assert maps.shape[1] == _spectrogram(waveform).shape[1]
        grams.append(2500.0 * maps @ maps.T / (32 * maps.shape[1]))
    expected = np.mean((grams[0] - grams[1]) ** 2)
    (term,) = [term for term in prepared.terms.values() if term.role == "style"]
    frames = torch.from_numpy(_spectrogram(CONTENT)).float()
    assert term.value(frames).item() == pytest.approx(expected, rel=1e-3)
    goal = terms.objective(settings, prepared.terms, frames)
    assert goal.weights["content"] == 0.0


def test_both_forms_of_the_gram_agree_on_a_seed() -> None:
    prepared, _, _ = _seed_term("lebedev-ulyanov", n_filters=300)
    (term,) = [term for term in prepared.terms.values() if term.role == "style"]
    maps = [term.view(torch.from_numpy(_spectrogram(w)).float()) for w in (CONTENT, STYLE)]
    values = []
    for form in ("primal", "dual"):
        loss = GramLoss(form=form)
        values.append(loss.forward(maps[0], loss.prepare([maps[1]], [1.0])).item())
    assert values[0] == pytest.approx(values[1], rel=1e-4)


def test_frames_are_clamped_after_every_step() -> None:
    settings = OptimiseSettings.model_validate(
        QUICK | {"representation": "stft", "clamp_frames": (0.0, 1.0), "content_weight": 0.0}
    )
    engine = OptimiseEngine(settings)
    asked = task(CONTENT, STYLE, sample_rate=RATE)
    state = engine.init(asked, engine.prepare(asked))
    assert state.variable is not None
    (frames,) = state.variable.parameters
    assert frames.max() > 1.0
    while not engine.is_done(state):
        state = engine.step(state)
        assert frames.min() >= 0.0
        assert frames.max() <= 1.0
