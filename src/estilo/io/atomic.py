"""Files that are either whole or not there: written beside the target, then renamed."""

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

from estilo.errors import OutputError
from estilo.interrupts import interrupts_wait
from estilo.io.hidden import Claim, one_at_a_time, sweep, sweep_now_and_then
from estilo.io.with_folder import WithFolder

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def write_atomic(
    path: str | PathLike[str], content: bytes | Callable[[Path], None], *, force: bool = False
) -> Path:
    """Write a file so that nobody ever sees half of it.

    Args:
        path: where the file is wanted.
        content: bytes of the file, or a function that writes them to the path it is given.
        force: replace a file that is already there.

    Returns:
        The path.

    Raises:
        OutputError: the target exists, or cannot be written.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> write_atomic(folder / "note.txt", b"hello").read_bytes()
        b'hello'
    """
    with replacing(path, force=force) as temporary:
        if isinstance(content, bytes):
            temporary.write_bytes(content)
        else:
            content(temporary)
    return Path(path)


@contextmanager
def replacing(path: str | PathLike[str], *, force: bool) -> Iterator[Path]:
    """A hidden empty file beside ``path`` to write into; it takes its place when all went well.

    After any exception, a keyboard interrupt included, the hidden file is gone and the target is
    as it was. Without ``force`` a target that appeared in the meantime is not overwritten either.
    What a killed process left in the folder is removed on the way.

    Args:
        path: file that is to be written.
        force: replace a file that is already there.
    """
    with together([Path(path)], force=force) as (part,):
        yield part


@contextmanager
def together(paths: Sequence[Path], *, force: bool) -> Iterator[tuple[Path, ...]]:
    """Hidden files beside ``paths`` to write into; they take their places as one unit.

    The first one, which is there and empty, must be written; others are left out where they are
    not made, and what stood in their places is gone then. Signals wait while the files take their
    places, and a later run finishes or undoes what a kill leaves in the middle.

    Args:
        paths: files that are to be written.
        force: replace files that are already there.
    """
    with _output_errors(paths[0]):
        targets = [resolved(path) for path in paths]
        for path in paths:
            check_free(path, force=force)
        claim = Claim(targets)
        try:
            with interrupts_wait():
                sweep_now_and_then(targets[0].parent)
                claim.take()
            yield claim.parts
            for part in claim.parts:
                if part.exists():
                    _sync(part)
            with interrupts_wait(), one_at_a_time(targets[0].parent):
                for path in paths:
                    check_free(path, force=force)
                claim.publish(force=force)
        except FileExistsError:
            for path in paths:
                check_free(path, force=force)
            raise
        finally:
            with interrupts_wait():
                claim.give_back()


def write_with_folder(
    path: Path,
    *,
    fill: Callable[[Path], None],
    choose: Callable[[], tuple[Path, Path | None]],
    text: Callable[[str], bytes],
    force: bool,
) -> Path:
    """Write a file and a folder that it names, so that at every moment it names a whole one.

    Args:
        path: where the file is wanted.
        fill: writes the files of the folder into the one that it is given.
        choose: checks whether both may be written, and says which name the folder gets, which the
            file that is there must not name, and which folder goes when the new file has its place.
            It is called when nobody else writes here, and may raise.
        text: content of the file for a name of the folder.
        force: replace a file that is already there.

    Returns:
        The path.

    Raises:
        OutputError: they cannot be written; all is as it was then.
    """
    with _output_errors(path):
        target = resolved(path)
        claim = Claim([target, target.with_name("folder")])
        try:
            with interrupts_wait():
                sweep(target.parent)
                claim.take()
            file, folder = claim.parts
            folder.mkdir()
            fill(folder)
            with interrupts_wait(), one_at_a_time(target.parent):
                beside, replaced = choose()
                file.write_bytes(text(beside.name))
                _sync(file)
                claim.publish_unit(
                    WithFolder.of((file, folder), (target, beside), replaced=replaced, force=force)
                )
        finally:
            with interrupts_wait():
                claim.give_back()
    return path


def check_free(path: Path, *, force: bool, inputs: Iterable[Path] = ()) -> None:
    """Refuse a target that is an input or no plain file, or exists and may not be replaced.

    Args:
        path: file that is to be written.
        force: whether a file that is already there may be replaced.
        inputs: paths that are never overwritten, however they are spelled.

    Raises:
        OutputError: it is one of these.
    """
    if "\0" in str(path):
        raise OutputError(f"{str(path)!r} has a null character in it; give another name")
    for given in inputs:
        if _is_same(path, given):
            raise OutputError(
                f"{path} is one of the inputs, which are never overwritten; give another name"
            )
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        if path.is_symlink() and not force:
            raise OutputError(
                f"{path} is a link to a file that does not exist; give another name, or force it "
                "(--force)"
            ) from None
        return
    except OSError as error:
        raise output_error(path, error) from error
    if stat.S_ISDIR(mode):
        raise OutputError(f"{path} is a folder; give the name of a file in it")
    if not stat.S_ISREG(mode):
        raise OutputError(
            f"{path} is a pipe or a device, which is never replaced; give the name of a file"
        )
    if not force:
        raise OutputError(f"{path} already exists; give another name, or force it (--force)")


def _is_same(path: Path, given: Path) -> bool:
    try:
        return path.samefile(given)
    except (OSError, ValueError):  # one of them is not there; ValueError: a null character
        with contextlib.suppress(OSError, RuntimeError, ValueError):  # a circle of links
            return path.resolve() == given.resolve()
    return False


def resolved(path: Path) -> Path:
    """The file itself when ``path`` is a link, so that the link survives.

    Args:
        path: file that is to be written.
    """
    try:
        return path.resolve() if path.is_symlink() else path
    except RuntimeError:  # a circle of links
        return path


def _sync(temporary: Path) -> None:
    descriptor = os.open(temporary, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _output_errors(path: Path) -> Iterator[None]:
    """Turn the system's refusals into errors with words."""
    try:
        yield
    except OSError as error:
        raise output_error(path, error) from error


def output_error(path: Path, error: OSError) -> OutputError:
    """The system's refusal to write ``path`` as an error that says what to do.

    Args:
        path: file or folder that was to be written.
        error: what the system raised.
    """
    if error.errno == errno.ELOOP:
        return OutputError(f"{path} is a link that leads back to itself; give another name")
    if error.errno in _FULL:
        return OutputError(f"{path} cannot be written: the disk is full; make room and try again")
    if isinstance(error, FileNotFoundError):
        return OutputError(
            f"{path} cannot be written: the folder {path.parent} does not exist; create it first"
        )
    if isinstance(error, NotADirectoryError):
        return OutputError(f"{path} cannot be written: {path.parent} is a file, not a folder")
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return OutputError(
            f"{path} cannot be written: no permission in the folder {path.parent}; "
            "give another folder"
        )
    return OutputError(f"{path} cannot be written: {error.strerror or error}; give another name")
