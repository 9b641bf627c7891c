"""Search for better settings: tried on one half of the items, judged on the other.

What is measured goes into a ledger at once, and a trial's draws depend on the seed and the trials
before it only. The same call therefore goes through the same trials again, takes what the ledger
has, and goes on where it was stopped; how many processes measure makes no difference either.
"""

import math
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from estilo.errors import EstiloError, SettingsError
from estilo.evaluation.board import Board
from estilo.evaluation.entries import Entry
from estilo.evaluation.ledger import Result, result_key
from estilo.evaluation.makers import Maker, TransferMaker
from estilo.evaluation.objective import objective, objective_names
from estilo.evaluation.provenance import provenance
from estilo.evaluation.search_plan import SearchPlan
from estilo.evaluation.workers import measure_all

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import Trial as OptunaTrial

CONTENT, OWN, FOUND = "content copied", "preset", "best"
_N_RANDOM = 10
_N_BEFORE_PRUNING = 5


@dataclass(frozen=True)
class Trial:
    """Settings that were tried.

    Args:
        number: 0 for the preset's own.
        values: values of the settings, by name.
        state: whether it was measured on all items, given up early, or failed.
        objective: objective over all items that were measured; NaN where it failed.
        n_items: how many these are.
        scores: means over them.
        error: why it failed.
    """

    number: int
    values: dict[str, Any]
    state: Literal["complete", "pruned", "failed"]
    objective: float = math.nan
    n_items: int = 0
    scores: dict[str, float] = field(default_factory=dict)
    error: str | None = None


@dataclass(frozen=True)
class SearchProgress:
    """One more item, or the end of a trial.

    Args:
        n_trials: trials that are done.
        n_all: trials that are wanted.
        n_items: items of the present trial that are done.
        best: trial with the lowest objective so far.
        trial: the one that ended with this step, if one did.
        is_new: whether anything was measured in this run, rather than before.
        remaining_s: estimate, in seconds; None while nothing is known.
    """

    n_trials: int
    n_all: int
    n_items: int
    best: Trial | None
    trial: Trial | None
    is_new: bool
    remaining_s: float | None


@dataclass(frozen=True)
class Found:
    """What a search came to.

    Args:
        plan: what was asked for.
        trials: all of them.
        best: the one with the lowest objective on the tuning half; the preset's own if no other
            has a lower one.
        tuning: content, preset and best on the items that were searched on.
        held_out: results of the same on the items that were not searched on.
    """

    plan: SearchPlan
    trials: list[Trial]
    best: Trial
    tuning: Board
    held_out: Board

    @property
    def settings(self) -> dict[str, Any]:
        """Settings of the best trial, on top of the engine's defaults."""
        values = self.best.values if self.best.number else {}
        return self.plan.settings(values)


def run(
    chosen: SearchPlan,
    *,
    n_jobs: int = 1,
    on_progress: Callable[[SearchProgress], None] | None = None,
) -> Found:
    """Try, and judge what was found on the held-out half.

    The trials are drawn by a tree-structured Parzen estimator (J. Bergstra, R. Bardenet, Y. Bengio,
    B. Kégl 2011, "Algorithms for hyper-parameter optimization", NIPS), of Optuna. After a third of
    the items a trial that is worse than the median of the others at the same item is given up.

    Args:
        chosen: what.
        n_jobs: processes, of one thread each.
        on_progress: function that is called after every item and every trial.

    Raises:
        EstiloError: the preset itself fails on an item, a process died, or the ledger cannot be
            written.
    """
    return _Search(chosen, n_jobs=n_jobs, on_progress=on_progress).run()


def scores_of(results: Sequence[Result], names: Sequence[str]) -> dict[str, NDArray]:
    """Values of metrics, item by item; NaN where there is none.

    Args:
        results: results, one per item.
        names: names of the metrics.
    """
    return {
        name: np.array([each.measured.scores.get(name, math.nan) for each in results])
        for name in names
    }


