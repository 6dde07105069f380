"""Signals that ask a run to leave: it finishes the step, saves and says by its status why it left.

SIGTERM is how Slurm announces pre-emption, SIGINT is Ctrl-C. Under Slurm, SIGUSR1 asks the run to
leave and to be queued again, as in Lightning's SLURMEnvironment, which would save wherever the
signal meets the step.
"""

import logging
import multiprocessing
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any, NoReturn

import pytorch_lightning as pl

log = logging.getLogger(__name__)

STATUS_OF_SIGNAL = 128
"""A process that leaves because of signal n has the exit status 128 + n, as in a shell."""

Handler = Callable[[int, FrameType | None], Any] | int | None


class LeaveRequest:
    """Remembers that a signal asked the run to leave; one process's part of it.

    Attributes:
        signal: the number of the signal; 0 as long as none came.
    """

    def __init__(self) -> None:
        self.signal = 0
        self._process = 0
        self._before: dict[int, Handler] = {}

    def listen(self) -> None:
        """Handle the signals from now on; where only the main thread may, nothing is handled."""
        if threading.current_thread() is not threading.main_thread():
            return
        self._process = os.getpid()
        handled = [signal.SIGTERM, signal.SIGINT]
        if "SLURM_JOB_ID" in os.environ:
            handled.append(signal.SIGUSR1)
        for number in handled:
            before = signal.signal(number, self._handle)
            if before != self._handle:
                self._before.setdefault(number, before)

    def restore(self) -> None:
        """Handle the signals as before the first ``listen``."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    def _handle(self, number: int, _: FrameType | None) -> None:
        if os.getpid() != self._process:
            return  # a loader's worker, which inherited this and works until its parent leaves
        if self.signal and number == signal.SIGINT:
            end_workers()
            raise KeyboardInterrupt
        if not self.signal:
            log.warning(
                "%s: finishing the step and saving before leaving", signal.Signals(number).name
            )
            # At a worker's death torch would raise here, before the run is saved. The signal may
            # have met a worker too; the step has its batch already.
            self._before.setdefault(signal.SIGCHLD, signal.signal(signal.SIGCHLD, signal.SIG_DFL))
        self.signal = number

    def leave(self, trainer: pl.Trainer, number: int) -> NoReturn:
        """End the process with the status of signal ``number``; where it asked so, queue again."""
        if number == signal.SIGUSR1 and trainer.is_global_zero:
            requeue(os.environ)
        end_workers()
        raise SystemExit(STATUS_OF_SIGNAL + number)


def end_workers() -> None:
    """End the loaders' workers; torch would wait five seconds for each of them."""
    for worker in multiprocessing.active_children():
        worker.terminate()


def requeue(environment: Mapping[str, str]) -> None:
    """Ask Slurm to put this job back into its queue; a failure is logged."""
    job = environment["SLURM_JOB_ID"]
    if "SLURM_ARRAY_JOB_ID" in environment:
        job = f"{environment['SLURM_ARRAY_JOB_ID']}_{environment['SLURM_ARRAY_TASK_ID']}"
    try:
        subprocess.run(["scontrol", "requeue", job], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        log.warning("Job %s could not be queued again (%s): submit it again", job, error)
    else:
        log.info("Job %s is queued again", job)
