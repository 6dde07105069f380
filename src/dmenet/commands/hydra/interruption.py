"""Leaving a command that can be resumed."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType


@contextmanager
def says_how_to_resume(folder: Path) -> Iterator[None]:
    """Let SIGINT and SIGTERM leave the block, say how to resume, and exit with 128 + the signal.

    Args:
        folder: of the run.
    """
    caught = [signal.SIGINT]

    def leave(number: int, _: FrameType | None) -> None:
        caught[0] = signal.Signals(number)
        raise KeyboardInterrupt

    is_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, leave) if is_main else None
    try:
        yield
    except KeyboardInterrupt:
        print(f"\nInterrupted: resume with the same command and hydra.run.dir={folder}")
        raise SystemExit(128 + caught[0]) from None
    finally:
        if is_main:
            signal.signal(signal.SIGTERM, before)
