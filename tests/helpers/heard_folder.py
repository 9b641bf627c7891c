"""A folder of outputs as a scoreboard keeps them, half a second each, for listening tests."""

from pathlib import Path

import numpy as np

from estilo.audio import Audio
from estilo.evaluation.kept_index import Index, ListedItem, ListedOutput, write_index
from estilo.io import save

RATE = 8_000
ITEMS, ROWS = ("one", "two", "three"), ("eq 0.5", "sines 1", "mosaic 1")
CONTROLS = ("target", "content copied", "style copied", "crossfade 0.5")


def noise(seed: int, *, level: float = 0.1, seconds: float = 0.5) -> Audio:
    """White noise, another for each seed."""
    rng = np.random.default_rng(seed)
    return Audio(level * rng.standard_normal(round(seconds * RATE)), RATE)


def make_heard(folder: Path, *, has_target: bool = True, has_content: bool = True) -> Path:
    """Make the folder; the outputs of each row have a level of their own."""
    items: list[ListedItem] = []
    outputs: list[ListedOutput] = []
    roles = ["style", *(["content"] if has_content else []), *(["target"] if has_target else [])]
    for number, item in enumerate(ITEMS):
        inner = folder / "outputs" / item
        inner.mkdir(parents=True)
        for place, role in enumerate(roles):
            save(noise(100 * number + place), inner / f"{role}.flac", bit_depth="24")
        paths = {role: f"outputs/{item}/{role}.flac" for role in roles}
        items.append(ListedItem(item, "a", **paths))
        for place, row in enumerate((*CONTROLS, *ROWS)):
            file = f"outputs/{item}/{place}.flac"
            save(noise(100 * number + 10 + place, level=0.02 * (1 + place)), folder / file)
            series, _, strength = row.partition(" ")
            is_control = row in CONTROLS
            number_of = None if is_control else float(strength)
            outputs.append(ListedOutput(item, row, file, series, number_of, is_control))
    write_index(folder, Index("synthetic", tuple(items), tuple(outputs)))
    return folder