class _Measuring:
    """Outputs, measured or taken from the ledger, one after another in the order of the items."""

    def __init__(self, chosen: SearchPlan, *, n_jobs: int) -> None:
        self._plan = chosen
        self._n_jobs = n_jobs
        self._names = [column.name for column in chosen.columns]
        self._made = provenance()
        read = chosen.ledger.read()
        self._known = {key: each for key, each in read.items() if each.measured.error is None}
        self.n_new = 0

    def results(
        self, entry: str, maker: Maker, items: Sequence[str]
    ) -> Generator[Result, None, None]:
        """Whoever stops listening stops the work."""
        recipe = maker.recipe()
        keys = {
            item: result_key(
                set_name=self._plan.set_name, item=item, recipe=recipe, columns=self._names
            )
            for item in items
        }
        done = {item: self._known[key] for item, key in keys.items() if key in self._known}
        missing = [item for item in items if item not in done]
        with closing(self._measure(entry, maker, {item: keys[item] for item in missing})) as new:
            for item in items:
                while item not in done:
                    result = next(new)
                    done[result.item] = result
                yield done[item]

    def _measure(
        self, entry: str, maker: Maker, keys: dict[str, str]
    ) -> Generator[Result, None, None]:
        items = list(keys)
        tasks = [(item, maker) for item in items]
        measured_all = measure_all(tasks, test_set=self._plan.test_set, n_jobs=self._n_jobs)
        for place, measured in measured_all:
            key, item = keys[items[place]], items[place]
            result = Result(key, self._plan.set_name, item, entry, measured, self._made)
            self._plan.ledger.append(result)
            self.n_new += 1
            if measured.error is None:
                self._known[key] = result
            yield result


