"""Realism: more of it ties the texture closer to its style, and costs more."""

import numpy as np
import pytest

import estilo
from estilo.errors import SettingsError
from estilo.metrics.copying import copy_score
from estilo.presets import build_settings
from estilo.presets.texture import texture_settings


@pytest.mark.parametrize("realism", [0.0, 0.3, 0.5, 1.0])
def test_settings_are_valid_and_widen_with_realism(realism):
    settings = build_settings("optimise", texture_settings(realism))
    assert settings.representation == "waveform"
    narrow = build_settings("optimise", texture_settings(0.0))
    for view, narrower in zip(settings.style_views, narrow.style_views, strict=True):
        assert max(view.widths) >= max(narrower.widths)
    # A collage starts nearer than noise does: steps compare among equal starts only.
    first = build_settings("optimise", texture_settings(0.0 if realism < 1 / 3 else 0.34))
    assert settings.start == first.start
    assert settings.n_steps >= first.n_steps


def test_events_of_the_style_are_used_from_a_third_on():
    starts = [texture_settings(realism)["start"] for realism in (0.0, 0.33, 0.34, 1.0)]
    assert starts == ["noise", "noise", "transport", "transport"]


@pytest.mark.parametrize("realism", [-0.1, 1.5])
def test_realism_out_of_bounds_is_refused(realism):
    with pytest.raises(SettingsError, match="between 0 and 1"):
        texture_settings(realism)


@pytest.mark.parametrize("options", [{"preset": "dipani-fixed"}, {"representation": "stft"}])
def test_realism_beside_other_statistics_is_refused(options):
    with pytest.raises(SettingsError, match="leave it out"):
        estilo.Transfer.for_texture(realism=0.5, **options)


@pytest.mark.slow
def test_realism_lowers_the_loss_and_raises_copying(rng):
    rate = 8000
    time = np.arange(2 * rate) / rate
    strikes = np.exp(-12.0 * (time % 0.25)) * np.sin(2 * np.pi * (500 + 250 * (time % 1.0)) * time)
    style = estilo.Audio(strikes + 0.01 * rng.standard_normal(len(time)), rate)
    scores = []
    for realism in (0.0, 1.0):
        result = estilo.texture(style, seconds=1.5, realism=realism)
        scores.append(copy_score(result.audio.samples[0], style.samples[0], rate))
        assert result.audio.n_samples == round(1.5 * rate)
    assert scores[0] < scores[1] < 0.9
