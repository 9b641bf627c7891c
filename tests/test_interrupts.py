"""Real signals at every callback of an encoder and a decoder: stopped in good order, never late."""

import os
import signal
import sys
import threading

import pytest

from estilo.audio import Audio
from estilo.cli.signals import Stop
from estilo.errors import OutputError
from estilo.interrupts import STOPPING, interrupts_wait
from estilo.io import bytes_of, load, probe, save

EXTENSIONS = ("wav", "flac", "ogg", "opus", "mp3", "aiff", "caf", "m4a")
RATE = 48_000
SAVING = sys.modules["estilo.io.save"]
TAIL = sys.modules["estilo.io.tail"].Tail


@pytest.fixture
def signals():
    """All raise, whatever the tests were started with."""
    before = [signal.signal(number, signal.default_int_handler) for number in STOPPING]
    yield
    for number, handler in zip(STOPPING, before, strict=True):
        signal.signal(number, handler)


@pytest.fixture
def recording(rng) -> Audio:
    """Two blocks and a half, so that there is something before and after a signal."""
    return Audio(0.1 * rng.standard_normal((2, 160_000)), RATE)


class Sender:
    """Sends a signal to this process at one call of a method, and counts the calls."""

    def __init__(self, monkeypatch, owner, name, *, at, number):
        self.n_calls = 0
        self._at, self._number = at, number
        before = getattr(owner, name)

        def call(inner, *arguments):
            self.n_calls += 1
            if self.n_calls == self._at:
                os.kill(os.getpid(), self._number)
            return before(inner, *arguments)

        monkeypatch.setattr(owner, name, call)


def n_callbacks(monkeypatch, name, work) -> int:
    with monkeypatch.context() as patch:
        sender = Sender(patch, TAIL, name, at=0, number=0)
        work()
    return sender.n_calls


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_a_signal_in_any_callback_leaves_the_old_file(
    tmp_path, monkeypatch, signals, capfd, recording, extension
):
    """First, middle and last write, which is that of the close, and a read of the verification."""
    path = tmp_path / f"out.{extension}"

    def work():
        save(recording, path, force=True)

    points = []
    for name in ("write", "read"):
        n = n_callbacks(monkeypatch, name, work)
        assert n >= 2
        points += [(name, at) for at in sorted({1, n // 2, n})]
    path.write_bytes(b"precious")
    for place, (name, at) in enumerate(points):
        with monkeypatch.context() as patch:
            number = STOPPING[place % len(STOPPING)]
            Sender(patch, TAIL, name, at=at, number=number)
            with pytest.raises(KeyboardInterrupt), Stop():
                work()
        assert [each.name for each in tmp_path.iterdir()] == [path.name]
        assert path.read_bytes() == b"precious"
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("extension", ["wav", "flac", "ogg", "mp3"])
def test_a_soft_signal_in_a_callback_lets_the_file_be_written_whole(
    tmp_path, monkeypatch, signals, recording, extension
):
    path = tmp_path / f"out.{extension}"
    Sender(
        monkeypatch,
        TAIL,
        "write",
        at=2,
        number=signal.SIGTERM,
    )
    with Stop() as stop:
        stop.in_steps()
        save(recording, path)
        assert stop.is_set()
    assert load(path).n_samples == recording.n_samples


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_a_signal_while_a_recording_is_decoded_is_not_lost(
    tmp_path, monkeypatch, signals, capfd, recording, extension
):
    path = tmp_path / f"in.{extension}"
    save(recording, path)
    for read in (probe, load):
        with monkeypatch.context() as patch:
            name = "read" if extension == "m4a" else "readinto"
            Sender(patch, bytes_of.View, name, at=2, number=signal.SIGINT)
            with pytest.raises(KeyboardInterrupt):
                read(path)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_any_error_in_a_callback_is_raised(tmp_path, monkeypatch, capfd, recording, extension):
    """Memory may run out in there as well."""

    def fail(*_):
        raise MemoryError("no room")

    class Stream:
        def __init__(self, stream):
            self._stream = stream

        def __getattr__(self, name):
            return fail if name == "write" else getattr(self._stream, name)

    before = TAIL.__init__
    monkeypatch.setattr(
        TAIL, "__init__", lambda self, stream, start: before(self, Stream(stream), start)
    )
    with pytest.raises(MemoryError, match="no room"):
        save(recording, tmp_path / f"out.{extension}")
    assert [*tmp_path.iterdir()] == []
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_what_is_written_is_decoded_to_its_end(tmp_path, monkeypatch, recording, extension):
    """A header that promises all of it is not believed: the last third of the file is gone."""
    before = SAVING._write

    def cut(stream, *others):
        before(stream, *others)
        stream.truncate(stream.seek(0, os.SEEK_END) * 2 // 3)

    monkeypatch.setattr(SAVING, "_write", cut)
    with pytest.raises(OutputError, match="could not be written whole"):
        save(recording, tmp_path / f"out.{extension}")
    assert [*tmp_path.iterdir()] == []


def test_signals_are_handled_once_each_in_their_order(signals):
    came = []
    for number in STOPPING:
        signal.signal(number, lambda got, frame: came.append(got))
    with interrupts_wait() as waiting:
        for number in reversed(STOPPING):
            signal.raise_signal(number)
        assert came == []
        waiting.let_through()
        assert came == [*reversed(STOPPING)]
        signal.raise_signal(STOPPING[0])
    assert came == [*reversed(STOPPING), STOPPING[0]]


def test_a_handler_that_raises_leaves_none_of_ours_behind(signals):
    def send_all():
        with interrupts_wait():
            for number in STOPPING:
                signal.raise_signal(number)

    with pytest.raises(KeyboardInterrupt):
        send_all()
    for number in STOPPING:
        assert signal.getsignal(number) is signal.default_int_handler


def test_nothing_changes_in_another_thread():
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def work():
        with interrupts_wait():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]
