"""Writing files so that an interrupted run leaves no half file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4


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
