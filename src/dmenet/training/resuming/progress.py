"""Going on with a run: from which checkpoint, and whether it is the same run."""

import logging
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from lightning_utilities.core.rank_zero import rank_zero_only
from omegaconf import DictConfig, OmegaConf

from dmenet.errors import InputError
from dmenet.files import replacing

log = logging.getLogger(__name__)

SETTINGS_FILE = "settings.yaml"
CHECKPOINTS = "checkpoints"
ENDLESS = -1

DECISIVE = (
    "model",
    "data",
    "seed",
    "initial_weights",
    "callbacks.average",
    "trainer.devices",
    "trainer.limit_train_batches",
    "trainer.limit_val_batches",
    "trainer.num_nodes",
    "trainer.precision",
    "trainer.sync_batchnorm",
)
"""The settings, and groups of them, that decide what a run computes."""
FREE_TO_DIFFER = {"archive", "folder", "num_workers", "protocol", "test_folder", "test_folders"}
"""Those among the data's that do not, and may change between the parts of a resumed run."""


class Progress(NamedTuple):
    """How far a run had got."""

    batches: int
    """Over all epochs."""
    epochs: int
    """Completed ones."""


class Resumable(NamedTuple):
    """A checkpoint to go on from."""

    path: Path
    progress: Progress


def decisive_settings(configuration: DictConfig) -> dict[str, object]:
    """The settings that decide what a run computes, flat: "model.learning_rate" and so on."""
    flat: dict[str, object] = {}

    def flatten(key: str, value: object) -> None:
        if isinstance(value, dict) and value:
            for name, item in value.items():
                flatten(f"{key}.{name}", item)
        elif not (key.startswith("data.") and FREE_TO_DIFFER & set(key.split("."))):
            flat[key] = value

    resolved = OmegaConf.create(OmegaConf.to_container(configuration, resolve=True))
    for key in DECISIVE:
        chosen = OmegaConf.select(resolved, key)
        if chosen is not None:
            is_group = OmegaConf.is_config(chosen)
            flatten(key, OmegaConf.to_container(chosen) if is_group else chosen)
    return flat


def begin(folder: Path, configuration: DictConfig) -> Resumable | None:
    """Begin a run, or another part of it: where to go on from, if there is anything.

    Removes what a killed part left unfinished, and remembers the settings in the folder.

    Raises:
        InputError: as ``checkpoint_to_resume``, or more epochs are done than wanted.
    """
    settings = decisive_settings(configuration)
    newest = checkpoint_to_resume(folder, settings, configuration.allow_changed_settings)
    epochs = epochs_asked_for(configuration.trainer)
    if newest and epochs != ENDLESS and epochs < newest.progress.epochs:
        raise InputError(
            f"{newest.path} has been trained for {newest.progress.epochs} epochs already, but "
            f"trainer.max_epochs is {epochs}: give more, or another folder (hydra.run.dir=...)"
        )
    _prepare(folder, settings)
    return newest


@rank_zero_only
def _prepare(folder: Path, settings: Mapping[str, object]) -> None:
    for path in (folder / CHECKPOINTS).glob(".partial-*"):
        path.unlink()
    with replacing(folder / SETTINGS_FILE) as temporary:
        temporary.write_text(OmegaConf.to_yaml(dict(settings)))


def epochs_asked_for(trainer: DictConfig) -> int:
    """The number of epochs as Lightning reads it: 1000 where none is given, ``ENDLESS`` for -1."""
    epochs = trainer.get("max_epochs")
    return 1000 if epochs is None else int(epochs)


def checkpoint_to_resume(
    folder: Path, settings: Mapping[str, object], allow_changes: bool = False
) -> Resumable | None:
    """The checkpoint that a run goes on from, if its folder has any.

    Args:
        folder: of the run.
        settings: of this part of it.
        allow_changes: go on although the settings of the part before were others.

    Raises:
        InputError: no checkpoint can be read, or they come of other settings; names them.
    """
    newest = newest_checkpoint(folder / CHECKPOINTS)
    if newest is None:
        return None
    file = folder / SETTINGS_FILE
    if not file.is_file():
        raise InputError(
            f"{newest.path} cannot be gone on from: {file}, which says what it was trained with, "
            "is missing; train in another folder (hydra.run.dir=...)"
        )
    before = OmegaConf.to_container(OmegaConf.load(file))
    assert isinstance(before, dict)
    differing = [
        f"{key} was {before.get(key)!r}, is {settings.get(key)!r}"
        for key in sorted({*map(str, before), *settings})
        if before.get(key) != settings.get(key)
    ]
    if differing and not allow_changes:
        raise InputError(
            f"{newest.path} comes of other settings ({'; '.join(differing)}): train in another "
            "folder (hydra.run.dir=...), delete this one, or mix them knowingly with "
            "allow_changed_settings=true"
        )
    if differing:
        log.warning("Going on with other settings than before: %s", "; ".join(differing))
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
        log.warning("%s is damaged and left out: %s", path, reason)
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
            f"{folder}: of {', '.join(damaged)} none can be read, so that the run cannot go on; "
            "delete the folder to start anew"
        )
    return None


def _progress(path: Path) -> Progress:
    checkpoint: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    loop = checkpoint["loops"]["fit_loop"]
    return Progress(
        loop["epoch_loop.batch_progress"]["total"]["ready"],
        loop["epoch_progress"]["total"]["processed"],
    )


def _check_every_byte(path: Path) -> None:
    """Compare the checksums that ``torch.save`` writes and ``torch.load`` does not look at."""
    with zipfile.ZipFile(path) as archive:
        if spoilt := archive.testzip():
            raise ValueError(f"the checksum of its part {spoilt} is wrong")
