import math
import re

import numpy as np
import pytest

from estilo.evaluation.board import Board
from estilo.evaluation.entries import Entry
from estilo.evaluation.ledger import Result
from estilo.evaluation.makers import Copy
from estilo.evaluation.markdown import page
from estilo.evaluation.measuring import Column, Measured
from estilo.evaluation.pictures import speed_picture, tradeoff_picture
from estilo.evaluation.tables import Table, headline_table, other_tables, relative_table

COLUMNS = (
    Column("content_kept", "content kept", "higher", "content", "How much is left."),
    Column("style_taken", "style taken", "higher", "style", "How much is taken."),
    Column("lsd", "LSD (dB)", "lower", "target", "Root mean square."),
    Column("timbre_mfcc", "timbre (MFCC)", "lower", "timbre", "Cosine distance."),
    Column("timbre_mfcc_eq", "timbre (MFCC), equalised", "lower", "timbre", "The same."),
    Column("pitch", "pitch (1 − Jaccard)", "lower", "notes", "Jaccard distance."),
    Column("chroma", "chroma", "higher", "content", "Cosine."),
)
ENTRIES = (
    Entry("target", "target", Copy("target"), is_control=True),
    Entry("content copied", "content", Copy("style"), is_control=True),
    Entry("mine 0.5", "mine", Copy("style"), 0.5),
    Entry("mine 1", "mine", Copy("style"), 1.0),
)
ITEMS = ("mono-0", "poly-1", "mono-2", "poly-3")
MADE = {
    "created": "2026-01-02T03:04:05+00:00",
    "commit": "abc1234",
    "versions": "estilo 0",
    "machine": "a chip, 2 cores, Linux",
}


def board(values, *, set_name="synthetic", columns=COLUMNS, errors=(), entries=ENTRIES, alike=()):
    """A board whose columns all hold ``values[entry name]``, one value per item."""
    results = {}
    for entry in entries:
        for place, item in enumerate(ITEMS):
            value = values.get(entry.name, [0.0] * 4)[place]
            scores = {column.name: value for column in columns}
            measured = Measured(item[:4], 8.0, 4.0, 2.0 * (place + 1), scores)
            if (entry.name, item) in errors:
                measured = Measured(error="ValueError: no")
            results[entry.name, item] = Result("k", set_name, item, entry.name, measured, MADE)
    return Board(set_name, ITEMS, tuple(entries), tuple(columns), results, alike)


VALUES = {
    "content copied": [0.2, 0.4, 0.2, 0.4],
    "mine 0.5": [0.1, 0.3, 0.1, 0.3],
    "mine 1": [0.1, 0.1, 0.1, 0.1],
}


def cells(table: Table, row: str) -> dict[str, str]:
    found = next(cells for cells in table.rows if cells[0] == row)
    return dict(zip(table.heading, found, strict=True))


def test_headlines_are_what_decides():
    table = headline_table(board(VALUES))
    assert table.heading == [
        "",
        "LSD (dB) ↓",
        "timbre (MFCC) ↓",
        "timbre (MFCC), equalised ↓",
        "pitch (1 − Jaccard) ↓",
        "× real time",
    ]
    mine = cells(table, "mine 0.5")
    assert mine["LSD (dB) ↓"] == "0.200 [0.100, 0.300]"
    assert mine["× real time"] == f"{np.median([2.0, 4.0, 6.0, 8.0]) / 8.0:.2g}"
    assert cells(table, "mine 1")["LSD (dB) ↓"] == "0.100"
    assert [row[0] for row in table.rows] == [entry.name for entry in ENTRIES]


def test_groups_hold_their_items_only():
    table = headline_table(board(VALUES), group="mono")
    assert cells(table, "mine 0.5")["LSD (dB) ↓"] == "0.100"
    assert cells(headline_table(board(VALUES), group="poly"), "mine 0.5")["LSD (dB) ↓"] == "0.300"
    assert "× real time" not in table.heading


def test_everything_else_is_in_other_tables():
    headings = [heading for table in other_tables(board(VALUES)) for heading in table.heading[1:]]
    assert headings == ["content kept ↑", "style taken ↑", "chroma ↑"]


def test_failures_are_counted_and_left_out():
    broken = board(VALUES, errors=[("mine 0.5", "mono-0"), ("mine 0.5", "mono-2")])
    mine = cells(headline_table(broken), "mine 0.5")
    assert mine["LSD (dB) ↓"] == "0.300 (n = 2)"
    assert mine["failed"] == "2"
    assert broken.groups == ["mono", "poly"]
    everything = board(VALUES, errors=[("mine 1", item) for item in ITEMS])
    assert set(cells(headline_table(everything), "mine 1").values()) == {"mine 1", "–", "4"}
    # An item's group is known from the rows that did not fail.
    assert len(broken.values(ENTRIES[2], COLUMNS[0], group="mono")) == 2


