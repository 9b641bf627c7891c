"""A texture with the content's notes, held against tones and noise whose answers are known."""

import numpy as np
import pytest
import torch
from scipy import signal

from estilo.analysis.transcription.heard import HeardNote
from estilo.engines.notes.cross_synthesis import CrossSynthesis, cross_synthesise
from estilo.errors import InputError, SettingsError

RATE = 16_000
PITCH_HZ = 440.0
TWO_NOTES = (HeardNote(0.2, 1.4, 69.0, -10.0), HeardNote(1.6, 2.8, 73.0, -10.0))


def _tone(hz, *, seconds=3.0, start_s=0.0, end_s=None):
    t = np.arange(round(seconds * RATE)) / RATE
    partials = sum(np.sin(2 * np.pi * hz * k * t) / k for k in range(1, 6))
    is_on = (t >= start_s) & (t < (seconds if end_s is None else end_s))
    return 0.1 * partials * is_on


def _tensor(samples):
    return torch.from_numpy(np.atleast_2d(samples).astype(np.float32))


def _rain(rng, *, seconds=4.0):
    """Pink noise, so that its spectrum is no one else's."""
    white = rng.standard_normal(round(seconds * RATE))
    return _tensor(0.1 * signal.lfilter([0.3], [1.0, -0.7], white))


def _made(content, style, **options):
    return cross_synthesise(_tensor(content), [style], sample_rate=RATE, **options).numpy()


