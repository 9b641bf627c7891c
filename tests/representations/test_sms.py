"""The seed's tensor: what it holds, and the fault that it is known for."""

import math

import pytest
import torch

from estilo.representations.sms import Sms

RATE = 22_050


@pytest.fixture
def chord():
    time = torch.arange(RATE).double() / RATE
    parts = [(440.0, 0.1, 0.3), (1000.0, 0.05, -1.0)]
    return sum(a * torch.cos(2 * math.pi * f * time + p) for f, a, p in parts)[None]


def test_it_holds_hz_db_and_radians_and_zeros(chord):
    frames = Sms(sample_rate=RATE, n_sines=4, floor_db=-60.0).analyse(chord)[0]
    hz, level_db, phase = frames[:, 80].chunk(3)
    order = hz.argsort(descending=True)[:2]
    torch.testing.assert_close(hz[order], torch.tensor([1000.0, 440.0]).double(), atol=0.1, rtol=0)
    wanted_db = 20 * torch.log10(torch.tensor([0.05, 0.1]).double())
    torch.testing.assert_close(level_db[order], wanted_db, atol=0.05, rtol=0)
    turns = 2 * math.pi * torch.tensor([1000.0, 440.0]).double() * 80 * 128 / RATE
    wanted = turns + torch.tensor([-1.0, 0.3]).double()
    assert (1.0 - torch.cos(phase[order] - wanted)).max() < 0.01
    absent = hz == 0.0
    assert absent.sum() == 2
    assert not level_db[absent].any()
    assert not phase[absent].any()


def test_tracks_without_a_reference_sound_as_they_stand(chord):
    sms = Sms(sample_rate=RATE, n_sines=4)
    again = sms.synthesise(sms.analyse(chord), length=RATE)
    inner = slice(2000, -2000)
    error = (again - chord)[:, inner].square().mean() / chord[:, inner].square().mean()
    assert 10 * math.log10(error) < -30.0


def test_an_absent_track_that_moves_off_0_hz_is_at_full_scale():
    sms = Sms(sample_rate=RATE, n_sines=4)
    frames = sms.analyse(torch.zeros(1, 8000))
    assert not sms.synthesise(frames, length=8000).any()
    frames[:, 0] = 440.0
    assert sms.synthesise(frames, length=8000).abs().max() > 0.5
