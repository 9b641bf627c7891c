"""Phase methods by name: what each starts from and what each refuses."""

import pytest
import torch

from estilo.dsp.phase import phase_of
from estilo.errors import InputError, SettingsError
from estilo.representations.phases import (
    PHASES,
    GriffinLim,
    Pghi,
    fast_griffin_lim,
    phase_method,
)
from estilo.representations.transforms import CqtTransform, StftTransform

TRANSFORM = StftTransform(n_fft=256, hop_length=64)


@pytest.fixture
def music(rng):
    t = torch.arange(4000) / 8000
    noise = torch.from_numpy(rng.standard_normal(4000)).float()
    return (torch.sin(2 * torch.pi * (300 + 500 * t) * t) * torch.exp(-5 * t) + 0.01 * noise)[None]


def convergence(magnitude, phase):
    again = TRANSFORM.forward(TRANSFORM.inverse(magnitude * phase, length=4000)).abs()
    return float((again - magnitude).norm() / magnitude.norm())


@pytest.mark.parametrize("name", PHASES)
def test_all_know_the_phase_of_the_reference_or_find_a_good_one(name, music):
    magnitude = TRANSFORM.forward(music).abs()
    phase = PHASES[name]().estimate(magnitude, transform=TRANSFORM, length=4000, reference=music)
    torch.testing.assert_close(phase.abs(), torch.ones_like(magnitude))
    assert not phase.requires_grad
    assert convergence(magnitude, phase) < (0.25 if name == "pghi" else 1e-3)


@pytest.mark.parametrize("name", [name for name in PHASES if name != "content"])
def test_repeats_with_a_seed_and_converges_without_reference(name, music):
    magnitude = TRANSFORM.forward(music).abs()
    first, again = (
        PHASES[name]().estimate(
            magnitude,
            transform=TRANSFORM,
            length=4000,
            generator=torch.Generator().manual_seed(3),
        )
        for _ in range(2)
    )
    assert torch.equal(first, again)
    assert convergence(magnitude, first) < 0.25


def test_starts_are_what_they_say(music):
    spectrum = TRANSFORM.forward(music)
    magnitude = spectrum.abs()
    ask = {"transform": TRANSFORM, "length": 4000}

    def start(name, **more):
        return GriffinLim(n_iterations=0, start=name).estimate(magnitude, **ask, **more)

    one_pass = Pghi().estimate(magnitude, **ask)
    torch.testing.assert_close(start("content", reference=music), phase_of(spectrum))
    assert torch.equal(start("auto", reference=music), start("content", reference=music))
    assert torch.equal(start("pghi", reference=music), one_pass)
    assert torch.equal(start("auto"), one_pass)
    assert convergence(magnitude, start("random")) > convergence(magnitude, one_pass)


def test_constant_q_takes_all_but_pghi(music):
    transform = CqtTransform(sample_rate=8000, bins_per_octave=12)
    magnitude = transform.forward(music).abs()
    phase = fast_griffin_lim(n_iterations=2).estimate(magnitude, transform=transform, length=4000)
    assert phase.shape == magnitude.shape
    with pytest.raises(SettingsError, match="pghi needs an STFT, got CqtTransform"):
        Pghi().estimate(magnitude, transform=transform, length=4000)


def test_bad_input_is_refused(music):
    magnitude = TRANSFORM.forward(music).abs()
    content = phase_method("content")
    with pytest.raises(InputError, match="there is no reference"):
        content.estimate(magnitude, transform=TRANSFORM, length=4000)
    with pytest.raises(InputError, match="a reference of the same length"):
        content.estimate(magnitude, transform=TRANSFORM, length=4000, reference=music[:, :900])
    with pytest.raises(InputError, match="999 samples have 16 frames, got 63"):
        TRANSFORM.inverse(magnitude + 0j, length=999)
    with pytest.raises(SettingsError, match="unknown start 'zero'"):
        GriffinLim(start="zero")
    with pytest.raises(SettingsError, match="did you mean 'pghi'"):
        phase_method("phgi")
