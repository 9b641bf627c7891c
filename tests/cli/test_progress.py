import io

import pytest
from rich.console import Console

from estilo.app.events import Started, Writing
from estilo.app.words import spoken_time
from estilo.cli.progress import Reporter
from estilo.cli.signals import Stop
from estilo.io import AudioFileWarning
from estilo.progress import Progress
from estilo.remarks import warn

STEP = Progress(0.25, "optimising", 12, loss=0.5, elapsed_s=1.0, remaining_s=3.0)


@pytest.fixture(autouse=True)
def _able_terminal(monkeypatch):
    """One that moves its cursor, whatever the tests were started in."""
    monkeypatch.setenv("TERM", "xterm-256color")


def report(*, is_terminal, is_quiet=False, stop=None):
    """What is said during one step."""
    stream = io.StringIO()
    reporter = Reporter(is_quiet=is_quiet, stop=stop)
    reporter._console = Console(file=stream, force_terminal=is_terminal, width=120, soft_wrap=True)
    with reporter.working():
        reporter.on_event(Started("a in the style of b"))
        reporter.on_event(STEP)
        if reporter._bar is not None:
            reporter._bar.refresh()
        reporter.on_event(Writing())
    return stream.getvalue()


def test_a_terminal_shows_stage_step_loss_and_time_left():
    shown = report(is_terminal=True)
    for part in ("a in the style of b", "optimising", "25%", "step 12, loss 0.5", "3.0 s left"):
        assert part in shown


def test_elsewhere_a_line_is_enough():
    assert report(is_terminal=False) == "a in the style of b\n"


def test_long_work_says_elsewhere_now_and_then_how_much_is_left(monkeypatch):
    clock, stream = [0.0], io.StringIO()
    monkeypatch.setattr("estilo.cli.progress.time.monotonic", lambda: clock[0])
    reporter = Reporter(is_quiet=False)
    reporter._console = Console(file=stream, force_terminal=False, width=120, soft_wrap=True)
    with reporter.working("a long one"):
        for second in range(1, 60):
            clock[0] = 100.0 + second
            reporter.on_event(Progress(second / 60, "optimising", second, remaining_s=60 - second))
    assert stream.getvalue().splitlines() == [
        "a long one",
        "optimising: 2 %, about 59.0 s left",
        "optimising: 35 %, about 39.0 s left",
        "optimising: 68 %, about 19.0 s left",
    ]


def test_quiet_is_silent():
    assert report(is_terminal=True, is_quiet=True) == ""


def test_that_it_is_stopping_is_shown():
    stop = Stop()
    stop.set()
    assert "stopping" in report(is_terminal=True, stop=stop)


def test_warnings_are_said_once(capsys):
    with Reporter(is_quiet=False).listening():
        for _ in range(2):
            warn("an odd\n  file", AudioFileWarning)
    assert capsys.readouterr().err == "warning: an odd file\n"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0.0 s"),
        (59.9, "59.9 s"),
        (59.96, "1 min 0 s"),
        (3599, "59 min 59 s"),
        (7200, "2 h 0 min"),
    ],
)
def test_times_as_one_would_say_them(seconds, words):
    assert spoken_time(seconds) == words
