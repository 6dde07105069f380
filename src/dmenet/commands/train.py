"""``dmenet train``: compose a run, train it, or go on with it."""

import logging
import warnings
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from hydra.core.hydra_config import HydraConfig
from lightning_utilities.core.rank_zero import rank_zero_only
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.loggers import Logger
from pytorch_lightning.strategies import DDPStrategy

from dmenet.commands.hydra.building import build
from dmenet.commands.hydra.configuration import command
from dmenet.commands.hydra.final_evaluation import evaluate_final_weights
from dmenet.commands.hydra.own_process import needs_own_process, run_in_own_process
from dmenet.errors import InputError
from dmenet.reporting.provenance import versions
from dmenet.reporting.studies.files import EVALUATION
from dmenet.training import DMENet
from dmenet.training.resuming.checkpoints import AtomicCheckpointIO
from dmenet.training.resuming.metrics_file import MetricsFile
from dmenet.training.resuming.progress import CHECKPOINTS, Resumable, begin, decisive_settings
from dmenet.training.resuming.run_state import (
    is_finished,
    objective_of,
    write_description,
    write_finished,
)
from dmenet.training.wandb_runs import ending_wandb_run
from dmenet.weights.initial import load_initial_weights

log = logging.getLogger(__name__)
# Lightning's advice on other products, and on devices that it did not find.
logging.getLogger("pytorch_lightning.utilities.rank_zero").setLevel(logging.WARNING)
# Lightning 2.6 uses a name that torch 2.13 renamed.
warnings.filterwarnings("ignore", message=r".*LeafSpec.*")
# It looks for `state_dict` in the loader; ours goes on by the number of batches done.
warnings.filterwarnings("ignore", message=r".*your dataloader is not resumable.*")
# That is what going on means.
warnings.filterwarnings("ignore", message=r"Checkpoint directory .* exists and is not empty.*")
# Data sets in memory gain nothing from workers.
warnings.filterwarnings("ignore", message=r".*does not have many workers.*")
# What is logged at the end of an epoch is the same in every process already.
warnings.filterwarnings("ignore", message=r".*recommended to use `self.log.*sync_dist=True.*")


@command("train")
def main(configuration: DictConfig) -> float | None:
    """Train; everything is written into the run's folder. The result is the objective, if any."""
    if getattr(rank_zero_only, "rank", 0):
        # One of several processes is enough to follow.
        logging.getLogger("dmenet").setLevel(logging.ERROR)
    folder = Path(HydraConfig.get().runtime.output_dir)
    settings = decisive_settings(configuration)
    if is_finished(folder, settings, configuration.trainer.max_epochs):
        log.info("Finished before: %s", folder)
        return objective_of(folder)
    if needs_own_process(configuration):
        run_in_own_process("train")
        return objective_of(folder)
    resumed = begin(folder, configuration)
    write_description(folder, configuration)
    with ending_wandb_run():
        trainer = train(configuration, folder, resumed)
        last = folder / CHECKPOINTS / "last.ckpt"
        log.info("Trained: %s", last)
        if configuration.evaluate_at_end and trainer.is_global_zero:
            own = HydraConfig.get().runtime.choices["data"]
            data_sets = {own: configuration.data, **configuration.test_data}
            evaluate_final_weights(data_sets, last, folder / EVALUATION)
    name = configuration.objective
    objective = None if name is None else float(trainer.callback_metrics[name])
    write_finished(folder, settings, configuration.trainer.max_epochs, objective)
    return objective


def train(configuration: DictConfig, folder: Path, resumed: Resumable | None) -> pl.Trainer:
    """Train from the start or from a checkpoint; returns the trainer, which knows the metrics."""
    pl.seed_everything(configuration.seed, workers=True, verbose=False)
    module: DMENet = build(configuration.model)
    data: pl.LightningDataModule = build(configuration.data, domains=module.domains)
    if not resumed:
        initial = configuration.initial_weights
        load_initial_weights(module, **initial)
    loggers: list[Logger] = list(build(configuration.logger).values())
    if HydraConfig.get().runtime.choices["logger"] != "none":
        # Beside W&B too, which loses what it has of a killed run.
        loggers.insert(0, MetricsFile(folder))
    trainer: pl.Trainer = build(
        configuration.trainer,
        logger=loggers,
        callbacks=list(build(configuration.callbacks).values()),
        plugins=[AtomicCheckpointIO()],
        default_root_dir=str(folder),
    )
    check_strategy(trainer)
    resolved: Any = OmegaConf.to_container(configuration, resolve=True)
    for logger in loggers:
        logger.log_hyperparams(resolved | {"git_commit": versions()["git_commit"]})
    log.info("Training on %s in %s", " + ".join(module.domains), folder)
    if resumed:
        log.info("Going on from %s (%d batches)", resumed.path, resumed.progress.batches)
    try:
        trainer.fit(module, data, ckpt_path=resumed.path if resumed else None, weights_only=True)
    except SystemExit:  # a signal asked it to leave
        log.warning("Interrupted. The same command with hydra.run.dir=%s goes on", folder)
        raise
    return trainer


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
