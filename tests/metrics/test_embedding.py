"""Windows of textures as points: statistics against librosa, the network against torch, sets."""

import hashlib
import json
from importlib.resources import files

import librosa
import numpy as np
import pytest
from scipy import stats

from estilo.analysis.sound import Sound
from estilo.errors import InputError, SettingsError
from estilo.metrics import embedding as net
from estilo.metrics.base import NothingToMeasure
from estilo.metrics.embedding import embed, texture_fad, texture_kad, texture_statistics

RATE = 16_000
FOLDER = files("estilo.metrics") / "weights"


def _rain(rng: np.random.Generator, duration_s: float, drops_hz: float = 60.0) -> Sound:
    """One decaying sound at random times."""
    starts = rng.random(round(duration_s * RATE)) < drops_hz / RATE
    drop = np.cos(0.8 * np.arange(400)) * np.exp(-np.arange(400) / 60)
    clicks = starts * rng.lognormal(size=len(starts))
    return Sound(np.convolve(clicks, drop)[: len(starts)], RATE)


def _hiss(rng: np.random.Generator, like: Sound) -> Sound:
    """Stationary noise with the average spectrum of another sound."""
    spectrum = np.fft.rfft(like.mono)
    turned = np.abs(spectrum) * np.exp(2j * np.pi * rng.random(len(spectrum)))
    return Sound(np.fft.irfft(turned, len(like.mono)), RATE)


def test_statistics_are_scipy_s(rng: np.random.Generator) -> None:
    samples = np.cumsum(rng.standard_normal(RATE)) * (1.5 + np.sin(np.arange(RATE) / 400))
    samples -= samples.mean()
    row = texture_statistics(Sound(samples, RATE))[0]
    assert row.shape == (net.N_STATISTICS,)
    samples = samples / np.sqrt(np.mean(samples**2))
    power = np.empty((32, 250))
    for first, last, n_fft in ((0, 10, 512), (10, 18, 256), (18, 32, 128)):
        bands = librosa.filters.mel(sr=RATE, n_fft=n_fft, n_mels=32)
        spectrum = librosa.stft(samples, n_fft=n_fft, hop_length=64, pad_mode="constant")
        means = bands / bands.sum(1, keepdims=True) @ np.abs(spectrum[:, :250]) ** 2
        power[first:last] = means[first:last] / np.sum(np.hanning(n_fft + 1) ** 2)
    envelopes = np.maximum(power, 1e-7) ** 0.15
    mean, deviation, skewness, kurtosis = row[:128].reshape(4, 32)
    np.testing.assert_allclose(np.exp(mean), envelopes.mean(1), rtol=1e-4)
    np.testing.assert_allclose(
        np.exp(deviation), stats.variation(envelopes, axis=1), rtol=0.03, atol=0.02
    )
    np.testing.assert_allclose(skewness, stats.skew(envelopes, axis=1), rtol=0.03, atol=0.02)
    expected = stats.kurtosis(envelopes, axis=1, fisher=False)
    np.testing.assert_allclose(np.exp(kurtosis), expected, rtol=0.03, atol=0.02)
    correlations = np.corrcoef(envelopes)
    expected = np.concatenate([np.diagonal(correlations, d) for d in (1, 2, 3, 5, 8, 12, 18, 25)])
    np.testing.assert_allclose(row[128 + 32 * 9 :], expected, rtol=0.03, atol=0.02)


@pytest.mark.parametrize(("rate_hz", "band"), [(4.0, 2), (30.0, 6), (80.0, 8)])
def test_a_tremolo_lies_in_its_modulation_band(
    rng: np.random.Generator, rate_hz: float, band: int
) -> None:
    noise = rng.standard_normal(RATE)
    tremolo = 1.0 + 0.9 * np.sin(2 * np.pi * rate_hz * np.arange(RATE) / RATE)
    row = texture_statistics(Sound(noise * tremolo, RATE))[0]
    shares = row[128 : 128 + 32 * 9].reshape(32, 9)
    low, high = net.MODULATION_HZ[band : band + 2]
    assert low <= rate_hz < high
    assert (shares[18:].argmax(1) == band).all()


def test_equals_its_twin_in_torch(rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    from estilo.evaluation.networks.embedding import Network

    n = net.N_STATISTICS
    twin = Network(rng.normal(size=n), rng.uniform(0.5, 2.0, n))
    rows = rng.normal(size=(40, n)).astype(np.float32)
    for _ in range(20):  # running means and variances other than 0 and 1
        twin(torch.from_numpy(rows))
    with torch.no_grad():
        expected = torch.nn.functional.normalize(twin.eval()(torch.from_numpy(rows)), dim=1)
    np.testing.assert_allclose(net.forward(rows, twin.weights()), expected.numpy(), atol=1e-5)


def test_the_card_belongs_to_the_weights() -> None:
    weights = (FOLDER / "embedding.npz").read_bytes()
    card = json.loads((FOLDER / "embedding.json").read_text(encoding="utf-8"))
    assert card["sha256"] == hashlib.sha256(weights).hexdigest()
    assert card["n_weights"] == sum(a.size for a in net.trained_weights().values())
    assert len(weights) < 500_000
    assert card["accuracy"]["network"]["windows"]["other source"] > 0.95


def test_a_golden_embedding() -> None:
    card = json.loads((FOLDER / "embedding.json").read_text(encoding="utf-8"))
    time_s = np.arange(RATE) / RATE
    golden = embed(Sound(np.sin(1000.0 * time_s**2), RATE))[0]
    np.testing.assert_allclose(golden, card["golden"]["embedding"], atol=2e-3)


@pytest.mark.parametrize(
    ("length", "n_windows"), [(1, 1), (9_000, 1), (16_000, 1), (24_000, 2), (48_000, 5)]
)
def test_windows_of_any_length(rng: np.random.Generator, length: int, n_windows: int) -> None:
    rows = embed(Sound(rng.standard_normal(length), RATE))
    assert rows.shape == (n_windows, net.N_DIMENSIONS)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, rtol=1e-5)


