"""Whoever calls a function of several parameters reads in its docstring what each of them is."""

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import estilo

SOURCE = Path(estilo.__file__).parent
ROOMS = sorted({each.relative_to(SOURCE).parts[0] for each in SOURCE.rglob("*.py")})

Function = ast.FunctionDef | ast.AsyncFunctionDef

_ENTRY = re.compile(r" {4}(\*{0,2}\w+(?:, \*{0,2}\w+)*)(?: \(.+\))?:\s+(.*)")
_FRAGMENT = re.compile(
    r"(?:of|likewise|which|that|whose|see|as|in|at|for|from|to|with|without|by|on|over|under"
    r"|after|before|between|relative|when|until|called|asked|where to)\b",
    re.IGNORECASE,
)
_REFERENCE = re.compile(r"\b(?:[Ss]ee|[Aa]s) `(?:[\w.]+\.)?(\w+)\.(\w+)`")
_FIELDS = {"dataclass", "NamedTuple"}


@dataclass(frozen=True)
class Documented:
    """A function or class, the names of its parameters, and what its docstring says of them."""

    place: str
    names: tuple[str, ...]
    docstring: str
    parents: tuple[str, ...] = ()
    method: str = ""

    @property
    def missing(self) -> list[str]:
        return [name for name in self.names if name not in args_of(self.docstring)]


def args_of(docstring: str) -> dict[str, str]:
    """Names in the Args section of a docstring in Google style, and how each description begins."""
    _, is_there, rest = inspect.cleandoc(docstring).partition("\nArgs:\n")
    found: dict[str, str] = {}
    for line in rest.splitlines() if is_there else []:
        if line and not line.startswith(" "):
            break
        if entry := _ENTRY.match(f"{line} "):
            found |= {name.strip("* "): entry[2] for name in entry[1].split(",")}
    return found


@cache
def helped() -> set[str]:
    """Names of types of the command line's options that bring their help along."""
    return {
        target.id
        for path in SOURCE.glob("cli/*.py")
        for each in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(each, ast.Assign) and "Annotated[" in ast.unparse(each.value)
        for target in each.targets
        if isinstance(target, ast.Name)
    }


def has_help(annotation: ast.expr | None, place: str) -> bool:
    """Whether it belongs to an option of a command, whose help stands in the annotation."""
    text = "" if annotation is None else ast.unparse(annotation)
    return place.startswith("cli/") and ("Annotated[" in text or text in helped())


def parameters(function: Function, place: str) -> tuple[str, ...]:
    every = function.args
    named = [*every.posonlyargs, *every.args, *every.kwonlyargs]
    named += [each for each in (every.vararg, every.kwarg) if each is not None]
    return tuple(
        each.arg
        for each in named
        if each.arg not in ("self", "cls") and each.arg[0] != "_"
        if not has_help(each.annotation, place)
    )


def names_of(expressions: list[ast.expr]) -> set[str]:
    """Last parts of dotted names: what decorates a function, what a class is made from."""
    bare = (each.func if isinstance(each, ast.Call) else each for each in expressions)
    bare = (each.value if isinstance(each, ast.Subscript) else each for each in bare)
    return {
        each.attr if isinstance(each, ast.Attribute) else each.id
        for each in bare
        if isinstance(each, ast.Attribute | ast.Name)
    }


def fields(body: list[ast.stmt], place: str) -> tuple[str, ...]:
    """Fields of a class without a docstring of their own."""
    found = []
    for now, after in zip(body, [*body[1:], ast.Pass()], strict=True):
        if not isinstance(now, ast.AnnAssign) or not isinstance(now.target, ast.Name):
            continue
        is_described = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
        is_described |= has_help(now.annotation, place)
        is_given = "ClassVar" not in ast.unparse(now.annotation)
        is_given &= now.value is None or "init=False" not in ast.unparse(now.value)
        if now.target.id[0] != "_" and not is_described and is_given:
            found.append(now.target.id)
    return tuple(found)


