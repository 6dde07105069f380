"""Checkpoints from which a run is resumed exactly, whatever ends it and whenever."""

import io
import os
import time
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from lightning_fabric.plugins.io.torch_io import TorchCheckpointIO
from lightning_fabric.utilities.types import _PATH
from pytorch_lightning.callbacks import Checkpoint, ModelCheckpoint

from dmenet.data.sampling import is_within_epoch, position_in_training
from dmenet.errors import InputError, OutputError
from dmenet.files import replacing
from dmenet.ranges import Count, NotNegative
from dmenet.training.resuming.metrics_file import MetricsFile
from dmenet.training.resuming.signals import LeaveRequest

KEEP_AS = "keep_as"


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes a checkpoint under another name, then renames it: half a file replaces nothing."""

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: _PATH, storage_options: dict[str, Any] | None = None
    ) -> None:
        """Write ``checkpoint`` to ``path``; what is there stays as ``storage_options[KEEP_AS]``.

        Raises:
            InputError: it cannot be written, for want of space for example; nothing has changed.
        """
        path = Path(path)
        content = io.BytesIO()
        torch.save(checkpoint, content)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as temporary:
                with temporary.open("wb") as file:
                    file.write(content.getbuffer())
                    file.flush()
                    # Otherwise the new name may reach the disk before the content.
                    os.fsync(file.fileno())
                if storage_options and path.exists():
                    path.replace(storage_options[KEEP_AS])
        except (OSError, OutputError) as error:
            raise InputError(
                f"{path} could not be written ({error}): the checkpoints before it stay. Make "
                "room, then the same command in the same folder resumes"
            ) from error


class BestCheckpoint(ModelCheckpoint):
    """Keeps the best checkpoint, and knows its score when the run's folder has been moved.

    Lightning stores absolute paths and forgets the score where they differ.
    """

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take the state over, with the paths of this folder."""
        before, now = str(state_dict["dirpath"]), str(self.dirpath)

        def moved(path: str) -> str:
            return now + path.removeprefix(before) if path.startswith(before) else path

        paths = ("best_model_path", "kth_best_model_path", "last_model_path")
        super().load_state_dict(
            state_dict
            | {name: moved(state_dict[name]) for name in paths}
            | {
                "dirpath": self.dirpath,
                "best_k_models": {moved(p): s for p, s in state_dict["best_k_models"].items()},
            }
        )


