"""Which arguments of Lightning's Trainer a run takes, and what to give instead of the others."""

import inspect
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import pytorch_lightning as pl
import torch

from dmenet.errors import InputError, check_number
from dmenet.networks.precision import has_bfloat16
from dmenet.training.optimisation import BFLOAT16, FLOAT32

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
    "min_steps": ((None,), "set trainer.min_epochs"),
    "model_registry": ((None,), "callbacks.wandb_checkpoint.upload=true uploads to W&B"),
    "plugins": ((), "the run's own plugin writes its checkpoints"),
    "reload_dataloaders_every_n_epochs": ((0,), "the data are the same in every epoch"),
    "use_distributed_sampler": ((False,), "the sampler shares out the images itself"),
}
"""Per argument the values that change nothing, and what to do instead of giving another."""


LEAST = {
    "check_val_every_n_epoch": 1,
    "log_every_n_steps": 1,
    "min_epochs": 0,
    "num_nodes": 1,
    "num_sanity_val_steps": -1,
}
"""Whole numbers that Lightning does not check, by their smallest value."""


def fast_precision(settings: Mapping[str, Any]) -> str:
    """What ``trainer.precision=auto`` means: bfloat16 by autocast where the device gains by it."""
    on_gpu = settings.get("accelerator") != "cpu" and torch.cuda.is_available()
    return BFLOAT16 if has_bfloat16(torch.device("cuda" if on_gpu else "cpu")) else FLOAT32


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
    for name, least in LEAST.items():
        if settings.get(name) is not None:
            check_number(f"trainer.{name}", settings[name], least=least, whole=True)
    for name in ("max_epochs", "max_steps"):
        most = settings.get(name)
        if most is not None and (not isinstance(most, int) or (most < 1 and most != -1)):
            raise InputError(
                f"trainer.{name}={most}: expected at least 1, or -1 for a run without that limit"
            )
    for name in ("limit_train_batches", "val_check_interval"):
        if settings.get(name) == 0:
            raise InputError(
                f"trainer.{name}=0: expected a number of batches, or a part of an epoch"
            )
    if not isinstance(settings.get("profiler"), str | None):
        raise InputError(f"trainer.profiler={settings['profiler']}: expected simple or advanced")
    if settings.get("max_time") == {} or not isinstance(
        settings.get("max_time"), str | Mapping | None
    ):
        raise InputError(
            f"trainer.max_time={settings['max_time']}: expected DD:HH:MM:SS, such as 00:12:00:00"
        )
    if isinstance(settings.get("val_check_interval"), str | Mapping):
        raise InputError(
            f"trainer.val_check_interval={settings['val_check_interval']}: expected a number of "
            "batches or a fraction of an epoch; a resumed run cannot repeat times of day"
        )
