"""The jobs of a multirun: their names, what each says of itself, and what the end says of all."""

import json
import logging
import os
import re
import shlex
import sys
import traceback
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf

from dmenet.errors import InputError, NonFiniteLossError
from dmenet.files import make_folder, replacing
from dmenet.run_file import RUN_FILE, read_run, update_run

log = logging.getLogger(__name__)

SWEEP_FILE = "sweep.json"

NOT_IN_NAMES = (
    "callbacks", "data.num_workers", "evaluate_at_end", "launcher", "logger", "sweeps", "test_data",
    "trainer.devices",
)  # fmt: skip
"""Overrides that do not make another job: where and under whose eyes it runs."""

FIRST_IN_NAMES = ("subnetworks", "seed")
"""What tells most jobs apart stands where a long name is not cut."""

LONGEST_NAME = 150
"""File systems allow 255 bytes."""


def job_name(overrides: Sequence[str]) -> str:
    """The name of a job, and of its folder: a function of its overrides, whatever their order."""
    settings = [override.lstrip("+").partition("=") for override in overrides]
    named = {key.replace("/", "."): value for key, _, value in settings}
    first = [key for key in FIRST_IN_NAMES if key in named]
    keys = [*first, *sorted(named.keys() - first)]
    shown = ",".join(f"{key}={named[key]}" for key in keys if not _is_ignored(key))
    name = re.sub(r"[^\w.,=+~-]", "_", shown)
    if name != shown or len(name) > LONGEST_NAME:
        name = f"{name[:LONGEST_NAME]}-{sha256(shown.encode()).hexdigest()[:8]}"
    return name or "default"


def _is_ignored(key: str) -> bool:
    return any(key == ignored or key.startswith(f"{ignored}.") for ignored in NOT_IN_NAMES)


def run_group(run_folder: str | None) -> str | None:
    """What runs that belong together are called: the folder of their sweep, or a run's own.

    None where the configuration is only shown, which makes no folder.
    """
    if run_folder is None:
        return None
    folder = Path(run_folder)
    return (folder.parent if (folder.parent / SWEEP_FILE).is_file() else folder).name


OmegaConf.register_new_resolver("dmenet.job_name", job_name, replace=True)
OmegaConf.register_new_resolver("dmenet.run_group", run_group, replace=True)


def run_job(function: Callable[[DictConfig], Any], configuration: DictConfig) -> Any:
    """Run one job of a multirun and note in its folder how it went.

    Whatever happens to it, the others go on: a failure is noted, and the result is None.
    """
    hydra = HydraConfig.get()
    folder = Path(hydra.runtime.output_dir)
    overrides = list(hydra.overrides.task)
    note = {"command": hydra.job.name, "overrides": overrides}
    try:
        _check_own_folder(folder, overrides)
        _note(folder, note | {"state": "started"})
        result = function(configuration)
    except Exception as error:
        if isinstance(error, InputError | NonFiniteLossError):
            log.error("This job failed: %s", error)
        else:
            log.exception("This job failed")
        why = traceback.format_exception_only(error)[-1].strip()
        where = traceback.format_exc()
        _note(folder, note | {"state": "failed", "error": why, "traceback": where})
        return None
    except BaseException:
        _note(folder, note | {"state": "interrupted"})
        raise
    _note(folder, note | {"state": "finished", "result": result})
    return result


def _note(folder: Path, job: dict[str, Any]) -> None:
    """Note it in the run's file; of the processes that Slurm starts for a job, the first does."""
    if os.environ.get("SLURM_PROCID", "0") == "0":
        update_run(folder, job=job)


def _check_own_folder(folder: Path, overrides: Sequence[str]) -> None:
    """Refuse to overwrite another job of the same multirun."""
    if folder / RUN_FILE in _jobs_since_start(folder.parent):
        others = read_run(folder)["job"]["overrides"]
        if others != list(overrides):
            differing = sorted({*others} ^ {*overrides})
            raise InputError(
                f"two jobs of the sweep would share the folder {folder}: a sweep cannot go over "
                f"{', '.join(differing)}, since that is not part of a job's name"
            )


def _jobs_since_start(folder: Path) -> list[Path]:
    """The files of the jobs of the multirun that was started last in a folder."""
    started = (folder / SWEEP_FILE).stat().st_mtime_ns
    files = sorted(folder.glob(f"*/{RUN_FILE}"))
    return [file for file in files if file.stat().st_mtime_ns >= started]


class SweepStart(Callback):
    """Marks in the folder of a multirun when it started: its end looks at the jobs since."""

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        """Write ``SWEEP_FILE``; from here on, ``HydraConfig`` says that this is a multirun."""
        HydraConfig.instance().set_config(config)
        folder = Path(config.hydra.sweep.dir).absolute()
        make_folder(folder)
        command = shlex.join(["dmenet", config.hydra.job.name, *sys.argv[1:]])
        with replacing(folder / SWEEP_FILE) as temporary:
            temporary.write_text(json.dumps({"command": command}, indent=1) + "\n")


def report_jobs(folder: Path) -> bool:
    """Say how the jobs of the multirun that was started last in this folder went.

    Returns:
        Whether all of them finished.
    """
    jobs = {file.parent.name: read_run(file.parent)["job"] for file in _jobs_since_start(folder)}
    unfinished = {name: job for name, job in jobs.items() if job["state"] != "finished"}
    print(f"\n{folder}: {len(jobs) - len(unfinished)} of {len(jobs)} jobs finished", flush=True)
    for name, job in unfinished.items():
        why = job.get("error", "stopped before its end")
        print(f"  {name}: {why}", file=sys.stderr)
    if unfinished:
        print("The same command goes on with these; finished jobs are left alone", file=sys.stderr)
    return not unfinished
