"""Results of listening tests as tables on the terminal."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from estilo.cli.terminal import printable

if TYPE_CHECKING:
    from estilo.evaluation.bootstrap import Interval
    from estilo.listening.answers import Answer
    from estilo.listening.design import Design
    from estilo.listening.results import Vote

_NOTHING = "–"
_SCORES_OF_BOARD = "pairs.csv"


def tell_results(folder: Path, tests: Iterable[Path], files: Sequence[Path]) -> None:
    """Print what listeners said in some tests.

    Args:
        folder: folder of the outputs, whose scoreboard is compared with.
        tests: folders of the tests.
        files: files of answers that pages without a server gave.

    Raises:
        InputError: there is no test, or a file holds no answers to it.
    """
    from estilo.listening.answers import AnswerBook
    from estilo.listening.design import read_design

    for test in tests:
        design = read_design(test)
        answers = AnswerBook(test, design).read(files)
        listeners = {each.listener for each in answers}
        _tell(
            f"{test}: {design.kind}, {counted(len(listeners), 'listener')}, "
            f"{counted(len(design.pages), 'page')}"
        )
        if design.kind == "abx":
            _tell_trials(design, answers)
        else:
            _tell_ratings(design, answers, folder)


def _tell_trials(design: "Design", answers: Sequence["Answer"]) -> None:
    from estilo.listening.results import trials

    rows = []
    for each in trials(design, answers):
        p_value = f"{each.p_value:.3g}" if math.isfinite(each.p_value) else "not done"
        rows.append([each.listener, f"{each.n_correct} of {each.n_answered}", p_value])
    _print(["", "correct", "p"], rows)
    _tell(f"A/B/X of {' and '.join(design.rows)}; p is the probability of so many by guessing.")


def _tell_ratings(design: "Design", answers: Sequence["Answer"], folder: Path) -> None:
    from estilo.listening.results import left_out, means_of_rows, votes

    every = votes(design, answers)
    out = left_out(every)
    if out:
        _tell(
            f"left out: {', '.join(out)} (rated the hidden reference below 90 in more than 15 % "
            "of the items)"
        )
    kept = [vote for vote in every if vote.listener not in out]
    if not kept:
        _tell("there are no finished pages to count yet")
        return
    for scale in dict.fromkeys(page.scale for page in design.pages):
        rows = [
            [each.label, _interval(each.mean, 1), f"{each.median:.0f}", str(each.mean.n)]
            for each in means_of_rows([vote for vote in kept if vote.scale == scale])
        ]
        _print([scale, "mean [95 %]", "median", "ratings"], rows)
    board = folder / _SCORES_OF_BOARD
    if board.is_file():
        _tell_agreements(kept, board)
    else:
        _tell(f"there is no {board} to compare with")


def _tell_agreements(kept: Sequence["Vote"], board: Path) -> None:
    from estilo.listening.results import agreements, scores_of_board

    found = agreements(kept, scores_of_board(board))
    for scale in dict.fromkeys(each.scale for each in found):
        of_scale = [each for each in found if each.scale == scale and each.rho.n]
        of_scale.sort(key=lambda each: -abs(each.rho.value))
        rows = [
            [
                each.score,
                _interval(each.rho, 2),
                _number(each.tau.value),
                _number(each.rho_of_rows),
            ]
            for each in of_scale
        ]
        _print([f"{scale} and", "rho [95 %]", "tau", "rho of rows"], rows)
    _tell("rho is Spearman's, tau Kendall's, within items; where less is better, minus agrees.")


def counted(n: int, noun: str) -> str:
    """A number and its noun.

    Args:
        n: the number.
        noun: noun in the singular.

    Example:
        >>> counted(1, "page"), counted(3, "page")
        ('1 page', '3 pages')
    """
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _print(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich import box
    from rich.table import Table

    from estilo.cli.terminal import Terminal

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for place, text in enumerate(heading):
        table.add_column(text, justify="right" if place else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    Terminal().print(table)


def _interval(interval: "Interval", decimals: int) -> str:
    if interval.n == 0:
        return _NOTHING
    value, low, high = (
        _number(each, decimals) for each in (interval.value, interval.low, interval.high)
    )
    return f"{value} [{low}, {high}]"


def _number(value: float, decimals: int = 2) -> str:
    return f"{value:.{decimals}f}".replace("-", "−") if math.isfinite(value) else _NOTHING


def _tell(text: str) -> None:
    print(printable(text))
