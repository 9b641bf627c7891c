import os

import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits

from estilo.threads import default_threads, limited


def pools() -> dict[str, int]:
    """Threads of every pool of the process."""
    return {each["filepath"]: each["num_threads"] for each in threadpool_info()}


def blas() -> set[int]:
    return {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}


@pytest.fixture
def many_cores(monkeypatch):
    """A machine of eight cores, all of them torch's."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)


def test_every_pool_is_bounded_and_put_back() -> None:
    with threadpool_limits(4):
        torch.set_num_threads(4)
        before = pools()
        assert len(before) >= 2  # those of numpy and torch
        with limited(3) as threads:
            assert threads == 3
            assert torch.get_num_threads() == 3
            assert max(pools().values()) <= 3
            assert blas() == {1}
            with limited(1):
                assert set(pools().values()) == {1}
                assert torch.get_num_threads() == 1
            assert torch.get_num_threads() == 3
        assert pools() == before
        assert torch.get_num_threads() == 4
    torch.set_num_threads(1)


def test_pools_are_put_back_after_an_error() -> None:
    before, own = pools(), torch.get_num_threads()
    with pytest.raises(ValueError, match="no"), limited(2):
        raise ValueError("no")
    assert (pools(), torch.get_num_threads()) == (before, own)


def test_half_the_cores_where_threads_spin(many_cores) -> None:
    assert default_threads() == 4


def test_all_cores_where_threads_sleep(many_cores, monkeypatch) -> None:
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")
    assert default_threads() == 8


def test_one_thread_at_the_least(many_cores, monkeypatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
    assert default_threads() == 1


def test_half_of_what_the_process_may_use(many_cores, monkeypatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    assert default_threads() == 1


def test_a_bound_on_torch_is_heeded(many_cores, monkeypatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 7)
    assert default_threads() == 7
