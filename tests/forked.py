"""Processes of their own for tests, without the seconds that imports take."""

import multiprocessing
import os
import signal
import sys
import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from socket import socket
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory
from typing import Any, TextIO

import torch
from lightning_utilities.core.rank_zero import rank_zero_only

FORK = multiprocessing.get_context("fork")


def run_forked(function: Callable[..., None], *arguments: Any) -> int:
    """Call ``function`` in a process of its own, the first of its own group.

    Returns:
        its exit status; the negative number of the signal if one killed it.
    """
    process = FORK.Process(target=_alone, args=(function, *arguments))
    process.start()
    process.join()
    assert process.exitcode is not None
    return process.exitcode


class Command:
    """``python -m dmenet.commands.<name> <words>``, started in a folder.

    Args:
        folder: where it runs.
        name: of the command.
        words: what follows it.
        environment: variables beside those of the test.
    """

    def __init__(
        self, folder: Path, name: str, *words: str, environment: Mapping[str, str] | None = None
    ) -> None:
        # Imported once, here: every fork has it.
        self._main = import_module(f"dmenet.commands.{name}").main
        self._words = words
        self._folder = folder
        self._environment = environment or {}
        self._place = TemporaryDirectory()
        self._files = [Path(self._place.name) / stream for stream in ("stdout", "stderr")]
        self._process = FORK.Process(target=_alone, args=(self._run,))
        self._process.start()

    def _run(self) -> None:
        os.chdir(self._folder)
        os.environ |= self._environment
        sys.argv = ["dmenet", *self._words]
        sys.path.insert(0, str(self._folder))
        for number, file in enumerate(self._files, start=1):
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT)
            os.dup2(descriptor, number)
        sys.stdout, sys.stderr = (os.fdopen(n, "w", buffering=1, closefd=False) for n in (1, 2))
        _show_warnings()
        self._main()

    def send_signal(self, number: int) -> None:
        """Signal the process."""
        os.kill(self._process.pid or 0, number)

    def poll(self) -> int | None:
        """The exit status, None while it runs."""
        return self._process.exitcode

    def wait(self) -> CompletedProcess[str]:
        """What it returned and printed."""
        self._process.join()
        stdout, stderr = (file.read_text() if file.is_file() else "" for file in self._files)
        self._place.cleanup()
        code = self._process.exitcode
        assert code is not None
        return CompletedProcess([*self._words], code, stdout, stderr)


def run_command(
    folder: Path, name: str, *words: str, environment: Mapping[str, str] | None = None
) -> CompletedProcess[str]:
    """Run a command as a user runs it, see ``Command``."""
    return Command(folder, name, *words, environment=environment).wait()


def run_ranks(function: Callable[..., None], ranks: int) -> list[int]:
    """Call ``function(rank)`` in so many processes that Lightning takes for one distributed run.

    Returns:
        their exit statuses.
    """
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(ranks)}

    def rank_of(rank: int) -> None:
        os.environ |= environment | {"LOCAL_RANK": str(rank), "NODE_RANK": "0"}
        rank_zero_only.rank = rank
        function(rank)

    processes = [FORK.Process(target=_alone, args=(rank_of, rank)) for rank in range(ranks)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return [process.exitcode or 0 for process in processes]


def _alone(function: Callable[..., None], *arguments: Any) -> None:
    os.setpgid(0, 0)
    # A test run in the background of a shell ignores it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # The threads of OpenMP's pool did not come along.
    torch.set_num_threads(1)
    function(*arguments)


def _show_warnings() -> None:
    """Show warnings as Python does, where pytest records them."""

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        sys.stderr.write(warnings.formatwarning(message, category, filename, lineno, line))

    warnings.showwarning = show
    warnings.resetwarnings()
    for hidden in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
        warnings.simplefilter("ignore", hidden)
