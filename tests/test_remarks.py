"""Warnings of several threads at once: each hears its own, and the process is as it was."""

import threading
import warnings

import numpy as np
import pytest

from estilo.remarks import hearing, ignoring, unheard, warn


def test_the_first_to_come_may_be_the_first_to_go():
    heard = {"first": [], "second": []}
    first_in, second_in, first_out = (threading.Event() for _ in range(3))

    def say(name):
        warn(f"of {name}", UserWarning)
        warnings.warn(f"of others in {name}", RuntimeWarning, stacklevel=1)

    def first():
        with hearing(lambda text, _: heard["first"].append(text)):
            first_in.set()
            assert second_in.wait(60)
            say("first")
        first_out.set()

    def second():
        assert first_in.wait(60)
        with hearing(lambda text, _: heard["second"].append(text)):
            second_in.set()
            assert first_out.wait(60)
            say("second")

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        before = warnings.showwarning, warnings.filters[:]
        threads = [threading.Thread(target=each) for each in (first, second)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert (warnings.showwarning, warnings.filters[:]) == before
    assert heard == {name: [f"of {name}", f"of others in {name}"] for name in heard}


def test_who_does_not_listen_is_warned_as_by_python():
    heard = []
    done = threading.Event()

    def other():
        with hearing(lambda text, _: heard.append(text)):
            done.wait(60)

    thread = threading.Thread(target=other)
    thread.start()
    try:
        with pytest.warns(UserWarning, match="of nobody") as caught:
            warn("of nobody", UserWarning)
        assert caught[0].filename == __file__
    finally:
        done.set()
        thread.join()
    assert heard == []


def test_what_is_unheard_is_dropped_in_this_thread_alone():
    caught = []

    def other():
        with hearing(lambda text, _: caught.append(text)):
            warn("theirs", UserWarning)

    with unheard(UserWarning):
        warn("ours", UserWarning)
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert caught == ["theirs"]
    with pytest.warns(UserWarning, match="ours"):
        warn("ours", UserWarning)


def test_what_others_warn_of_is_ignored_and_heard_again():
    with ignoring("divide by zero", RuntimeWarning), hearing(lambda *_: pytest.fail("heard")):
        np.float64(1.0) / np.float64(0.0)
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        np.float64(1.0) / np.float64(0.0)
