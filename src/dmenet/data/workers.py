"""How loaders' worker processes take signals."""

import os
import signal
import threading

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)


def obey_parent_alone(worker: int) -> None:
    """Begin a worker: leave when the parent says so, and at no other signal.

    Slurm and Ctrl-C signal every process of a job, and a worker that dies of it takes its parent
    along before that has saved.
    """
    if not hasattr(signal, "sigwaitinfo"):
        return  # macOS does not tell who sent a signal
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    threading.Thread(target=_leave_when_told, daemon=True).start()


def _leave_when_told() -> None:
    while signal.sigwaitinfo(SIGNALS).si_pid != os.getppid():
        pass
    os._exit(0)
