"""``dmenet train``: compose a run, train it, or resume it."""

import logging
import shutil
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytorch_lightning as pl
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from lightning_fabric.plugins.precision.precision import _PRECISION_INPUT
from lightning_utilities.core.rank_zero import rank_zero_only
from omegaconf import DictConfig, OmegaConf, open_dict
from pytorch_lightning.callbacks import ProgressBar, TQDMProgressBar
from pytorch_lightning.loggers import Logger
from pytorch_lightning.strategies import DDPStrategy

from dmenet.allocator import keep_freed_memory
from dmenet.commands.hydra.building import build
from dmenet.commands.hydra.configuration import command
from dmenet.commands.hydra.setting_checks import SeveralBuilt
from dmenet.data.data_set_module import DataSetModule
from dmenet.errors import InputError, check_number
from dmenet.evaluation.methods import identity_of_settings
from dmenet.networks import BlurNetwork
from dmenet.ranges import Whole
from dmenet.reporting.results import versions
from dmenet.reporting.studies.final_evaluation import evaluate_final_weights
from dmenet.reporting.studies.runs import EVALUATION
from dmenet.run_file import update_run
from dmenet.training import DMENet
from dmenet.training.own_process import needs_own_process, run_in_own_process
from dmenet.training.resuming.checkpoints import AtomicCheckpointIO, last_metrics
from dmenet.training.resuming.metrics_file import MetricsFile
from dmenet.training.resuming.progress import CHECKPOINTS, Resumable, begin
from dmenet.training.resuming.run_state import (
    about,
    decisive_settings,
    end_asked_for,
    is_finished,
    objective_of,
)
from dmenet.training.trainer_settings import check_trainer_settings, fast_precision
from dmenet.weights.initial import load_initial_weights

log = logging.getLogger(__name__)

NOT_FOR_USERS = (
    # Lightning 2.6 uses a name that torch 2.13 renamed.
    r".*LeafSpec.*",
    # It looks for `state_dict` in the loader; ours starts from the number of batches done.
    r".*your dataloader is not resumable.*",
    # That is what resuming means.
    r"Checkpoint directory .* exists and is not empty.*",
    # Data sets in memory gain nothing from workers.
    r".*does not have many workers.*",
    # What is logged at the end of an epoch is the same in every process already.
    r".*recommended to use `self.log.*sync_dist=True.*",
)
"""Warnings of Lightning's that do not fit."""


@command(
    "train",
    test_data=SeveralBuilt,
    logger=SeveralBuilt,
    callbacks=SeveralBuilt,
    seed=Whole,
    allow_changed_settings=bool,
    initial_weights=Mapping[str, str | None],
    evaluate_at_end=bool,
    objective=str | None,
    **{"trainer.precision": Literal["auto"] | _PRECISION_INPUT | None},
)
def main(configuration: DictConfig) -> float | None:
    """Train; everything is written into the run's folder. The result is the objective, if any."""
    keep_freed_memory()
    _quieten()
    folder = Path(HydraConfig.get().runtime.output_dir)
    check_trainer_settings(configuration.trainer)
    # What decides a run, and is compared when it is resumed, is what `auto` meant.
    if configuration.trainer.get("precision") == "auto":
        configuration.trainer.precision = fast_precision(configuration.trainer)
    settings, end = decisive_settings(configuration), end_asked_for(configuration)
    if configuration.trainer.get("fast_dev_run"):
        try_out(configuration, folder)
        return None
    if is_finished(folder, settings, end):
        log.info("Finished before: %s", folder)
        return objective_of(folder)
    if needs_own_process(configuration):
        run_in_own_process("train")
        return objective_of(folder)
    resumed = begin(folder, configuration)
    note_in_run = rank_zero_only(update_run)
    note_in_run(folder, about=about(configuration))
    with ending_wandb_run():
        trainer = train(configuration, folder, resumed)
        last = folder / CHECKPOINTS / "last.ckpt"
        log.info("Trained: %s", last)
        if configuration.evaluate_at_end and trainer.is_global_zero:
            evaluate_at_end(configuration, last, folder / EVALUATION)
    objective = _objective(configuration.objective, last_metrics(trainer))
    epochs, steps = trainer.current_epoch, trainer.global_step
    if epochs < end["max_epochs"]:
        log.info("Ended in epoch %d of %d, after %d steps", epochs, end["max_epochs"], steps)
    note_in_run(
        folder, finished={"end": end, "epochs": epochs, "steps": steps, "objective": objective}
    )
    return objective


def _quieten() -> None:
    """Show no warnings and advice that do not fit, and nothing twice."""
    for message in NOT_FOR_USERS:
        warnings.filterwarnings("ignore", message=message)
    # Lightning's advice on other products, and on devices that it did not find.
    logging.getLogger("pytorch_lightning.utilities.rank_zero").setLevel(logging.WARNING)
    if getattr(rank_zero_only, "rank", 0):
        # One of several processes is enough to follow.
        logging.getLogger("dmenet").setLevel(logging.ERROR)


