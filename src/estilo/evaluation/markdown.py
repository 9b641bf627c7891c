"""The scoreboard as a page: tables, and everything that one must know to read them."""

from estilo.evaluation.agreement import DISTANCES
from estilo.evaluation.board import Board
from estilo.evaluation.bootstrap import N_RESAMPLES
from estilo.evaluation.bootstrap import SEED as BOOTSTRAP_SEED
from estilo.evaluation.makers import SEED
from estilo.evaluation.measuring import Column
from estilo.evaluation.published import SOURCE
from estilo.evaluation.sets import TEST_SETS
from estilo.evaluation.tables import (
    Table,
    agreement_table,
    headline_table,
    other_tables,
    relative_table,
)

_ALONE = "of the output alone"
_AGAINST = {
    "content": "against the content",
    "style": "against the style",
    "target": "against the target",
    "timbre": "against the target",
    "notes": "against the target",
}
_WITHOUT_TARGET = {**_AGAINST, "timbre": "against the style", "notes": "against the content"}
_TEXTURES = {"timbre": "against the second half", "style": "against the first half"}


def page(board: Board) -> str:
    """Everything about a board, in Markdown; equal boards give equal pages."""
    parts = [
        f"# Scoreboard: {board.set_name}",
        _introduction(board),
        markdown_table(headline_table(board)),
        _floor(board),
        _relative(board),
        _agreement(board),
        *(
            f"## Only {group} ({_size(board, group)})\n\n"
            + markdown_table(headline_table(board, group=group))
            for group in board.groups
        ),
        "## Everything else that was measured",
        *(markdown_table(table) for table in other_tables(board)),
        _failures(board),
        _definitions(board),
        _origin(board),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def markdown_table(table: Table) -> str:
    """A table with its numbers to the right.

    Example:
        >>> print(markdown_table(Table(["", "LSD ↓"], [["eq", "14.34"]])))
        |  | LSD ↓ |
        | --- | ---: |
        | eq | 14.34 |
    """
    rules = ["---", *["---:"] * (len(table.heading) - 1)]
    lines = [table.heading, rules, *table.rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def _introduction(board: Board) -> str:
    groups = ", ".join(f"{_size(board, group)} {group}" for group in board.groups)
    about = f"{TEST_SETS.summary(board.set_name)} " if board.set_name in TEST_SETS else ""
    return (
        f"{about}{len(board.items)} items{f' ({groups})' if groups else ''}, engines' seed {SEED}. "
        "Mean over the items, in brackets its 95 % interval (percentile bootstrap, "
        f"{N_RESAMPLES} draws of {_drawn(board)}, seed {BOOTSTRAP_SEED}); ↓ lower is better, "
        "↑ higher. "
        "*Equalised*: measured after the output was equalised to the style's average spectrum. "
        "*× real time*: processor seconds of one core per second of output, median. "
        "Item by item: `pairs.csv`."
    )


def _drawn(board: Board) -> str:
    """What the bootstrap draws: the items, or groups of them that are alike."""
    groups = set(board.groups_alike)
    is_grouped = 0 < len(groups) < len(board.items)
    return f"the {len(groups)} groups of items that are alike" if is_grouped else "the items"


def _floor(board: Board) -> str:
    """The score of a perfect target under a metric of notes."""
    pitch = board.column("pitch")
    entries = {entry.series: entry for entry in board.entries}
    if pitch is None or pitch.against != "notes" or not {"target", "content"} <= set(entries):
        return ""
    values = board.values(entries["content"], pitch)
    known = values[values == values]
    if not len(known):
        return ""
    return (
        f"Even the target differs from the content in octaves and partials: {pitch.label} "
        f"between the target and the content is {known.mean():.3f} (the row of the content "
        "copied, as it is the same either way round). A figure near it is no loss of pitch."
    )


def _relative(board: Board) -> str:
    table = relative_table(board)
    if table is None:
        return ""
    return (
        "## From the content copied\n\n"
        "Ratios of means, for pitch the difference; items are drawn together. The published rows "
        f"are taken from the table of {SOURCE}: their recordings and their pitch estimator are "
        "not ours, and their timbre is the distance in a network that they trained, so that "
        "only the first digit compares.\n\n" + markdown_table(table)
    )


def _agreement(board: Board) -> str:
    table = agreement_table(board)
    if table is None:
        return ""
    return (
        "## Agreement with the target\n\n"
        "How far the scores that can be had without the target put engines in the order in which "
        "the target puts them: Spearman's rank correlation between a score and the mean rank of "
        f"three distances to the target ({', '.join(DISTANCES)}). *Within items*: over the engines "
        "and strengths of each item, mean over items; *of means*: of the rows' means over all "
        "items; *strongest*: within items, each engine at its greatest strength alone, as much of "
        "the order is strength; *with LSD*: within items, with the order by LSD alone, as the "
        "others are measured against the style as well. Controls are left out; 1 is the same "
        "order, 0 none, −1 the opposite one.\n\n" + markdown_table(table)
    )


def _failures(board: Board) -> str:
    if not board.failures:
        return ""
    lines = [f"- {each.entry}, {each.item}: {each.measured.error}" for each in board.failures]
    return "## What failed\n\n" + "\n".join(lines)


def _definitions(board: Board) -> str:
    lines = [_definition(column, board) for column in board.columns]
    return "## Definitions\n\n" + "\n".join(lines)


def _definition(column: Column, board: Board) -> str:
    names = _AGAINST if board.has_target else _WITHOUT_TARGET if board.has_content else _TEXTURES
    against = _ALONE if column.against is None else names[column.against]
    about = f"{column.about[:1].lower()}{column.about[1:]}"
    return f"- **{column.label}** (`{column.name}`), {against}, {column.better} is better: {about}"


def _origin(board: Board) -> str:
    dates = [each[:10] for each in board.made("created")]
    spans = dates[0] if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}"
    lines = [
        f"- Date: {spans}",
        f"- Commit: {', '.join(board.made('commit'))}",
        f"- Hardware: {'; '.join(board.made('machine'))}; one thread per output",
        f"- Versions: {'; '.join(board.made('versions'))}",
    ]
    return "## Where it comes from\n\n" + "\n".join(lines)


def _size(board: Board, group: str) -> int:
    entry = board.entries[0]
    return len(board.values(entry, board.columns[0], group=group))
