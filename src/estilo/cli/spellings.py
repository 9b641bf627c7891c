"""What options of earlier versions are called now."""

_RENAMED = {
    "--practice": "--adapt",
    "--fit": "--set level_matching=VALUE",
    "--raw": "--set raw=true",
    "--formant-shift": "--set formant_shift_semitones=VALUE",
}


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