def test_hop() -> None:
    sound = Sound(np.sin(0.3 * np.arange(4 * RATE)), RATE)
    assert len(embed(sound, hop_s=1.0)) == 4
    np.testing.assert_allclose(embed(sound, hop_s=1.0), embed(sound)[::2], atol=1e-6)
    for hop_s in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(SettingsError, match="hop_s must be"):
            embed(sound, hop_s=hop_s)


@pytest.mark.parametrize("gain", [1e-3, 7.0])
def test_level_does_not_matter(rng: np.random.Generator, gain: float) -> None:
    rain = _rain(rng, 3.0)
    np.testing.assert_allclose(embed(Sound(gain * rain.mono, RATE)), embed(rain), atol=1e-3)


def test_windows_hear_their_own_second(rng: np.random.Generator) -> None:
    """What follows a window changes it only through the level of the whole."""
    samples = rng.standard_normal(3 * RATE)
    changed = samples.copy()
    changed[2 * RATE :] = changed[2 * RATE :][::-1]
    before, after = embed(Sound(samples, RATE)), embed(Sound(changed, RATE))
    np.testing.assert_allclose(after[:2], before[:2], atol=1e-4)


def test_distance_of_one_texture_and_of_others(rng: np.random.Generator) -> None:
    rain, again, drizzle = _rain(rng, 12.0), _rain(rng, 12.0), _rain(rng, 12.0, 6.0)
    hiss = _hiss(rng, rain)
    assert abs(texture_kad(again, rain)) < 15.0
    assert texture_kad(hiss, rain) > 60.0
    assert texture_kad(drizzle, rain) > 60.0
    assert texture_fad(again, rain) < 0.3 * texture_fad(hiss, rain)


def test_identical_recordings(rng: np.random.Generator) -> None:
    rain = _rain(rng, 6.0)
    same = Sound(rain.mono, RATE)
    assert texture_fad(same, rain) == pytest.approx(0.0, abs=1e-6)
    assert -20.0 < texture_kad(same, rain) <= 0.0


def test_silence_and_short_recordings_warn(rng: np.random.Generator) -> None:
    rain, silence = _rain(rng, 3.0), Sound(np.zeros(3 * RATE), RATE)
    assert embed(silence).shape == (0, net.N_DIMENSIONS)
    for metric, name in ((texture_kad, "texture_kad"), (texture_fad, "texture_fad")):
        for pair in ((rain, silence), (silence, rain), (_rain(rng, 1.2), rain)):
            with pytest.warns(NothingToMeasure, match=f"{name} is not a number"):
                assert np.isnan(metric(*pair))
        with pytest.raises(InputError, match=f"{name} measures Sounds, got list"):
            metric([0.1], rain)  # type: ignore[arg-type]


def test_imitations_keep_what_they_say(rng: np.random.Generator) -> None:
    from estilo.evaluation.networks.texture_examples import noise_like, scrambled, shuffled

    waveform = _rain(rng, 2.0).mono
    noise = noise_like(waveform, rng)
    assert noise.shape == waveform.shape
    expected = np.abs(np.fft.rfft(waveform))[1:-1]
    np.testing.assert_allclose(np.abs(np.fft.rfft(noise))[1:-1], expected, rtol=1e-3, atol=1e-2)
    assert stats.kurtosis(noise) < 0.3 * stats.kurtosis(waveform)
    turned = scrambled(waveform, rng, n_fft=1024)
    assert np.std(turned) == pytest.approx(np.std(waveform), rel=1e-2)
    rising = np.arange(3200.0)
    mixed = shuffled(rising, rng, grain_s=0.05)
    middles = mixed.reshape(4, 800)[:, 400]
    assert sorted(middles % 800) == pytest.approx([400.0] * 4, abs=200)
    assert (np.diff(middles) < 0).any()


def test_unseen_sources() -> None:
    """A few fresh sources: windows lie nearer to their own source than to others."""
    from estilo.evaluation.networks.texture_examples import random_source
    from estilo.evaluation.networks.triplets import triplet_accuracy

    rng = np.random.default_rng(4)
    sounds = [Sound(random_source(rng, duration_s=4.0), RATE) for _ in range(16)]
    assert triplet_accuracy(np.stack([embed(s, hop_s=1.0) for s in sounds])) > 0.9