class LastCheckpoint(Checkpoint):
    """Keeps ``last.ckpt``, and the one before it as ``previous.ckpt``.

    Saved at the end of every epoch, after every so many steps and minutes, and when a signal asks
    the run to leave (``dmenet.training.resuming.signals``), which it then does. Also one batch
    before validation, which may take long and from whose middle Lightning cannot resume exactly: a
    run that leaves there repeats that batch. Nor can Lightning resume from the end of a batch that
    validation follows (it would be left out), from that of an epoch's last batch (its schedulers
    would miss a step) or from within batches that share a step.

    Where ``max_steps``, ``max_time`` or a callback ends the run within an epoch, Lightning ends the
    epoch too; what is saved there says that the epoch is not over, so that a run with a later end
    resumes exactly.

    Attributes:
        metrics: at the end of the last epoch, also of one before the run was resumed.

    Args:
        dirpath: folder of the checkpoints.
        every_n_steps, every_minutes: None for never.
        allow_other_ranks: whether a run may be resumed with other batches: in another number of
            processes, on other images, or with another number of batches in an epoch.
    """

    def __init__(
        self,
        dirpath: str | Path,
        every_n_steps: Count | None = None,
        every_minutes: NotNegative | None = 10.0,
        allow_other_ranks: bool = False,
    ) -> None:
        self.path = Path(dirpath) / "last.ckpt"
        self.previous = Path(dirpath) / "previous.ckpt"
        self.every_n_steps = every_n_steps
        self.every_minutes = every_minutes
        self.allow_other_ranks = allow_other_ranks
        self.request = LeaveRequest()
        self.metrics: dict[str, float] = {}
        self._layout: dict[str, Any] = {}
        self._layout_before: dict[str, Any] = {}
        self._leaving = 0
        self._saved_at = 0.0
        self._steps_before = 0
        self._ends_within_epoch = False

    def on_fit_start(self, trainer: pl.Trainer, *unused: Any) -> None:
        """Listen before Lightning does, so that it leaves Slurm's signal to us."""
        self._leaving = self.request.signal = 0
        self.request.listen()

    def on_train_start(self, trainer: pl.Trainer, *unused: Any) -> None:
        """Listen instead of Lightning, whose handler would speak to other ranks in mid-step."""
        self.request.listen()
        self._layout = _layout_of(trainer)
        self._compare_layouts(trainer)
        for logger in trainer.loggers:
            if isinstance(logger, MetricsFile):
                logger.go_on_after(trainer.fit_loop.epoch_loop.batch_progress.total.ready)
        self._saved_at = time.monotonic()

    def on_load_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Raise ``InputError`` if another version of dmenet wrote the checkpoint."""
        if "metrics" not in checkpoint["callbacks"].get(self.state_key, {}):
            raise InputError(
                f"{self.path.parent}: written by another version of dmenet, from which a run "
                "cannot be resumed: train in another folder (hydra.run.dir=...); to start from "
                f"these weights, initial_weights.checkpoint={self.path}"
            )

    def state_dict(self) -> dict[str, Any]:
        """What decides which images are in which batch, and the metrics so far."""
        return self._layout | {"metrics": self.metrics}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take the metrics over, and what the batches were made by."""
        self.metrics = state_dict["metrics"]
        self._layout_before = state_dict

    def _compare_layouts(self, trainer: pl.Trainer) -> None:
        before, now = self._layout_before, self._layout
        differing = [
            f"{name} was {before[name]}, is {now[name]}"
            for name in sorted(now)
            if name in before and before[name] != now[name]
        ]
        if not differing:
            return
        if not self.allow_other_ranks:
            raise InputError(
                f"{self.path} was trained on other batches ({'; '.join(differing)}): restore the "
                "data and settings, train in another folder (hydra.run.dir=...), or mix them "
                "knowingly with allow_changed_settings=true"
            )
        epoch, done = position_in_training(trainer)
        if done >= trainer.num_training_batches:
            raise InputError(
                f"{self.path} is from batch {done} of epoch {epoch}, which has only "
                f"{trainer.num_training_batches} batches now ({'; '.join(differing)}): finish the "
                "epoch with the data and settings of before"
            )

    def on_train_epoch_start(self, trainer: pl.Trainer, *unused: Any) -> None:
        """Leave, if asked to in the epoch's last batch or after it."""
        self._leave_if_saved(trainer)

    def on_train_batch_start(self, trainer: pl.Trainer, *unused: Any) -> None:
        """Leave, if asked to in the batch before, whose values have been logged by now."""
        self._leave_if_saved(trainer)
        self._steps_before = trainer.global_step

    def on_train_batch_end(self, trainer: pl.Trainer, *unused: Any) -> None:
        """Save if it is time, or if asked to leave."""
        if trainer.global_step == self._steps_before:
            # Lightning's timer will ask again after the next batch.
            trainer.should_stop = False
            return
        # Lightning, resumed from here, would leave out the validation that follows.
        if not is_within_epoch(trainer) or _validation_follows(trainer, 0):
            return
        asked, time_is_up = self._agreed(trainer)
        steps = self.every_n_steps
        steps_are_up = steps is not None and trainer.global_step % steps == 0
        if asked or time_is_up or steps_are_up or _validation_follows(trainer, 1):
            self._save(trainer)
            self._leaving = asked

    def on_validation_batch_end(self, trainer: pl.Trainer, *unused: Any) -> None:
        """Leave at once if asked to, unless other processes wait for what comes after."""
        if self.request.signal and trainer.world_size == 1:
            self.request.leave(trainer, self.request.signal)

    def on_train_epoch_end(self, trainer: pl.Trainer, *unused: Any) -> None:
        """Save, in any case."""
        asked, _ = self._agreed(trainer)
        self.metrics = {name: float(value) for name, value in trainer.callback_metrics.items()}
        self._ends_within_epoch = is_within_epoch(trainer)
        self._save(trainer)
        self._ends_within_epoch = False
        self._leaving = asked

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Say of an epoch that a limit has ended that it is not over."""
        if not self._ends_within_epoch:
            return
        loop = checkpoint["loops"]["fit_loop"]
        for progress in loop["epoch_progress"].values():
            progress["processed"] -= 1
        if _validation_follows(trainer, 0):
            # Lightning will pass over this validation, which is done, and count the batch again.
            loop["epoch_loop.state_dict"]["_batches_that_stepped"] -= 1

    def on_train_end(self, trainer: pl.Trainer, *unused: Any) -> None:
        """Listen no longer."""
        self.request.restore()

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        """Listen no longer; leave as asked to, if only a batch that is not trained on failed."""
        if isinstance(exception, Exception):
            self._leave_if_saved(trainer)
        self.request.restore()

    def _agreed(self, trainer: pl.Trainer) -> tuple[int, bool]:
        """What any rank was asked to, and whether any rank's time is up: the same on all."""
        minutes = self.every_minutes
        time_is_up = minutes is not None and time.monotonic() - self._saved_at >= 60 * minutes
        wishes = [self.request.signal, int(time_is_up)]
        if trainer.world_size > 1:
            tensor = torch.tensor(wishes, device=trainer.strategy.root_device)
            wishes = trainer.strategy.reduce(tensor, reduce_op="max").tolist()
        return wishes[0], bool(wishes[1])

    def _save(self, trainer: pl.Trainer) -> None:
        trainer.save_checkpoint(
            self.path, weights_only=False, storage_options={KEEP_AS: self.previous}
        )
        self._saved_at = time.monotonic()

    def _leave_if_saved(self, trainer: pl.Trainer) -> None:
        if self._leaving:
            self.request.leave(trainer, self._leaving)


def _layout_of(trainer: pl.Trainer) -> dict[str, Any]:
    """What beside the settings decides which images are in which batch of which epoch."""
    loaders: Any = trainer.train_dataloader
    images = {f"{name} images": loader.batch_sampler.size for name, loader in loaders.items()}
    batches = {"batches of an epoch": trainer.num_training_batches}
    return {"processes": trainer.world_size} | batches | images


def _validation_follows(trainer: pl.Trainer, batches: int) -> bool:
    """Whether validation comes so many batches after the one that is done."""
    every_epochs, every = trainer.check_val_every_n_epoch, trainer.val_check_batch
    if not trainer.enable_validation or every is None:
        return False
    progress = trainer.fit_loop.epoch_loop.batch_progress
    if every_epochs is None:
        return (progress.total.ready + batches) % every == 0
    within = progress.current.ready + batches
    right_epoch = (trainer.current_epoch + 1) % every_epochs == 0
    return right_epoch and within <= trainer.num_training_batches and within % every == 0


def last_metrics(trainer: pl.Trainer) -> dict[str, float]:
    """The metrics that a run ended with, also if it was resumed at its very end."""
    kept = [c.metrics for c in trainer.checkpoint_callbacks if isinstance(c, LastCheckpoint)]
    before = kept[0] if kept else {}
    return before | {name: float(value) for name, value in trainer.callback_metrics.items()}
