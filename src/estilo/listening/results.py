"""What listeners said, row by row, and how far the scores of a scoreboard agree with them."""

import csv
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from estilo.errors import InputError
from estilo.evaluation.bootstrap import Interval, mean_interval
from estilo.listening.answers import Answer
from estilo.listening.design import Design, Part, Scale
from estilo.listening.statistics import (
    binomial_p,
    crossed_interval,
    rank_correlations,
    screened,
)

_NOT_SCORES = {
    *("set", "entry", "series", "strength", "item", "group"),
    *("duration_s", "wall_s", "processor_s", "error"),
}


@dataclass(frozen=True)
class Vote:
    """One rating, with what it was of.

    Args:
        listener: name of the listener.
        item: item of the test set.
        scale: what was asked.
        label: row that was rated, or hidden reference, or anchor.
        part: part that the sound played.
        rating: rating, 0 to 100.
    """

    listener: str
    item: str
    scale: Scale
    label: str
    part: Part
    rating: float


@dataclass(frozen=True)
class RowVotes:
    """All ratings of a row on one scale.

    Args:
        label: row, hidden reference or anchor.
        scale: what was asked.
        mean: mean and its 95 % interval.
        median: median.
    """

    label: str
    scale: Scale
    mean: Interval
    median: float


@dataclass(frozen=True)
class Trials:
    """Answers to A/B/X.

    Args:
        listener: name of the listener.
        n_correct: number of correct answers.
        n_answered: number of answers.
        n_trials: number of trials that were fixed beforehand.
    """

    listener: str
    n_correct: int
    n_answered: int
    n_trials: int

    @property
    def p_value(self) -> float:
        """Probability of as many correct answers by guessing; NaN until all trials are done.

        Example:
            >>> round(Trials("Ada", 16, 16, 16).p_value, 6), Trials("Ada", 9, 9, 16).p_value
            (1.5e-05, nan)
        """
        if self.n_answered < self.n_trials:
            return math.nan
        return binomial_p(self.n_correct, self.n_trials)


@dataclass(frozen=True)
class Agreement:
    """How far a score ranks outputs as listeners do.

    Args:
        score: name of the score.
        scale: what listeners were asked.
        rho: Spearman's, within items, mean and interval over items.
        tau: Kendall's, likewise.
        rho_of_rows: Spearman's between the means of rows over the items that were heard.
    """

    score: str
    scale: Scale
    rho: Interval
    tau: Interval
    rho_of_rows: float


def votes(design: Design, answers: Iterable[Answer]) -> list[Vote]:
    """Ratings of pages that are done, with what is known of the sounds.

    Args:
        design: the test.
        answers: answers, see `estilo.listening.answers.AnswerBook.read`.
    """
    pages = {page.name: page for page in design.pages}
    return [
        Vote(answer.listener, page.item, page.scale, each.label, each.part, float(rating))
        for answer in answers
        if answer.is_done
        for page in [pages[answer.page]]
        for each in page.stimuli
        if (rating := answer.values.get(each.name)) is not None
    ]


def left_out(every: Iterable[Vote]) -> list[str]:
    """Listeners who did not recognise the hidden references, see `screened`.

    Args:
        every: all votes.
    """
    references: defaultdict[str, list[float]] = defaultdict(list)
    for vote in every:
        if vote.part == "reference":
            references[vote.listener].append(vote.rating)
    return screened(references)


def means_of_rows(every: Sequence[Vote]) -> list[RowVotes]:
    """Ratings of every row on every scale, the best first.

    Args:
        every: votes.
    """
    groups: defaultdict[tuple[Scale, str], list[Vote]] = defaultdict(list)
    for vote in every:
        groups[vote.scale, vote.label].append(vote)
    found = [
        RowVotes(
            label,
            scale,
            crossed_interval(
                [vote.rating for vote in group],
                [vote.listener for vote in group],
                [vote.item for vote in group],
            ),
            float(np.median([vote.rating for vote in group])),
        )
        for (scale, label), group in groups.items()
    ]
    return sorted(found, key=lambda each: -each.mean.value)


def trials(design: Design, answers: Iterable[Answer]) -> list[Trials]:
    """Answers to A/B/X, a row per listener, and one of all who are done where there are several.

    Args:
        design: the test.
        answers: answers.
    """
    right = {page.name: page.answer for page in design.pages}
    said: defaultdict[str, list[bool]] = defaultdict(list)
    for answer in answers:
        if answer.is_done and "X" in answer.values:
            said[answer.listener].append(answer.values["X"] == right[answer.page])
    found = [Trials(name, sum(each), len(each), len(right)) for name, each in said.items()]
    done = [each for each in found if each.n_answered == each.n_trials]
    if len(done) > 1:
        n_correct = sum(each.n_correct for each in done)
        n_trials = sum(each.n_trials for each in done)
        found.append(Trials("all who are done", n_correct, n_trials, n_trials))
    return found


def scores_of_board(path: Path) -> dict[str, dict[tuple[str, str], float]]:
    """Scores by name, and then by item and row.

    Args:
        path: ``pairs.csv`` of a scoreboard.

    Raises:
        InputError: it is none.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        names = [name for name in rows[0] if name not in _NOT_SCORES]
        return {
            name: {(row["item"], row["entry"]): float(row[name] or "nan") for row in rows}
            for name in names
        }
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise InputError(
            f"{path} is no table of a scoreboard ({type(error).__name__}: {error}); run estilo "
            "scoreboard again"
        ) from error


def agreements(
    every: Iterable[Vote], scores: Mapping[str, Mapping[tuple[str, str], float]]
) -> list[Agreement]:
    """Rank correlations of votes on rows with every score, on every scale.

    Hidden references and anchors do not count: that they are told apart is no merit of a score.

    Args:
        every: votes.
        scores: scores, see `scores_of_board`.

    Returns:
        As they are: a distance that agrees with listeners has a negative correlation with how near
        they find it.
    """
    ratings: defaultdict[Scale, defaultdict[tuple[str, str], list[float]]]
    ratings = defaultdict(lambda: defaultdict(list))
    for vote in every:
        if vote.part == "output":
            ratings[vote.scale][vote.item, vote.label].append(vote.rating)
    return [
        _agreement(name, scale, {key: float(np.mean(each)) for key, each in of_scale.items()}, of)
        for scale, of_scale in ratings.items()
        for name, of in scores.items()
    ]


def _agreement(
    name: str,
    scale: Scale,
    ours: Mapping[tuple[str, str], float],
    theirs: Mapping[tuple[str, str], float],
) -> Agreement:
    known = {
        key: (vote, theirs[key])
        for key, vote in ours.items()
        if math.isfinite(theirs.get(key, math.nan))
    }
    items = dict.fromkeys(item for item, _ in known)
    rows = dict.fromkeys(row for _, row in known)
    within = [
        rank_correlations(*_columns([both for (of, _), both in known.items() if of == item]))
        for item in items
    ]
    means = [
        np.mean([both for (_, of), both in known.items() if of == row], axis=0) for row in rows
    ]
    return Agreement(
        name,
        scale,
        mean_interval([rho for rho, _ in within]),
        mean_interval([tau for _, tau in within]),
        rank_correlations(*_columns(means))[0],
    )


def _columns(pairs: Sequence[Sequence[float] | np.ndarray]) -> np.ndarray:
    return np.array(pairs, dtype=np.float64).reshape(-1, 2).T
