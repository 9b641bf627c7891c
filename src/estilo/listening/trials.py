"""Which outputs are heard, and which pages they make: MUSHRA, ratings apart, or A/B/X.

MUSHRA as in ITU-R BS.1534-3 (2015), Method for the subjective assessment of intermediate quality
level of audio systems: an open reference, hidden among the stimuli once more, and two anchors: the
reference without what lies above 3.5 kHz, and the content, which is what doing nothing sounds like.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from estilo.errors import SettingsError
from estilo.evaluation.kept_index import Index, ListedItem, ListedOutput
from estilo.listening.design import Design, Kind, Page, Part, Scale, Stimulus

N_STIMULI = 12
"""Most that a page asks about, as BS.1534-3 advises: nine rows, a reference and two anchors."""

LOWPASS_HZ = 3500.0
N_ITEMS, N_TRIALS = 8, 16

_COPIES: dict[Kind, tuple[str, ...]] = {
    "mushra": ("target", "content"),
    "ratings": ("content", "style"),
    "abx": (),
}
_RECORDINGS = ("target", "content", "style")


@dataclass(frozen=True)
class Wish:
    """What is to be asked.

    Args:
        kind: kind of the test; None for MUSHRA where targets are known, and ratings elsewhere.
        rows: rows or series of rows to be judged, in A/B/X the two that are compared (``target``,
            ``content`` and ``style`` are the recordings); all that are no controls if empty.
        n_items: number of items, fewer where there are fewer; `N_ITEMS` if None.
        n_trials: number of trials of A/B/X, fixed before it begins; `N_TRIALS` if None, and None
            for the other kinds.
        seed: seed of all that is random.
    """

    kind: Kind | None = None
    rows: tuple[str, ...] = ()
    n_items: int | None = None
    n_trials: int | None = None
    seed: int = 0


def design(index: Index, wish: Wish) -> Design:
    """Items and pages of a test.

    Args:
        index: what there is to hear.
        wish: what is to be asked.

    Returns:
        Equal for equal arguments, on every machine.

    Raises:
        SettingsError: rows are unknown, too many, or there is no item that has all of them; a
            number is too small; trials are asked for and it is not A/B/X.

    Example:
        >>> item = ListedItem("a", content="c.wav", style="s.wav", target="t.wav")
        >>> index = Index("", (item,), (ListedOutput("a", "mine", "m.wav"),))
        >>> page = design(index, Wish()).pages[0]
        >>> sorted(each.label for each in page.stimuli)
        ['content copied', 'hidden reference', 'low-pass 3.5 kHz', 'mine']
    """
    n_items = N_ITEMS if wish.n_items is None else wish.n_items
    n_trials = N_TRIALS if wish.n_trials is None else wish.n_trials
    for name, number in (("items", n_items), ("trials", n_trials)):
        if number < 1:
            raise SettingsError(f"the number of {name} must be 1 or more, got {number}")
    if wish.seed < 0:
        raise SettingsError(f"the seed must be 0 or more, got {wish.seed}")
    kind = wish.kind or ("mushra" if any(each.target for each in index.items) else "ratings")
    if wish.n_trials is not None and kind != "abx":
        raise SettingsError(
            f"trials are those of A/B/X, and this test is {kind}, with a page per item; leave "
            "--trials out, or choose --kind abx"
        )
    rows = _rows(index, wish.rows, kind)
    items = _items(index, rows, kind)
    drawing = _Drawing(np.random.default_rng(wish.seed))
    chosen = [items[i] for i in drawing.rng.permutation(len(items))[:n_items]]
    make = {"mushra": _mushra, "ratings": _ratings}
    if kind == "abx":
        pages = [_abx(chosen[i % len(chosen)], index, rows, drawing) for i in range(n_trials)]
    else:
        pages = [page for item in chosen for page in make[kind](item, index, rows, drawing)]
    return Design(kind, index.set_name, wish.seed, tuple(rows), tuple(pages))


def left_out(index: Index, made: Design) -> list[str]:
    """A sentence for every row that some items lack, which are left out for it.

    Args:
        index: what there is to hear.
        made: the test that was made of it.

    Example:
        >>> items = tuple(ListedItem(name, content="c", style="s", target="t") for name in "ab")
        >>> outputs = (*(ListedOutput(name, "mine", "m") for name in "ab"),)
        >>> index = Index("", items, (*outputs, ListedOutput("a", "theirs", "t")))
        >>> left_out(index, design(index, Wish()))
        ['b is left out, as it has no output of theirs']
    """
    there = {(each.item, each.entry) for each in index.outputs}
    said = []
    for row in made.rows:
        without = [
            item.name
            for item in index.items
            if (item.name, row) not in there and _recording(item, row) is None
        ]
        if without:
            verb, who = ("is", "it has") if len(without) == 1 else ("are", "they have")
            said.append(f"{', '.join(without)} {verb} left out, as {who} no output of {row}")
    return said


class _Drawing:
    """Names that tell nothing, orders and coins, all from one generator."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def name(self) -> str:
        return self.rng.bytes(6).hex()

    def sound(self, label: str, part: Part, file: str, lowpass_hz: float | None = None) -> Stimulus:
        return Stimulus(self.name(), label, part, file, lowpass_hz)

    def shuffled(self, sounds: Sequence[Stimulus]) -> tuple[Stimulus, ...]:
        return tuple(sounds[i] for i in self.rng.permutation(len(sounds)))


