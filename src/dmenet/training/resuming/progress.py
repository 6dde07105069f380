"""Resuming a run: from which checkpoint, and whether it is the same run."""

import logging
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from lightning_utilities.core.rank_zero import rank_zero_only
from omegaconf import DictConfig

from dmenet.errors import InputError
from dmenet.run_file import RUN_FILE, read_run, update_run
from dmenet.training.resuming.run_state import ENDLESS, decisive_settings, end_asked_for

log = logging.getLogger(__name__)

CHECKPOINTS = "checkpoints"


class Progress(NamedTuple):
    """How far a run had got."""

    batches: int
    """Over all epochs."""
    epochs: int
    """Completed ones."""
    steps: int
    """Of B's optimiser."""


class Resumable(NamedTuple):
    """A checkpoint to resume from."""

    path: Path
    progress: Progress


def begin(folder: Path, configuration: DictConfig) -> Resumable | None:
    """Begin a run, or another part of it: where to resume from, if there is anything.

    Removes what a killed part left unfinished, and says in the run's file what the run is.

    Raises:
        InputError: as ``checkpoint_to_resume``, or more is done than wanted.
    """
    settings = decisive_settings(configuration)
    newest = checkpoint_to_resume(folder, settings, configuration.allow_changed_settings)
    if newest:
        _check_that_more_is_wanted(newest, end_asked_for(configuration))
    _prepare(folder, settings)
    return newest


def _check_that_more_is_wanted(newest: Resumable, end: Mapping[str, Any]) -> None:
    done = {"epochs": newest.progress.epochs, "steps": newest.progress.steps}
    for name, count in done.items():
        most = end[f"max_{name}"]
        if count > most != ENDLESS:
            raise InputError(
                f"{newest.path} has been trained for {count} {name} already, but "
                f"trainer.max_{name} is {most}: give more, or another folder (hydra.run.dir=...)"
            )


@rank_zero_only
def _prepare(folder: Path, settings: Mapping[str, object]) -> None:
    for path in (folder / CHECKPOINTS).glob(".partial-*"):
        path.unlink()
    update_run(folder, settings=settings, finished=None)


def checkpoint_to_resume(
    folder: Path, settings: Mapping[str, object], allow_changes: bool = False
) -> Resumable | None:
    """The checkpoint that a run is resumed from, if its folder has any.

    Args:
        folder: of the run.
        settings: of this part of it.
        allow_changes: resume although the settings of the part before were others.

    Raises:
        InputError: no checkpoint can be read, or they were trained with other settings; names them.
    """
    newest = newest_checkpoint(folder / CHECKPOINTS)
    if newest is None:
        return None
    before = read_run(folder).get("settings")
    if before is None:
        raise InputError(
            f"{newest.path} cannot be resumed: the settings that it was trained with are missing "
            f"from {folder / RUN_FILE}; train in another folder (hydra.run.dir=...)"
        )
    differing = [
        f"{key} was {before.get(key)!r}, is {settings.get(key)!r}"
        for key in sorted({*before, *settings})
        if before.get(key) != settings.get(key)
    ]
    if differing and not allow_changes:
        raise InputError(
            f"{newest.path} was trained with different settings ({'; '.join(differing)}): train in "
            "another folder (hydra.run.dir=...), delete this one, or mix them knowingly with "
            "allow_changed_settings=true"
        )
    if differing:
        log.warning("Resuming with different settings than before: %s", "; ".join(differing))
    return newest


def newest_checkpoint(folder: Path) -> Resumable | None:
    """The checkpoint of most progress that is intact; says which are not.

    Raises:
        InputError: there are checkpoints, but none is intact.
    """
    found: list[tuple[Progress, Path]] = []
    damaged: list[str] = []

    def leave_out(path: Path, error: Exception) -> None:
        reason = str(error).partition("\n")[0]
        if isinstance(error, KeyError):
            reason = f"it has no {error}, or is of another version of dmenet"
        log.warning("%s cannot be read and is left out: %s", path, reason)
        damaged.append(path.name)

    for path in folder.glob("[!.]*.ckpt"):
        try:
            found.append((_progress(path), path))
        except Exception as error:  # damaged bytes make the reader raise about every kind
            leave_out(path, error)
    # The best one may lie within a validation; it is taken if nothing else can be.
    for progress, path in sorted(found, key=lambda f: (f[1].stem != "best", f), reverse=True):
        try:
            _check_every_byte(path)
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            leave_out(path, error)
        else:
            return Resumable(path, progress)
    if damaged:
        raise InputError(
            f"{folder}: of {', '.join(damaged)} none can be read, so that the run cannot be "
            "resumed; delete the folder to start anew"
        )
    return None


def _progress(path: Path) -> Progress:
    checkpoint: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    loop = checkpoint["loops"]["fit_loop"]
    return Progress(
        loop["epoch_loop.batch_progress"]["total"]["ready"],
        loop["epoch_progress"]["total"]["processed"],
        checkpoint["global_step"],
    )


def _check_every_byte(path: Path) -> None:
    """Compare the checksums that ``torch.save`` writes and ``torch.load`` does not look at."""
    with zipfile.ZipFile(path) as archive:
        if spoilt := archive.testzip():
            raise ValueError(f"the checksum of its part {spoilt} is wrong")
