"""Finding files, and writing them so that an interrupted run leaves no half file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from dmenet.errors import InputError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path to write to, which takes the place of ``path`` if the block succeeds.

    The temporary file is hidden, in the same (existing) folder, since a rename is atomic within one
    file system only, and has the same suffix, since writers choose the format by it. Whatever
    exception leaves the block, KeyboardInterrupt included, it is removed and ``path`` is untouched.
    """
    # Not tempfile: its files are readable by their owner alone, and would stay so after the rename.
    temporary = path.with_name(f".partial-{uuid4().hex}{path.suffix}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
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
