"""One GPU for each process when the jobs of a sweep run side by side on one machine."""

import fcntl
import os
import tempfile
from pathlib import Path
from typing import IO, Any, ClassVar

from hydra.experimental.callback import Callback
from hydra.types import RunMode
from omegaconf import DictConfig

from dmenet.errors import InputError

VISIBLE = "CUDA_VISIBLE_DEVICES"


def visible_devices() -> list[str]:
    """The GPUs that this process may use, as ``CUDA_VISIBLE_DEVICES`` names them."""
    listed = os.environ.get(VISIBLE)
    if listed is not None:
        return [name for name in listed.split(",") if name]
    # Not for every command, since it takes long.
    import torch

    # Asks the driver and does not initialise CUDA, after which the variable would have no effect.
    return [str(number) for number in range(torch.cuda.device_count())]


class ClaimDevice(Callback):
    """Gives a worker process a GPU of its own, for as long as it lives.

    Workers take job after job, and CUDA cannot change its device once it runs: hence by process,
    not by job. The claim is a lock on a file, which ends with the process, however it ends.
    """

    claim: ClassVar[IO[str] | None] = None

    def on_job_start(self, config: DictConfig, **_: Any) -> None:
        """Claim a GPU that no other process has claimed.

        Nothing is done without GPUs, and where no other jobs run on this machine.
        """
        if ClaimDevice.claim is not None or not _side_by_side(config):
            return
        devices = visible_devices()
        if not devices:
            return
        for device in devices:
            file = _lock_file(device).open("w")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
                continue
            ClaimDevice.claim = file
            os.environ[VISIBLE] = device
            return
        raise InputError(
            f"all of the {len(devices)} GPUs are taken by other jobs: start at most as many at a "
            f"time (hydra.launcher.n_jobs={len(devices)})"
        )


def _side_by_side(config: DictConfig) -> bool:
    """Whether this is one of the jobs that joblib runs, by whatever name it was chosen."""
    hydra = config.hydra
    return bool(
        hydra.mode == RunMode.MULTIRUN and hydra.launcher._target_.endswith("JoblibLauncher")
    )


def _lock_file(device: str) -> Path:
    return Path(tempfile.gettempdir()) / f"dmenet-{os.getuid()}-gpu-{device}.lock"
