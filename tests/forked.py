"""Processes for tests that kill them, without the seconds that imports take."""

import multiprocessing
import os
from collections.abc import Callable
from socket import socket
from typing import Any

import torch
from lightning_utilities.core.rank_zero import rank_zero_only


def run_forked(function: Callable[..., None], *arguments: Any) -> int:
    """Call ``function`` in a process of its own, the first of its own group.

    Returns:
        its exit status; the negative number of the signal if one killed it.
    """
    process = multiprocessing.get_context("fork").Process(
        target=_alone, args=(function, *arguments)
    )
    process.start()
    process.join()
    assert process.exitcode is not None
    return process.exitcode


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

    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_alone, args=(rank_of, rank)) for rank in range(ranks)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return [process.exitcode or 0 for process in processes]


def _alone(function: Callable[..., None], *arguments: Any) -> None:
    os.setpgid(0, 0)
    # The threads of OpenMP's pool did not come along.
    torch.set_num_threads(1)
    function(*arguments)
