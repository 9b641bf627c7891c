"""What every registered representation must hold."""

import numpy as np
import pytest
import torch
from pydantic import BaseModel

from estilo.engines.optimise.settings import OptimiseSettings
from estilo.errors import InputError
from estilo.representations import REPRESENTATIONS, traits_of
from estilo.representations.base import Representation

RATE = 8000
LOSSLESS = {"waveform", "real-imag"}
# Spectral convergence of noise, the hardest signal, without a reference.
BOUND = {"stft": 0.25, "mel": 0.25, "cqt": 0.35}
LENGTHS = (1, 2, 3, 77, 2047, 6001)


def signals():
    rng = np.random.default_rng(1)
    t = np.arange(6001) / RATE
    click = np.zeros(6001)
    click[3000] = 1.0
    return {
        "noise": 0.3 * rng.standard_normal(6001),
        "chirp": 0.5 * np.sin(2 * np.pi * (100 * t + 1500 * t**2)),
        "click": click,
        "silence": np.zeros(6001),
        **{f"{n} samples": 0.3 * rng.standard_normal(n) for n in LENGTHS},
    }


SIGNALS = {name: torch.from_numpy(samples).float()[None] for name, samples in signals().items()}


@pytest.fixture(params=REPRESENTATIONS)
def name(request):
    return request.param


@pytest.fixture
def representation(name):
    return REPRESENTATIONS[name](sample_rate=RATE)


def test_is_one_and_describes_itself(name, representation):
    assert isinstance(representation, Representation)
    assert representation.sample_rate == RATE
    assert REPRESENTATIONS.summary(name).endswith(".")


class _Only:
    """Settings of which only some may be read."""

    def __init__(self, model, paths):
        self._model, self._paths = model, paths

    def __getattr__(self, name):
        within = {each.partition(".")[2] for each in self._paths if each.startswith(f"{name}.")}
        assert name in self._paths, f"reads {name}, which its traits do not name"
        value = getattr(self._model, name)
        if not isinstance(value, BaseModel):
            return value
        own = set(type(value).model_fields) - NESTED.get(name, set())
        return _Only(value, own | within)


# Settings that a representation has to name by themselves.
NESTED = {"stft": {"n_bands", "compression"}}
OF_PHASE = {"phase", "n_phase_iterations", "phase_start"}


def test_settings_build_it_and_it_reads_what_its_traits_say(name):
    traits = traits_of(name)
    assert REPRESENTATIONS[name].traits == traits
    paths = traits.settings | (OF_PHASE if "phase" in traits.settings else set())
    built = REPRESENTATIONS[name].from_settings(
        _Only(OptimiseSettings(representation=name), paths),
        sample_rate=RATE,
        high_hz=3000.0,
        has_content=True,
    )
    assert isinstance(built, REPRESENTATIONS[name])
    assert built.sample_rate == RATE
    assert 1 <= built.hop_length < RATE
    noise = torch.randn(2, 3000, generator=torch.Generator().manual_seed(0))
    fitted = built.for_styles(noise, [0.5, 0.5])
    assert fitted.analyse(noise).shape == built.analyse(noise).shape


@pytest.mark.parametrize("signal", SIGNALS)
def test_own_frames_give_the_reference_back(representation, signal):
    waveform = SIGNALS[signal]
    length = waveform.shape[-1]
    frames = representation.analyse(waveform)
    assert frames.shape[:2] == (1, representation.n_bands)
    assert not frames.is_complex()
    again = representation.synthesise(frames, length=length, reference=waveform)
    assert again.shape == waveform.shape
    torch.testing.assert_close(again, waveform, atol=1e-4, rtol=0)


@pytest.mark.parametrize("signal", SIGNALS)
def test_without_reference_the_frames_are_nearly_reached(name, representation, signal):
    waveform = SIGNALS[signal]
    frames = representation.analyse(waveform)
    again = representation.synthesise(frames, length=waveform.shape[-1])
    assert again.shape == waveform.shape
    assert again.isfinite().all()
    if name == "sms":
        return  # tracks that are looked for again lie in other rows
    if name in LOSSLESS:
        torch.testing.assert_close(again, waveform, atol=1e-5, rtol=0)
    else:
        error = float((representation.analyse(again) - frames).norm())
        assert error <= BOUND.get(name, max(BOUND.values())) * float(frames.norm()) + 1e-6


