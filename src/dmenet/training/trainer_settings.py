"""Which arguments of Lightning's Trainer a run takes, and what to give instead of the others."""

import inspect
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import pytorch_lightning as pl

from dmenet.errors import InputError

REFUSED: dict[str, tuple[tuple[Any, ...], str]] = {
    "accumulate_grad_batches": ((1,), "set model.accumulate_batches"),
    "barebones": ((False,), "set logger=none and trainer.enable_progress_bar=false"),
    "callbacks": ((), "callbacks are a group: +callbacks.name._target_=..."),
    "default_root_dir": ((), "set hydra.run.dir"),
    "enable_checkpointing": (
        (True, None),
        "a run is resumed from its checkpoints; ~callbacks.best keeps no best one",
    ),
    "gradient_clip_algorithm": ((None, "norm"), "model.clip_gradient_norm clips by the norm"),
    "gradient_clip_val": ((None,), "set model.clip_gradient_norm"),
    "limit_predict_batches": ((None,), "`dmenet predict` takes the images that it is given"),
    "limit_test_batches": ((None,), "`dmenet evaluate` scores all images of a test set"),
    "logger": ((), "loggers are a group: logger=csv, wandb, wandb_offline or none"),
    "max_steps": (
        (-1,),
        "set trainer.max_epochs, and trainer.limit_train_batches for the steps of an epoch",
    ),
    "max_time": (
        (None,),
        "`timeout --signal=TERM 2h dmenet train ...` saves and leaves after that time, and the "
        "same command resumes",
    ),
    "min_steps": ((None,), "set trainer.min_epochs"),
    "model_registry": ((None,), "callbacks.wandb_checkpoint.upload=true uploads to W&B"),
    "overfit_batches": (
        (0, 0.0),
        "batches are drawn anew in every epoch, so train on a folder of a few images instead",
    ),
    "plugins": ((), "the run's own plugin writes its checkpoints"),
    "reload_dataloaders_every_n_epochs": ((0,), "the data are the same in every epoch"),
    "use_distributed_sampler": ((False,), "the sampler shares out the images itself"),
}
"""Per argument the values that change nothing, and what to do instead of giving another."""


def check_trainer_settings(settings: Mapping[str, Any]) -> None:
    """Refuse settings of the Trainer that a run cannot follow as Lightning documents them.

    Raises:
        InputError: names the setting and what to give instead.
    """
    known = set(inspect.signature(pl.Trainer).parameters)
    for name, value in settings.items():
        if name.startswith("_"):
            continue
        if name not in known:
            near = get_close_matches(name, sorted(known))
            hint = f"did you mean trainer.{near[0]}?" if near else "Lightning's Trainer has none"
            raise InputError(f"unknown setting trainer.{name}: {hint}")
        harmless, instead = REFUSED.get(name, ((value,), ""))
        if value not in harmless:
            raise InputError(f"trainer.{name}={value} is not possible: {instead}")
    epochs = settings.get("max_epochs")
    if epochs is not None and (not isinstance(epochs, int) or (epochs < 1 and epochs != -1)):
        raise InputError(
            f"trainer.max_epochs={epochs}: expected at least 1, or -1 for a run without an end"
        )
    if isinstance(settings.get("val_check_interval"), str | Mapping):
        raise InputError(
            f"trainer.val_check_interval={settings['val_check_interval']}: expected a number of "
            "batches or a fraction of an epoch; a resumed run cannot repeat times of day"
        )
