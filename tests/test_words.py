"""The project's words: one term for each thing, and it is the field's."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("src", "tests", "benchmarks", "docs", "examples")
SUFFIXES = {".py", ".md", ".toml", ".ipynb", ".ts"}

# Pattern of what is not written, what is written instead, and files in which it means another
# thing or names what older versions wrote.
GIVEN_UP: dict[str, tuple[str, tuple[str, ...]]] = {
    r"true answers?": ("target or ground truth", ()),
    r"\ba content\b(?! (?:signal|term|loss|layer|weight|metric))": ("a content signal", ()),
    r"disguis": ("augmentation", ()),
    r"practi[cs]e": (
        "per-style adaptation",
        (
            "src/estilo/cli/spellings.py",
            "src/estilo/engines/neural/settings.py",
            "src/estilo/presets/__init__.py",
            "tests/cli/test_options.py",
            "tests/pipeline/test_recipes.py",
            "tests/engines/test_settings.py",
        ),
    ),
    r"rehears": ("per-style adaptation", ()),
    r"image ?engine": ("stereo wrapper", ()),
    r"\blookups?\b": ("cross-attention", ("src/estilo/models/settings.py",)),
    r"engines[./]copies": ("engines.baselines", ()),
    r"(?<!frame-)ancestor": ("original method", ()),
    r"\bthe seeds(?: wrote|['’]| took)|\bas the seeds\b|\bthe seed's two\b": (
        "original methods",
        (),
    ),
    r"\bstrokes?\b": (
        "transients, or hits of a drum",
        ("src/estilo/web/ui/src/audio/draw.ts",),
    ),
    r"neural[./]fit\b|`fit`|--fit\b": ("level matching", ("src/estilo/cli/spellings.py",)),
    r"the residual is the rest|noise: the rest": ("residual", ()),
}
"""Not searched are this file and the history of changes."""

SKIPPED = {"tests/test_words.py", "CHANGELOG.md"}
# What others wrote, and what was built.
NOT_OURS = {"node_modules", "dist"}


def texts() -> Iterator[tuple[str, str]]:
    """Path and text of everything that is read by people."""
    paths = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    paths += [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*"))]
    for path in paths:
        name = path.relative_to(ROOT).as_posix()
        if NOT_OURS & set(path.parts) or name in SKIPPED:
            continue
        if path.suffix in SUFFIXES and path.is_file():
            yield name, path.read_text(encoding="utf-8")


def found(pattern: str, text: str) -> list[str]:
    """Lines that hold a pattern, which a line's end may interrupt."""
    broken = re.compile(pattern.replace(" ", r"\s+"), re.IGNORECASE)
    return [
        f"{text.count(chr(10), 0, hit.start()) + 1}: {hit[0]!r}" for hit in broken.finditer(text)
    ]


@pytest.mark.parametrize("pattern", GIVEN_UP)
def test_words_that_were_given_up(pattern):
    instead, exceptions = GIVEN_UP[pattern]
    hits = [
        f"{name}:{hit}"
        for name, text in texts()
        if name not in exceptions
        for hit in found(pattern, text)
    ]
    assert not hits, f"write {instead!r}:\n" + "\n".join(hits)


def test_exceptions_are_needed():
    named = {(pattern, each) for pattern, (_, names) in GIVEN_UP.items() for each in names}
    for pattern, name in sorted(named):
        assert found(pattern, (ROOT / name).read_text(encoding="utf-8")), f"{name}: {pattern}"


def test_a_word_is_found_across_lines():
    assert found("true answers?", "one\nthe true\n    answer of it") == ["2: 'true\\n    answer'"]
    assert found(next(iter(GIVEN_UP)), "a target") == []
