"""``python -m dmenet.train``: compose a run, train it, or go on with it."""

import logging
import warnings
from pathlib import Path

import pytorch_lightning as pl
from hydra.core.hydra_config import HydraConfig
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from dmenet.commands.configuration import command
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
# Data sets in memory gain nothing from workers.
warnings.filterwarnings("ignore", message=r".*does not have many workers.*")


@command("train")
def main(configuration: DictConfig) -> None:
    """Train; everything is written into the run's folder."""
    folder = Path(HydraConfig.get().runtime.output_dir)
    resumed = begin(folder, configuration)
    pl.seed_everything(configuration.seed, workers=True, verbose=False)
    module: DMENet = instantiate(configuration.model)
    data: pl.LightningDataModule = instantiate(configuration.data, domains=module.domains)
    if not resumed:
        initial = configuration.initial_weights
        load_initial_weights(module, initial.vgg19, initial.checkpoint)
    metrics = MetricsFile(folder, resumed.batches if resumed else 0)
    loggers = [metrics, *instantiate(configuration.logger).values()]
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
