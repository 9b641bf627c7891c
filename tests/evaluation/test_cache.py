import numpy as np
import pytest

from estilo.audio import Audio
from estilo.errors import OutputError
from estilo.evaluation.cache import cache_folder, cached


def test_made_once_and_the_same_ever_after(cache, rng):
    made = Audio(0.1 * rng.standard_normal((2, 5000)), 22_050)
    calls = []

    def make():
        calls.append(1)
        return made

    first, again = cached("set-v1/noise", make), cached("set-v1/noise", make)
    assert len(calls) == 1
    assert (first.sample_rate, first.n_channels) == (22_050, 2)
    np.testing.assert_array_equal(first.samples, again.samples)
    np.testing.assert_allclose(first.samples, made.samples, atol=2.0**-23)
    assert [path.relative_to(cache).as_posix() for path in cache.rglob("*.flac")] == [
        "set-v1/noise.flac"
    ]


def test_equal_recordings_are_equal_files(cache, rng):
    made = Audio(0.1 * rng.standard_normal(5000), 22_050)
    for name in ("one", "two"):
        cached(name, lambda: made)
    assert (cache / "one.flac").read_bytes() == (cache / "two.flac").read_bytes()


def test_a_failure_leaves_nothing(cache):
    def fail():
        raise ValueError("no sound")

    with pytest.raises(ValueError, match="no sound"):
        cached("broken", fail)
    assert not list(cache.rglob("*.*"))


def test_the_users_folder_without_the_variable(monkeypatch):
    monkeypatch.delenv("ESTILO_CACHE", raising=False)
    assert cache_folder().name == "estilo"


def test_a_folder_that_is_a_file_is_refused(monkeypatch, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("ESTILO_CACHE", str(tmp_path / "file"))
    with pytest.raises(OutputError, match=r"cannot be written|is a file"):
        cached("set/noise", lambda: Audio([0.1], 8000))
