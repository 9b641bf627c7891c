import pytest
import torch

from estilo.dsp.extension import extended

RATE = 22050


def tone(frequency_hz: float, phase: float, start: int, stop: int) -> torch.Tensor:
    n = torch.arange(start, stop, dtype=torch.float64)
    return 0.3 * torch.sin(2 * torch.pi * frequency_hz / RATE * n + phase)


@pytest.mark.parametrize("frequency_hz", [110.0, 440.0, 3000.0])
@pytest.mark.parametrize("phase", [0.0, 1.0, 1.57])
def test_a_tone_goes_on_as_it_was(frequency_hz: float, phase: float) -> None:
    n = 1024
    longer = extended(tone(frequency_hz, phase, 0, RATE), n)
    wanted = tone(frequency_hz, phase, -n, RATE + n)
    fade = 0.5 + 0.5 * torch.cos(torch.pi * torch.arange(1.0, n + 1) / (n + 1))
    wanted[:n] *= fade.flip(0)
    wanted[-n:] *= fade
    assert (longer - wanted).abs().max() < 0.05 * 0.3
    assert torch.equal(longer[n:-n], tone(frequency_hz, phase, 0, RATE))


def test_no_crack_at_the_ends() -> None:
    """Well above the tone there is 60 dB less than at it, and far less than in a mirror image."""
    n = 2048
    cosine = tone(440.0, 0.9, 0, RATE)
    mirrored = torch.nn.functional.pad(cosine[None, None], (n, 0), mode="reflect")[0, 0]

    def highs(signal: torch.Tensor) -> float:
        window = torch.hann_window(n, dtype=torch.float64)
        spectrum = torch.fft.rfft(signal[n // 2 : n // 2 + n] * window).abs()
        return float(spectrum[100:].max() / spectrum.max())

    assert highs(extended(cosine, n)) < 1e-3
    assert highs(extended(cosine, n)) < 0.2 * highs(mirrored)


@pytest.mark.parametrize("n_samples", [0, 1, 2, 3, 50])
def test_tiny_and_silent_recordings_stay_finite(n_samples: int) -> None:
    for value in (0.0, 1.0):
        longer = extended(torch.full((n_samples,), value), 10)
        assert longer.shape == (n_samples + 20,)
        assert bool(torch.isfinite(longer).all())
        assert float(longer.abs().max()) <= value


def test_never_louder_than_what_was_heard(rng) -> None:
    for _ in range(20):
        noise = torch.from_numpy(rng.standard_normal(600) * rng.uniform(0.01, 2.0))
        assert extended(noise, 400).abs().max() <= noise.abs().max()
