"""``python -m dmenet.train``: compose a run, train it, or go on with it."""

import logging
import warnings
from pathlib import Path

import pytorch_lightning as pl
from hydra.core.hydra_config import HydraConfig
from hydra.utils import instantiate
from lightning_utilities.core.rank_zero import rank_zero_only
from omegaconf import DictConfig, OmegaConf

from dmenet.commands.configuration import command
from dmenet.commands.own_process import needs_own_process, run_in_own_process
from dmenet.training import DMENet
from dmenet.training.checkpoints import AtomicCheckpointIO
from dmenet.training.metrics_file import MetricsFile
from dmenet.training.resuming import CHECKPOINTS, begin
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
def main(configuration: DictConfig) -> None:
    """Train; everything is written into the run's folder."""
    if needs_own_process(configuration):
        run_in_own_process("train")
        return
    if getattr(rank_zero_only, "rank", 0):
        # One of several processes is enough to follow.
        logging.getLogger("dmenet").setLevel(logging.ERROR)
    folder = Path(HydraConfig.get().runtime.output_dir)
    resumed = begin(folder, configuration)
    pl.seed_everything(configuration.seed, workers=True, verbose=False)
    module: DMENet = instantiate(configuration.model)
    data: pl.LightningDataModule = instantiate(configuration.data, domains=module.domains)
    if not resumed:
        initial = configuration.initial_weights
        load_initial_weights(module, initial.vgg19, initial.checkpoint)
    loggers = [MetricsFile(folder), *instantiate(configuration.logger).values()]
    trainer: pl.Trainer = instantiate(
        configuration.trainer,
        logger=loggers,
        callbacks=list(instantiate(configuration.callbacks).values()),
        plugins=[AtomicCheckpointIO()],
        default_root_dir=str(folder),
    )
    for logger in loggers:
        logger.log_hyperparams(OmegaConf.to_container(configuration, resolve=True))
    log.info("Training on %s in %s", " + ".join(module.domains), folder)
    if resumed:
        log.info("Going on from %s (%d batches)", resumed.path, resumed.batches)
    try:
        trainer.fit(module, data, ckpt_path=resumed.path if resumed else None, weights_only=True)
    except SystemExit:  # a signal asked it to leave
        log.warning("Interrupted. The same command with hydra.run.dir=%s goes on", folder)
        raise
    finally:
        if "wandb" in configuration.logger:
            # Otherwise the next job of a sweep would log into this one's run.
            import wandb

            wandb.finish()
    log.info("Trained: %s", folder / CHECKPOINTS / "last.ckpt")
