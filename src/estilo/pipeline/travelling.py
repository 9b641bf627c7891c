"""Recipes that travel: where the files that a recipe names lie now."""

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from estilo.errors import InputError
from estilo.pipeline.masks import Mask
from estilo.pipeline.report import InputReport, Report
from estilo.pipeline.sources import path_hash


def relative_names(report: Report, folder: Path) -> dict[str, str]:
    """Paths of the files that went in, seen from a folder, by their absolute paths.

    Args:
        report: what was made of them.
        folder: folder of the recipe.

    Example:
        >>> from types import SimpleNamespace as Some
        >>> clip, plan = Some(path=os.path.abspath("a/in.wav")), Some(files=[])
        >>> list(relative_names(Some(content=None, styles=[clip], plan=plan), Path("b")).values())
        ['../a/in.wav']
    """
    given = report.styles if report.content is None else [report.content, *report.styles]
    paths = [each.path for each in given if each.path is not None]
    names = {}
    for path in (*paths, *map(str, report.plan.files)):
        try:
            names[path] = Path(os.path.relpath(path, folder)).as_posix()
        except ValueError:  # on another drive of Windows
            continue
    return names


def output_of(recipe: Path) -> Path | None:
    """The output that a recipe lies beside; None where its name does not tell.

    Args:
        recipe: path of the recipe.

    Example:
        >>> output_of(Path("out.wav.json")).name, output_of(Path("recipe.json"))
        ('out.wav', None)
    """
    output = recipe.with_suffix("") if recipe.suffix == ".json" else None
    return output if output is not None and output.suffix else None


def changed_output(report: Report, recipe: Path) -> list[str]:
    """A sentence where the recording beside a recipe is not the one that it tells of.

    Args:
        report: report of the recipe.
        recipe: its path.
    """
    output, then = output_of(recipe), report.output.sha256
    if output is None or then is None or not output.is_file():
        return []
    now = path_hash(output)
    if now == then:
        return []
    return [
        f"{output} is not the file that {recipe} was written with: its SHA-256 is {now[:12]}… and "
        f"was {then[:12]}…"
    ]


def located(report: Report, recipe: Path, *, inputs: Path | None = None) -> Report:
    """A report whose files are named where they lie now, those of its plan too.

    Args:
        report: report of the recipe.
        recipe: its path.
        inputs: a folder, as in `located_recordings`.

    Raises:
        InputError: a file is nowhere, or there is no such folder.
    """
    report = located_recordings(report, recipe, inputs=inputs)
    plan = report.plan
    if plan.mask is not None:
        path = _found(
            _places(plan.mask.path, report, recipe, inputs), plan.mask.sha256, plan.mask.path
        )
        plan = plan.settled(mask=Mask(str(path.absolute()), plan.mask.sha256))
    before = plan.settings.weights_path
    if before is not None:
        path = _weights(before, report, recipe, inputs)
        moved = {name: str(path.absolute()) for name, value in plan.settings if value == before}
        plan = plan.settled(settings=plan.settings.model_copy(update=moved))
    return report.model_copy(update={"plan": plan})


def located_recordings(report: Report, recipe: Path, *, inputs: Path | None = None) -> Report:
    """A report whose recordings are named where they lie now.

    Each is looked for where it was, where it would be if the recipe and it were moved together,
    beside the recipe, and in a folder; the first one that is the same file, by its SHA-256, is
    taken. Where all are others, the first one that is there is.

    Args:
        report: report of the recipe.
        recipe: its path.
        inputs: a folder, in which a file is found whatever its name is; what came through a pipe,
            too.

    Raises:
        InputError: a file is nowhere, or there is no such folder.
    """
    if inputs is not None and not inputs.is_dir():
        raise InputError(f"{inputs} is no folder; name the one that holds the recordings")

    def moved(given: InputReport) -> InputReport:
        if given.path is None:
            same = None if inputs is None else _same(_inside(inputs), given.sha256)
            return given if same is None else given.model_copy(update={"path": str(same)})
        found = _found(_places(given.path, report, recipe, inputs), given.sha256, given.path)
        return given.model_copy(update={"path": str(found)})

    return report.model_copy(
        update={
            "content": None if report.content is None else moved(report.content),
            "styles": [moved(each) for each in report.styles],
        }
    )


def _places(path: str, report: Report, recipe: Path, inputs: Path | None) -> Iterator[Path]:
    """Where a file may be: the likeliest first, and what costs nothing."""
    name = Path(path).name
    yield Path(path)
    if path in report.beside:
        yield recipe.parent / report.beside[path]
    yield recipe.parent / name
    if inputs is not None:
        yield inputs / name
        yield from sorted(_inside(inputs), key=lambda each: each.suffix != Path(path).suffix)


def _inside(folder: Path) -> list[Path]:
    return [Path(root, each) for root, _, names in os.walk(folder) for each in sorted(names)]


def _same(places: Iterable[Path], sha256: str) -> Path | None:
    """The first place at which a file is that is the same."""
    for place in places:
        with contextlib.suppress(InputError):
            if path_hash(place) == sha256:
                return place
    return None


def _found(places: Iterable[Path], sha256: str, path: str) -> Path:
    """The first place at which a file is that is the same; else the first at which one is."""
    first, reason = None, None
    for place in places:
        try:
            found = path_hash(place)
        except InputError as error:
            reason = reason or error
            continue
        if found == sha256:
            return place
        first = first or place
    return first or _nowhere(path, reason)


def _weights(path: str, report: Report, recipe: Path, inputs: Path | None) -> Path:
    """The first place at which a file of weights is; whether it is the same is told by its name.

    The recipe does not know such a file's hash but the network's in it, which is compared later.
    """
    for place in _places(path, report, recipe, inputs):
        if place.name == Path(path).name and place.is_file():
            return place
    return _nowhere(path, None)


def _nowhere(path: str, reason: InputError | None) -> Path:
    if reason is not None and os.path.lexists(path):  # but it is no plain file, say
        raise reason
    raise InputError(
        f"{path} does not exist any more, nor does it lie beside the recipe; bring it back, or "
        "name the folder that it is in now (--inputs)"
    )
