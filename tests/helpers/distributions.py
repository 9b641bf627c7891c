"""Packages that look installed: a module and the metadata that pip would have written."""

from importlib.metadata import entry_points
from pathlib import Path
from textwrap import dedent

import pytest

from estilo import registry


def install(folder: Path, name: str, source: str, points: dict[str, dict[str, str]]) -> None:
    """A distribution of one module in a folder that is, or will be, on Python's path.

    Args:
        folder: where packages are looked for.
        name: of the distribution and of its module.
        source: of the module.
        points: as for `describe`.
    """
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.py").write_text(dedent(source), encoding="utf-8")
    describe(folder, name, points)


def describe(folder: Path, name: str, points: dict[str, dict[str, str]]) -> None:
    """The metadata of a distribution, beside its modules.

    Args:
        folder: where packages are looked for.
        name: of the distribution.
        points: entry-point group to the names in it and what they stand for.
    """
    metadata = folder / f"{name}-1.5.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.5\n", encoding="utf-8"
    )
    lines = []
    for group, parts in points.items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in parts.items())]
    (metadata / "entry_points.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def put_on_path(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Makes this process find the packages of a folder, for the time of a test.

    Args:
        monkeypatch: of the test.
        folder: with distributions from `install`.
    """
    monkeypatch.syspath_prepend(str(folder))
    fresh = entry_points()
    monkeypatch.setattr(registry, "_installed", lambda: fresh)
