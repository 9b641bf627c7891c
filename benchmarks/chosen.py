"""What the engine `auto` makes of a test set, beside the engines that it chooses among."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from estilo.engines.choosing import choose_engine
from estilo.errors import EstiloError
from estilo.evaluation.makers import TransferMaker
from estilo.evaluation.measuring import Bench
from estilo.evaluation.sets.base import Item, TestSet
from estilo.presets import build_settings

AUTO = "auto"
SCORES = {
    "content_kept": "content kept",
    "style_taken": "style taken",
    "artifacts": "artifacts",
    "onset_f1": "onset F1",
    "pitch": "pitch lost",
    "timbre_mfcc": "timbre (MFCC)",
    "timbre_judge": "timbre (judge)",
}
"""Names of the scores that are measured, and how columns call them."""


@dataclass(frozen=True)
class Result:
    """One output.

    Args:
        name: name of the item.
        engine: engine that was asked for.
        chosen: engine that ran, and the strength of what refined it, in words.
        scores: those of `SCORES`.
    """

    name: str
    engine: str
    chosen: str
    scores: dict[str, float]

    def cells(self) -> list[str]:
        """The scores in a row of a table."""
        return [f"{self.scores[each]:.2f}" for each in SCORES]


def results(
    test_set: TestSet, names: Sequence[str], engines: Sequence[str]
) -> Iterator[tuple[Result, ...]]:
    """What each engine makes of each item at its defaults; what two of them share is made once.

    Args:
        test_set: where items come from.
        names: names of the items.
        engines: names of engines, `AUTO` last.

    Raises:
        EstiloError: an output could not be made or measured.
    """
    bench = Bench(test_set)
    for name in names:
        found: dict[str, Result] = {}
        for engine in engines:
            chosen = _chosen(test_set.load(name)) if engine == AUTO else engine
            if chosen in found:
                scores = found[chosen].scores
            else:
                measured = bench.measure(
                    name, TransferMaker({"engine": engine}), columns=tuple(SCORES)
                )
                if measured.error is not None:
                    raise EstiloError(f"{name}, {engine}: {measured.error}")
                scores = measured.scores
            found[engine] = Result(name, engine, chosen, scores)
            print(name, engine, chosen, *found[engine].cells(), flush=True)
        yield tuple(found.values())


def _chosen(item: Item) -> str:
    assert item.content is not None
    choice = choose_engine(build_settings(AUTO, {}), item.content, [item.style])
    return f"{choice.engine}, refined" if choice.refine else choice.engine
