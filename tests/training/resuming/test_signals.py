"""How a run takes signals; that it saves before it leaves is in ``test_progress.py``."""

import os
import signal
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from dmenet.training.resuming import signals
from dmenet.training.resuming.signals import LeaveRequest

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@pytest.fixture
def request_() -> Iterator[LeaveRequest]:
    request = LeaveRequest()
    request.listen()
    yield request
    request.restore()


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_is_remembered_and_the_process_goes_on(
    number: int, request_: LeaveRequest
) -> None:
    assert request_.signal == 0
    os.kill(os.getpid(), number)
    assert request_.signal == number
    with pytest.raises(SystemExit) as exit_:
        request_.leave(SimpleNamespace(is_global_zero=True), number)  # type: ignore[arg-type]
    assert exit_.value.code == 128 + number


def test_a_second_ctrl_c_ends_it_at_once(request_: LeaveRequest) -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)


def test_handlers_are_those_of_before() -> None:
    before = [signal.getsignal(number) for number in (*SIGNALS, signal.SIGCHLD)]
    request = LeaveRequest()
    request.listen()
    # Once more, as at the start of training, after Lightning has put its own.
    request.listen()
    os.kill(os.getpid(), signal.SIGTERM)
    request.restore()
    assert [signal.getsignal(number) for number in (*SIGNALS, signal.SIGCHLD)] == before


def test_a_worker_that_inherited_the_handler_works_on(
    request_: LeaveRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signals.os, "getpid", lambda: -1)
    signal.raise_signal(signal.SIGTERM)
    assert request_.signal == 0


def test_only_the_main_thread_listens() -> None:
    before, found = signal.getsignal(signal.SIGTERM), []

    def listen() -> None:
        LeaveRequest().listen()
        found.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=listen)
    thread.start()
    thread.join()
    assert found == [before]


def test_slurms_signal_is_listened_to_under_slurm_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGUSR1)
    heard: list[Any] = []
    for job in (None, "7"):
        monkeypatch.delenv("SLURM_JOB_ID", raising=False)
        if job:
            monkeypatch.setenv("SLURM_JOB_ID", job)
        request = LeaveRequest()
        request.listen()
        heard.append(signal.getsignal(signal.SIGUSR1) != before)
        request.restore()
    assert heard == [False, True]
