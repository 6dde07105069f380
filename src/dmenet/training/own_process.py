"""A job of a sweep that trains in several processes, run as a command of its own.

Lightning starts its other processes by the command line of this one, which is that of the whole
sweep: each would run every job again. What a run leaves behind would also meet the next job.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from dmenet.training.resuming.signals import STATUS_OF_SIGNAL

OF_ONE_RANK = ("LOCAL_RANK", "NODE_RANK", "GROUP_RANK", "RANK", "WORLD_SIZE")
"""Variables that tell Lightning it is one of several processes; also MASTER_ADDR and the like."""

PASSED_ON = {
    signal.SIGTERM: signal.SIGTERM,
    signal.SIGINT: signal.SIGINT,
    signal.SIGHUP: signal.SIGTERM,
}
"""What the process is told when this one is, whose end would otherwise leave it training alone."""


def needs_own_process(configuration: DictConfig) -> bool:
    """Whether this is a job of a sweep that trains in several processes."""
    hydra = HydraConfig.get()
    return bool(hydra.mode == RunMode.MULTIRUN and "strategy" in configuration.trainer)


def run_in_own_process(command: str) -> None:
    """Run the job that Hydra is in as a single run of ``command``, in the job's folder.

    Raises:
        RuntimeError: it failed; its folder's log says why.
        SystemExit: a signal ended it, with the same status.
    """
    hydra = HydraConfig.get()
    folder = Path(hydra.runtime.output_dir)
    overrides = [*hydra.overrides.task, "hydra.mode=RUN", f'hydra.run.dir="{folder}"']
    status = _wait_passing_signals_on(
        [sys.executable, "-m", f"dmenet.commands.{command}", *overrides], without_rank(os.environ)
    )
    if status < 0 or status > STATUS_OF_SIGNAL:
        raise SystemExit(status if status > 0 else STATUS_OF_SIGNAL - status)
    if status:
        raise RuntimeError(f"the run in {folder} ended with status {status}: see its log there")


def without_rank(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process that is none of several."""
    return {
        name: value
        for name, value in environment.items()
        if name not in OF_ONE_RANK and not name.startswith("MASTER_")
    }


def _wait_passing_signals_on(command: list[str], environment: dict[str, str]) -> int:
    process: subprocess.Popen[bytes] | None = None
    early: list[int] = []

    def pass_on(number: int, _: FrameType | None) -> None:
        if process is None:
            early.append(number)
        else:
            process.send_signal(PASSED_ON[signal.Signals(number)])

    before = {number: signal.signal(number, pass_on) for number in PASSED_ON}
    try:
        # In a session of its own, so that Ctrl-C reaches it once, from here.
        process = subprocess.Popen(command, env=environment, start_new_session=True)
        for number in early:
            pass_on(number, None)
        return process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
