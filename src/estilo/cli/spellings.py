"""Arguments that are not what they seem: options of earlier versions, and a file named -."""

import re
from pathlib import Path

_RENAMED = {
    "--practice": "--adapt",
    "--fit": "--set level_matching=VALUE",
    "--raw": "--set raw=true",
    "--formant-shift": "--set formant_shift_semitones=VALUE",
}


_HYPHEN = re.compile(r"(?P<option>--?[a-z-]+=|)(?P<folder>(?:\./+)*)-(?P<place>@.*|)")


def standard_or_file(argument: str) -> str:
    """A hyphen that is standard input or output as a path, a file of that name with its folder.

    Options begin with hyphens, so that one alone is not taken for a path; and paths lose the dot
    by which a file called - is told from it.

    Args:
        argument: argument, as it was typed.

    Example:
        >>> standard_or_file("-"), standard_or_file("./-") == str(Path.cwd() / "-")
        ('./-', True)
    """
    found = _HYPHEN.fullmatch(argument)
    if found is None:
        return argument
    path = Path.cwd() / "-" if found["folder"] else "./-"
    return f"{found['option']}{path}{found['place']}"


def new_spelling(option: str) -> str | None:
    """How an option of an earlier version is typed now; None for what never was one.

    Args:
        option: option, as it was typed, with its hyphens.

    Example:
        >>> new_spelling("--stft.n-fft"), new_spelling("--practice"), new_spelling("--bogus")
        ('--set stft.n_fft=VALUE', '--adapt', None)
    """
    from estilo.engines import ENGINES
    from estilo.fields import leaves

    name = option.partition("=")[0]
    if name in _RENAMED:
        return _RENAMED[name]
    field = name.removeprefix("--").replace("-", "_")
    known = {".".join(path) for model in ENGINES.usable().values() for path, _ in leaves(model)}
    if field in known:
        return f"--set {field}=VALUE"
    if field.removeprefix("no_") in known:
        return f"--set {field.removeprefix('no_')}=false"
    return None
