import pytest
import torch
from torch import nn

from estilo.training import precision
from estilo.training.precision import half_precision

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _asked_anew():
    precision._is_there.cache_clear()
    yield
    precision._is_there.cache_clear()


@pytest.mark.parametrize("wanted", [True, False])
def test_an_lstm_works_in_it_on_any_processor(wanted):
    with half_precision(CPU, wanted=wanted) as context:
        nn.LSTM(32, 32)(torch.zeros(3, 2, 32))
    assert wanted or not context._enabled


def test_without_the_hardware_all_stays_in_full_precision(monkeypatch):
    def refused(*_):
        raise RuntimeError("could not create a primitive descriptor")

    monkeypatch.setattr(nn.LSTM, "forward", refused)
    with half_precision(CPU, wanted=True):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32


def test_with_it_products_are_of_bfloat16(monkeypatch):
    monkeypatch.setattr(nn.LSTM, "forward", lambda *_: None)
    with half_precision(CPU, wanted=True):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.bfloat16


def test_asking_draws_nothing():
    torch.manual_seed(3)
    before = torch.get_rng_state()
    half_precision(CPU, wanted=True)
    assert torch.equal(torch.get_rng_state(), before)
