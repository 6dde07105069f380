"""Leaving a command that a signal interrupts: one line, and 128 + the signal as exit status."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType


@contextmanager
def sigterm_interrupts() -> Iterator[None]:
    """Have SIGTERM interrupt the block as Ctrl-C does: by ``KeyboardInterrupt``."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    process = os.getpid()

    def interrupt(number: int, _: FrameType | None) -> None:
        if os.getpid() != process:  # a worker, which inherited this
            os._exit(128 + number)
        raise KeyboardInterrupt(number)

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def status_of(interruption: KeyboardInterrupt) -> int:
    """The exit status of a command that was interrupted, as in a shell."""
    number: int = interruption.args[0] if interruption.args else signal.SIGINT
    return 128 + number


@contextmanager
def says_how_to_resume(folder: Path) -> Iterator[None]:
    """Say how to resume a run where its block is interrupted, and exit.

    Args:
        folder: of the run.
    """
    try:
        yield
    except KeyboardInterrupt as interruption:
        print(f"\nInterrupted: resume with the same command and hydra.run.dir={folder}")
        raise SystemExit(status_of(interruption)) from None
