"""Finding files, and writing them so that an interrupted run leaves no half file."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from dmenet.errors import InputError, OutputError


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn the system's errors into an ``OutputError`` that names the path that is written."""
    try:
        yield
    except OutputError:
        raise
    except OSError as error:
        if isinstance(error, FileExistsError):
            reason = "a file is in its place, expected a folder"
        else:
            reason = error.strerror or str(error)
        at = f" ({error.filename})" if error.filename not in (None, str(path)) else ""
        raise OutputError(
            f"{path}: cannot be written: {reason}{at}. Choose another place, or make room and "
            "allow writing"
        ) from error


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, unless there.

    Raises:
        OutputError: that cannot be, or nothing can be written into it.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path to write to, which takes the place of ``path`` if the block succeeds.

    The temporary file is hidden, in the same (existing) folder, since a rename is atomic within one
    file system only, and has the same suffix, since writers choose the format by it. Whatever
    exception leaves the block, KeyboardInterrupt included, it is removed and ``path`` is untouched.

    Raises:
        OutputError: the file cannot be written.
    """
    # Not tempfile: its files are readable by their owner alone, and would stay so after the rename.
    temporary = path.with_name(f".partial-{uuid4().hex}{path.suffix}")
    with writing(path):
        try:
            yield temporary
            temporary.replace(path)
        finally:
            with suppress(OSError):  # the folder is read-only, or no folder
                temporary.unlink(missing_ok=True)


def folders_below(folder: Path) -> list[Path]:
    """A folder and its subfolders, also those that links lead to; hidden ones are left out.

    A link to a folder that it lies in is not followed, since that would never end.

    Raises:
        InputError: a folder cannot be read.
    """

    def walk(here: Path, above: frozenset[Path]) -> Iterator[Path]:
        yield here
        for entry in _entries(here):
            if entry.is_dir() and (real := entry.resolve()) not in above:
                yield from walk(entry, above | {real})

    return sorted(walk(folder, frozenset({folder.resolve()})))


def files_below(folder: Path) -> list[Path]:
    """The files of ``folders_below``, sorted; hidden ones are left out, dead links are not."""
    return sorted(
        entry
        for subfolder in folders_below(folder)
        for entry in _entries(subfolder)
        if not entry.is_dir()
    )


def _entries(folder: Path) -> list[Path]:
    try:
        return [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
    except OSError as error:
        raise InputError(f"{folder}: cannot be read: {error.strerror}") from error