def test_silence_is_returned_as_silence(representation):
    silence = torch.zeros(1, 3000)
    again = representation.synthesise(representation.analyse(silence), length=3000)
    assert again.abs().max() < 1e-9


def test_batch_equals_item_by_item(representation):
    batch = torch.cat([SIGNALS["noise"], SIGNALS["chirp"], SIGNALS["silence"]])
    frames = representation.analyse(batch)
    again = representation.synthesise(0.9 * frames, length=6001, reference=batch)
    for i in range(3):
        item = batch[i : i + 1]
        # A batched FFT rounds otherwise than a single one, by some 1e-7 of the peak.
        alone = representation.analyse(item)
        torch.testing.assert_close(frames[i : i + 1], alone, atol=1e-4, rtol=1e-4)
        alone = representation.synthesise(0.9 * frames[i : i + 1], length=6001, reference=item)
        # Iterations enlarge that rounding, on some processors to 80 dB below the signal.
        apart = (again[i : i + 1] - alone).square().mean().sqrt()
        assert apart <= 3e-4 * max(float(alone.square().mean().sqrt()), 1e-3)


@pytest.mark.parametrize("signal", ["noise", "click", "silence", "1 samples", "77 samples"])
def test_gradients_are_finite_both_ways(representation, signal):
    waveform = SIGNALS[signal].clone().requires_grad_()
    frames = representation.analyse(waveform)
    (frames - 1.0).square().sum().backward()
    assert waveform.grad is not None
    assert waveform.grad.isfinite().all()
    frames = frames.detach().requires_grad_()
    for reference in (None, SIGNALS[signal]):
        again = representation.synthesise(frames, length=waveform.shape[-1], reference=reference)
        frames.grad = None
        (again - 1.0).square().sum().backward()
        assert frames.grad is not None
        assert frames.grad.isfinite().all()


def test_gradient_of_the_analysis_is_right(representation):
    """Directional derivative against a central difference, in double precision."""
    generator = torch.Generator().manual_seed(0)
    waveform, direction = torch.randn(2, 1, 700, generator=generator, dtype=torch.float64)
    waveform.requires_grad_()

    def energy(x):
        return representation.analyse(x).square().sum()

    (gradient,) = torch.autograd.grad(energy(waveform), waveform)
    step = 1e-6 * direction
    with torch.no_grad():
        difference = (energy(waveform + step) - energy(waveform - step)) / 2e-6
    torch.testing.assert_close((gradient * direction).sum(), difference, rtol=1e-5, atol=1e-6)


def test_inputs_are_unchanged_and_dtype_is_kept(representation):
    for dtype in (torch.float32, torch.float64):
        waveform = SIGNALS["77 samples"].to(dtype)
        kept = waveform.clone()
        frames = representation.analyse(waveform)
        kept_frames = frames.clone()
        again = representation.synthesise(frames, length=77, reference=waveform)
        assert torch.equal(waveform, kept)
        assert torch.equal(frames, kept_frames)
        assert frames.dtype == again.dtype == dtype


def test_equal_seeds_give_equal_waveforms(representation):
    frames = representation.analyse(SIGNALS["noise"])
    first, again = (
        representation.synthesise(frames, length=6001, generator=torch.Generator().manual_seed(5))
        for _ in range(2)
    )
    assert torch.equal(first, again)


def test_what_does_not_fit_is_refused(representation):
    with pytest.raises(InputError, match=r"waveform must be real \(batch, time\)"):
        representation.analyse(torch.zeros(10))
    frames = representation.analyse(torch.zeros(1, 1000))
    with pytest.raises(InputError, match="frames must be real"):
        representation.synthesise(frames[:, :0], length=1000)
    with pytest.raises(InputError, match=r"reference must have the shape \(1, 1000\)"):
        representation.synthesise(frames, length=1000, reference=torch.zeros(1, 999))
    with pytest.raises(InputError, match="got"):
        representation.synthesise(frames, length=9000)