def evaluate_at_end(configuration: DictConfig, weights: Path, folder: Path) -> None:
    """Score final weights on the run's data and on ``test_data``, each in a folder of its name."""
    own = HydraConfig.get().runtime.choices["data"]
    for name, settings in {own: configuration.data, **configuration.test_data}.items():
        identity = identity_of_settings(OmegaConf.to_container(settings, resolve=True))
        evaluate_final_weights(weights, build(settings), identity, folder / name)


def _objective(name: str | None, metrics: Mapping[str, float]) -> float | None:
    if name is not None and name not in metrics:
        raise InputError(f"objective={name} was not measured: expected one of {sorted(metrics)}")
    return None if name is None else metrics[name]


def try_out(configuration: DictConfig, folder: Path) -> None:
    """Train and validate on the few batches of ``trainer.fast_dev_run``; nothing stays of it."""
    with open_dict(configuration):
        configuration.logger, configuration.callbacks = {}, {}
    train(configuration, folder, None)
    log.info("Tried out on %d batches; nothing was saved", int(configuration.trainer.fast_dev_run))
    kept = {path.name for path in folder.iterdir()} - {".hydra", "train.log"}
    if not kept and HydraConfig.get().mode == RunMode.RUN:
        shutil.rmtree(folder, ignore_errors=True)


def train(configuration: DictConfig, folder: Path, resumed: Resumable | None) -> pl.Trainer:
    """Train from the start or from a checkpoint; returns the trainer, which knows the metrics."""
    pl.seed_everything(configuration.seed, workers=True, verbose=False)
    module: DMENet = build(configuration.model)
    data: DataSetModule = build(configuration.data, domains=module.domains)
    check_crop(data.crop, module.blur_estimation)
    if not resumed:
        initial = configuration.initial_weights
        load_initial_weights(module, **initial)
    loggers: list[Logger] = list(build(configuration.logger).values())
    tried = configuration.trainer.get("fast_dev_run")
    if HydraConfig.get().runtime.choices["logger"] != "none" and not tried:
        # Beside W&B too, which loses what it has of a killed run.
        loggers.insert(0, MetricsFile(folder))
    trainer: pl.Trainer = build(
        configuration.trainer,
        logger=loggers,
        callbacks=with_progress_bar(configuration),
        **({"enable_checkpointing": False} if tried else {}),
        plugins=[AtomicCheckpointIO()],
        default_root_dir=str(folder),
    )
    check_strategy(trainer)
    resolved: Any = OmegaConf.to_container(configuration, resolve=True)
    for logger in loggers:
        logger.log_hyperparams(resolved | {"git_commit": versions()["git_commit"]})
    log.info("Training on %s in %s", " + ".join(module.domains), folder)
    if resumed:
        log.info("Resuming from %s (%d batches)", resumed.path, resumed.progress.batches)
    try:
        trainer.fit(module, data, ckpt_path=resumed.path if resumed else None, weights_only=True)
    except ValueError as error:
        if "val_check_interval" not in str(error):
            raise
        # Known when the batches of an epoch are.
        raise InputError(f"trainer.val_check_interval: {' '.join(str(error).split())}") from error
    except SystemExit:  # a signal asked it to leave
        log.warning("Interrupted: resume with the same command and hydra.run.dir=%s", folder)
        raise
    return trainer


@contextmanager
def ending_wandb_run() -> Iterator[None]:
    """End the block's run of W&B, if it made one; as failed if an exception leaves the block.

    Otherwise the next job of a sweep, in the same process, would log into this one's run.
    """
    failed = True
    try:
        yield
        failed = False
    finally:
        # W&B is imported only where it is used.
        wandb = sys.modules.get("wandb")
        if wandb is not None and wandb.run is not None:
            wandb.finish(exit_code=int(failed))


def with_progress_bar(configuration: DictConfig) -> list[pl.Callback]:
    """The callbacks, and tqdm's bar unless there is another or none is wanted.

    Where Rich is installed Lightning takes Rich's, which logs do not show.
    """
    callbacks: list[pl.Callback] = list(build(configuration.callbacks).values())
    wanted = configuration.trainer.get("enable_progress_bar", True)
    if not wanted or any(isinstance(callback, ProgressBar) for callback in callbacks):
        return callbacks
    return [*callbacks, TQDMProgressBar()]


def check_crop(crop: int, network: BlurNetwork) -> None:
    """Raise ``InputError`` if B does not take squares of this side."""
    least = network.size_multiple
    check_number("data.crop", crop, least=least, whole=True, multiple_of=least)


def check_strategy(trainer: pl.Trainer) -> None:
    """Refuse several processes that would wait for gradients of parts that have none in this step.

    Raises:
        InputError: naming the settings that are right.
    """
    strategy = trainer.strategy
    if trainer.world_size == 1 and not isinstance(strategy, DDPStrategy):
        return
    if not (
        isinstance(strategy, DDPStrategy) and strategy._ddp_kwargs.get("find_unused_parameters")
    ):
        raise InputError(
            f"trainer.devices={trainer.num_devices}, {type(strategy).__name__}: B and D learn in "
            "turn, which this strategy does not allow for. Give trainer=ddp for a process for each "
            "GPU, or trainer=ddp_cpu trainer.devices=2"
        )


if __name__ == "__main__":
    main()
