"""What a run tells W&B beside its losses and metrics, and how it stays the same run when resumed.

Nothing here is reached unless ``logger=wandb`` or ``logger=wandb_offline`` is chosen: those files
name the logger and the callbacks.
"""

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import matplotlib
import numpy as np
import pytorch_lightning as pl
import wandb
from numpy.typing import NDArray
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.loggers import WandbLogger
from pytorch_lightning.utilities import rank_zero_only
from torch import Tensor

from dmenet.images.preview import colourise
from dmenet.run_file import read_run, update_run

log = logging.getLogger(__name__)

LARGEST_ERROR = 0.5
"""Errors of map values are coloured from minus to plus this."""


def wandb_logger(
    folder: str | Path,
    *,
    project: str,
    offline: bool,
    name: str,
    group: str,
    tags: Sequence[str],
) -> WandbLogger:
    """A logger of Lightning's for one run.

    An online run that is resumed goes on as the same run of W&B: its id is in the run's file. An
    offline run that is resumed becomes another run of the same group, since two folders of one
    id would overwrite each other when they are uploaded.

    Args:
        folder: of the run; W&B's files go there too.
        offline: whether nothing is sent; ``wandb sync`` does it later.
        group: of the runs that belong together: a sweep, or the parts of one run.
    """
    # W&B's own switch counts too.
    offline = offline or os.environ.get("WANDB_MODE") in ("offline", "dryrun")
    arguments: dict[str, Any] = {
        "save_dir": str(folder),
        "project": project,
        "name": name,
        "tags": list(tags),
        "job_type": "train",
        # An agent of a W&B sweep has already made the run, and puts it into its sweep.
        "id": None if offline else os.environ.get("WANDB_RUN_ID") or _kept_id(Path(folder)),
        "group": None if "WANDB_SWEEP_ID" in os.environ else group,
        # Not Lightning's `offline`, which would stay in the environment for the next job.
        "mode": "offline" if offline else None,
        "settings": wandb.Settings(console="off"),
    }
    return WandbLogger(**arguments)


@rank_zero_only
def _kept_id(folder: Path) -> str:
    """The id that a run's file keeps, made the first time; None on ranks other than 0."""
    kept: str = read_run(folder).get("wandb_id") or uuid4().hex[:8]
    update_run(folder, wandb_id=kept)
    return kept


class Summaries(pl.Callback):
    """Has W&B show the least and the greatest value of every metric in the table of runs."""

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Declare it before anything is logged."""
        for run in _runs(trainer):
            for metrics in ("train/*", "val/*"):
                run.define_metric(
                    metrics, step_metric="trainer/global_step", summary="min,max,last"
                )


class ValidationMaps(pl.Callback):
    """After each validation, a table of the same images: input, truth, map and signed error.

    Args:
        count: the first so many images of the first validation set (of rank 0's share of it).
    """

    KEY = "validation_maps"
    COLUMNS = ("image", "input", "truth", "map", "error")

    def __init__(self, count: int = 4) -> None:
        self.count = count
        self._rows: list[list[Any]] = []

    def on_validation_epoch_start(self, trainer: pl.Trainer, *unused: Any) -> None:
        """Begin a table."""
        self._rows = []

    def on_validation_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Keep what was scored: under averaged weights, nothing else may be estimated with."""
        if dataloader_idx == 0 and batch_idx < self.count and trainer.is_global_zero:
            self._rows.append(self._row(batch, outputs))

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Log the table; on rank 0 only, since runs exist only there."""
        if trainer.sanity_checking:
            return
        for run in _runs(trainer):
            table = wandb.Table(columns=list(self.COLUMNS), data=self._rows)
            run.log({self.KEY: table, "epoch": trainer.current_epoch})

    def _row(self, batch: Any, estimate: Tensor) -> list[Any]:
        image = batch["image"][0].float().cpu()
        values = estimate[0, 0].float().cpu().numpy()
        truth = batch["defocus" if "defocus" in batch else "mask"][0, 0].float().cpu().numpy()
        pictures = [
            (image.permute(1, 2, 0).numpy() * 255).round().astype(np.uint8),
            colourise(truth, 1),
            colourise(values, 1),
            _signed_colours(values - truth),
        ]
        return [str(len(self._rows)), *(wandb.Image(picture) for picture in pictures)]


class CheckpointUpload(pl.Callback):
    """Hands the best checkpoint over to W&B when training has ended.

    Args:
        upload: whether to; a checkpoint at full width has about 400 MB.
    """

    def __init__(self, upload: bool = False) -> None:
        self.upload = upload

    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Log the artifact ``<run's id>-best``."""
        monitored = [
            callback
            for callback in trainer.checkpoint_callbacks
            if isinstance(callback, ModelCheckpoint) and callback.monitor
        ]
        for run in _runs(trainer) if self.upload else []:
            for callback in monitored:
                if not callback.best_model_path:
                    log.warning("No best checkpoint to hand over: nothing was validated")
                    continue
                score = callback.best_model_score
                metadata = {
                    "monitor": callback.monitor,
                    "score": None if score is None else float(score),
                }
                artifact = wandb.Artifact(f"{run.id}-best", type="model", metadata=metadata)
                artifact.add_file(callback.best_model_path)
                run.log_artifact(artifact)


def _runs(trainer: pl.Trainer) -> list[Any]:
    """The run of W&B, if there is one in this process."""
    if not trainer.is_global_zero:
        return []
    return [logger.experiment for logger in trainer.loggers if isinstance(logger, WandbLogger)]


def _signed_colours(error: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Red where the estimate is too blurred, blue where too sharp, white where right."""
    shares = np.clip(error / (2 * LARGEST_ERROR) + 0.5, 0, 1)
    colours: NDArray[np.uint8] = matplotlib.colormaps["RdBu_r"](shares, bytes=True)
    return colours[..., :3]