class _Search:
    """One run."""

    def __init__(
        self,
        chosen: SearchPlan,
        *,
        n_jobs: int,
        on_progress: Callable[[SearchProgress], None] | None,
    ) -> None:
        self._plan = chosen
        self._measuring = _Measuring(chosen, n_jobs=n_jobs)
        self._on_progress = on_progress
        self._names = objective_names([column.name for column in chosen.columns])
        self._trials: list[Trial] = []
        self._content: list[Result] = []
        self._own_curve: list[float] = []
        self._spent_s: list[float] = []
        self._n_first = max(2, math.ceil(len(chosen.tuning) / 3))

    def run(self) -> Found:
        """See `run`."""
        plan = self._plan
        plan.begin()
        own = plan.maker({})
        content = TransferMaker({"engine": "content"})
        self._content = self._all(CONTENT, content, plan.tuning)
        study = self._begin(own)
        for number in range(1, plan.n_trials):
            self._try(study, number)
        best = self._best()
        makers = {CONTENT: content, OWN: own}
        if best.number:
            makers[FOUND] = plan.maker(best.values)
        sides = [self._board(makers, items) for items in (plan.tuning, plan.held_out)]
        return Found(plan, self._trials, best, *sides)

    def _begin(self, own: Maker) -> "Study":
        """The study, with the preset's own settings as its first trial."""
        import optuna

        before, start_s = self._measuring.n_new, time.monotonic()
        results = self._all(OWN, own, self._plan.tuning, is_told=True)
        is_new = self._took(before, start_s)
        self._own_curve = [self._objective(results[: i + 1]) for i in range(len(results))]
        trial = self._ended(Trial(0, self._plan.own, "complete"), results)
        if not math.isfinite(trial.objective):
            raise EstiloError(
                "the preset's own outputs cannot be measured, so that nothing could be compared "
                "with them; choose another preset"
            )
        pruner = optuna.pruners.MedianPruner(n_startup_trials=_N_BEFORE_PRUNING)
        study = optuna.create_study(direction="minimize", pruner=pruner)
        drawn = {each.name: each.drawn(trial.values[each.name]) for each in self._plan.ranges}
        if all(each is not None for each in drawn.values()):
            study.add_trial(
                optuna.trial.create_trial(
                    params=drawn,
                    distributions=self._distributions(),
                    value=trial.objective,
                    intermediate_values=dict.fromkeys(range(self._n_first, len(results)), 0.0),
                )
            )
        self._tell(trial, is_new=is_new)
        return study

    def _try(self, study: "Study", number: int) -> None:
        """One trial."""
        from optuna.samplers import TPESampler
        from optuna.trial import TrialState

        # A sampler of its own for each: draws depend on what is known, not on this process.
        seed = int(np.random.default_rng([self._plan.seed, number]).integers(2**31))
        study.sampler = TPESampler(seed=seed, n_startup_trials=_N_RANDOM)
        asked = study.ask(self._distributions())
        values = {each.name: each.value(asked.params[each.name]) for each in self._plan.ranges}
        before, start_s = self._measuring.n_new, time.monotonic()
        trial = self._measured(Trial(number, values, "complete"), asked)
        is_new = self._took(before, start_s)
        if trial.state == "complete":
            study.tell(asked, trial.objective)
        else:
            pruned = trial.state == "pruned"
            study.tell(asked, state=TrialState.PRUNED if pruned else TrialState.FAIL)
        self._tell(trial, is_new=is_new)

    def _measured(self, trial: Trial, asked: "OptunaTrial") -> Trial:
        """A trial as far as it came."""
        results: list[Result] = []
        try:
            trial = replace(trial, values=self._plan.possible(trial.values))
        except SettingsError as error:  # a combination that the engine refuses
            return self._failed(trial, results, str(error))
        maker = self._plan.maker(trial.values)
        entry = f"trial {trial.number}"
        with closing(self._measuring.results(entry, maker, self._plan.tuning)) as heard:
            for result in heard:
                if result.measured.error is not None:
                    return self._failed(trial, results, f"{result.item}: {result.measured.error}")
                results.append(result)
                self._tell_item(len(results))
                if self._is_hopeless(results, asked):
                    return self._ended(replace(trial, state="pruned"), results)
        ended = self._ended(trial, results)
        if not math.isfinite(ended.objective):
            return self._failed(trial, results, "there is something that cannot be measured")
        return ended

    def _is_hopeless(self, results: list[Result], asked: "OptunaTrial") -> bool:
        """Whether to give a trial up."""
        n = len(results)
        if not self._n_first <= n < len(self._plan.tuning):
            return False
        # Items differ more than settings do: held against the preset on the same items.
        value = self._objective(results) - self._own_curve[n - 1]
        if not math.isfinite(value):
            return False
        asked.report(value, n)
        return asked.should_prune()

    def _objective(self, results: list[Result]) -> float:
        content = self._content[: len(results)]
        return float(objective(scores_of(results, self._names), scores_of(content, self._names)))

    def _ended(self, trial: Trial, results: list[Result]) -> Trial:
        means = {
            name: float(np.mean(known)) if len(known) else math.nan
            for name, values in scores_of(results, self._names).items()
            for known in [values[np.isfinite(values)]]
        }
        value = self._objective(results)
        return replace(trial, objective=value, n_items=len(results), scores=means)

    def _failed(self, trial: Trial, results: list[Result], error: str) -> Trial:
        return replace(trial, state="failed", n_items=len(results), error=error)

    def _all(
        self, entry: str, maker: Maker, items: Sequence[str], *, is_told: bool = False
    ) -> list[Result]:
        """Results that must be there."""
        results: list[Result] = []
        for result in self._measuring.results(entry, maker, items):
            if result.measured.error is not None:
                raise EstiloError(
                    f"{entry}, {result.item}: {result.measured.error}; nothing can be compared "
                    "without it. What was measured is kept, and the same search goes on from there"
                )
            results.append(result)
            if is_told:
                self._tell_item(len(results))
        return results

    def _board(self, makers: Mapping[str, Maker], items: tuple[str, ...]) -> Board:
        entries = tuple(Entry(name, name, maker) for name, maker in makers.items())
        results = {
            (entry.name, result.item): result
            for entry in entries
            for result in self._all(entry.name, entry.maker, items)
        }
        return Board(self._plan.set_name, items, entries, self._plan.columns, results)

    def _distributions(self) -> dict[str, Any]:
        return {each.name: each.distribution() for each in self._plan.ranges}

    def _best(self) -> Trial:
        complete = [each for each in self._trials if each.state == "complete"]
        return min(complete, key=lambda each: (each.objective, each.number))

    def _took(self, n_before: int, start_s: float) -> bool:
        """Whether anything was measured; what was known says nothing of the trials to come."""
        if self._measuring.n_new == n_before:
            return False
        self._spent_s.append(time.monotonic() - start_s)
        return True

    def _tell(self, trial: Trial, *, is_new: bool) -> None:
        self._trials.append(trial)
        if self._on_progress is not None:
            n_left = self._plan.n_trials - len(self._trials)
            left_s = float(np.mean(self._spent_s)) * n_left if self._spent_s else None
            self._on_progress(
                SearchProgress(
                    *(len(self._trials), self._plan.n_trials, 0, self._best(), trial),
                    *(is_new, left_s),
                )
            )

    def _tell_item(self, n_items: int) -> None:
        if self._on_progress is not None:
            best = self._best() if self._trials else None
            n_done, n_all = len(self._trials), self._plan.n_trials
            self._on_progress(SearchProgress(n_done, n_all, n_items, best, None, True, None))