def _rows(index: Index, wanted: Sequence[str], kind: Kind) -> list[str]:
    """Names of rows, in the order of the index."""
    rows = {output.entry: output for output in index.outputs}
    known = [*rows, *dict.fromkeys(each.series for each in rows.values() if each.series)]
    if kind == "abx":
        return _compared(wanted, list(rows))
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise SettingsError(f"there is no row {unknown[0]!r}; there are {', '.join(rows)}")
    found = [name for name, each in rows.items() if not wanted or {name, each.series} & set(wanted)]
    found = [name for name in found if wanted or not rows[name].is_control] or list(rows)
    # Copies of the recordings are on every page anyway.
    found = [name for name in found if rows[name].series not in _COPIES[kind]]
    most = N_STIMULI - (3 if kind == "mushra" else 2)
    if not 1 <= len(found) <= most:
        raise SettingsError(
            f"a page has room for 1 to {most} rows beside what is hidden among them, got "
            f"{len(found)}; choose with --rows from {', '.join(rows)}"
        )
    return found


def _compared(wanted: Sequence[str], rows: Sequence[str]) -> list[str]:
    known = [*rows, *(each for each in _RECORDINGS if each not in rows)]
    if len(set(wanted)) != 2 or len(wanted) != 2 or not set(wanted) <= set(known):
        raise SettingsError(
            f"A/B/X compares two rows, got {', '.join(wanted) or 'none'}; name them with --rows, "
            f"from {', '.join(known)}"
        )
    return list(wanted)


def _items(index: Index, rows: Sequence[str], kind: Kind) -> list[ListedItem]:
    """Items that have all these rows, and the recordings that they are held against."""
    outputs = {(each.item, each.entry) for each in index.outputs}
    found = [
        item
        for item in index.items
        if all((item.name, row) in outputs or _recording(item, row) for row in rows)
        if item.style is not None or kind != "ratings"
        if (item.target is not None and item.content is not None) or kind != "mushra"
    ]
    if not found:
        needed = {"mushra": " with content and target", "ratings": " with a style", "abx": ""}
        raise SettingsError(
            f"no item{needed[kind]} has outputs of all these rows ({', '.join(rows)}); choose "
            "others with --rows, or another kind of test with --kind"
        )
    return found


def _recording(item: ListedItem, name: str) -> str | None:
    return getattr(item, name) if name in _RECORDINGS else None


def _outputs(
    item: ListedItem, index: Index, rows: Sequence[str], drawing: _Drawing
) -> list[Stimulus]:
    found: dict[str, ListedOutput] = {
        each.entry: each for each in index.outputs if each.item == item.name
    }
    return [drawing.sound(row, "output", found[row].file) for row in rows]


def _mushra(item: ListedItem, index: Index, rows: Sequence[str], drawing: _Drawing) -> list[Page]:
    target, content = str(item.target), str(item.content)
    stimuli = [
        drawing.sound("hidden reference", "reference", target),
        drawing.sound(f"low-pass {LOWPASS_HZ / 1e3:g} kHz", "anchor", target, LOWPASS_HZ),
        drawing.sound("content copied", "anchor", content),
        *_outputs(item, index, rows, drawing),
    ]
    opens = (drawing.sound("reference", "open", target),)
    return [
        Page(drawing.name(), item.name, "similarity", opens, drawing.shuffled(stimuli)),
    ]


def _ratings(item: ListedItem, index: Index, rows: Sequence[str], drawing: _Drawing) -> list[Page]:
    """A page per scale, so that what one asks does not colour the answer to another."""
    scales: tuple[Scale, ...] = ("style", "content", "quality")
    recordings = {"style": str(item.style), "content": item.content}
    pages: list[Page] = []
    for scale in scales:
        if scale == "content" and item.content is None:
            continue
        order = sorted(recordings, key=lambda role: role != scale)
        heard = [(role, file) for role in order if (file := recordings[role]) is not None]
        opens = tuple(drawing.sound(role, "open", file) for role, file in heard)
        copies = [
            drawing.sound(f"{role} copied", "reference" if role == scale else "anchor", file)
            for role, file in heard
        ]
        stimuli = drawing.shuffled([*copies, *_outputs(item, index, rows, drawing)])
        pages.append(Page(drawing.name(), item.name, scale, opens, stimuli))
    return pages


def _abx(item: ListedItem, index: Index, rows: Sequence[str], drawing: _Drawing) -> Page:
    """A trial: which of the two is A, and which of them X is, are two coins."""
    files = {each.entry: each.file for each in index.outputs if each.item == item.name}
    two = [rows[int(i)] for i in drawing.rng.permutation(2)]
    paths = [files.get(row) or str(_recording(item, row)) for row in two]
    place = int(drawing.rng.integers(2))
    opens = tuple(
        drawing.sound(label, "open", path)
        for label, path in zip("ABX", [*paths, paths[place]], strict=True)
    )
    return Page(drawing.name(), item.name, "abx", opens, answer="AB"[place])
