"""Vibrato, onsets and frequencies of tracks whose answers are known."""

import math

import pytest
import torch
from partials import FRAMES_HZ, partials, wavering

from estilo.dsp.sinusoidal.tracks import Tracks
from estilo.engines.sines.motion import Manner, onset_gains_db, with_frequencies, with_vibrato

STEADY = partials([440.0, 880.0], [-10.0, -20.0])


def manner(*recordings: Tracks) -> Manner:
    return Manner.of(recordings, [1.0] * len(recordings))


@pytest.mark.parametrize(("cents", "rate_hz"), [(30.0, 5.5), (60.0, 6.5), (15.0, 5.0)])
def test_vibrato_is_measured(cents, rate_hz):
    found = manner(partials(wavering(cents, rate_hz), [-10.0]))
    # The running average of 0.3 s lets a little of the slower ones through.
    assert found.vibrato_cents == pytest.approx(cents / math.sqrt(2), rel=0.15)
    assert found.vibrato_hz == pytest.approx(rate_hz, rel=0.1)


def test_steady_tones_and_flutter_have_none(rng):
    assert manner(STEADY).vibrato_cents == 0.0
    noise = torch.from_numpy(rng.standard_normal((1, 250))).float()
    flutter = 440.0 * 2.0 ** (30.0 / 1200.0 * noise)
    assert manner(partials(flutter, [-10.0])).vibrato_cents == 0.0


@pytest.mark.parametrize(("own", "wanted"), [(0.0, 40.0), (20.0, 40.0), (40.0, 10.0)])
def test_tracks_waver_as_the_style_does(own, wanted):
    content = partials(torch.cat([wavering(own, 5.5), 2 * wavering(own, 5.5)]), [-10.0, -20.0])
    goal = manner(partials(wavering(wanted, 6.0), [-10.0]))
    moved = with_vibrato(content, manner(content), goal, share=1.0)
    found = manner(moved)
    assert found.vibrato_cents == pytest.approx(goal.vibrato_cents, rel=0.2)
    ratio = moved.frequency_hz[1] / moved.frequency_hz[0]
    torch.testing.assert_close(ratio, torch.full_like(ratio, 2.0), atol=1e-4, rtol=0)
    still = with_vibrato(content, manner(content), goal, share=0.0)
    assert torch.equal(still.frequency_hz, content.frequency_hz)


def test_phases_of_moved_tracks_begin_at_their_own():
    content = partials([440.0], [-10.0], rests=20)
    content = Tracks(
        content.frequency_hz,
        content.amplitude,
        torch.where(content.gate, 1.2, 0.0),
        content.label,
        content.sample_rate,
        content.hop_length,
    )
    goal = manner(partials(wavering(40.0, 6.0), [-10.0]))
    moved = with_vibrato(content, manner(content), goal, share=1.0)
    assert float(moved.phase[0, 20]) == pytest.approx(1.2, abs=1e-5)
    assert not moved.phase[0, :20].any()


def rising(seconds, *, n_frames=250):
    """A tone that rises by 30 dB from frame 20 on."""
    time = (torch.arange(n_frames) - 20) / FRAMES_HZ
    level = -10.0 - 30.0 * (1.0 - time / seconds).clamp(0.0, 1.0)
    return partials([440.0], level[None], n_frames=n_frames, rests=20)


def test_onsets_become_those_of_the_style():
    sudden, slow = partials([440.0], [-10.0], rests=20), rising(0.12)
    gains = onset_gains_db(sudden, manner(sudden), manner(slow), share=1.0)
    torch.testing.assert_close(gains[0, 20:33], (slow.level_db + 10.0)[0, 20:33], atol=0.1, rtol=0)
    assert not gains[0, 33:].any()
    back = onset_gains_db(slow, manner(slow), manner(sudden), share=1.0)
    assert float(back.max()) == 12.0  # no further: what is raised may be noise
    assert not onset_gains_db(sudden, manner(sudden), manner(slow), share=0.0).any()


def test_short_tracks_have_no_onset_of_their_own():
    short = partials([440.0], [-10.0], n_frames=10)
    assert not onset_gains_db(short, manner(STEADY), manner(rising(0.12)), share=1.0).any()


def test_frequencies_go_where_the_style_has_its_energy():
    content = partials([440.0, 880.0], [-10.0, -10.0])
    style = partials([220.0, 660.0], [-10.0, -10.0])
    moved = with_frequencies(content, manner(content), manner(style), share=1.0)
    torch.testing.assert_close(
        moved.frequency_hz[:, 50], torch.tensor([220.0, 660.0]), atol=1.0, rtol=0
    )
    half = with_frequencies(content, manner(content), manner(style), share=0.5)
    assert float(half.frequency_hz[0, 50]) == pytest.approx(math.sqrt(440.0 * 220.0), abs=1.0)