def test_ratios_to_the_content_beside_the_published_ones():
    table = relative_table(board(VALUES))
    assert table is not None
    mine = cells(table, "mine 0.5")
    assert mine["LSD (dB): ratio"].startswith("0.667 [")
    assert mine["pitch (1 − Jaccard): difference"] == "−0.100"
    published = cells(table, "*published:* SS VQ-VAE")
    # As evaluation protocols quote them: 0.832, 0.556 and 0.62 of 1.
    assert published["LSD (dB): ratio"] == "0.832"
    assert published["timbre (MFCC): ratio"] == "0.556"
    assert published["timbre (MFCC), equalised: ratio"] == "–"
    assert published["pitch (1 − Jaccard): difference"] == f"{0.5500 - 0.5365:.3f}"
    of_real = relative_table(board(VALUES, set_name="real"))
    assert of_real is not None
    row = cells(of_real, "*published:* SS VQ-VAE")
    assert row["pitch (1 − Jaccard): difference"] == "0.620"
    assert row["LSD (dB): ratio"] == "–"


def test_a_base_of_zero_has_no_ratio():
    table = relative_table(board({"mine 1": [1.0] * 4}))
    assert table is not None
    assert cells(table, "mine 1")["LSD (dB): ratio"] == "–"
    assert cells(table, "mine 1")["pitch (1 − Jaccard): difference"] == "1.000"


def test_the_page_says_everything_that_one_must_know():
    text = page(board(VALUES, errors=[("mine 1", "mono-0")]))
    for told in (
        "# Scoreboard: synthetic",
        "4 items (2 mono, 2 poly), engines' seed 0",
        "percentile bootstrap, 2000 draws of the items, seed 0",
        "## Only mono (2)",
        "## Only poly (2)",
        "between the target and the content is 0.300",
        "https://arxiv.org/abs/2102.05749",
        "- mine 1, mono-0: ValueError: no",
        "- **LSD (dB)** (`lsd`), against the target, lower is better: root mean square.",
        "- Date: 2026-01-02",
        "- Commit: abc1234",
        "- Hardware: a chip, 2 cores, Linux",
        "- Versions: estilo 0",
    ):
        assert told in text, told
    for block in re.findall(r"(?:^\|.*\|\n)+", text, flags=re.MULTILINE):
        assert len({line.count("|") for line in block.splitlines()}) == 1


def test_definitions_name_the_right_reference():
    real = tuple(column for column in COLUMNS if column.against != "target")
    text = page(board(VALUES, set_name="real", columns=real, entries=ENTRIES[1:]))
    assert "(`timbre_mfcc`), against the style" in text
    assert "(`pitch`), against the content" in text
    assert "target" not in text
    textures = tuple(column for column in COLUMNS if column.name.startswith("timbre"))
    text = page(board(VALUES, set_name="textures", columns=textures))
    assert "(`timbre_mfcc`), against the second half" in text
    assert "From the content copied" not in text.partition("## Everything")[2]


def test_pages_are_a_function_of_their_results():
    assert page(board(VALUES)) == page(board(VALUES))


def points(figure):
    """Sets of the points drawn on each axes."""
    return [
        {tuple(xy) for each in axes.collections for xy in np.asarray(each.get_offsets()).round(6)}
        for axes in figure.axes
    ]


def test_timbre_against_pitch():
    figure = tradeoff_picture(board(VALUES))
    assert figure is not None
    assert [axes.get_xlabel() for axes in figure.axes] == [
        "pitch (1 − Jaccard), lower is better"
    ] * 2
    # The target is left out: against itself it has no fault.
    assert points(figure)[0] == {(0.3, 0.3), (0.2, 0.2), (0.1, 0.1)}
    labels = {text.get_text() for text in figure.axes[0].texts}
    assert labels == {"content copied", "mine 0.5", "mine 1"}
    without = board(VALUES, columns=[c for c in COLUMNS if c.name != "pitch"])
    assert tradeoff_picture(without) is None


def test_quality_against_speed():
    figure = speed_picture(board(VALUES))
    heights = [axes.get_ylabel().partition(",")[0] for axes in figure.axes]
    assert heights == [
        "LSD (dB)",
        "timbre (MFCC)",
        "pitch (1 − Jaccard)",
        "1 − √(content kept · style taken)",
    ]
    assert all(axes.get_xscale() == "log" for axes in figure.axes)
    assert points(figure)[0] == {(0.625, 0.3), (0.625, 0.2), (0.625, 0.1)}
    # Both columns hold the same here, so that the geometric mean is that value.
    assert points(figure)[3] == {(0.625, 0.7), (0.625, 0.8), (0.625, 0.9)}


@pytest.mark.parametrize("draw", [tradeoff_picture, speed_picture])
def test_rows_without_a_value_are_not_drawn(draw):
    figure = draw(board({**VALUES, "mine 1": [math.nan] * 4}))
    assert not any(text.get_text() == "mine 1" for text in figure.axes[0].texts)


def test_items_that_are_alike_are_drawn_together():
    # Two pairs of which each value comes once: nothing is left that a draw could change.
    values = {**VALUES, "mine 1": [0.1, 0.1, 0.3, 0.3]}
    apart, together = (board(values, alike=alike) for alike in ((), ("a", "b", "a", "b")))
    row = [name for name, *_ in headline_table(apart).rows].index("mine 1")
    assert "[" in headline_table(apart).rows[row][1]
    assert "[" not in headline_table(together).rows[row][1]
    assert "2 groups of items that are alike" in page(together)
