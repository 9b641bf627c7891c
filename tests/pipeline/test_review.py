"""Faults that a first reader found, so that they stay mended."""

import json

import numpy as np
import pytest

import estilo
from estilo.engines.building import working_rate
from estilo.errors import SettingsError


def _noise(rng, seconds, *, rate=8000, channels=1, gain=0.1):
    samples = gain * rng.standard_normal((channels, round(seconds * rate)))
    return estilo.Audio(samples.astype(np.float32), rate)


def test_reports_of_several_windows_are_strict_json(rng):
    result = estilo.transfer(_noise(rng, 21.0), _noise(rng, 1.0), n_steps=2)
    assert np.isfinite(result.report.loss_curve).all()
    json.loads(result.report.to_json(), parse_constant=pytest.fail)


@pytest.mark.parametrize("options", [{"mix": 0.5}, {"strength": 0.0}])
def test_raw_refuses_what_its_original_method_did_not_know(options):
    with pytest.raises(SettingsError, match="neither mix nor match nor strength 0"):
        estilo.Transfer(preset="dipani", raw=True, **options)


def test_raw_depends_on_the_level_of_its_style(rng):
    content, style = _noise(rng, 1.0), _noise(rng, 1.0)
    quiet = estilo.Audio(0.01 * style.samples, style.sample_rate)
    options = {"preset": "ordiales-stft", "raw": True, "n_steps": 3, "n_phase_iterations": 2}
    loud, soft = (
        estilo.transfer(content, s, network={"n_filters": 16}, **options).audio.samples
        for s in (style, quiet)
    )
    assert np.abs(loud - soft).max() > 1e-3


@pytest.mark.parametrize(
    ("rate", "expected"),
    [(8000, 8000), (48_000, 48_000), (50_000, 48_000), (96_000, 48_000), (176_400, 44_100)],
)
def test_no_audible_band_bypasses_the_engine(rate, expected):
    assert working_rate(rate, None) == expected


@pytest.mark.parametrize("options", [{"threads": 100_000}, {"seed": 2**65}, {"seed": -1}])
def test_numbers_out_of_reach_are_refused(options):
    with pytest.raises(SettingsError, match="must lie between"):
        estilo.Transfer(**options)


@pytest.mark.parametrize("strength", [0.0, 0.5])
def test_a_texture_refuses_a_strength_that_would_do_nothing(rng, strength):
    with pytest.raises(SettingsError, match="a texture has no content; leave it out"):
        estilo.texture(_noise(rng, 1.0), seconds=0.5, strength=strength)


def test_many_styles_leave_each_enough_to_analyse(rng):
    styles = [_noise(rng, 5.0) for _ in range(9)]
    result = estilo.texture(styles, seconds=0.5, realism=1.0, n_steps=1)
    assert np.isfinite(result.audio.samples).all()


def test_a_stopped_stereo_texture_keeps_its_best(rng):
    class AfterOneStep:
        def __init__(self):
            self.steps = 0

        def is_set(self):
            return self.steps > 0

    cancel = AfterOneStep()

    def count(_):
        cancel.steps += 1

    result = estilo.texture(
        _noise(rng, 1.0, channels=2),
        seconds=0.5,
        cancel=cancel,
        on_progress=count,
        keep_best=True,
    )
    assert not result.report.is_complete
    assert result.audio.n_samples == 4000


def test_one_width_may_be_a_plain_number():
    assert estilo.Transfer(widths=4).plan.settings.widths == (4,)


def test_a_network_of_ones_own_is_named_in_the_report(rng):
    torch = pytest.importorskip("torch")
    from estilo.features.module import ModuleFeatures

    network = ModuleFeatures(torch.nn.Conv1d(129, 4, 3))
    result = estilo.transfer(
        _noise(rng, 0.5),
        _noise(rng, 0.5),
        representation="stft",
        stft={"n_fft": 256},
        feature_network=network,
        n_steps=1,
    )
    assert result.report.plan.feature_network == "ModuleFeatures"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"representation": "stft", "stft": {"n_bands": 10}}, "stft.n_bands has an effect only"),
        ({"features": "detectors", "network": {"n_filters": 7}}, "network.n_filters has an effect"),
        ({"features": "random-1d", "network": {"pool_size": 5}}, "only with network.pooling"),
        ({"stft": {"n_fft": 1024, "hop_length": 4096}}, "leaves gaps"),
        ({"clamp_frames": (1.0, 0.0)}, "low, then high"),
    ],
)
def test_settings_without_effect_or_sense_are_refused(options, message):
    with pytest.raises(SettingsError, match=message):
        estilo.Transfer(**options)
