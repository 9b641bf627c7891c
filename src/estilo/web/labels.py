"""What users call their recordings: labels that are shown, and never names of files."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

_LONGEST = 80
_NAMELESS = "recording"


def label(name: str) -> str:
    r"""A name that can be shown anywhere: one line of what can be seen, without folders.

    Args:
        name: whatever a client calls a recording.

    Example:
        >>> label("C:\\music\\tune.wav"), label("../../etc/passwd"), label("..")
        ('tune.wav', 'passwd', 'recording')
    """
    last = re.split(r"[/\\]", name)[-1]
    seen = "".join(
        each for each in last if unicodedata.category(each)[0] not in "CZ" or each == " "
    )
    text = " ".join(seen.split())
    if len(text) > _LONGEST:
        stem, dot, extension = text.rpartition(".")
        end = dot + extension if 0 < len(extension) <= 5 and stem else ""
        text = text[: _LONGEST - len(end) - 1] + "…" + end
    return text if text.strip(". ") else _NAMELESS


def relabelled(value: Any, names: Mapping[str, str]) -> Any:
    """The same with labels in the place of paths, in every text that is in it.

    Args:
        value: anything that is plain JSON.
        names: labels by paths, longer paths before those that are in them.

    Example:
        >>> relabelled(["/tmp/a is silent", 1], {"/tmp/a": "rain.wav"})
        ['rain.wav is silent', 1]
    """
    if isinstance(value, str):
        for path, name in names.items():
            value = value.replace(path, name)
        return value
    if isinstance(value, list):
        return [relabelled(each, names) for each in value]
    if isinstance(value, dict):
        return {relabelled(key, names): relabelled(each, names) for key, each in value.items()}
    return value
