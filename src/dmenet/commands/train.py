"""``python -m dmenet.train``: compose a run, train it, or go on with it."""

import logging
import warnings
from pathlib import Path

import pytorch_lightning as pl
from hydra.core.hydra_config import HydraConfig
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.loggers import CSVLogger

from dmenet.commands.configuration import command
from dmenet.data.files import replacing
from dmenet.errors import InputError
from dmenet.training import DMENet
from dmenet.training.checkpoints import AtomicCheckpointIO
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

SETTINGS_FILE = "settings.yaml"
FREE_TO_DIFFER = ("data.folder", "data.num_workers")
"""Settings of the model and the data that may change between the parts of a resumed run."""


def identity(configuration: DictConfig) -> dict[str, object]:
    """The settings that decide what a run computes, flat: "model.learning_rate" and so on."""
    resolved = OmegaConf.to_container(configuration, resolve=True)
    assert isinstance(resolved, dict)
    flat: dict[str, object] = {}

    def flatten(prefix: str, value: object) -> None:
        if isinstance(value, dict):
            for key, item in value.items():
                flatten(f"{prefix}.{key}", item)
        elif not prefix.startswith(FREE_TO_DIFFER):
            flat[prefix] = value

    for key in ("model", "data", "seed"):
        flatten(key, resolved[key])
    return flat


def checkpoint_to_resume(folder: Path, settings: dict[str, object]) -> Path | None:
    """The last checkpoint in a run's folder, if any.

    Raises:
        InputError: it comes of other settings; names them.
    """
    last = folder / "checkpoints" / "last.ckpt"
    if not last.is_file():
        return None
    before = OmegaConf.to_container(OmegaConf.load(folder / SETTINGS_FILE))
    assert isinstance(before, dict)
    differing = [
        f"{key} was {before.get(key)!r}, is {settings.get(key)!r}"
        for key in sorted({*map(str, before), *settings})
        if before.get(key) != settings.get(key)
    ]
    if differing:
        raise InputError(
            f"{last} comes of other settings ({'; '.join(differing)}): train in another folder "
            "(hydra.run.dir=...), or delete this one"
        )
    return last


@command("train")
def main(configuration: DictConfig) -> None:
    """Train; everything is written into the run's folder."""
    folder = Path(HydraConfig.get().runtime.output_dir)
    settings = identity(configuration)
    resumed = checkpoint_to_resume(folder, settings) if configuration.resume else None
    if not resumed:
        with replacing(folder / SETTINGS_FILE) as temporary:
            temporary.write_text(OmegaConf.to_yaml(settings))
    pl.seed_everything(configuration.seed, workers=True, verbose=False)
    module: DMENet = instantiate(configuration.model)
    data: pl.LightningDataModule = instantiate(configuration.data, domains=module.domains)
    if not resumed:
        initial = configuration.initial_weights
        load_initial_weights(module, initial.vgg19, initial.checkpoint)
    loggers = [CSVLogger(folder, name="csv"), *instantiate(configuration.logger).values()]
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
        log.info("Going on from %s", resumed)
    try:
        trainer.fit(module, data, ckpt_path=resumed, weights_only=True)
    except SystemExit:  # Lightning's answer to Ctrl-C
        log.warning("Interrupted. The same command with hydra.run.dir=%s goes on", folder)
        raise
    finally:
        if "wandb" in configuration.logger:
            # Otherwise the next job of a sweep would log into this one's run.
            import wandb

            wandb.finish()
    log.info("Trained: %s", folder / "checkpoints" / "last.ckpt")
