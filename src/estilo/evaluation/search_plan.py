"""What a search for settings will do, checked before anything takes time."""

import itertools
import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from estilo.engines import ENGINES
from estilo.errors import InputError, OutputError, SettingsError
from estilo.evaluation.folders import check_folder, make_folder
from estilo.evaluation.ledger import Ledger
from estilo.evaluation.makers import TransferMaker
from estilo.evaluation.measuring import Column, columns_of
from estilo.evaluation.ranges import Range, read_ranges, value_of, with_values
from estilo.evaluation.sets import TEST_SETS, TestSet
from estilo.io.atomic import write_atomic
from estilo.presets import Preset, build_settings, load_preset, preset_names

LEDGER, SEARCH = "results.jsonl", "search.json"
TRIALS, BEST, PAGE = "trials.csv", "best.toml", "search.md"
SOUNDFONT = "MuseScore_General"
"""Not that of the scoreboard, which stays unseen."""
N_ITEMS, N_TRIALS = 24, 40
_FEWEST_ITEMS = 4
_MOST_BACK = 2
_LARGEST_SEED = 2**62


@dataclass(frozen=True)
class SearchPlan:
    """What will be searched.

    Args:
        name: name of the preset, as it was asked for.
        preset: where the search begins.
        ranges: what is tried.
        set_name: name of the test set, with the soundfont.
        options: options of the command, that choose the set.
        test_set: where items come from.
        tuning: items that the search sees.
        held_out: items that it does not see.
        columns: what is measured.
        n_trials: settings that are tried, the preset's own among them.
        seed: random seed of the draws.
        folder: where results are kept.
    """

    name: str
    preset: Preset
    ranges: tuple[Range, ...]
    set_name: str
    options: str
    test_set: TestSet
    tuning: tuple[str, ...]
    held_out: tuple[str, ...]
    columns: tuple[Column, ...]
    n_trials: int
    seed: int
    folder: Path

    @property
    def ledger(self) -> Ledger:
        """Results so far."""
        return Ledger(self.folder / LEDGER)

    @property
    def own(self) -> dict[str, Any]:
        """The preset's own values of what is searched."""
        settings = build_settings(self.preset.engine, self.preset.settings)
        return {each.name: value_of(settings, each.name) for each in self.ranges}

    def settings(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The preset's settings with some values replaced."""
        return with_values(self.preset.settings, values)

    def maker(self, values: Mapping[str, Any]) -> TransferMaker:
        """What makes outputs with these values."""
        return TransferMaker({"engine": self.preset.engine, **self.settings(values)})

    def possible(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values, as few of them as possible put back to the preset's own.

        What the engine refuses together is mostly a setting that has no effect beside another: a
        learning rate with L-BFGS.

        Raises:
            SettingsError: the engine refuses more than two of them.
        """
        complaint: SettingsError | None = None
        for n_back in range(min(len(values), _MOST_BACK) + 1):
            for back in itertools.combinations(values, n_back):
                tried = {**values, **{name: self.own[name] for name in back}}
                try:
                    build_settings(self.preset.engine, self.settings(tried))
                except SettingsError as error:
                    complaint = complaint or error
                else:
                    return tried
        assert complaint is not None  # noqa: S101 - the first one was refused
        raise complaint

    def begin(self) -> None:
        """Make the folder, and keep in it what is searched.

        Raises:
            OutputError: it cannot be used.
        """
        text = json.dumps(self._identity(), indent=2, ensure_ascii=False) + "\n"
        make_folder(self.folder)
        write_atomic(self.folder / SEARCH, text.encode(), force=True)

    def check_folder(self) -> None:
        """Refuse a folder that holds another search, or files not of ours.

        Raises:
            OutputError: it does.
        """
        if not check_folder(self.folder, begun=SEARCH, files=(LEDGER, TRIALS, BEST, PAGE)):
            return
        path = self.folder / SEARCH
        try:
            before = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            before = {}
        # As JSON holds it: tuples are lists there.
        wanted = json.loads(json.dumps(self._identity()))
        others = [key for key, value in wanted.items() if before.get(key) != value]
        if others:
            raise OutputError(
                f"{self.folder} holds another search ({', '.join(others)}: not the same); "
                "name another folder"
            )

    def _identity(self) -> dict[str, Any]:
        """All but the number of trials, which may grow."""
        return {
            "preset": self.name,
            "engine": self.preset.engine,
            "settings": build_settings(self.preset.engine, self.preset.settings).model_dump(
                mode="json"
            ),
            "over": [each.text for each in self.ranges],
            "set": self.set_name,
            "items": len(self.tuning) + len(self.held_out),
            "seed": self.seed,
        }


def plan(
    name: str,
    *,
    over: Sequence[str],
    folder: Path,
    set_name: str = "synthetic",
    soundfont: str | None = None,
    n: int = N_ITEMS,
    n_trials: int = N_TRIALS,
    seed: int = 0,
    test_set: TestSet | None = None,
) -> SearchPlan:
    """Say what will be searched, or why it cannot be.

    Args:
        name: name of a preset or an engine (its defaults), or the path of a preset.
        over: settings and what to try; see `estilo.evaluation.ranges.read_ranges`.
        folder: where results are kept; made when the search begins.
        set_name: name of a test set whose items have a content signal
            (`estilo.evaluation.sets.TEST_SETS`).
        soundfont: soundfont of the synthetic set; MuseScore_General if not given, so that the
            scoreboard's own stays unseen.
        n: items; half of them are held out.
        n_trials: settings that are tried, the preset's own among them.
        seed: random seed of the draws.
        test_set: test set in place of the one of that name.

    Raises:
        InputError: Optuna, or what the test set is made from, is missing.
        SettingsError: a name or a number makes no sense.
        OutputError: the folder cannot be used.
    """
    check_optuna()
    preset = _preset(name)
    ranges = read_ranges(over, preset=preset)
    _check_numbers(n=n, n_trials=n_trials, seed=seed)
    TEST_SETS.check(set_name)
    if soundfont is not None and set_name != "synthetic":
        raise SettingsError("only the synthetic set has a soundfont; leave it out")
    shown, options = set_name, f"--test-set {set_name}"
    if set_name == "synthetic":
        soundfont = soundfont or SOUNDFONT
        shown = f"synthetic ({Path(soundfont).name})"
        options += f" --soundfont {shlex.quote(soundfont)}"
    if test_set is None:
        given = {"soundfont": soundfont} if set_name == "synthetic" else {}
        test_set = TEST_SETS[set_name](**given)
    assert test_set is not None  # noqa: S101 - for the type checker
    if test_set.looks is not None:
        raise SettingsError(
            f"the set {set_name!r} is reserved for judging, and nothing is tuned on it; name "
            "another set, recorded-dev for instance"
        )
    tuning, held_out = halves(test_set.names(n))
    first = test_set.load(tuning[0])
    if first.content is None:
        raise SettingsError(
            f"a search needs items with a content signal, and those of the set {set_name!r} have "
            "none; name another set, synthetic or real for instance"
        )
    columns = tuple(columns_of(first))
    made = SearchPlan(
        *(name, preset, tuple(ranges), shown, options, test_set),
        *(tuple(tuning), tuple(held_out), columns, n_trials, seed, folder),
    )
    made.check_folder()
    return made


def halves(items: Sequence[str]) -> tuple[list[str], list[str]]:
    """The items to search on, and those to judge on: two by two, as a set takes kinds in turn.

    Example:
        >>> halves(["mono-0", "poly-1", "mono-2", "poly-3", "mono-4"])
        (['mono-0', 'poly-1', 'mono-4'], ['mono-2', 'poly-3'])
    """
    sides: tuple[list[str], list[str]] = ([], [])
    for place, item in enumerate(items):
        sides[place // 2 % 2].append(item)
    return sides


def check_optuna() -> None:
    """Say what is missing, before anything takes time.

    Raises:
        InputError: Optuna is not installed.
    """
    try:
        import optuna
    except ImportError as error:
        raise InputError(
            "a search needs Optuna, which is not installed; pip install 'estilo[eval]'"
        ) from error
    # It tells every trial, and so do we.
    optuna.logging.set_verbosity(optuna.logging.ERROR)


def _preset(name: str) -> Preset:
    if name.endswith(".toml") or name in preset_names():
        return load_preset(name)
    if name in ENGINES:
        return Preset(name=name, summary=f"Defaults of {name}", engine=name)
    raise SettingsError(
        f"{name!r} is neither an engine ({', '.join(ENGINES)}) nor a preset "
        f"({', '.join(preset_names())}) nor the path of a preset (.toml); name one of them"
    )


def _check_numbers(*, n: int, n_trials: int, seed: int) -> None:
    if n < _FEWEST_ITEMS:
        raise SettingsError(
            f"half of the items are held out: n must be {_FEWEST_ITEMS} or more, got {n}"
        )
    if n_trials < 2:
        raise SettingsError(
            f"the first trial is the preset itself: 2 trials or more are needed, got {n_trials}"
        )
    if not 0 <= seed <= _LARGEST_SEED:
        raise SettingsError(f"seed must lie between 0 and {_LARGEST_SEED}, got {seed}")