def _level_db(samples, *, n=1600):
    blocks = samples[: len(samples) // n * n].reshape(-1, n)
    return 10.0 * np.log10(np.square(blocks).mean(1) + 1e-12)


@pytest.mark.parametrize("notes", [(), (HeardNote(0.0, 3.0, 69.0, -10.0),)])
def test_partials_of_the_content_stand_out_of_the_texture(rng, notes):
    made = _made(_tone(PITCH_HZ), _rain(rng), notes=notes, depth=1.0)[0]
    hz, power = signal.welch(made, RATE, nperseg=4096)
    for k in (1, 2, 3):
        peak = power[np.abs(hz - k * PITCH_HZ) < 10.0].mean()
        valley = power[np.abs(hz - (k + 0.5) * PITCH_HZ) < 60.0].mean()
        assert 10.0 * np.log10(peak / valley) > 20.0


def test_raised_bands_are_noise_and_no_tones(rng):
    notes = (HeardNote(0.0, 8.0, 69.0, -10.0),)
    made = _made(_tone(PITCH_HZ, seconds=8.0), _rain(rng), notes=notes, depth=1.0)[0]
    hz, power = signal.welch(made, RATE, nperseg=8192)
    near = np.abs(hz - PITCH_HZ) < 80.0
    # Width of a rectangle of the same power and sum of squares: 30 Hz for a Gaussian whose width
    # at half its height is 20 Hz.
    width_hz = power[near].sum() ** 2 / np.square(power[near]).sum() * (hz[1] - hz[0])
    assert 20.0 < width_hz < 60.0


def test_the_spectrum_is_the_styles_in_third_octaves(rng):
    style = _rain(rng)
    content = _tone(PITCH_HZ)
    notes = (HeardNote(0.0, 3.0, 69.0, -10.0),)
    made = _made(content, style, notes=notes, depth=0.6)[0]

    def levels(samples):
        hz, power = signal.welch(samples, RATE, nperseg=4096)
        # From the second partial on: nothing lies below the first that could be raised instead.
        edges = 600.0 * 2.0 ** (np.arange(12) / 3.0)
        bands = [power[(hz >= a) & (hz < 2.0 * a)].sum() for a in edges[:9]]
        return 10.0 * np.log10(np.array(bands) / sum(bands))

    assert np.abs(levels(made) - levels(style.numpy()[0])).max() < 2.0
    assert np.abs(levels(content) - levels(style.numpy()[0])).max() > 10.0


def test_loudness_rises_and_falls_with_the_content(rng):
    t = np.arange(3 * RATE) / RATE
    content = _tone(PITCH_HZ) * 10.0 ** (-1.0 + np.sin(2 * np.pi * 0.7 * t))
    made = _made(content, _rain(rng))[0]
    difference = _level_db(made) - _level_db(content)
    assert np.std(difference) < 1.5
    assert np.std(_level_db(content)) > 10.0


def test_swells_of_the_style_give_way_and_its_events_stay(rng):
    style = _rain(rng, seconds=6.0).numpy()[0]
    t = np.arange(len(style)) / RATE
    style *= 1.0 + 0.9 * np.sin(2 * np.pi * 0.25 * t)
    clicks = np.zeros_like(style)
    clicks[800::1600] = 3.0
    made = _made(_tone(PITCH_HZ, seconds=6.0), _tensor(style + clicks), depth=0.8)[0]
    slow = _level_db(made, n=8000)
    assert np.std(slow[1:-1]) < 2.0 < np.std(_level_db(style, n=8000))
    frames = np.abs(made[: len(made) // 160 * 160]).reshape(-1, 160).max(1)
    peaks, _ = signal.find_peaks(frames, height=4.0 * np.median(frames), distance=4)
    assert len(peaks) / 6.0 == pytest.approx(10.0, rel=0.2)


def test_notes_are_where_they_were_heard_and_nowhere_else(rng):
    content = _tone(440.0, start_s=0.2, end_s=1.4) + _tone(554.37, start_s=1.6, end_s=2.8)
    made = _made(content, _rain(rng), notes=TWO_NOTES, depth=1.0)[0]
    for start_s, own_hz, other_hz in ((0.4, 440.0, 554.37), (1.8, 554.37, 440.0)):
        part = made[round(start_s * RATE) : round((start_s + 0.9) * RATE)]
        hz, power = signal.welch(part, RATE, nperseg=4096)
        own, other = (power[np.abs(hz - each) < 10.0].mean() for each in (own_hz, other_hz))
        assert 10.0 * np.log10(own / other) > 15.0


def test_pauses_and_silence_stay_silent(rng):
    content = _tone(PITCH_HZ, start_s=1.0, end_s=2.0)
    made = _made(content, _rain(rng))[0]
    assert np.abs(made[: round(0.9 * RATE)]).max() < 1e-6
    assert np.abs(made[round(2.1 * RATE) :]).max() < 1e-6
    assert not _made(np.zeros(8000), _rain(rng)).any()


def test_the_image_is_the_contents(rng):
    left, right = _tone(440.0, end_s=1.5), _tone(554.37, start_s=1.5)
    made = _made(np.stack([left, right]), _rain(rng))
    early, late = (
        np.square(made[:, part]).mean(1) for part in (slice(8000, 20_000), slice(28_000, 44_000))
    )
    assert early[0] > 1e4 * early[1]
    assert late[1] > 1e4 * late[0]


@pytest.mark.parametrize("correlation", [1.0, 0.5, 0.0])
def test_channels_are_as_alike_as_the_contents(rng, correlation):
    common, one, other = rng.standard_normal((3, 4 * RATE))
    share, own = np.sqrt(correlation), np.sqrt(1.0 - correlation)
    content = 0.1 * np.stack([share * common + own * one, share * common + own * other])
    made = _made(content, _rain(rng, seconds=12.0), depth=0.0)
    assert np.corrcoef(made)[0, 1] == pytest.approx(correlation, abs=0.15)


def test_parts_are_the_whole(rng):
    content, style = _tensor(_tone(PITCH_HZ, seconds=6.0, start_s=1.0)), _rain(rng)
    made = CrossSynthesis(content, [style], sample_rate=RATE, notes=TWO_NOTES, strength=0.8)
    whole = made.read(0, content.shape[1])
    for start, stop in ((0, 5000), (41_003, 60_001), (95_000, 96_000)):
        part = made.read(start, stop)
        assert part.shape == (1, stop - start)
        torch.testing.assert_close(part, whole[:, start:stop], rtol=0.0, atol=2e-6)


def test_strength_leads_from_the_content_to_the_result(rng):
    content, style = _tone(PITCH_HZ), _rain(rng)
    assert (_made(content, style, strength=0.0)[0] == content.astype(np.float32)).all()
    made = _made(content, style, strength=1.0)[0]
    hz, power = signal.welch(
        np.stack([content, _made(content, style, strength=0.5)[0], made]), RATE, nperseg=4096
    )
    valley = 10.0 * np.log10(power[:, np.abs(hz - 1.5 * PITCH_HZ) < 60.0].mean(1))
    assert valley[0] + 6.0 < valley[1] < valley[2] - 6.0


def test_depth_makes_the_valleys(rng):
    content, style = _tone(PITCH_HZ), _rain(rng)
    notes = (HeardNote(0.0, 3.0, 69.0, -10.0),)
    valleys = []
    for depth in (0.0, 0.5, 1.0):
        hz, power = signal.welch(
            _made(content, style, depth=depth, notes=notes)[0], RATE, nperseg=4096
        )
        peak, valley = (power[np.abs(hz - k * PITCH_HZ) < 10.0].mean() for k in (1.0, 1.5))
        valleys.append(10.0 * np.log10(peak / valley))
    assert abs(valleys[0]) < 4.0
    assert valleys[0] + 8.0 < valleys[1] < valleys[2] - 5.0


def test_what_cannot_be_made_is_refused(rng):
    style, content = _rain(rng), _tensor(_tone(PITCH_HZ))
    with pytest.raises(InputError, match="expected a style that sounds"):
        cross_synthesise(content, [torch.zeros(1, 16_000)], sample_rate=RATE)
    with pytest.raises(InputError, match=r"styles of 0\.25 s at least, got 0\.100 s"):
        cross_synthesise(content, [style[:, :1600]], sample_rate=RATE)
    with pytest.raises(InputError, match="a content signal"):
        cross_synthesise(content[:, :0], [style], sample_rate=RATE)
    with pytest.raises(SettingsError, match="depth must be between 0 and 1, got 2"):
        cross_synthesise(content, [style], sample_rate=RATE, depth=2.0)
