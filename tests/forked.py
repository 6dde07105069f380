"""Processes for tests that kill them, without the seconds that imports take."""

import multiprocessing
import os
from collections.abc import Callable
from typing import Any

import torch


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


def _alone(function: Callable[..., None], *arguments: Any) -> None:
    os.setpgid(0, 0)
    # The threads of OpenMP's pool did not come along.
    torch.set_num_threads(1)
    function(*arguments)
