import os
import signal
import subprocess
import sys
import time

import pytest

from estilo.cli.signals import Stop
from estilo.pipeline.report import read_report

# The parent may have been started to ignore Ctrl-C, which children inherit.
PROGRAM = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from estilo.cli import main; raise SystemExit(main())"
)
# Steps are announced on stderr, so that the test knows when to send the signal.
ANNOUNCING = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from estilo.cli import main, progress; before = progress.Reporter.on_event; "
    "progress.Reporter.on_event = lambda self, each: (before(self, each), "
    "isinstance(each, progress.Progress) and print('STEP', file=sys.stderr, flush=True)); "
    "raise SystemExit(main())"
)


def start(folder, *options, program=ANNOUNCING):
    command = [sys.executable, "-c", program, "transfer", folder / "content.wav"]
    command += [folder / "style.wav", "-o", folder / "out.wav", "--set", "optimiser=adam"]
    command += ["--set", "n_steps=100000", "--no-scores", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_a_step(process):
    for line in process.stderr:
        if line.startswith("STEP"):
            return
    raise AssertionError("it ended before its first step")


def test_a_signal_ends_it_with_nothing_written(folder, listing):
    """SIGTERM here and Ctrl-C below: `Stop` takes them alike, see `test_the_second_one_raises`."""
    before = listing()
    with start(folder) as process:
        wait_for_a_step(process)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert "cancelled after" in err
    assert "nothing was written" in err
    assert "Traceback" not in err
    assert listing() == before


def test_keep_best_writes_the_best_so_far(folder):
    with start(folder, "--keep-best") as process:
        wait_for_a_step(process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out.splitlines() == [str(folder / "out.wav"), str(folder / "out.wav.json")]
    assert "stopped early: this is the best so far" in err
    report = read_report(folder / "out.wav.json")
    assert not report.is_complete
    assert 0 < len(report.loss_curve) < 100_000


def test_a_signal_before_the_first_step_ends_it_at_once(folder, listing):
    before = listing()
    with start(folder, "--keep-best", program=PROGRAM) as process:
        process.stderr.readline()  # the title comes before torch
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "cancelled; nothing was written" in err
    assert "Traceback" not in err
    assert listing() == before


@pytest.fixture
def signals():
    """Both raise, whatever the tests were started with."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, signal.default_int_handler) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_second_one_raises(signals, number):
    with Stop() as stop:
        stop.in_steps()
        os.kill(os.getpid(), number)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) is signal.default_int_handler


def test_a_hard_token_raises_at_once(signals):
    with Stop() as stop:
        stop.in_steps()
        stop.in_one_go()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def fail_after_a_signal():
    with Stop() as stop:
        stop.in_steps()
        os.kill(os.getpid(), signal.SIGINT)
        raise ValueError("a callback in C swallowed it")


def test_what_fails_after_a_signal_is_a_cancellation(signals):
    with pytest.raises(KeyboardInterrupt):
        fail_after_a_signal()


def test_an_ignored_signal_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Stop() as stop:
            os.kill(os.getpid(), signal.SIGINT)
            assert not stop.is_set()
    finally:
        signal.signal(signal.SIGINT, before)
