"""Hits on a kit, of beats whose sounds and times are known."""

import numpy as np
import pytest
import torch

from estilo.analysis.transcription import HeardNote, Hit, Transcription
from estilo.audio import Audio
from estilo.engines.notes.percussion import KitLayer, OwnHits
from estilo.sampler.kit import Kit

RATE = 16_000


def _drum(rng, *, is_dark, decay_s):
    """Noise below 400 Hz or above 4 kHz that dies away."""
    noise = np.fft.rfft(rng.standard_normal(4000))
    hz = np.fft.rfftfreq(4000, 1.0 / RATE)
    noise[hz > 400.0 if is_dark else hz < 4000.0] = 0.0
    sound = np.fft.irfft(noise) * np.exp(-np.arange(4000) / RATE / decay_s)
    return sound / np.abs(sound).max()


def _beat(rng, hits, *, seconds=3.0, decay_s=0.03):
    """Hits (time, is dark, level), and what is to be heard of them."""
    out, heard = np.zeros(round(seconds * RATE)), []
    for start_s, is_dark, level in hits:
        sound = level * _drum(rng, is_dark=is_dark, decay_s=decay_s)
        start = round(start_s * RATE)
        out[start : start + len(sound)] += sound[: len(out) - start]
        heard.append(Hit(start_s, start_s + 0.2, 20.0 * np.log10(level) - 8.0))
    return out, Transcription((), tuple(heard), 1.0)


BEAT = ((0.5, True, 0.5), (1.0, False, 0.3), (1.5, True, 0.5), (2.0, False, 0.1))
STYLE = ((0.2, False, 0.4), (0.8, True, 0.4), (1.4, False, 0.4), (2.0, True, 0.4))


def _layer(rng, content, heard, **more):
    style, style_heard = _beat(rng, STYLE, decay_s=0.06)
    kit = Kit.of([Audio(style, RATE)], [style_heard])
    options = {"sample_rate": RATE, "gain": 1.0, "style": 1, "share": 0.5} | more
    return KitLayer(torch.from_numpy(np.atleast_2d(content)).float(), heard, kit, **options)


def _part(samples, start_s):
    return samples[..., round(start_s * RATE) : round((start_s + 0.2) * RATE)]


def test_dark_hits_are_played_dark_and_bright_ones_bright(rng):
    content, heard = _beat(rng, BEAT)
    made = _layer(rng, content, heard).read(0, len(content)).numpy()[0]
    for start_s, is_dark, _ in BEAT:
        power = np.square(np.abs(np.fft.rfft(_part(made, start_s))))
        hz = np.fft.rfftfreq(round(0.2 * RATE), 1.0 / RATE)
        dark, bright = power[hz < 500.0].sum(), power[hz > 3800.0].sum()
        assert (dark > 30.0 * bright) if is_dark else (bright > 30.0 * dark)


def test_hits_begin_when_they_did_and_are_as_loud(rng):
    content, heard = _beat(rng, BEAT)
    made = _layer(rng, content, heard).read(0, len(content)).numpy()[0]
    for start_s, _, _ in BEAT:
        before = made[round((start_s - 0.1) * RATE) : round((start_s - 0.006) * RATE)]
        assert np.abs(before).max() < 0.02 * np.abs(_part(made, start_s)).max()
        powers = [np.square(_part(each, start_s)[:480]).mean() for each in (content, made)]
        assert 10.0 * np.log10(powers[1] / powers[0]) == pytest.approx(0.0, abs=3.0)


def test_blocks_are_the_whole_and_grains_are_told(rng):
    content, heard = _beat(rng, BEAT)
    layer = _layer(rng, content, heard)
    whole = layer.read(0, len(content))
    parts = [layer.read(at, min(at + 7001, len(content))) for at in range(0, len(content), 7001)]
    torch.testing.assert_close(torch.cat(parts, 1), whole)
    grains = layer.grains()
    assert [round(grain.start_s, 2) for grain in grains] == [0.5, 1.0, 1.5, 2.0]
    dark_s, bright_s = ({round(grain.style_start_s, 1) for grain in grains[i::2]} for i in (0, 1))
    assert dark_s <= {0.8, 2.0}
    assert bright_s <= {0.2, 1.4}
    assert {(grain.style, grain.share) for grain in grains} == {(1, 0.5)}


def test_hits_keep_their_places_in_stereo(rng):
    left, heard = _beat(rng, BEAT)
    made = _layer(rng, np.stack([left, 0.1 * left]), heard).read(0, len(left)).numpy()
    powers = np.square(made).sum(1)
    assert powers[0] / powers[1] == pytest.approx(100.0, rel=0.05)


def test_without_a_kit_hits_stay_what_they_are(rng):
    content, heard = _beat(rng, BEAT)
    time_s = np.arange(len(content)) / RATE
    tone = 0.05 * sum(np.sin(2 * np.pi * 440.0 * k * time_s) / k for k in range(1, 6))
    both = torch.from_numpy(content + tone)[None].float()
    known = Transcription((HeardNote(0.0, 3.0, 69.0, -20.0),), heard.hits, 1.0)
    made = OwnHits(both, known, sample_rate=RATE).read(0, len(content)).numpy()[0]
    for start_s in (0.5, 1.0, 1.5):
        own, left = _part(content, start_s), _part(made, start_s)
        assert np.corrcoef(own, left)[0, 1] > 0.9
    between = made[round(0.8 * RATE) : round(0.95 * RATE)]
    assert np.square(between).mean() < 1e-3 * np.square(_part(content, 0.5)).mean()


def test_written_hits_are_played_by_what_lies_where_they_do(rng):
    """A bass drum and a closed hi-hat of General MIDI, on silence."""
    keys = {True: 36, False: 42}
    _, heard = _beat(rng, BEAT)
    hits = tuple(
        Hit(hit.start_s, hit.end_s, hit.level_db, keys[is_dark])
        for hit, (_, is_dark, _) in zip(heard.hits, BEAT, strict=True)
    )
    silence = np.zeros((2, 3 * RATE))
    made = _layer(rng, silence, Transcription((), hits, 1.0)).read(0, 3 * RATE).numpy()
    np.testing.assert_array_equal(made[0], made[1])
    peaks = []
    for start_s, is_dark, _ in BEAT:
        part = _part(made[0], start_s)
        power = np.square(np.abs(np.fft.rfft(part)))
        hz = np.fft.rfftfreq(part.shape[-1], 1.0 / RATE)
        dark, bright = power[hz < 500.0].sum(), power[hz > 3800.0].sum()
        assert (dark > 30.0 * bright) if is_dark else (bright > 30.0 * dark)
        peaks.append(20.0 * np.log10(np.abs(part).max()))
    assert peaks[1] - peaks[3] == pytest.approx(9.5, abs=1.5)
