"""The command line: one file per command, and here what all of them share on the way out.

Exit codes: 0 done, 1 internal error, 2 bad input or usage, 130 cancelled. Names of written files go
to stdout, everything else to stderr.
"""

import contextlib
import gc
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from estilo.errors import EstiloError
from estilo.registry import NameTaken

_DEBUG = "ESTILO_DEBUG"
_CANCELLED = "cancelled; nothing was written"
_CANCELLED_AMID = "cancelled; what was written by then is whole"
_LABELS = {0: ("warning: ", "yellow"), 130: ("", "yellow")}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: what follows the program's name; ``sys.argv`` if not given.

    Returns:
        The exit code.
    """
    from estilo.cli.terminal import spell_out_what_streams_lack

    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        Path.cwd()  # without it some libraries end the program while they are loaded
    except OSError:
        gone = "the folder that you are in does not exist any more; change to another one"
        return _say(gone, 2)
    _settle()
    spell_out_what_streams_lack()
    n_before = _n_published()
    try:
        code = _run(arguments or ["--help"])
        if sys.stdout is not None:  # as where it was closed
            sys.stdout.flush()
    except KeyboardInterrupt:
        return _say(_CANCELLED if _n_published() == n_before else _CANCELLED_AMID, 130)
    except SystemExit as error:  # so rich ends when whoever reads us has seen enough
        if isinstance(error.__context__, BrokenPipeError):
            return 0
        raise
    except BrokenPipeError:
        if sys.stdout is not None:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def _n_published() -> int:
    """How many times files took their places, without loading what writes them."""
    hidden = sys.modules.get("estilo.io.hidden")
    return 0 if hidden is None else hidden.n_published()


def _settle() -> None:
    """What libraries ask for while they are loaded."""
    # Threads that spin while they wait gain nothing on an idle machine, and beside other programs
    # (a DAW, say) they cost a factor of ten.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # numpy's threads spin as well, and its products are small here.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # pydantic would look for plug-ins in every package that is installed.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # torch makes a million objects while it is loaded, none of them garbage: looking through them
    # as often as by default takes a tenth of that time, and no less memory is used in the end.
    gc.set_threshold(20_000)


def _run(arguments: list[str]) -> int:
    """One command, its errors in words."""
    from cyclopts.exceptions import CycloptsError

    from estilo.cli.app import build_app
    from estilo.cli.signals import Stop
    from estilo.cli.spellings import standard_or_file

    arguments = list(map(standard_or_file, arguments))
    try:
        with Stop(), _names_taken_in_words():
            command = next((each for each in arguments if not each.startswith("-")), None)
            code = build_app(*[command] if command else [])(
                arguments, exit_on_error=False, print_error=False
            )
    except CycloptsError as error:
        return _say(_usage(error), 2)
    except EstiloError as error:
        return _fail(error, str(error), error.exit_code)
    except BrokenPipeError:
        raise
    except MemoryError as error:
        hint = "close other programs, or take a part with --duration"
        return _fail(error, f"the memory is not enough for this; {hint}", 1)
    except OSError as error:  # what the system says of a file, and nobody has said better
        if error.filename is None:
            return _fail(error, f"{error.strerror or error}; {_report_it()}", 1)
        return _fail(error, f"{os.fsdecode(error.filename)}: {error.strerror}; check the path", 2)
    except Exception as error:
        return _fail(error, f"internal error: {type(error).__name__}: {error}; {_report_it()}", 1)
    return code if isinstance(code, int) else 0


@contextmanager
def _names_taken_in_words() -> Iterator[None]:
    """What another package adds in vain is said in a line, wherever it is found out."""
    shown = warnings.showwarning

    def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
        if issubclass(category, NameTaken):
            _say(str(message), 0)
        else:
            shown(message, category, *where, **more)

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield


def _usage(error: object) -> str:
    from cyclopts.exceptions import UnknownOptionError

    commands = set(getattr(error, "command_chain", None) or ())
    if isinstance(error, UnknownOptionError) and commands & {"transfer", "texture"}:
        from estilo.cli.spellings import new_spelling

        typed = error.token.keyword or error.token.value
        now = new_spelling(typed)
        if now is not None:
            return f"{typed.partition('=')[0]} is now {now}"
    chain = " ".join(getattr(error, "command_chain", None) or ())
    command = f"estilo {chain}".strip()
    return f"{str(error).strip().rstrip('.')}; see {command} --help"


def _report_it() -> str:
    return f"run it again with {_DEBUG}=1 and report what it prints"


def _fail(error: BaseException, message: str, code: int) -> int:
    if os.environ.get(_DEBUG, "0") not in ("", "0"):
        import traceback

        traceback.print_exception(error)
    return _say(message, code)


def _say(message: str, code: int) -> int:
    from estilo.cli.terminal import in_one_line, stderr_console

    label, style = _LABELS.get(code, ("error: ", "bold red"))
    console = stderr_console()
    with contextlib.suppress(OSError):  # the terminal is closed
        console.print(f"estilo: {label}", style=style, end="")
        console.print(in_one_line(message))
    return code
