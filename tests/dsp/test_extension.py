import numpy as np
import pytest
import torch

from estilo.dsp.extension import closes, continuations, extended

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


def level_db(samples: np.ndarray, reference: np.ndarray) -> float:
    return 10.0 * float(np.log10(np.mean(samples**2) / np.mean(reference**2)))


@pytest.mark.parametrize("color", [0, 1])
def test_what_sounds_at_an_end_has_been_sounding(color: int, rng) -> None:
    """Noise, white or dark, and a tone in it go on at their level, without a step."""
    noise = np.convolve(rng.standard_normal(RATE), [0.5] * (1 + 3 * color), "same")
    for cut in (noise, noise + 5.0 * np.sin(0.05 * np.arange(RATE))):
        before, after = continuations(cut, before=6000, after=4000)
        assert (before.shape, after.shape) == ((6000,), (4000,))
        for middle in (before[2000:4000], before[4000:], after[:2000]):
            assert abs(level_db(middle, cut)) < 4.0
        assert np.abs(np.diff([before[-1], cut[0]])) < 4.0 * np.abs(np.diff(cut)).std()


def test_what_begins_at_rest_was_at_rest_before() -> None:
    time = np.arange(RATE) / RATE
    struck = np.minimum(time / 0.01, 1.0) * np.exp(-3.0 * time) * np.sin(2 * np.pi * 440 * time)
    before, _ = continuations(struck, before=5000, after=0)
    assert level_db(before, struck[:4000]) < -12.0


def closed(samples: np.ndarray, n_fade: int = 1000) -> np.ndarray:
    """What follows the end faded into the beginning; **shape** ``(channels, time - n_fade)``."""
    share = 0.5 - 0.5 * np.cos(np.pi * np.linspace(0.0, 1.0, n_fade))
    out = samples[:, :-n_fade].copy()
    out[:, :n_fade] = share * out[:, :n_fade] + (1.0 - share) * samples[:, -n_fade:]
    return out


@pytest.mark.parametrize("rate", [8000, 22_050, 48_000])
@pytest.mark.parametrize("n_channels", [1, 2])
def test_loops_are_told_from_cuts(rate: int, n_channels: int, rng) -> None:
    """Chords of random notes with a little noise, closed by a crossfade, and cut anywhere."""
    found = {"loops": 0, "cuts": 0}
    for _ in range(8):
        time = np.arange(rate + int(rng.integers(1, rate))) / rate
        partials = [
            rng.uniform(0.2, 1.0) * np.sin(2 * np.pi * f * time + rng.uniform(0, 6.3))
            for f in np.outer(rng.uniform(110, 440, 3), [1, 2, 3]).ravel()
        ]
        heard = np.stack([sum(partials[i::n_channels]) for i in range(n_channels)])
        heard = heard + 1e-3 * rng.standard_normal(heard.shape)
        found["cuts"] += closes(heard)
        found["loops"] += closes(closed(heard))
    assert found == {"loops": 8, "cuts": 0}


def test_nothing_and_what_cannot_be_predicted_are_no_loops(rng) -> None:
    assert not closes(np.zeros((2, 5000)))
    assert not any(closes(rng.standard_normal((1, 5000))) for _ in range(10))
    for n_samples in range(6):
        assert not closes(np.ones((1, n_samples)))
