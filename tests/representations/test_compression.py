"""Compressions invert, stay finite at zero, and never give a negative magnitude."""

import pytest
import torch

from estilo.errors import SettingsError
from estilo.representations.compression import COMPRESSIONS, compression


@pytest.mark.parametrize("name", COMPRESSIONS)
def test_inverts_and_has_a_finite_slope(name):
    pair = compression(name)
    magnitude = torch.tensor([0.0, 1e-6, 1e-3, 0.5, 1.0, 700.0], requires_grad=True)
    level = pair.compress(magnitude)
    assert (level.diff() > 0).all()
    torch.testing.assert_close(pair.decompress(level), magnitude, rtol=1e-4, atol=1e-6)
    level.sum().backward()
    assert magnitude.grad is not None
    assert magnitude.grad.isfinite().all()


@pytest.mark.parametrize("name", COMPRESSIONS)
def test_silence_and_less_give_silence_with_a_finite_slope(name):
    pair = compression(name)
    silence = pair.compress(torch.zeros(1))
    level = torch.cat([silence, silence - 1.0, torch.tensor([-1e6])]).requires_grad_()
    magnitude = pair.decompress(level)
    assert (magnitude >= 0).all()
    torch.testing.assert_close(magnitude, torch.zeros(3), atol=1e-9, rtol=0)
    magnitude.sum().backward()
    assert level.grad is not None
    assert level.grad.isfinite().all()


def test_decibels_and_exponents_are_what_they_say():
    assert compression("db").compress(torch.tensor([100.0])).item() == pytest.approx(40.0, abs=1e-3)
    assert compression("db", floor_db=-60.0).compress(torch.zeros(1)).item() == pytest.approx(-60.0)
    level = compression("power", exponent=0.25).compress(torch.tensor([16.0]))
    assert level.item() == pytest.approx(2.0, abs=0.02)


def test_bad_settings_are_refused():
    with pytest.raises(SettingsError, match="unknown compression 'cube'"):
        compression("cube")
    with pytest.raises(SettingsError, match="0 < exponent ≤ 2, got 0"):
        compression("power", exponent=0.0)