def functions(body: list[ast.stmt], place: str) -> Iterator[Documented]:
    for each in body:
        if isinstance(each, Function) and each.name[0] != "_":
            yield Documented(
                f"{place}:{each.lineno} {each.name}",
                parameters(each, place),
                ast.get_docstring(each) or "",
            )
        if isinstance(each, ast.ClassDef) and each.name[0] != "_":
            yield from in_class(each, place)


def in_class(owner: ast.ClassDef, place: str) -> Iterator[Documented]:
    parents = tuple(sorted(names_of(owner.bases)))
    text = ast.get_docstring(owner) or ""
    if (names_of(owner.decorator_list) | set(parents)) & _FIELDS:
        yield Documented(
            f"{place}:{owner.lineno} {owner.name}", fields(owner.body, place), text, parents
        )
    for each in owner.body:
        if not isinstance(each, Function):
            continue
        where = f"{place}:{each.lineno} {owner.name}.{each.name}"
        if each.name == "__init__":
            yield Documented(where, parameters(each, place), text, parents)
        elif each.name[0] != "_" or each.name == "__call__":
            own = ast.get_docstring(each) or ""
            yield Documented(where, parameters(each, place), own, parents, each.name)


@cache
def everything() -> dict[str, list[Documented]]:
    """All of the source, file by file."""
    return {
        (place := path.relative_to(SOURCE).as_posix()): list(
            functions(ast.parse(path.read_text(encoding="utf-8")).body, place)
        )
        for path in sorted(SOURCE.rglob("*.py"))
    }


@cache
def methods() -> dict[tuple[str, str], Documented]:
    """Methods by class and name, with which an overriding one may be content."""
    return {
        (each.place.split()[1].split(".")[0], each.method): each
        for found in everything().values()
        for each in found
        if each.method
    }


def is_documented(each: Documented) -> bool:
    if len(each.names) < 2 or not each.missing:
        return True
    others = [(parent, each.method) for parent in each.parents]
    others += _REFERENCE.findall(each.docstring)
    return any(
        not (set(each.names) - set(args_of(methods()[other].docstring)))
        for other in others
        if other in methods()
    )


@pytest.mark.parametrize("room", ROOMS)
def test_every_parameter_is_described(room):
    found = [
        f"src/estilo/{each.place} does not describe {', '.join(each.missing)}"
        for place, parts in everything().items()
        if place.split("/")[0] == room
        for each in parts
        if not is_documented(each)
    ]
    assert not found, "add them to the Args section of the docstring:\n" + "\n".join(found)


@pytest.mark.parametrize("room", ROOMS)
def test_every_description_has_a_noun(room):
    found = [
        f"src/estilo/{each.place}: {name}: {text}"
        for place, parts in everything().items()
        if place.split("/")[0] == room
        for each in parts
        for name, text in args_of(each.docstring).items()
        if _FRAGMENT.match(text)
    ]
    assert not found, "begin with what it is, not with a preposition:\n" + "\n".join(found)


def test_the_rule_sees_what_is_missing():
    source = '''
class Base:
    def step(self, state, size):
        """Go on.

        Args:
            state: what there is.
            size: in samples.
        """

class Other(Base):
    def step(self, state, size): ...
    def other(self, state, size):
        """See `Base.step`."""

@dataclass
class Pair:
    """Two.

    Args:
        left: one of them.
    """
    left: int
    right: int

def one(waveform): ...
def two(waveform, *, sample_rate):
    """Two.

    Args:
        waveform: ``(time,)``.
    """
'''
    found = {each.place.split()[1]: each for each in functions(ast.parse(source).body, "x.py")}
    assert {name: each.missing for name, each in found.items()} == {
        "Base.step": [],
        "Other.step": ["state", "size"],
        "Other.other": ["state", "size"],
        "Pair": ["right"],
        "one": ["waveform"],
        "two": ["sample_rate"],
    }
    assert found["Other.step"].parents == ("Base",)
    assert _REFERENCE.findall(found["Other.other"].docstring) == [("Base", "step")]
