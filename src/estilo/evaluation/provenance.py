"""The origin of a result: its date, the versions and the machine."""

import os
import platform
import subprocess
from datetime import datetime
from pathlib import Path

from estilo import version
from estilo.version import __version__

_PACKAGES = ("numpy", "scipy", "torch")


def provenance() -> dict[str, str]:
    """Date, commit, versions and machine, without names of people or hosts.

    Example:
        >>> sorted(provenance())
        ['commit', 'created', 'machine', 'versions']
    """
    from importlib.metadata import version

    packages = [f"{name} {version(name)}" for name in _PACKAGES]
    python = f"Python {platform.python_version()}"
    return {
        "created": datetime.now().astimezone().isoformat(timespec="seconds"),
        "commit": commit(),
        "versions": ", ".join([f"estilo {__version__}", python, *packages]),
        "machine": f"{_processor()}, {n_cores()} cores, {platform.system()}",
    }


def n_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def commit(folder: Path | None = None) -> str:
    """Commit of the code that runs, ``-dirty`` where it was changed since; "unknown" without git.

    What lies outside the folder of the code, documents and tests for instance, changes no result.

    Args:
        folder: folder of the code; estilo's if not given.
    """
    folder = Path(version.__file__).parent if folder is None else folder
    # An installed package may lie in the repository of somebody else, who does not track it.
    if _git(folder, "ls-files", "--error-unmatch", "__init__.py") is None:
        return "unknown"
    name = _git(folder, "describe", "--always", "--exclude=*", "--abbrev=10")
    if name is None:
        return "unknown"
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no", "--", ".")
    return f"{name}-dirty" if changed else name


def _git(folder: Path, *arguments: str) -> str | None:
    command = ["git", "-C", str(folder), *arguments]
    try:
        run = subprocess.run(  # noqa: S603 - fixed arguments, no shell
            command, capture_output=True, text=True, check=False, timeout=20
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return run.stdout.strip() if run.returncode == 0 else None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
